//! The tokens that a body reports as it passes, found without reading the rest of it.

use memchr::memrchr;

use crate::sse::{Framing, MediaType, Usage, UsageMeter, reported};

/// More than this is kept of no body and no line; what it reports is then not counted.
const MOST: usize = 1024 * 1024;

/// Reads along with a body.
pub(super) enum Tokens {
    /// Of events or lines, each of which may report; the one that is not complete yet.
    Lines {
        framing: Framing,
        rest: Vec<u8>,
        usage: Usage,
    },
    /// One object, which is complete at the end: what of it has come, unless all of it came at once.
    Whole { rest: Vec<u8>, usage: Usage },
    /// Frames of AWS.
    Frames(Box<UsageMeter>),
}

impl Tokens {
    /// Of a body of this kind; `None` if such a body reports nothing.
    pub(super) fn of(media_type: MediaType) -> Option<Self> {
        match media_type {
            MediaType::Stream(Framing::AwsFrames) => {
                let meter = UsageMeter::of_stream(Framing::AwsFrames);
                Some(Self::Frames(Box::new(meter)))
            }
            MediaType::Stream(framing) => Some(Self::Lines {
                framing,
                rest: Vec::new(),
                usage: Usage::default(),
            }),
            MediaType::Json => Some(Self::Whole {
                rest: Vec::new(),
                usage: Usage::default(),
            }),
            MediaType::Other => None,
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8], is_last: bool) {
        match self {
            Self::Lines {
                framing,
                rest,
                usage,
            } => {
                let end = memrchr(b'\n', piece).map_or(0, |at| at + 1);
                let (complete, more) = piece.split_at(end);
                if rest.is_empty() {
                    usage.update(reported(complete, Some(*framing)));
                } else if end > 0 {
                    keep(rest, complete);
                    usage.update(reported(rest, Some(*framing)));
                    rest.clear();
                }
                keep(rest, more);
            }
            Self::Whole { rest, usage } if is_last && rest.is_empty() => {
                *usage = reported(piece, None);
            }
            Self::Whole { rest, .. } => keep(rest, piece),
            Self::Frames(meter) => meter.feed(piece),
        }
    }

    /// What was reported until now, which may be the end.
    pub(super) fn finish(self) -> Usage {
        match self {
            Self::Lines {
                framing,
                rest,
                mut usage,
            } => {
                usage.update(reported(&rest, Some(framing)));
                usage
            }
            Self::Whole { rest, usage } if rest.is_empty() => usage,
            Self::Whole { rest, .. } => reported(&rest, None),
            Self::Frames(mut meter) => {
                meter.finish();
                meter.usage()
            }
        }
    }
}

fn keep(kept: &mut Vec<u8>, more: &[u8]) {
    if kept.len() + more.len() <= MOST {
        kept.extend_from_slice(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_AI: &[u8] = b"data: {\"choices\":[],\"usage\":null}\n\n\
        data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";
    const ANTHROPIC: &[u8] = b"event: message_start\n\
        data: {\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n\
        data: {\"delta\":{\"text\":\"\\\"usage\\\":{\\\"input_tokens\\\":99}\"}}\n\n\
        data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":7}}\n\n";
    const OLLAMA: &[u8] =
        b"{\"done\":false}\n{\"done\":true,\"prompt_eval_count\":5,\"eval_count\":7}";

    fn used(mut tokens: Tokens, pieces: &[&[u8]]) -> (Option<u64>, Option<u64>) {
        for (number, piece) in pieces.iter().enumerate() {
            tokens.feed(piece, number + 1 == pieces.len());
        }
        let usage = tokens.finish();
        (usage.input, usage.output)
    }

    #[test]
    fn tokens_are_counted_wherever_a_stream_is_cut() {
        for (body, framing) in [
            (OPEN_AI, Framing::Events),
            (ANTHROPIC, Framing::Events),
            (OLLAMA, Framing::Lines),
        ] {
            let of_stream = || Tokens::of(MediaType::Stream(framing)).unwrap();
            for at in 0..body.len() {
                let (one, two) = body.split_at(at);
                let found = used(of_stream(), &[one, two]);
                assert_eq!(found, (Some(5), Some(7)), "cut at {at}");
            }
        }
    }

    fn used_of_object(body: &str, at: usize) -> (Option<u64>, Option<u64>) {
        let (one, two) = body.as_bytes().split_at(at);
        let whole = || Tokens::of(MediaType::Json).unwrap();
        let found = used(whole(), &[one, two]);
        assert_eq!(
            found,
            used(whole(), &[body.as_bytes()]),
            "{body} cut at {at}"
        );
        found
    }

    #[test]
    fn an_object_reports_at_its_end() {
        for body in [
            r#"{"choices":[],"usage" : {"prompt_tokens":5,"completion_tokens":7,"x":{}}}"#,
            r#"{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":7}}"#,
            r#"{"prompt_eval_count":5,"eval_count":7}"#,
        ] {
            for at in 0..body.len() {
                assert_eq!(used_of_object(body, at), (Some(5), Some(7)), "{body}");
            }
        }
        for body in [
            "",
            "{}",
            r#"{"usage":7}"#,
            r#"{"usage":{"prompt_tok"#,
            r#""usage""#,
        ] {
            assert_eq!(used_of_object(body, body.len() / 2), (None, None));
        }
    }
}

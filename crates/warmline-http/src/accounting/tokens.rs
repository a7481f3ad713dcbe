//! The tokens that a body reports as it passes, found without reading the rest of it.

use http::HeaderValue;
use memchr::memrchr;

use crate::sse::{Framing, Usage, UsageMeter, reported};

/// More than this is kept of no body and no line; what it reports is then not counted.
const MOST: usize = 1024 * 1024;

/// Reads along with a body.
pub(super) enum Tokens {
    /// Of events or lines, each of which may report; the one that is not complete yet.
    Lines { rest: Vec<u8>, usage: Usage },
    /// One object, which is complete at the end.
    Whole(Vec<u8>),
    /// Frames of AWS.
    Frames(Box<UsageMeter>),
}

impl Tokens {
    /// Of a body with this `content-type`; `None` if such a body reports nothing.
    pub(super) fn of(content_type: &HeaderValue) -> Option<Self> {
        match Framing::of(Some(content_type)) {
            Some(framing) => Some(Self::of_stream(framing)),
            None => is_json(content_type).then(|| Self::Whole(Vec::new())),
        }
    }

    fn of_stream(framing: Framing) -> Self {
        match framing {
            Framing::Events | Framing::Lines => Self::Lines {
                rest: Vec::new(),
                usage: Usage::default(),
            },
            Framing::AwsFrames => Self::Frames(Box::new(UsageMeter::of_stream(Framing::AwsFrames))),
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        match self {
            Self::Lines { rest, usage } => {
                let end = memrchr(b'\n', piece).map_or(0, |at| at + 1);
                let (complete, more) = piece.split_at(end);
                if rest.is_empty() {
                    usage.update(reported(complete));
                } else if end > 0 {
                    keep(rest, complete);
                    usage.update(reported(rest));
                    rest.clear();
                }
                keep(rest, more);
            }
            Self::Whole(whole) => keep(whole, piece),
            Self::Frames(meter) => meter.feed(piece),
        }
    }

    /// What was reported until now, which may be the end.
    pub(super) fn finish(self) -> Usage {
        match self {
            Self::Lines { rest, mut usage } => {
                usage.update(reported(&rest));
                usage
            }
            Self::Whole(whole) => reported(&whole),
            Self::Frames(mut meter) => {
                meter.finish();
                meter.usage()
            }
        }
    }
}

fn is_json(content_type: &HeaderValue) -> bool {
    const JSON: &[u8] = b"application/json";
    let begin = content_type.as_bytes().get(..JSON.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(JSON))
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
        for piece in pieces {
            tokens.feed(piece);
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
            for at in 0..body.len() {
                let (one, two) = body.split_at(at);
                let found = used(Tokens::of_stream(framing), &[one, two]);
                assert_eq!(found, (Some(5), Some(7)), "cut at {at}");
            }
        }
    }

    #[test]
    fn an_object_reports_at_its_end() {
        for body in [
            r#"{"choices":[],"usage" : {"prompt_tokens":5,"completion_tokens":7,"x":{}}}"#,
            r#"{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":7}}"#,
            r#"{"prompt_eval_count":5,"eval_count":7}"#,
        ] {
            let found = used(Tokens::Whole(Vec::new()), &[body.as_bytes()]);
            assert_eq!(found, (Some(5), Some(7)), "{body}");
        }
        for body in [
            "",
            "{}",
            r#"{"usage":7}"#,
            r#"{"usage":{"prompt_tok"#,
            r#""usage""#,
        ] {
            assert_eq!(
                used(Tokens::Whole(Vec::new()), &[body.as_bytes()]),
                (None, None)
            );
        }
    }
}

//! The tokens that a provider says were used, in the words of each provider.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::fields::{count, fields, value};
use crate::sse::Framing;

/// The tokens of a request and its answer, as far as they were reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of the prompt, with what was read from a cache or written to one.
    pub input: Option<u64>,
    /// All that was generated, thoughts included.
    pub output: Option<u64>,
    /// As the provider counts it, and [else](Self::with_total) the sum.
    pub total: Option<u64>,
    /// What of the prompt was read from a cache.
    pub cached: Option<u64>,
}

impl Usage {
    /// Takes over what a later event reports: counts grow, they do not add up.
    pub fn update(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.output = later.output.or(self.output);
        self.total = later.total.or(self.total);
        self.cached = later.cached.or(self.cached);
    }

    /// The same with a total, where the provider gives none but both of its parts.
    #[must_use]
    pub fn with_total(self) -> Self {
        let sum = self.input.zip(self.output);
        let sum = sum.map(|(input, output)| input.saturating_add(output));
        Self {
            total: self.total.or(sum),
            ..self
        }
    }
}

/// The field that a report is in.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// `usage`, as all but Gemini and Ollama have it.
    Usage,
    /// Gemini's `usageMetadata`.
    Metadata,
}

impl Field {
    /// The field whose quoted name goes on like this after [`USAGE`], and its value with what follows; `None` for a
    /// text, and any other name.
    pub(super) fn of(rest: &[u8]) -> Option<(Self, &[u8])> {
        let (field, after) = match rest.strip_prefix(b"\"") {
            Some(after) => (Self::Usage, after),
            None => (Self::Metadata, rest.strip_prefix(b"Metadata\"")?),
        };
        let value = after.trim_ascii_start().strip_prefix(b":")?;
        Some((field, value.trim_ascii_start()))
    }

    /// What its object reports that stands first, and what follows that; `None` if it does not end.
    pub(super) fn read(self, object: &[u8]) -> (Usage, Option<&[u8]>) {
        match self {
            Self::Usage => {
                let mut reported = Reported::default();
                let rest = fields(object, |name, value| reported.take(name, value));
                (reported.usage(), rest)
            }
            Self::Metadata => {
                let mut metadata = Metadata::default();
                let rest = fields(object, |name, value| metadata.take(name, value));
                (metadata.usage(), rest)
            }
        }
    }
}

/// What is in `usage`. The names of providers are where a field is from.
#[derive(Default)]
struct Reported {
    /// `OpenAI` chat completions and all who speak like it: cached tokens included.
    prompt: Option<u64>,
    completion: Option<u64>,
    /// `OpenAI` responses, cached tokens included; Anthropic, without them.
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    /// Of the tokens in either of these.
    cached_of_details: Option<u64>,
    /// Anthropic.
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    /// Cohere: what the model saw, which is not all that is billed.
    seen_input: Option<u64>,
    seen_output: Option<u64>,
    /// Cohere, Moonshot.
    cached: Option<u64>,
    /// Bedrock's Converse, without cached tokens.
    converse_input: Option<u64>,
    converse_output: Option<u64>,
    converse_total: Option<u64>,
    converse_cache_read: Option<u64>,
    converse_cache_write: Option<u64>,
}

impl Reported {
    fn take(&mut self, name: &[u8], value: &[u8]) {
        let place = match name {
            b"prompt_tokens" => &mut self.prompt,
            b"completion_tokens" => &mut self.completion,
            b"input_tokens" => &mut self.input,
            b"output_tokens" => &mut self.output,
            b"total_tokens" => &mut self.total,
            b"cache_read_input_tokens" => &mut self.cache_read,
            b"cache_creation_input_tokens" => &mut self.cache_creation,
            b"cached_tokens" => &mut self.cached,
            b"inputTokens" => &mut self.converse_input,
            b"outputTokens" => &mut self.converse_output,
            b"totalTokens" => &mut self.converse_total,
            b"cacheReadInputTokens" => &mut self.converse_cache_read,
            b"cacheWriteInputTokens" => &mut self.converse_cache_write,
            b"prompt_tokens_details" | b"input_tokens_details" => {
                fields(value, |name, value| {
                    if name == b"cached_tokens" {
                        self.cached_of_details = self.cached_of_details.or(count(value));
                    }
                });
                return;
            }
            b"tokens" => {
                fields(value, |name, value| match name {
                    b"input_tokens" => self.seen_input = count(value),
                    b"output_tokens" => self.seen_output = count(value),
                    _ => {}
                });
                return;
            }
            _ => return,
        };
        *place = count(value);
    }

    fn usage(&self) -> Usage {
        let anthropic = with(self.input, [self.cache_read, self.cache_creation]);
        let converse = with(
            self.converse_input,
            [self.converse_cache_read, self.converse_cache_write],
        );
        let outputs = self.completion.or(self.output).or(self.converse_output);
        Usage {
            input: self.prompt.or(anthropic).or(converse).or(self.seen_input),
            output: outputs.or(self.seen_output),
            total: self.total.or(self.converse_total),
            cached: self
                .cached_of_details
                .or(self.cache_read)
                .or(self.converse_cache_read)
                .or(self.cached),
        }
    }
}

/// What is in `usageMetadata`.
#[derive(Default)]
struct Metadata {
    /// Cached tokens included.
    prompt: Option<u64>,
    tool_use: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
}

impl Metadata {
    fn take(&mut self, name: &[u8], value: &[u8]) {
        let place = match name {
            b"promptTokenCount" => &mut self.prompt,
            b"toolUsePromptTokenCount" => &mut self.tool_use,
            b"candidatesTokenCount" => &mut self.candidates,
            b"thoughtsTokenCount" => &mut self.thoughts,
            b"totalTokenCount" => &mut self.total,
            b"cachedContentTokenCount" => &mut self.cached,
            _ => return,
        };
        *place = count(value);
    }

    fn usage(&self) -> Usage {
        Usage {
            input: with(self.prompt, [self.tool_use]),
            // The first events may count thoughts alone.
            output: with(self.candidates, [self.thoughts]).or(self.thoughts),
            total: self.total,
            cached: self.cached,
        }
    }
}

/// The last that some payloads of a stream, or an object, say of each count, found without reading the rest of them:
/// for statistics, which everybody pays for. A name inside a string is none: its quotes are escaped there.
pub(crate) fn reported(payloads: &[u8], framing: Option<Framing>) -> Usage {
    let mut usage = Usage::default();
    for at in USAGE.find_iter(payloads) {
        if let Some((field, value)) = Field::of(&payloads[at + USAGE.needle().len()..]) {
            usage.update(field.read(value).0);
        }
    }
    // Ollama has no such field, nor streams of events.
    if usage != Usage::default() || framing == Some(Framing::Events) {
        return usage;
    }
    for at in OLLAMA_COUNT.find_iter(payloads) {
        let after = &payloads[at + OLLAMA_COUNT.needle().len()..];
        let count = value(after).and_then(|(value, _)| count(value));
        if payloads[..at].ends_with(b"\"prompt_") {
            usage.input = count.or(usage.input);
        } else if payloads[..at].ends_with(b"\"") {
            usage.output = count.or(usage.output);
        }
    }
    usage
}

/// The quoted names of the fields that usage is in begin so.
pub(super) static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage"));
/// Ollama's names for its two counts end so.
pub(super) static OLLAMA_COUNT: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new("eval_count\""));

/// A count and those that it does not include, if it was given.
fn with<const MORE: usize>(count: Option<u64>, more: [Option<u64>; MORE]) -> Option<u64> {
    let more = more.into_iter().flatten();
    count.map(|count| more.fold(count, u64::saturating_add))
}

//! The tokens that a provider says were used, in the words of each provider.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::count::Count;
use super::loose::Loose;

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

/// `usage`, as all but Gemini and Ollama have it. The names of providers are where a field is from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reported<'a> {
    /// `OpenAI` chat completions and all who speak like it: cached tokens included.
    prompt_tokens: Count,
    completion_tokens: Count,
    #[serde(borrow)]
    prompt_tokens_details: Loose<'a, Details>,
    /// `OpenAI` responses, cached tokens included; Anthropic, without them.
    input_tokens: Count,
    output_tokens: Count,
    input_tokens_details: Loose<'a, Details>,
    total_tokens: Count,
    /// Anthropic.
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    /// Cohere: what the model saw, which is not all that is billed.
    tokens: Loose<'a, Tokens>,
    /// Cohere, Moonshot.
    cached_tokens: Count,
    /// Bedrock's Converse, without cached tokens.
    #[serde(rename = "inputTokens")]
    converse_input: Count,
    #[serde(rename = "outputTokens")]
    converse_output: Count,
    #[serde(rename = "totalTokens")]
    converse_total: Count,
    #[serde(rename = "cacheReadInputTokens")]
    converse_cache_read: Count,
    #[serde(rename = "cacheWriteInputTokens")]
    converse_cache_write: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input_tokens: Count,
    output_tokens: Count,
}

impl Reported<'_> {
    pub(super) fn usage(&self) -> Usage {
        let tokens = self.tokens.object();
        let details = self.prompt_tokens_details.object();
        let details = details.or_else(|| self.input_tokens_details.object());
        let prompt = self.prompt_tokens.count();
        let anthropic = with(
            self.input_tokens.count(),
            [
                self.cache_read_input_tokens,
                self.cache_creation_input_tokens,
            ],
        );
        let converse = with(
            self.converse_input.count(),
            [self.converse_cache_read, self.converse_cache_write],
        );
        let first = |counts: &[Option<u64>]| counts.iter().copied().flatten().next();
        Usage {
            input: first(&[
                prompt,
                anthropic,
                converse,
                tokens.and_then(|tokens| tokens.input_tokens.count()),
            ]),
            output: first(&[
                self.completion_tokens.count(),
                self.output_tokens.count(),
                self.converse_output.count(),
                tokens.and_then(|tokens| tokens.output_tokens.count()),
            ]),
            total: first(&[self.total_tokens.count(), self.converse_total.count()]),
            cached: first(&[
                details.and_then(|details| details.cached_tokens.count()),
                self.cache_read_input_tokens.count(),
                self.converse_cache_read.count(),
                self.cached_tokens.count(),
            ]),
        }
    }
}

/// Gemini's `usageMetadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    /// Cached tokens included.
    #[serde(rename = "promptTokenCount")]
    prompt: Count,
    #[serde(rename = "toolUsePromptTokenCount")]
    tool_use: Count,
    #[serde(rename = "candidatesTokenCount")]
    candidates: Count,
    #[serde(rename = "thoughtsTokenCount")]
    thoughts: Count,
    #[serde(rename = "totalTokenCount")]
    total: Count,
    #[serde(rename = "cachedContentTokenCount")]
    cached: Count,
}

impl Metadata {
    pub(super) fn usage(&self) -> Usage {
        // The first events may count thoughts alone.
        let candidates = with(self.candidates.count(), [self.thoughts]);
        Usage {
            input: with(self.prompt.count(), [self.tool_use]),
            output: candidates.or(self.thoughts.count()),
            total: self.total.count(),
            cached: self.cached.count(),
        }
    }
}

/// The last that some payloads say of each count, found without reading the rest of them: for statistics, which
/// everybody pays for. A name inside a string is none: its quotes are escaped there.
pub(crate) fn reported(payloads: &[u8]) -> Usage {
    let mut usage = Usage::default();
    for at in USAGE.find_iter(payloads) {
        let after = &payloads[at + USAGE.needle().len()..];
        if let Some(value) = object_after(after, b"\"") {
            usage.update(
                value_of(value).map_or_else(Usage::default, |found: Reported<'_>| found.usage()),
            );
        } else if let Some(value) = object_after(after, b"Metadata\"") {
            usage.update(
                value_of(value).map_or_else(Usage::default, |found: Metadata| found.usage()),
            );
        }
    }
    for at in OLLAMA_COUNT.find_iter(payloads) {
        let after = &payloads[at + OLLAMA_COUNT.needle().len()..];
        let count = after
            .trim_ascii_start()
            .strip_prefix(b":")
            .and_then(value_of);
        if payloads[..at].ends_with(b"\"prompt_") {
            usage.input = count.or(usage.input);
        } else if payloads[..at].ends_with(b"\"") {
            usage.output = count.or(usage.output);
        }
    }
    usage
}

static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage"));
static OLLAMA_COUNT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("eval_count\""));

/// The object that a field has, whose name ends so, from its brace on.
fn object_after<'a>(after: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let value = after.strip_prefix(end)?.trim_ascii_start();
    let value = value.strip_prefix(b":")?.trim_ascii_start();
    value.starts_with(b"{").then_some(value)
}

/// The value that stands first.
fn value_of<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    T::deserialize(&mut serde_json::Deserializer::from_slice(json)).ok()
}

/// A count and those that it does not include, if it was given.
fn with<const MORE: usize>(count: Option<u64>, more: [Count; MORE]) -> Option<u64> {
    let more = more.into_iter().filter_map(Count::count);
    count.map(|count| more.fold(count, u64::saturating_add))
}

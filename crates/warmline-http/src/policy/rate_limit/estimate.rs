//! The tokens that a request will use, as far as its body shows.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::levels::Tokens;

/// What providers tell for English text; other languages, and code, have fewer bytes to a token.
const BYTES_PER_TOKEN: u64 = 4;

/// The names that providers have for the most that may be generated, as far as they differ: `OpenAI`'s two,
/// Anthropic's and most others' first one; `OpenAI` responses; Bedrock's Converse; Gemini.
const LIMITS: [&[u8]; 5] = [
    b"\"max_t",
    b"\"max_completion_t",
    b"\"max_output_t",
    b"\"maxT",
    b"\"maxOutputT",
];

/// What those end with.
static TOKENS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("okens\""));

/// Ollama's name for it.
static NUM_PREDICT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"num_predict\""));

/// A token for every four bytes of the body, and as many as the body lets the provider generate, if it says.
///
/// The body is searched, not parsed. A name inside a string is none: its quotes are escaped there.
pub(crate) fn estimate(body: &[u8]) -> Tokens {
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    Tokens {
        input: length.div_ceil(BYTES_PER_TOKEN),
        output: TOKENS
            .find_iter(body)
            .filter(|at| LIMITS.iter().any(|name| body[..*at].ends_with(name)))
            .map(|at| at + TOKENS.needle().len())
            .chain(
                NUM_PREDICT
                    .find(body)
                    .map(|at| at + NUM_PREDICT.needle().len()),
            )
            .filter_map(|after| number(&body[after..]))
            .max()
            .unwrap_or(0),
    }
}

/// The number that a field has, behind whose name this stands.
fn number(after: &[u8]) -> Option<u64> {
    let after = after.trim_ascii_start();
    let value = after.strip_prefix(b":")?.trim_ascii_start();
    let digits = value
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(value.len());
    std::str::from_utf8(&value[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(body: &str) -> (u64, u64) {
        let Tokens { input, output } = estimate(body.as_bytes());
        (input, output)
    }

    #[test]
    fn a_token_for_every_four_bytes() {
        assert_eq!(tokens(""), (0, 0));
        assert_eq!(tokens("{}"), (1, 0));
        assert_eq!(tokens(r#"{"model":"m","messages":[]}"#), (7, 0));
    }

    #[test]
    fn what_may_be_generated_counts_under_every_providers_name() {
        for body in [
            r#"{"max_tokens":500}"#,
            r#"{"max_completion_tokens": 500, "x": 1}"#,
            r#"{"max_output_tokens" : 500}"#,
            r#"{"inferenceConfig":{"maxTokens":500}}"#,
            "{\"generationConfig\":{\"maxOutputTokens\":\n500}}",
            r#"{"options":{"num_predict":500}}"#,
        ] {
            assert_eq!(tokens(body).1, 500, "{body}");
        }
    }

    #[test]
    fn what_is_no_number_counts_for_nothing() {
        for body in [
            r#"{"max_tokens":null}"#,
            r#"{"num_predict":-1}"#,
            r#"{"max_tokens""#,
            r#"{"max_tokens":"#,
            r#"{"max_tokens":99999999999999999999999}"#,
        ] {
            assert_eq!(tokens(body).1, 0, "{body}");
        }
    }

    #[test]
    fn a_prompt_that_speaks_of_the_field_is_a_prompt() {
        let body = r#"{"content":"set \"max_tokens\":4096 please","max_tokens":7}"#;
        assert_eq!(tokens(body).1, 7);
    }
}

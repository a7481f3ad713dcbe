//! Which model a request asks for, as far as its body or its path shows.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::sse::after_string;

/// No model's name is longer; it is a label, and whoever sends it says what it is.
const LONGEST: usize = 100;

static MODEL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"model\""));

/// The field `model` of a body that is a JSON object.
///
/// The body is searched for the name, and then read up to there: what stands in strings and in inner objects is
/// none. Most clients write it first.
pub(super) fn in_body(body: &[u8]) -> Option<&str> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let mut from = 0;
    let mut depth = 0;
    for at in MODEL.find_iter(body) {
        depth = depth_at(&body[from..at], depth)?;
        from = at;
        if depth == 1
            && let Some(name) = text_after(&body[at + MODEL.needle().len()..])
        {
            return label(name);
        }
    }
    None
}

/// The model in a path of a provider whose requests name it there.
pub(super) fn in_path<'a>(provider: &str, path: &'a str) -> Option<&'a str> {
    let before = match provider {
        "google" => "/models/",
        "aws" => "/model/",
        "azure" => "/deployments/",
        _ => return None,
    };
    let (_, after) = path.split_once(before)?;
    // Google has its method behind a colon; names of AWS, whose colons are encoded, have none.
    let end = after.find(['/', ':', '?']).unwrap_or(after.len());
    label(&after.as_bytes()[..end])
}

/// How many objects and lists are open after this piece, of which `depth` were before it; `None` for a string that
/// does not end.
fn depth_at(piece: &[u8], mut depth: usize) -> Option<usize> {
    let mut rest = piece;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => rest = after_string(after)?,
            _ => {}
        }
    }
    Some(depth)
}

/// The string that a field has, behind whose name this stands.
fn text_after(after: &[u8]) -> Option<&[u8]> {
    let value = after.trim_ascii_start().strip_prefix(b":")?;
    let text = value.trim_ascii_start().strip_prefix(b"\"")?;
    let end = text
        .iter()
        .take(LONGEST + 1)
        .position(|byte| *byte == b'"')?;
    Some(&text[..end])
}

/// A name that can be a label: of the characters that names of models have, and no longer than those are.
fn label(name: &[u8]) -> Option<&str> {
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:/@+%-".contains(byte);
    let fits = !name.is_empty() && name.len() <= LONGEST && name.iter().all(known);
    fits.then(|| std::str::from_utf8(name).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_the_outermost_object_counts_wherever_it_stands() {
        for body in [
            r#"{"model":"m-1","messages":[]}"#,
            r#" { "messages" : [{"content":"a \"model\":\"x\" {"}] , "model" : "m-1" }"#,
            r#"{"tools":[{"model":"inner"}],"metadata":{"model":"inner"},"model":"m-1"}"#,
            r#"{"content":"\\","model":"m-1"}"#,
            r#"{"a":"\"model\"","model":"m-1"}"#,
        ] {
            assert_eq!(in_body(body.as_bytes()), Some("m-1"), "{body}");
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        let long = format!(r#"{{"model":"{}"}}"#, "m".repeat(LONGEST + 1));
        for body in [
            "",
            "{}",
            "model",
            r#"["model","m"]"#,
            r#"{"a":{"model":"inner"}}"#,
            r#"{"model":7}"#,
            r#"{"model":"two words"}"#,
            r#"{"model":""}"#,
            r#"{"model":"unfinished"#,
            r#"{"a":"unfinished,"model""#,
            &long,
        ] {
            assert_eq!(in_body(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn paths_name_models_where_the_provider_has_them_there() {
        let of = |provider, path| in_path(provider, path);
        assert_eq!(
            of(
                "google",
                "/v1beta/models/gemini-2:streamGenerateContent?alt=sse"
            ),
            Some("gemini-2")
        );
        assert_eq!(
            of("aws", "/model/anthropic.claude-v2%3A1/converse"),
            Some("anthropic.claude-v2%3A1")
        );
        assert_eq!(
            of("azure", "/openai/deployments/mine/chat/completions?v=1"),
            Some("mine")
        );
        assert_eq!(of("openai", "/v1/models/gpt-4"), None);
        assert_eq!(of("other", "/models/secret"), None);
    }
}

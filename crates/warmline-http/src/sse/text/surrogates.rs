//! Halves of characters in JSON, which JavaScript takes and UTF-8 cannot hold.

use memchr::memchr;

/// A provider in JavaScript may cut its text in the middle of a surrogate pair: then `\ud83d` stands alone
/// in one event and `\ude00` in the next. The same JSON with U+FFFD for each such half; `None` if it has
/// none.
pub(super) fn mended(json: &str) -> Option<String> {
    let mut mended = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = memchr(b'\\', &json.as_bytes()[at..]) {
        at += found;
        match (unit(json, at), unit(json, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.push_str(&json[kept..at]);
                mended.push('\u{fffd}');
                at += 6;
                kept = at;
            }
            // Whatever else is escaped is skipped: it may be a backslash.
            _ => at = json.len().min(at + 2),
        }
    }
    (kept > 0).then(|| mended + &json[kept..])
}

/// The UTF-16 unit that is escaped at this place.
fn unit(json: &str, at: usize) -> Option<u32> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn replaces_halves_and_leaves_pairs() {
        assert_eq!(
            mended(r#"{"a":"x\ud83d"}"#).as_deref(),
            Some("{\"a\":\"x\u{fffd}\"}")
        );
        assert_eq!(
            mended(r"\ude00\ud83d\ude00\ud83d\n").as_deref(),
            Some("\u{fffd}\\ud83d\\ude00\u{fffd}\\n")
        );
        assert_eq!(
            mended(r"\uD83D\uD83D\uDE00").as_deref(),
            Some("\u{fffd}\\uD83D\\uDE00")
        );
    }

    #[test]
    fn leaves_all_else() {
        for json in [
            "",
            "a",
            r"\ud83d\ude00",
            r"\\ud83d",
            r"\u00e9",
            r"\",
            r"\u",
            r"\ud83",
            "\\é",
            r"\\\u0041",
        ] {
            assert_eq!(mended(json), None, "{json}");
        }
    }
}

//! The fields of a JSON object, found without making anything of what they hold.

use memchr::memchr2;

use super::count::whole;

/// Tells each field of the object that stands first: its name as it is written, and its value. What follows the
/// object; `None` if it does not end, or is none from some place on.
pub(super) fn fields<'a>(
    object: &'a [u8],
    mut each: impl FnMut(&'a [u8], &'a [u8]),
) -> Option<&'a [u8]> {
    let mut rest = object.strip_prefix(b"{")?.trim_ascii_start();
    if let Some(after) = rest.strip_prefix(b"}") {
        return Some(after);
    }
    loop {
        let named = rest.strip_prefix(b"\"")?;
        let after = after_string(named)?;
        let name = &named[..named.len() - after.len() - 1];
        let (value, after) = value(after)?;
        each(name, value);
        let (next, after) = after.trim_ascii_start().split_first()?;
        match next {
            b',' => rest = after.trim_ascii_start(),
            b'}' => return Some(after),
            _ => return None,
        }
    }
}

/// The value of a field, whose name this stands behind, and what follows it.
pub(super) fn value(after_name: &[u8]) -> Option<(&[u8], &[u8])> {
    let after = after_name.trim_ascii_start().strip_prefix(b":")?;
    let value = after.trim_ascii_start();
    let rest = match value.split_first()? {
        (b'"', text) => after_string(text)?,
        (b'{' | b'[', inner) => after_end(inner)?,
        _ => {
            let end = value
                .iter()
                .position(|byte| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace());
            &value[end?..]
        }
    };
    Some((&value[..value.len() - rest.len()], rest))
}

/// The count that a value is; `None` for any other.
pub(super) fn count(value: &[u8]) -> Option<u64> {
    if !value.first()?.is_ascii_digit() {
        return None;
    }
    let digits = value.iter().try_fold(0_u64, |count, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        count.checked_mul(10)?.checked_add(digit)
    });
    digits.or_else(|| str::from_utf8(value).ok()?.parse().ok().and_then(whole))
}

/// What follows the end of the object or list that this is inside of; `None` if it does not end.
pub(super) fn after_end(mut rest: &[u8]) -> Option<&[u8]> {
    let mut open = 1_usize;
    loop {
        let (first, after) = rest.split_first()?;
        rest = after;
        match first {
            b'"' => rest = after_string(after)?,
            b'{' | b'[' => open += 1,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(rest);
        }
    }
}

/// What follows a JSON string, of which this begins after the first quote; `None` if it does not end.
pub(crate) fn after_string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let at = memchr2(b'"', b'\\', rest)?;
        if rest[at] == b'"' {
            return Some(&rest[at + 1..]);
        }
        rest = rest.get(at + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(object: &str) -> (Vec<(String, String)>, Option<String>) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut all = Vec::new();
        let rest = fields(object.as_bytes(), |name, value| {
            all.push((text(name), text(value)));
        });
        (all, rest.map(text))
    }

    #[test]
    fn fields_are_told_as_they_are_written() {
        let (all, rest) = told(
            "{ \"a\" : 1,\"b\":{\"c\":[\"}\",{}]} ,\n\"d\\\"\":\"x,\\\"\" , \"e\":null}, more",
        );
        let told: Vec<_> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            told,
            [
                ("a", "1"),
                ("b", "{\"c\":[\"}\",{}]}"),
                ("d\\\"", "\"x,\\\"\""),
                ("e", "null"),
            ]
        );
        assert_eq!(rest.as_deref(), Some(", more"));
        assert_eq!(told_nothing("{}"), Some(String::new()));
        assert_eq!(told_nothing("{ } x"), Some(" x".to_owned()));
    }

    fn told_nothing(object: &str) -> Option<String> {
        let (all, rest) = told(object);
        assert!(all.is_empty(), "{all:?}");
        rest
    }

    #[test]
    fn an_object_that_is_cut_off_ends_nowhere() {
        let whole = r#"{"a":1,"b":{"c":"d\""},"e":[2]}"#;
        for end in 0..whole.len() {
            let (all, rest) = told(&whole[..end]);
            assert_eq!(rest, None, "{end}");
            // A number that is cut off is another one.
            assert_eq!(all.is_empty(), end <= "{\"a\":1".len(), "{end}");
        }
        for wrong in ["", "1", "[]", "{,}", "{\"a\"}", "{\"a\":1 2}", "{1:2}"] {
            assert_eq!(told(wrong).1, None, "{wrong}");
        }
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        for (value, expected) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("12.0", Some(12)),
            ("1e3", Some(1000)),
            ("1.5", None),
            ("-1", None),
            ("null", None),
            ("\"7\"", None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(count(value.as_bytes()), expected, "{value}");
        }
    }
}

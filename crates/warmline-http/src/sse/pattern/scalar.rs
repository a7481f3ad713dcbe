//! The scalars of a JSON text: where one begins, and where it ends.

/// Whether a byte outside of a string is the first one of a scalar.
pub(super) fn begins_scalar(byte: u8) -> bool {
    matches!(byte, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}

/// Where a JSON string, number or literal ends that begins at `at`; `None` if none does.
pub(super) fn end_of_scalar(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..];
    let length = match rest.first()? {
        b'"' => length_of_string(rest)?,
        b't' if rest.starts_with(b"true") => 4,
        b'f' if rest.starts_with(b"false") => 5,
        b'n' if rest.starts_with(b"null") => 4,
        b'-' | b'0'..=b'9' => length_of_number(rest)?,
        _ => return None,
    };
    Some(at + length)
}

fn length_of_string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match text.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
                _ => return None,
            },
            0..0x20 => return None,
            _ => at += 1,
        }
    }
}

fn length_of_number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let count = text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        (count > 0).then_some(from + count)
    };
    let first = usize::from(text[0] == b'-');
    let mut at = if text.get(first) == Some(&b'0') {
        first + 1
    } else {
        digits(first)?
    };
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at = digits(at + 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-'))))?;
    }
    Some(at)
}

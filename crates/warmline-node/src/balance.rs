//! Whether a text can stand in a list beside others without reaching into them.

use memchr::memchr2;

/// Whether `text` begins with `{` and its last closing bracket closes that one, as far as brackets and
/// strings go. All else is left to the parser: should it take a list of such texts at all, then it
/// takes each of them as exactly one value. Without this, `1,2` in one event and a bracket opened in
/// one and closed in the next could make up for each other, and values go to the wrong stream.
pub(crate) fn is_one_object(text: &[u8]) -> bool {
    if text.first() != Some(&b'{') {
        return false;
    }
    let mut depth = 0_usize;
    let mut at = 0;
    // Inside a string nothing counts but its end.
    while let Some(found) = next_structural(&text[at..]) {
        at += found + 1;
        match text[at - 1] {
            b'"' => match end_of_string(&text[at..]) {
                Some(end) => at += end,
                None => return false,
            },
            b'{' | b'[' => depth += 1,
            _ => {
                let Some(less) = depth.checked_sub(1) else {
                    return false;
                };
                depth = less;
                if depth == 0 {
                    return text[at..]
                        .iter()
                        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
                }
            }
        }
    }
    false
}

fn next_structural(text: &[u8]) -> Option<usize> {
    text.iter()
        .position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
}

/// Just past the quote that ends the string which `text` is inside of.
fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', &text[at..])? + 1;
        if text[at - 1] == b'"' {
            return Some(at);
        }
        // Whatever is escaped is skipped.
        at += 1;
        if at > text.len() {
            return None;
        }
    }
}

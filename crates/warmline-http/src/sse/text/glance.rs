//! What an answer says of tokens, without reading the rest of it: most of an answer is its text.

use memchr::memchr2;
use serde::Deserialize;

use super::meter::{USAGE, may_report_otherwise};
use super::usage::{Metadata, Reported, Usage};

/// The field that a report is in.
#[derive(Clone, Copy)]
enum Field {
    Usage,
    /// Gemini's.
    Metadata,
}

/// The usage in a JSON object that reports it in one field of its own, or nowhere; `None` for any other, which
/// has to be read to be understood.
pub(super) fn glance(object: &[u8]) -> Option<Usage> {
    if !object.trim_ascii_start().starts_with(b"{") || may_report_otherwise(object) {
        return None;
    }
    let mut reports = USAGE
        .find_iter(object)
        // Within a string, a quote has a backslash before it.
        .filter(|at| object[..*at].last() != Some(&b'\\'))
        .filter_map(|at| report(&object[at + USAGE.needle().len()..]));
    let Some((field, value)) = reports.next() else {
        return Some(Usage::default());
    };
    if reports.next().is_some() {
        return None;
    }
    let (usage, rest) = match field {
        Field::Usage => object_at(value, |reported: &Reported<'_>| reported.usage())?,
        Field::Metadata => object_at(value, |metadata: &Metadata| metadata.usage())?,
    };
    ends_outermost(rest).then(|| usage.with_total())
}

/// The field whose name goes on like this, and its value, unless that is null.
fn report(rest: &[u8]) -> Option<(Field, &[u8])> {
    let (field, after) = match rest.strip_prefix(b"\"") {
        Some(after) => (Field::Usage, after),
        None => (Field::Metadata, rest.strip_prefix(b"Metadata\"")?),
    };
    // Else it is a text, and no name.
    let value = after.trim_ascii_start().strip_prefix(b":")?;
    let value = value.trim_ascii_start();
    (!value.starts_with(b"null")).then_some((field, value))
}

/// What is made of the object at the beginning, and what follows it.
fn object_at<'a, T: Deserialize<'a>>(
    value: &'a [u8],
    usage: impl FnOnce(&T) -> Usage,
) -> Option<(Usage, &'a [u8])> {
    if !value.starts_with(b"{") {
        return None;
    }
    let text = str::from_utf8(value).ok()?;
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let object = values.next()?.ok()?;
    Some((usage(&object), &value[values.byte_offset()..]))
}

/// Whether the object that this is the rest of is in no other.
fn ends_outermost(mut rest: &[u8]) -> bool {
    let mut open = 1_usize;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'"' => match after_string(after) {
                Some(after) => rest = after,
                None => return false,
            },
            b'{' | b'[' => open += 1,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return rest.trim_ascii().is_empty();
        }
    }
    false
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

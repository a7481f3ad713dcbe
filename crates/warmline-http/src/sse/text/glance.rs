//! What an answer says of tokens, without reading the rest of it: most of an answer is its text.

use super::fields::after_end;
use super::meter::may_report_otherwise;
use super::usage::{Field, USAGE, Usage};

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
        .filter_map(|at| Field::of(&object[at + USAGE.needle().len()..]))
        .filter(|(_, value)| !value.starts_with(b"null"));
    let Some((field, value)) = reports.next() else {
        return Some(Usage::default());
    };
    if reports.next().is_some() {
        return None;
    }
    let (usage, rest) = field.read(value);
    // In no other object.
    let after = after_end(rest?)?;
    after.trim_ascii().is_empty().then(|| usage.with_total())
}

//! What the JSON objects of a stream have in common.
//!
//! The tokens of a model come in objects that differ in a string or two. Whoever has one of them needs no
//! more of the next than those.

mod scalar;

use std::fmt::Write as _;
use std::ops::Range;

use serde::de::IgnoredAny;

use self::scalar::{begins_scalar, end_of_scalar};

/// An object of more than this is no pattern: its differences are the least of it.
const MAX_BYTES: usize = 4096;
/// Objects that differ in more places than these are too unlike each other.
const MAX_HOLES: usize = 8;

/// An object whose likes have been seen, and where those differ from it.
#[derive(Debug, Default)]
pub struct Pattern {
    /// The event that it is the data of.
    name: Option<String>,
    text: String,
    /// The scalars that differ, in the order of the text.
    holes: Vec<Range<usize>>,
    described: bool,
}

impl Pattern {
    /// Takes `object` for one like the last that [`describe`](Self::describe) told of: adds what stands in
    /// its holes to `values`, each with a comma before it. False if it is not like it; `values` is as it was.
    ///
    /// Whatever text this takes is JSON, since all of it but the holes is the pattern's.
    pub fn fill(&self, name: Option<&str>, object: &str, values: &mut String) -> bool {
        if !self.described || self.name.as_deref() != name {
            return false;
        }
        let before = values.len();
        let filled = self.fill_holes(object, values);
        if !filled {
            values.truncate(before);
        }
        filled
    }

    fn fill_holes(&self, object: &str, values: &mut String) -> bool {
        let mut rest = object;
        let mut from = 0;
        for hole in &self.holes {
            let Some(after) = rest.strip_prefix(&self.text[from..hole.start]) else {
                return false;
            };
            let Some(end) = end_of_scalar(after.as_bytes(), 0) else {
                return false;
            };
            values.push(',');
            values.push_str(&after[..end]);
            rest = &after[end..];
            from = hole.end;
        }
        rest == &self.text[from..]
    }

    /// Makes an object out of the last one and this, if they are of one shape, and adds it to `values` with a
    /// comma before it: `[object, the way to each hole as a list of keys and indexes, the event's name or null]`.
    /// From then on [`fill`](Self::fill) takes both. False if they are not; then this is the last one.
    pub fn describe(&mut self, name: Option<&str>, object: &str, values: &mut String) -> bool {
        if self.name.as_deref() == name
            && let Some(holes) = self.wider(object)
            && let Some(ways) = ways(&self.text, &holes)
        {
            self.holes = holes;
            self.described = true;
            let name = serde_json::Value::from(name);
            // Writing to a string cannot fail.
            let _ = write!(values, ",[{},{ways},{name}]", self.text);
            return true;
        }
        self.described = false;
        self.holes.clear();
        self.text.clear();
        if object.len() <= MAX_BYTES {
            self.text.push_str(object);
            self.name = name.map(str::to_owned);
        }
        false
    }

    /// The holes so far, and wherever else this object differs.
    fn wider(&self, object: &str) -> Option<Vec<Range<usize>>> {
        if self.text.is_empty() {
            return None;
        }
        let mut holes = differences(self.text.as_bytes(), object.as_bytes())?;
        holes.extend_from_slice(&self.holes);
        holes.sort_unstable_by_key(|hole| hole.start);
        holes.dedup();
        if holes.len() > MAX_HOLES {
            return None;
        }
        // What is no JSON is not told apart here: its reader has to complain of it.
        let is_json = self.described || serde_json::from_str::<IgnoredAny>(&self.text).is_ok();
        is_json.then_some(holes)
    }
}

/// Where the scalars of one text differ from those of another that is the same but for them. If the one is
/// JSON, so is the other.
fn differences(one: &[u8], other: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut holes = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(byte), Some(opposite)) = (one.get(i), other.get(j)) {
        if begins_scalar(*byte) {
            let (end, opposite_end) = (end_of_scalar(one, i)?, end_of_scalar(other, j)?);
            if one[i..end] != other[j..opposite_end] {
                if is_key(one, end) || holes.len() == MAX_HOLES {
                    return None;
                }
                holes.push(i..end);
            }
            (i, j) = (end, opposite_end);
        } else if byte == opposite {
            (i, j) = (i + 1, j + 1);
        } else {
            return None;
        }
    }
    (i == one.len() && j == other.len()).then_some(holes)
}

/// A container that is open while a text is walked through.
enum Level<'a> {
    /// Its keys so far, in quotes.
    Object(Vec<&'a str>),
    /// The index of the value that is next.
    Array(usize),
}

/// The way to each of these scalars of a JSON text, as JSON. None where a way could lead elsewhere: to another
/// value of the same key, or past an object's own properties.
fn ways(text: &str, holes: &[Range<usize>]) -> Option<String> {
    let bytes = text.as_bytes();
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut ways = String::from("[");
    let mut holes = holes.iter().peekable();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if begins_scalar(byte) {
            let end = end_of_scalar(bytes, at)?;
            let scalar = &text[at..end];
            if is_key(bytes, end) {
                let Some(Level::Object(keys)) = levels.last_mut() else {
                    return None;
                };
                if scalar.contains('\\') || scalar == "\"__proto__\"" || keys.contains(&scalar) {
                    return None;
                }
                keys.push(scalar);
            } else if holes.next_if(|hole| hole.start == at).is_some() {
                add_way(&mut ways, &levels);
            }
            at = end;
            continue;
        }
        match byte {
            b'{' => levels.push(Level::Object(Vec::new())),
            b'[' => levels.push(Level::Array(0)),
            b'}' | b']' => drop(levels.pop()),
            b',' => {
                if let Some(Level::Array(index)) = levels.last_mut() {
                    *index += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    ways.push(']');
    holes.next().is_none().then_some(ways)
}

fn add_way(ways: &mut String, levels: &[Level<'_>]) {
    if ways.len() > 1 {
        ways.push(',');
    }
    for (depth, level) in levels.iter().enumerate() {
        ways.push(if depth == 0 { '[' } else { ',' });
        // Writing to a string cannot fail.
        let _ = match level {
            Level::Object(keys) => write!(ways, "{}", keys.last().unwrap_or(&"null")),
            Level::Array(index) => write!(ways, "{index}"),
        };
    }
    ways.push(']');
}

/// Whether the string that ends here is a key.
fn is_key(text: &[u8], end: usize) -> bool {
    let next = text[end..]
        .iter()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    next == Some(&b':')
}

#[cfg(test)]
mod tests;

//! What the JSON objects of a stream have in common.
//!
//! The tokens of a model come in objects that differ in a string or two. Whoever has one of them needs no
//! more of the next than those.

use std::fmt::Write as _;
use std::ops::Range;

use serde::de::IgnoredAny;

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

fn begins_scalar(byte: u8) -> bool {
    matches!(byte, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}

/// Whether the string that ends here is a key.
fn is_key(text: &[u8], end: usize) -> bool {
    let next = text[end..]
        .iter()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    next == Some(&b':')
}

/// Where a JSON string, number or literal ends that begins at `at`; `None` if none does.
fn end_of_scalar(text: &[u8], at: usize) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// What the receiver of the values makes of them.
    #[derive(Default)]
    struct Receiver {
        template: Value,
        ways: Vec<Vec<Value>>,
        name: Value,
    }

    impl Receiver {
        fn learn(&mut self, described: &Value) {
            self.template = described[0].clone();
            self.ways = serde_json::from_value(described[1].clone()).unwrap();
            self.name = described[2].clone();
        }

        fn build(&self, values: &[Value]) -> Value {
            assert_eq!(values.len(), self.ways.len());
            let mut object = self.template.clone();
            for (way, value) in self.ways.iter().zip(values) {
                let mut place = &mut object;
                for step in way {
                    place = match step {
                        Value::String(key) => place.get_mut(key).unwrap(),
                        index => place
                            .get_mut(usize::try_from(index.as_u64().unwrap()).unwrap())
                            .unwrap(),
                    };
                }
                *place = value.clone();
            }
            object
        }
    }

    /// Sends objects through, and says of each how it went: whole, as a new pattern, or like the last one.
    fn sent(objects: &[(Option<&str>, &str)]) -> String {
        let mut pattern = Pattern::default();
        let mut receiver = Receiver::default();
        objects
            .iter()
            .map(|&(name, object)| {
                let mut values = String::new();
                let how = if pattern.fill(name, object, &mut values) {
                    'l'
                } else if pattern.describe(name, object, &mut values) {
                    assert!(pattern.fill(name, object, &mut values));
                    'n'
                } else {
                    assert!(values.is_empty());
                    return 'w';
                };
                let list = format!("[{}]", values.trim_start_matches(','));
                let mut values: Vec<Value> = serde_json::from_str(&list).unwrap();
                if how == 'n' {
                    receiver.learn(&values.remove(0));
                }
                let expected: Value = serde_json::from_str(object).unwrap();
                assert_eq!(receiver.build(&values), expected, "{object}");
                assert_eq!(receiver.name, json!(name));
                how
            })
            .collect()
    }

    fn all(objects: &[&str]) -> String {
        sent(
            &objects
                .iter()
                .map(|object| (None, *object))
                .collect::<Vec<_>>(),
        )
    }

    fn chunk(content: &str) -> String {
        json!({"id": "c", "choices": [{"index": 0, "delta": {"content": content}, "end": null}]})
            .to_string()
    }

    #[test]
    fn tokens_are_told_by_their_text() {
        let first = r#"{"id":"c","choices":[{"index":0,"delta":{"role":"a","content":""}}]}"#;
        let objects = [
            first,
            &chunk("a"),
            &chunk("b\n\"é"),
            &chunk(""),
            &chunk("b\n\"é"),
            first,
        ];
        assert_eq!(all(&objects), "wwnllw");
    }

    #[test]
    fn more_holes_are_found_later() {
        let objects = [
            r#"{"n":1,"of":[1,{"t":"a"}],"x":null}"#,
            r#"{"n":2,"of":[1,{"t":"a"}],"x":null}"#,
            r#"{"n":-3.5e2,"of":[1,{"t":"b"}],"x":null}"#,
            r#"{"n":4,"of":[1,{"t":"c"}],"x":"end"}"#,
            r#"{"n":4,"of":[1,{"t":"c"}],"x":true}"#,
        ];
        assert_eq!(all(&objects), "wnnnl");
    }

    #[test]
    fn an_event_of_another_name_is_another() {
        let (a, b) = (Some("a"), Some("b"));
        let (one, two) = (r#"{"n":1}"#, r#"{"n":2}"#);
        assert_eq!(
            sent(&[
                (a, one),
                (a, two),
                (b, one),
                (b, two),
                (None, one),
                (a, one)
            ]),
            "wnwnww"
        );
    }

    #[test]
    fn what_has_another_shape_is_another() {
        for other in [
            r#"{"n":1,"m":1}"#,
            r#"{"m":1}"#,
            r#"{"n": 1}"#,
            r#"{"n":[1]}"#,
            r#"{"n":{}}"#,
            r#"{"n":1} "#,
            "{}",
        ] {
            assert_eq!(all(&[r#"{"n":1}"#, r#"{"n":2}"#, other]), "wnw", "{other}");
            assert_eq!(all(&[other, r#"{"n":2}"#]), "ww", "{other}");
        }
    }

    #[test]
    fn a_way_that_could_lead_elsewhere_is_not_taken() {
        for (one, other) in [
            (r#"{"n":1,"n":1}"#, r#"{"n":1,"n":2}"#),
            (r#"{"\u006e":1}"#, r#"{"\u006e":2}"#),
            (r#"{"__proto__":1}"#, r#"{"__proto__":2}"#),
            (r#"{"__proto__":{},"n":1}"#, r#"{"__proto__":{},"n":2}"#),
        ] {
            let mut pattern = Pattern::default();
            for object in [one, other, one] {
                assert!(!pattern.fill(None, object, &mut String::new()), "{object}");
                assert!(
                    !pattern.describe(None, object, &mut String::new()),
                    "{object}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_json_is_left_to_its_reader() {
        let mut pattern = Pattern::default();
        for object in [r#"{"n":1,}"#, r#"{"n":2,}"#, r#"{"n":3,}"#] {
            assert!(!pattern.describe(None, object, &mut String::new()));
        }
        let mut values = String::new();
        assert!(!pattern.describe(None, r#"{"n":"a"}"#, &mut values));
        assert!(pattern.describe(None, r#"{"n":"b"}"#, &mut values));
        for hole in [
            "\"\u{1}\"",
            r#""\x""#,
            r#""\u12g4""#,
            r#""a"#,
            "01",
            "1.",
            "-",
            "1e",
            "nul",
            "",
            "+1",
        ] {
            let object = format!("{{\"n\":{hole}}}");
            let mut values = String::new();
            assert!(!pattern.fill(None, &object, &mut values), "{object}");
            assert!(values.is_empty());
        }
    }

    #[test]
    fn large_objects_and_many_differences_are_no_pattern() {
        let large = format!(r#"{{"n":"{}"}}"#, "x".repeat(MAX_BYTES));
        assert_eq!(all(&[&large, &large, &large]), "www");
        assert_eq!(all(&[r#"{"n":"a"}"#, &large, &large]), "wnl");
        let wide = |n: usize| json!(vec![n; MAX_HOLES + 1]).to_string();
        let wide = [1, 2, 3].map(|n| format!(r#"{{"n":{}}}"#, wide(n)));
        assert_eq!(all(&wide.each_ref().map(String::as_str)), "www");
    }

    fn value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,4}".prop_map(Value::from),
            "[\"\\\\\n\u{1}a]{0,4}".prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ab\"é]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The same but for some of its scalars.
    fn varied(value: &Value, seed: &mut u32) -> Value {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match value {
            Value::Array(values) => values.iter().map(|value| varied(value, seed)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), varied(value, seed)))
                .collect(),
            _ if seed.is_multiple_of(3) => json!(format!("other {seed}")),
            _ if *seed % 3 == 1 => json!(seed),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn the_receiver_has_what_was_sent(value in value(), mut seeds in prop::collection::vec(any::<u32>(), 1..6)) {
            let mut objects = vec![json!({ "value": value }).to_string()];
            objects.extend(seeds.iter_mut().map(|seed| json!({ "value": varied(&value, seed) }).to_string()));
            all(&objects.iter().map(String::as_str).collect::<Vec<_>>());
        }

        #[test]
        fn nothing_but_json_is_taken(object in "[{}\\[\\]\",:a1-9.e\\\\u ]{0,24}", other in "[{}\\[\\]\",:a1-9.e\\\\u ]{0,24}") {
            let mut pattern = Pattern::default();
            for text in [&object, &other, &object] {
                let mut values = String::new();
                if pattern.fill(None, text, &mut values) || pattern.describe(None, text, &mut values) {
                    prop_assert!(serde_json::from_str::<Value>(text).is_ok());
                }
            }
        }
    }
}

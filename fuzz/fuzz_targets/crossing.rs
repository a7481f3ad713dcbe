//! Events on their way to JavaScript: what is made there of a drain's values, words and raw data, all at once or,
//! where some of it is no JSON, one by one, is what the events were. In patterns, too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warmline_fuzz::{Json, cut};
use warmline_http::sse::{Dialect, Event, EventStream, Framing, Spoken, TextStream};
use warmline_node::fuzzing::{Crossed, Crossing};

// `src/native/wire.ts` is where JavaScript has these from.
const EVENTS: u32 = 1;
const DIALECTS: [(u32, Dialect); 4] = [
    (2, Dialect::OpenAi),
    (3, Dialect::OpenAi6),
    (4, Dialect::OpenAi4),
    (5, Dialect::Anthropic),
];
const FRAMINGS: [(u32, Framing); 3] = [
    (16, Framing::Events),
    (17, Framing::Lines),
    (18, Framing::AwsFrames),
];
const NAMED: u32 = 1;
const IDENTIFIED: u32 = 1 << 1;
const RETRY: u32 = 1 << 2;
const KIND: u32 = 0b111 << 3;
const OBJECT: u32 = 0;
const TEXT: u32 = 1 << 3;
const RAW: u32 = 2 << 3;
const LIKE: u32 = 3 << 3;
const PATTERN: u32 = 4 << 3;
const LENGTH_SHIFT: u32 = 6;

fuzz_target!(|bytes: &[u8]| {
    let pieces = cut(bytes);
    let pieces = [vec![bytes], pieces[1].clone()];
    for pieces in &pieces {
        events(EVENTS, Dialect::Standard, pieces);
        for (wish, dialect) in DIALECTS {
            events(wish, dialect, pieces);
        }
        for (wish, framing) in FRAMINGS {
            texts(wish, framing, pieces);
        }
    }
});

/// An event as a reader in JavaScript has it.
#[derive(Debug, PartialEq)]
struct Seen {
    name: Option<String>,
    data: Data,
    id: String,
    retry: Option<u64>,
}

#[derive(Debug, PartialEq)]
enum Data {
    Text(String),
    /// As text that is written in one way only.
    Object(String),
}

fn events(wish: u32, dialect: Dialect, pieces: &[&[u8]]) {
    let mut stream = EventStream::new(dialect);
    let mut crossing = Crossing::new(wish);
    let (mut together, mut alone) = (Receiver::default(), Receiver::default());
    for piece in pieces.iter().map(Some).chain([None]) {
        let mut expected = Vec::new();
        let expect = |event: Event<'_>| expected.push(seen(&event, dialect));
        let crossed = if let Some(piece) = piece {
            stream.feed(piece, expect).expect("far below the limit");
            crossing.feed(piece)
        } else {
            stream.finish(expect);
            crossing.finish()
        };
        assert!(!crossed.failed);
        assert_eq!(alone.one_by_one(&crossed), expected, "{}", crossed.json);
        if crossed.json.is_empty() || Json::parse(&crossed.json).is_some() {
            assert_eq!(together.all(&crossed), expected, "{}", crossed.json);
        } else {
            together.one_by_one(&crossed);
        }
    }
}

/// What an event is to be there.
fn seen(event: &Event<'_>, dialect: Dialect) -> Seen {
    let object = match dialect {
        Dialect::Standard => None,
        _ => Json::parse(event.data).filter(|_| event.data.starts_with('{')),
    };
    Seen {
        name: event.name.map(str::to_owned),
        data: object.map_or_else(
            || Data::Text(event.data.to_owned()),
            |object| Data::Object(format!("{object:?}")),
        ),
        id: event.id.to_owned(),
        retry: event.retry,
    }
}

/// `EventValues` and `Pattern` of `src/native`.
#[derive(Default)]
struct Receiver {
    /// The text of what described it.
    pattern: String,
}

impl Receiver {
    fn all(&mut self, crossed: &Crossed) -> Vec<Seen> {
        let list = Json::parse(&crossed.json);
        let values = list.as_ref().map_or(&[][..], Json::array);
        let (mut at, mut raw) = (0, &*crossed.raw);
        let seen = crossed
            .words
            .chunks_exact(2)
            .map(|words| self.next(words[0], values, &mut at, taken(&mut raw, words[0])))
            .collect();
        assert_eq!(at, values.len());
        assert!(raw.is_empty());
        seen
    }

    fn one_by_one(&mut self, crossed: &Crossed) -> Vec<Seen> {
        let (mut rest, mut raw) = (&*crossed.json, &*crossed.raw);
        let seen = crossed
            .words
            .chunks_exact(2)
            .map(|words| {
                let raw = taken(&mut raw, words[0]);
                let (piece, after) = rest.split_at(bytes_of(rest, words[1]));
                rest = after;
                // The comma, or the bracket of the first.
                let piece = piece.get(1..).unwrap_or_default();
                self.alone(words[0], piece, raw)
            })
            .collect();
        assert!(matches!(rest, "" | "]"), "{rest}");
        seen
    }

    fn alone(&mut self, word: u32, piece: &str, raw: &[u8]) -> Seen {
        let list = format!("[{piece}]");
        if let Some(list) = Json::parse(&list) {
            let mut at = 0;
            let seen = self.next(word, list.array(), &mut at, raw);
            assert_eq!(at, list.array().len());
            return seen;
        }
        assert_eq!(word & !NAMED, OBJECT, "what cannot be read is an object");
        let (name, data) = match word & NAMED {
            0 => (None, piece),
            _ => {
                let end = end_of_string(piece);
                let name = Json::parse(&piece[..end]).expect("a string").text();
                (Some(name), &piece[end + 1..])
            }
        };
        Seen {
            name,
            data: Data::Text(data.to_owned()),
            id: String::new(),
            retry: None,
        }
    }

    fn next(&mut self, word: u32, values: &[Json<'_>], at: &mut usize, raw: &[u8]) -> Seen {
        let mut take = || {
            *at += 1;
            &values[*at - 1]
        };
        let kind = word & KIND;
        let mut name = (word & NAMED != 0).then(|| take().text());
        let data = match kind {
            LIKE | PATTERN => {
                if kind == PATTERN {
                    self.pattern = written(take());
                }
                let described = Json::parse(&self.pattern).expect("a pattern");
                let [object, ways, of] = described.array() else {
                    panic!("no pattern: {described:?}");
                };
                name = (of.scalar() != "null").then(|| of.text());
                let mut object = object.clone();
                for way in ways.array() {
                    object.put(way.array(), take().clone());
                }
                Data::Object(format!("{object:?}"))
            }
            TEXT => Data::Text(take().text()),
            RAW => Data::Text(raw.iter().map(|byte| char::from(*byte)).collect()),
            OBJECT => Data::Object(format!("{:?}", take())),
            _ => panic!("no such kind of data"),
        };
        let id = match word & IDENTIFIED {
            0 => String::new(),
            _ => take().text(),
        };
        let retry = (word & RETRY != 0).then(|| take().scalar().parse().expect("milliseconds"));
        Seen {
            name,
            data,
            id,
            retry,
        }
    }
}

/// The text of a value.
fn written(value: &Json<'_>) -> String {
    match value {
        Json::Scalar(text) => (*text).to_owned(),
        Json::Array(values) => {
            let values: Vec<_> = values.iter().map(written).collect();
            format!("[{}]", values.join(","))
        }
        Json::Object(members) => {
            let members = members.iter();
            let members: Vec<_> = members
                .map(|(key, value)| format!("{key}:{}", written(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// The raw data of an event, taken from what is left of it.
fn taken<'a>(raw: &mut &'a [u8], word: u32) -> &'a [u8] {
    let (data, rest) = raw.split_at((word >> LENGTH_SHIFT) as usize);
    *raw = rest;
    data
}

/// How many bytes so many UTF-16 units are.
fn bytes_of(text: &str, units: u32) -> usize {
    let mut seen = 0;
    for (at, character) in text.char_indices() {
        if seen >= units as usize {
            return at;
        }
        seen += character.len_utf16();
    }
    text.len()
}

/// Of the string that a text begins with.
fn end_of_string(text: &str) -> usize {
    let mut escaped = true;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.expect("a string") + 1
}

fn texts(wish: u32, framing: Framing, pieces: &[&[u8]]) {
    let mut stream = TextStream::new(framing);
    let mut crossing = Crossing::new(wish);
    let (mut spoken, mut heard) = (String::new(), String::new());
    for piece in pieces.iter().map(Some).chain([None]) {
        let mut failures = 0;
        let mut speak = |said: Spoken<'_>| match said {
            Spoken::Text(text) => spoken.push_str(text),
            Spoken::Failure(_) => failures += 1,
        };
        let (result, crossed) = match piece {
            Some(piece) => (stream.feed(piece, &mut speak), crossing.feed(piece)),
            None => (stream.finish(&mut speak), crossing.finish()),
        };
        let list = Json::parse(&crossed.json);
        let values = list.as_ref().map_or(&[][..], Json::array);
        assert_eq!(
            crossed.json.is_empty(),
            values.is_empty(),
            "{}",
            crossed.json
        );
        assert_eq!(values.len(), crossed.words.len() / 2);
        for (value, words) in values.iter().zip(crossed.words.chunks_exact(2)) {
            match (value, words[0]) {
                (Json::Scalar(_), TEXT) => heard.push_str(&value.text()),
                (Json::Object(members), OBJECT) => {
                    failures -= i32::from(members.contains_key("\"failure\""));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(failures, 0);
        assert_eq!(heard, spoken);
        assert_eq!(crossed.failed, result.is_err());
        if crossed.failed {
            return;
        }
    }
}

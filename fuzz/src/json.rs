//! JSON as `JSON.parse` takes it, its scalars as they stand in the text. A parser that makes numbers of numbers
//! refuses what JavaScript takes (`1e999`, half a surrogate pair), and would hide what became of the rest.

use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    Scalar(&'a str),
    Array(Vec<Json<'a>>),
    /// The last value of each key, which is in its quotes.
    Object(BTreeMap<&'a str, Json<'a>>),
}

impl<'a> Json<'a> {
    /// The value that this text is.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.space();
        (reader.at == text.len()).then_some(value)
    }

    #[must_use]
    pub fn array(&self) -> &[Json<'a>] {
        match self {
            Self::Array(values) => values,
            _ => panic!("no array: {self:?}"),
        }
    }

    #[must_use]
    pub fn scalar(&self) -> &'a str {
        match self {
            Self::Scalar(text) => text,
            _ => panic!("no scalar: {self:?}"),
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn text(&self) -> String {
        let inner = self
            .scalar()
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        let mut characters = inner.expect("a string").chars();
        let mut text = String::new();
        while let Some(character) = characters.next() {
            text.push(match character {
                '\\' => match characters.next().expect("an escape") {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        let digits: String = characters.by_ref().take(4).collect();
                        let unit = u32::from_str_radix(&digits, 16).expect("four digits");
                        char::from_u32(unit).expect("what this package escapes is no surrogate")
                    }
                    itself => itself,
                },
                plain => plain,
            });
        }
        text
    }

    /// Puts a value where these keys and indexes lead.
    pub fn put(&mut self, way: &[Json<'a>], value: Json<'a>) {
        let place = way.iter().fold(self, |place, step| match place {
            Self::Object(members) => members.get_mut(step.scalar()).expect("a member"),
            Self::Array(values) => {
                let index: usize = step.scalar().parse().expect("an index");
                &mut values[index]
            }
            Self::Scalar(_) => panic!("a way through a scalar"),
        });
        assert!(matches!(place, Self::Scalar(_)), "a hole in a container");
        *place = value;
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Option<Json<'a>> {
        self.space();
        match self.peek()? {
            b'{' => {
                let mut members = BTreeMap::new();
                self.list(b'}', |reader| {
                    reader.space();
                    let key = reader.string()?;
                    reader.space();
                    reader.expect(b':')?;
                    let value = reader.value()?;
                    members.insert(key, value);
                    Some(())
                })?;
                Some(Json::Object(members))
            }
            b'[' => {
                let mut values = Vec::new();
                self.list(b']', |reader| {
                    values.push(reader.value()?);
                    Some(())
                })?;
                Some(Json::Array(values))
            }
            b'"' => self.string().map(Json::Scalar),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    /// From its opening bracket on.
    fn list(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.space();
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self)?;
            self.space();
            let next = self.peek()?;
            self.at += 1;
            match next {
                b',' => {}
                next if next == close => return Some(()),
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(&self.text[start..self.at]),
                0..0x20 => return None,
                b'\\' => {
                    let escaped = self.peek()?;
                    self.at += 1;
                    match escaped {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
                            digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                            self.at += 4;
                        }
                        _ => return None,
                    }
                }
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Option<Json<'a>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Json::Scalar(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn word(&mut self, word: &'static str) -> Option<Json<'a>> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            Json::Scalar(word)
        })
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

//! A frame's headers: a name, a type, a value.

use super::number;

/// The value of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderValue<'a> {
    Bool(bool),
    Byte(i8),
    Short(i16),
    Int(i32),
    Long(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    /// Milliseconds since 1970.
    Timestamp(i64),
    Uuid([u8; 16]),
}

/// Walks over the headers of a frame: their names and values.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Of bytes that [are sound](Self::are_sound).
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all of these bytes are headers.
    pub(super) fn are_sound(bytes: &[u8]) -> bool {
        let mut headers = Headers::new(bytes);
        while !headers.rest.is_empty() {
            if headers.read().is_none() {
                return false;
            }
        }
        true
    }

    fn read(&mut self) -> Option<(&'a str, HeaderValue<'a>)> {
        let length = number(self.take(1)?);
        let name = std::str::from_utf8(self.take(length)?).ok()?;
        let value = match number(self.take(1)?) {
            0 => HeaderValue::Bool(true),
            1 => HeaderValue::Bool(false),
            2 => HeaderValue::Byte(i8::from_be_bytes(self.array()?)),
            3 => HeaderValue::Short(i16::from_be_bytes(self.array()?)),
            4 => HeaderValue::Int(i32::from_be_bytes(self.array()?)),
            5 => HeaderValue::Long(i64::from_be_bytes(self.array()?)),
            6 => HeaderValue::Bytes(self.counted()?),
            7 => HeaderValue::Text(std::str::from_utf8(self.counted()?).ok()?),
            8 => HeaderValue::Timestamp(i64::from_be_bytes(self.array()?)),
            9 => HeaderValue::Uuid(self.array()?),
            _ => return None,
        };
        Some((name, value))
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = number(self.take(2)?);
        self.take(length)
    }

    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        self.take(LENGTH)?.try_into().ok()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, HeaderValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.read()
    }
}

//! The text that every answer is made of: `n` words, the same whether streamed or not.

use crate::http1::push_number;
use crate::server::unix_time;

/// Each begins with its space, as a model's tokens do. All are plain ASCII without quotes, so that they need no escaping in JSON.
const WORDS: [&str; 16] = [
    " the", " quick", " warm", " line", " carries", " every", " token", " over", " one", " open",
    " socket", " and", " keeps", " it", " for", " later",
];

pub(crate) fn word(index: u32) -> &'static str {
    WORDS[index as usize % WORDS.len()]
}

/// What a stream's words are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Words {
    #[default]
    Plain,
    /// The time at which each was made: microseconds since 1970.
    Stamped,
    /// Their numbers, from 0.
    Numbered,
}

/// A streamed word.
pub(crate) fn push_token(out: &mut Vec<u8>, index: u32, words: Words) {
    match words {
        Words::Plain => out.extend_from_slice(word(index).as_bytes()),
        Words::Stamped => {
            out.push(b' ');
            push_number(out, unix_time().as_micros());
        }
        Words::Numbered => {
            out.push(b' ');
            push_number(out, index);
        }
    }
}

pub(crate) fn push_words(out: &mut Vec<u8>, count: u32) {
    for index in 0..count {
        out.extend_from_slice(word(index).as_bytes());
    }
}

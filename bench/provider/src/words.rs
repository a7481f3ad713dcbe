//! The text that every answer is made of: `n` words, the same whether streamed or not.

/// Each begins with its space, as a model's tokens do. All are plain ASCII without quotes, so that they need no escaping in JSON.
const WORDS: [&str; 16] = [
    " the", " quick", " warm", " line", " carries", " every", " token", " over", " one", " open",
    " socket", " and", " keeps", " it", " for", " later",
];

pub(crate) fn word(index: u32) -> &'static str {
    WORDS[index as usize % WORDS.len()]
}

pub(crate) fn push_words(out: &mut Vec<u8>, count: u32) {
    for index in 0..count {
        out.extend_from_slice(word(index).as_bytes());
    }
}

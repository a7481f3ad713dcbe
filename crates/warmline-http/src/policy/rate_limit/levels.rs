//! What a request takes of a provider's limits, and what the provider says of them.

use std::time::Duration;

/// What a request is expected to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

impl Tokens {
    pub(super) fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// One of a provider's limits, as a response's head states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) limit: Option<u64>,
    pub(crate) remaining: u64,
    /// Until nothing of the limit is used.
    pub(crate) full_in: Option<Duration>,
}

/// What a response's head says of a provider's limits.
pub(crate) type Report = [Option<Level>; KINDS];

/// The limits that providers state, by their place in a [`Report`].
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
}

pub(super) const KINDS: usize = 4;

/// What a request takes of each of them. Output is used as it comes: a request can go while any is left.
pub(super) fn needs(tokens: Tokens) -> [u64; KINDS] {
    let mut needs = [0; KINDS];
    needs[Kind::Requests as usize] = 1;
    needs[Kind::Tokens as usize] = tokens.total();
    needs[Kind::InputTokens as usize] = tokens.input;
    needs[Kind::OutputTokens as usize] = 0;
    needs
}

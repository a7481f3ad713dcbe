//! The records that cross between JavaScript and the engine. `src/native/wire.ts` is the other half:
//! a change here is a change there.
//!
//! Everything is little-endian `u32` words; records start on a word. Text is UTF-8 with its lengths
//! given in UTF-16 units, so that JavaScript can state them without encoding anything twice.

/// What a submission record asks for (its first word).
pub(crate) mod op {
    /// A request: see [`super::request`].
    pub(crate) const REQUEST: u32 = 1;
    /// `slot`: stop it, wherever it is.
    pub(crate) const ABORT: u32 = 2;
    /// `slot, bytes`: so much of the response's body has been read.
    pub(crate) const CREDIT: u32 = 3;
    /// `slot, length, bytes…`: a piece of the request's body.
    pub(crate) const BODY_CHUNK: u32 = 4;
    /// `slot`: the request's body is complete.
    pub(crate) const BODY_END: u32 = 5;
    /// `slot`: the request's body failed at its source.
    pub(crate) const BODY_ERROR: u32 = 6;
    /// `slot, pool, endpoint, timeout in ms or NONE`: a lease, in its turn and once connected.
    pub(crate) const LEASE_ACQUIRE: u32 = 7;
    /// `slot, pool, lease low, lease high`: tells when that lease's connection is connected.
    pub(crate) const LEASE_READY: u32 = 8;
    /// `slot, client, count, url units, text length, text…`: opens connections ahead of need.
    pub(crate) const PRECONNECT: u32 = 9;
    /// `slot, wish, received low, received high, length, bytes…`: the rest of the response's body is
    /// wanted as events. `received` is how much of the body had reached JavaScript, `bytes` what of
    /// that nobody has read. Does nothing while more than that is on its way: JavaScript asks again.
    pub(crate) const DECODE: u32 = 10;
    /// `slot`: nobody wants the rest of the response's body, which should be short: it is read, within
    /// bounds, so that its connection can serve again.
    pub(crate) const FORGO: u32 = 11;
    /// `slot, socket, wish or NONE, heartbeat in ms or NONE, received low, received high, length, bytes…`:
    /// the rest of the response's body goes to a socket that was lent, as chunks; the wish is what to count
    /// of it. What follows, and when it does nothing, is as with `DECODE`. The slot's end is then a `VALUE`.
    pub(crate) const RELAY: u32 = 12;
    /// `slot, now`: ends a relay; not before the chunk that is being written is complete, unless `now`.
    pub(crate) const HALT: u32 = 13;
    /// `slot`: the request's body begins again, as a `REWIND` asked for.
    pub(crate) const BODY_REWIND: u32 = 14;
    /// `slot, client, timeout in ms or NONE`: opens a connection to each origin of a client, to see how
    /// long that takes.
    pub(crate) const MEASURE: u32 = 15;
}

/// No time-out, no lease, no side body.
pub(crate) const NONE: u32 = u32::MAX;

/// Flags of a request record.
pub(crate) mod flag {
    /// Bits 0 and 1: where the body is.
    pub(crate) const BODY_MASK: u32 = 0b11;
    pub(crate) const BODY_NONE: u32 = 0;
    /// In this record, after the text.
    pub(crate) const BODY_INLINE: u32 = 1;
    /// The next of the buffers that were handed over beside this batch.
    pub(crate) const BODY_SIDE: u32 = 2;
    // 3: in `BODY_CHUNK` records to come.
    /// Bits 2 and 3: the redirect mode.
    pub(crate) const REDIRECT_SHIFT: u32 = 2;
    pub(crate) const REDIRECT_MASK: u32 = 0b11;
    pub(crate) const REDIRECT_ERROR: u32 = 1;
    pub(crate) const REDIRECT_MANUAL: u32 = 2;
    /// Five words of time-outs follow the fixed part.
    pub(crate) const TIMEOUTS: u32 = 1 << 4;
    /// The body is wanted whole: nothing is handed over before its end.
    pub(crate) const WHOLE: u32 = 1 << 5;
    /// Bits 6 and 7: what the body is to be encoded with; 0 for nothing.
    pub(crate) const COMPRESS_SHIFT: u32 = 6;
    pub(crate) const COMPRESS_MASK: u32 = 0b11;
    pub(crate) const COMPRESS_GZIP: u32 = 1;
    pub(crate) const COMPRESS_ZSTD: u32 = 2;
    /// The body is wanted as it comes, its codings and all.
    pub(crate) const ENCODED: u32 = 1 << 8;
    /// A word follows, after the time-outs if there are any: the length of the affinity key, which stands
    /// behind the headers.
    pub(crate) const AFFINITY: u32 = 1 << 9;
    /// It may be sent again where its client's policy says so: whoever made it does not retry.
    pub(crate) const RETRY: u32 = 1 << 10;
    /// It lets others go before it where a rate limit makes requests wait.
    pub(crate) const BATCH: u32 = 1 << 13;
    /// Bits 11 and 12: whether it may be sent a second time beside the first, where its client does that; 0 for
    /// never.
    pub(crate) const HEDGE_SHIFT: u32 = 11;
    pub(crate) const HEDGE_MASK: u32 = 0b11;
    pub(crate) const HEDGE_IDEMPOTENT: u32 = 1;
    pub(crate) const HEDGE_ALWAYS: u32 = 2;
    /// A word follows, after that of the affinity: the length of the referrer, which stands behind that key as
    /// its policy, a space and its URL.
    pub(crate) const REFERRER: u32 = 1 << 15;
    /// The body in `BODY_CHUNK` records can be had again by a `REWIND`.
    pub(crate) const REWINDABLE: u32 = 1 << 14;
}

/// What a completion record says (its first word).
pub(crate) mod done {
    /// A whole response: `slot, status, flags, head length, body length, total low, total high, head…,
    /// body…`, with the total in microseconds. Terminal.
    pub(crate) const WHOLE: u32 = 1;
    /// The head of a response whose body follows: as `WHOLE`, with no body and no total yet.
    pub(crate) const HEAD: u32 = 2;
    /// `slot, length, bytes…`: a piece of a response's body.
    pub(crate) const CHUNK: u32 = 3;
    /// `slot, total low, total high`: the body is complete. Terminal.
    pub(crate) const END: u32 = 4;
    /// `slot, length, JSON…`: it failed. Terminal.
    pub(crate) const ERROR: u32 = 5;
    /// `slot, bytes`: the request's body may go on by so much.
    pub(crate) const PULL: u32 = 6;
    /// `slot, length, JSON…`: the answer to something that is not a request. Terminal.
    pub(crate) const VALUE: u32 = 7;
    /// `slot, count, bytes, raw length, two words for each event…, raw data…`: events whose values are next
    /// in the drain's list. `bytes` of the body went into them. The first such record says that the body is
    /// decoded from now on, and may have no events.
    pub(crate) const EVENTS: u32 = 8;
    /// `slot`: the request's body is wanted once more, from its first byte on. Whatever of it is on its way is
    /// passed over, until the `BODY_REWIND` that answers this.
    pub(crate) const REWIND: u32 = 9;

    /// The body of a `WHOLE` record is ASCII: its bytes are its characters.
    pub(crate) const FLAG_ASCII: u32 = 1;
    /// At least one redirect was followed.
    pub(crate) const FLAG_REDIRECTED: u32 = 1 << 1;
    /// At least one of them led to another origin.
    pub(crate) const FLAG_CROSSED_ORIGINS: u32 = 1 << 2;
    /// The content codings that its headers name are undone.
    pub(crate) const FLAG_DECODED: u32 = 1 << 3;
}

/// What is wanted of a body.
pub(crate) mod wish {
    /// Events as the standard has them, their data as text.
    pub(crate) const EVENTS: u32 = 1;
    /// Events as the `openai` package reads them, their data parsed where it is an object; so in all
    /// that follow.
    pub(crate) const OPENAI: u32 = 2;
    /// As its versions 5 and 6 read them.
    pub(crate) const OPENAI_6: u32 = 3;
    /// As its version 4 reads them.
    pub(crate) const OPENAI_4: u32 = 4;
    /// As the `@anthropic-ai/sdk` package reads them.
    pub(crate) const ANTHROPIC: u32 = 5;
    /// The text in the events of an event stream.
    pub(crate) const TEXT_OF_EVENTS: u32 = 16;
    /// In lines of JSON.
    pub(crate) const TEXT_OF_LINES: u32 = 17;
    /// In AWS's frames.
    pub(crate) const TEXT_OF_AWS_FRAMES: u32 = 18;
    /// What one JSON object says of usage: to be counted, not read. Of the three above, that can be
    /// wished as well.
    pub(crate) const USAGE_OF_OBJECT: u32 = 19;
}

/// The first of the two words that stand for an event: which values of the list are its own, in this order
/// and around its data, which every event has. The second is the length of all its values in the list, in UTF-16
/// units, their commas included.
///
/// Where text is wanted, an event is a piece of it, or one object: `{failure: {type, code, message}}`, or,
/// last in its record, `{usage: {inputTokens, ...}}`.
pub(crate) mod event {
    /// How many words an event has.
    pub(crate) const WORDS: usize = 2;
    /// A name.
    pub(crate) const NAMED: u32 = 1;
    /// After the data, the last event id.
    pub(crate) const IDENTIFIED: u32 = 1 << 1;
    /// The reconnection time in milliseconds.
    pub(crate) const RETRY: u32 = 1 << 2;
    /// The data is text. Without this and without one of those that follow, it is an object.
    pub(crate) const TEXT: u32 = 1 << 3;
    /// Text that is no value of the list: these are the next so many bytes of the record's raw data, one for
    /// each character.
    pub(crate) const RAW: u32 = 2 << 3;
    /// The object of the body's pattern, with the values for its holes. The event has the pattern's name.
    pub(crate) const LIKE: u32 = 3 << 3;
    /// As `LIKE`, and before those values is the pattern from now on: `[object, the way to each hole,
    /// name or null]`.
    pub(crate) const PATTERN: u32 = 4 << 3;
    /// From this bit on: the length of raw data.
    pub(crate) const LENGTH_SHIFT: u32 = 6;
}

/// Rounds a byte offset up to the next word.
pub(crate) fn align(offset: usize) -> usize {
    (offset + 3) & !3
}

//! The buffers of a thread that reads and writes sockets, and decodes what it read. They belong to the thread and not to its
//! connections, so that a connection at rest, or one that waits for the next token, holds none.

use std::cell::Cell;

/// What one read takes at most.
const READ_BYTES: usize = 64 * 1024;

/// A buffer that had to grow beyond this is not kept.
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    static READ: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static WRITE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the buffer to read into. A call within a call gets a buffer of its own.
pub(crate) fn reading<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = READ.take();
    buffer.resize(READ_BYTES, 0);
    let result = read(&mut buffer);
    READ.set(buffer);
    result
}

/// Lends an empty buffer to write into. A call within a call gets a buffer of its own.
pub(super) fn writing<T>(write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut buffer = WRITE.take();
    buffer.clear();
    let result = write(&mut buffer);
    if buffer.capacity() <= KEPT_BYTES {
        WRITE.set(buffer);
    }
    result
}

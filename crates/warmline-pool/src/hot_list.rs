//! A lock-free last-in first-out list: the only unsafe code of the pool.
//!
//! A Treiber stack over nodes that live in a slab of doubling chunks. Nodes are freed only with the
//! list, so a thread that is late may still read a node that others have taken and used again; what
//! it read is thrown away when its compare-and-swap fails, because each head carries a tag that
//! every change bumps. Free nodes form a second stack of the same kind, and a popped node may be
//! kept and pushed again, so in steady state nothing is allocated and a pop or push is one
//! compare-and-swap.
//!
//! Pop, push and recycle are lock-free. Growing by a chunk takes a lock, `log2` of the longest
//! length times in the list's life.
//!
//! # Race window
//! The tag has 32 bits: a thread that stops between reading a head and swapping it, while others
//! change the list exactly 2^32 times and put the same node back on top, would corrupt the list. At
//! 10 ns a change that is a stop of 43 seconds, met to the very change.
#![allow(
    unsafe_code,
    reason = "the slots are shared by hand; every other module is free of it"
)]

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::sync::{Apart, AtomicU32, AtomicU64, Mutex, UnsafeCell};

/// Nodes of the first chunk; each further one doubles.
const FIRST_CHUNK: u32 = if cfg!(loom) { 2 } else { 16 };

/// Enough for `FIRST_CHUNK * (2^28 - 1)` nodes, just under what an index can name. Memory ends
/// earlier.
const CHUNKS: usize = 28;

pub(crate) struct HotList<T> {
    /// Tells the nodes of this list from those of any other.
    id: u64,
    /// Apart from what is only read: every checkout and return writes it.
    listed: Apart<AtomicU64>,
    free: AtomicU64,
    chunks: [OnceLock<Box<[Node<T>]>>; CHUNKS],
    grown: Mutex<u32>,
}

struct Node<T> {
    /// The link of the node below, while on either stack.
    next: AtomicU32,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: a node's value is touched only by the thread that owns the node: the one that popped or
// detached it, or made it, and has not pushed it since. The head's swap hands ownership on, with
// everything written before (release) visible to the next owner (acquire). So values move between
// threads, which `T: Send` allows, and are never shared.
unsafe impl<T: Send> Sync for Node<T> {}

/// A node taken off a list: whoever has it owns the node. Dropping it wastes the node until the
/// list ends.
pub(crate) struct Vacant {
    list: u64,
    index: u32,
}

impl Vacant {
    /// The node's index, if it is one of `list`'s.
    fn redeem(self, list: u64) -> Option<u32> {
        (self.list == list).then_some(self.index)
    }
}

/// What a head or a `next` holds: 0 for none, else the node's index + 1.
type Link = u32;

fn link_of(head: u64) -> Link {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the lower half is the link"
    )]
    let link = head as u32;
    link
}

/// The head after `before` that points at `link`: the tag in the upper half goes up by one, and
/// wraps.
fn next_head(before: u64, link: Link) -> u64 {
    ((before >> 32).wrapping_add(1) << 32) | u64::from(link)
}

impl<T> HotList<T> {
    pub(crate) fn new() -> Self {
        static NEXT_ID: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        Self {
            id: NEXT_ID.fetch_add(1, Relaxed),
            listed: Apart(AtomicU64::new(0)),
            free: AtomicU64::new(0),
            chunks: [const { OnceLock::new() }; CHUNKS],
            grown: Mutex::new(0),
        }
    }

    /// Puts `value` on top, into `vacant` if the caller kept a node from an earlier pop.
    pub(crate) fn push(&self, value: T, vacant: Option<Vacant>) {
        let own = vacant.and_then(|vacant| vacant.redeem(self.id));
        let index = own.unwrap_or_else(|| self.allocate());
        self.node(index).value.with_mut(|slot| {
            // SAFETY: the node is ours: `Vacant` is neither copied nor made twice for one node, and
            // `allocate` took it off the free stack or made it.
            unsafe { *slot = Some(value) }
        });
        self.push_chain(&self.listed, index, index);
    }

    /// Takes the value pushed last, and its node, to be pushed again or recycled.
    pub(crate) fn pop(&self) -> Option<(T, Vacant)> {
        let index = self.pop_index(&self.listed)?;
        let value = self.node(index).value.with_mut(|slot| {
            // SAFETY: the swap that popped the node made it ours.
            unsafe { (*slot).take() }
        });
        value.map(|value| {
            (
                value,
                Vacant {
                    list: self.id,
                    index,
                },
            )
        })
    }

    /// Gives back a node that is not pushed again.
    pub(crate) fn recycle(&self, vacant: Vacant) {
        if let Some(index) = vacant.redeem(self.id) {
            self.push_chain(&self.free, index, index);
        }
    }

    /// Removes the values that `keep` does not want, and returns them. The others keep their order.
    ///
    /// # Race window
    /// The list is detached whole and put back at the end: until then it looks empty to others, and
    /// what they push meanwhile ends up below.
    pub(crate) fn retain(&self, mut keep: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut removed = Vec::new();
        let mut kept: Option<(u32, u32)> = None;
        let mut link = self.detach();
        while let Some(index) = link.checked_sub(1) {
            let node = self.node(index);
            link = node.next.load(Relaxed);
            let dropped = node.value.with_mut(|slot| {
                // SAFETY: the swap that detached the chain made all its nodes ours.
                let slot = unsafe { &mut *slot };
                slot.take_if(|value| !keep(value))
            });
            if let Some(value) = dropped {
                removed.push(value);
                self.push_chain(&self.free, index, index);
                continue;
            }
            kept = match kept {
                None => Some((index, index)),
                Some((first, last)) => {
                    self.node(last).next.store(index + 1, Relaxed);
                    Some((first, index))
                }
            };
        }
        if let Some((first, last)) = kept {
            self.push_chain(&self.listed, first, last);
        }
        removed
    }

    fn detach(&self) -> Link {
        let mut head = self.listed.load(SeqCst);
        while link_of(head) != 0 {
            match self
                .listed
                .compare_exchange_weak(head, next_head(head, 0), SeqCst, SeqCst)
            {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        link_of(head)
    }

    /// Puts the chain from `first` to `last`, whose nodes are ours, on top of `stack`.
    fn push_chain(&self, stack: &AtomicU64, first: u32, last: u32) {
        let bottom = &self.node(last).next;
        let mut head = stack.load(SeqCst);
        loop {
            bottom.store(link_of(head), Relaxed);
            match stack.compare_exchange_weak(head, next_head(head, first + 1), SeqCst, SeqCst) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    fn pop_index(&self, stack: &AtomicU64) -> Option<u32> {
        let mut head = stack.load(SeqCst);
        loop {
            let index = link_of(head).checked_sub(1)?;
            // If another thread takes this node first, what we read here may belong to its next
            // use; then the tag has moved on and the swap fails.
            let below = self.node(index).next.load(Relaxed);
            match stack.compare_exchange_weak(head, next_head(head, below), SeqCst, SeqCst) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    fn allocate(&self) -> u32 {
        self.pop_index(&self.free).unwrap_or_else(|| self.grow())
    }

    #[cold]
    fn grow(&self) -> u32 {
        let mut grown = self.grown.lock();
        // Another thread may have grown the list while this one waited for the lock.
        if let Some(index) = self.pop_index(&self.free) {
            return index;
        }
        let (first, length) = (FIRST_CHUNK * ((1 << *grown) - 1), FIRST_CHUNK << *grown);
        let chunk: Box<[Node<T>]> = (first..first + length)
            .map(|index| Node {
                // Each points at the next one of its chunk; `push_chain` links the last.
                next: AtomicU32::new(index + 2),
                value: UnsafeCell::new(None),
            })
            .collect();
        // Nobody else sets it: the number of chunks moves under the lock only.
        let _ = self.chunks[*grown as usize].set(chunk);
        *grown += 1;
        self.push_chain(&self.free, first + 1, first + length - 1);
        first
    }

    fn node(&self, index: u32) -> &Node<T> {
        let chunk = (index / FIRST_CHUNK + 1).ilog2();
        let first = FIRST_CHUNK * ((1 << chunk) - 1);
        let Some(nodes) = self.chunks[chunk as usize].get() else {
            unreachable!("an index is handed out only after its chunk was set");
        };
        &nodes[(index - first) as usize]
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;

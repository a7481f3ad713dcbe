//! Which address of a name is tried first.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long an address that failed is tried after all others.
const SUSPICION: Duration = Duration::from_secs(60);
/// The most addresses that are under suspicion at once.
const MAX_SUSPECTS: usize = 1024;

/// The addresses of one name. Whoever asks next begins with the next of them, so that connections are
/// spread over the servers behind a name, whatever order the resolver sorts them into.
#[derive(Debug)]
pub(super) struct Addresses {
    /// In the family that the resolver prefers, then in the other.
    families: [Vec<IpAddr>; 2],
    turn: AtomicUsize,
}

/// Addresses that failed lately.
#[derive(Default)]
pub(super) struct Suspects(HashMap<SocketAddr, Instant>);

impl Addresses {
    /// `None` if there is none; `turn` goes on from the last answer's.
    pub(super) fn new(addresses: Vec<IpAddr>, turn: usize) -> Option<Self> {
        let prefers_v6 = addresses.first()?.is_ipv6();
        let mut families = [Vec::new(), Vec::new()];
        for address in addresses {
            let family = &mut families[usize::from(address.is_ipv6() != prefers_v6)];
            if !family.contains(&address) {
                family.push(address);
            }
        }
        Some(Self {
            families,
            turn: AtomicUsize::new(turn),
        })
    }

    pub(super) fn turn(&self) -> usize {
        self.turn.load(Ordering::Relaxed)
    }

    /// The families by turns, beginning with the preferred one (RFC 8305 section 4), so that a broken
    /// IPv6 route costs one attempt and not as many as there are IPv6 addresses.
    pub(super) fn next(&self, port: u16) -> Vec<SocketAddr> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let [mut first, mut second] = self.families.each_ref().map(|family| {
            let start = turn.checked_rem(family.len()).unwrap_or(0);
            let (before, after) = family.split_at(start);
            after.iter().chain(before)
        });
        let mut ordered = Vec::with_capacity(self.families.iter().map(Vec::len).sum());
        loop {
            let pair = [first.next(), second.next()];
            if pair == [None, None] {
                return ordered;
            }
            let found = pair.into_iter().flatten();
            ordered.extend(found.map(|address| SocketAddr::new(*address, port)));
        }
    }
}

impl Suspects {
    /// An attempt at this address failed, or was met with silence while another was not.
    pub(super) fn accuse(&mut self, address: SocketAddr, now: Instant) {
        if self.0.len() >= MAX_SUSPECTS {
            self.0.retain(|_, since| now < *since + SUSPICION);
        }
        if self.0.len() < MAX_SUSPECTS {
            self.0.insert(address, now);
        }
    }

    /// This address answered.
    pub(super) fn clear(&mut self, address: SocketAddr) {
        self.0.remove(&address);
    }

    /// Moves those that failed lately to the end, the one that failed last to the very end.
    pub(super) fn go_last(&self, addresses: &mut [SocketAddr], now: Instant) {
        if !self.0.is_empty() {
            // Stable: all others keep their order.
            addresses.sort_by_key(|address| {
                let since = self.0.get(address).copied();
                since.filter(|since| now < *since + SUSPICION)
            });
        }
    }
}

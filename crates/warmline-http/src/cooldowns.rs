//! The pauses that servers have asked for, by origin and credential, for the whole process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use warmline_pool::Clock;

use crate::clock::CoarseClock;
use crate::credential::{self, Credential};
use crate::locked::locked;
use crate::policy::advice;
use crate::policy::cooldown::{Pause, Turn};
use crate::redirect::Hop;

/// The most pauses at a time. A program that makes keys up must not fill the memory with them.
const MAX_PAUSES: usize = 4096;

/// `Site is overloaded`, of Anthropic and others.
const OVERLOADED: u16 = 529;

/// All of the process: what one thread was told holds for all.
static COOLDOWNS: LazyLock<Cooldowns> = LazyLock::new(Cooldowns::default);

#[derive(Default)]
struct Cooldowns {
    clock: CoarseClock,
    /// How many pauses there are: none, nearly always, and then nobody takes the lock.
    count: AtomicUsize,
    pauses: Mutex<HashMap<Key, Pause>>,
}

type Key = (Arc<str>, Credential);

/// A pause at one moment.
#[derive(Clone, Debug)]
pub struct CooldownStatus {
    /// Whose.
    pub origin: Arc<str>,
    /// Stands for the credential, from which it cannot be told; the same as long as the process lasts.
    pub key: u64,
    /// What is left of it; zero while those who waited leave one after another.
    pub left: Duration,
}

/// A wait is over and no other has begun, or it cannot be waited for: not before so long.
pub(crate) struct TooLong(pub(crate) Duration);

/// Takes note of a response that asks everybody with this credential to wait.
pub(crate) fn learn(hop: &Hop, status: StatusCode, headers: &HeaderMap) {
    if !matches!(status.as_u16(), 429 | 503 | OVERLOADED) {
        return;
    }
    let length = advice::wait(headers, SystemTime::now()).unwrap_or_default();
    if length.is_zero() {
        return;
    }
    let mut pauses = COOLDOWNS.lock();
    let now = COOLDOWNS.clock.now();
    pauses.retain(|_, pause| !pause.is_over(now));
    let room = pauses.len() < MAX_PAUSES;
    let random = fastrand::f64();
    match pauses.entry(key(hop)) {
        Entry::Occupied(mut pause) => pause.get_mut().extend(now, length, random),
        Entry::Vacant(vacant) if room => {
            vacant.insert(Pause::new(now, length, random));
        }
        Entry::Vacant(_) => {}
    }
    COOLDOWNS.count.store(pauses.len(), Ordering::Release);
}

/// How long it is until the pause that this request falls into ends; zero without one.
pub(crate) fn left(hop: &Hop) -> Duration {
    if COOLDOWNS.is_clear() {
        return Duration::ZERO;
    }
    let pauses = COOLDOWNS.lock();
    let pause = pauses.get(&key(hop));
    pause.map_or(Duration::ZERO, |pause| pause.left(COOLDOWNS.clock.now()))
}

/// Whether there is a pause at all, for anybody.
pub(crate) fn are_clear() -> bool {
    COOLDOWNS.is_clear()
}

/// Waits for this request's turn, if there is a pause for it which is not longer than `longest`.
///
/// # Errors
/// If the turn would come only after `longest` or `patience`.
pub(crate) async fn wait(
    hop: &Hop,
    longest: Duration,
    patience: Option<Duration>,
) -> Result<(), TooLong> {
    let begun = COOLDOWNS.clock.now();
    let key = key(hop);
    let mut held: Option<Turn> = None;
    loop {
        let turn = {
            let mut pauses = COOLDOWNS.lock();
            let now = COOLDOWNS.clock.now();
            let Some(pause) = pauses.get_mut(&key) else {
                return Ok(());
            };
            if held.is_some_and(|turn| pause.holds(turn)) || pause.left(now) > longest {
                return Ok(());
            }
            if pause.is_over(now) {
                pauses.remove(&key);
                COOLDOWNS.count.store(pauses.len(), Ordering::Release);
                return Ok(());
            }
            pause.turn(now, fastrand::f64())
        };
        let waited = COOLDOWNS.clock.now().saturating_sub(begun);
        let patience = patience.map(|patience| patience.saturating_sub(waited));
        if patience.is_some_and(|patience| turn.wait >= patience) {
            return Err(TooLong(turn.wait));
        }
        tokio::time::sleep(turn.wait).await;
        held = Some(turn);
    }
}

/// All pauses of the process.
#[must_use]
pub fn cooldowns() -> Vec<CooldownStatus> {
    let now = COOLDOWNS.clock.now();
    let pauses = COOLDOWNS.lock();
    let lasting = pauses.iter().filter(|(_, pause)| !pause.is_over(now));
    lasting
        .map(|((origin, credential), pause)| CooldownStatus {
            origin: Arc::clone(origin),
            key: credential.0,
            left: pause.left(now),
        })
        .collect()
}

impl Cooldowns {
    fn is_clear(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Pause>> {
        locked(&self.pauses)
    }
}

fn key(hop: &Hop) -> Key {
    (Arc::clone(&hop.target.origin), credential::of(hop))
}

//! What is known of the places that requests go to, of which only so many are remembered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustc_hash::FxHashMap;
use warmline_pool::Clock;

use crate::clock::CoarseClock;
use crate::locked::locked;

/// The most places that are remembered. Clients send to a handful; a program that makes hosts up must not fill
/// the memory with them.
const MOST: usize = 256;

/// What is known of each place, and what time it is for that.
pub(crate) struct Remembered<T> {
    clock: CoarseClock,
    is_at_rest: fn(&mut T, Duration) -> bool,
    places: Mutex<FxHashMap<Arc<str>, T>>,
}

impl<T> Remembered<T> {
    /// None yet. What `is_at_rest` is forgotten first.
    pub(crate) fn new(is_at_rest: fn(&mut T, Duration) -> bool) -> Self {
        Self {
            clock: CoarseClock::default(),
            is_at_rest,
            places: Mutex::default(),
        }
    }

    /// Adds to what is known of a place. Of a new one nothing is kept while there are too many that are not at rest.
    pub(crate) fn tell(
        &self,
        place: &Arc<str>,
        unknown: impl FnOnce() -> T,
        tell: impl FnOnce(&mut T, Duration),
    ) {
        let now = self.clock.now();
        let mut places = locked(&self.places);
        if places.len() >= MOST && !places.contains_key(place) {
            places.retain(|_, known| !(self.is_at_rest)(known, now));
            if places.len() >= MOST {
                return;
            }
        }
        let known = places.entry(Arc::clone(place)).or_insert_with(unknown);
        tell(known, now);
    }

    /// What is known of a place; `None` if that is nothing.
    pub(crate) fn ask<R>(&self, place: &str, ask: impl FnOnce(&mut T, Duration) -> R) -> Option<R> {
        let now = self.clock.now();
        locked(&self.places)
            .get_mut(place)
            .map(|known| ask(known, now))
    }

    /// What is known of all places, by their names.
    pub(crate) fn all<R>(&self, mut ask: impl FnMut(&mut T, Duration) -> R) -> Vec<(Arc<str>, R)> {
        let now = self.clock.now();
        let mut places = locked(&self.places);
        let mut all: Vec<_> = places
            .iter_mut()
            .map(|(place, known)| (Arc::clone(place), ask(known, now)))
            .collect();
        all.sort_by(|(left, _), (right, _)| left.cmp(right));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each place was told of; at rest where that is once.
    fn counts() -> Remembered<u32> {
        Remembered::new(|count, _| *count == 1)
    }

    fn tell(places: &Remembered<u32>, number: usize) -> Option<u32> {
        let place: Arc<str> = number.to_string().into();
        places.tell(&place, || 0, |count, _| *count += 1);
        places.ask(&place, |count, _| *count)
    }

    #[test]
    fn places_at_rest_make_room_for_others() {
        let places = counts();
        for number in 0..MOST {
            tell(&places, number);
        }
        assert_eq!(tell(&places, 0), Some(2));
        assert_eq!(tell(&places, MOST), Some(1));
        let known = places.all(|count, _| *count);
        assert_eq!(known, [("0".into(), 2), (MOST.to_string().into(), 1)]);
    }

    #[test]
    fn nothing_is_kept_of_one_too_many() {
        let places = counts();
        for number in (0..MOST).chain(0..MOST) {
            tell(&places, number);
        }
        assert_eq!(tell(&places, MOST), None);
        assert_eq!(tell(&places, 1), Some(3));
        assert_eq!(places.all(|_, _| ()).len(), MOST);
    }
}

//! Values by label, of which there are only so many, whatever labels turn up.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHasher;

/// Places for each label, so that finding a free one or one's own takes a look or two.
const PLACES_PER_LABEL: usize = 2;

/// Empty, or a label's for good.
type Place<K, V> = OnceLock<(K, Arc<V>)>;

/// The first labels have a value each; all that turn up when those are full share one.
///
/// A value is found, made and kept without a lock: places are filled once and never emptied.
pub(crate) struct Bounded<K, V> {
    places: Box<[Place<K, V>]>,
    most: usize,
    taken: AtomicUsize,
    other: Arc<V>,
}

impl<K: Eq + Hash + Clone, V: Default> Bounded<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            places: (0..most * PLACES_PER_LABEL)
                .map(|_| OnceLock::new())
                .collect(),
            most,
            taken: AtomicUsize::new(0),
            other: Arc::default(),
        }
    }

    pub(crate) fn of(&self, key: &K) -> &Arc<V> {
        self.find(key, |label| label == key, || key.clone())
    }

    /// Of the key that `alike` is hashed as, which need not be made where it is there.
    pub(crate) fn find(
        &self,
        alike: &impl Hash,
        is_it: impl Fn(&K) -> bool,
        make: impl Fn() -> K,
    ) -> &Arc<V> {
        let mut hasher = FxHasher::default();
        alike.hash(&mut hasher);
        let places = self.places.len();
        // The remainder fits where the number of places did.
        let first = usize::try_from(hasher.finish() % places as u64).unwrap_or_default();
        // There are more places than labels: one that is empty ends the search.
        for place in (first..first + places).map(|at| &self.places[at % places]) {
            let (label, value) = match place.get() {
                Some(filled) => filled,
                None if !self.take_one() => return &self.other,
                None => {
                    let mut filled = false;
                    let own = place.get_or_init(|| {
                        filled = true;
                        (make(), Arc::default())
                    });
                    if !filled {
                        // Another thread was quicker, be it for this label or another one.
                        self.taken.fetch_sub(1, Ordering::Relaxed);
                    }
                    own
                }
            };
            if is_it(label) {
                return value;
            }
        }
        &self.other
    }

    /// Whether a key has a label, or gets one now.
    pub(crate) fn labels(&self, key: &K) -> bool {
        !Arc::ptr_eq(self.of(key), &self.other)
    }

    /// Those that have a label.
    pub(crate) fn labelled(&self) -> impl Iterator<Item = (&K, &V)> {
        let filled = self.places.iter().filter_map(OnceLock::get);
        filled.map(|(key, value)| (key, &**value))
    }

    /// What those share that have none.
    pub(crate) fn other(&self) -> &V {
        &self.other
    }

    fn take_one(&self) -> bool {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken >= self.most {
            self.taken.fetch_sub(1, Ordering::Relaxed);
        }
        taken < self.most
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::thread;

    use super::*;

    fn count(values: &Bounded<u32, AtomicU64>, key: u32) {
        values.of(&key).fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn a_label_keeps_its_value() {
        let values = Bounded::new(10);
        for key in [1, 2, 1, 1] {
            count(&values, key);
        }
        let mut found: Vec<_> = values
            .labelled()
            .map(|(key, value)| (*key, value.load(Ordering::Relaxed)))
            .collect();
        found.sort_unstable();
        assert_eq!(found, [(1, 3), (2, 1)]);
    }

    #[test]
    fn labels_beyond_the_cap_share_one_value() {
        let values = Bounded::new(3);
        for key in 0..1000 {
            count(&values, key);
        }
        assert_eq!(values.labelled().count(), 3);
        assert_eq!(values.other().load(Ordering::Relaxed), 997);
    }

    #[test]
    fn threads_that_meet_at_a_label_share_its_value() {
        let values = Bounded::new(8);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..8000).for_each(|key| count(&values, key % 8)));
            }
        });
        let counts = values
            .labelled()
            .map(|(_, value)| value.load(Ordering::Relaxed));
        assert_eq!(counts.collect::<Vec<_>>(), [4000; 8]);
        assert_eq!(values.other().load(Ordering::Relaxed), 0);
    }
}

//! Smooth weighted round-robin, as nginx has it: each turn every candidate gains its weight, the one with
//! the most is taken and pays what all have gained. In each cycle every one is taken as often as its weight says,
//! and never all of its turns in a row.

#[derive(Debug)]
pub(super) struct Turns {
    /// What each has gained and not paid.
    gained: Vec<i64>,
}

impl Turns {
    pub(super) fn new(count: usize) -> Self {
        Self {
            gained: vec![0; count],
        }
    }

    /// Whose turn it is among `candidates`; the earliest of several. Those that are no candidates keep what
    /// they have.
    pub(super) fn next(
        &mut self,
        candidates: &[usize],
        weight: impl Fn(usize) -> u32,
    ) -> Option<usize> {
        let mut all = 0;
        for &index in candidates {
            let gain = i64::from(weight(index));
            self.gained[index] += gain;
            all += gain;
        }
        let chosen = candidates
            .iter()
            .copied()
            .rev()
            .max_by_key(|index| self.gained[*index])?;
        self.gained[chosen] -= all;
        Some(chosen)
    }
}

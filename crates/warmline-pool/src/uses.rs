use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// How often connections were leased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) all: u64,
    /// Of these, those after a connection's first.
    pub(crate) again: u64,
}

impl Uses {
    pub(crate) fn of_one(all: u64) -> Self {
        let again = all.saturating_sub(1);
        Self { all, again }
    }
}

impl Add for Uses {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            again: self.again + other.again,
        }
    }
}

impl AddAssign for Uses {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Uses {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), Add::add)
    }
}

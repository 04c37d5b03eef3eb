//! The only randomness of the invented universities: one seeded stream of whole numbers.
//!
//! Not here: floating point and ready-made distributions, whose results may differ between machines and
//! between releases of a library.
//!
//! Invariant: the same seed and stream give the same throws on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Dice that fall the same way for the same seed.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// Makes the dice of one day; each day has a stream of its own, so days do not depend on each other's throws.
    pub(super) fn new(seed: u64, day: u32) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(u64::from(day));
        Self(generator)
    }

    /// Throws a number from 0 up to, but without, `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let scaled = (u64::from(self.0.next_u32()) * u64::from(end)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// Throws a number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Says yes once in `throws`.
    pub(super) fn one_in(&mut self, throws: u32) -> bool {
        self.below(throws) == 0
    }

    /// Throws an index into a list of that length; 0 when the list is empty.
    pub(super) fn index(&mut self, length: usize) -> usize {
        self.below(u32::try_from(length).unwrap_or(u32::MAX)) as usize
    }

    /// Picks one of the items, or none of an empty list.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.index(items.len())).copied()
    }

    /// Puts the items into a random order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

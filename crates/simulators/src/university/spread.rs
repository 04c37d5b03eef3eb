//! How a total is spread over unequal parts: few large modules, many small ones.
//!
//! Not here: what the parts are made of (`generate.rs`).
//!
//! Invariant: the parts that were taken add up to the total, up to what the last part could not take.

use super::dice::Dice;

/// A total that is dealt out by weight. What one part does not take is left for the others.
pub(super) struct Pot {
    left: u64,
    weight_left: u64,
}

impl Pot {
    /// Makes a pot for parts of these weights.
    pub(super) fn new(total: u64, weights: &[u64]) -> Self {
        Self { left: total, weight_left: weights.iter().sum() }
    }

    /// Returns what a part of this weight should take, rounded to the nearest.
    pub(super) fn offer(&self, weight: u64) -> u64 {
        (self.left * weight + self.weight_left / 2).checked_div(self.weight_left).unwrap_or(0)
    }

    /// Notes what the part of this weight really took.
    pub(super) fn take(&mut self, weight: u64, taken: u64) {
        self.left = self.left.saturating_sub(taken);
        self.weight_left = self.weight_left.saturating_sub(weight);
    }
}

/// Deals groups to modules by a Zipf-like law: the largest module has some sixty times the groups of the smallest,
/// and the smallest may have none.
pub(super) fn groups_per_module(dice: &mut Dice, modules: u32, groups: u32) -> Vec<u64> {
    let flattening = u64::from(modules / 60 + 1);
    let mut weights: Vec<u64> =
        (1..=u64::from(modules)).map(|rank| 1_000_000_000 / (rank + flattening)).collect();
    dice.shuffle(&mut weights);
    let mut pot = Pot::new(u64::from(groups), &weights);
    weights
        .iter()
        .map(|weight| {
            let share = pot.offer(*weight);
            pot.take(*weight, share);
            share
        })
        .collect()
}

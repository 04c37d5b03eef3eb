//! A hash map for keys out of files: quicker than the standard one for short texts and numbers.
//!
//! Not here: protection against keys that were chosen to collide. Whoever delivers the groups of a university can
//! slow down the import of them, and nothing else.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// The standard map with a cheap hash.
pub(super) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<MultiplyHasher>>;

/// The standard set with a cheap hash.
pub(super) type FastSet<K> = HashSet<K, BuildHasherDefault<MultiplyHasher>>;

/// An odd number without a pattern (the golden ratio as a fraction of 2^64).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Multiplies and folds, eight bytes at a time.
#[derive(Default)]
pub(super) struct MultiplyHasher(u64);

impl MultiplyHasher {
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(MULTIPLIER);
        // The high half spreads upwards and the low half downwards; together every bit counts.
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for MultiplyHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    fn write_u8(&mut self, _end_of_text: u8) {
        // `str` ends its hash with a byte; the length is in it already.
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    #[test]
    fn like_keys_have_unlike_hashes() {
        let hasher = BuildHasherDefault::<MultiplyHasher>::default();
        let texts: HashSet<u64> = (0..100_000).map(|n| hasher.hash_one(format!("{n:07}").as_str())).collect();
        assert_eq!(texts.len(), 100_000);
        // The map takes the low bits for the place: they must differ as well.
        let low: HashSet<u64> = (0..100_000_u64).map(|n| hasher.hash_one(n << 32) & 0xf_ffff).collect();
        assert!(low.len() > 80_000, "{}", low.len());
    }
}

//! Gives numbers to the people of a delivery, quickly for those who were met before.
//!
//! A member row costs little beside finding its person, so a field is first looked up as it was written; only a
//! spelling that is new is decoded, checked and looked up as a key.
//!
//! Not here: checking the field (`field.rs`).
//!
//! Invariant: two fields have the same number exactly when they are the same key after decoding and trimming.

use reconcile::keys::{PersonKey, Text};

use super::fast_map::FastMap;

/// A field of at most 15 bytes in two words, its length in the last byte: compared and hashed without a pointer.
type Packed = [u64; 2];

const PACKED_BYTES_MAX: usize = 15;

/// The people of a delivery.
#[derive(Default)]
pub(super) struct People {
    keys: Vec<PersonKey>,
    by_key: FastMap<Text, u32>,
    by_field: FastMap<Packed, u32>,
}

impl People {
    /// The number of a person whose field was written like this before, if the field is short.
    pub(super) fn met(&self, field: &[u8]) -> Option<u32> {
        self.by_field.get(&pack(field)?).copied()
    }

    /// The number of a person, by the field and the key that it stands for.
    pub(super) fn meet(&mut self, field: &[u8], key: &str) -> u32 {
        let number = match self.by_key.get(key) {
            Some(&known) => known,
            None => {
                let new = super::position(self.keys.len());
                let key: Text = key.into();
                self.keys.push(PersonKey(key.clone()));
                self.by_key.insert(key, new);
                new
            }
        };
        if let Some(packed) = pack(field) {
            self.by_field.insert(packed, number);
        }
        number
    }

    /// The key of a number.
    pub(super) fn key(&self, number: u32) -> &PersonKey {
        &self.keys[number as usize]
    }

    /// All keys by number.
    pub(super) fn into_keys(self) -> Vec<PersonKey> {
        self.keys
    }
}

fn pack(field: &[u8]) -> Option<Packed> {
    if field.len() > PACKED_BYTES_MAX {
        return None;
    }
    let mut bytes = [0; 16];
    bytes[..field.len()].copy_from_slice(field);
    bytes[PACKED_BYTES_MAX] = field.len() as u8;
    let whole = u128::from_le_bytes(bytes);
    Some([whole as u64, (whole >> 64) as u64])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_number_however_the_field_is_written() {
        let mut people = People::default();
        assert_eq!(people.meet(b"ada", "ada"), 0);
        assert_eq!(people.meet(b" ada", "ada"), 0);
        assert_eq!(people.meet(b"ada\0", "ada\0"), 1);
        let long = "ada.invented@example.ac.uk";
        assert_eq!(people.meet(long.as_bytes(), long), 2);
        assert_eq!(people.meet(long.as_bytes(), long), 2);
        assert_eq!(
            (people.met(b" ada"), people.met(b"ada\0"), people.met(b"ada  ")),
            (Some(0), Some(1), None)
        );
        assert_eq!(people.key(1).as_str(), "ada\0");
        assert_eq!(people.into_keys().len(), 3);
    }
}

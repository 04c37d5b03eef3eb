//! Any value of any record, made from bytes, so that properties can be tested over all of them.
//!
//! Not for the program: tests only.

/// Turns bytes into choices. When the bytes run out every choice is the first, so that a value always ends.
pub struct Dice {
    bytes: Vec<u8>,
    at: usize,
}

const TEXTS: [&str; 12] = [
    "",
    "school-1",
    " blank before and after ",
    "Größe & <Maße> \"x\" 'y' ]]>",
    "line\r\nbreak\rand\ttab\n",
    "true",
    "-1",
    "Parent",
    "7A Mathematik",
    "\u{85}\u{2028}\u{a0}",
    "𝄞",
    "&amp;",
];

impl Dice {
    /// Takes the bytes.
    pub fn new(bytes: Vec<u8>) -> Dice {
        Dice { bytes, at: 0 }
    }

    /// A number below this one.
    pub fn below(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(byte) % count.max(1)
    }

    /// A text.
    pub fn text(&mut self) -> String {
        TEXTS[self.below(TEXTS.len())].to_owned()
    }
}

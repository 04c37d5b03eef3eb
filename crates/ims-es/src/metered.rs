//! A source of bytes that stops at the limits.
//!
//! Not here: what the bytes say.
//!
//! Invariant: not one byte over a limit is handed on.

use std::io::{self, BufRead, Read};

use crate::error::Measure;
use crate::limits::Limits;

/// Counts the bytes that are taken from a source, in all and since the last token began.
pub(crate) struct Metered<'a> {
    source: Box<dyn BufRead + Send + 'a>,
    limits: Limits,
    message_bytes: usize,
    token_bytes: usize,
    exceeded: Option<(Measure, usize)>,
}

impl<'a> Metered<'a> {
    pub(crate) fn new(source: Box<dyn BufRead + Send + 'a>, limits: Limits) -> Metered<'a> {
        Metered { source, limits, message_bytes: 0, token_bytes: 0, exceeded: None }
    }

    /// Says that another token begins.
    pub(crate) fn next_token(&mut self) {
        self.token_bytes = 0;
    }

    /// The limit that stopped the reading, if one did.
    pub(crate) fn exceeded(&self) -> Option<(Measure, usize)> {
        self.exceeded
    }
}

impl BufRead for Metered<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let message_left = self.limits.message_bytes_max - self.message_bytes;
        let token_left = self.limits.token_bytes_max - self.token_bytes;
        let available = self.source.fill_buf()?;
        let left = available.len().min(message_left).min(token_left);
        if left == 0 && !available.is_empty() {
            self.exceeded = Some(if message_left == 0 {
                (Measure::MessageBytes, self.limits.message_bytes_max)
            } else {
                (Measure::TokenBytes, self.limits.token_bytes_max)
            });
            return Err(io::Error::other("over the limit"));
        }
        Ok(available.get(..left).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.message_bytes += amount;
        self.token_bytes += amount;
        self.source.consume(amount);
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

//! Many items in as many calls as it takes: batches, a second chance for what the service was too busy for, and the
//! search for the item that spoils a batch.
//!
//! Not here: one call (`client.rs`).
//!
//! Invariant: items go out in the order in which they were given, so that parents stand before their children.
//! Invariant: there is exactly one outcome for each item, in its place.

use std::sync::Arc;

use backon::BackoffBuilder;
use ims_es::operation::{Call, Streamed};
use ims_es::reply::Done;
use ims_es::status_info::StatusInfoSet;

use super::answer::ItemOutcome;
use super::client::Client;
use super::errors::CallError;
use crate::failure::Kind;

/// A request that writes a list, each item with a status of its own.
pub trait WritesMany: Call<Reply = Done, Status = StatusInfoSet> + Streamed<Item: Clone> {}

impl<C: Call<Reply = Done, Status = StatusInfoSet> + Streamed<Item: Clone>> WritesMany for C {}

impl Client {
    /// Sends items, batch after batch.
    pub(super) async fn write_all<C: WritesMany>(&self, items: &[C::Item]) -> Vec<ItemOutcome> {
        let batch_max = self.settings.batch_max.max(1);
        let mut outcomes = Vec::with_capacity(items.len());
        // What is still to be sent, in pieces, the next one last.
        let mut pieces: Vec<&[C::Item]> = items.chunks(batch_max).rev().collect();
        let mut is_over = false;
        while let Some(piece) = pieces.pop() {
            if is_over {
                outcomes.extend(piece.iter().map(|_| ItemOutcome::NotTried));
                continue;
            }
            match self.write_batch::<C>(piece).await {
                Ok(done) => outcomes.extend(done),
                // One item spoils the whole batch, and the service does not say which.
                Err(error) if error.kind == Kind::Item && piece.len() > 1 => {
                    let (first, second) = piece.split_at(piece.len() / 2);
                    pieces.extend([second, first]);
                }
                Err(error) => {
                    is_over = error.kind != Kind::Item;
                    let error = Arc::new(error);
                    outcomes.extend(piece.iter().map(|_| ItemOutcome::Failed(Arc::clone(&error))));
                }
            }
        }
        outcomes
    }

    /// Sends one batch, and again those of its items for which the service was too busy.
    async fn write_batch<C: WritesMany>(&self, items: &[C::Item]) -> Result<Vec<ItemOutcome>, CallError> {
        let mut outcomes = self.write_once::<C>(items).await?;
        for wait in self.settings.retry.backoff().build() {
            let is_busy = |place: &usize| outcomes[*place] == ItemOutcome::Busy;
            let places: Vec<usize> = (0..outcomes.len()).filter(is_busy).collect();
            if places.is_empty() || places.len() == outcomes.len() {
                break;
            }
            tokio::time::sleep(wait).await;
            let left: Vec<C::Item> = places.iter().map(|place| items[*place].clone()).collect();
            let again = match self.write_once::<C>(&left).await {
                Ok(again) => again,
                Err(error) => {
                    let error = Arc::new(error);
                    left.iter().map(|_| ItemOutcome::Failed(Arc::clone(&error))).collect()
                }
            };
            for (place, outcome) in places.into_iter().zip(again) {
                outcomes[place] = outcome;
            }
        }
        Ok(outcomes)
    }

    async fn write_once<C: WritesMany>(&self, items: &[C::Item]) -> Result<Vec<ItemOutcome>, CallError> {
        let message = self.writer.items::<C>(&self.settings, items)?;
        Ok(self.deliver::<C>(&message).await?.outcomes())
    }
}

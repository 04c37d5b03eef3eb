//! itslearning, or anything that speaks IMS Enterprise Services like it, as seen by a client. `facts/ims-es.md` is the
//! specification; the messages are those of `ims-es`.
//!
//! The whole interface: make an [`Itslearning`] from [`ItslearningSettings`]; [`Itslearning::call`] carries out one
//! request and hands back an [`Answer`] with a status for each item; [`Itslearning::write_all`] carries out a list of any
//! length in batches, and hands back an [`ItemOutcome`] for each item; [`examine()`] proves the set-up.
//! [`Itslearning::message`] and [`Itslearning::post`] are for people who want to see what goes over the wire.
//!
//! Not here: what shall be sent, and in which order (groups before persons before memberships, parents before
//! children): that is the planner's. The messages themselves are those of `ims-es`.
//!
//! Invariant: a status belongs to the item in its place, or the whole answer is an error.

mod address;
mod answer;
mod batch;
mod client;
mod errors;
mod examine;
mod limiter;
mod message;
mod settings;

use std::sync::Arc;

pub use answer::{Answer, ItemOutcome, Said};
pub use batch::WritesMany;
pub use client::CallCounts;
pub use errors::CallError;
pub use examine::{Need, OPERATIONS_NEEDED, Proof, Step, Verdict, examine};
pub use message::{Message, RawAnswer};
pub use settings::{ItslearningSettings, SettingError};

pub use crate::failure::{Effect, Kind};
pub use crate::retry::Retry;

use client::Client;
use ims_es::operation::Call;

/// An itslearning and one account of it. Its copies share the limit of what is under way at once.
#[derive(Clone, Debug)]
pub struct Itslearning {
    client: Arc<Client>,
}

impl Itslearning {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// A setting cannot be used: the address, the account, or the file of certificates.
    pub fn new(settings: ItslearningSettings) -> Result<Itslearning, SettingError> {
        Ok(Itslearning { client: Arc::new(Client::new(settings)?) })
    }

    /// How it is reached.
    pub fn settings(&self) -> &ItslearningSettings {
        &self.client.settings
    }

    /// Carries out one request: waits for its turn, sends it, and sends it again after failures that pass.
    ///
    /// Items that the service refused are in the answer; so are all items of a call for which it was too busy to the
    /// end.
    ///
    /// # Errors
    ///
    /// The call failed as a whole; [`CallError::effect`] says whether something may have been done.
    pub async fn call<C: Call>(&self, request: &C) -> Result<Answer<C>, CallError> {
        self.client.deliver(&self.message(request)?).await
    }

    /// Carries out a list of items in batches, one after the other and in order: `write_all::<CreateGroups>(&pairs)`.
    /// A batch that is refused as a whole is halved until the bad item stands alone. After a failure of the platform
    /// the rest is not tried.
    pub async fn write_all<C: WritesMany>(&self, items: &[C::Item]) -> Vec<ItemOutcome> {
        self.client.write_all::<C>(items).await
    }

    /// Writes the message of a request, ready to be sent.
    ///
    /// # Errors
    ///
    /// A value holds a character that XML does not have.
    pub fn message<C: Call>(&self, request: &C) -> Result<Message, CallError> {
        self.client.writer.call(&self.client.settings, request)
    }

    /// Sends a message once and takes whatever comes back; [`RawAnswer::read`] makes sense of it.
    ///
    /// # Errors
    ///
    /// No answer came, or it was too large.
    pub async fn post(&self, message: &Message) -> Result<RawAnswer, CallError> {
        self.client.post(message).await
    }

    /// How much was sent since the client was made.
    pub fn counts(&self) -> CallCounts {
        self.client.counts()
    }
}

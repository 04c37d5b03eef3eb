//! Why a call could not be carried out, whatever it asked for.
//!
//! Not here: what is wrong with an item; that is a problem, and its neighbours go on.

use ims_es::error::MessageError;
use store::StoreError;
use thiserror::Error;

/// Why a call could not be carried out. Its sender gets the fault `InternalServiceFault`.
#[derive(Debug, Error)]
pub(super) enum ServeError {
    /// The database refused.
    #[error("cannot carry out the call of a student system")]
    Store(#[from] StoreError),
    /// What is kept cannot be read, or the answer cannot be written.
    #[error("cannot read an object that is kept, or write the answer")]
    Message(#[from] MessageError),
    /// The calls that shared a transaction with it failed together.
    #[error("cannot make the call last: the database refused; the line before says why")]
    Lost,
}

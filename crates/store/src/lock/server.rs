//! The run lock on a server: a session of its own holds it.
//!
//! Invariant: the lock is taken anew after the server was started again, unless another run had it meanwhile.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{LockOwner, LockState, RunLock};
use crate::db::{Db, Session, Value};
use crate::error::{Result, StoreError};
use crate::lock::Held;

/// How often the session says something. The server lets it go after a minute of silence.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// How long a lock that another session has is asked for again: the server needs a moment to see that a process ended.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

const PURPOSE: &str = "take the run lock";

/// The lock while it is held.
#[derive(Debug)]
pub(super) struct ServerLock {
    /// Its number.
    pub(super) fence: i64,
    /// The session ends when this goes.
    _held: oneshot::Sender<()>,
}

/// Takes the lock.
pub(crate) async fn lock_server(db: &Db, owner: &LockOwner) -> Result<RunLock> {
    let mut session = db.session(PURPOSE).await?;
    let begun = Instant::now();
    while !take(db, &mut session).await? {
        if begun.elapsed() > PATIENCE {
            return Err(StoreError::Held { owner: holder(db).await?.map(Box::new) });
        }
        tokio::time::sleep(PAUSE).await;
    }
    let fence = write_owner(db, owner).await?;
    let (held, released) = oneshot::channel();
    tokio::spawn(keep(db.clone(), session, fence, released));
    Ok(RunLock { held: Held::Server(ServerLock { fence, _held: held }) })
}

/// Looks who holds the lock.
pub(crate) async fn look_at_server(db: &Db) -> Result<LockState> {
    let mut read = db.read("look at the run lock").await?;
    let held = read.first(db.dialect().look_at_run_lock(), [], |row| row.int()).await?;
    drop(read);
    Ok(if held.unwrap_or(0) > 0 { LockState::Held(holder(db).await?) } else { LockState::Free })
}

async fn take(db: &Db, session: &mut Session) -> Result<bool> {
    let taken = session.int(db.dialect().take_run_lock()).await;
    Ok(taken.map_err(|source| StoreError::Query { purpose: PURPOSE, source })? == 1)
}

/// Who took the lock last; `None` where that cannot be read.
async fn holder(db: &Db) -> Result<Option<LockOwner>> {
    let mut read = db.read("look at the run lock").await?;
    let owner = read.first("SELECT owner FROM muster_lock WHERE id = 1", [], |row| row.text()).await?;
    Ok(owner.and_then(|owner| serde_json::from_str(&owner).ok()))
}

/// Writes who has the lock now, and gives it the next number.
async fn write_owner(db: &Db, owner: &LockOwner) -> Result<i64> {
    let text = serde_json::to_string(owner)
        .map_err(|error| StoreError::Query { purpose: PURPOSE, source: error.into() })?;
    let mut write = db.write(PURPOSE).await?;
    let sql = "UPDATE muster_lock SET fence = fence + 1, owner = ? WHERE id = 1";
    write.execute(sql, [Value::from(text)]).await?;
    let fence = fence(&mut write).await?;
    write.commit().await?;
    Ok(fence)
}

async fn fence(transaction: &mut crate::db::Transaction) -> Result<i64> {
    let sql = "SELECT fence FROM muster_lock WHERE id = 1";
    Ok(transaction.first(sql, [], |row| row.int()).await?.unwrap_or(0))
}

/// Keeps the session alive until the lock is let go. A session that was lost is opened again; where another run had the
/// lock meanwhile, there is nothing left to keep, and whoever believes to hold it is told when it writes.
async fn keep(db: Db, session: Session, number: i64, mut released: oneshot::Receiver<()>) {
    let mut session = Some(session);
    loop {
        tokio::select! {
            _ = &mut released => break,
            () = tokio::time::sleep(SIGN_OF_LIFE) => {}
        }
        let alive = match &mut session {
            Some(session) => session.int("SELECT 1").await.is_ok(),
            None => false,
        };
        if !alive {
            session = take_again(&db).await.unwrap_or(None);
            if session.is_some() && !is_newest(&db, number).await {
                break;
            }
        }
    }
    if let Some(session) = session {
        session.close().await;
    }
}

async fn take_again(db: &Db) -> Result<Option<Session>> {
    let mut session = db.session(PURPOSE).await?;
    Ok(take(db, &mut session).await?.then_some(session))
}

/// Whether no other run had the lock since; what cannot be asked is asked again by whoever writes.
async fn is_newest(db: &Db, number: i64) -> bool {
    let newest = async { fence(&mut db.read("look at the run lock").await?).await };
    newest.await.map_or(true, |newest| newest == number)
}

//! The run lock: one run at a time on one database.
//!
//! Beside a SQLite file lies a file that the operating system locks. On a server a session of its own holds the lock; the
//! server lets it go when the session ends, or says nothing for a minute. What keeps that session: `lock/server.rs`.
//!
//! Not here: what a run does with it.
//!
//! Invariant: a process that was killed never blocks the next run.
//! Invariant: a [`RunLock`] exists only while its holder is the only one; functions that write run data ask for it. On a
//! server, where a session may be lost, they write nothing once another run has begun ([`StoreError::LockLost`]).

mod server;

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};
use crate::sharing::Lease;
use crate::time::Timestamp;

use server::ServerLock;
pub(crate) use server::{lock_server, look_at_server};

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The program, with its version.
    pub program: String,
    /// The machine.
    pub host: String,
    /// The process on that machine.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
    /// What for, for example `apply`.
    pub purpose: String,
}

impl fmt::Display for LockOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LockOwner { program, host, pid, since: _, purpose } = self;
        write!(f, "{program} (process {pid} on {host}, {purpose})")
    }
}

/// The proof that this run is the only one; dropping it lets the next one begin.
#[derive(Debug)]
#[must_use = "the lock is let go when it is dropped"]
pub struct RunLock {
    held: Held,
}

#[derive(Debug)]
enum Held {
    File(File),
    Memory(MemoryLock),
    Server(ServerLock),
}

impl RunLock {
    /// The number of this lock on a server: a later one has a greater number.
    pub(crate) fn fence(&self) -> Option<i64> {
        match &self.held {
            Held::Server(lock) => Some(lock.fence),
            Held::File(_) | Held::Memory(_) => None,
        }
    }
}

/// Proof that its holder may write run data.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// The run lock: all of the run.
    Lock(&'a RunLock),
    /// The lease of a worker: the courses of a shared run that it took.
    Lease(&'a Lease),
}

impl<'a> From<&'a RunLock> for Proof<'a> {
    fn from(lock: &'a RunLock) -> Self {
        Proof::Lock(lock)
    }
}

impl<'a> From<&'a Lease> for Proof<'a> {
    fn from(lease: &'a Lease) -> Self {
        Proof::Lease(lease)
    }
}

/// The lock of a database in memory, which only this process can see.
pub(crate) type MemoryLock = Arc<Mutex<Option<LockOwner>>>;

/// Whether somebody holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockState {
    /// Nobody.
    Free,
    /// Somebody; `None` where the particulars could not be read.
    Held(Option<LockOwner>),
}

/// Looks who holds the lock of a database file. The lock itself is only tried where a name was left behind, as by a
/// killed process: a run that begins this very moment must not find the door held by somebody who only looks.
pub(crate) fn look_at_file(database: &Path) -> Result<LockState> {
    let path = lock_path(database);
    let failed = |source| StoreError::CannotLock { path: path.clone(), source };
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(LockState::Free),
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    if text.is_empty() {
        return Ok(LockState::Free);
    }
    match file.try_lock_shared() {
        Ok(()) => Ok(LockState::Free),
        Err(std::fs::TryLockError::WouldBlock) => Ok(LockState::Held(serde_json::from_str(&text).ok())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Looks who holds the lock of a database in memory.
pub(crate) fn look_at_memory(lock: &MemoryLock) -> LockState {
    let holder = lock.lock().unwrap_or_else(PoisonError::into_inner);
    holder.clone().map_or(LockState::Free, |owner| LockState::Held(Some(owner)))
}

fn lock_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}

/// Takes the lock of a database file.
pub(crate) fn lock_file(database: &Path, owner: &LockOwner) -> Result<RunLock> {
    let path = lock_path(database);
    let failed = |source| StoreError::CannotLock { path: path.clone(), source };
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.read_to_string(&mut text).ok();
            let owner = read.and_then(|_| serde_json::from_str(&text).ok());
            return Err(StoreError::Held { owner });
        }
        Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
    }
    let text = serde_json::to_string(owner).map_err(|error| failed(error.into()))?;
    file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(RunLock { held: Held::File(file) })
}

/// Takes the lock of a database in memory.
pub(crate) fn lock_memory(lock: &MemoryLock, owner: &LockOwner) -> Result<RunLock> {
    let mut holder = lock.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(owner) = holder.as_ref() {
        return Err(StoreError::Held { owner: Some(Box::new(owner.clone())) });
    }
    *holder = Some(owner.clone());
    drop(holder);
    Ok(RunLock { held: Held::Memory(lock.clone()) })
}

impl Drop for RunLock {
    fn drop(&mut self) {
        match &self.held {
            // The name goes first: whoever finds the lock taken must not read the name of its last holder. Should
            // this fail, closing the file lets the lock go all the same.
            Held::File(file) => {
                let _ = file.set_len(0);
            }
            Held::Memory(lock) => *lock.lock().unwrap_or_else(PoisonError::into_inner) = None,
            // What goes with it tells the session to end.
            Held::Server(_) => {}
        }
    }
}

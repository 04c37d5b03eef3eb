//! Who sends: finds the account of a user name and password, and remembers for a while that the password was right.
//!
//! Not here: what the account may do, and the form of the security header (`ims_es::security`).
//!
//! Invariant: no password is kept, not even in memory: what is remembered is a keyed hash, with a key that this process alone has and
//! that it never tells.
//! Invariant: a password that was taken away, and an account that was removed, count no longer after [`ACCOUNTS_AGE_MAX`].
//! Invariant: an unknown user takes as long as a wrong password, and only so many of them are looked at at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ims_es::security::UsernameToken;
use sha2::{Digest, Sha256};
use store::Store;
use store::ims::AccountRow;
use tokio::sync::Semaphore;

use super::error::ServeError;
use super::password;

/// How old our picture of the accounts may be.
const ACCOUNTS_AGE_MAX: Duration = Duration::from_secs(2);

/// How long a right password is remembered, and how long a wrong one.
const RIGHT_FOR: Duration = Duration::from_secs(15 * 60);
const WRONG_FOR: Duration = Duration::from_secs(5);

/// How many passwords are remembered; whoever tries more makes us forget.
const REMEMBERED_MAX: usize = 10_000;

/// How many passwords are looked at at once: each takes 19 MiB and a processor.
const COMPARED_AT_ONCE_MAX: usize = 2;

/// A hash that no password fits, for names that nobody has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$b5qnhCFJ2W0qWJc6KkEKNb8rTXVn5EeVMwI4X3lMPiQ";

/// Whoever was let in.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// The account.
    pub(super) account: Arc<AccountRow>,
    /// The number of the password that fitted.
    pub(super) password: i64,
}

/// Lets senders in.
pub(super) struct Door {
    store: Store,
    key: [u8; 32],
    accounts: tokio::sync::Mutex<Option<(Instant, Arc<Accounts>)>>,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
    comparing: Semaphore,
}

type Accounts = HashMap<String, Arc<AccountRow>>;

#[derive(Clone, Copy)]
struct Remembered {
    was_right: bool,
    at: Instant,
}

impl Door {
    /// A door to the accounts of a database.
    pub(super) fn new(store: Store) -> Result<Door, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Door {
            store,
            key,
            accounts: tokio::sync::Mutex::default(),
            remembered: Mutex::default(),
            comparing: Semaphore::new(COMPARED_AT_ONCE_MAX),
        })
    }

    /// Finds whose token it is; `None` for a wrong name or password, without saying which.
    pub(super) async fn enter(&self, token: &UsernameToken) -> Result<Option<Sender>, ServeError> {
        let accounts = self.accounts().await?;
        let Some(account) = accounts.get(&token.username) else {
            self.fits(token, NOBODY).await;
            return Ok(None);
        };
        for password in account.passwords.iter().rev() {
            if self.fits(token, &password.hash).await {
                let account = Arc::clone(account);
                return Ok(Some(Sender { account, password: password.id }));
            }
        }
        Ok(None)
    }

    async fn accounts(&self) -> Result<Arc<Accounts>, ServeError> {
        let mut picture = self.accounts.lock().await;
        if let Some((at, accounts)) = picture.as_ref()
            && at.elapsed() < ACCOUNTS_AGE_MAX
        {
            return Ok(Arc::clone(accounts));
        }
        let rows = self.store.accounts().await?;
        let accounts: Accounts = rows.into_iter().map(|row| (row.name.to_string(), Arc::new(row))).collect();
        let accounts = Arc::new(accounts);
        *picture = Some((Instant::now(), Arc::clone(&accounts)));
        Ok(accounts)
    }

    /// Whether the token's password fits a hash: from memory, or by comparing.
    async fn fits(&self, token: &UsernameToken, hash: &str) -> bool {
        let mark = self.mark(token, hash);
        if let Some(was_right) = self.recall(&mark) {
            return was_right;
        }
        // The semaphore is never closed.
        let Ok(_permit) = self.comparing.acquire().await else { return false };
        // Whoever waited may find that the same was just compared for somebody else.
        if let Some(was_right) = self.recall(&mark) {
            return was_right;
        }
        let (password, hash) = (token.password.clone(), hash.to_owned());
        let compared = tokio::task::spawn_blocking(move || password::verify(&password, &hash));
        let was_right = compared.await.unwrap_or(false);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(mark, Remembered { was_right, at: Instant::now() });
        was_right
    }

    fn recall(&self, mark: &[u8; 32]) -> Option<bool> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let Remembered { was_right, at } = *remembered.get(mark)?;
        let holds_for = if was_right { RIGHT_FOR } else { WRONG_FOR };
        (at.elapsed() < holds_for).then_some(was_right)
    }

    /// Stands for a name, a password and the hash that it was compared with, so that another hash of the same name is another mark.
    fn mark(&self, token: &UsernameToken, hash: &str) -> [u8; 32] {
        let mut mark = Sha256::new();
        mark.update(self.key);
        for part in [token.username.as_str(), token.password.expose(), hash] {
            mark.update((part.len() as u64).to_le_bytes());
            mark.update(part.as_bytes());
        }
        mark.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use ims_es::common::Secret;
    use store::Timestamp;
    use store::ims::{CallLimits, NewAccount};

    use super::*;

    fn token(username: &str, password: &str) -> UsernameToken {
        let password = Secret::new(password.to_owned());
        UsernameToken { username: username.to_owned(), password, ..UsernameToken::default() }
    }

    async fn store() -> Store {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let new = NewAccount {
            name: "sis".into(),
            site: "campus".into(),
            root_key: "root".into(),
            root_body: "".into(),
            hash: password::hash(&Secret::new("first-for-tests".into())).unwrap().into(),
            limits: CallLimits { at_once_max: 10, per_minute_max: 0 },
        };
        store.add_account(&new, "ada", "a test", Timestamp(1)).await.unwrap();
        store
    }

    #[tokio::test]
    async fn two_passwords_hold_while_a_sender_changes_over() {
        let store = store().await;
        let check = async |password: &str, expected: bool| {
            // A door of its own, so that nothing is remembered.
            let door = Door::new(store.clone()).unwrap();
            let entered = door.enter(&token("sis", password)).await.unwrap();
            assert_eq!(entered.is_some(), expected, "{password}");
        };
        let second = password::hash(&Secret::new("second-for-tests".into())).unwrap();
        check("first-for-tests", true).await;
        check("second-for-tests", false).await;
        store.add_password("sis", &second, "ada", "", Timestamp(2)).await.unwrap();
        check("first-for-tests", true).await;
        check("second-for-tests", true).await;
        assert!(store.add_password("sis", &second, "ada", "", Timestamp(3)).await.is_err());
        store.drop_older_password("sis", "ada", "", Timestamp(4)).await.unwrap();
        check("first-for-tests", false).await;
        check("second-for-tests", true).await;
        assert!(store.drop_older_password("sis", "ada", "", Timestamp(5)).await.is_err());
    }

    #[tokio::test]
    async fn a_password_is_compared_once_and_remembered() {
        let door = Door::new(store().await).unwrap();
        assert!(door.enter(&token("sis", "first-for-tests")).await.unwrap().is_some());
        assert!(door.enter(&token("sis", "wrong")).await.unwrap().is_none());
        assert!(door.enter(&token("nobody", "wrong")).await.unwrap().is_none());
        assert_eq!(door.remembered.lock().unwrap().len(), 3);
        let begun = Instant::now();
        for _ in 0..1_000 {
            assert!(door.enter(&token("sis", "first-for-tests")).await.unwrap().is_some());
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(door.enter(&token("sis ", "first-for-tests")).await.unwrap().is_none());
        assert!(door.enter(&token("SIS", "first-for-tests")).await.unwrap().is_none());
    }

    #[test]
    fn the_hash_of_nobody_is_compared_as_slowly_as_any() {
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODY).is_ok());
    }
}

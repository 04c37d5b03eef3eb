//! What differs from one itslearning to another: who may come in, what is switched on, how much it takes at a time.
//!
//! Not here: data (`world/`) and faults (`faults.rs`).

use std::time::Duration;

use ims_es::operation::Operation;

/// One itslearning.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The title of the top group.
    pub site_title: String,
    /// The sync key of the top group, which somebody chose; none until then (facts/ims-es.md §2.3).
    pub root_key: Option<String>,
    /// Who may come in.
    pub accounts: Vec<Account>,
    /// More items under way than this, and the service is busy. itslearning asks for fewer than ten (§6, trap 19).
    pub in_flight_max: usize,
    /// A batch of more items finds the service busy as well. itslearning discourages more than 50 (§6, trap 19); that it
    /// enforces it is (inferred).
    pub batch_max: usize,
    /// The largest message, in bytes. WCF stops at 65,536 unless raised (§1.5); fifty persons need more.
    pub message_bytes_max: usize,
    /// Whether relatives are kept (§5.2: a disabled parent portal answers with a warning).
    pub parent_portal: bool,
    /// Whether `readAllPersons` is enabled (§5.2).
    pub read_all_persons: bool,
    /// Operations that the integration may not use.
    pub not_offered: Vec<Operation>,
    /// How long the work takes.
    pub latency: Latency,
}

/// Who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// How long the work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// For each call.
    pub call: Duration,
    /// For each item of it.
    pub item: Duration,
    /// Whether it passes, or is only added up.
    pub time: Time,
}

/// Whether time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The answer comes when the work is done.
    Real,
    /// The answer comes at once, and the server adds up how long the calls would have taken, one after the other.
    Simulated,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            site_title: "Simulated itslearning".to_owned(),
            root_key: Some("root".to_owned()),
            accounts: vec![Account::new("muster", "password-for-tests")],
            in_flight_max: 10,
            batch_max: 50,
            message_bytes_max: 4 << 20,
            parent_portal: true,
            read_all_persons: true,
            not_offered: Vec::new(),
            latency: Latency { call: Duration::ZERO, item: Duration::ZERO, time: Time::Real },
        }
    }
}

impl Account {
    /// An account.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Account {
        Account { username: username.to_owned(), password: password.to_owned() }
    }
}

impl Latency {
    /// How long a call with so many items takes.
    pub(super) fn of(self, items: usize) -> Duration {
        self.call + self.item.saturating_mul(u32::try_from(items).unwrap_or(u32::MAX))
    }
}

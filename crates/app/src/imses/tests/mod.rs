//! The service from the inside: whole messages in, whole messages out, on a database in memory or on a server.
//!
//! Not here: HTTP and the program (`tests/it/imses.rs`).

mod decisions;
mod groups;
mod memberships;
mod messages;
mod model;
mod noise;
mod persons;
mod source;
mod two_services;
// The store's tests make databases on a server in the same way.
#[expect(dead_code, reason = "these tests look at no database, they only need one")]
#[path = "../../../../store/tests/it/place.rs"]
mod place;

use hyper::body::Bytes;
use ims_es::common::{ExtensionField, IdentifierPair};
use ims_es::envelope::{CallHeader, Reply, read_reply, write_call};
use ims_es::group::object::{Description, Group, GroupIdPair, OrganisationType, Relationship};
use ims_es::limits::Limits;
use ims_es::operation::Call;
use ims_es::policy::{LongTitle, Policy};
use ims_es::status_info::{StatusBlock, StatusInfo};
use ims_es::wsdl::Endpoint;
use store::Store;
use store::ims::{CallLimits, NewAccount};

use super::Ims;
use super::call::Answered;
use crate::clock::Clock;
use crate::config::{ImsConfig, KeepBodies};

/// The password of every account of these tests, and of the fixtures.
pub(super) const PASSWORD: &str = "password-for-tests";

/// A service with the account `sis` of the site `campus`, and the account `other` of another site.
pub(super) struct Campus {
    pub(super) ims: Ims,
    pub(super) store: Store,
    /// Goes with the campus.
    _database: Option<place::Place>,
}

pub(super) fn settings() -> ImsConfig {
    ImsConfig {
        limits: Limits::default(),
        policy: Policy { long_title: LongTitle::Refuse },
        answer_objects_max: 100,
        response_security: true,
        wsdl_policy: true,
        public_url: None,
        clock_skew_s: 300,
        repeat_s: 3_600,
        keep_bodies: KeepBodies::All,
        bodies_days: 14,
        log_days: 90,
    }
}

/// How many random cases a property is tried with: a campus on a server takes a second to set up.
pub(super) fn cases(in_memory: u32) -> u32 {
    if place::server().is_some() { in_memory / 10 } else { in_memory }
}

/// A hash that is quickly compared.
fn weak_hash() -> String {
    use argon2::password_hash::PasswordHasher;
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}

impl Campus {
    pub(super) async fn open() -> Campus {
        Campus::with(settings()).await
    }

    pub(super) async fn with(settings: ImsConfig) -> Campus {
        let database = if place::server().is_some() { Some(place::Place::new().await) } else { None };
        let url = database.as_ref().map_or("sqlite::memory:", place::Place::url);
        let store = Store::open(url).await.unwrap();
        let root = ims_es::keep::keep(&titled("Campus")).unwrap();
        for (name, site) in [("sis", "campus"), ("other", "elsewhere")] {
            let new = NewAccount {
                name: name.into(),
                site: site.into(),
                root_key: "root".into(),
                root_body: root.as_str().into(),
                hash: weak_hash().into(),
                limits: CallLimits { at_once_max: 10, per_minute_max: 0 },
            };
            store.add_account(&new, "ada", "a test", Clock::default().now()).await.unwrap();
        }
        let ims = Ims::begin(store.clone(), Clock::default(), settings).unwrap();
        Campus { ims, store, _database: database }
    }

    /// Sends bytes to the combined address.
    pub(super) async fn raw(&self, action: Option<&str>, bytes: impl Into<Bytes>) -> Answered {
        self.ims.answer(Endpoint::Combined, action, bytes.into()).await
    }

    /// Sends a request of an account under a name of its own.
    pub(super) async fn call_as<C: Call>(&self, account: &str, identifier: &str, call: &C) -> Reply<C> {
        let mut bytes = Vec::new();
        write_call(&mut bytes, &CallHeader::new(identifier, account, PASSWORD), call).unwrap();
        let answered = self.raw(Some(&C::OPERATION.soap_action()), bytes).await;
        let text = String::from_utf8_lossy(&answered.body).into_owned();
        assert_eq!(answered.status, 200, "{text}");
        let reply = read_reply::<C>(&answered.body[..], Limits::default(), call.items());
        reply.unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Sends a request without a name.
    pub(super) async fn call<C: Call>(&self, call: &C) -> Reply<C> {
        self.call_as("sis", "", call).await
    }

    /// Sends a request and compares its statuses in short.
    #[track_caller]
    pub(super) fn check<'a, C: Call + Sync>(
        &'a self,
        call: &'a C,
        expected: &'a [&'a str],
    ) -> impl Future<Output = C::Reply> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let reply = self.call(call).await;
            let found: Vec<String> = reply.status.statuses().iter().map(short).collect();
            let texts: Vec<&str> = reply.status.statuses().iter().map(StatusInfo::text).collect();
            assert_eq!(found, expected, "at {place}: {texts:?}");
            reply.body
        }
    }
}

/// A status in short: `ok`, or the minor code, marked where it is a warning.
pub(super) fn short(status: &StatusInfo) -> String {
    use ims_es::status_info::Ending;
    let code = status.code().map(|code| code.as_str()).unwrap_or_default();
    match status.ending() {
        Ending::Done => "ok".to_owned(),
        Ending::DoneWithWarning => format!("warning {code}"),
        Ending::Refused(_) => code.to_owned(),
        Ending::Processing | Ending::Unsupported => "other".to_owned(),
    }
}

pub(super) fn titled(title: &str) -> Group {
    let description = Description { desc_short: Some(title.to_owned()), ..Description::default() };
    Group { description: Some(description), ..Group::default() }
}

/// A whole group.
pub(super) fn group(kind: OrganisationType, parent: &str, title: &str) -> Group {
    Group {
        group_type: Some(kind.to_group_type()),
        relationships: vec![Relationship::parent(parent)],
        ..titled(title)
    }
}

/// A whole course.
pub(super) fn course(parent: &str, title: &str) -> Group {
    let extension = vec![ExtensionField::new("course", "String", title)];
    Group { extension, ..group(OrganisationType::Course, parent, title) }
}

pub(super) fn pair(key: &str, group: Group) -> GroupIdPair {
    GroupIdPair { sourced_id: Some(key.to_owned()), group: Some(group) }
}

pub(super) fn renaming(pairs: &[(&str, &str)]) -> Vec<IdentifierPair> {
    let pair = |(before, after): &(&str, &str)| IdentifierPair {
        first_id: Some((*before).to_owned()),
        second_id: Some((*after).to_owned()),
    };
    pairs.iter().map(pair).collect()
}

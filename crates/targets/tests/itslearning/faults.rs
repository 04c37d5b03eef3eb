//! Each fault at each kind of operation: the same end, and an honest outcome for each item.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_group::CreateGroup;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::object::OrganisationType::Unspecified;
use ims_es::group::read_groups::ReadGroups;
use ims_es::group::replace_groups::ReplaceGroups;
use ims_es::group::update_groups::UpdateGroups;
use ims_es::membership::create_memberships::CreateMemberships;
use ims_es::membership::delete_memberships::DeleteMemberships;
use ims_es::membership::read_memberships_for_group::ReadMembershipsForGroup;
use ims_es::person::create_persons::CreatePersons;
use ims_es::person::delete_persons::DeletePersons;
use ims_es::person::read_persons::ReadPersons;
use simulators::itslearning::{Fault, FaultRule, Server, When, World};
use targets::itslearning::{Effect, ItemOutcome, Itslearning, ItslearningSettings};

use crate::lab::{change, group, membership, person, settings};

const FAULTS: [Fault; 18] = Fault::all(20, 2);

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    CreateOne,
    Create,
    Update,
    Replace,
    ChangeKeys,
    Delete,
    Read,
    CreatePersons,
    DeletePersons,
    ReadPersons,
    CreateMemberships,
    DeleteMemberships,
    ReadMemberships,
}

const KINDS: [Kind; 13] = [
    Kind::CreateOne,
    Kind::Create,
    Kind::Update,
    Kind::Replace,
    Kind::ChangeKeys,
    Kind::Delete,
    Kind::Read,
    Kind::CreatePersons,
    Kind::DeletePersons,
    Kind::ReadPersons,
    Kind::CreateMemberships,
    Kind::DeleteMemberships,
    Kind::ReadMemberships,
];

/// A world with a few of everything.
async fn furnished() -> (Server, Itslearning) {
    let server = Server::start(World::default()).await.unwrap();
    // Short enough for the faults that hang.
    let settings = ItslearningSettings { timeout: Duration::from_secs(1), ..settings(&server.url()) };
    let client = Itslearning::new(settings).unwrap();
    let groups = ["a", "b", "c", "d"].map(|key| group(key, "root", Unspecified, "Group"));
    client.write_all::<CreateGroups>(&groups).await;
    client.write_all::<CreatePersons>(&["ada", "bob"].map(person)).await;
    let memberships = [membership("m1", "a", "ada"), membership("m2", "a", "bob")];
    let made = client.write_all::<CreateMemberships>(&memberships).await;
    assert_eq!(made, [ItemOutcome::Done, ItemOutcome::Done]);
    server.clear_calls();
    (server, client)
}

/// Carries one operation out; reading tells what was read.
async fn carry_out(client: &Itslearning, kind: Kind) -> (Vec<ItemOutcome>, String) {
    let titled = |title: &str| ["a", "b", "e", "f"].map(|key| group(key, "root", Unspecified, title));
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let written = match kind {
        Kind::CreateOne => {
            let pair = group("e", "root", Unspecified, "One");
            let answer = client.call(&CreateGroup { sourced_id: pair.sourced_id, group: pair.group }).await;
            answer.unwrap().outcomes()
        }
        Kind::Create => client.write_all::<CreateGroups>(&titled("Created")).await,
        Kind::Update => client.write_all::<UpdateGroups>(&titled("Updated")).await,
        Kind::Replace => client.write_all::<ReplaceGroups>(&titled("Replaced")).await,
        Kind::ChangeKeys => {
            client.write_all::<ChangeGroupsIdentifier>(&[change("a", "a2"), change("b", "b2")]).await
        }
        Kind::Delete => client.write_all::<DeleteGroups>(&keys(&["a", "b", "c"])).await,
        Kind::CreatePersons => client.write_all::<CreatePersons>(&["ada", "eve"].map(person)).await,
        Kind::DeletePersons => client.write_all::<DeletePersons>(&keys(&["ada", "bob"])).await,
        Kind::CreateMemberships => {
            let pairs = [membership("m3", "b", "ada"), membership("m4", "b", "bob")];
            client.write_all::<CreateMemberships>(&pairs).await
        }
        Kind::DeleteMemberships => client.write_all::<DeleteMemberships>(&keys(&["m1", "m2"])).await,
        Kind::Read => {
            let answer = client.call(&ReadGroups { sourced_ids: keys(&["a", "b"]) }).await.unwrap();
            return (answer.outcomes(), format!("{:?}", answer.reply));
        }
        Kind::ReadPersons => {
            let answer = client.call(&ReadPersons { sourced_ids: keys(&["ada", "bob"]) }).await.unwrap();
            return (answer.outcomes(), format!("{:?}", answer.reply));
        }
        Kind::ReadMemberships => {
            let request = ReadMembershipsForGroup { group_sourced_id: Some("a".to_owned()) };
            let answer = client.call(&request).await.unwrap();
            return (answer.outcomes(), format!("{:?}", answer.reply));
        }
    };
    (written, String::new())
}

/// The world after an operation, and what it read.
async fn end_of(kind: Kind) -> (Kind, String, String) {
    let (server, client) = furnished().await;
    let (_, read) = carry_out(&client, kind).await;
    (kind, server.world().picture(), read)
}

async fn check(fault: Fault, times: usize, expected: &(Kind, String, String)) {
    let (kind, expected_world, expected_read) = expected;
    let (server, client) = furnished().await;
    server.faults().push(FaultRule { when: When::Call(1), fault, times });
    let (outcomes, read) = carry_out(&client, *kind).await;
    // A fault that brings no repetition strikes once.
    assert!(times > 1 || server.faults().pending() == 0, "{fault:?} {kind:?}");
    assert_eq!(server.world().picture(), *expected_world, "{fault:?} {kind:?}");
    assert_eq!(read, *expected_read, "{fault:?} {kind:?}");
    let is_fine = |outcome: &ItemOutcome| matches!(outcome, ItemOutcome::Done | ItemOutcome::AlreadySo);
    assert!(outcomes.iter().all(is_fine), "{fault:?} {kind:?}: {outcomes:?}");
}

async fn check_all(faults: impl Iterator<Item = Fault>, times: usize) {
    let ends = stream::iter(KINDS).map(end_of).buffer_unordered(RUNS_AT_ONCE).collect::<Vec<_>>().await;
    let runs = faults.flat_map(|fault| ends.iter().map(move |end| check(fault, times, end)));
    stream::iter(runs).buffer_unordered(RUNS_AT_ONCE).collect::<()>().await;
}

/// Few, for each has a server and a client, and a client waits for its answer only so long.
const RUNS_AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_at_each_kind_of_operation_leads_to_the_same_end() {
    check_all(FAULTS.into_iter(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_comes_twice_leads_to_the_same_end() {
    // A second half is no half of what is left.
    check_all(FAULTS.into_iter().filter(|fault| *fault != Fault::BusyForHalf), 2).await;
}

#[tokio::test]
async fn a_repetition_is_the_same_message() {
    let (server, client) = furnished().await;
    server.faults().push(FaultRule::once(When::Call(1), Fault::LostAfter));
    carry_out(&client, Kind::Create).await;
    let calls = server.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].message_identifier, calls[1].message_identifier);
    assert!(calls[0].message_identifier.starts_with("muster-"));
}

#[tokio::test]
async fn what_a_lost_attempt_deleted_is_so_already_and_no_refusal() {
    let (server, client) = furnished().await;
    server.faults().push(FaultRule::once(When::Write(1), Fault::HalfBatch));
    let (outcomes, _) = carry_out(&client, Kind::Delete).await;
    assert_eq!(outcomes, [ItemOutcome::AlreadySo, ItemOutcome::Done, ItemOutcome::Done]);
}

#[tokio::test]
async fn a_service_that_answers_no_more_stops_the_list_and_nothing_is_claimed() {
    let (server, client) = furnished().await;
    server.faults().push(FaultRule { when: When::Write(2), fault: Fault::LostAfter, times: usize::MAX });
    let outcomes = client.write_all::<CreateGroups>(&crate::lab::groups(130)).await;
    assert!(outcomes[..50].iter().all(|outcome| *outcome == ItemOutcome::Done));
    for outcome in &outcomes[50..100] {
        let ItemOutcome::Failed(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!((&*error.code, error.effect), ("no_answer", Effect::Unknown));
    }
    assert!(outcomes[100..].iter().all(|outcome| *outcome == ItemOutcome::NotTried));
}

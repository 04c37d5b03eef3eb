//! Calls that are answered: statuses in their places, batches, order, what is under way, what the service was too busy
//! for.

use std::time::Duration;

use futures_util::future::join_all;
use ims_es::common::Relation;
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_group::CreateGroup;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::object::OrganisationType::{CourseGroup, School, Unspecified};
use ims_es::group::read_groups::ReadGroups;
use ims_es::lexical::Lexical;
use ims_es::membership::read_memberships_for_group::ReadMembershipsForGroup;
use ims_es::status::CodeMinor;
use simulators::itslearning::{Latency, Server, Settings, Time, World};
use targets::itslearning::{ItemOutcome, Itslearning, ItslearningSettings, Kind, Retry};

use crate::lab::{change, group, groups, settings, start};

fn codes(outcomes: &[ItemOutcome]) -> Vec<Option<CodeMinor>> {
    let code = |outcome: &ItemOutcome| match outcome {
        ItemOutcome::Refused(said) => said.code,
        _ => None,
    };
    outcomes.iter().map(code).collect()
}

#[tokio::test]
async fn each_item_has_its_outcome_in_its_place() {
    let (server, client) = start(World::default()).await;
    let pairs = [
        group("school", "root", School, "School"),
        group("lost", "nowhere", Unspecified, "Lost"),
        group("inner", "school", School, "Inner"),
        group("club", "school", Unspecified, "Club"),
        group("tutorial", "club", CourseGroup, "Tutorial"),
    ];
    let outcomes = client.write_all::<CreateGroups>(&pairs).await;
    let invalid = Some(CodeMinor::InvalidData);
    assert_eq!(codes(&outcomes), [None, invalid, invalid, None, invalid]);
    assert_eq!(server.world().group_count(), 2);
}

#[tokio::test]
async fn what_was_read_comes_with_its_statuses() {
    let (_server, client) = start(World::default()).await;
    client.write_all::<CreateGroups>(&groups(2)).await;
    let sourced_ids = ["g0000", "nowhere", "g0001"].map(str::to_owned).to_vec();
    let answer = client.call(&ReadGroups { sourced_ids }).await.unwrap();
    assert_eq!(codes(&answer.outcomes()), [None, Some(CodeMinor::UnknownObject), None]);
    assert_eq!((answer.reply.groups.len(), answer.attempts), (2, 1));
}

#[tokio::test]
async fn an_object_that_is_not_known_is_an_outcome_and_no_error() {
    let (_server, client) = start(World::default()).await;
    let request = ReadMembershipsForGroup { group_sourced_id: Some("nowhere".to_owned()) };
    let answer = client.call(&request).await.unwrap();
    assert_eq!(codes(&answer.outcomes()), [Some(CodeMinor::UnknownObject)]);
}

#[tokio::test]
async fn a_long_list_goes_out_in_batches_of_fifty_and_in_order() {
    let (server, client) = start(World::default()).await;
    // Each group stands below the one before it: any other order would be refused.
    let chain: Vec<_> = (0..120)
        .map(|number: u32| {
            let parent = number.checked_sub(1).map_or("root".to_owned(), |above| format!("c{above}"));
            group(&format!("c{number}"), &parent, Unspecified, "Chain")
        })
        .collect();
    let outcomes = client.write_all::<CreateGroups>(&chain).await;
    assert_eq!(outcomes, vec![ItemOutcome::Done; 120]);
    assert_eq!(server.calls().iter().map(|call| call.items).collect::<Vec<_>>(), [50, 50, 20]);
    assert_eq!(client.counts().messages, 3);
}

#[tokio::test]
async fn one_value_that_spoils_a_batch_is_found_and_its_neighbours_are_done() {
    let (server, client) = start(World::default()).await;
    let mut pairs = groups(20);
    let bad = pairs[13].group.as_mut().unwrap();
    bad.relationships[0].relation = Lexical::<Relation>::read("Above".to_owned());
    let outcomes = client.write_all::<CreateGroups>(&pairs).await;
    let failed: Vec<usize> =
        (0..20).filter(|place| matches!(outcomes[*place], ItemOutcome::Failed(_))).collect();
    assert_eq!((failed, server.world().group_count()), (vec![13], 19));
    assert!(server.calls().len() <= 11, "{}", server.calls().len());
}

#[tokio::test]
async fn a_value_that_is_no_xml_is_an_error_of_its_item_and_is_not_sent() {
    let (server, client) = start(World::default()).await;
    let mut pairs = groups(2);
    pairs[0] = group("bell", "root", Unspecified, "Bell \u{7}");
    let outcomes = client.write_all::<CreateGroups>(&pairs).await;
    let ItemOutcome::Failed(error) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!((&*error.code, error.kind, &outcomes[1]), ("unwritable", Kind::Item, &ItemOutcome::Done));
    assert_eq!(server.world().group_count(), 1);
}

/// A service whose calls take so long.
async fn slow(call_ms: u64) -> (Server, Itslearning) {
    let latency = Latency { call: Duration::from_millis(call_ms), item: Duration::ZERO, time: Time::Real };
    start(World::new(Settings { latency, ..Settings::default() })).await
}

#[tokio::test]
async fn many_callers_together_stay_below_ten_items_under_way() {
    let (server, client) = slow(5).await;
    let callers = (0..40).map(|caller| {
        let client = client.clone();
        tokio::spawn(async move {
            let pairs: Vec<_> = (0..caller % 5 + 1)
                .map(|number| group(&format!("{caller}-{number}"), "root", Unspecified, "Group"))
                .collect();
            // Both ways, to share the limit.
            let called = client.call(&CreateGroups { pairs: pairs.clone() }).await.unwrap().outcomes();
            [called, client.write_all::<CreateGroups>(&pairs).await].concat()
        })
    });
    let outcomes: Vec<_> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    assert!(outcomes.iter().all(|outcome| *outcome == ItemOutcome::Done));
    assert!(server.in_flight_most() <= 9, "{}", server.in_flight_most());
    assert_eq!(client.counts().troubled, 0);
}

#[tokio::test]
async fn clients_that_do_not_know_of_each_other_wait_when_the_service_is_busy() {
    let (server, _) = slow(700).await;
    let retry =
        Retry { times_max: 8, wait_min: Duration::from_millis(400), wait_max: Duration::from_secs(2) };
    let patient = || Itslearning::new(ItslearningSettings { retry, ..settings(&server.url()) }).unwrap();
    let (first, second) = (patient(), patient());
    let create = async |client: &Itslearning, name: &str| {
        let pairs = (0..9).map(|number| group(&format!("{name}{number}"), "root", Unspecified, "Group"));
        client.write_all::<CreateGroups>(&pairs.collect::<Vec<_>>()).await
    };
    let (one, other) = tokio::join!(create(&first, "a"), create(&second, "b"));
    assert_eq!([one, other].concat(), vec![ItemOutcome::Done; 18]);
    assert!(first.counts().troubled + second.counts().troubled > 0);
}

#[tokio::test]
async fn a_service_that_stays_busy_is_told_as_such() {
    let (server, client) = start(World::default()).await;
    server.world().settings_mut().batch_max = 0;
    let outcomes = client.write_all::<CreateGroups>(&groups(3)).await;
    assert_eq!(outcomes, vec![ItemOutcome::Busy; 3]);
    assert_eq!(client.counts().messages, 4);
}

#[tokio::test]
async fn a_chain_of_new_keys_is_followed_pair_by_pair() {
    let (server, client) = start(World::default()).await;
    client.write_all::<CreateGroups>(&groups(2)).await;
    let pairs = [change("g0001", "new"), change("g0000", "g0001"), change("g0000", "other")];
    let outcomes = client.write_all::<ChangeGroupsIdentifier>(&pairs).await;
    assert_eq!(codes(&outcomes), [None, None, Some(CodeMinor::UnknownObject)]);
    assert!(server.world().group("new").is_some());
}

#[tokio::test]
async fn each_service_is_asked_at_its_own_address() {
    let (server, _) = start(World::default()).await;
    let url = server.url().replace("ImsEnterpriseServicesPort", "PersonManagementServiceSync");
    let client = Itslearning::new(ItslearningSettings { url, ..settings("") }).unwrap();
    let group = group("a", "root", Unspecified, "A");
    let request = CreateGroup { sourced_id: group.sourced_id, group: group.group };
    assert_eq!(client.call(&request).await.unwrap().outcomes(), [ItemOutcome::Done]);
}

#[tokio::test]
async fn nothing_is_sent_for_an_empty_list() {
    let (server, client) = start(World::default()).await;
    assert_eq!(client.write_all::<CreateGroups>(&[]).await, []);
    assert_eq!(server.calls(), []);
}

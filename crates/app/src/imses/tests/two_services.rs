//! Two services on one database, as behind a load balancer: what one has acknowledged, the other shows.

use ims_es::group::create_group::CreateGroup;
use ims_es::group::delete_group::DeleteGroup;
use ims_es::group::object::OrganisationType;
use ims_es::group::read_group::ReadGroup;
use ims_es::membership::create_membership::CreateMembership;
use ims_es::membership::read_memberships_for_group::ReadMembershipsForGroup;

use super::{Campus, group, memberships, persons, settings};
use crate::clock::Clock;
use crate::imses::Ims;

/// A service, and another one on the same database.
async fn two() -> (Campus, Campus) {
    let campus = Campus::open().await;
    let store = campus.store.clone();
    let ims = Ims::begin(store.clone(), Clock::default(), settings()).unwrap();
    (campus, Campus { ims, store, _database: None })
}

fn create(key: &str, title: &str) -> CreateGroup {
    let group = group(OrganisationType::School, "root", title);
    CreateGroup { sourced_id: Some(key.to_owned()), group: Some(group) }
}

async fn title(campus: &Campus, key: &str) -> Option<String> {
    let call = ReadGroup { sourced_id: Some(key.to_owned()) };
    campus.call(&call).await.body.group.and_then(|group| group.description?.desc_short)
}

#[tokio::test]
async fn what_one_service_wrote_the_other_reads_at_once() {
    let (one, other) = two().await;
    for round in 0..20 {
        let (writer, reader) = if round % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let new = format!("Title {round}");
        writer.check(&create("a", &new), &["ok"]).await;
        // Twice, so that the second is from memory.
        for service in [reader, writer, reader, writer] {
            assert_eq!(title(service, "a").await.as_deref(), Some(&*new), "in round {round}");
        }
        writer.check(&DeleteGroup { sourced_id: Some("a".into()) }, &["ok"]).await;
        assert_eq!(title(reader, "a").await, None, "in round {round}");
    }
}

#[tokio::test]
async fn what_is_read_about_one_object_and_stands_in_another_is_read_anew() {
    let (one, other) = two().await;
    one.check(&create("a", "A"), &["ok"]).await;
    let members = async |service: &Campus| {
        let call = ReadMembershipsForGroup { group_sourced_id: Some("a".into()) };
        service.call(&call).await.body.pairs.len()
    };
    for count in 0..5 {
        assert_eq!([members(&other).await, members(&other).await], [count, count]);
        let (person, key) = (format!("p{count}"), format!("m{count}"));
        persons::create(&one, &[&person]).await;
        let membership = Some(memberships::membership("a", &person, "Learner", None));
        one.check(&CreateMembership { sourced_id: Some(key), membership }, &["ok"]).await;
    }
    assert_eq!(members(&other).await, 5);
    // The same keys mean something else in another site.
    let reply = other.call_as("other", "", &ReadGroup { sourced_id: Some("a".into()) }).await;
    assert!(reply.body.group.is_none());
}

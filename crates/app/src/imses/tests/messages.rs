//! What holds for every message: who is let in, what is a fault, what comes again, what is noted (features Y, Z15, Z16).

use ims_es::envelope::{CallHeader, write_call};
use ims_es::group::create_group::CreateGroup;
use ims_es::group::delete_group::DeleteGroup;
use ims_es::group::object::OrganisationType;
use ims_es::group::read_group::ReadGroup;
use ims_es::operation::{Call, Operation};
use ims_es::status_info::StatusBlock;
use store::ims::{CallLimits, MessageFilter, MessageOutcome, MessageRow};

use super::{Campus, PASSWORD, group, settings, short};
use crate::clock::Clock;
use crate::config::{ImsConfig, KeepBodies};

fn create(key: &str, title: &str) -> CreateGroup {
    let group = group(OrganisationType::Unspecified, "root", title);
    CreateGroup { sourced_id: Some(key.to_owned()), group: Some(group) }
}

fn read(key: &str) -> ReadGroup {
    ReadGroup { sourced_id: Some(key.to_owned()) }
}

fn bytes_of<C: Call>(call: &C, user: &str, password: &str) -> String {
    let mut bytes = Vec::new();
    write_call(&mut bytes, &CallHeader::new("msg-1", user, password), call).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// What is noted of the messages so far, newest first.
async fn log(campus: &Campus, filter: MessageFilter) -> Vec<MessageRow> {
    campus.ims.end().await;
    campus.store.messages(&MessageFilter { limit: 100, ..filter }).await.unwrap()
}

async fn title(campus: &Campus, key: &str) -> Option<String> {
    campus.call(&read(key)).await.body.group.and_then(|group| group.description?.desc_short)
}

#[tokio::test]
async fn y8_every_other_way_in_is_a_fault() {
    let campus = Campus::open().await;
    let call = read("root");
    let good = bytes_of(&call, "sis", PASSWORD);
    let check = async |text: String, action: Option<&str>, expected: &str| {
        let answered = campus.raw(action, text).await;
        let body = String::from_utf8_lossy(&answered.body).into_owned();
        let fault = body.split_once(">a:").and_then(|(_, rest)| rest.split_once('<')).map(|(word, _)| word);
        let found =
            fault.map_or_else(|| answered.status.to_string(), |word| format!("{} {word}", answered.status));
        assert_eq!(found, expected, "{body}");
    };
    let read_action = Operation::ReadGroup.soap_action();
    check(good.clone(), Some(&read_action), "200").await;
    check(good.clone(), Some(&format!("\"{read_action}\"")), "200").await;
    check(good.clone(), None, "200").await;
    check(good.clone(), Some("\"\""), "200").await;
    check(bytes_of(&call, "sis", "wrong"), None, "500 FailedAuthentication").await;
    check(bytes_of(&call, "nobody", PASSWORD), None, "500 FailedAuthentication").await;
    check(
        good.clone(),
        Some("http://www.imsglobal.org/soap/gms/createByProxyGroup"),
        "500 ActionNotSupported",
    )
    .await;
    check(good.clone(), Some(&Operation::DeleteGroup.soap_action()), "500 ActionNotSupported").await;
    check(good.replace("o:Security", "o:Insecurity"), None, "500 InvalidSecurity").await;
    let foreign = "<x:trace xmlns:x=\"urn:x\" soap:mustUnderstand=\"1\"/></soap:Header>";
    let prefix = good.split_once(":Envelope").unwrap().0.rsplit('<').next().unwrap().to_owned();
    let foreign = foreign.replace("soap:", &format!("{prefix}:"));
    check(good.replace(&format!("</{prefix}:Header>"), &foreign), None, "500 MustUnderstand").await;
    let old = "<u:Timestamp><u:Created>2020-01-01T00:00:00Z</u:Created><u:Expires>2020-01-01T00:05:00Z</u:Expires></u:Timestamp><o:UsernameToken";
    check(good.replace("<o:UsernameToken", old), None, "500 InvalidSecurity").await;
    check(good[..good.len() - 9].to_owned(), None, "400").await;
    check(format!("<!DOCTYPE x>{good}"), None, "400").await;
    check(String::new(), None, "400").await;
}

#[tokio::test]
async fn no_account_sees_the_site_of_another() {
    let campus = Campus::open().await;
    campus.call_as("sis", "", &create("a", "Ours")).await;
    let reply = campus.call_as("other", "", &read("a")).await;
    assert_eq!(short(&reply.status), "unknownobject");
    let reply = campus.call_as("other", "", &create("a", "Theirs")).await;
    assert_eq!(short(&reply.status), "ok");
    campus.call_as("other", "", &DeleteGroup { sourced_id: Some("a".into()) }).await;
    assert_eq!(title(&campus, "a").await.as_deref(), Some("Ours"));
}

#[tokio::test]
async fn z16_a_message_that_comes_again_gets_the_same_answer_and_is_not_carried_out() {
    let campus = Campus::open().await;
    let delete = DeleteGroup { sourced_id: Some("a".into()) };
    campus.call_as("sis", "one", &create("a", "A")).await;
    campus.call_as("sis", "two", &delete).await;
    // Deleting again would be `unknownobject`, but this is the same message.
    let again = campus.call_as("sis", "two", &delete).await;
    assert_eq!(short(&again.status), "ok");
    let other_name = campus.call_as("sis", "three", &delete).await;
    assert_eq!(short(&other_name.status), "unknownobject");
    let outcomes: Vec<MessageOutcome> = log(&campus, MessageFilter::default())
        .await
        .into_iter()
        .map(|row| row.message.outcome)
        .rev()
        .collect();
    use MessageOutcome::{Done, Repeated};
    assert_eq!(outcomes, [Done, Done, Repeated, Done]);
    // Another account's message of that name is another message.
    let elsewhere = campus.call_as("other", "two", &delete).await;
    assert_eq!(short(&elsewhere.status), "unknownobject");
}

#[tokio::test]
async fn y1_a_client_with_one_name_for_all_its_messages_is_served() {
    let campus = Campus::open().await;
    let delete = DeleteGroup { sourced_id: Some("a".into()) };
    for _ in 0..3 {
        assert_eq!(short(&campus.call_as("sis", "always", &create("a", "A")).await.status), "ok");
        assert_eq!(title(&campus, "a").await.as_deref(), Some("A"));
        assert_eq!(short(&campus.call_as("sis", "always", &delete).await.status), "ok");
        assert_eq!(title(&campus, "a").await, None);
    }
    let reply = campus.call_as("sis", "always", &read("root")).await;
    assert_eq!(reply.message_identifier.as_deref(), Some("always"));
    assert_eq!(reply.status.statuses()[0].message_id_ref.as_deref(), Some("always"));
}

#[tokio::test]
async fn s15_whoever_has_too_much_under_way_is_told_to_wait() {
    let campus = Campus::open().await;
    let limits = CallLimits { at_once_max: 0, per_minute_max: 2 };
    campus.store.limit_account("sis", limits, "ada", "a test", Clock::default().now()).await.unwrap();
    let mut said = Vec::new();
    for key in ["a", "b", "c", "d", "e"] {
        said.push(short(&campus.call(&create(key, key)).await.status));
    }
    // The minute may have turned in between.
    assert!(said.contains(&"targetisbusy".to_owned()) && said[0] == "ok", "{said:?}");
    assert!(log(&campus, MessageFilter { only_failed: true, ..MessageFilter::default() }).await.len() <= 3);
}

#[tokio::test]
async fn z15_the_log_says_what_was_wrong_and_how_to_mend_it_and_holds_no_password() {
    let campus = Campus::open().await;
    campus.call_as("sis", "msg-7", &create("a", &"x".repeat(70))).await;
    campus.call_as("sis", "msg-8", &create("a", "A")).await;
    campus.raw(None, bytes_of(&read("root"), "sis", "wrong-for-tests")).await;
    campus.raw(None, "no xml").await;
    let failed = log(&campus, MessageFilter { only_failed: true, ..MessageFilter::default() }).await;
    let ended: Vec<String> =
        failed.iter().map(|row| format!("{} {}", row.message.outcome.as_str(), row.message.detail)).collect();
    assert_eq!(ended, ["http 400", "fault FailedAuthentication", "done "]);
    assert_eq!(&*failed[1].message.sender, "sis");
    let refused = &failed[2].message;
    assert!(refused.notes.contains("Send a title of at most 64 characters."), "{}", refused.notes);
    assert_eq!((refused.failures, &*refused.operation), (1, "createGroup"));
    let found = log(&campus, MessageFilter { text: Some("msg-8".into()), ..MessageFilter::default() }).await;
    assert_eq!(found.len(), 1);
    for row in log(&campus, MessageFilter::default()).await {
        let text = format!("{row:?}");
        assert!(!text.contains(PASSWORD) && !text.contains("wrong-for-tests"), "{text}");
        assert!(row.message.account.is_some() || row.message.body.is_none(), "{text}");
    }
    let counts = campus.store.message_counts(store::Timestamp(0)).await.unwrap();
    let sis = counts.iter().find(|row| &*row.account == "sis").unwrap();
    assert_eq!((sis.requests, sis.successes, sis.failures), (2, 1, 1), "{counts:?}");
}

#[tokio::test]
async fn bodies_are_kept_as_the_configuration_says() {
    let kept = async |keep_bodies: KeepBodies| {
        let campus = Campus::with(ImsConfig { keep_bodies, ..settings() }).await;
        campus.call(&create("a", "A")).await;
        campus.call(&create("b", "")).await;
        campus.call(&read("a")).await;
        campus.call(&read("no")).await;
        let rows = log(&campus, MessageFilter::default()).await;
        rows.iter().rev().map(|row| row.message.body.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(kept(KeepBodies::Never).await, [false; 4]);
    assert_eq!(kept(KeepBodies::Failed).await, [false, true, false, true]);
    assert_eq!(kept(KeepBodies::All).await, [true; 4]);
}

#[tokio::test]
async fn old_messages_are_forgotten_and_their_counts_stay() {
    let campus = Campus::open().await;
    campus.call(&create("a", "A")).await;
    let (past, future) = (store::Timestamp(0), store::Timestamp(i64::MAX));
    campus.store.forget_messages(future, past).await.unwrap();
    let rows = log(&campus, MessageFilter::default()).await;
    assert_eq!((rows.len(), rows[0].message.body.is_some()), (1, false));
    assert_eq!(campus.store.forget_messages(future, future).await.unwrap(), 1);
    assert_eq!(campus.store.message_counts(past).await.unwrap()[0].requests, 1);
}

#[tokio::test]
async fn the_answers_security_header_can_be_switched_off() {
    let text = async |response_security: bool| {
        let campus = Campus::with(ImsConfig { response_security, ..settings() }).await;
        let answered = campus.raw(None, bytes_of(&read("root"), "sis", PASSWORD)).await;
        String::from_utf8(answered.body).unwrap()
    };
    assert!(text(true).await.contains("<o:Security s:mustUnderstand=\"1\">"));
    assert!(!text(false).await.contains("Security"));
}

#[tokio::test]
async fn a_long_message_is_carried_out_whole() {
    let campus = Campus::open().await;
    let pairs = (0..1_000)
        .map(|at| super::pair(&format!("g{at}"), group(OrganisationType::Unspecified, "root", "G")));
    let call = ims_es::group::create_groups::CreateGroups { pairs: pairs.collect() };
    assert!(bytes_of(&call, "sis", PASSWORD).len() > super::super::call::LONG_BYTES);
    campus.check(&call, &vec!["ok"; 1_000]).await;
}

//! What was pushed, as rows of a source: courses, groups, people and roles (feature A13).
//!
//! Not here: what a run does with the rows (`tests/it/pushed.rs`).

use ims_es::common::{ExtensionField, TimeFrame, UserId};
use ims_es::group::change_group_identifier::ChangeGroupIdentifier;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::object::{Group, GroupIdPair, OrganisationType};
use ims_es::lexical::Lexical;
use ims_es::membership::create_memberships::CreateMemberships;
use ims_es::membership::object::{Member, Membership, MembershipIdPair, Role};
use ims_es::person::create_persons::CreatePersons;
use ims_es::person::object::Person;
use reconcile::keys::SourceName;
use store::ims::PushedKeys;

use super::persons::{person, person_pair};
use super::{Campus, course, group, pair};
use crate::config::{ModuleKey, PeopleKeys, PersonIs, PushedPlace, SourceConfig, SourcePlace};
use crate::sources::{Reading, SourceError, read};

fn in_period(group: Group, period: &str) -> Group {
    let time_frame = TimeFrame { admin_period: Some(period.to_owned()), ..TimeFrame::default() };
    Group { time_frame: Some(time_frame), ..group }
}

fn course_group(key: &str, course: &str, title: &str) -> GroupIdPair {
    pair(key, group(OrganisationType::CourseGroup, course, title))
}

fn coded(title: &str, code: &str) -> Group {
    let mut group = course("school", title);
    group.extension.push(ExtensionField::new("course/code", "String", code));
    group
}

/// Memberships `GROUP PERSON ROLE`; without a role there is none.
async fn join(campus: &Campus, lines: &[&str]) {
    let pairs: Vec<_> = lines
        .iter()
        .map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            let (group, person) = (words.next(), words.next());
            let role = |word| Role { role_type: Lexical::read(word), ..Role::default() };
            let member =
                Member { member_sourced_id: person, id_type: None, roles: words.map(role).collect() };
            MembershipIdPair {
                sourced_id: Some(line.replace(' ', "/")),
                membership: Some(Membership { group_sourced_id: group, member: Some(member) }),
            }
        })
        .collect();
    campus.check(&CreateMemberships { pairs }, &vec!["ok"; lines.len()]).await;
}

/// A school with two courses: one with two groups and four people, one without.
async fn campus() -> Campus {
    let campus = Campus::open().await;
    let pairs = vec![
        pair("school", group(OrganisationType::School, "root", "School")),
        pair("c1", in_period(coded("Biology", "BIO1"), "2026-T1")),
        pair("c2", course("school", "Chemistry")),
        course_group("g1", "c1", "Monday  group"),
        pair("g2", in_period(group(OrganisationType::CourseGroup, "c1", "Tuesday"), "2026-T2")),
    ];
    campus.check(&CreateGroups { pairs }, &["ok"; 5]).await;
    let person = |key: &str, user: Option<&str>, email: Option<&str>| {
        let user_id = UserId { user_id_value: user.map(str::to_owned), ..UserId::default() };
        let person = Person { user_id: Some(user_id), email: email.map(str::to_owned), ..person(key) };
        person_pair(key, person)
    };
    let pairs = vec![
        person("p1", Some("ada"), Some("Ada@example.ac.uk")),
        person("p2", Some("bob"), None),
        person("p3", None, Some("eve@example.ac.uk")),
        person("p4", Some("dan"), Some("dan@example.ac.uk")),
    ];
    campus.check(&CreatePersons { pairs }, &["ok"; 4]).await;
    join(
        &campus,
        &[
            "g1 p1 Learner",
            "g1 p2 01",
            "g1 p3 Instructor",
            "g1 p4 TeachingAssistant",
            "g2 p1 Learner",
            "g2 p2 Guest",
            "g2 p3 Member",
            "c1 p1 Learner",
            "school p1 Learner",
        ],
    )
    .await;
    campus
}

fn source(module: ModuleKey, person: PersonIs) -> SourceConfig {
    let site = "campus".to_owned();
    SourceConfig {
        place: SourcePlace::Pushed(PushedPlace { site, module, person, live: false }),
        completeness: reconcile::delivery::Completeness::default(),
        terms: None,
        people: PeopleKeys::LowerCase,
    }
}

async fn read_site(campus: &Campus, source: &SourceConfig) -> Result<Reading, SourceError> {
    read(source, &SourceName::from("sis"), Some(&campus.store), &|_| {}).await
}

/// Compares all rows, one line for each.
async fn check(campus: &Campus, source: &SourceConfig, expected: &[&str]) -> Reading {
    let reading = read_site(campus, source).await.unwrap();
    let delivery = &reading.delivery;
    let mut told: Vec<String> = delivery.modules.iter().map(|module| format!("module {module}")).collect();
    for (at, group) in delivery.groups.iter().enumerate() {
        let mut people: Vec<String> = delivery
            .members
            .iter()
            .filter(|member| member.group as usize == at)
            .map(|member| format!(" {} {}", delivery.persons[member.person as usize], member.role))
            .collect();
        people.sort();
        told.push(format!(
            "{} {} {:?} {:?} {}:{}",
            group.module,
            group.id,
            group.code,
            group.name,
            group.term,
            people.concat()
        ));
    }
    told.extend(delivery.rejections.iter().map(|row| format!("{} {}", row.table, row.detail)));
    assert_eq!(told, expected);
    reading
}

#[tokio::test]
async fn a13_courses_are_modules_and_their_groups_have_students_and_tutors() {
    let campus = campus().await;
    let reading = check(
        &campus,
        &source(ModuleKey::SyncKey, PersonIs::SyncKey),
        &[
            "module c1",
            "module c2",
            "c1 g1 \"Monday group\" \"Monday  group\" 2026-T1: p1 student p2 student p3 tutor p4 tutor",
            "c1 g2 \"Tuesday\" \"Tuesday\" 2026-T2: p1 student",
        ],
    )
    .await;
    let about = |role: &str| {
        reading.notices.iter().any(|notice| notice.contains(&format!("role {role}: 1 left out")))
    };
    assert!(reading.notices.len() == 2 && about("Guest") && about("Member"), "{:?}", reading.notices);
    assert_eq!(reading.pushed.unwrap().keys, PushedKeys { modules: true, persons: true });
}

#[tokio::test]
async fn a13_modules_may_be_codes_and_people_names_for_signing_in_or_addresses() {
    let campus = campus().await;
    // A course without a code is no module, and whoever has no such key is in no group; both are told.
    let reading = check(
        &campus,
        &source(ModuleKey::Code, PersonIs::UserId),
        &[
            "module BIO1",
            "BIO1 g1 \"Monday group\" \"Monday  group\" 2026-T1: ada student bob student dan tutor",
            "BIO1 g2 \"Tuesday\" \"Tuesday\" 2026-T2: ada student",
            "members person_id is empty",
            "modules module_code is empty",
        ],
    )
    .await;
    assert_eq!(reading.pushed.unwrap().keys, PushedKeys::default());
    check(
        &campus,
        &source(ModuleKey::SyncKey, PersonIs::Email),
        &[
            "module c1",
            "module c2",
            "c1 g1 \"Monday group\" \"Monday  group\" 2026-T1: ada@example.ac.uk student dan@example.ac.uk tutor \
             eve@example.ac.uk tutor",
            "c1 g2 \"Tuesday\" \"Tuesday\" 2026-T2: ada@example.ac.uk student",
            "members person_id is empty",
        ],
    )
    .await;
}

#[tokio::test]
async fn only_the_terms_that_are_read_are_there() {
    let campus = campus().await;
    let terms = Some(["2026-T2".to_owned()].into());
    let source = SourceConfig { terms, ..source(ModuleKey::SyncKey, PersonIs::SyncKey) };
    check(&campus, &source, &["module c1", "module c2", "c1 g2 \"Tuesday\" \"Tuesday\" 2026-T2: p1 student"])
        .await;
}

#[tokio::test]
async fn a_reading_knows_the_newest_change_of_a_key_and_how_many_calls_wrote() {
    let campus = campus().await;
    let source = source(ModuleKey::SyncKey, PersonIs::SyncKey);
    let before = read_site(&campus, &source).await.unwrap().pushed.unwrap();
    let call =
        ChangeGroupIdentifier { sourced_id: Some("g1".to_owned()), new_sourced_id: Some("g9".to_owned()) };
    campus.check(&call, &["ok"]).await;
    let after = read_site(&campus, &source).await.unwrap().pushed.unwrap();
    assert_eq!((after.writes, after.rename), (before.writes + 1, before.rename + 1));
}

#[tokio::test]
async fn a_site_to_which_nobody_may_push_is_told_with_what_to_do() {
    let campus = Campus::open().await;
    let mut source = source(ModuleKey::SyncKey, PersonIs::SyncKey);
    if let SourcePlace::Pushed(place) = &mut source.place {
        place.site = "nowhere".to_owned();
    }
    let error = read_site(&campus, &source).await.unwrap_err();
    assert!(
        error.to_string().contains("no site nowhere") && error.next_step().contains("muster account add")
    );
    let error = read(&source, &SourceName::from("sis"), None, &|_| {}).await.unwrap_err();
    assert!(error.to_string().contains("cannot be opened"), "{error}");
}

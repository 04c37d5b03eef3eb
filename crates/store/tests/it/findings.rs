//! Findings over several nights.

use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::CourseId;
use store::{FindingFilter, FindingRow, RunLock, Store};

use crate::support::{COURSE, at, begin, key, memory};

fn finding(reason: Reason, person: &str, detail: &str) -> Finding {
    let subject = Subject { module: None, group: Some(key("ANTH1014", "1")), person: Some(person.into()) };
    Finding { course: COURSE, reason, subject, detail: detail.into() }
}

async fn night(store: &Store, lock: &RunLock, planned: &[CourseId], findings: &[Finding], now: i64) {
    let run = begin(store, lock, now).await;
    store.record_findings(lock, run, planned, findings, at(now)).await.unwrap();
}

async fn open(store: &Store) -> Vec<FindingRow> {
    store.findings(&FindingFilter::default()).await.unwrap()
}

#[tokio::test]
async fn the_same_finding_on_two_nights_keeps_its_first_night() {
    let (store, lock) = memory().await;
    night(&store, &lock, &[COURSE], &[finding(Reason::NotEnrolled, "a", "one day")], 10).await;
    night(&store, &lock, &[COURSE], &[finding(Reason::NotEnrolled, "a", "two days")], 20).await;
    let rows = open(&store).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].finding, finding(Reason::NotEnrolled, "a", "two days"));
    assert_eq!((rows[0].first_seen, rows[0].last_seen), (at(10), at(20)));
}

#[tokio::test]
async fn a_finding_heals_only_when_its_course_is_planned_without_it() {
    let (store, lock) = memory().await;
    night(&store, &lock, &[COURSE], &[finding(Reason::NotEnrolled, "a", "")], 10).await;
    night(&store, &lock, &[CourseId(9)], &[], 20).await;
    assert_eq!(open(&store).await.len(), 1);
    night(&store, &lock, &[COURSE], &[finding(Reason::NotEnrolled, "b", "")], 30).await;
    let open_now = open(&store).await;
    assert_eq!(open_now[0].finding.subject.person.as_ref().unwrap().as_str(), "b");
    let all = FindingFilter { with_healed: true, ..FindingFilter::default() };
    let healed: Vec<_> = store.findings(&all).await.unwrap().iter().map(|row| row.healed_at).collect();
    assert_eq!(healed, [Some(at(30)), None]);
    night(&store, &lock, &[COURSE], &[finding(Reason::NotEnrolled, "a", "")], 40).await;
    assert_eq!(open(&store).await[0].first_seen, at(40), "one that comes back is new");
}

#[tokio::test]
async fn two_details_of_one_finding_are_both_told() {
    let (store, lock) = memory().await;
    let both = [finding(Reason::NameTaken, "a", "here"), finding(Reason::NameTaken, "a", "there")];
    night(&store, &lock, &[COURSE], &both, 10).await;
    let rows = open(&store).await;
    assert_eq!((rows.len(), &*rows[0].finding.detail), (1, "here; there"));
}

#[tokio::test]
async fn every_reason_comes_back_as_it_went_in() {
    let (store, lock) = memory().await;
    let findings: Vec<Finding> = Reason::ALL
        .iter()
        .map(|reason| Finding { subject: Subject::default(), ..finding(*reason, "a", "x") })
        .collect();
    night(&store, &lock, &[COURSE], &findings, 10).await;
    assert_eq!(open(&store).await.len(), Reason::ALL.len());
    let one = FindingFilter { reason: Some(Reason::Orphan), ..FindingFilter::default() };
    assert_eq!(store.findings(&one).await.unwrap()[0].finding.reason, Reason::Orphan);
}

#[tokio::test]
async fn findings_are_counted_by_reason_while_they_are_open() {
    let (store, lock) = memory().await;
    let (a, b) = (finding(Reason::NotEnrolled, "a", ""), finding(Reason::NotEnrolled, "b", ""));
    night(&store, &lock, &[COURSE], &[a.clone(), b, finding(Reason::UnknownPerson, "c", "")], 10).await;
    let counts = store.finding_counts().await.unwrap();
    assert_eq!(counts, [(Reason::NotEnrolled, 2), (Reason::UnknownPerson, 1)].into());
    night(&store, &lock, &[COURSE], &[a], 20).await;
    assert_eq!(store.finding_counts().await.unwrap(), [(Reason::NotEnrolled, 1)].into());
}

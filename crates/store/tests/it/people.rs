//! What is held about a person, its erasure, and how long things are kept.

use reconcile::delivery::{Rejection, Rule};
use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::PersonKey;
use reconcile::outcome::Outcome;
use store::{
    AuditState, Entry, FindingFilter, FinishedRun, OperationFilter, RestError, RestErrorFilter, Retention,
    RunStatus, Shown, Store, TombstoneFilter, Verdict,
};

use crate::support::{COURSE, add, at, begin, create, delivery, memory, on_disk, plan, remove};

fn person() -> PersonKey {
    "S17".into()
}

/// A database in which S17 was delivered, refused, found and told of, and S170 beside them.
async fn past(store: &Store, lock: &store::RunLock) {
    let mut first = delivery(&["ANTH1014 A S17 S170"]);
    first.rejections.push(Rejection {
        table: "members".into(),
        line: 9,
        rule: Rule::FieldCount,
        detail: "the row of S17 has 4 fields".into(),
        row: vec!["A".into(), "S17".into(), "student".into(), "x".into()],
        module: None,
        group: None,
        person: None,
    });
    store.save_delivery(lock, &first, at(10), &Verdict::Accepted).await.unwrap();
    let without = delivery(&["ANTH1014 A S170"]);
    store.save_delivery(lock, &without, at(20), &Verdict::Accepted).await.unwrap();
    let run = begin(store, lock, 30).await;
    let finding = Finding {
        course: COURSE,
        reason: Reason::NotEnrolled,
        subject: Subject { person: Some(person()), ..Subject::default() },
        detail: "S17 is not enrolled".into(),
    };
    store.record_findings(lock, run, &[COURSE], &[finding], at(30)).await.unwrap();
    let error = RestError {
        at: at(31),
        run,
        request: 1,
        function: "core_group_add_group_members".into(),
        code: "invalidparameter".into(),
        parameters: "members[0][userid]=1017".into(),
        answer: "S17 and S170 were refused".into(),
        course: Some(COURSE),
        course_name: "Anthropology".into(),
        groups: "TUT1".into(),
        people: "S17, S170".into(),
        what_happened: "sent one by one".into(),
    };
    store.record_rest_error(lock, &error).await.unwrap();
    let end = FinishedRun {
        status: RunStatus::Done,
        finished_at: at(40),
        report_json: "{\"detail\":\"S17 is not enrolled\"}".into(),
        courses: 1,
    };
    store.finish_run(lock, run, &end).await.unwrap();
    for (time, what) in [(41, "mapping 101 ANTH1014"), (42, "exception for S17"), (43, "exception for S170")]
    {
        let entry = Entry {
            at: at(time),
            who: "ada".into(),
            what: what.into(),
            before: "".into(),
            after: "".into(),
            reason: "asked".into(),
        };
        store.record_event(&entry).await.unwrap();
    }
    let healed = begin(store, lock, 50).await;
    store.record_findings(lock, healed, &[COURSE], &[], at(50)).await.unwrap();
}

#[tokio::test]
async fn n11_what_is_held_about_a_person_is_told_place_by_place() {
    let (store, lock) = memory().await;
    past(&store, &lock).await;
    let held = store.held_about(&person()).await.unwrap();
    let places: Vec<_> = held.iter().map(|held| (held.place, held.rows.len(), held.is_current)).collect();
    assert_eq!(
        places,
        [
            ("earlier deliveries", 1, false),
            ("findings", 1, false),
            ("failed calls", 1, false),
            ("audit log", 1, false)
        ],
        "{held:?}"
    );
    assert_eq!(held[1].rows[0][2], Shown::Text("S17 is not enrolled".into()));
    let other = store.held_about(&"S170".into()).await.unwrap();
    assert!(other.iter().any(|held| held.is_current && held.place == "groups of the source"), "{other:?}");
    assert_eq!(store.held_about(&"S1".into()).await.unwrap(), []);
}

#[tokio::test]
async fn n11_after_an_erasure_nothing_names_the_person_and_everybody_else_is_as_before() {
    let (_place, store, lock) = on_disk().await;
    past(&store, &lock).await;
    let erased = store.erase_person(&lock, &person(), "ada", "S17 asked for it", at(60)).await.unwrap();
    assert_eq!((erased.pseudonym.as_ref(), erased.rows), ("erased-4", 6));
    assert_eq!(store.held_about(&person()).await.unwrap(), []);
    let held = store.held_about(&PersonKey(erased.pseudonym.clone())).await.unwrap();
    let places: Vec<&str> = held.iter().map(|held| held.place).collect();
    assert_eq!(places, ["earlier deliveries", "findings", "failed calls", "audit log"]);
    let errors = store.rest_errors(&RestErrorFilter::default()).await.unwrap();
    assert_eq!(errors[0].answer.as_ref(), "erased-4 and S170 were refused");
    assert_eq!(errors[0].people.as_ref(), "erased-4, S170");
    // The log still follows from row to row, and says what became of it.
    assert_eq!(store.verify_audit().await.unwrap(), AuditState::Whole { rows: 4 });
    let audit = store.audit(4).await.unwrap();
    assert_eq!(
        (audit[0].what.as_ref(), audit[0].reason.as_ref()),
        ("person erased-4", "erased-4 asked for it")
    );
    assert!(audit[0].after.contains("written anew from row 2 on, and its last hash was "), "{:?}", audit[0]);
    assert_eq!(
        (audit[1].what.as_ref(), audit[2].what.as_ref()),
        ("exception for S170", "exception for erased-4")
    );
    // Not even in what the database file no longer uses; a server keeps its files to itself.
    let folder = store.path().and_then(|file| file.parent()).map(std::path::Path::to_owned);
    store.close().await;
    for entry in folder.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).replace("S170", "");
        assert!(!text.contains("S17"), "S17 is in {}", path.display());
    }
}

#[tokio::test]
async fn n11_each_table_is_kept_for_its_own_time() {
    const DAY: i64 = 86_400;
    let forever =
        Retention { runs_days: 0, failed_calls_days: 0, healed_days: 0, history_days: 0, owners_days: 0 };
    let check = async |retention: Retention, now: i64, expected: [u64; 4]| {
        let (store, lock) = memory().await;
        past(&store, &lock).await;
        let pruned = store.prune(&lock, &retention, at(now)).await.unwrap();
        let found = [pruned.operations, pruned.failed_calls, pruned.healed, pruned.history];
        assert_eq!(found, expected, "{retention:?} at {now}");
        store
    };
    check(forever, 9_999 * DAY, [0; 4]).await;
    let calls = Retention { failed_calls_days: 90, ..forever };
    check(calls, 90 * DAY + 31, [0; 4]).await;
    check(calls, 90 * DAY + 32, [0, 1, 0, 0]).await;
    let store = check(Retention { healed_days: 1, ..forever }, DAY + 51, [0, 0, 2, 0]).await;
    assert_eq!(store.findings(&FindingFilter { with_healed: true, ..Default::default() }).await.unwrap(), []);
    let store = check(Retention { runs_days: 1, ..forever }, DAY + 41, [0; 4]).await;
    let runs = store.runs(9).await.unwrap();
    assert_eq!(runs.len(), 2, "runs stay in the list");
    assert!(runs.iter().all(|run| run.report_json.is_empty()), "their stories name people");
}

#[tokio::test]
async fn n11_operations_and_history_go_with_their_time_and_open_ones_stay() {
    let (store, lock) = memory().await;
    let operations = [create("1"), add("1", 5), remove("1", 5)];
    let run = begin(&store, &lock, 100).await;
    store.record_plan(&lock, run, &[plan(operations.to_vec())]).await.unwrap();
    for (number, operation) in (1..).zip(&operations) {
        let done = Outcome::Done((number == 1).then_some(70));
        store.sent(&lock, run, &[(number, operation)]).await.unwrap();
        store.settled(&lock, run, &[(number, operation, done)], at(110)).await.unwrap();
    }
    let retention =
        Retention { runs_days: 1, failed_calls_days: 1, healed_days: 1, history_days: 1, owners_days: 1 };
    let late = at(86_400 + 200);
    assert_eq!(store.prune(&lock, &retention, late).await.unwrap().history, 1);
    assert_eq!(store.operations(run, &OperationFilter::default()).await.unwrap().len(), 3, "it never ended");
    assert_eq!(store.tombstones(&TombstoneFilter::default()).await.unwrap(), []);
    let end =
        FinishedRun { status: RunStatus::Done, finished_at: at(120), report_json: "{}".into(), courses: 1 };
    store.finish_run(&lock, run, &end).await.unwrap();
    assert_eq!(store.kept_since().await.unwrap().operations, Some(at(100)));
    assert_eq!(store.prune(&lock, &retention, late).await.unwrap().operations, 3);
    assert_eq!(store.kept_since().await.unwrap(), store::KeptSince::default());
}

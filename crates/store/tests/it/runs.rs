//! Runs and their plans.

use reconcile::keys::CourseId;
use reconcile::outcome::Outcome;
use store::{
    FinishedRun, ObjectionRow, OperationFilter, OperationState, Page, RestError, RestErrorFilter, RunFigures,
    RunStatus,
};

use crate::support::{COURSE, add, at, begin, create, delete, memory, plan};

#[tokio::test]
async fn operations_are_numbered_in_order_over_all_plans() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let plans = [plan(vec![create("1"), add("1", 5)]), plan(vec![]), plan(vec![create("2")])];
    assert_eq!(store.record_plan(&lock, run, &plans).await.unwrap(), [1..3, 3..3, 3..4]);
    let more = store.record_plan(&lock, run, &[plan(vec![create("3")])]).await.unwrap();
    assert_eq!(more.first(), Some(&(4..5)));
    let rows = store.operations(run, &OperationFilter::default()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.number, &*row.kind, &*row.name, row.state)).collect();
    assert_eq!(
        told,
        [
            (1, "create_group", "Group 1", OperationState::Planned),
            (2, "add_member", "Group 1", OperationState::Planned),
            (3, "create_group", "Group 2", OperationState::Planned),
            (4, "create_group", "Group 3", OperationState::Planned),
        ]
    );
    assert_eq!((&*rows[1].person, rows[1].user.unwrap().0, &*rows[1].because), ("20005", 5, "source_has"));
    assert_eq!(rows[0].fingerprint, create("1").fingerprint());
}

#[tokio::test]
async fn operations_are_found_by_course_kind_state_and_page() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let operations = vec![create("1"), add("1", 5), add("1", 6)];
    store.record_plan(&lock, run, &[plan(operations)]).await.unwrap();
    let count = |filter: OperationFilter| {
        let store = &store;
        async move { store.operations(run, &filter).await.unwrap().len() }
    };
    let all = OperationFilter::default;
    assert_eq!(count(OperationFilter { course: Some(COURSE), ..all() }).await, 3);
    assert_eq!(count(OperationFilter { kind: Some("add_member".into()), ..all() }).await, 2);
    assert_eq!(count(OperationFilter { state: Some(OperationState::Done), ..all() }).await, 0);
    assert_eq!(count(OperationFilter { page: Page { limit: 1, offset: 2 }, ..all() }).await, 1);
}

#[tokio::test]
async fn an_objection_makes_its_operations_wait() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    store.record_plan(&lock, run, &[plan(vec![create("1"), delete("2", 9)])]).await.unwrap();
    let objection = ObjectionRow {
        scope: "course 101".into(),
        kind: "share".into(),
        sentence: "all groups of the course would go".into(),
        operations: vec![2],
    };
    store.record_objections(&lock, run, std::slice::from_ref(&objection)).await.unwrap();
    assert_eq!(store.objections(run).await.unwrap(), [objection]);
    let states: Vec<_> = store
        .operations(run, &OperationFilter::default())
        .await
        .unwrap()
        .iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(states, [OperationState::Planned, OperationState::Waiting]);
}

#[tokio::test]
async fn a_finished_run_tells_its_figures() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    assert_eq!(store.run(run).await.unwrap().unwrap().status, RunStatus::Running);
    let operations = [create("1"), add("1", 5), add("1", 6)];
    store.record_plan(&lock, run, &[plan(operations.to_vec())]).await.unwrap();
    let settled = [
        (1, &operations[0], Outcome::Done(Some(70))),
        (2, &operations[1], Outcome::AlreadySo(None)),
        (3, &operations[2], Outcome::Unknown("timeout".into())),
    ];
    store.settled(&lock, run, &settled, at(20)).await.unwrap();
    let finished = FinishedRun {
        status: RunStatus::Done,
        finished_at: at(30),
        report_json: r#"{"story":"…"}"#.into(),
        courses: 1,
    };
    let figures = RunFigures { courses: 1, operations: 3, done: 2, unknown: 1, ..RunFigures::default() };
    assert_eq!(store.finish_run(&lock, run, &finished).await.unwrap(), figures);
    let row = store.runs(5).await.unwrap().remove(0);
    assert_eq!((row.id, row.status, row.finished_at), (run, RunStatus::Done, Some(at(30))));
    assert_eq!((row.report_json, row.figures), (finished.report_json, figures));
    assert_eq!(store.run(store::RunId(99)).await.unwrap(), None);
}

#[tokio::test]
async fn rest_errors_are_kept_by_run_and_course() {
    let (store, lock) = memory().await;
    let (first, second) = (begin(&store, &lock, 10).await, begin(&store, &lock, 20).await);
    let error = |run| RestError {
        at: at(11),
        run,
        request: 3,
        function: "core_group_create_groups".into(),
        code: "invalidparameter".into(),
        parameters: "groups[0][name]=TUT5".into(),
        answer: r#"{"errorcode":"invalidparameter"}"#.into(),
        course: Some(COURSE),
        course_name: "ANTH1014 2026".into(),
        groups: "TUT5".into(),
        people: "".into(),
        what_happened: "tried again, and done".into(),
    };
    let filter = |run, course| RestErrorFilter { run, course, ..RestErrorFilter::default() };
    store.record_rest_error(&lock, &error(first)).await.unwrap();
    store.record_rest_error(&lock, &error(second)).await.unwrap();
    assert_eq!(store.rest_errors(&filter(Some(first), None)).await.unwrap(), [error(first)]);
    let all = [error(second), error(first)];
    assert_eq!(store.rest_errors(&filter(None, Some(COURSE))).await.unwrap(), all);
    assert_eq!(store.rest_errors(&filter(None, Some(CourseId(999)))).await.unwrap(), []);
}

#[tokio::test]
async fn runs_are_counted_by_status() {
    let (store, lock) = memory().await;
    let first = begin(&store, &lock, 10).await;
    let end =
        FinishedRun { status: RunStatus::Done, finished_at: at(11), report_json: "".into(), courses: 0 };
    store.finish_run(&lock, first, &end).await.unwrap();
    let second = begin(&store, &lock, 20).await;
    assert_eq!(store.run_counts().await.unwrap(), [(RunStatus::Running, 1), (RunStatus::Done, 1)].into());
    let newest: Vec<_> = store.changing_runs(9).await.unwrap().iter().map(|run| run.id).collect();
    assert_eq!(newest, [second, first]);
}

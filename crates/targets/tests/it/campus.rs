//! What the tests stand on: a small university in a simulated Moodle, plans for it, and a journal that checks itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reconcile::keys::{CourseId, GroupId, GroupKey, GroupingId, GroupingKey, Part, PersonKey, Role, UserId};
use reconcile::operation::{Because, Change, GroupHead, GroupingHead, Operation};
use reconcile::outcome::Outcome;
use simulators::moodle::{Call, NewCourse, NewUser, Server, Settings, Token, World};
use targets::journal::{
    ApplyStopped, ApplySummary, FailedCall, Journal, JournalError, PlannedOperation, Progress,
};
use targets::moodle::{Moodle, MoodleSettings, Retry};
use targets::secret::Secret;

pub(crate) const TOKEN: &str = "token-for-tests";

/// The user that the token acts as.
pub(crate) const SERVICE_USER: i64 = 2;

/// A world with courses and, in each, so many enrolled students. Students are the same in every course.
pub(crate) fn world(courses: impl IntoIterator<Item = i64>, students: i64) -> World {
    let mut world = World::new(Settings::default());
    add_people(&mut world, courses, students);
    world
}

/// Fills an empty world: the service user with its token, courses, and in each so many enrolled students.
pub(crate) fn add_people(world: &mut World, courses: impl IntoIterator<Item = i64>, students: i64) {
    world.add_user(NewUser {
        id: Some(SERVICE_USER),
        username: "muster".into(),
        firstname: "Muster".into(),
        ..NewUser::default()
    });
    world.add_token(Token::new(TOKEN, SERVICE_USER));
    for number in 1..=students {
        world.add_user(NewUser {
            id: Some(user(number)),
            username: format!("u{number}"),
            idnumber: format!("{}", 20_000_000 + number),
            firstname: format!("Ada{number}"),
            lastname: "Invented".into(),
            email: format!("u{number}@example.ac.uk"),
        });
    }
    for course in courses {
        world.add_course(NewCourse {
            id: Some(course),
            shortname: format!("C{course}"),
            fullname: format!("Course {course}"),
            ..NewCourse::default()
        });
        for number in 1..=students {
            world.enrol(course, user(number), "student");
        }
    }
}

/// The id of a student.
pub(crate) fn user(number: i64) -> i64 {
    1000 + number
}

/// Settings that wait as little as possible.
pub(crate) fn settings(server: &Server) -> MoodleSettings {
    MoodleSettings {
        timeout: Duration::from_millis(500),
        settle_wait: Duration::from_millis(2),
        retry: Retry { times_max: 3, wait_min: Duration::from_millis(1), wait_max: Duration::from_millis(2) },
        ..MoodleSettings::new(&server.url(), Secret::new(TOKEN))
    }
}

pub(crate) async fn start(world: World) -> (Server, Moodle) {
    let server = Server::start(world).await.unwrap();
    let moodle = Moodle::connect(settings(&server)).await.unwrap();
    server.clear_calls();
    (server, moodle)
}

pub(crate) fn writes(calls: &[Call]) -> usize {
    calls.iter().filter(|call| call.is_write).count()
}

pub(crate) fn group_key(course: i64, code: &str) -> GroupKey {
    GroupKey {
        source: "cmis".into(),
        module: format!("M{course}").as_str().into(),
        group: code.into(),
        part: Part::Everyone,
    }
}

/// A group of ours as a plan refers to it.
pub(crate) fn group(course: i64, code: &str, name: &str, id: Option<i64>) -> Arc<GroupHead> {
    let key = group_key(course, code);
    let idnumber = key.idnumber();
    Arc::new(GroupHead { key, idnumber, id: id.map(GroupId), name: name.into(), term: "".into() })
}

/// A grouping of ours as a plan refers to it.
pub(crate) fn grouping(course: i64, module: &str, name: &str, id: Option<i64>) -> Arc<GroupingHead> {
    let module = format!("{module}{course}");
    let key = GroupingKey { source: "cmis".into(), module: module.as_str().into() };
    let idnumber = key.idnumber();
    Arc::new(GroupingHead { key, idnumber, id: id.map(GroupingId), name: name.into() })
}

pub(crate) fn add(group: &Arc<GroupHead>, number: i64) -> Change {
    Change::AddMember {
        group: group.clone(),
        user: UserId(user(number)),
        person: PersonKey::from("p"),
        role: Role::Student,
    }
}

pub(crate) fn remove(group: &Arc<GroupHead>, number: i64) -> Change {
    Change::RemoveMember { group: group.clone(), user: UserId(user(number)), person: PersonKey::from("p") }
}

/// A plan in the making.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) operations: Vec<PlannedOperation>,
}

impl Plan {
    /// Adds an operation and gives its number.
    pub(crate) fn push(&mut self, course: i64, change: Change) -> u32 {
        let number = self.operations.len() as u32;
        let operation = Operation { course: CourseId(course), change, because: Because::SourceHas };
        self.operations.push(PlannedOperation { number, operation });
        number
    }
}

/// Makes a group of ours by hand and gives its id.
pub(crate) fn put_group(world: &mut World, course: i64, code: &str, name: &str, members: &[i64]) -> i64 {
    let id = world.create_group_by_hand(course, name).unwrap();
    world.set_group_idnumber(id, &group_key(course, code).idnumber());
    for number in members {
        assert!(world.add_member(id, user(*number)));
    }
    id
}

/// Makes a grouping of ours by hand and gives its id.
pub(crate) fn put_grouping(world: &mut World, course: i64, module: &str, name: &str) -> i64 {
    let id = world.create_grouping_by_hand(course, name).unwrap();
    world.set_grouping_idnumber(id, &grouping(course, module, name, None).idnumber);
    id
}

type Hook<'a> = Box<dyn Fn(usize) + Send + Sync + 'a>;

/// A journal in memory. It panics when it is told something that cannot be.
#[derive(Default)]
pub(crate) struct MemoryJournal<'a> {
    sent: Mutex<BTreeSet<u32>>,
    settled: Mutex<BTreeMap<u32, Outcome>>,
    failed: Mutex<Vec<FailedCall>>,
    announcements: Mutex<usize>,
    /// Is told the number of each announcement, before anything is sent.
    pub(crate) on_sent: Option<Hook<'a>>,
    /// From this announcement on, the journal cannot be written.
    pub(crate) breaks_at: Option<usize>,
}

impl MemoryJournal<'_> {
    pub(crate) fn outcome(&self, number: u32) -> Outcome {
        self.settled.lock().unwrap()[&number].clone()
    }

    pub(crate) fn outcomes(&self) -> BTreeMap<u32, Outcome> {
        self.settled.lock().unwrap().clone()
    }

    pub(crate) fn failed(&self) -> Vec<FailedCall> {
        self.failed.lock().unwrap().clone()
    }

    pub(crate) fn was_sent(&self, number: u32) -> bool {
        self.sent.lock().unwrap().contains(&number)
    }

    /// The code of a refusal.
    pub(crate) fn refusal(&self, number: u32) -> String {
        match self.outcome(number) {
            Outcome::Refused(refusal) => refusal.code.to_string(),
            other => panic!("{number} is {other:?}"),
        }
    }

    /// The numbers of what did not succeed.
    pub(crate) fn failures(&self) -> Vec<u32> {
        let settled = self.settled.lock().unwrap();
        settled.iter().filter(|(_, outcome)| !outcome.is_success()).map(|(number, _)| *number).collect()
    }
}

impl Journal for MemoryJournal<'_> {
    async fn sent(&self, operations: &[(u32, &Operation)]) -> Result<(), JournalError> {
        assert!(!operations.is_empty());
        let announcement = {
            let mut announcements = self.announcements.lock().unwrap();
            *announcements += 1;
            *announcements
        };
        if self.breaks_at.is_some_and(|number| announcement >= number) {
            return Err(JournalError("disk full".into()));
        }
        if let Some(hook) = &self.on_sent {
            hook(announcement);
        }
        for (number, operation) in operations {
            assert!(operation.sends(), "{number}");
            assert!(self.sent.lock().unwrap().insert(*number), "{number} was announced twice");
            assert!(!self.settled.lock().unwrap().contains_key(number), "{number} was settled before");
        }
        Ok(())
    }

    async fn settled(&self, operations: &[(u32, &Operation, Outcome)]) -> Result<(), JournalError> {
        assert!(!operations.is_empty());
        for (number, operation, outcome) in operations {
            let sent = self.sent.lock().unwrap().contains(number);
            let needs_sending = operation.sends() && !matches!(outcome, Outcome::NotTried(_));
            assert!(sent || !needs_sending, "{number} was not announced: {outcome:?}");
            let before = self.settled.lock().unwrap().insert(*number, outcome.clone());
            assert!(before.is_none(), "{number} was settled twice: {before:?}, {outcome:?}");
        }
        Ok(())
    }

    async fn failed_call(&self, call: FailedCall) {
        self.failed.lock().unwrap().push(call);
    }
}

/// Carries a plan out and checks that everything was settled.
pub(crate) async fn apply(moodle: &Moodle, plan: &Plan, journal: &MemoryJournal<'_>) -> ApplySummary {
    let summary = try_apply(moodle, plan, journal).await.unwrap();
    assert_eq!(journal.outcomes().len(), plan.operations.len());
    assert_eq!(summary.settled(), plan.operations.len() as u64);
    summary
}

pub(crate) async fn try_apply(
    moodle: &Moodle,
    plan: &Plan,
    journal: &MemoryJournal<'_>,
) -> Result<ApplySummary, ApplyStopped> {
    let last = Mutex::new(0);
    let total = plan.operations.len() as u64;
    let progress = |progress: Progress| {
        assert!(progress.total == total && progress.settled <= total);
        *last.lock().unwrap() = progress.settled;
    };
    moodle.apply(&plan.operations, journal, &progress).await
}

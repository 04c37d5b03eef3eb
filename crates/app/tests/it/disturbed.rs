//! The story that `kill` and `faults` disturb, and what must hold after every disturbance.
//!
//! The night uses every kind of operation, over three courses, so that batches span courses. It is prepared once: each
//! case gets a copy of the database, the timetable and the Moodle.
//!
//! Long because the story and what must hold of it are read together.
//!
//! Not here: the disturbances.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use simulators::moodle::{Group, Grouping, Server, World};

use crate::copies::Template;
use crate::place::server;
use crate::support::{Place, Ran, add_person, campus, user};

/// Every kind of operation that there is, save for `renumber_group`, which only a source that is pushed to can cause
/// (`pushed.rs`).
const KINDS: [&str; 20] = [
    "adopt_group",
    "adopt_grouping",
    "adopt_member",
    "add_member",
    "assign_grouping",
    "create_group",
    "create_grouping",
    "delete_group",
    "delete_grouping",
    "enrol_person",
    "forget_group",
    "forget_grouping",
    "forget_member",
    "record_group_name",
    "record_grouping_name",
    "rekey_group",
    "remove_member",
    "rename_group",
    "rename_grouping",
    "unassign_grouping",
];

/// Carries the night out. Each case has a Moodle on a port of its own, so the site is a new one.
pub(crate) const APPLY: [&str; 2] = ["apply", "--new-site"];

/// The same with the import before it.
pub(crate) const RUN: [&str; 2] = ["run", "--new-site"];

/// The prepared night.
pub(crate) struct Story {
    world: World,
    config: Vec<(&'static str, String)>,
    files: Vec<(String, Vec<u8>)>,
    /// The database, where it is on a server and not among the files.
    database: Option<Template>,
    /// How an undisturbed night ends.
    pub(crate) end: End,
    /// Calls of an undisturbed night, and those of them that write.
    pub(crate) calls: usize,
    /// Writing calls of an undisturbed night.
    pub(crate) writes: usize,
}

/// What is there when all is done.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// What the Moodle shows.
    picture: String,
    /// What we remember, with names instead of ids.
    links: String,
    /// What we buried.
    tombstones: String,
    /// How a further run ends that finds nothing to do.
    exit: i32,
}

impl Story {
    /// Prepares the night with calls of at most so many elements, given up after so many seconds.
    pub(crate) fn prepare(items_max: usize, timeout_s: u32) -> Story {
        let mut place = Place::new(first_world());
        let config = vec![
            ("moodle.timeout_s", timeout_s.to_string()),
            ("moodle.settle_wait_ms", "1".to_owned()),
            ("moodle.retry_wait_ms", "1".to_owned()),
            ("moodle.items_max", items_max.to_string()),
            ("policy.name_taken", "\"adopt\"".to_owned()),
            ("policy.on_unmap", "\"archive\"".to_owned()),
            ("policy.not_enrolled", "\"enrol\"".to_owned()),
        ];
        for (key, value) in &config {
            place.set(key, value);
        }
        place.write("groups.csv", csv(GROUPS, FIRST_GROUPS));
        place.write("members.csv", csv(MEMBERS, FIRST_MEMBERS));
        place.write("modules.csv", csv(MODULES, FIRST_MODULES));
        place.write("mappings.csv", csv(MAPPINGS, FIRST_MAPPINGS));
        place.muster(&["map", "import", "mappings.csv"]).ends_with(0);
        place.muster(&["run"]).ends_with(0);

        place.write("groups.csv", csv(GROUPS, GROUPS_NOW));
        place.write("members.csv", csv(MEMBERS, MEMBERS_NOW));
        place.write("modules.csv", csv(MODULES, MODULES_NOW));
        place.set("policy.grouping_name", "\"Groups of {module}\"");
        place.muster(&["map", "add", "102", "PHYS"]).ends_with(0);
        place.muster(&["map", "remove", "101", "LATN"]).ends_with(0);
        place.muster(&["map", "remove", "103", "CHEM"]).ends_with(0);
        teachers_edit(&mut place.world());
        place.muster(&["import"]).ends_with(0);
        let waits = place.muster(&["plan", "--format", "json"]).ends_with(6).run_number();
        place.muster(&["approve", &waits.to_string(), "--reason", "the office renumbered it"]).ends_with(0);

        let mut config = config;
        config.push(("policy.grouping_name", "\"Groups of {module}\"".to_owned()));
        let files = ["groups.csv", "members.csv", "modules.csv", "muster.db", "muster.db-wal"];
        let files =
            files.iter().filter_map(|name| Some(((*name).to_owned(), std::fs::read(place.path(name)).ok()?)));
        let files = files.collect();
        let world = place.world().clone();
        let mut story = Story {
            world,
            config,
            files,
            database: server().map(|_| Template::of(place.into_database())),
            end: End { picture: String::new(), links: String::new(), tombstones: String::new(), exit: 0 },
            calls: 0,
            writes: 0,
        };
        story.undisturbed();
        story
    }

    /// A fresh copy of everything.
    pub(crate) fn place(&self) -> Place {
        let mut place = match &self.database {
            None => Place::new(self.world.clone()),
            Some(template) => Place::on(self.world.clone(), template.copy()),
        };
        for (key, value) in &self.config {
            place.set(key, value);
        }
        for (name, content) in &self.files {
            place.write(name, content);
        }
        place
    }

    fn undisturbed(&mut self) {
        let place = self.place();
        let ran = place.muster(&APPLY);
        assert!(matches!(ran.code, 0 | 7), "{ran}");
        let kinds = place.rows("SELECT DISTINCT kind FROM operations ORDER BY kind");
        let missing: Vec<_> = KINDS.iter().filter(|kind| !kinds.iter().any(|row| row[0] == **kind)).collect();
        assert!(missing.is_empty(), "the story lacks {missing:?}");
        let not_done = place.rows(
            "SELECT kind, name, state, detail FROM operations WHERE run = (SELECT max(id) FROM runs) \
             AND state NOT IN ('done', 'already_so')",
        );
        assert!(not_done.is_empty(), "{not_done:?}");
        self.calls = place.server.calls().len();
        self.writes = place.writes();
        let quiet = quiet_run(&place).unwrap_or_else(|complaint| panic!("{complaint}\n{ran}"));
        self.end = End::of(&place, quiet.code);
    }

    /// Checks that a disturbed place has come to its end: the same state, and nothing left to do.
    pub(crate) fn check_end(&self, place: &Place) -> Result<(), String> {
        let before = End::of(place, self.end.exit);
        let quiet = quiet_run(place)?;
        let after = End::of(place, quiet.code);
        for (what, expected, found) in [
            ("the picture", &self.end.picture, &before.picture),
            ("the links", &self.end.links, &before.links),
            ("the tombstones", &self.end.tombstones, &before.tombstones),
            ("the picture after the quiet run", &self.end.picture, &after.picture),
            ("the links after the quiet run", &self.end.links, &after.links),
        ] {
            if expected != found {
                return Err(format!("{what} differ:\n{}", difference(expected, found)));
            }
        }
        if quiet.code != self.end.exit {
            return Err(format!("the quiet run ended otherwise than {}: {quiet}", self.end.exit));
        }
        journal_is_closed(place)
    }
}

/// Runs everything once more: there must be nothing to do.
fn quiet_run(place: &Place) -> Result<Ran, String> {
    let writes = place.writes();
    let ran = place.muster(&["apply", "--all", "--new-site", "--format", "json"]);
    if ran.json()["report"]["changes"] != serde_json::json!([]) || place.writes() != writes {
        let operations = place.rows(
            "SELECT course, kind, name, person, value_before, value_after, because, state, detail FROM operations \
             WHERE run = (SELECT max(id) FROM runs)",
        );
        return Err(format!("there was something left to do: {operations:#?}\n{ran}"));
    }
    Ok(ran)
}

/// Checks that no run and no operation is left open: the newest run has just ended.
fn journal_is_closed(place: &Place) -> Result<(), String> {
    let open = place.rows(
        "SELECT run, kind, name, state FROM operations WHERE state IN ('sent', 'planned') \
         AND run IN (SELECT id FROM runs WHERE kind <> 'plan')",
    );
    let running = place.rows("SELECT id, kind FROM runs WHERE status = 'running'");
    let intended = place.rows(
        "SELECT 'group', name_shown FROM group_links WHERE state IN ('intended', 'removing') UNION ALL \
         SELECT 'grouping', name_shown FROM grouping_links WHERE state IN ('intended', 'removing') UNION ALL \
         SELECT 'member', person FROM member_links WHERE state IN ('intended', 'removing')",
    );
    if open.is_empty() && running.is_empty() && intended.is_empty() {
        return Ok(());
    }
    Err(format!("the journal is open: {open:?}, runs {running:?}, links {intended:?}"))
}

impl End {
    fn of(place: &Place, exit: i32) -> End {
        let world = place.world().clone();
        let group =
            |id: &str| id.parse().ok().and_then(|id| world.group(id)).map(|group| &group.row.idnumber);
        let grouping = |id: &str| {
            id.parse().ok().and_then(|id| world.grouping(id)).map(|grouping| &grouping.row.idnumber)
        };
        let mut links = String::new();
        for mut row in place.rows(
            "SELECT moodle_id, course, module, idnumber, name_applied, name_shown, state FROM grouping_links \
             ORDER BY course, module",
        ) {
            row[0] = format!("{:?}", grouping(&row[0]));
            links.push_str(&format!("grouping {row:?}\n"));
        }
        for mut row in place.rows(
            "SELECT moodle_id, course, module, group_id, part, idnumber, name_applied, name_shown, term, state \
             FROM group_links ORDER BY course, module, group_id, part",
        ) {
            row[0] = format!("{:?}", group(&row[0]));
            links.push_str(&format!("group {row:?}\n"));
        }
        for row in place.rows(
            "SELECT course, module, group_id, part, person, user_id, role, member_links.state FROM member_links \
             JOIN group_links ON group_links.id = group_link ORDER BY course, module, group_id, part, user_id",
        ) {
            links.push_str(&format!("member {row:?}\n"));
        }
        let tombstones = place.rows(
            // A group that lives on under a new key is also buried under the old one where the answer was lost.
            "SELECT kind, course, module, group_id, part, person FROM tombstones AS old WHERE because <> 'deleted_there' AND NOT EXISTS \
             (SELECT 1 FROM group_links AS new WHERE new.moodle_id = old.moodle_id AND new.group_id <> old.group_id) \
             ORDER BY kind, course, module, group_id, part, person",
        );
        let tombstones = tombstones.iter().map(|row| format!("{row:?}\n")).collect();
        End { picture: world.picture(), links, tombstones, exit }
    }
}

/// The lines in which two texts differ.
fn difference(expected: &str, found: &str) -> String {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    expected.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    let lines = counts.iter().filter(|(_, count)| **count != 0);
    lines.map(|(line, count)| format!("{} {line}\n", if *count < 0 { "-" } else { "+" })).collect()
}

/// Checks that nothing in the journal of the newest applying run until `run` claims more, or less, than the Moodle
/// showed when the run ended.
pub(crate) fn check_journal(place: &Place, run: i64, world: &World) -> Result<(), String> {
    let rows = place.rows(&format!(
        "SELECT state, course, kind, idnumber, target_id, user_id, value_before, value_after, detail \
         FROM operations WHERE run = {run} ORDER BY number"
    ));
    for row in rows {
        let shows = shows(world, &row);
        let is_honest = match row[0].as_str() {
            "done" | "already_so" => shows != Some(false),
            "not_tried" => shows != Some(true),
            "refused" => shows != Some(true),
            "unknown" | "waiting" => true,
            _ => false,
        };
        if !is_honest {
            return Err(format!("the journal says of run {run}: {row:?}, but Moodle shows it: {shows:?}"));
        }
    }
    Ok(())
}

/// Whether the Moodle is as an operation wants it; `None` for operations that only change our record.
fn shows(world: &World, row: &[String]) -> Option<bool> {
    let [_, course, kind, idnumber, target, user, before, after, _] = row else { panic!("{row:?}") };
    let course: i64 = course.parse().unwrap();
    let user: Option<i64> = user.parse().ok();
    let target: Option<i64> = target.parse().ok();
    let group: Option<&Group> = match target {
        Some(id) => world.group(id),
        None => world.groups(course).find(|group| group.row.idnumber == *idnumber),
    };
    let grouping: Option<&Grouping> = match target {
        Some(id) => world.grouping(id),
        None => world.groupings(course).find(|grouping| grouping.row.idnumber == *idnumber),
    };
    let is_member = || group.zip(user).is_some_and(|(group, user)| group.members.contains_key(&user));
    // The grouping of the group's module, which may have kept an old name, or lack its idnumber.
    let is_in_grouping = || {
        let mut groupings =
            group.iter().flat_map(|group| &group.groupings).filter_map(|id| world.grouping(*id));
        groupings.any(|grouping| idnumber.starts_with(&grouping.row.idnumber))
    };
    Some(match kind.as_str() {
        "create_group" => group.is_some(),
        "create_grouping" => grouping.is_some(),
        "adopt_group" | "renumber_group" | "rekey_group" if before != after => group?.row.idnumber == *after,
        "adopt_grouping" if before != after => grouping?.row.idnumber == *after,
        "rename_group" if before != after => group?.row.name == *after,
        "rename_grouping" if before != after => grouping?.row.name == *after,
        "assign_grouping" => is_in_grouping(),
        "unassign_grouping" => !is_in_grouping(),
        "enrol_person" => world.is_enrolled(course, user?),
        "add_member" => is_member(),
        "remove_member" => !is_member(),
        "delete_group" => group.is_none(),
        "delete_grouping" => grouping.is_none(),
        _ => return None,
    })
}

/// The number of the newest run.
pub(crate) fn newest_run(place: &Place) -> i64 {
    place.rows("SELECT max(id) FROM runs")[0][0].parse().unwrap()
}

/// Carries cases out on several threads, and complains about all that fail together.
pub(crate) fn in_parallel<C: Sync + std::fmt::Debug>(
    threads: usize,
    cases: &[C],
    check: impl Fn(&C) -> Result<(), String> + Sync,
) {
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(case)));
                    let complaint = match checked {
                        Ok(Ok(())) => continue,
                        Ok(Err(complaint)) => complaint,
                        Err(_) => "a panic, told above".to_owned(),
                    };
                    complaints.lock().unwrap().push(format!("── {case:?} ──\n{complaint}"));
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    let (failed, all) = (complaints.len(), cases.len());
    assert!(failed == 0, "{failed} of {all} cases failed\n{}", complaints.join("\n"));
}

/// Which calls of a place so far met a fault.
pub(crate) fn faults_met(server: &Server) -> usize {
    server.calls().iter().filter(|call| call.fault.is_some()).count()
}

fn first_world() -> World {
    let mut world = campus(&[101, 102, 103], 8);
    // Wanted in course 102 from the second night on, and enrolled nowhere.
    add_person(&mut world, 9);
    world
}

fn teachers_edit(world: &mut World) {
    let group = |world: &World, course, name: &str| world.group_named(course, name).unwrap().row.id;
    let grouping = |world: &World, course: i64, name: &str| {
        world.groupings(course).find(|grouping| grouping.row.name == name).unwrap().row.id
    };
    // Course 101.
    let vanished = group(world, 101, "Deleted by a teacher");
    world.delete_group(vanished);
    let bare = group(world, 101, "Without idnumber");
    world.set_group_idnumber(bare, "");
    let bare = grouping(world, 101, "HIST");
    world.set_grouping_idnumber(bare, "");
    let geography = grouping(world, 101, "GEOG");
    world.rename_grouping(geography, "Groups of GEOG");
    // Course 102.
    let mathematics = grouping(world, 102, "MATH");
    world.rename_grouping(mathematics, "groups of math");
    let numbers = group(world, 102, "Numbers");
    world.add_member(numbers, user(5));
    world.remove_member(numbers, user(3));
    let gone = group(world, 102, "Dropped and deleted");
    world.delete_group(gone);
    world.create_group_by_hand(102, "Chess").unwrap();
    let loose = group(world, 102, "Loose");
    world.unassign_by_hand(mathematics, loose);
    // Course 103.
    let local = world.create_group_by_hand(103, "A group of the teacher").unwrap();
    let chemistry = grouping(world, 103, "CHEM");
    world.assign_by_hand(chemistry, local);
    let biology = grouping(world, 103, "BIOL");
    world.delete_grouping(biology);
}

const GROUPS: &str = "group_id,group_code,group_name,module_code,kind,term";
const MEMBERS: &str = "group_id,person_id,role";
const MODULES: &str = "module_code";
const MAPPINGS: &str = "moodle_id,modulecode,group_import,mapping_action";

const FIRST_MODULES: &[&str] = &["HIST", "GEOG", "LATN", "MATH", "ECON", "CHEM", "BIOL"];
const MODULES_NOW: &[&str] = &["HIST", "GEOG", "LATN", "MATH", "ECON", "CHEM", "BIOL", "PHYS"];

const FIRST_MAPPINGS: &[&str] = &[
    "101,HIST,ADD,ADD",
    "101,GEOG,ADD,ADD",
    "101,LATN,ADD,ADD",
    "102,MATH,ADD,ADD",
    "103,ECON,ADD,ADD",
    "103,CHEM,ADD,ADD",
    "103,BIOL,ADD,ADD",
];

const FIRST_GROUPS: &[&str] = &[
    "h1,1,Seminar A,HIST,TUT,T1",
    "h2,2,Seminar B,HIST,TUT,T1",
    "h3,3,Tutorial,HIST,TUT,T1",
    "h4,4,Lecture,HIST,TUT,T1",
    "h5,5,Old,HIST,TUT,T1",
    "h7,7,Of a term,HIST,TUT,T1",
    "h8,8,Deleted by a teacher,HIST,TUT,T1",
    "h9,9,Without idnumber,HIST,TUT,T1",
    "g1,1,Maps,GEOG,TUT,T1",
    "l1,1,Verbs,LATN,TUT,T1",
    "m1,1,Numbers,MATH,TUT,T1",
    "m2,2,Dropped,MATH,TUT,T1",
    "m3,3,Dropped and deleted,MATH,TUT,T1",
    "m5,5,Loose,MATH,TUT,T1",
    "e1,1,Money,ECON,TUT,T1",
    "e2,2,Markets,ECON,TUT,T1",
    "c1,1,Acids,CHEM,TUT,T1",
    "b1,1,Cells,BIOL,TUT,T1",
    "b2,2,Trees,BIOL,TUT,T2",
];

const GROUPS_NOW: &[&str] = &[
    // The names are exchanged, and one changes its letter case only.
    "h1,1,Seminar B,HIST,TUT,T1",
    "h2,2,Seminar A,HIST,TUT,T1",
    "h3,3,TUTORIAL,HIST,TUT,T1",
    // The same people under a new id, and a new group with the name of one that goes.
    "h40,4,Lecture,HIST,TUT,T1",
    "h6,6,Old,HIST,TUT,T1",
    "h7,7,Of a term,HIST,TUT,T2",
    "h8,8,Deleted by a teacher,HIST,TUT,T1",
    "h9,9,Without idnumber,HIST,TUT,T1",
    "g1,1,Maps,GEOG,TUT,T1",
    "l1,1,Verbs,LATN,TUT,T1",
    "m1,1,Numbers,MATH,TUT,T1",
    // A local group has the name.
    "m4,4,Chess,MATH,TUT,T1",
    "m5,5,Loose,MATH,TUT,T1",
    "p1,1,Light,PHYS,TUT,T1",
    "p2,2,Sound,PHYS,TUT,T1",
    "c1,1,Acids,CHEM,TUT,T1",
];

const FIRST_MEMBERS: &[&str] = &[
    "h1,p1,student",
    "h1,p2,student",
    "h1,p8,tutor",
    "h2,p3,student",
    "h2,p4,student",
    "h3,p5,student",
    "h4,p1,student",
    "h4,p2,student",
    "h4,p3,student",
    "h4,p4,student",
    "h5,p6,student",
    "h5,p7,student",
    "h7,p1,student",
    "h8,p1,student",
    "h8,p2,student",
    "h9,p3,student",
    "g1,p1,student",
    "g1,p2,student",
    "l1,p1,student",
    "l1,p2,student",
    "m1,p1,student",
    "m1,p2,student",
    "m1,p3,student",
    "m2,p4,student",
    "m2,p5,student",
    "m3,p6,student",
    "m5,p7,student",
    "e1,p1,student",
    "e1,p2,student",
    "e2,p3,student",
    "c1,p1,student",
    "b1,p2,student",
    "b2,p3,student",
];

const MEMBERS_NOW: &[&str] = &[
    "h1,p1,student",
    "h1,p2,student",
    "h1,p8,student",
    "h2,p3,student",
    "h2,p5,student",
    "h3,p5,student",
    "h3,p6,student",
    "h40,p1,student",
    "h40,p2,student",
    "h40,p3,student",
    "h40,p4,student",
    "h40,p5,student",
    "h6,p6,student",
    "h6,p1,student",
    "h7,p1,student",
    "h8,p1,student",
    "h8,p2,student",
    "h9,p3,student",
    "g1,p1,student",
    "g1,p3,student",
    "l1,p1,student",
    "l1,p2,student",
    "m1,p1,student",
    "m1,p4,student",
    "m1,p5,student",
    "m1,p9,student",
    "m4,p2,student",
    "m4,p3,tutor",
    "m5,p7,student",
    "m5,p9,student",
    "p1,p1,student",
    "p1,p2,student",
    "p2,p3,student",
    "p2,p9,tutor",
    "c1,p1,student",
];

fn csv(header: &str, rows: &[&str]) -> String {
    let lines = std::iter::once(header).chain(rows.iter().copied());
    lines.map(|line| format!("{line}\r\n")).collect()
}

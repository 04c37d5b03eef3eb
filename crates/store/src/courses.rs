//! Which courses a run has to look at: what each is made from now, and what it was made from last.
//!
//! Not here: the decision (`app/run.rs`), and what a course is made of ([`crate::snapshots`]).
//!
//! Invariant: two equal input hashes mean that a plan would be made from the same wishes, rows, exceptions and policy.
//! Invariant: whatever the number of courses, the statements are the same few.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use reconcile::keys::{CourseId, ModuleCode, SourceName, Text};
use reconcile::snapshot::{Exception, Wish};

use crate::db::{LIST_MAX, Transaction, Value};
use crate::deliveries::NEWEST_ACCEPTED;
use crate::dialect::{Conflict, marks};
use crate::digest::Digest;
use crate::error::Result;
use crate::exceptions::{active, kind_word};
use crate::lock::RunLock;
use crate::mappings::wishes;
use crate::store::Store;
use crate::time::Timestamp;

/// A course that has a mapping or anything of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseState {
    /// The course.
    pub course: CourseId,
    /// What the course would be made from now.
    pub input_hash: Text,
    /// What the last settled run made it from; `None` where there is none.
    pub last_input_hash: Option<Text>,
    /// Whether the course has to be read whatever the hashes say.
    pub look_again: bool,
    /// When it was read last.
    pub last_observed: Option<Timestamp>,
    /// The name that it showed last; empty where it was never asked for.
    pub name: Text,
    /// The idnumber that it showed last; `None` where it was never asked for.
    pub idnumber: Option<Text>,
    /// Whether the platform said that it does not exist.
    pub gone: bool,
}

/// What a course is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseNamed {
    /// The course.
    pub course: CourseId,
    /// Its short name.
    pub name: Text,
    /// Its idnumber; empty where it has none.
    pub idnumber: Text,
}

/// What a run learned about a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseNote {
    /// The course.
    pub course: CourseId,
    /// The name that it shows; `None` leaves the one that was seen before.
    pub name: Option<Text>,
    /// When it was read; `None` where it could not be.
    pub observed_at: Option<Timestamp>,
    /// What it was made from; `None` unless everything in it was settled.
    pub input_hash: Option<Text>,
    /// Whether the next run has to read it in any case.
    pub look_again: bool,
    /// Whether the platform said that it does not exist.
    pub gone: bool,
}

/// The delivery that says what a source says.
pub(crate) struct NewestDelivery {
    pub(crate) rows_of: i64,
    pub(crate) terms: Arc<BTreeSet<Text>>,
}

/// What the input of a course depends on, besides its wishes.
struct Inputs<'a> {
    policy_hash: &'a str,
    terms: HashMap<SourceName, String>,
    module_hashes: HashMap<SourceName, HashMap<ModuleCode, Text>>,
    exceptions: HashMap<(SourceName, ModuleCode), Vec<Exception>>,
}

impl Store {
    /// Every course that has a mapping or anything of ours, by number. `policy_hash` stands for everything else that
    /// a plan depends on.
    pub async fn course_states(
        &self,
        default_source: &SourceName,
        policy_hash: &str,
        now: Timestamp,
    ) -> Result<Vec<CourseState>> {
        let mut read = self.db.read("read the states of the courses").await?;
        let mut wishes = wishes(&mut read, None, default_source, now).await?;
        for course in linked_courses(&mut read).await? {
            wishes.entry(course).or_default();
        }
        let mut known = known_courses(&mut read).await?;
        let inputs = inputs(&mut read, policy_hash, now).await?;
        let states = wishes.into_iter().map(|(course, wishes)| CourseState {
            input_hash: inputs.hash(&wishes).into(),
            ..known.remove(&course).unwrap_or_else(|| unknown_course(course))
        });
        Ok(states.collect())
    }

    /// The courses in which our memory and the platform may have come apart: the platform said that they are gone, an
    /// answer is still missing, or a finding that has not healed tells of it.
    pub async fn doubtful_courses(&self) -> Result<BTreeSet<CourseId>> {
        let mut read_only = self.db.read("look for courses to repair").await?;
        let sql = "SELECT course FROM courses WHERE gone = 1 AND (course IN (SELECT course FROM group_links) \
                OR course IN (SELECT course FROM grouping_links)) \
             UNION SELECT course FROM grouping_links WHERE state IN ('intended', 'removing') \
             UNION SELECT course FROM group_links WHERE state IN ('intended', 'removing') \
             UNION SELECT g.course FROM group_links g JOIN member_links m ON m.group_link = g.id \
                WHERE m.state IN ('intended', 'removing') \
             UNION SELECT course FROM findings WHERE healed_at IS NULL AND reason IN \
                ('course_gone', 'deleted_there', 'removed_there', 'target_refused', 'unanswered', 'read_incomplete')";
        let courses = read_only.rows(sql, [], |row| Ok(CourseId(row.int()?))).await?;
        Ok(courses.into_iter().collect())
    }

    /// Notes what courses are called.
    pub async fn note_course_names(&self, _lock: &RunLock, names: &[CourseNamed]) -> Result<()> {
        let mut write = self.db.write("note the names of courses").await?;
        // A course that no run has noted yet is looked at in any case.
        let rows = names.iter().map(|CourseNamed { course, name, idnumber }| {
            [Value::from(*course), name.into(), idnumber.into(), true.into(), false.into()]
        });
        let known = Conflict::Update { keys: &["course"], columns: &["name", "idnumber"] };
        let columns = ["course", "name", "idnumber", "look_again", "gone"];
        write.insert_many("courses", columns, known, rows).await?;
        write.commit().await
    }

    /// Notes what a run learned about a course.
    pub async fn note_course(&self, lock: &RunLock, note: &CourseNote) -> Result<()> {
        self.note_courses(lock, std::slice::from_ref(note)).await
    }

    /// Notes what a run learned about courses, in one transaction.
    pub async fn note_courses(&self, lock: &RunLock, notes: &[CourseNote]) -> Result<()> {
        let mut write = self.db.write_locked(lock, "note what was learned about courses").await?;
        let mut before = HashMap::new();
        for some in notes.chunks(LIST_MAX) {
            let sql = format!(
                "SELECT course, name, observed_at FROM courses WHERE course IN ({})",
                marks(some.len())
            );
            write
                .each(sql, some.iter().map(|note| note.course.into()), |row| {
                    before.insert(CourseId(row.int()?), (row.text()?, row.time_or_none()?));
                    Ok(())
                })
                .await?;
        }
        // A course that is noted twice is noted as the last note says.
        let last: BTreeMap<CourseId, &CourseNote> = notes.iter().map(|note| (note.course, note)).collect();
        let rows = last.values().map(|note| {
            let CourseNote { course, name, observed_at, input_hash, look_again, gone } = note;
            let (name_before, observed_before) = before.remove(course).unwrap_or_else(|| ("".into(), None));
            [
                Value::from(*course),
                name.clone().unwrap_or(name_before).into(),
                observed_at.or(observed_before).into(),
                input_hash.as_ref().into(),
                (*look_again).into(),
                (*gone).into(),
            ]
        });
        let columns = ["course", "name", "observed_at", "input_hash", "look_again", "gone"];
        let replace = Conflict::Update {
            keys: &["course"],
            columns: &["name", "observed_at", "input_hash", "look_again", "gone"],
        };
        write.insert_many("courses", columns, replace, rows).await?;
        write.commit().await
    }
}

impl Inputs<'_> {
    fn hash(&self, wishes: &BTreeMap<(SourceName, ModuleCode), Wish>) -> String {
        let mut hash = Digest::default();
        hash.field(self.policy_hash);
        for (key, wish) in wishes {
            let (source, module) = key;
            let rows = self.module_hashes.get(source).and_then(|hashes| hashes.get(module));
            hash.field(source.as_str())
                .field(module.as_str())
                .field(wish_word(*wish))
                .field(rows.map_or("absent", |hash| hash))
                .field(self.terms.get(source).map_or("", |terms| terms));
            for exception in self.exceptions.get(key).into_iter().flatten() {
                hash.field(exception.group.as_str())
                    .field(exception.person.as_str())
                    .field(kind_word(exception.kind));
            }
        }
        hash.finish()
    }
}

async fn inputs<'a>(read: &mut Transaction, policy_hash: &'a str, now: Timestamp) -> Result<Inputs<'a>> {
    let mut inputs = Inputs {
        policy_hash,
        terms: HashMap::new(),
        module_hashes: HashMap::new(),
        exceptions: active(read, now).await?,
    };
    for (source, NewestDelivery { rows_of, terms }) in newest_deliveries(read).await? {
        let sql = "SELECT module, hash FROM source_modules WHERE delivery = ?";
        let hashes =
            read.rows(sql, [rows_of.into()], |row| Ok((ModuleCode(row.text()?), row.text()?))).await?;
        let terms: Vec<&str> = terms.iter().map(AsRef::as_ref).collect();
        inputs.terms.insert(source.clone(), terms.join("\n"));
        inputs.module_hashes.insert(source, hashes.into_iter().collect());
    }
    Ok(inputs)
}

/// The newest accepted delivery of each source.
pub(crate) async fn newest_deliveries(
    read: &mut Transaction,
) -> Result<BTreeMap<SourceName, NewestDelivery>> {
    let sql = format!("SELECT source, rows_of, terms FROM deliveries WHERE {NEWEST_ACCEPTED}");
    let newest = read
        .rows(sql, [], |row| {
            let source = SourceName(row.text()?);
            let rows_of = row.int()?;
            let terms: Vec<String> = serde_json::from_str(&row.text()?)?;
            let terms = Arc::new(terms.into_iter().map(Text::from).collect());
            Ok((source, NewestDelivery { rows_of, terms }))
        })
        .await?;
    Ok(newest.into_iter().collect())
}

async fn linked_courses(read: &mut Transaction) -> Result<Vec<CourseId>> {
    let sql = "SELECT course FROM group_links UNION SELECT course FROM grouping_links";
    read.rows(sql, [], |row| Ok(CourseId(row.int()?))).await
}

async fn known_courses(read: &mut Transaction) -> Result<HashMap<CourseId, CourseState>> {
    let sql = "SELECT course, input_hash, look_again, observed_at, name, idnumber, gone FROM courses";
    let known = read
        .rows(sql, [], |row| {
            let course = CourseId(row.int()?);
            Ok((
                course,
                CourseState {
                    course,
                    input_hash: "".into(),
                    last_input_hash: row.text_or_none()?,
                    look_again: row.flag()?,
                    last_observed: row.time_or_none()?,
                    name: row.text()?,
                    idnumber: row.text_or_none()?,
                    gone: row.flag()?,
                },
            ))
        })
        .await?;
    Ok(known.into_iter().collect())
}

fn unknown_course(course: CourseId) -> CourseState {
    CourseState {
        course,
        input_hash: "".into(),
        last_input_hash: None,
        look_again: false,
        last_observed: None,
        name: "".into(),
        idnumber: None,
        gone: false,
    }
}

fn wish_word(wish: Wish) -> &'static str {
    match wish {
        Wish::Want => "want",
        Wish::Keep => "keep",
        Wish::Remove => "remove",
    }
}

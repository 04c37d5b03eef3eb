//! Proves each step of the set-up of a Moodle, without changing anything there: `muster check moodle` (features D, Z25).
//!
//! The way through: `door.rs` goes from the address to the token and its service, `service.rs` compares functions,
//! `rights.rs` tries what the role may do in courses, `identity.rs` says whether people can be told apart. `notes.rs`
//! collects what was proven, `needs.rs` is the list of what is needed, `step.rs` knows the pages of Moodle.
//!
//! Not here: any use of the platform; that begins with [`super::Moodle::connect`].
//!
//! Invariant: only functions that read are called, each at most once for one question.
//! Invariant: a step is called wrong only where an answer of the site proves it; where several steps give the same
//! answer, one line names them all and the others say that they cannot tell.

mod door;
mod identity;
mod needs;
mod notes;
mod rights;
mod service;
mod step;

pub use needs::Uses;
pub use step::Step;

use reconcile::keys::{CourseId, GroupId};

use super::client::Client;
use super::errors::TargetError;
use super::form::Form;
use super::functions::{Function, GroupRow};
use super::settings::MoodleSettings;
use notes::Notes;

/// What an examination looks at.
#[derive(Clone, Debug, Default)]
pub struct ExamineScope {
    /// Mapped courses: each is entered, the first one with participants is read. A few are enough.
    pub courses: Vec<CourseId>,
    /// One group to look at, as the old page's test client did (feature D14).
    pub group: Option<GroupId>,
    /// The features that are switched on.
    pub uses: Uses,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// An answer of the site proves that it is done, or it is not needed.
    Ok,
    /// An answer of the site proves that it is not done.
    Wrong,
    /// Nothing proves either.
    CannotTell,
}

/// What was found out about one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The step.
    pub step: Step,
    /// How it stands.
    pub verdict: Verdict,
    /// Other steps that the same answer of Moodle may come from; only beside [`Verdict::Wrong`].
    pub or: Vec<Step>,
    /// What was found: half a sentence.
    pub found: String,
    /// What to do, with the page of Moodle; empty where nothing is to be done. A step that is in order may still have
    /// advice, for example to take away what is not needed.
    pub remedy: String,
}

/// Whether something that is needed is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granted {
    /// Yes.
    Yes,
    /// No.
    No,
    /// No answer showed it.
    Unknown,
}

/// A function or capability that the switched-on features need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Its name in Moodle.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether it is there.
    pub granted: Granted,
}

/// Everything that was found out.
#[derive(Clone, Debug)]
pub struct Examination {
    /// One proof for each step, in the order in which they were tried.
    pub proofs: Vec<Proof>,
    /// The functions that are needed.
    pub functions: Vec<Need>,
    /// The capabilities that are needed.
    pub capabilities: Vec<Need>,
    /// Functions of the service that are not needed.
    pub functions_surplus: Vec<String>,
    /// Capabilities that showed and are not needed. Moodle tells of few.
    pub capabilities_surplus: Vec<&'static str>,
    /// The clock of the site's web server as it wrote it (RFC 9110 `Date`), for whoever has a clock to compare.
    pub server_date: Option<String>,
}

/// Examines the set-up of a site. Nothing fails: what could not be found out is [`Verdict::CannotTell`].
pub async fn examine(settings: MoodleSettings, scope: &ExamineScope) -> Examination {
    let mut notes = Notes::new(scope.uses, settings.person_key);
    let client = match Client::new(settings) {
        Ok(client) => client,
        Err(error) => {
            notes.setting_is_wrong(&error);
            return notes.finish();
        }
    };
    let Some(site) = door::knock(&client, &mut notes).await else {
        return notes.finish();
    };
    service::compare(&site, scope.uses, &mut notes);
    rights::try_out(&client, &site, &scope.courses, &mut notes).await;
    look_at_group(&client, scope.group, &mut notes).await;
    notes.finish()
}

/// A form whose answer is in English: the reason why a course is closed is only in the text of the refusal
/// (facts/moodle-ws.md §3), and without this the text is in the language of the account.
fn form() -> Form {
    Form::new().set("moodlewssettinglang", "en")
}

/// Looks at one group (feature D14).
async fn look_at_group(client: &Client, group: Option<GroupId>, notes: &mut Notes) {
    let step = Step::OneGroup;
    let Some(id) = group else {
        notes.ok(step, "not asked for: `--group ID` looks at one group");
        return;
    };
    let function = Function::GetGroups;
    if !notes.is_granted(function.name()) {
        let page = Step::Functions.page();
        notes.cannot_tell(
            step,
            format!("{} is not in the service", function.name()),
            format!("{page}: add it"),
        );
        return;
    }
    let heard = client.ask::<Vec<GroupRow>>(function.name(), &form().list("groupids", &[id.0])).await;
    match heard.result {
        Ok(rows) => match rows.first() {
            Some(row) => notes.ok(step, format!("group {id} is {:?} in course {}", row.name, row.courseid)),
            None => notes.wrong(
                step,
                format!("Moodle answers nothing for group {id}"),
                "take its number from the address of its page in the course (Participants, Groups)",
            ),
        },
        Err(error) if error.is_missing_record() => notes.wrong(
            step,
            format!("there is no group {id}"),
            "`muster explain group ID` knows groups of the past; the number stands in the address of the group's page \
             (course, Participants, Groups)",
        ),
        Err(error) => notes.wrong(
            step,
            format!("group {id} cannot be read: {}", error.in_words()),
            format!("{}: the role has to reach the course of the group", Step::Assignment.page()),
        ),
    }
}

impl Notes {
    /// A setting of ours cannot be used: the address or the token.
    fn setting_is_wrong(&mut self, error: &TargetError) {
        match error {
            TargetError::Setting { setting: "token", problem } => {
                self.wrong(Step::Token, problem.clone(), format!("{}: make a token", Step::Token.page()));
            }
            other => self.wrong(
                Step::Address,
                other.to_string(),
                format!("set [moodle] right; {} has the address as the site knows it", Step::Address.page()),
            ),
        }
    }
}

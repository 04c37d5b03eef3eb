//! Which courses a run looks at, and which of them have to be read whole.
//!
//! Not here: looking at them (`planning.rs`), and what tells that a course changed (`store::courses`).
//!
//! Invariant: a course in which the source, a mapping, an exception or the policy changed is looked at in the next
//! run, and so is one with a finding that may be over, unless it only waits for people to be enrolled.
//! Invariant: no course is forgotten: of those that may wait, the one that was not looked at for longest comes first.

use std::collections::HashSet;

use reconcile::finding::{Reason, Severity};
use reconcile::keys::CourseId;
use store::{CourseState, FindingRow};

use crate::app::App;
use crate::config::Observe;
use crate::exit::{Exit, Failure};
use crate::run::{Named, Scope};

/// What a run looks at.
pub(crate) struct Choice {
    /// How many courses there are.
    pub(crate) known: u64,
    /// Those that are looked at.
    pub(crate) courses: Vec<CourseState>,
    /// Of them, those that are read whole in any case.
    pub(crate) whole: HashSet<CourseId>,
}

/// Chooses. `findings` are those that earlier runs reported and that have not healed.
pub(crate) async fn choose(app: &App, scope: &Scope, findings: &[FindingRow]) -> Result<Choice, Failure> {
    let states = app.store.course_states(&app.default_source(), &app.policy_hash(), app.clock.now()).await?;
    let moodle = app.moodle_config()?;
    let all = || states.iter().map(|state| state.course).collect();
    let (chosen, whole): (HashSet<CourseId>, HashSet<CourseId>) = match scope {
        Scope::All => (all(), all()),
        Scope::Changed if moodle.observe == Observe::All => (all(), all()),
        Scope::Changed => {
            let chosen = changed(&states, findings, moodle.pending_courses_max, moodle.sample_percent);
            (chosen, courses_about_others(findings))
        }
        Scope::Touched => {
            let touched: HashSet<CourseId> =
                app.store.touched_courses(&app.default_source()).await?.into_iter().collect();
            (touched, courses_about_others(findings))
        }
        Scope::Named(asked) => {
            let named = named(app, &states, asked).await?;
            (named.clone(), named)
        }
    };
    let known = states.len() as u64;
    let courses = states.into_iter().filter(|state| chosen.contains(&state.course)).collect();
    Ok(Choice { known, courses, whole })
}

/// The courses that somebody named, and those of named modules and schools.
async fn named(app: &App, states: &[CourseState], asked: &Named) -> Result<HashSet<CourseId>, Failure> {
    let Named { courses, modules, schools, about: _ } = asked;
    let mut named: HashSet<CourseId> = courses.iter().copied().collect();
    for module in modules {
        named.extend(app.store.courses_of_module(&module.as_str().into()).await?);
    }
    let known: HashSet<CourseId> = states.iter().map(|state| state.course).collect();
    for school in schools {
        named.extend(app.store.courses_of_school(school).await?);
        // A school may list a course before anything is mapped to it.
        named.extend(school.courses.iter().filter(|course| known.contains(course)));
    }
    if let Some(unknown) = named.iter().find(|course| !known.contains(course)) {
        let message = format!("course {unknown} has no mapping and no groups of ours");
        let hint = format!("`muster map add {unknown} MODULE` maps a module to it");
        return Err(Failure::new(Exit::Usage, message).hint(hint));
    }
    if named.is_empty() {
        let message = format!("no course is mapped to {asked}");
        return Err(Failure::new(Exit::Usage, message).hint("`muster map list` shows the mappings"));
    }
    Ok(named)
}

/// The courses in which something changed or may be over; of those that only wait for people at most so many, and of the
/// quiet ones a share.
fn changed(
    states: &[CourseState],
    findings: &[FindingRow],
    pending_courses_max: u64,
    sample_percent: u64,
) -> HashSet<CourseId> {
    let may_be_over: HashSet<CourseId> = findings
        .iter()
        .map(|row| &row.finding)
        .filter(|finding| may_heal_there(finding.reason) && !waits_for_a_person(finding.reason))
        .map(|finding| finding.course)
        .collect();
    let (mut chosen, mut waiting, mut quiet) = (HashSet::new(), Vec::new(), Vec::new());
    for state in states {
        let is_as_before = state.last_input_hash.as_ref() == Some(&state.input_hash);
        if !is_as_before || may_be_over.contains(&state.course) {
            chosen.insert(state.course);
        } else if state.look_again {
            waiting.push(state);
        } else {
            quiet.push(state);
        }
    }
    let sample = (quiet.len() as u64 * sample_percent).div_ceil(100);
    chosen.extend(oldest(waiting, pending_courses_max));
    chosen.extend(oldest(quiet, sample));
    chosen
}

/// So many courses that were not looked at for longest.
fn oldest(mut states: Vec<&CourseState>, count: u64) -> impl Iterator<Item = CourseId> {
    states.sort_by_key(|state| (state.last_observed, state.course));
    states.into_iter().take(usize::try_from(count).unwrap_or(usize::MAX)).map(|state| state.course)
}

/// The courses with a finding about something that is not ours.
fn courses_about_others(findings: &[FindingRow]) -> HashSet<CourseId> {
    let about_others = findings.iter().filter(|row| row.finding.reason.is_about_others());
    about_others.map(|row| row.finding.course).collect()
}

/// Tells whether a finding is over as soon as somebody has an account or an enrolment: of these a university has
/// hundreds every night.
fn waits_for_a_person(reason: Reason) -> bool {
    matches!(reason, Reason::NotEnrolled | Reason::UnknownPerson)
}

/// Tells whether a finding may be over without any change of ours, so that the course has to be read again.
pub(crate) fn may_heal_there(reason: Reason) -> bool {
    match reason {
        Reason::NotInSource | Reason::NotMapped => false,
        other => other.severity() >= Severity::Pending,
    }
}

#[cfg(test)]
mod tests {
    use reconcile::finding::{Finding, Subject};
    use store::{RunId, Timestamp};

    use super::*;

    fn state(course: i64, last_input_hash: &str, look_again: bool, last_observed: i64) -> CourseState {
        CourseState {
            course: CourseId(course),
            input_hash: "now".into(),
            last_input_hash: (!last_input_hash.is_empty()).then(|| last_input_hash.into()),
            look_again,
            last_observed: Some(Timestamp(last_observed)),
            name: "".into(),
            idnumber: None,
            gone: false,
        }
    }

    fn found(course: i64, reason: Reason) -> FindingRow {
        let finding =
            Finding { course: CourseId(course), reason, subject: Subject::default(), detail: "".into() };
        let (first_seen, last_seen) = (Timestamp(0), Timestamp(0));
        FindingRow { finding, first_seen, last_seen, last_run: RunId(1), healed_at: None }
    }

    fn check(states: &[CourseState], pending_courses_max: u64, sample_percent: u64, expected: &[i64]) {
        let findings = [
            found(3, Reason::NameTaken),
            found(4, Reason::NotEnrolled),
            found(5, Reason::NotEnrolled),
            found(6, Reason::NotInSource),
        ];
        let mut chosen: Vec<i64> = changed(states, &findings, pending_courses_max, sample_percent)
            .into_iter()
            .map(|course| course.0)
            .collect();
        chosen.sort_unstable();
        assert_eq!(chosen, expected);
    }

    #[test]
    fn a_course_that_changed_or_in_which_something_may_be_over_is_always_chosen() {
        let states = [
            state(1, "", false, 9),
            state(2, "before", false, 9),
            state(3, "now", true, 9),
            state(4, "before", true, 9),
            // Its finding heals by a delivery, which changes the hash.
            state(6, "now", false, 9),
        ];
        check(&states, 0, 0, &[1, 2, 3, 4]);
    }

    #[test]
    fn of_the_courses_that_may_wait_the_one_not_read_for_longest_comes_first() {
        let states = [
            state(4, "now", true, 8),
            state(5, "now", true, 7),
            state(7, "now", false, 6),
            state(8, "now", false, 5),
        ];
        check(&states, 0, 0, &[]);
        check(&states, 1, 0, &[5]);
        check(&states, 1, 50, &[5, 8]);
        check(&states, 9, 100, &[4, 5, 7, 8]);
    }
}

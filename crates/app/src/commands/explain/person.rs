//! Why a person is, or is not, in the groups in which the source has them.
//!
//! Not here: who may see this; a person's key is personal data, so the answer goes to the terminal and into no log.

use std::collections::HashSet;

use reconcile::finding::Reason;
use reconcile::keys::{CourseId, GroupKey, Part, PersonKey, Role, Text};
use reconcile::link::LinkState;
use reconcile::policy::{Policy, Students, Tutors};
use reconcile::snapshot::{Exception, ExceptionKind};
use store::{PersonPlace, PersonTrace, PersonTraces};

use super::chain::{Chain, Names, Step};
use super::code::Code;
use super::find::typed;
use super::group::words_of;
use super::memory::{Known, Memory};
use super::{Answer, Manner, Several, live, steps};
use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;

/// Explains every group in which a source has the person.
pub(super) async fn answer(
    app: &App,
    memory: &Memory,
    person: &PersonKey,
    manner: Manner,
) -> Result<Answer, Failure> {
    let traces = app.store.person_traces(person).await?;
    let listed = app.store.person_places(person).await?;
    let places = places(app, person, listed, &traces).await?;
    let mut in_courses: Vec<(&Place, CourseId)> = Vec::new();
    for place in &places {
        let courses = match place.course {
            Some(course) => vec![course],
            None => app.store.courses_of_module(&place.key.module).await?,
        };
        let meant = courses.into_iter().filter(|course| manner.course.is_none_or(|only| only == *course));
        in_courses.extend(meant.map(|course| (place, course)));
    }
    let mut courses: Vec<CourseId> = in_courses.iter().map(|(_, course)| *course).collect();
    courses.sort_unstable();
    courses.dedup();
    let mut all = Known::load(app, memory, &courses).await?;
    let mut chains = Vec::new();
    if manner.live {
        let moodle = live::ask(app, memory, &mut all).await?;
        chains.push(live::account(&moodle, person, ask(person, None)).await?);
    }
    for (place, course) in in_courses {
        let known = all.iter().find(|known| known.course == course);
        chains.extend(known.map(|known| chain(memory, known, place, (person, &traces), &app.config.policy)));
    }
    if let Some(step) = steps::rejected_rows(memory, |row| row.person.as_ref() == Some(person)) {
        chains.push(Chain::of(format!("{person} in rows of the source"), ask(person, None), vec![step]));
    }
    if courses.is_empty() && chains.len() <= usize::from(manner.live) {
        chains.push(nowhere(person, &places, manner));
    }
    chains.extend(former(person, &places, &traces, manner));
    Ok(Answer { chains, several: Several::Places })
}

fn ask(person: &PersonKey, course: Option<CourseId>) -> String {
    let course = course.map_or(String::new(), |course| format!(" --course {course}"));
    format!("muster explain person {}{course}", typed(person.as_str()))
}

/// A group in which a person is, was listed, or is kept.
struct Place {
    key: GroupKey,
    name: Text,
    role: Role,
    why: Why,
    /// The course, where only one can be meant.
    course: Option<CourseId>,
}

/// Why a place is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The source lists the person there.
    Listed,
    /// An exception keeps the person in.
    KeptIn,
    /// Only our memory has the person there.
    Ours,
}

/// Every group that has to do with a person: in the source, by an exception, or in our memory alone.
async fn places(
    app: &App,
    person: &PersonKey,
    listed: Vec<PersonPlace>,
    traces: &PersonTraces,
) -> Result<Vec<Place>, Failure> {
    let mut places: Vec<Place> = listed
        .into_iter()
        .map(|PersonPlace { key, name, role }| Place { key, name, role, why: Why::Listed, course: None })
        .collect();
    let now = app.clock.now();
    for row in app.store.exceptions().await? {
        let Exception { source, module, group, .. } = row.exception;
        let key = GroupKey { source, module, group, part: Part::Everyone };
        let counts =
            row.exception.kind == ExceptionKind::Include && row.expires_at.is_none_or(|end| now < end);
        if row.exception.person == *person && counts && !places.iter().any(|place| place.key == key) {
            let name = key.group.0.clone();
            places.push(Place { key, name, role: Role::Student, why: Why::KeptIn, course: None });
        }
    }
    for trace in &traces.members {
        let is_known =
            |place: &Place| place.key.module == trace.key.module && place.key.group == trace.key.group;
        if !places.iter().any(is_known) {
            places.push(Place {
                key: trace.key.clone(),
                name: trace.name.clone(),
                role: Role::Student,
                why: Why::Ours,
                course: Some(trace.course),
            });
        }
    }
    Ok(places)
}

fn chain(
    memory: &Memory,
    known: &Known,
    place: &Place,
    (person, traces): (&PersonKey, &PersonTraces),
    policy: &Policy,
) -> Chain {
    let key = &place.key;
    let title = format!("{person} in {} ({} {}) in {}", place.name, key.module, key.group, known.title);
    let mut steps = vec![steps::mapping(memory, known, Some(key))];
    steps.push(listed(memory, known, place));
    let (said, group) = steps::source_of_group(memory, known, key);
    if place.why == Why::Listed {
        // The group itself is told by `explain group`; here only what stops it.
        steps.extend(said.into_iter().filter(|step| !step.is_well()));
        steps.extend(left_out(known, place, group.map(|group| &*group.kind), policy));
    }
    steps.extend(kept_out(known, place, person));
    steps.extend(steps::findings(known.findings_of_person(person, key)));
    steps.extend(steps::open(memory, known, |row| *row.person == *person.as_str()));
    let last = membership(known, place, person);
    steps.extend(left(known, place, traces).filter(|_| !last.is_well()));
    let explained = steps.iter().any(Step::tells);
    steps.push(if explained { last.without_remedy() } else { last });
    Chain::of(title, ask(person, Some(known.course)), steps)
}

/// The newest memberships that ended, in groups that the person no longer has to do with.
fn former(person: &PersonKey, places: &[Place], traces: &PersonTraces, manner: Manner) -> Vec<Chain> {
    const SHOWN_MAX: usize = 10;
    let mut seen = HashSet::new();
    let is_new = |trace: &&PersonTrace| {
        let is_place =
            |place: &Place| place.key.module == trace.key.module && place.key.group == trace.key.group;
        manner.course.is_none_or(|course| course == trace.course)
            && !places.iter().any(is_place)
            && seen.insert((trace.course, trace.key.clone()))
    };
    let told = |trace: &PersonTrace| {
        let (at, run, because) = trace.ended.as_ref()?;
        let key = &trace.key;
        let title = format!(
            "{person} was in {} ({} {}) in course {}",
            trace.name, key.module, key.group, trace.course
        );
        let text = format!("they left {} by run {}: {}", written(*at), run.0, words_of(because));
        let title = format!("{title}: {text}");
        Some(Chain::of(
            title,
            format!("muster runs show {} --course {}", run.0, trace.course),
            vec![Step::well("history", text)],
        ))
    };
    traces.graves.iter().filter(is_new).take(SHOWN_MAX).filter_map(told).collect()
}

/// Where the person is known from.
fn listed(memory: &Memory, known: &Known, place: &Place) -> Step {
    match place.why {
        Why::Listed => {
            Step::well("source", memory.has(&place.key.source, &format!("listed as {}", place.role)))
        }
        Why::KeptIn => Step::well("exception", "kept in by an exception, whatever the source says"),
        Why::Ours => {
            let text = memory.lacks(&place.key.source, &format!("the person in group {}", place.key.group));
            Step::note("source", Code::RemovalDue, text, &steps::names(known, Some(&place.key.module)))
        }
    }
}

/// An exception keeps the person out.
fn kept_out(known: &Known, place: &Place, person: &PersonKey) -> Option<Step> {
    let of = |exception: &&Exception| {
        exception.kind == ExceptionKind::Exclude
            && exception.person == *person
            && exception.module == place.key.module
            && exception.group == place.key.group
    };
    let exception = known.snapshot.exceptions.iter().find(of)?;
    let text = format!("kept out by {}: {}", exception.owner, exception.reason);
    let remedy = "`muster map except list` shows the exceptions, `muster map except remove NUMBER` ends one";
    let code = Code::Found(Reason::Exception);
    Some(Step::broken("exception", code, text, &Names::default()).mended_by(remedy.to_owned()))
}

/// When the person left the group.
fn left(known: &Known, place: &Place, traces: &PersonTraces) -> impl Iterator<Item = Step> {
    let of = |trace: &&PersonTrace| {
        trace.course == known.course
            && trace.key.module == place.key.module
            && trace.key.group == place.key.group
    };
    let newest = traces.graves.iter().find(of);
    let text = newest.and_then(|trace| {
        let (at, run, because) = trace.ended.as_ref()?;
        Some(format!("they left {} by run {}: {}", written(*at), run.0, words_of(because)))
    });
    text.into_iter().map(|text| Step::well("history", text))
}

/// The policy leaves the kind of the group or the role of the person out.
fn left_out(known: &Known, place: &Place, kind: Option<&str>, policy: &Policy) -> Option<Step> {
    let names = steps::names(known, Some(&place.key.module));
    if let Some(kind) = kind
        && reconcile::desired::is_kind_left_out(kind, policy)
    {
        return Some(Step::broken(
            "policy",
            Code::KindExcluded,
            format!("groups of kind {kind} are left out"),
            &names,
        ));
    }
    let (key, is_left_out) = match place.role {
        Role::Tutor => ("policy.tutors", policy.tutors == Tutors::Ignore),
        Role::Student => ("policy.students", policy.students == Students::Ignore),
    };
    let text = format!("people with the role {} are left out", place.role);
    is_left_out.then(|| {
        Step::broken("policy", Code::RoleLeftOut, text, &names)
            .mended_by(format!("nothing to do if that is right; `muster config explain {key}`"))
    })
}

/// Whether the membership is there: in our memory, or on the platform just now.
fn membership(known: &Known, place: &Place, person: &PersonKey) -> Step {
    let names = steps::names(known, Some(&place.key.module));
    // A merged or a tutors' group holds people of the source group under another key.
    let links = &known.snapshot.links.groups;
    let link = links.iter().find_map(|(key, link)| {
        let is_theirs = key.module == place.key.module && key.group == place.key.group;
        let member = link.members.iter().find(|(_, member)| member.person == *person);
        member.filter(|_| is_theirs || merged_into(known, place)).map(|(user, member)| (link, *user, member))
    });
    let Some((link, user, member)) = link else {
        let text = format!("not a member, {}", known.read());
        return Step::note("platform", Code::NotMember, text, &names);
    };
    if let Some(live) = &known.live
        && live.course().is_some()
    {
        let shown = live.group(link.id, &link.idnumber);
        let is_there =
            shown.and_then(|group| group.members.as_ref()).is_some_and(|members| members.contains(&user));
        return if is_there {
            Step::well("platform", format!("a member of {}, as user {user}; asked just now", link.name_shown))
        } else {
            let text = format!("not a member of {}, although we added them; asked just now", link.name_shown);
            Step::note("platform", Code::DiffersNow, text, &names)
        };
    }
    match member.state {
        LinkState::Confirmed | LinkState::Archived => Step::well(
            "platform",
            format!("a member of {}, as user {user}, {}", link.name_shown, known.read()),
        ),
        LinkState::Intended | LinkState::Removing => {
            let text = format!("asked for in {}, and the answer never came", link.name_shown);
            Step::note("platform", Code::Found(Reason::Unanswered), text, &names)
        }
    }
}

/// Tells whether the group has no link of its own, so that another one may hold its people.
fn merged_into(known: &Known, place: &Place) -> bool {
    !known.snapshot.links.groups.contains_key(&place.key)
        && known.findings.iter().any(|row| row.finding.reason == Reason::SameCode)
}

/// The chain of a person who is in no course that was meant.
fn nowhere(person: &PersonKey, places: &[Place], manner: Manner) -> Chain {
    let names = Names { person: person.to_string(), ..Names::default() };
    let step = if places.is_empty() {
        let text = "no source lists this person in any group, and no rejected row names them";
        let remedy =
            "look at the key's spelling; else ask the timetable office, then `muster import`".to_owned();
        Step::broken("source", Code::Found(Reason::NotInSource), text, &names).mended_by(remedy)
    } else {
        let mut modules: Vec<_> = places.iter().map(|place| place.key.module.as_str()).collect();
        modules.dedup();
        let course = manner.course.map_or("COURSE".to_owned(), |course| course.to_string());
        let fill = manner
            .course
            .map_or("fill no course".to_owned(), |course| format!("do not fill course {course}"));
        let text = format!("they are in groups of {}, which {fill}", modules.join(", "));
        let remedy = format!("tick the module in the course, or `muster map add {course} {}`", modules[0]);
        Step::broken("mapping", Code::Found(Reason::NotMapped), text, &names).mended_by(remedy)
    };
    Chain::of(person.to_string(), ask(person, manner.course), vec![step])
}

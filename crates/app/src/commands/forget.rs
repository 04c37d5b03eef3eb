//! `muster forget` and `muster reset course`: drops our memory of something (feature K10).
//!
//! Not here: the platform, which is untouched; the next plan takes up again what the source still has, by its
//! idnumber.

use std::collections::BTreeMap;
use std::fmt::Write;

use reconcile::forget::Forgotten;
use reconcile::keys::{CourseId, GroupKey, GroupingKey};
use reconcile::link::CourseLinks;
use serde_json::{Value, json};
use store::{Entry, HitPlace, RunKind};

use super::mend::{Mended, Mending, mend};
use super::person::{Erasure, erase};
use crate::app::{App, person};
use crate::cli::{ForgetArgs, ForgetCommand};
use crate::exit::{Exit, Failure};
use crate::mending::Goal;
use crate::output::Output;
use crate::present::table::counted;
use crate::run::{RunWish, Scope, Until};

/// What a person wants forgotten.
struct Wanted<'a> {
    /// In words.
    what: String,
    /// The command line that names it.
    command: String,
    of_course: BTreeMap<CourseId, Forgotten>,
    how: &'a ForgetArgs,
}

/// Forgets what the command names; [`super::person`] erases people.
pub(crate) async fn run(app: &App, command: &ForgetCommand, output: &Output) -> Result<Exit, Failure> {
    let wanted = match command {
        ForgetCommand::Person { person, reason, consent } => {
            return erase(app, &Erasure { person, reason, yes: consent.yes }, output).await;
        }
        ForgetCommand::Course(args) => Wanted {
            what: format!("course {}", args.course),
            command: format!("course {}", args.course),
            of_course: BTreeMap::from([(CourseId(args.course), Forgotten::Course)]),
            how: &args.how,
        },
        ForgetCommand::Group { group, course, how } => {
            let of_course = groups(app, group, course.map(CourseId)).await?;
            Wanted { what: format!("group {group}"), command: named("group", group, *course), of_course, how }
        }
        ForgetCommand::Grouping { module, course, how } => {
            let of_course = groupings(app, module, course.map(CourseId)).await?;
            let what = format!("the grouping of {module}");
            Wanted { what, command: named("grouping", module, *course), of_course, how }
        }
    };
    forget(app, wanted, output).await
}

fn named(kind: &str, name: &str, course: Option<i64>) -> String {
    let course = course.map_or_else(String::new, |course| format!(" --course {course}"));
    format!("{kind} {name:?}{course}")
}

async fn groups(
    app: &App,
    asked: &str,
    only: Option<CourseId>,
) -> Result<BTreeMap<CourseId, Forgotten>, Failure> {
    let mut keys: BTreeMap<CourseId, Vec<GroupKey>> = BTreeMap::new();
    for hit in app.store.find_groups(asked).await? {
        if let HitPlace::Ours(course) = hit.place
            && only.is_none_or(|only| only == course)
        {
            keys.entry(course).or_default().push(hit.key);
        }
    }
    Ok(keys.into_iter().map(|(course, keys)| (course, Forgotten::Groups(keys))).collect())
}

async fn groupings(
    app: &App,
    module: &str,
    only: Option<CourseId>,
) -> Result<BTreeMap<CourseId, Forgotten>, Failure> {
    let mut courses = app.store.courses_of_module(&module.into()).await?;
    courses.retain(|course| only.is_none_or(|only| only == *course));
    let of_module = |links: CourseLinks| -> Vec<GroupingKey> {
        links.groupings.into_keys().filter(|key| key.module.as_str() == module).collect()
    };
    let links = app.store.links(&courses).await?;
    let keys = links.into_iter().map(|(course, links)| (course, of_module(links)));
    let keys = keys.filter(|(_, keys)| !keys.is_empty());
    Ok(keys.map(|(course, keys)| (course, Forgotten::Groupings(keys))).collect())
}

async fn forget(app: &App, wanted: Wanted<'_>, output: &Output) -> Result<Exit, Failure> {
    let Wanted { what, command, mut of_course, how } = wanted;
    let courses: Vec<CourseId> = of_course.keys().copied().collect();
    let mut links = app.store.links(&courses).await?;
    links.retain(|_, links| !links.groups.is_empty() || !links.groupings.is_empty());
    of_course.retain(|course, _| links.contains_key(course));
    if of_course.is_empty() {
        let nothing = format!("Our memory holds nothing of {what}; there is nothing to forget.");
        output.answer(&json!({ "run": null, "forgotten": [], "exit_code": 0 }), || nothing)?;
        return Ok(Exit::Done);
    }
    let lines = lines(&of_course, &links);
    let wish = RunWish {
        kind: RunKind::Forget,
        import: false,
        until: Until::Apply(None),
        scope: Scope::of_courses(of_course.keys().copied().collect()),
        goal: Goal::Forget(of_course),
        accept_new_site: false,
    };
    let mending = Mending {
        wish,
        nothing: "There was nothing left to forget.",
        command: format!("muster forget {command} --yes"),
        tell: &|_| {
            let mut text = "\nOur memory of\n".to_owned();
            lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
            text.push_str(
                "The platform is untouched. What the source still has is taken up again by its idnumber in the next run.\n",
            );
            text
        },
        details: &|_| Value::from(lines.clone()),
    };
    let mended = mend(app, &mending, how.consent.yes, output).await?;
    if let Mended::Done(finished) = &mended {
        let entry = Entry {
            at: app.clock.now(),
            who: person().into(),
            what: format!("memory of {what}").into(),
            before: lines.join("; ").into(),
            after: format!("forgotten by run {}", finished.run.0).into(),
            reason: how.reason.as_str().into(),
        };
        app.store.record_event(&entry).await?;
    }
    Ok(mended.exit())
}

/// What exactly is forgotten, a line each.
fn lines(of_course: &BTreeMap<CourseId, Forgotten>, links: &BTreeMap<CourseId, CourseLinks>) -> Vec<String> {
    let mut lines = Vec::new();
    for (course, what) in of_course {
        let Some(links) = links.get(course) else { continue };
        for (key, link) in &links.groupings {
            if matches!(what, Forgotten::Course)
                || matches!(what, Forgotten::Groupings(keys) if keys.contains(key))
            {
                lines.push(format!("grouping {} of {} in course {course}", link.name_shown, key.module));
            }
        }
        for (key, link) in &links.groups {
            if matches!(what, Forgotten::Course)
                || matches!(what, Forgotten::Groups(keys) if keys.contains(key))
            {
                let mut line = format!("group {} ({} {}", link.name_shown, key.module, key.group);
                if let Some(id) = link.id {
                    let _ = write!(line, ", number {id} on the platform");
                }
                let members = counted(link.members.len() as u64, "membership", "memberships");
                lines.push(format!("{line}) with {members} in course {course}"));
            }
        }
    }
    lines
}

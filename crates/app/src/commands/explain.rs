//! `muster explain`: why a course, group or person is, or is not, as expected (feature Z1).
//!
//! The chain of checks is always the same: mapping, source, rejections, link, what the last run saw and could not do,
//! who is pending. It stops at the first broken link and says what mends it. It answers from memory and says how old
//! that memory is.
//!
//! Not here: reading the platform; `muster plan --course ID` does that.

mod chain;

use reconcile::desired::wanted_groups;
use reconcile::finding::Reason;
use reconcile::finding::Severity;
use reconcile::keys::{CourseId, GroupKey, ModuleCode, PersonKey};
use reconcile::link::LinkState;
use reconcile::policy::Policy;
use reconcile::snapshot::{CourseSnapshot, Presence, Wish};
use serde_json::json;
use store::{FindingFilter, FindingRow, GroupHit, HitPlace, RejectionFilter, RejectionRow};

use self::chain::{Chain, Step};
use crate::app::App;
use crate::cli::ExplainCommand;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::counted;

pub(crate) async fn run(app: &App, command: &ExplainCommand, output: &Output) -> Result<Exit, Failure> {
    let chains = match command {
        ExplainCommand::Course { course } => {
            let mut chains = Vec::new();
            for course in courses_meant(app, course).await? {
                chains.push(course_chain(app, course).await?);
            }
            chains
        }
        ExplainCommand::Group { group, course } => group_chains(app, group, course.map(CourseId)).await?,
        ExplainCommand::Person { person, course } => {
            person_chains(app, &person.as_str().into(), course.map(CourseId)).await?
        }
    };
    output.answer(&json!(chains), || told(&chains))?;
    Ok(Exit::Done)
}

/// The chains in which something is broken or pending, whole; the others in a line each where there are several.
fn told(chains: &[Chain]) -> String {
    if let [only] = chains {
        return only.to_string();
    }
    let (well, telling): (Vec<&Chain>, Vec<&Chain>) = chains.iter().partition(|chain| chain.is_well());
    let mut text: String = telling.iter().map(|chain| format!("{chain}\n")).collect();
    text.extend(well.iter().map(|chain| chain.in_a_line()));
    text
}

/// The courses that a person may mean: by number, by the name that the platform showed, or by a module.
async fn courses_meant(app: &App, asked: &str) -> Result<Vec<CourseId>, Failure> {
    if let Ok(number) = asked.parse() {
        return Ok(vec![CourseId(number)]);
    }
    let states = app.store.course_states(&app.default_source(), &app.policy_hash(), app.clock.now()).await?;
    let named = states.iter().filter(|state| state.name.eq_ignore_ascii_case(asked));
    let mut courses: Vec<CourseId> = named.map(|state| state.course).collect();
    if courses.is_empty() {
        courses = app.store.courses_of_module(&ModuleCode(asked.into())).await?;
    }
    if courses.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!("no course has the name {asked}, and no module {asked} fills one"),
        )
        .hint(
            "the course's number is in its address on the platform; `muster map list` shows the mappings",
        ));
    }
    Ok(courses)
}

/// What is known of one course: everything a chain looks at.
struct Known {
    snapshot: CourseSnapshot,
    findings: Vec<FindingRow>,
    /// The course with its name, for headings.
    title: String,
    /// When it was read last, in words.
    read: String,
}

async fn known(app: &App, course: CourseId) -> Result<Known, Failure> {
    let snapshot = app
        .store
        .snapshots(&[course], &app.default_source(), app.clock.now())
        .await?
        .pop()
        .unwrap_or_default();
    let filter = FindingFilter { course: Some(course), ..FindingFilter::default() };
    let findings = app.store.findings(&filter).await?;
    let states = app.store.course_states(&app.default_source(), &app.policy_hash(), app.clock.now()).await?;
    let state = states.into_iter().find(|state| state.course == course);
    let name = state.as_ref().map(|state| state.name.to_string()).unwrap_or_default();
    let title =
        if name.is_empty() { format!("course {course}") } else { format!("{name} (course {course})") };
    let read = match state.and_then(|state| state.last_observed) {
        Some(at) => format!("as read {}", written(at)),
        None => "never read yet".to_owned(),
    };
    Ok(Known { snapshot, findings, title, read })
}

impl Known {
    /// The mapping of a module, or of the whole course.
    fn mapping_step(&self, module: Option<&GroupKey>) -> Step {
        let of_module = |mapping: &&reconcile::snapshot::Mapping| {
            module.is_none_or(|key| mapping.module == key.module && mapping.source == key.source)
        };
        let mappings: Vec<_> = self.snapshot.mappings.iter().filter(of_module).collect();
        let told = |wish: Wish| {
            let modules: Vec<_> = mappings
                .iter()
                .filter(|mapping| mapping.wish == wish)
                .map(|mapping| mapping.module.as_str())
                .collect();
            (!modules.is_empty()).then(|| modules.join(", "))
        };
        let course = self.snapshot.course;
        // A remedy is a command that can be typed as it stands, as far as the module is known.
        let known = module.map(|key| &key.module).or(mappings.first().map(|mapping| &mapping.module));
        let what = known.map_or("MODULE", ModuleCode::as_str);
        match (told(Wish::Want), told(Wish::Remove), told(Wish::Keep)) {
            (None, None, None) => Step::broken(
                "mapping",
                "not_mapped",
                format!("no module is mapped to {}", self.title),
                format!("muster map add {course} {what}"),
            ),
            (None, Some(removed), _) => Step::broken(
                "mapping",
                "not_mapped",
                format!("removed by a person: {removed} (group_import or mapping_action is RMV)"),
                format!("muster map add {course} {what}"),
            ),
            (None, None, Some(kept)) => Step::broken(
                "mapping",
                "paused",
                format!("frozen: {kept} (deactivated, not ticked yet, or outside its dates)"),
                format!("muster map set {course} {what} --group-import add --active true"),
            ),
            (Some(wanted), removed, kept) => {
                let mut text = format!("wanted: {wanted}");
                for (word, modules) in [("removed", removed), ("frozen", kept)] {
                    text.push_str(&modules.map_or(String::new(), |modules| format!("; {word}: {modules}")));
                }
                Step::well("mapping", text)
            }
        }
    }

    /// What the newest accepted deliveries say about the wanted modules.
    fn source_step(&self) -> Step {
        let wanted = self.snapshot.modules.iter().filter(|module| {
            self.snapshot.mappings.iter().any(|mapping| {
                mapping.wish == Wish::Want
                    && mapping.module == module.module
                    && mapping.source == module.source
            })
        });
        let mut told = Vec::new();
        let mut silent = Vec::new();
        for module in wanted {
            match module.presence {
                Presence::Absent => silent.push(module.module.to_string()),
                Presence::Delivered => {
                    let groups = counted(module.groups.len() as u64, "group", "groups");
                    told.push(format!("{} has {groups}", module.module));
                }
            }
        }
        if !silent.is_empty() {
            let text = format!("the delivery does not name {}; what was there is kept", silent.join(", "));
            return Step::broken(
                "source",
                "not_in_source",
                text,
                "ask the timetable office, then muster import".into(),
            );
        }
        Step::well("source", told.join(", "))
    }

    /// What the platform had when it was last read, and what is not there yet.
    fn platform_step(&self, policy: &Policy) -> Step {
        let links = &self.snapshot.links.groups;
        let groups = counted(links.len() as u64, "group", "groups");
        let members = links.values().map(|link| link.members.len() as u64).sum();
        let members = counted(members, "membership", "memberships");
        let text = format!("ours are {groups} with {members}, {}", self.read);
        let is_there = |key: &&GroupKey| {
            links
                .get(*key)
                .is_some_and(|link| matches!(link.state, LinkState::Confirmed | LinkState::Archived))
        };
        let wanted = wanted_groups(&self.snapshot, policy);
        let missing = wanted.iter().filter(|key| !is_there(key)).count() as u64;
        // In a course that is gone nothing can be missing; the finding says what is the matter.
        let is_gone = self.findings.iter().any(|row| row.finding.reason == Reason::CourseGone);
        if missing == 0 || is_gone {
            return Step::well("platform", text);
        }
        let missing = counted(missing, "wanted group is", "wanted groups are");
        let remedy = format!("muster plan --course {}", self.snapshot.course);
        Step::note("platform", "not_created", format!("{missing} not there yet; {text}"), remedy)
    }
}

/// Rows of a course's modules that were rejected.
async fn rejection_step(app: &App, known: &Known) -> Result<Step, Failure> {
    let of_module = |row: &RejectionRow| {
        known.snapshot.mappings.iter().any(|mapping| row.module.as_ref() == Some(&mapping.module))
    };
    let step = rejected_rows(app, of_module).await?;
    Ok(step.unwrap_or_else(|| Step::well("rejections", "no row of its modules was rejected".to_owned())))
}

/// The rejected rows that are about something; `None` where there are none.
async fn rejected_rows(app: &App, about: impl Fn(&RejectionRow) -> bool) -> Result<Option<Step>, Failure> {
    let mut rejected = app.store.rejections(&RejectionFilter::default()).await?;
    rejected.retain(about);
    let Some(first) = rejected.first() else { return Ok(None) };
    let text = format!(
        "{} rejected since {}; {} line {}: {}",
        counted(rejected.len() as u64, "row", "rows"),
        written(first.first_seen),
        first.table,
        first.line,
        first.detail
    );
    let remedy = "correct the row in the source, then muster import".to_owned();
    Ok(Some(Step::note("rejections", "rejected", text, remedy)))
}

fn finding_steps<'a>(findings: impl Iterator<Item = &'a FindingRow>) -> Vec<Step> {
    findings.map(Step::of_finding).collect()
}

async fn course_chain(app: &App, course: CourseId) -> Result<Chain, Failure> {
    let known = known(app, course).await?;
    let mut steps = vec![known.mapping_step(None)];
    steps.push(known.source_step());
    steps.push(rejection_step(app, &known).await?);
    // What the last run found says why a group is not there, so it comes first.
    steps.extend(finding_steps(known.findings.iter()));
    steps.push(known.platform_step(&app.config.policy));
    Ok(Chain::of(known.title, steps))
}

async fn group_chains(app: &App, asked: &str, course: Option<CourseId>) -> Result<Vec<Chain>, Failure> {
    let hits = app.store.find_groups(asked).await?;
    let mut chains = Vec::new();
    for hit in &hits {
        for of_course in courses_of(app, hit).await? {
            if course.is_none_or(|course| course == of_course) {
                chains.push(group_chain(app, hit, of_course).await?);
            }
        }
    }
    if chains.is_empty()
        && let Some(step) =
            rejected_rows(app, |row| row.group.as_ref().is_some_and(|id| id.as_str() == asked)).await?
    {
        chains.push(Chain::of(format!("group {asked}"), vec![step]));
    }
    if chains.is_empty() {
        let (text, remedy) = match hits.first() {
            Some(hit) => (
                format!("{} is in the source below {}, which is mapped to no such course", hit.name, hit.key.module),
                format!("muster map add COURSE {}", hit.key.module),
            ),
            None => (
                "no group has this id, idnumber, name or code: neither ours nor in a delivery nor among those that are gone"
                    .to_owned(),
                "muster map list, or muster import --diff OLDER NEWER".to_owned(),
            ),
        };
        let code = if hits.is_empty() { "not_in_source" } else { "not_mapped" };
        chains.push(Chain::of(format!("group {asked}"), vec![Step::broken("group", code, text, remedy)]));
    }
    Ok(chains)
}

/// The courses in which a found group is, was or should be.
async fn courses_of(app: &App, hit: &GroupHit) -> Result<Vec<CourseId>, Failure> {
    Ok(match &hit.place {
        HitPlace::Ours(course) | HitPlace::Gone { course, .. } => vec![*course],
        HitPlace::Delivered => app.store.courses_of_module(&hit.key.module).await?,
    })
}

async fn group_chain(app: &App, hit: &GroupHit, course: CourseId) -> Result<Chain, Failure> {
    let known = known(app, course).await?;
    let title = format!("group {} ({} {}) in {}", hit.name, hit.key.module, hit.key.group, known.title);
    let mut steps = vec![known.mapping_step(Some(&hit.key))];
    let of_rows = |row: &RejectionRow| {
        row.group.as_ref() == Some(&hit.key.group)
            && row.module.as_ref().is_none_or(|module| *module == hit.key.module)
    };
    steps.extend(rejected_rows(app, of_rows).await?);
    steps.push(group_source_step(&known, &hit.key));
    // What the last run found comes before the link: it says why there is none.
    let of_group = |row: &&FindingRow| is_of_group(row, &hit.key) || is_above(row, &hit.key);
    steps.extend(finding_steps(known.findings.iter().filter(of_group)));
    match (&hit.place, known.snapshot.links.groups.get(&hit.key)) {
        (HitPlace::Gone { at, run, because, .. }, _) => {
            let text =
                format!("it was deleted {} by run {}: {}", written(*at), run.0, because.replace('_', " "));
            steps.push(Step::note("link", "done", text, format!("muster runs show {}", run.0)));
        }
        (_, Some(link)) => {
            let id =
                link.id.map_or("not confirmed yet".to_owned(), |id| format!("group {id} on the platform"));
            let mut text = format!(
                "{id}, {} of ours, {}",
                counted(link.members.len() as u64, "member", "members"),
                known.read
            );
            if link.name_shown != link.name_applied {
                text.push_str(&format!("; it shows {}, we wrote {}", link.name_shown, link.name_applied));
            }
            steps.push(Step::well("link", text));
        }
        (_, None) => steps.push(Step::note(
            "link",
            "not_created",
            "it is not on the platform yet".to_owned(),
            format!("muster plan --course {course}"),
        )),
    }
    Ok(Chain::of(title, steps))
}

/// Tells whether a finding is about a group, or about somebody in it.
fn is_of_group(row: &FindingRow, key: &GroupKey) -> bool {
    row.finding.subject.group.as_ref() == Some(key)
}

/// Tells whether a finding is about the module of a group or about the whole course.
fn is_above(row: &FindingRow, key: &GroupKey) -> bool {
    let subject = &row.finding.subject;
    subject.group.is_none()
        && subject.person.is_none()
        && subject.module.as_ref().is_none_or(|module| *module == key.module)
}

fn group_source_step(known: &Known, key: &GroupKey) -> Step {
    let of_key = |module: &&reconcile::snapshot::SourceModule| {
        module.module == key.module && module.source == key.source && module.presence == Presence::Delivered
    };
    let Some(module) = known.snapshot.modules.iter().find(of_key) else {
        let text = format!("the delivery does not name {}", key.module);
        return Step::broken(
            "source",
            "not_in_source",
            text,
            "ask the timetable office, then muster import".into(),
        );
    };
    match module.groups.iter().find(|group| group.id == key.group) {
        Some(group) => {
            let people = counted(group.members.len() as u64, "person", "people");
            Step::well("source", format!("{} has it with {people}", key.source))
        }
        None => Step::broken(
            "source",
            "not_in_source",
            format!("{} no longer has a group {} below {}", key.source, key.group, key.module),
            "ask the timetable office, then muster import".into(),
        ),
    }
}

async fn person_chains(
    app: &App,
    person: &PersonKey,
    course: Option<CourseId>,
) -> Result<Vec<Chain>, Failure> {
    let places = app.store.person_places(person).await?;
    let mut chains = Vec::new();
    for place in &places {
        for of_course in app.store.courses_of_module(&place.key.module).await? {
            if course.is_some_and(|course| course != of_course) {
                continue;
            }
            let known = known(app, of_course).await?;
            let title = format!("{person} in {} ({}) in {}", place.name, place.key.module, known.title);
            let mut steps = vec![known.mapping_step(Some(&place.key))];
            steps.push(Step::well("source", format!("{} lists them as {}", place.key.source, place.role)));
            let of_person = |row: &&FindingRow| {
                let subject = &row.finding.subject;
                let of_them = subject.person.as_ref() == Some(person)
                    && subject.group.as_ref().is_none_or(|group| group.group == place.key.group);
                // What stops their group or course stops them.
                let of_group = subject.person.is_none() && is_of_group(row, &place.key);
                let stops = row.finding.reason.severity() > Severity::Notice;
                of_them || (stops && (of_group || is_above(row, &place.key)))
            };
            steps.extend(finding_steps(known.findings.iter().filter(of_person)));
            steps.push(member_step(&known, place, person, of_course));
            chains.push(Chain::of(title, steps));
        }
    }
    if let Some(step) = rejected_rows(app, |row| row.person.as_ref() == Some(person)).await? {
        chains.push(Chain::of(format!("{person} in rows of the source"), vec![step]));
    }
    if chains.is_empty() {
        let text = if places.is_empty() {
            "no source lists this person in any group, and no rejected row names them".to_owned()
        } else {
            let modules: Vec<_> = places.iter().map(|place| place.key.module.as_str()).collect();
            format!("they are in groups of {}, which fill no such course", modules.join(", "))
        };
        let code = if places.is_empty() { "not_in_source" } else { "not_mapped" };
        let remedy = if places.is_empty() {
            "ask the timetable office, then muster import"
        } else {
            "muster map add COURSE MODULE"
        };
        let step = Step::broken("source", code, text, remedy.to_owned());
        chains.push(Chain::of(person.to_string(), vec![step]));
    }
    Ok(chains)
}

/// Whether the membership is ours, in any group that holds the source group's people.
fn member_step(known: &Known, place: &store::PersonPlace, person: &PersonKey, course: CourseId) -> Step {
    let link = known.snapshot.links.groups.iter().find(|(key, link)| {
        key.module == place.key.module
            && key.group == place.key.group
            && link.members.values().any(|member| member.person == *person)
    });
    match link {
        Some((_, link)) => Step::well("platform", format!("a member of {}, {}", link.name_shown, known.read)),
        None => Step::note(
            "platform",
            "not_member",
            format!("not a member yet, {}", known.read),
            format!("muster plan --course {course}"),
        ),
    }
}

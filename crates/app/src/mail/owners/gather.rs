//! What there is to tell of each course: open findings, and what was removed lately.
//!
//! Not here: to whom it is new (`decide.rs`), and the words.
//!
//! Invariant: nothing is here that has no [`Topic`]; what others have to mend never reaches an owner.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use reconcile::finding::Subject;
use reconcile::keys::{CourseId, GroupKey, PersonKey, Text};
use reconcile::operation::Because;
use reconcile::policy::Policy;
use store::{
    FindingFilter, FindingRow, GroupNames, Result, Store, Timestamp, Tombstone, TombstoneFilter,
    TombstoneKind,
};

use super::topic::{HAPPENED_ONCE, Topic};

/// One thing that can be told of a course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    /// What it is.
    pub(super) topic: Topic,
    /// The group or, where it is about none, the module.
    pub(super) name: Text,
    /// What the source calls the group, where that is something else.
    pub(super) in_timetable: Option<Text>,
    /// The person, where it is about one.
    pub(super) person: Option<PersonKey>,
    /// How many people were in a group that is gone.
    pub(super) people: u64,
    /// Since when it is so.
    pub(super) since: Timestamp,
}

/// What there is to tell, by course.
pub(super) type Items = BTreeMap<CourseId, Vec<Item>>;

/// Gathers what is open, and what happened after a time.
pub(super) async fn gather(store: &Store, policy: &Policy, after: Timestamp) -> Result<Items> {
    let mut findings = store.findings(&FindingFilter::default()).await?;
    for reason in HAPPENED_ONCE {
        let filter = FindingFilter { reason: Some(reason), with_healed: true, ..FindingFilter::default() };
        let healed = store.findings(&filter).await?.into_iter();
        findings.extend(healed.filter(|row| row.healed_at.is_some() && row.first_seen > after));
    }
    let mut items = Items::new();
    told_by_findings(store, policy, findings, &mut items).await?;
    let filter = TombstoneFilter { after: Some(after), ..TombstoneFilter::default() };
    removed(store.tombstones(&filter).await?, &mut items);
    items.values_mut().for_each(|items| items.sort());
    Ok(items)
}

async fn told_by_findings(
    store: &Store,
    policy: &Policy,
    findings: Vec<FindingRow>,
    items: &mut Items,
) -> Result<()> {
    let told: Vec<(Topic, FindingRow)> = findings
        .into_iter()
        .filter_map(|row| Some((Topic::of_finding(row.finding.reason, policy)?, row)))
        .collect();
    let groups: BTreeSet<(CourseId, GroupKey)> = told
        .iter()
        .filter_map(|(_, row)| Some((row.finding.course, row.finding.subject.group.clone()?)))
        .collect();
    let mut names = store.group_names(&groups).await?;
    for (topic, row) in told {
        let course = row.finding.course;
        let Subject { module, group, person } = row.finding.subject;
        let (name, in_timetable) = match group {
            Some(group) => {
                let fallback = group.group.0.clone();
                name_of(topic, names.entry((course, group)).or_default(), fallback)
            }
            None => (module.map_or_else(|| row.finding.detail.clone(), |module| module.0), None),
        };
        let item = Item { topic, name, in_timetable, person, people: 0, since: row.first_seen };
        items.entry(course).or_default().push(item);
    }
    Ok(())
}

/// The name under which the owner knows a group, and the source's where both count.
fn name_of(topic: Topic, names: &GroupNames, fallback: Text) -> (Text, Option<Text>) {
    let GroupNames { shown, delivered } = names;
    match topic {
        Topic::NameKept | Topic::NameTaken => {
            let shown = shown.clone().or_else(|| delivered.clone()).unwrap_or(fallback);
            let other = delivered.clone().filter(|delivered| *delivered != shown);
            (shown, other)
        }
        _ => (shown.clone().or_else(|| delivered.clone()).unwrap_or(fallback), None),
    }
}

/// Adds what was removed: a group once with the number of its people, and people of groups that stay.
fn removed(graves: Vec<Tombstone>, items: &mut Items) {
    let key = |grave: &Tombstone| (grave.course, grave.run, grave.group.clone(), grave.module.clone());
    let mut people_of: HashMap<_, u64> = HashMap::new();
    for grave in graves.iter().filter(|grave| grave.kind == TombstoneKind::Member) {
        *people_of.entry(key(grave)).or_default() += 1;
    }
    let gone: BTreeSet<_> =
        graves.iter().filter(|grave| grave.kind == TombstoneKind::Group).map(key).collect();
    for grave in &graves {
        let because = Because::ALL.iter().find(|because| because.code() == &*grave.because);
        let Some(topic) = because.and_then(|because| Topic::of_removal(grave.kind, *because)) else {
            continue;
        };
        let is_group = grave.kind == TombstoneKind::Group;
        // Whoever left with the group is counted there.
        if !is_group && gone.contains(&key(grave)) {
            continue;
        }
        items.entry(grave.course).or_default().push(Item {
            topic,
            name: grave.name.clone(),
            in_timetable: None,
            person: grave.person.clone().filter(|_| !is_group),
            people: if is_group { people_of.get(&key(grave)).copied().unwrap_or(0) } else { 0 },
            since: grave.dropped_at,
        });
    }
}

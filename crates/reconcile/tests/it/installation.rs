//! An installation with one course: source, mappings, policy, memory and the platform; and its nights.
//!
//! Not here: what a night should do.
//!
//! Invariant: the memory is written as the real journal writes it: intent before, settled after.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use reconcile::keys::{CourseId, GroupKey, ModuleCode, Part, PersonKey, SourceName, Text};
use reconcile::link::{CourseLinks, GroupLink, MemberLink};
use reconcile::new_keys::Told;
use reconcile::operation::{Becomes, Change, Fingerprint, Operation};
use reconcile::outcome::{Outcome, intent, settled};
use reconcile::plan::{CoursePlan, Ours, people_to_look_up, plan_course};
use reconcile::policy::{Limits, NameTaken, Policy};
use reconcile::safety::{Decisions, Objection, Totals, hold, review};
use reconcile::snapshot::{
    CourseSnapshot, Exception, Mapping, Presence, RejectedRows, SourceGroup, SourceModule, Wish,
};

use crate::world::World;

pub(crate) const COURSE: CourseId = CourseId(7);

#[derive(Clone, Debug, Default)]
pub(crate) struct Installation {
    pub(crate) world: World,
    pub(crate) links: CourseLinks,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) mappings: Vec<(ModuleCode, Wish)>,
    pub(crate) modules: BTreeMap<ModuleCode, (Presence, Vec<SourceGroup>)>,
    pub(crate) terms: BTreeSet<Text>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) rejected: BTreeMap<ModuleCode, RejectedRows>,
    pub(crate) gone_for_days: HashMap<(GroupKey, Option<PersonKey>), u32>,
    pub(crate) decisions: Decisions,
}

/// A plan, read again.
#[derive(Clone, Debug)]
pub(crate) struct Night {
    pub(crate) plan: CoursePlan,
    pub(crate) objections: Vec<Objection>,
    pub(crate) waiting: HashSet<u32>,
}

/// Where a night ends before its time: the answer to one operation is lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost {
    /// The position of the operation among those that are carried out.
    pub(crate) at: usize,
    /// Whether the platform carried it out.
    pub(crate) happened: bool,
}

pub(crate) fn source() -> SourceName {
    "cmis".into()
}

impl Installation {
    pub(crate) fn snapshot(&self) -> CourseSnapshot {
        let terms = Arc::new(self.terms.clone());
        let module =
            |(code, (presence, groups)): (&ModuleCode, &(Presence, Vec<SourceGroup>))| SourceModule {
                source: source(),
                module: code.clone(),
                presence: *presence,
                terms: Arc::clone(&terms),
                groups: groups.clone(),
                rejected: self.rejected.get(code).cloned().unwrap_or_default(),
            };
        let mapping = |(module, wish): &(ModuleCode, Wish)| Mapping {
            course: COURSE,
            source: source(),
            module: module.clone(),
            wish: *wish,
        };
        CourseSnapshot {
            course: COURSE,
            mappings: self.mappings.iter().map(mapping).collect(),
            modules: self.modules.iter().map(module).collect(),
            links: self.links.clone(),
            exceptions: self.exceptions.clone(),
            gone_for_days: self.gone_for_days.clone(),
        }
    }

    /// Lets everything that is ours follow keys that the source changed, as the store does it in its tables.
    pub(crate) fn follow(&mut self, told: &Told) {
        let member = |link: MemberLink| MemberLink { person: told.person(&link.person), ..link };
        let group = |link: GroupLink| {
            let members = link.members.into_iter().map(|(user, link)| (user, member(link)));
            GroupLink { members: members.collect(), ..link }
        };
        let CourseLinks { groupings, groups } = std::mem::take(&mut self.links);
        self.links = CourseLinks {
            groupings: groupings.into_iter().map(|(key, link)| (told.grouping(&key), link)).collect(),
            groups: groups.into_iter().map(|(key, link)| (told.group(&key), group(link))).collect(),
        };
        for (module, _) in &mut self.mappings {
            *module = told.module(module);
        }
        for exception in &mut self.exceptions {
            let Exception { source, module, group, person, .. } = &exception;
            let key = GroupKey {
                source: source.clone(),
                module: module.clone(),
                group: group.clone(),
                part: Part::Everyone,
            };
            let (key, person) = (told.group(&key), told.person(person));
            (exception.module, exception.group, exception.person) = (key.module, key.group, person);
        }
    }

    /// Plans and reviews.
    pub(crate) fn plan(&self) -> Night {
        let snapshot = self.snapshot();
        let observed = self.world.observe(&self.links, self.policy.name_taken == NameTaken::Adopt);
        let directory = self.world.directory(&people_to_look_up(&snapshot, &observed));
        let plan = plan_course(&snapshot, &observed, &directory, &self.policy, &self.decisions.refused);
        let mut totals = Totals::default();
        for (key, link) in &self.links.groups {
            let ours: &mut Ours = totals.sources.entry(key.source.clone()).or_default();
            ours.groups += 1;
            ours.members += link.members.len() as u64;
        }
        let plans = [plan];
        let objections = review(&plans, &totals, &self.limits);
        let held = hold(&plans, &objections, &self.decisions);
        let waiting = held.waiting.union(&held.refused).copied().collect();
        let [plan] = plans;
        Night { plan, objections, waiting }
    }

    /// Carries out what does not wait, up to the lost answer where there is one.
    pub(crate) fn apply(&mut self, night: &Night, lost: Option<Lost>) -> Result<(), String> {
        let operations = night.free_operations();
        let mut passing_names_written = false;
        let mut passing_idnumbers_written = false;
        for (at, operation) in operations.iter().enumerate() {
            let said = |broken: String| format!("{operation}\n  breaks a rule: {broken}");
            if is_exchange(operation) && !passing_names_written {
                self.world.write_passing_names(&operations).map_err(said)?;
                passing_names_written = true;
            }
            if matches!(operation.change, Change::RenumberGroup { .. }) && !passing_idnumbers_written {
                self.world.write_passing_idnumbers(&operations).map_err(said)?;
                passing_idnumbers_written = true;
            }
            intent(operation).into_iter().for_each(|change| self.links.change(change));
            if let Some(lost) = lost.filter(|lost| lost.at == at) {
                if lost.happened {
                    self.world.carry_out(operation).map_err(said)?;
                }
                return Ok(());
            }
            let outcome = Outcome::Done(self.world.carry_out(operation).map_err(said)?);
            settled(operation, &outcome).into_iter().for_each(|change| self.links.change(change));
        }
        Ok(())
    }

    /// Plans, applies, and plans again: nothing may be left to do but what waits. A group that was carried on under a
    /// new id may have stood in the way of another name, so one more night is its due.
    pub(crate) fn whole_night(&mut self) -> Result<Night, String> {
        let night = self.plan();
        self.apply(&night, None)?;
        if night.carries_on() {
            self.apply(&self.plan(), None)?;
        }
        self.check_nothing_left()?;
        Ok(night)
    }

    pub(crate) fn check_nothing_left(&self) -> Result<(), String> {
        let again = self.plan();
        let left = again.free_operations();
        if left.is_empty() {
            return Ok(());
        }
        let left: Vec<_> = left.iter().map(|operation| format!("  {operation}\n    {operation:?}")).collect();
        Err(format!("planned again, there is something to do:\n{}", left.join("\n")))
    }

    pub(crate) fn decide(&mut self, night: &Night, approve: bool) {
        let fingerprints: Vec<Fingerprint> = night
            .numbered()
            .filter(|(number, _)| night.waiting.contains(number))
            .map(|(_, operation)| operation.fingerprint())
            .collect();
        let decided = if approve { &mut self.decisions.approved } else { &mut self.decisions.refused };
        decided.extend(fingerprints);
    }
}

impl Night {
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Operation)> {
        (1..).zip(&self.plan.operations)
    }

    pub(crate) fn free_operations(&self) -> Vec<&Operation> {
        let free = self.numbered().filter(|(number, _)| !self.waiting.contains(number));
        free.map(|(_, operation)| operation).collect()
    }
}

impl Night {
    pub(crate) fn carries_on(&self) -> bool {
        let rekeys = |operation: &&Operation| matches!(operation.change, Change::RekeyGroup { .. });
        self.free_operations().into_iter().any(|operation| rekeys(&operation))
    }
}

fn is_exchange(operation: &Operation) -> bool {
    matches!(operation.change, Change::RenameGroup { becomes: Becomes::Current, .. })
}

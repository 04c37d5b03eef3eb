//! What a plan is made from: mappings, source rows, links and exceptions, course by course.
//!
//! Not here: which courses have to be planned ([`crate::courses`]).
//!
//! Invariant: all snapshots of one call show the database at one moment.
//! Invariant: the number of statements grows with the thousands of courses, not with the courses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use reconcile::keys::{CourseId, ModuleCode, PersonKey, SourceGroupId, SourceName};
use reconcile::snapshot::{
    CourseSnapshot, Mapping, Presence, RejectedRows, SourceGroup, SourceMember, SourceModule,
};

use crate::courses::{NewestDelivery, newest_deliveries};
use crate::db::{LIST_MAX, Transaction, Value};
use crate::delivery_rows::role_of;
use crate::dialect::marks;
use crate::error::Result;
use crate::exceptions::active;
use crate::findings::gone_for_days;
use crate::interner::Interner;
use crate::links::read_links;
use crate::mappings::wishes;
use crate::store::Store;
use crate::time::Timestamp;

impl Store {
    /// The snapshots of some courses, in the order of the courses. A course about which nothing is known has an empty
    /// one. Ask for as many courses as may be in memory at once.
    pub async fn snapshots(
        &self,
        courses: &[CourseId],
        default_source: &SourceName,
        now: Timestamp,
    ) -> Result<Vec<CourseSnapshot>> {
        let mut read = self.db.read("take the snapshot").await?;
        let interner = &mut Interner::default();
        let mut wishes = wishes(&mut read, Some(courses), default_source, now).await?;
        let mut links = read_links(&mut read, courses, interner).await?;
        let exceptions = active(&mut read, now).await?;
        let mut wanted: BTreeMap<SourceName, BTreeSet<ModuleCode>> = BTreeMap::new();
        for (source, module) in wishes.values().flat_map(BTreeMap::keys) {
            wanted.entry(source.clone()).or_default().insert(module.clone());
        }
        let modules = source_modules(&mut read, &wanted, interner).await?;
        let mut gone_for_days = gone_for_days(&mut read, courses, now).await?;

        let snapshots = courses.iter().map(|course| {
            let wishes = wishes.remove(course).unwrap_or_default();
            CourseSnapshot {
                course: *course,
                modules: wishes.keys().filter_map(|key| modules.get(key).cloned()).collect(),
                exceptions: wishes.keys().filter_map(|key| exceptions.get(key)).flatten().cloned().collect(),
                links: links.remove(course).unwrap_or_default(),
                gone_for_days: gone_for_days.remove(course).unwrap_or_default(),
                mappings: wishes
                    .into_iter()
                    .map(|((source, module), wish)| Mapping { course: *course, source, module, wish })
                    .collect(),
            }
        });
        Ok(snapshots.collect())
    }
}

type SourceModules = HashMap<(SourceName, ModuleCode), SourceModule>;

/// What the newest accepted deliveries say about modules.
async fn source_modules(
    read: &mut Transaction,
    wanted: &BTreeMap<SourceName, BTreeSet<ModuleCode>>,
    interner: &mut Interner,
) -> Result<SourceModules> {
    let newest = newest_deliveries(read).await?;
    let mut all = SourceModules::new();
    for (source, modules) in wanted {
        let delivery = newest.get(source);
        let mut of_source: HashMap<ModuleCode, SourceModule> = modules
            .iter()
            .map(|module| {
                let module = SourceModule {
                    source: source.clone(),
                    module: module.clone(),
                    presence: Presence::Absent,
                    terms: delivery.map(|delivery| delivery.terms.clone()).unwrap_or_default(),
                    groups: Vec::new(),
                    rejected: RejectedRows::default(),
                };
                (module.module.clone(), module)
            })
            .collect();
        if let Some(delivery) = delivery {
            let codes: Vec<&ModuleCode> = modules.iter().collect();
            for codes in codes.chunks(LIST_MAX) {
                fill(read, delivery, codes, &mut of_source, interner).await?;
            }
            note_rejected_rows(read, source, &mut of_source, interner).await?;
        }
        all.extend(of_source.into_iter().map(|(module, filled)| ((source.clone(), module), filled)));
    }
    Ok(all)
}

/// Notes what the rejected rows of a source are about. A row that was there already takes nothing away; a row without
/// a module counts for each module that has, or had, a group of that id.
async fn note_rejected_rows(
    read: &mut Transaction,
    source: &SourceName,
    modules: &mut HashMap<ModuleCode, SourceModule>,
    interner: &mut Interner,
) -> Result<()> {
    let sql = "SELECT module, group_id, person FROM rejections \
         WHERE source = ? AND healed_at IS NULL AND rule <> 'duplicate' AND source_table <> 'modules'";
    read.each(sql, [source.into()], |row| {
        let module = row.text_or_none()?.map(ModuleCode);
        let group = row.text_or_none()?.map(|group| SourceGroupId(interner.text(&group)));
        let person = row.text_or_none()?.map(|person| PersonKey(interner.text(&person)));
        let concerned = modules.values_mut().filter(|known| match &module {
            Some(module) => known.module == *module,
            None => group.is_some(),
        });
        for known in concerned {
            match (&group, &person) {
                (Some(group), Some(person)) => {
                    known.rejected.people.insert((group.clone(), person.clone()));
                }
                (Some(group), None) => {
                    known.rejected.groups.insert(group.clone());
                }
                (None, _) => known.rejected.module = true,
            }
        }
        Ok(())
    })
    .await
}

/// Fills in what one delivery says about some modules.
async fn fill(
    read: &mut Transaction,
    delivery: &NewestDelivery,
    codes: &[&ModuleCode],
    modules: &mut HashMap<ModuleCode, SourceModule>,
    interner: &mut Interner,
) -> Result<()> {
    let marks = marks(codes.len());
    let values =
        || std::iter::once(Value::Int(delivery.rows_of)).chain(codes.iter().map(|code| Value::from(*code)));
    read.each(
        format!("SELECT module FROM source_modules WHERE delivery = ? AND module IN ({marks})"),
        values(),
        |row| {
            if let Some(module) = modules.get_mut(&ModuleCode(interner.next(row)?)) {
                module.presence = Presence::Delivered;
            }
            Ok(())
        },
    )
    .await?;
    let mut groups: BTreeMap<i64, (ModuleCode, SourceGroup)> = BTreeMap::new();
    read.each(
        format!(
            "SELECT id, module, group_id, code, name, kind, term FROM source_groups \
             WHERE delivery = ? AND module IN ({marks})"
        ),
        values(),
        |row| {
            let (id, module) = (row.int()?, ModuleCode(interner.next(row)?));
            let group = SourceGroup {
                id: SourceGroupId(interner.next(row)?),
                code: interner.next(row)?,
                name: interner.next(row)?,
                kind: interner.next(row)?,
                term: interner.next(row)?,
                members: Vec::new(),
            };
            groups.insert(id, (module, group));
            Ok(())
        },
    )
    .await?;
    read.each(
        format!(
            "SELECT m.source_group, p.person, m.tutor FROM source_groups g \
             JOIN source_members m ON m.source_group = g.id JOIN persons p ON p.id = m.person \
             WHERE g.delivery = ? AND g.module IN ({marks})"
        ),
        values(),
        |row| {
            let group = groups.get_mut(&row.int()?);
            let (person, role) = (PersonKey(interner.next(row)?), role_of(row.flag()?));
            if let Some((_, group)) = group {
                group.members.push(SourceMember { person, role });
            }
            Ok(())
        },
    )
    .await?;
    for (module, group) in groups.into_values() {
        if let Some(module) = modules.get_mut(&module) {
            module.groups.push(group);
        }
    }
    Ok(())
}

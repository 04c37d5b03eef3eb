//! The language of the scenario texts, one line one thing; `>` lines are answers and are written by [`tell`].
//!
//! ```text
//! policy on_unmap = archive            limit groups_deleted_small = 0      terms 2026-T1 2026-T2
//! enrolled p1 p2                       account p3 (not enrolled)           twin p1 (a second user with that key)
//! map ANTH1014 ADD ADD                 the old table's two flags; `ADD -` is neither wanted nor removed
//! norow ANTH1014                       the mapping's row vanishes          absent ANTH1014
//! source ANTH1014                      what the delivery says; the next lines are its groups:
//!   1 TUT1 kind=tutorial term=2026-T1: p1 p2 t1*                           * is a tutor
//! exception exclude ANTH1014 1 p1
//! rejected ANTH1014 1 p1               rejected rows were about the person, the group or the module; or `nothing`
//! told key 1 9                         the source said that 1 is called 9 now: a group, or a module; or `told person p1 p9`
//! gone_for 3 ANTH1014 1 p1             for three days the source has not had the person, or the group
//! teacher create|delete|rename|add|remove|idnumber|… NAME …                course gone|back|unreadable
//! enrol p3   unenrol p3   nokey p1   key p1 p9   forget_everything         approve   refuse
//! night                                plan, apply, plan again: nothing left to do but what waits
//! lost 3 happened                      plan, apply up to operation 3, whose answer is lost (or `lost 3 not`)
//! ```
//!
//! Not here: what is right; a person reads the texts.

use std::fmt::Write as _;

use reconcile::finding::Finding;
use reconcile::keys::{GroupKey, Part, PersonKey, Role, UserId};
use reconcile::link::{CourseLinks, LinkState};
use reconcile::new_keys::{KeyChange, NewKeys, Told as ToldKeys};
use reconcile::snapshot::{Exception, ExceptionKind, Presence, SourceGroup, SourceMember, Wish};

use crate::installation::{Installation, Lost, Night, source};
use crate::world::{Held, Reading};

type Told<T> = Result<T, String>;

/// Runs a text and answers with the same text and fresh answers.
pub(crate) fn tell(text: &str) -> Told<String> {
    let mut story = Story::default();
    let mut told = String::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('>')) {
        told.push_str(line);
        told.push('\n');
        story.line(line, &mut told).map_err(|broken| format!("line {}: {line}\n{broken}", number + 1))?;
    }
    Ok(told)
}

#[derive(Default)]
struct Story {
    installation: Installation,
    module: Option<String>,
    last: Option<Night>,
    /// Keys that the source changed since the last night, and those of people.
    new_keys: [Vec<KeyChange>; 2],
}

impl Story {
    fn line(&mut self, line: &str, told: &mut String) -> Told<()> {
        let words = words(line.split('#').next().unwrap_or_default());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if line.starts_with("  ") {
            return self.group(&words);
        }
        let here = &mut self.installation;
        match words.as_slice() {
            [] => {}
            ["policy", key, "=", ..] => here.policy = set(&here.policy, key, line)?,
            ["limit", key, "=", ..] => here.limits = set(&here.limits, key, line)?,
            ["terms", terms @ ..] => here.terms = terms.iter().map(|term| (*term).into()).collect(),
            ["enrolled", people @ ..] => {
                for person in people {
                    let user = here.world.add_user(Some(person));
                    here.world.enrolled.insert(user);
                }
            }
            ["account", people @ ..] => people.iter().for_each(|person| {
                here.world.add_user(Some(person));
            }),
            ["twin", person] => {
                let user = here.world.add_user(Some(person));
                here.world.enrolled.insert(user);
            }
            ["map", module, import, mapping] => {
                here.mappings.retain(|(mapped, _)| mapped.as_str() != *module);
                let wish = match (*import, *mapping) {
                    ("ADD", "ADD") => Wish::Want,
                    ("RMV", _) | (_, "RMV") => Wish::Remove,
                    _ => Wish::Keep,
                };
                here.mappings.push(((*module).into(), wish));
            }
            ["norow", module] => here.mappings.retain(|(mapped, _)| mapped.as_str() != *module),
            ["source", module] => {
                here.modules.insert((*module).into(), (Presence::Delivered, Vec::new()));
                self.module = Some((*module).into());
            }
            ["absent", module] => {
                here.modules.insert((*module).into(), (Presence::Absent, Vec::new()));
            }
            ["rejected", "nothing"] => here.rejected.clear(),
            ["rejected", module, about @ ..] => {
                let rejected = here.rejected.entry((*module).into()).or_default();
                match about {
                    [] => rejected.module = true,
                    [group] => rejected.groups.extend([(*group).into()]),
                    [group, person, ..] => rejected.people.extend([((*group).into(), (*person).into())]),
                }
            }
            ["gone_for", days, module, group, person @ ..] => {
                let key = GroupKey {
                    source: source(),
                    module: (*module).into(),
                    group: (*group).into(),
                    part: Part::Everyone,
                };
                let days = days.parse().map_err(|_| "how many days?")?;
                here.gone_for_days.insert((key, person.first().map(|person| (*person).into())), days);
            }
            ["exception", kind, module, group, person] => here.exceptions.push(Exception {
                source: source(),
                module: (*module).into(),
                group: (*group).into(),
                person: (*person).into(),
                kind: if *kind == "include" { ExceptionKind::Include } else { ExceptionKind::Exclude },
                owner: "Ada Invented".into(),
                reason: "asked for".into(),
            }),
            ["course", "gone"] => here.world.reading = Reading::Gone,
            ["course", "back"] => here.world.reading = Reading::Whole,
            ["course", "unreadable"] => {
                here.world.reading = Reading::Incomplete("the list of groups broke off".into());
            }
            ["enrol", person] => {
                let user = user(here, person)?;
                here.world.enrolled.insert(user);
            }
            ["unenrol", person] => {
                let user = user(here, person)?;
                here.world.unenrol(user);
            }
            ["nokey", person] => {
                let user = user(here, person)?;
                here.world.users.insert(user, None);
            }
            ["key", person, key] => {
                let user = user(here, person)?;
                here.world.users.insert(user, Some((*key).into()));
            }
            ["forget_everything"] => here.links = CourseLinks::default(),
            ["teacher", deed @ ..] => self.teacher(deed)?,
            ["approve"] | ["refuse"] => {
                let night = self.last.as_ref().ok_or("nothing waits yet")?;
                self.installation.decide(night, words[0] == "approve");
            }
            ["told", what, before, after] => {
                let changes = &mut self.new_keys[usize::from(*what == "person")];
                let number = changes.len() as i64 + 1;
                changes.push(KeyChange { number, before: (*before).into(), after: (*after).into() });
            }
            ["night"] => {
                self.follow();
                let night = self.installation.plan();
                self.answer(&night, told);
                self.installation.apply(&night, None)?;
                self.installation.check_nothing_left()?;
                self.show(told);
                self.last = Some(night);
            }
            ["lost", number, how] => {
                self.follow();
                let at = number.parse::<usize>().map_err(|broken| broken.to_string())? - 1;
                let night = self.installation.plan();
                self.answer(&night, told);
                let lost = Lost { at, happened: *how == "happened" };
                self.installation.apply(&night, Some(lost))?;
                self.show(told);
            }
            _ => return Err("nobody understands this line".into()),
        }
        Ok(())
    }

    /// Lets our memory follow the keys that the source changed, as an import does.
    fn follow(&mut self) {
        let [keys, persons] = std::mem::take(&mut self.new_keys).map(|changes| NewKeys::of(&changes));
        self.installation.follow(&ToldKeys { groups: keys.clone(), modules: keys, persons });
    }

    /// A group of the source: `ID NAME kind=… term=… code=…: people`.
    fn group(&mut self, words: &[&str]) -> Told<()> {
        let module = self.module.as_deref().ok_or("no source before this group")?;
        let (_, groups) = self.installation.modules.get_mut(&module.into()).ok_or("no such module")?;
        let colon = words.iter().position(|word| *word == ":").ok_or("no colon")?;
        let [id, name, fields @ ..] = &words[..colon] else { return Err("no id and name".into()) };
        let field = |key: &str| fields.iter().find_map(|field| field.strip_prefix(key)).unwrap_or_default();
        let name = match name.strip_prefix("long:") {
            Some(letter) => letter.repeat(300),
            None => (*name).to_owned(),
        };
        let member = |word: &&str| SourceMember {
            person: word.trim_end_matches('*').into(),
            role: if word.ends_with('*') { Role::Tutor } else { Role::Student },
        };
        groups.push(SourceGroup {
            id: (*id).into(),
            code: field("code=").into(),
            name: name.as_str().into(),
            kind: field("kind=").into(),
            term: field("term=").into(),
            members: words[colon + 1..].iter().map(member).collect(),
        });
        Ok(())
    }

    fn teacher(&mut self, deed: &[&str]) -> Told<()> {
        let here = &mut self.installation;
        let group = |name: &str| here.world.group_named(name).ok_or(format!("no group {name}"));
        let grouping = |name: &str| here.world.grouping_named(name).ok_or(format!("no grouping {name}"));
        match deed {
            ["create", name, people @ ..] => {
                let id = here.world.create_group(name, "")?;
                for person in people {
                    let user = user(here, person)?;
                    here.world.add_member(id, user)?;
                }
            }
            ["delete", name] => here.world.delete_group(group(name)?)?,
            ["rename", name, new] => {
                let id = group(name)?;
                here.world.groups.entry(id).and_modify(|held| held.name = (*new).into());
            }
            ["add", person, name] => here.world.add_member(group(name)?, user(here, person)?)?,
            ["remove", person, name] => here.world.remove_member(group(name)?, user(here, person)?)?,
            // By force: a course that was restored from a copy can hold an idnumber twice.
            ["idnumber", name, idnumber] => {
                let id = group(name)?;
                here.world.groups.entry(id).and_modify(|held| held.idnumber = (*idnumber).into());
            }
            ["create_grouping", name] => {
                here.world.create_grouping(name, "")?;
            }
            ["rename_grouping", name, new] => {
                let id = grouping(name)?;
                here.world.groupings.entry(id).and_modify(|held| held.name = (*new).into());
            }
            ["assign", name, to] => {
                let (group, grouping) = (group(name)?, grouping(to)?);
                here.world.assign(group, grouping)?;
            }
            ["delete_grouping", name] => {
                let id = grouping(name)?;
                here.world.groupings.remove(&id);
            }
            _ => return Err("no teacher does this".into()),
        }
        Ok(())
    }

    /// Writes the plan with its findings and objections.
    fn answer(&self, night: &Night, told: &mut String) {
        if night.plan.operations.is_empty() {
            told.push_str("> nothing to do\n");
        }
        for (number, operation) in night.numbered() {
            let waits = if night.waiting.contains(&number) { "  -- WAITS" } else { "" };
            let _ = writeln!(told, "> {number:>2} {}{waits}", shortened(&operation.to_string()));
        }
        for finding in &night.plan.findings {
            let _ = writeln!(told, "> ! {}", said(finding));
        }
        for objection in &night.objections {
            let _ = writeln!(told, "> ? {}", objection.sentence);
        }
    }

    /// Writes what the course shows, and what the memory holds beside it.
    fn show(&self, told: &mut String) {
        let Installation { world, links, .. } = &self.installation;
        if world.reading == Reading::Gone {
            return;
        }
        for (id, group) in &world.groups {
            let link = links.groups.values().find(|link| link.id.is_some_and(|linked| linked.0 == *id));
            let state = link.map_or(LinkState::Confirmed, |link| link.state);
            let mut people: Vec<String> = group
                .members
                .iter()
                .map(|user| {
                    let ours = link.and_then(|link| link.members.get(&UserId(*user)));
                    let mark = match ours.map(|ours| ours.role) {
                        None => "+",
                        Some(Role::Tutor) => "*",
                        Some(Role::Student) => "",
                    };
                    format!("{}{mark}", person(&self.installation, *user))
                })
                .collect();
            people.sort();
            let state = if state == LinkState::Confirmed { "" } else { state.as_str() };
            let _ = writeln!(
                told,
                "> = {} {id} [{}]{}{}{state}: {}",
                shortened(&group.name),
                group.idnumber,
                in_groupings(world.groupings.values(), *id),
                if state.is_empty() { "" } else { " " },
                people.join(" ")
            );
        }
        let empty = world.groupings.values().filter(|grouping| grouping.members.is_empty());
        for grouping in empty {
            let _ = writeln!(told, "> = grouping {} [{}] is empty", grouping.name, grouping.idnumber);
        }
        let missing =
            links.groups.values().filter(|link| !link.id.is_some_and(|id| world.groups.contains_key(&id.0)));
        for link in missing {
            let _ = writeln!(told, "> ~ remembered: {} {}", link.idnumber, link.state.as_str());
        }
    }
}

fn said(finding: &Finding) -> String {
    format!("{}: {}", finding.reason.code(), shortened(&finding.detail))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 150 {
        return text.to_owned();
    }
    let tail = text.chars().count() - 20;
    format!(
        "{}[…]{} ({} characters)",
        text.chars().take(20).collect::<String>(),
        text.chars().skip(tail).collect::<String>(),
        text.chars().count()
    )
}

fn in_groupings<'a>(groupings: impl Iterator<Item = &'a Held>, group: i64) -> String {
    let names: Vec<_> =
        groupings.filter(|held| held.members.contains(&group)).map(|held| held.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" in {}", names.join(", ")) }
}

fn person(installation: &Installation, user: i64) -> String {
    let key = installation.world.users.get(&user).cloned().flatten();
    key.map_or_else(|| format!("user{user}"), |key: PersonKey| key.to_string())
}

fn user(installation: &Installation, person: &str) -> Told<i64> {
    installation.world.user(person).ok_or(format!("nobody is {person}"))
}

/// Changes one key of a policy or of limits, by way of their words in the configuration.
fn set<T: serde::Serialize + serde::de::DeserializeOwned>(of: &T, key: &str, line: &str) -> Told<T> {
    let (_, value) = line.split_once(" = ").ok_or("no value")?;
    let said = |broken: serde_json::Error| broken.to_string();
    let mut table = serde_json::to_value(of).map_err(said)?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    table[key] = value;
    serde_json::from_value(table).map_err(said)
}

/// Splits a line at blanks and colons; what stands in quotes is one word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            let part = part.replace(": ", " : ");
            let part = part.strip_suffix(':').map_or(part.clone(), |part| format!("{part} :"));
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

//! The rules for groups (facts/ims-es.md §2, §3).
//!
//! Not here: where the groups are (`world/`), extension fields (`fields.rs`) and courses (`courses.rs`).
//!
//! Invariant: an item that is refused changes nothing.

use ims_es::common::{ExtensionField, Relation};
use ims_es::group::object::{
    Description, Group as Sent, GroupIdPair, GroupType, OrganisationType, Relationship,
};

use super::courses::{self, Copy};
use super::fields::{self, Fields};
use super::keys::needed;
use super::{Pair, Verb};
use crate::itslearning::refusal::{Ended, Refusal, Remark};
use crate::itslearning::world::{Group, Id, World};

/// The list that types are from, in lower case: a client in production writes a capital more (§2.4).
const SCHEME: &str = "itslearningorganisationtypes";

/// Makes, updates or replaces a group. Each of the three makes one that is not there and takes one that is (§2.2).
pub(super) fn write(world: &mut World, pair: GroupIdPair, verb: Verb) -> Ended {
    let key = needed(pair.sourced_id.as_deref(), "sourcedId")?;
    let sent = pair.group.ok_or_else(|| Refusal::incomplete("group"))?;
    let existing = world.groups.find(&key);
    if existing == Some(world.root()) {
        // A Site can be neither made nor changed (§2.4).
        return Err(Refusal::invalid("The top group of a site cannot be changed."));
    }
    let mut remark = Remark::default();
    let fields = Fields::read(&sent.extension, &mut remark)?;
    let parent = parent(world, &key, existing, &sent)?;
    let before = existing.and_then(|id| world.groups.get(id)).cloned();
    let verb = if before.is_none() && verb == Verb::Update { Verb::Create } else { verb };
    let kind = kind(&sent, &fields, before.as_ref(), verb)?;
    place(world, kind, parent)?;
    let after = described(&sent, &fields, before.as_ref(), kind, verb)?;
    let copy = match (after.course, fields.has_course()) {
        (None, true) => Some(courses::copy(world, &fields, &mut remark)?),
        (Some(_), _) if fields.template_key.is_some() => {
            // The copy happens once, when the course is made (§3.3).
            remark.add("The course is there already; the template has no effect.");
            None
        }
        _ => None,
    };
    keep(world, &key, existing, Group { parent: Some(parent), ..after }, &fields, copy, verb);
    Ok(remark)
}

/// Writes what was decided.
fn keep(
    world: &mut World,
    key: &str,
    existing: Option<Id>,
    mut group: Group,
    fields: &Fields,
    copy: Option<Copy>,
    verb: Verb,
) {
    if let Some(course) = group.course.and_then(|number| world.courses.get_mut(&number)) {
        courses::describe(course, fields, verb == Verb::Replace);
    }
    if let Some(copy) = copy {
        group.course = Some(courses::make(world, fields, copy));
    }
    group.key = Some(key.to_owned());
    let parent = group.parent;
    match (existing, parent) {
        (Some(id), Some(parent)) => {
            world.move_group(id, parent);
            if let Some(row) = world.groups.get_mut(id) {
                *row = group;
            }
        }
        _ => _ = world.add_group(group),
    }
}

/// Where the group goes: exactly one relationship, to a parent that is there (§2.3). Its own key means the top.
fn parent(world: &World, key: &str, existing: Option<Id>, sent: &Sent) -> Result<Id, Refusal> {
    let [relationship] = sent.relationships.as_slice() else {
        return Err(if sent.relationships.is_empty() {
            Refusal::incomplete("relationship")
        } else {
            Refusal::invalid("A group has one parent.")
        });
    };
    if relationship.relation.value() != Some(&Relation::Parent) {
        return Err(Refusal::invalid("Only the relation Parent is supported."));
    }
    let named = needed(relationship.source_id.as_deref(), "relationship/sourceId")?;
    if named == key {
        return Ok(world.root());
    }
    let parent = world.groups.find(&named).ok_or_else(|| Refusal::invalid("The parent does not exist."))?;
    if existing.is_some_and(|id| parent == id || world.ancestors(parent).contains(&id)) {
        // (inferred)
        return Err(Refusal::invalid("The parent stands below the group itself."));
    }
    Ok(parent)
}

/// The type that was sent: by word, by number, or by both if they agree (§2.4).
fn sent_kind(group_type: Option<&GroupType>) -> Result<Option<OrganisationType>, Refusal> {
    let Some(group_type) = group_type else { return Ok(None) };
    let scheme = group_type.scheme.as_deref().unwrap_or_default().trim().to_lowercase();
    if scheme.is_empty() {
        return Err(Refusal::incomplete("groupType/scheme"));
    }
    if scheme != SCHEME {
        return Err(Refusal::invalid("The scheme of the type is not ItslearningOrganisationTypes."));
    }
    let value = group_type.type_values.first();
    let text =
        |text: Option<&String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let word = text(value.and_then(|value| value.type_name.as_ref()));
    let level = text(value.and_then(|value| value.level.as_ref()));
    let by_word = word.map(|word| match word.to_lowercase().as_str() {
        "unspecified" => Ok(OrganisationType::Unspecified),
        "site" => Ok(OrganisationType::Site),
        "school" => Ok(OrganisationType::School),
        "course" => Ok(OrganisationType::Course),
        "coursegroup" => Ok(OrganisationType::CourseGroup),
        _ => Err(Refusal::invalid("The type is not known.")),
    });
    let by_level = level.map(|level| match level.as_str() {
        "-1" => Ok(OrganisationType::Unspecified),
        "0" => Ok(OrganisationType::Site),
        "1" => Ok(OrganisationType::School),
        "2" => Ok(OrganisationType::Course),
        "3" => Ok(OrganisationType::CourseGroup),
        _ => Err(Refusal::invalid("The level is not known.")),
    });
    match (by_word.transpose()?, by_level.transpose()?) {
        (Some(word), Some(level)) if word != level => {
            Err(Refusal::invalid("The type and its level do not agree."))
        }
        (word, level) => Ok(word.or(level)),
    }
}

/// The type of the group afterwards (§2.4, §3.3).
fn kind(
    sent: &Sent,
    fields: &Fields,
    before: Option<&Group>,
    verb: Verb,
) -> Result<OrganisationType, Refusal> {
    let asked = sent_kind(sent.group_type.as_ref())?;
    let is_connected = before.is_some_and(|row| row.course.is_some());
    if asked == Some(OrganisationType::Site) {
        return Err(Refusal::invalid("A group cannot become a Site."));
    }
    if fields.has_course() && asked.is_some_and(|asked| asked != OrganisationType::Course) {
        return Err(Refusal::invalid("A group with a course is of the type Course."));
    }
    if !fields.has_course() && !is_connected {
        if asked == Some(OrganisationType::Course) {
            return Err(Refusal::incomplete("course"));
        }
        if fields.has_course_details() {
            return Err(Refusal::incomplete("course"));
        }
    }
    let implied = if fields.has_course() { OrganisationType::Course } else { OrganisationType::Unspecified };
    let after = match (asked, before) {
        (Some(asked), _) => asked,
        // An update that says nothing of it leaves the type alone, unless a course comes.
        (None, Some(before)) if verb == Verb::Update && !fields.has_course() => before.kind,
        // A create of what is there is an update (§2.2).
        (None, Some(before)) if verb == Verb::Create && !fields.has_course() => before.kind,
        (None, _) => implied,
    };
    let Some(before) = before.map(|before| before.kind) else { return Ok(after) };
    let may_become = match (before, after) {
        (before, after) if before == after => true,
        (OrganisationType::School, OrganisationType::Unspecified) => true,
        (OrganisationType::Unspecified, OrganisationType::School | OrganisationType::Course) => true,
        _ => false,
    };
    if may_become { Ok(after) } else { Err(Refusal::invalid("The type of the group cannot change.")) }
}

/// Whether a group of this type may stand there (§2.4).
fn place(world: &World, kind: OrganisationType, parent: Id) -> Result<(), Refusal> {
    let kind_of = |id: Id| world.groups.get(id).map(|row| row.kind);
    if kind == OrganisationType::CourseGroup && kind_of(parent) != Some(OrganisationType::Course) {
        return Err(Refusal::invalid("The parent of a CourseGroup is a Course."));
    }
    let above = std::iter::once(parent).chain(world.ancestors(parent));
    if kind == OrganisationType::School
        && above.into_iter().any(|id| kind_of(id) == Some(OrganisationType::School))
    {
        return Err(Refusal::invalid("A School cannot stand below a School."));
    }
    Ok(())
}

/// The group as it is afterwards, without its parent. A replacement begins with nothing (§2.2).
fn described(
    sent: &Sent,
    fields: &Fields,
    before: Option<&Group>,
    kind: OrganisationType,
    verb: Verb,
) -> Result<Group, Refusal> {
    let mut group = match before {
        Some(before) if verb == Verb::Replace => {
            Group { course: before.course, key: before.key.clone(), ..Group::default() }
        }
        Some(before) => before.clone(),
        None => Group::default(),
    };
    let description = sent.description.clone().unwrap_or_default();
    if let Some(title) = description.desc_short {
        group.title = title.trim().to_owned();
    }
    if group.title.is_empty() {
        return Err(Refusal::incomplete("description/descShort"));
    }
    for (name, text, length_max) in [
        ("descShort", Some(&group.title), 64),
        ("descLong", description.desc_long.as_ref(), 256),
        ("descFull", description.desc_full.as_ref(), 2048),
    ] {
        if text.is_some_and(|text| text.chars().count() > length_max) {
            return Err(Refusal::invalid(format!("{name} has more than {length_max} characters.")));
        }
    }
    group.description_long = description.desc_long.or(group.description_long);
    group.description_full = description.desc_full.or(group.description_full);
    set(&mut group.visible_in_search, &fields.visible_in_search);
    set(&mut group.allow_connection, &fields.allow_connection);
    set(&mut group.xiti_establishment, &fields.xiti_establishment);
    set(&mut group.xiti_collectivite, &fields.xiti_collectivite);
    set(&mut group.legal_id, &fields.legal_id);
    group.kind = kind;
    if group.legal_id.is_some() && kind != OrganisationType::School {
        // Only a School or a Site has one (§3.2).
        return Err(Refusal::invalid("LegalId belongs to a School."));
    }
    Ok(group)
}

fn set<T: Clone>(place: &mut Option<T>, sent: &Option<fields::Sent<T>>) {
    if let Some(sent) = sent {
        *place = sent.value().cloned();
    }
}

/// Takes a group away, with all below it (§2.2).
pub(super) fn delete(world: &mut World, key: Option<&str>) -> Ended {
    let id = find(world, key, "sourcedId")?;
    if id == world.root() {
        return Err(Refusal::delete());
    }
    world.remove_group(id);
    Ok(Remark::default())
}

/// Gives a group another key (§2.2). That the top keeps the one that somebody chose is (inferred).
pub(super) fn change(world: &mut World, pair: &Pair) -> Ended {
    if pair.old.as_deref().and_then(|old| world.groups.find(old.trim())) == Some(world.root()) {
        return Err(Refusal::invalid("The identifier of the top group is chosen by hand."));
    }
    super::keys::change(&mut world.groups, pair)
}

/// Reads a group by its key.
pub(super) fn read(world: &World, key: Option<&str>) -> Result<Sent, Refusal> {
    let id = find(world, key, "sourcedId")?;
    Ok(shown(world, id))
}

/// The groups of a person: those of the memberships, of every type (§2.2, §5.1).
pub(super) fn read_for_person(world: &World, key: Option<&str>) -> Result<Vec<Sent>, Refusal> {
    let key = needed(key, "personSourcedId")?;
    let person = world.persons.find(&key).ok_or_else(Refusal::unknown)?;
    let groups = world.belongings_of(person).iter().filter_map(|id| world.memberships.get(*id));
    Ok(groups.map(|membership| shown(world, membership.group)).collect())
}

/// The group with a key.
pub(super) fn find(world: &World, key: Option<&str>, what: &str) -> Result<Id, Refusal> {
    let key = needed(key, what)?;
    world.groups.find(&key).ok_or_else(Refusal::unknown)
}

/// A group as it is read back: type with scheme, word and number; the parent with its title; `descFull` filled from
/// `descLong` (§2.4, §3.1, §6 traps 8 and 25).
fn shown(world: &World, id: Id) -> Sent {
    let Some(group) = world.groups.get(id) else { return Sent::default() };
    let parent = group.parent.and_then(|parent| world.groups.get(parent));
    let relationship = parent.map(|parent| Relationship {
        source_id: parent.key.clone(),
        label: Some(parent.title.clone()),
        ..Relationship::parent("")
    });
    let description = Description {
        desc_short: Some(group.title.clone()),
        desc_long: group.description_long.clone(),
        desc_full: group.description_full.clone().or_else(|| group.description_long.clone()),
    };
    Sent {
        group_type: Some(group.kind.to_group_type()),
        relationships: relationship.into_iter().collect(),
        description: Some(description),
        extension: shown_fields(world, group),
        ..Sent::default()
    }
}

fn shown_fields(world: &World, group: &Group) -> Vec<ExtensionField> {
    let mut fields = Vec::new();
    let mut put = |name: &str, kind: &str, value: Option<String>| {
        fields.extend(value.map(|value| ExtensionField::new(name, kind, &value)));
    };
    let boolean = |value: Option<bool>| value.map(|value| if value { "True" } else { "False" }.to_owned());
    put("visibleinsearch", "Boolean", boolean(group.visible_in_search));
    put("allowconnectiontocourse", "Boolean", boolean(group.allow_connection));
    put("XitiEstablishmentId", "int", group.xiti_establishment.map(|number| number.to_string()));
    put("XitiCollectiviteId", "int", group.xiti_collectivite.map(|number| number.to_string()));
    put("LegalId", "String", group.legal_id.clone());
    if let Some(course) = group.course.and_then(|number| world.courses.get(&number)) {
        put("course", "String", Some(course.title.clone()));
        put("course/code", "String", course.code.clone());
        put("course/credits", "String", course.credits.clone());
    }
    fields
}

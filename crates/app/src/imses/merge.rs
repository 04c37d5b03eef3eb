//! What an object is after a request: what was kept, and what was sent laid over it (facts/ims-es.md §2.2, §6 trap 18).
//!
//! Not here: where a group stands, who a member is and who is a relative; those are no part of the text that is kept.
//!
//! Invariant: what was not sent stays as it was; what was sent empty is taken away; a replacement starts from nothing.
//! Invariant: no password is kept.

use ims_es::common::{ExtensionField, UserId};
use ims_es::extension::{Course, GroupExtension, Setting, Template};
use ims_es::group::object::{Description, Group, GroupType};
use ims_es::group::rules::shortened_title;
use ims_es::membership::object::{HOME_ORGANISATION, Member, Membership, Role};
use ims_es::person::object::{Person, PersonExtension, PersonName};

/// Lays what was sent over what was kept. Type and parent are not part of what is kept, except a type of a foreign list.
pub(super) fn group(kept: Group, sent: Group) -> Group {
    let Group {
        group_type,
        record_info,
        email,
        url,
        time_frame,
        relationships: _,
        enroll_control,
        org,
        description,
        data_source,
        extension,
    } = sent;
    Group {
        group_type: group_type.filter(is_foreign).or(kept.group_type),
        record_info: whole(kept.record_info, record_info),
        email: text(kept.email, email),
        url: text(kept.url, url),
        time_frame: whole(kept.time_frame, time_frame),
        relationships: Vec::new(),
        enroll_control: whole(kept.enroll_control, enroll_control),
        org: whole(kept.org, org),
        description: describe(kept.description, description),
        data_source: text(kept.data_source, data_source),
        extension: extend(&kept.extension, &extension).to_fields(),
    }
}

/// Lays what was sent over what was kept. Relatives are not part of what is kept.
pub(super) fn person(kept: Person, sent: Person) -> Person {
    let Person {
        format_name,
        name,
        record_info,
        email,
        url,
        system_role,
        user_id,
        address,
        demographics,
        institution_roles,
        tels,
        photo,
        data_source,
        extension,
    } = sent;
    Person {
        format_name: text(kept.format_name, format_name),
        name: name_of(kept.name, name),
        record_info: whole(kept.record_info, record_info),
        email: text(kept.email, email),
        url: text(kept.url, url),
        system_role: system_role.or(kept.system_role),
        user_id: without_password(whole(kept.user_id, user_id)),
        address: whole(kept.address, address),
        demographics: whole(kept.demographics, demographics),
        institution_roles: list(kept.institution_roles, institution_roles),
        tels: list(kept.tels, tels),
        photo: whole(kept.photo, photo),
        data_source: text(kept.data_source, data_source),
        extension: person_extension(kept.extension, extension),
    }
}

/// Lays what was sent over what was kept. Group, person and home are not part of what is kept.
pub(super) fn membership(kept: Membership, sent: Membership) -> Membership {
    let kept_role = kept.member.and_then(|member| member.roles.into_iter().next()).unwrap_or_default();
    let sent_role = sent.member.and_then(|member| member.roles.into_iter().next());
    let role = sent_role.map_or(kept_role.clone(), |sent| role(kept_role, sent));
    let member = Member { member_sourced_id: None, id_type: None, roles: vec![role] };
    Membership { group_sourced_id: None, member: Some(member) }
}

fn role(kept: Role, sent: Role) -> Role {
    let Role {
        role_type,
        sub_role,
        record_info,
        user_id,
        time_frame,
        status,
        date_time,
        email,
        interim_results,
        final_results,
        data_source,
        extension,
    } = sent;
    Role {
        role_type,
        sub_role: text(kept.sub_role, sub_role),
        record_info: whole(kept.record_info, record_info),
        user_id: without_password(whole(kept.user_id, user_id)),
        time_frame: whole(kept.time_frame, time_frame),
        status: status.or(kept.status),
        date_time: date_time.or(kept.date_time),
        email: text(kept.email, email),
        interim_results: list(kept.interim_results, interim_results),
        final_results: list(kept.final_results, final_results),
        data_source: text(kept.data_source, data_source),
        extension: fields(kept.extension, extension, &[HOME_ORGANISATION]),
    }
}

/// A type of another list than ours is kept as it was sent, and has no effect.
fn is_foreign(group_type: &GroupType) -> bool {
    let ours = ims_es::group::object::ORGANISATION_SCHEME;
    let scheme = group_type.scheme.as_deref().unwrap_or_default().trim();
    !scheme.is_empty() && !scheme.eq_ignore_ascii_case(ours)
}

fn describe(kept: Option<Description>, sent: Option<Description>) -> Option<Description> {
    let Some(sent) = sent else { return kept };
    let kept = kept.unwrap_or_default();
    let title = text(kept.desc_short, sent.desc_short);
    Some(Description {
        desc_short: title.map(|title| shortened_title(&title).to_owned()),
        desc_long: text(kept.desc_long, sent.desc_long),
        desc_full: text(kept.desc_full, sent.desc_full),
    })
}

/// The extension fields of a group, those that were sent laid over those that were kept.
fn extend(kept: &[ExtensionField], sent: &[ExtensionField]) -> GroupExtension {
    let (kept, _) = GroupExtension::read(kept);
    let (sent, _) = GroupExtension::read(sent);
    GroupExtension {
        visible_in_search: setting(kept.visible_in_search, sent.visible_in_search),
        allow_connection_to_course: setting(kept.allow_connection_to_course, sent.allow_connection_to_course),
        xiti_establishment_id: setting(kept.xiti_establishment_id, sent.xiti_establishment_id),
        xiti_collectivite_id: setting(kept.xiti_collectivite_id, sent.xiti_collectivite_id),
        legal_id: setting(kept.legal_id, sent.legal_id),
        course: Course {
            title: setting(kept.course.title, sent.course.title),
            code: setting(kept.course.code, sent.course.code),
            credits: setting(kept.course.credits, sent.course.credits),
            template: template(kept.course.template, sent.course.template),
        },
        unknown: fields(kept.unknown, sent.unknown, &[]),
    }
}

fn template(kept: Template, sent: Template) -> Template {
    let Template { sync_key, course_creator_sync_key, external_template_id, mut terms } = kept;
    for (key, pair) in sent.terms {
        let kept = terms.entry(key).or_default();
        kept.source = setting(kept.source.take(), pair.source);
        kept.new = setting(kept.new.take(), pair.new);
    }
    terms.retain(|_, pair| pair.source.is_some() || pair.new.is_some());
    Template {
        sync_key: setting(sync_key, sent.sync_key),
        course_creator_sync_key: setting(course_creator_sync_key, sent.course_creator_sync_key),
        external_template_id: setting(external_template_id, sent.external_template_id),
        terms,
    }
}

fn name_of(kept: Option<PersonName>, sent: Option<PersonName>) -> Option<PersonName> {
    let Some(sent) = sent else { return kept };
    let kept = kept.unwrap_or_default();
    let mut part_names = kept.part_names;
    for part in sent.part_names {
        part_names.retain(|kept| kept.name_part_type != part.name_part_type);
        if part.name_part_value.as_deref().is_some_and(|value| !value.is_empty()) {
            part_names.push(part);
        }
    }
    // In the order of the schema, so that it does not matter which part was sent last.
    part_names.sort_by_key(|part| part.name_part_type.as_ref().and_then(|known| known.value().copied()));
    Some(PersonName { name_type: text(kept.name_type, sent.name_type), part_names })
}

fn person_extension(kept: Option<PersonExtension>, sent: Option<PersonExtension>) -> Option<PersonExtension> {
    let kept = kept.map(|kept| kept.fields).unwrap_or_default();
    let sent = sent.map(|sent| sent.fields).unwrap_or_default();
    let fields = fields(kept, sent, &[]);
    (!fields.is_empty()).then(|| PersonExtension { fields, relationships: Vec::new() })
}

/// Free fields by name; one that was sent empty goes, and so do those that are not kept here.
fn fields(kept: Vec<ExtensionField>, sent: Vec<ExtensionField>, apart: &[&str]) -> Vec<ExtensionField> {
    let mut all = kept;
    for field in sent {
        let name = field.field_name.clone().unwrap_or_default();
        all.retain(|kept| !kept.is_named(name.trim()));
        if !field.value().is_empty() {
            all.push(field);
        }
    }
    all.retain(|field| !apart.iter().any(|name| field.is_named(name)));
    all
}

fn without_password(user_id: Option<UserId>) -> Option<UserId> {
    user_id.map(|user_id| UserId { pass_word: None, ..user_id })
}

fn text(kept: Option<String>, sent: Option<String>) -> Option<String> {
    match sent {
        None => kept,
        Some(sent) => Some(sent).filter(|sent| !sent.is_empty()),
    }
}

/// A part that is sent whole or not at all; sent without anything in it, it goes.
fn whole<T: Default + PartialEq>(kept: Option<T>, sent: Option<T>) -> Option<T> {
    match sent {
        None => kept,
        Some(sent) => Some(sent).filter(|sent| *sent != T::default()),
    }
}

fn list<T>(kept: Vec<T>, sent: Vec<T>) -> Vec<T> {
    if sent.is_empty() { kept } else { sent }
}

fn setting<T>(kept: Option<Setting<T>>, sent: Option<Setting<T>>) -> Option<Setting<T>> {
    match sent {
        None => kept,
        Some(Setting::Cleared) => None,
        Some(value) => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use ims_es::common::Secret;

    use super::*;

    fn described(short: &str, long: Option<&str>) -> Group {
        let description = Description {
            desc_short: Some(short.to_owned()),
            desc_long: long.map(str::to_owned),
            desc_full: None,
        };
        Group { description: Some(description), ..Group::default() }
    }

    fn with_fields(fields: &[(&str, &str)]) -> Group {
        let fields = fields.iter().map(|(name, value)| ExtensionField::new(name, "String", value));
        Group { extension: fields.collect(), ..Group::default() }
    }

    fn shown(group: &Group) -> Vec<String> {
        group
            .extension
            .iter()
            .map(|field| format!("{}={}", field.field_name.as_deref().unwrap(), field.value()))
            .collect()
    }

    #[test]
    fn s3_what_is_not_sent_stays_and_what_is_sent_empty_goes() {
        let kept = described("One", Some("Long"));
        let sent = Group {
            description: Some(Description { desc_short: Some("Two".into()), ..Description::default() }),
            ..Group::default()
        };
        assert_eq!(group(kept.clone(), sent), described("Two", Some("Long")));
        assert_eq!(group(kept.clone(), described("Two", Some(""))), described("Two", None));
        assert_eq!(group(kept.clone(), Group::default()), kept);
    }

    #[test]
    fn extension_fields_are_laid_over_by_name_whatever_their_letter_case() {
        let kept = with_fields(&[
            ("LegalId", "1"),
            ("Colour", "red"),
            ("course/template/terms/1/newtermsynckey", "n"),
        ]);
        let kept = group(Group::default(), kept);
        let sent = with_fields(&[
            ("legalid", ""),
            ("COLOUR", "blue"),
            ("Course/Template/Terms/1/SourceTermSyncKey", "s"),
        ]);
        assert_eq!(
            shown(&group(kept, sent)),
            [
                "course/template/terms/1/sourcetermsynckey=s",
                "course/template/terms/1/newtermsynckey=n",
                "COLOUR=blue"
            ]
        );
    }

    #[test]
    fn a_password_is_never_kept() {
        let user_id = UserId {
            user_id_value: Some("ada".into()),
            pass_word: Some(Secret::new("hunter".into())),
            ..UserId::default()
        };
        let sent = Person { user_id: Some(user_id), ..Person::default() };
        let kept = person(Person::default(), sent).user_id.unwrap();
        assert_eq!((kept.user_id_value.as_deref(), kept.pass_word), (Some("ada"), None));
    }

    #[test]
    fn a_title_that_is_too_long_is_kept_as_far_as_it_may_go() {
        let long = "é".repeat(70);
        let kept = group(Group::default(), described(&long, None));
        assert_eq!(kept.description.unwrap().desc_short.unwrap(), "é".repeat(64));
    }
}

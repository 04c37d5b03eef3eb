//! The corrupt rows of a delivery, and the one of them that heals.
//!
//! Not here: rows that are merely surprising, such as an empty group (`stage.rs`).
//!
//! Invariant: a reader that accepts any of these rows changes nothing that the good rows say, or is wrong.

use super::awkward::{CaseKind, CorruptRow, DeliveryFile, Healing};
use super::model::Role;
use super::names;
use super::script::Act;
use super::stage::Stage;

/// Adds the corrupt rows, beside good ones of one module.
pub(super) fn set(stage: &mut Stage<'_>) -> Option<()> {
    let cast = stage.cast(2)?;
    let (first, second) = (cast.groups[0], cast.groups[1]);
    let neighbour = stage.student(second, 0)?;
    let person = stage.university.groups[second]
        .people(Role::Student)
        .find(|person| !stage.university.groups[first].seats_person(*person))
        .unwrap_or(neighbour);
    let (group_id, person_id) = (stage.university.group_id(first), stage.university.person_id(person));
    let member_id = stage.university.person_id(stage.student(first, 0)?);
    let record = &stage.university.groups[first];
    let module = &stage.university.modules[cast.module];
    let (code, name, kind) = (record.code.as_str(), record.name.as_str(), record.kind.as_str());
    let (module_code, term) = (module.code.as_str(), module.term);

    let unknown_group = names::group_id(999_999);
    let groups = |fields: &[&str], why| row(DeliveryFile::Groups, fields, why);
    let members = |fields: &[&str], why| row(DeliveryFile::Members, fields, why);
    let mut not_utf_8 = groups(&["G990005", "TUT95", "", module_code, kind, term], "name is not valid UTF-8");
    not_utf_8.fields[2] = b"\xDCbung 95".to_vec();
    let rows = vec![
        members(&[&group_id, &person_id, "studnt"], "unknown role, corrected on day 3"),
        members(&[&group_id, &member_id], "missing column"),
        members(&[&group_id, "", "student"], "empty person id"),
        members(&["", &person_id, "student"], "empty group id"),
        members(&[&unknown_group, &person_id, "student"], "member of an unknown group"),
        members(&[&group_id, &member_id, "student"], "duplicate of a good row"),
        groups(&["G990001", "TUT91", "Tutorial 91", module_code, kind], "missing column"),
        groups(&["", "TUT92", "Tutorial 92", module_code, kind, term], "empty group id"),
        groups(&["G990003", "TUT93", "Tutorial 93", "", kind, term], "empty module code"),
        groups(&["G990004", "TUT94", "Tutorial 94", module_code, kind, term, "extra"], "one column too many"),
        not_utf_8,
        groups(&[&group_id, code, name, module_code, kind, term], "duplicate of a good row"),
        groups(
            &[&group_id, code, "Contradiction", module_code, kind, term],
            "same id as a good row, other name",
        ),
    ];
    let note = format!("stand beside {} corrupt rows at the end of the two files", rows.len());
    stage.university.corrupt_rows = rows;
    let healing = Healing { row: 0, group: first, person, role: Role::Student };
    stage.university.script.push((3, Act::Heal(healing)));
    stage.case(CaseKind::CorruptRow, &cast, 1, &[person], &note);
    Some(())
}

fn row(file: DeliveryFile, fields: &[&str], why: &'static str) -> CorruptRow {
    CorruptRow { file, fields: fields.iter().map(|field| field.as_bytes().to_vec()).collect(), why }
}

//! The person functions (facts/ims-es.md §5.2).

use ims_es::lexical::Lexical;
use ims_es::person::change_persons_identifier::ChangePersonsIdentifier;
use ims_es::person::create_person::CreatePerson;
use ims_es::person::create_persons::CreatePersons;
use ims_es::person::delete_persons::DeletePersons;
use ims_es::person::object::{
    InstitutionRole, NamePart, PartName, Person, PersonExtension, PersonIdPair, PersonName,
    PersonRelationship,
};
use ims_es::person::read_all_persons::ReadAllPersons;
use ims_es::person::read_person::ReadPerson;
use ims_es::person::read_persons::ReadPersons;
use ims_es::person::replace_person::ReplacePerson;
use ims_es::person::update_person::UpdatePerson;
use ims_es::time::UtcTime;

use super::{Campus, renaming};

/// A whole person.
pub(super) fn person(first: &str) -> Person {
    let part = |kind, value: &str| PartName {
        name_part_type: Some(Lexical::Value(kind)),
        name_part_value: Some(value.to_owned()),
    };
    let name = PersonName {
        part_names: vec![part(NamePart::First, first), part(NamePart::Last, "Invented")],
        ..PersonName::default()
    };
    let role = InstitutionRole {
        institution_role_type: Lexical::read("Student".to_owned()),
        primary_role_type: Lexical::Value(true),
    };
    Person { name: Some(name), institution_roles: vec![role], ..Person::default() }
}

pub(super) fn person_pair(key: &str, person: Person) -> PersonIdPair {
    PersonIdPair { sourced_id: Some(key.to_owned()), person: Some(person) }
}

pub(super) async fn create(campus: &Campus, keys: &[&str]) {
    let pairs = keys.iter().map(|key| person_pair(key, person(key))).collect();
    campus.check(&CreatePersons { pairs }, &vec!["ok"; keys.len()]).await;
}

fn with_children(person: Person, children: &[&str]) -> Person {
    let relative = |key: &&str| PersonRelationship {
        relation: Lexical::read("Child".to_owned()),
        source_id: Some((*key).to_owned()),
        label: None,
    };
    let relationships = children.iter().map(relative).collect();
    Person { extension: Some(PersonExtension { fields: Vec::new(), relationships }), ..person }
}

async fn read(campus: &Campus, key: &str) -> Option<Person> {
    campus.call(&ReadPerson { sourced_id: Some(key.to_owned()) }).await.body.person
}

/// The relatives of a person as they are read back.
async fn relatives(campus: &Campus, key: &str) -> Vec<String> {
    let extension = read(campus, key).await.unwrap().extension.unwrap_or_default();
    let shown = |relative: &PersonRelationship| {
        format!("{} {}", relative.relation.text(), relative.source_id.clone().unwrap())
    };
    extension.relationships.iter().map(shown).collect()
}

#[tokio::test]
async fn a_person_is_made_changed_replaced_renamed_and_deleted() {
    let campus = Campus::open().await;
    let mut ada = person("Ada");
    ada.email = Some("ada@example.ac.uk".into());
    campus.check(&CreatePerson { sourced_id: Some("p1".into()), person: Some(ada) }, &["ok"]).await;
    let part = PartName {
        name_part_type: Some(Lexical::Value(NamePart::First)),
        name_part_value: Some("Adah".into()),
    };
    let name = PersonName { part_names: vec![part], ..PersonName::default() };
    let change = UpdatePerson {
        sourced_id: Some("p1".into()),
        person: Some(Person { name: Some(name), ..Person::default() }),
    };
    campus.check(&change, &["ok"]).await;
    let found = read(&campus, "p1").await.unwrap();
    assert_eq!(
        (found.name_part(NamePart::First), found.name_part(NamePart::Last)),
        (Some("Adah"), Some("Invented"))
    );
    assert_eq!(found.email.as_deref(), Some("ada@example.ac.uk"));
    let unknown = UpdatePerson { sourced_id: Some("p2".into()), person: Some(Person::default()) };
    campus.check(&unknown, &["incompletedata"]).await;
    campus
        .check(&ReplacePerson { sourced_id: Some("p1".into()), person: Some(person("Ada")) }, &["ok"])
        .await;
    assert_eq!(read(&campus, "p1").await.unwrap().email, None);
    create(&campus, &["taken"]).await;
    let change = ChangePersonsIdentifier { pairs: renaming(&[("p1", "taken"), ("p1", "p9"), ("p1", "p8")]) };
    campus.check(&change, &["idallocinusefail", "ok", "unknownobject"]).await;
    let call = DeletePersons { sourced_ids: vec!["p9".into(), "p9".into()] };
    campus.check(&call, &["ok", "unknownobject"]).await;
    let call = ReadPersons { sourced_ids: vec!["p9".into(), "taken".into()] };
    assert_eq!(campus.check(&call, &["unknownobject", "ok"]).await.persons.len(), 1);
}

#[tokio::test]
async fn children_are_added_by_an_update_and_exchanged_by_a_replacement() {
    let campus = Campus::open().await;
    create(&campus, &["c1", "c2", "carer"]).await;
    let update = |children: &[&str]| UpdatePerson {
        sourced_id: Some("carer".into()),
        person: Some(with_children(Person::default(), children)),
    };
    campus.check(&update(&["c1"]), &["ok"]).await;
    campus.check(&update(&["c2", "c2", "nobody", "carer"]), &["warning partialdatastorage"]).await;
    assert_eq!(relatives(&campus, "carer").await, ["Child c1", "Child c2"]);
    assert_eq!(relatives(&campus, "c1").await, ["Parent carer"]);
    let replace = ReplacePerson {
        sourced_id: Some("carer".into()),
        person: Some(with_children(person("Carer"), &["c2"])),
    };
    campus.check(&replace, &["ok"]).await;
    assert_eq!(relatives(&campus, "carer").await, ["Child c2"]);
    campus.check(&DeletePersons { sourced_ids: vec!["c2".into()] }, &["ok"]).await;
    assert_eq!(relatives(&campus, "carer").await, Vec::<String>::new());
}

#[tokio::test]
async fn all_persons_are_read_page_by_page() {
    let campus = Campus::open().await;
    let keys: Vec<String> = (0..7).map(|number| format!("p{number}")).collect();
    create(&campus, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let page = |index: i32, size: i32| ReadAllPersons {
        page_index: Some(Lexical::Value(index)),
        page_size: Some(Lexical::Value(size)),
        ..ReadAllPersons::default()
    };
    let mut seen = Vec::new();
    for index in 1..=3 {
        let found = campus.check(&page(index, 3), &["ok"]).await;
        assert_eq!(found.virtual_count, Lexical::Value(7));
        seen.extend(found.pairs.into_iter().map(|pair| pair.sourced_id.unwrap()));
    }
    assert_eq!(seen, keys);
    assert_eq!(campus.check(&page(4, 3), &["ok"]).await.pairs.len(), 0);
    campus.check(&page(0, 3), &["invaliddata"]).await;
    let later = UtcTime { unix_ms: 32_503_680_000_000 };
    let since = ReadAllPersons { created_from: Some(Lexical::Value(later)), ..page(1, 3) };
    assert_eq!(campus.check(&since, &["ok"]).await.virtual_count, Lexical::Value(0));
    let by_hand = ReadAllPersons { only_manually_created_users: Some(Lexical::Value(true)), ..page(1, 3) };
    assert_eq!(campus.check(&by_hand, &["ok"]).await.pairs.len(), 0);
}

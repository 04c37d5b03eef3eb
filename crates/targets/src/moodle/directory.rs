//! Which users of Moodle stand behind the keys of people who are not enrolled.
//!
//! Not here: people who are enrolled; the observation of their course names them.
//!
//! Invariant: everybody who was asked for is in the answer, if only with an empty list; several users with one key are
//! all kept, because Moodle does not keep an `idnumber` unique (facts/moodle-ws.md §5.10).

use std::collections::{BTreeMap, HashMap};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use reconcile::keys::{PersonKey, UserId};
use reconcile::observed::Directory;

use super::functions::{Function, UserRow};
use super::settings::PersonKeyField;
use super::{CallError, Moodle, TargetError};

impl Moodle {
    /// Looks people up by the field that names them. Empty when the token may not: then nothing is known of anybody.
    ///
    /// # Errors
    ///
    /// A call failed for good; nobody may be taken for unknown then.
    pub async fn directory(&self, persons: &[PersonKey]) -> Result<Directory, TargetError> {
        if !self.grants(Function::GetUsersByField) {
            return Ok(Directory::default());
        }
        let field = self.client.settings.person_key;
        // Moodle refuses a username that is not in lower case; several spellings may stand for one value.
        let mut asked: BTreeMap<String, Vec<&PersonKey>> = BTreeMap::new();
        for person in persons {
            asked.entry(value_asked(field, person)).or_default().push(person);
        }
        let values: Vec<String> = asked.keys().filter(|value| !value.is_empty()).cloned().collect();
        let batches: Vec<Vec<String>> =
            values.chunks(self.client.settings.batch_max(1)).map(<[String]>::to_vec).collect();
        let answers: Vec<Vec<UserRow>> = stream::iter(batches)
            .map(|batch| self.look_up(field.as_str(), batch))
            .buffer_unordered(self.client.settings.concurrency_max)
            .try_collect()
            .await?;
        Ok(Directory { users: assign(field, persons, answers.into_iter().flatten()) })
    }

    /// Looks a batch up. Moodle refuses it whole for one value that can be no username or address; that one is halved
    /// out, and names nobody.
    pub(super) async fn look_up(&self, field: &str, batch: Vec<String>) -> Result<Vec<UserRow>, CallError> {
        let mut rows = Vec::new();
        let mut waiting = vec![batch];
        while let Some(mut values) = waiting.pop() {
            let asked: Vec<&str> = values.iter().map(String::as_str).collect();
            match self.client.get_users_by_field(field, &asked).await {
                Ok(found) => rows.extend(found),
                Err(error) if &*error.code == "invalidparameter" => {
                    if values.len() > 1 {
                        waiting.push(values.split_off(values.len() / 2));
                        waiting.push(values);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }
}

fn value_asked(field: PersonKeyField, person: &PersonKey) -> String {
    match field {
        PersonKeyField::Idnumber | PersonKeyField::Email => person.as_str().to_owned(),
        PersonKeyField::Username => person.as_str().to_lowercase(),
    }
}

/// Gives each user to the people who have its key. Moodle's database compares loosely, so an answer may name a user
/// whose key differs in letter case; such a user counts only where the field does not know letter case.
fn assign(
    field: PersonKeyField,
    persons: &[PersonKey],
    rows: impl Iterator<Item = UserRow>,
) -> HashMap<PersonKey, Vec<UserId>> {
    let comparable = |text: &str| match field {
        PersonKeyField::Idnumber => text.to_owned(),
        PersonKeyField::Username | PersonKeyField::Email => text.to_lowercase(),
    };
    let mut by_key: HashMap<String, Vec<UserId>> = HashMap::new();
    for row in rows {
        if let Some(key) = row.key(field) {
            by_key.entry(comparable(key.as_str())).or_default().push(UserId(row.id));
        }
    }
    for users in by_key.values_mut() {
        users.sort();
        users.dedup();
    }
    persons
        .iter()
        .map(|person| (person.clone(), by_key.get(&comparable(person.as_str())).cloned().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, idnumber: &str) -> UserRow {
        UserRow {
            id,
            idnumber: Some(idnumber.to_owned()),
            username: Some(idnumber.to_owned()),
            ..UserRow::default()
        }
    }

    fn check(field: PersonKeyField, expected: [&[i64]; 3]) {
        let persons: Vec<PersonKey> = ["T1", "T2", "T3"].map(PersonKey::from).to_vec();
        let rows = [row(9, "T1"), row(4, "T1"), row(5, "t2")].into_iter();
        let users = assign(field, &persons, rows);
        for (person, ids) in persons.iter().zip(expected) {
            assert_eq!(users[person], ids.iter().copied().map(UserId).collect::<Vec<_>>(), "{person}");
        }
    }

    #[test]
    fn several_hits_are_kept_and_letter_case_counts_for_idnumbers_only() {
        check(PersonKeyField::Idnumber, [&[4, 9], &[], &[]]);
        check(PersonKeyField::Username, [&[4, 9], &[5], &[]]);
        check(PersonKeyField::Email, [&[], &[], &[]]);
    }
}

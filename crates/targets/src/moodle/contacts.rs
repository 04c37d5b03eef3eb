//! How people can be written to: addresses and languages of users, and who holds which role in a course (feature H7).
//!
//! Not here: who is written to, and what; and which users stand behind the keys of members (`directory.rs`).
//!
//! Invariant: nobody is told whom Moodle calls suspended, or whose address the token may not see.

use reconcile::keys::{CourseId, PersonKey, Text, UserId};

use super::functions::{Function, UserRow};
use super::{Moodle, TargetError};

/// A user as somebody who can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The user.
    pub user: UserId,
    /// The key by which the source names the person, where the user has one that the token may see.
    pub person: Option<PersonKey>,
    /// The address.
    pub address: Text,
    /// The language that the user chose, for example `de` or `de_du`; empty where the token may not see it.
    pub language: Text,
}

/// By what users are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactBy {
    /// The user's number on the platform.
    User,
    /// The key by which the source names people.
    Key,
    /// The address.
    Address,
}

impl Moodle {
    /// The users with one of some values, as far as they can be written to. Empty where the token may not ask.
    ///
    /// The language comes with the right `moodle/user:viewalldetails`, the address with `showuseridentity` or
    /// `moodle/course:useremail` (facts/moodle-ws.md §5.10 and §9; the language was read in Moodle's `user/lib.php`).
    ///
    /// # Errors
    ///
    /// A call failed for good.
    pub async fn contacts(&self, by: ContactBy, values: &[String]) -> Result<Vec<Contact>, TargetError> {
        if !self.grants(Function::GetUsersByField) {
            return Ok(Vec::new());
        }
        let key = self.client.settings.person_key;
        let field = match by {
            ContactBy::User => "id",
            ContactBy::Key => key.as_str(),
            ContactBy::Address => "email",
        };
        let mut contacts = Vec::new();
        for batch in values.chunks(self.client.settings.batch_max(1)) {
            // Moodle refuses a username that is not in lower case.
            let lower =
                |value: &String| if field == "username" { value.to_lowercase() } else { value.clone() };
            let rows = self.look_up(field, batch.iter().map(lower).collect()).await?;
            contacts.extend(rows.into_iter().filter_map(|row| contact(row, key)));
        }
        Ok(contacts)
    }

    /// The users who hold one of some roles in a course itself, by the roles' short names, for example
    /// `editingteacher` (facts/moodle-ws.md §9).
    ///
    /// # Errors
    ///
    /// The call failed, for example because the course is gone.
    pub async fn role_holders(&self, course: CourseId, roles: &[String]) -> Result<Vec<UserId>, TargetError> {
        // One field only: all fields take ten times as long (facts/moodle-ws.md §0.18).
        let rows = self.client.get_enrolled_users(course, "roles", None).await?;
        let holds = |row: &UserRow| row.roles.iter().any(|role| roles.contains(&role.shortname));
        Ok(rows.iter().filter(|row| holds(row)).map(|row| UserId(row.id)).collect())
    }
}

fn contact(row: UserRow, key: super::PersonKeyField) -> Option<Contact> {
    let person = row.key(key);
    let address = row.email.filter(|address| !address.is_empty() && !row.suspended)?;
    Some(Contact {
        user: UserId(row.id),
        person,
        address: address.into(),
        language: row.lang.unwrap_or_default().into(),
    })
}

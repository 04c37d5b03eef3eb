//! Proves the set-up of an itslearning without changing anything there: `muster check itslearning`.
//!
//! Each operation is called once with an empty request. A service that offers it has nothing to carry out and says so in
//! one of several ways; one that does not offer it has a fault for that (facts/ims-es.md §1.5).
//!
//! Not here: any use of the platform.
//!
//! Invariant: no message of an examination names an object, so none is made, changed or deleted.
//! Invariant: a step is called wrong only where an answer of the service proves it.

use ims_es::calls::{Visitor, visit};
use ims_es::operation::{Call, Operation};
use ims_es::status::CodeMinor;
use ims_es::status_info::{Ending, StatusBlock, StatusInfo};

use super::client::Client;
use super::errors::{CallError, codes};
use super::message::{Message, RawAnswer};
use super::settings::{ItslearningSettings, SettingError};
use crate::failure::Kind;

/// Whether Muster can do without an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It cannot.
    Required,
    /// It can, and does less.
    Useful,
}

/// The operations that Muster uses, and what for.
pub const OPERATIONS_NEEDED: &[(Operation, Need, &str)] = &[
    (Operation::CreateGroups, Need::Required, "to make courses and their groups"),
    (Operation::UpdateGroups, Need::Required, "to rename and move them"),
    (Operation::ChangeGroupsIdentifier, Need::Required, "to follow a key that changed in the source"),
    (Operation::DeleteGroups, Need::Required, "to take groups away"),
    (Operation::ReadGroups, Need::Required, "to see what is there"),
    (Operation::CreatePersons, Need::Required, "to make people known"),
    (Operation::UpdatePersons, Need::Required, "to follow their names"),
    (Operation::ReadPersons, Need::Required, "to see who is known"),
    (Operation::CreateMemberships, Need::Required, "to put people into groups"),
    (Operation::UpdateMemberships, Need::Required, "to change their roles"),
    (Operation::DeleteMemberships, Need::Required, "to take people out"),
    (Operation::ReadMembershipsForGroup, Need::Required, "to see who is in a group"),
    (Operation::ReadGroupsForPerson, Need::Useful, "to explain where somebody is"),
    (Operation::ReadMembershipsForPerson, Need::Useful, "to explain where somebody is"),
    (Operation::ReadAllPersons, Need::Useful, "to find people made by others"),
];

/// A step of the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The settings can be used at all.
    Settings,
    /// The address is reached, and its certificate is trusted.
    Connection,
    /// The user name and the password are right.
    Login,
    /// An operation is offered.
    Operation(Operation),
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An answer of the service proves that it is done, or it is not needed.
    Ok,
    /// An answer of the service proves that it is not done.
    Wrong,
    /// Nothing proves either.
    CannotTell,
}

/// What was found out about one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The step.
    pub step: Step,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found: half a sentence.
    pub found: String,
    /// What to do; empty where nothing is to be done.
    pub remedy: String,
}

impl Proof {
    fn ok(step: Step, found: impl Into<String>) -> Proof {
        Proof { step, verdict: Verdict::Ok, found: found.into(), remedy: String::new() }
    }

    fn wrong(step: Step, found: impl Into<String>, remedy: impl Into<String>) -> Proof {
        Proof { step, verdict: Verdict::Wrong, found: found.into(), remedy: remedy.into() }
    }

    fn cannot_tell(step: Step, found: impl Into<String>, remedy: impl Into<String>) -> Proof {
        Proof { step, verdict: Verdict::CannotTell, found: found.into(), remedy: remedy.into() }
    }

    /// A step whose call failed: wrong where that proves it.
    fn failed(step: Step, error: &CallError) -> Proof {
        let words = if error.shown.is_empty() { String::new() } else { format!(": \"{}\"", error.shown) };
        let found = format!("{} ({}{words})", error.meaning, error.code);
        match error.kind {
            Kind::Configuration | Kind::Protocol => Proof::wrong(step, found, error.next_step),
            Kind::Transient | Kind::Item => Proof::cannot_tell(step, found, error.next_step),
        }
    }
}

/// Examines the set-up. Nothing fails: what could not be found out is [`Verdict::CannotTell`].
pub async fn examine(settings: ItslearningSettings) -> Vec<Proof> {
    let client = match Client::new(settings) {
        Ok(client) => client,
        Err(error) => return vec![wrong_setting(&error)],
    };
    let mut proofs =
        vec![Proof::ok(Step::Settings, format!("{} as {}", client.settings.url, client.settings.username))];
    let first = try_out(&client, Operation::ReadGroup).await;
    proofs.extend(door(&client, &first));
    let is_in = proofs.iter().all(|proof| proof.verdict == Verdict::Ok);
    for (operation, need, purpose) in OPERATIONS_NEEDED {
        let step = Step::Operation(*operation);
        proofs.push(if is_in {
            let offered = try_out(&client, *operation).await;
            offered_proof(step, *need, purpose, offered)
        } else {
            Proof::cannot_tell(step, "not tried: see above", "")
        });
    }
    proofs
}

fn wrong_setting(error: &SettingError) -> Proof {
    let next = format!("`muster config explain itslearning.{}` says what belongs there", error.setting);
    Proof::wrong(Step::Settings, error.to_string(), next)
}

/// What the first call proves about the way there and the account.
fn door(client: &Client, first: &Result<Vec<StatusInfo>, CallError>) -> [Proof; 2] {
    let reached = |how: &str| Proof::ok(Step::Connection, how.to_owned());
    let how = if client.settings.url.trim_start().starts_with("https") {
        "reached, and its certificate is trusted"
    } else {
        "reached, over plain HTTP"
    };
    let Err(error) = first else {
        return [reached(how), Proof::ok(Step::Login, "the user name and the password are right")];
    };
    match &*error.code {
        "FailedAuthentication" | "InvalidSecurity" => [reached(how), Proof::failed(Step::Login, error)],
        code if stumbled(code) || code == "ActionNotSupported" => {
            [reached(how), Proof::ok(Step::Login, "the service let us in")]
        }
        _ => [
            Proof::failed(Step::Connection, error),
            Proof::cannot_tell(Step::Login, "not tried: the service is not reached", ""),
        ],
    }
}

/// Faults and answers with which a service that was given nothing shows that it knows the operation.
fn stumbled(code: &str) -> bool {
    ["InternalServiceFault", "DeserializationFailed", "Client", codes::NO_STATUS, codes::STATUS_COUNT]
        .contains(&code)
}

fn offered_proof(
    step: Step,
    need: Need,
    purpose: &str,
    offered: Result<Vec<StatusInfo>, CallError>,
) -> Proof {
    let missing = |found: &str| match need {
        Need::Required => Proof::wrong(
            step,
            format!("{found}; it is needed {purpose}"),
            "ask itslearning to switch it on for the integration",
        ),
        Need::Useful => Proof::ok(step, format!("{found}; Muster does without it (it is used {purpose})")),
    };
    match offered {
        Ok(statuses) => {
            let is_refused = |status: &StatusInfo| {
                status.ending() == Ending::Unsupported
                    || status.code() == Some(CodeMinor::UnauthorizedRequest)
            };
            if statuses.iter().any(is_refused) {
                return missing("the account may not use it");
            }
            Proof::ok(step, format!("offered, {purpose}"))
        }
        Err(error) if stumbled(&error.code) => Proof::ok(step, format!("offered, {purpose}")),
        Err(error) if ["ActionNotSupported", "http_404"].contains(&&*error.code) => missing("not offered"),
        Err(error) => Proof::failed(step, &error),
    }
}

/// Calls an operation once with an empty request.
async fn try_out(client: &Client, operation: Operation) -> Result<Vec<StatusInfo>, CallError> {
    let message = visit(operation, Empty { client })?;
    let answer = client.post(&message).await?;
    visit(operation, Statuses { answer: &answer, message: &message, settings: &client.settings })
}

/// Writes an empty request.
struct Empty<'a> {
    client: &'a Client,
}

impl Visitor for Empty<'_> {
    type Out = Result<Message, CallError>;

    fn visit<C: Call>(self) -> Self::Out {
        self.client.writer.call(&self.client.settings, &C::default())
    }
}

/// Reads the statuses of an answer.
struct Statuses<'a> {
    answer: &'a RawAnswer,
    message: &'a Message,
    settings: &'a ItslearningSettings,
}

impl Visitor for Statuses<'_> {
    type Out = Result<Vec<StatusInfo>, CallError>;

    fn visit<C: Call>(self) -> Self::Out {
        let reply = self.answer.read::<C>(self.message, self.settings)?;
        Ok(reply.status.statuses().to_vec())
    }
}

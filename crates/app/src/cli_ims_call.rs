//! The command line of `muster ims OPERATION`: one command for each of the 41 operations, all with the same few options.
//!
//! Not here: what is done with them ([`crate::commands::ims_call`]).
//!
//! Invariant: an operation shows and takes only the options that say something about its objects.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand, ValueEnum};
use ims_es::operation::Operation;

/// A call of one operation.
#[derive(Debug)]
pub(crate) struct ImsCall {
    pub(crate) operation: Operation,
    /// Apart, for they are many.
    pub(crate) args: Box<CallArgs>,
}

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The key of the object; several where the operation deletes or reads several
    #[arg(long, value_name = "KEY")]
    pub(crate) id: Vec<String>,
    /// The key that the object shall have
    #[arg(long, value_name = "KEY")]
    pub(crate) new_id: Option<String>,
    /// The key of the group above; the group's own key means the top
    #[arg(long, value_name = "KEY")]
    pub(crate) parent: Option<String>,
    /// Unspecified, School, Course or CourseGroup
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// The title, at most 64 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The description, at most 256 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Make the group a course with this title
    #[arg(long, value_name = "TITLE")]
    pub(crate) course: Option<String>,
    /// The key of the group
    #[arg(long, value_name = "KEY")]
    pub(crate) group: Option<String>,
    /// The key of the person
    #[arg(long, value_name = "KEY")]
    pub(crate) person: Option<String>,
    /// In a group: Learner, Instructor …; of a person: Student, Staff …
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// The given name
    #[arg(long, value_name = "NAME")]
    pub(crate) first: Option<String>,
    /// The family name
    #[arg(long, value_name = "NAME")]
    pub(crate) last: Option<String>,
    /// The address of mail
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// The user name with which the person signs in
    #[arg(long, value_name = "NAME")]
    pub(crate) login: Option<String>,
    /// The key of a child; may be given several times
    #[arg(long, value_name = "KEY")]
    pub(crate) child: Vec<String>,
    /// An extension field, for example LegalId=4711; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) field: Vec<String>,
    /// Which page, from 1
    #[arg(long, value_name = "NUMBER")]
    pub(crate) page: Option<String>,
    /// How many persons a page has, at most 100
    #[arg(long, value_name = "COUNT")]
    pub(crate) page_size: Option<String>,
    /// Many objects: a CSV or JSON file whose columns are called as these options are
    #[arg(long, value_name = "FILE")]
    pub(crate) rows: Option<PathBuf>,
    /// A whole message of your own, as XML; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "rows")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
    /// Print the message and send nothing
    #[arg(long)]
    pub(crate) print: bool,
    /// Also print both messages as they go over the wire, passwords blanked
    #[arg(long)]
    pub(crate) raw: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointArgs {
    /// Where to send it: the service of the configuration
    #[arg(long, value_enum, default_value = "itslearning", conflicts_with_all = ["url", "user"])]
    pub(crate) to: Destination,
    /// Or to this address, for example of a Muster or a test system
    #[arg(long, value_name = "ADDRESS", requires = "user")]
    pub(crate) url: Option<String>,
    /// With this user name
    #[arg(long, value_name = "NAME", requires = "url")]
    pub(crate) user: Option<String>,
    /// And the password in this environment variable
    #[arg(long, value_name = "VARIABLE", requires = "url", conflicts_with = "password_file")]
    pub(crate) password_env: Option<String>,
    /// Or the one in this file, which nobody else may read
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) password_file: Option<PathBuf>,
    /// Certificates (PEM) to trust besides the usual ones
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Allow an address without TLS on another machine; the password then travels readable
    #[arg(long, requires = "url")]
    pub(crate) allow_http: bool,
}

/// A service of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Destination {
    /// The section `[itslearning]`.
    Itslearning,
}

/// The options that say something about an object.
pub(crate) const OBJECT_OPTIONS: [&str; 18] = [
    "id",
    "new_id",
    "parent",
    "type",
    "title",
    "description",
    "course",
    "group",
    "person",
    "role",
    "first",
    "last",
    "email",
    "login",
    "child",
    "field",
    "page",
    "page_size",
];

/// The options that say something about the objects of an operation.
pub(crate) fn options(operation: Operation) -> &'static [&'static str] {
    let name = operation.name();
    if name == "readAllPersons" {
        return &["page", "page_size"];
    }
    if name.ends_with("ForPerson") {
        return &["person"];
    }
    if name.ends_with("ForGroup") {
        return &["group"];
    }
    if name.starts_with("change") {
        return &["id", "new_id"];
    }
    if name.starts_with("delete") || name.starts_with("read") {
        return &["id"];
    }
    if name.contains("Membership") {
        return &["id", "group", "person", "role", "field"];
    }
    if name.contains("Person") {
        return &["id", "first", "last", "email", "login", "role", "child", "field"];
    }
    &["id", "parent", "type", "title", "description", "course", "field"]
}

/// What an operation does, in a line.
fn about(operation: Operation) -> String {
    let name = operation.name();
    let verb = ["change", "create", "update", "replace", "delete", "read"];
    let verb = verb.into_iter().find(|verb| name.starts_with(verb)).unwrap_or_default();
    let object = &name[verb.len()..];
    let what = match object {
        "Group" => "a group",
        "Groups" => "groups",
        "Membership" => "a membership",
        "Memberships" => "memberships",
        "Person" => "a person",
        "Persons" => "persons",
        "AllPersons" => "all persons, page by page",
        "GroupsForPerson" => "the groups of a person",
        "MembershipsForPerson" => "the memberships of a person",
        "MembershipsForGroup" => "the memberships of a group",
        "PersonsForGroup" => "the persons of a group",
        "GroupIdentifier" => "a group",
        "GroupsIdentifier" => "groups",
        "MembershipIdentifier" => "a membership",
        "MembershipsIdentifier" => "memberships",
        "PersonIdentifier" => "a person",
        _ => "persons",
    };
    match verb {
        "create" => format!("Make {what}; what is there is updated"),
        "update" => format!("Change {what}, and only what is given"),
        "replace" => format!("Replace {what}; what is not given is emptied"),
        "delete" => format!("Delete {what}"),
        "change" => format!("Give another key to {what}"),
        _ => format!("Read {what}"),
    }
}

impl Subcommand for ImsCall {
    fn augment_subcommands(mut command: Command) -> Command {
        for operation in Operation::ALL {
            let mut below = CallArgs::augment_args(Command::new(operation.name()).about(about(*operation)));
            for option in OBJECT_OPTIONS {
                if !options(*operation).contains(&option) {
                    let id = if option == "type" { "kind" } else { option };
                    below = below.mut_arg(id, |arg| arg.hide(true));
                }
            }
            command = command.subcommand(below);
        }
        command
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        ImsCall::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Operation::ALL.iter().any(|operation| operation.name() == name)
    }
}

impl FromArgMatches for ImsCall {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ImsCall, Error> {
        let missing = || Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, below) = matches.subcommand().ok_or_else(missing)?;
        let operation = Operation::ALL.iter().find(|operation| operation.name() == name);
        let operation = *operation.ok_or_else(missing)?;
        Ok(ImsCall { operation, args: Box::new(CallArgs::from_arg_matches(below)?) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = ImsCall::from_arg_matches(matches)?;
        Ok(())
    }
}

//! The command line: names and help texts that must not change without a reason (DESIGN section 9).
//!
//! Long because a command line is one table that people read from top to bottom, help texts included.
//!
//! Not here: what the commands do ([`crate::commands`]).

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use store::{OperationState, Timestamp};

use crate::cli_ims_call::ImsCall;
use crate::cli_values;

use crate::commands::explain::EVENTS_SHOWN;

/// Keep teaching groups in step: from the timetable to the learning platform
#[derive(Debug, Parser)]
#[command(name = "muster", version, propagate_version = true)]
pub(crate) struct Cli {
    /// The configuration file
    #[arg(long, global = true, env = "MUSTER_CONFIG", default_value = "muster.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// The profile of the configuration, for example uat or live
    #[arg(long, global = true, env = "MUSTER_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Text for people or JSON for programs
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        hide_possible_values = true,
        value_name = "text|json"
    )]
    pub(crate) format: Format,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How a command answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one document on standard output.
    Json,
}

/// What Muster can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented configuration file to begin with
    Init(InitArgs),
    /// Check the database, the sources and the platform, one line each
    Check(CheckArgs),
    /// Read the sources and keep what they deliver
    Import(ImportArgs),
    /// Say which module fills which course
    #[command(subcommand)]
    Map(MapCommand),
    /// List who gets emails about their courses, and end or begin them
    #[command(subcommand)]
    Owners(OwnersCommand),
    /// Work out and record what would be done, and do nothing
    Plan(PlanArgs),
    /// Work out the plan afresh and carry it out
    Apply(ApplyArgs),
    /// Import, plan and apply: the nightly run
    Run(RunArgs),
    /// Approve, or refuse, operations that wait
    Approve(ApproveArgs),
    /// Leave a source, a school, a module, a course or everything as it is for some time
    Pause(PauseArgs),
    /// End a pause; the first run after it only plans
    Resume(ResumeArgs),
    /// Bring back what is gone from the platform, and forget what will not come back
    Repair(RepairArgs),
    /// Try again what a run did not reach: refused, unknown or not tried
    Retry(RetryArgs),
    /// Leave operations of a run undone until the decision expires or is taken back
    Skip(SkipArgs),
    /// Drop our memory of a course, group or grouping, or erase a person
    #[command(subcommand)]
    Forget(ForgetCommand),
    /// Do the same as `forget course`
    #[command(subcommand, hide = true)]
    Reset(ResetCommand),
    /// Take over what the old tool made, or rebuild our memory from the idnumbers
    Adopt(AdoptArgs),
    /// Take back what a run did, and list what does not come back
    Undo(UndoArgs),
    /// List runs, or show one: what happened, why, and what comes next
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Say in one screen whether all is well
    Status(StatusArgs),
    /// Keep the schedule, raise the silence alarm, answer student systems and monitors
    Serve,
    /// Work for runs that are shared with other machines, until a signal ends it
    Work(WorkArgs),
    /// Say which student systems may push, and to which site
    #[command(subcommand)]
    Account(AccountCommand),
    /// Look at what student systems pushed, or call an operation by hand
    #[command(subcommand)]
    Ims(ImsCommand),
    /// Say why a course, module, group or person is, or is not, as expected
    #[command(subcommand)]
    Explain(ExplainCommand),
    /// Start a Moodle or an itslearning in memory, or rehearse a whole term with --term
    Simulate(SimulateArgs),
    /// Watch the main job at work: a small college, four nights, nothing to install
    Demo(DemoArgs),
    /// Write out what is held about a person
    #[command(subcommand)]
    Export(ExportCommand),
    /// Write a file about a run for somebody who helps: no secrets, no people
    SupportBundle(SupportBundleArgs),
    /// Show the configuration in force, or explain a key
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    /// End when no shared run is under way
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// What to check; everything if left out
    #[arg(value_enum)]
    pub(crate) what: Option<Checked>,
    /// Also look at one group of the platform, by its number
    #[arg(long, value_name = "ID", value_parser = cli_values::group)]
    pub(crate) group: Option<i64>,
    /// Also send one letter to everybody who gets the report
    #[arg(long)]
    pub(crate) send: bool,
}

/// What can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Checked {
    /// The management database.
    Database,
    /// The sources.
    Source,
    /// The mail.
    Mail,
    /// Moodle.
    Moodle,
    /// itslearning.
    Itslearning,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Accept a delivery that was refused, by its number
    #[arg(long, value_name = "DELIVERY", requires = "reason", conflicts_with_all = ["source", "diff"], value_parser = cli_values::delivery)]
    pub(crate) accept: Option<i64>,
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Compare two deliveries, by their numbers
    #[arg(long, num_args = 2, value_names = ["OLDER", "NEWER"], conflicts_with = "source", value_parser = cli_values::delivery)]
    pub(crate) diff: Option<Vec<i64>>,
    /// Where the files with rejected rows are written; beside the database if left out
    #[arg(long, value_name = "DIR")]
    pub(crate) errors: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MapCommand {
    /// List mappings
    List {
        /// Only this course
        #[arg(long, value_name = "ID", value_parser = cli_values::course)]
        course: Option<i64>,
        /// Only this module
        #[arg(long, value_name = "CODE")]
        module: Option<String>,
    },
    /// Let a module fill a course
    Add(MapArgs),
    /// Change a mapping's switches
    Set {
        #[command(flatten)]
        mapping: MapArgs,
        /// Whether the groups are imported
        #[arg(long, value_enum, value_name = "FLAG")]
        group_import: Option<Flag>,
        /// Whether a deactivated mapping is active again, or an active one is frozen
        #[arg(long, value_name = "true|false")]
        active: Option<bool>,
    },
    /// Remove a mapping: its groups go as the policy on_unmap says
    Remove(MapArgs),
    /// Read mappings from a CSV file: moodle_id,modulecode,group_import,mapping_action
    Import {
        /// The file
        file: PathBuf,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Write all mappings as CSV to standard output
    Export,
    /// Keep a person in a group or out of it, whatever the source says
    #[command(subcommand)]
    Except(ExceptCommand),
}

#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    /// The course's number on the platform
    #[arg(value_parser = cli_values::course)]
    pub(crate) course: i64,
    /// The module's code
    pub(crate) module: String,
    /// The source that knows the module; needed only where there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

/// The words of the old table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flag {
    /// ADD.
    Add,
    /// RMV.
    Rmv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExceptCommand {
    /// List exceptions
    List,
    /// Add an exception
    Add(ExceptArgs),
    /// End an exception
    Remove {
        /// Its number, as listed
        #[arg(value_parser = cli_values::exception)]
        number: i64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExceptArgs {
    /// The module's code
    pub(crate) module: String,
    /// The group's id in the source
    pub(crate) group: String,
    /// The person's key
    pub(crate) person: String,
    /// In or out
    #[arg(value_enum)]
    pub(crate) kind: InOrOut,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// For how many days; for ever if left out
    #[arg(long, value_name = "DAYS", value_parser = cli_values::days)]
    pub(crate) days: Option<u32>,
    /// The source that knows the module; needed only where there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
}

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InOrOut {
    /// The person is a member even if the source does not list them.
    Include,
    /// The person is not a member even if the source lists them.
    Exclude,
}

/// Which courses a run looks at.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ScopeArgs {
    /// Only this course; may be repeated
    #[arg(long, value_name = "ID", value_parser = cli_values::course)]
    pub(crate) course: Vec<i64>,
    /// Only the courses of this module; may be repeated
    #[arg(long, value_name = "CODE")]
    pub(crate) module: Vec<String>,
    /// Only the courses of this school of the configuration; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) school: Vec<String>,
    /// Only what concerns this group: its number on the platform, its id, idnumber, name or code
    #[arg(long, value_name = "GROUP", conflicts_with_all = ["course", "module", "school", "person", "all"])]
    pub(crate) group: Option<String>,
    /// Only what concerns this person, by the key that the source uses
    #[arg(long, value_name = "KEY", conflicts_with_all = ["course", "module", "school", "all"])]
    pub(crate) person: Option<String>,
    /// Every course, also those in which nothing changed
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OwnersCommand {
    /// List everybody who was written to, or wants no emails
    List,
    /// Send no more emails to somebody
    Unsubscribe(SubscriptionArgs),
    /// Send emails to somebody again who wanted none
    Subscribe(SubscriptionArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SubscriptionArgs {
    /// The address
    pub(crate) address: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Compare with what the tables of the old integration ask for; every course unless some are named
    #[arg(long, value_name = "URL")]
    pub(crate) compare_legacy: Option<String>,
    /// Show every operation, not only the sums by group
    #[arg(long)]
    pub(crate) details: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Do nothing that was not in the plan of this run
    #[arg(long, value_name = "RUN", value_parser = cli_values::run)]
    pub(crate) plan: Option<i64>,
    /// Accept that the platform calls itself by another address than before
    #[arg(long)]
    pub(crate) new_site: bool,
    /// Show every operation, not only the sums by group
    #[arg(long)]
    pub(crate) details: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Accept that the platform calls itself by another address than before
    #[arg(long)]
    pub(crate) new_site: bool,
    /// Show every operation, not only the sums by group
    #[arg(long)]
    pub(crate) details: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// The run whose operations wait
    #[arg(value_parser = cli_values::run)]
    pub(crate) run: i64,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Only the operations of this course
    #[arg(long, value_name = "ID", value_parser = cli_values::course)]
    pub(crate) course: Option<i64>,
    /// Only this operation, by its number in the run; may be repeated
    #[arg(long, value_name = "NUMBER", value_parser = cli_values::operation)]
    pub(crate) operation: Vec<u32>,
    /// Refuse instead: they are not carried out
    #[arg(long)]
    pub(crate) refuse: bool,
    /// For how many days the approval holds
    #[arg(long, value_name = "DAYS", default_value = "7", value_parser = cli_values::days)]
    pub(crate) days: u32,
}

#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    /// Everything
    #[arg(long, conflicts_with_all = ["source", "school", "module", "course"])]
    pub(crate) all: bool,
    /// Only this source
    #[arg(long, value_name = "NAME", conflicts_with_all = ["school", "module", "course"])]
    pub(crate) source: Option<String>,
    /// Only this school of the configuration
    #[arg(long, value_name = "NAME", conflicts_with_all = ["module", "course"])]
    pub(crate) school: Option<String>,
    /// Only this module
    #[arg(long, value_name = "CODE", conflicts_with = "course")]
    pub(crate) module: Option<String>,
    /// Only this course
    #[arg(long, value_name = "ID", value_parser = cli_values::course)]
    pub(crate) course: Option<i64>,
    /// For how many days
    #[arg(long, value_name = "DAYS", required_unless_present_any = ["list", "until"], value_parser = cli_values::days)]
    pub(crate) days: Option<u32>,
    /// Until this day begins, or until a time of it, instead of --days
    #[arg(long, value_name = "DAY[ TIME]", conflicts_with = "days", value_parser = cli_values::until)]
    pub(crate) until: Option<Timestamp>,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    pub(crate) reason: Option<String>,
    /// List the pauses instead
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Only this pause, by its number in `muster pause --list`; every one if left out
    #[arg(value_parser = cli_values::pause)]
    pub(crate) pause: Option<i64>,
    /// Only the pauses of this school
    #[arg(long, value_name = "NAME", conflicts_with = "pause")]
    pub(crate) school: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct RepairArgs {
    /// Only this course; may be repeated
    #[arg(long, value_name = "ID", conflicts_with = "all", value_parser = cli_values::course)]
    pub(crate) course: Vec<i64>,
    /// Every course, also those of which no run told anything
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// Whether a person is asked first.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConsentArgs {
    /// Do it without asking, for scripts
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// The run; the last one that was not only a plan if left out
    #[arg(long, value_name = "RUN", value_parser = cli_values::run)]
    pub(crate) run: Option<i64>,
    /// Only this course
    #[arg(long, value_name = "ID", value_parser = cli_values::course)]
    pub(crate) course: Option<i64>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SkipArgs {
    /// The run in which the operations were planned
    #[arg(required_unless_present = "list", value_parser = cli_values::run)]
    pub(crate) run: Option<i64>,
    /// The operations, by their numbers in the run
    #[arg(value_name = "NUMBER", required_unless_present = "list", value_parser = cli_values::operation)]
    pub(crate) operations: Vec<u32>,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "undo"])]
    pub(crate) reason: Option<String>,
    /// For how many days the decision counts
    #[arg(long, value_name = "DAYS", default_value = "30", value_parser = cli_values::days)]
    pub(crate) days: u32,
    /// Take the decision back instead
    #[arg(long, conflicts_with = "days")]
    pub(crate) undo: bool,
    /// List what is skipped instead
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ForgetCommand {
    /// Drop everything that is ours in a course
    Course(ForgetCourseArgs),
    /// Drop a group with its memberships, by its number on the platform, its id in the source, its idnumber or its name
    Group {
        /// The group
        group: String,
        /// Only in this course
        #[arg(long, value_name = "ID", value_parser = cli_values::course)]
        course: Option<i64>,
        #[command(flatten)]
        how: ForgetArgs,
    },
    /// Erase a person from all that is kept; what happened stays, under a name that leads nowhere
    Person {
        /// The person's key, as the source uses it
        person: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Drop the grouping of a module; its groups stay in our memory
    Grouping {
        /// The module's code
        module: String,
        /// Only in this course
        #[arg(long, value_name = "ID", value_parser = cli_values::course)]
        course: Option<i64>,
        #[command(flatten)]
        how: ForgetArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ResetCommand {
    /// Drop everything that is ours in a course
    Course(ForgetCourseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ForgetCourseArgs {
    /// The course's number on the platform
    #[arg(value_parser = cli_values::course)]
    pub(crate) course: i64,
    #[command(flatten)]
    pub(crate) how: ForgetArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// Only this course; may be repeated
    #[arg(long, value_name = "ID", conflicts_with = "all", value_parser = cli_values::course)]
    pub(crate) course: Vec<i64>,
    /// Every course that is mapped, as if nothing was said
    #[arg(long)]
    pub(crate) all: bool,
    /// Take over the groups of the integration that Muster replaces, from its management database
    #[arg(long, value_name = "URL")]
    pub(crate) from_legacy: Option<String>,
    /// Bring its mappings (mapped_modules) first
    #[arg(long, requires = "from_legacy")]
    pub(crate) mappings: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The run
    #[arg(value_parser = cli_values::run)]
    pub(crate) run: i64,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List runs, the newest first
    List {
        /// How many
        #[arg(long, value_name = "COUNT", default_value = "20", value_parser = cli_values::count)]
        limit: u32,
    },
    /// Show one run: its story and its operations
    Show {
        /// The run's number
        #[arg(value_parser = cli_values::run)]
        run: i64,
        /// Only this course
        #[arg(long, value_name = "ID", value_parser = cli_values::course)]
        course: Option<i64>,
        /// Only operations of this kind, for example add_member
        #[arg(long, value_name = "KIND", value_parser = cli_values::kind)]
        kind: Option<String>,
        /// Only operations in this state, for example waiting or refused
        #[arg(long, value_name = "STATE", value_parser = cli_values::state)]
        state: Option<OperationState>,
        /// How many operations
        #[arg(long, value_name = "COUNT", default_value = "50", value_parser = cli_values::count)]
        limit: u32,
        /// Show every finding, not only a few examples of each reason
        #[arg(long)]
        findings: bool,
        /// Print the run's full log instead: a line for each operation and each call that failed
        #[arg(long, conflicts_with_all = ["course", "kind", "state", "findings"])]
        log: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Answer in one line as a plug-in of Nagios, with its exit codes 0 OK, 1 WARNING, 2 CRITICAL and 3 UNKNOWN
    #[arg(long)]
    pub(crate) nagios: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExplainCommand {
    /// Explain a course, by its number, idnumber or short name on the platform, or by a module that fills it
    Course {
        /// The course
        course: String,
        /// Ask the platform instead of answering from memory
        #[arg(long)]
        live: bool,
        /// Say why groups that should be gone are still there
        #[arg(long)]
        removal: bool,
        /// How many of the last things that went wrong are shown
        #[arg(long, value_name = "COUNT", default_value_t = EVENTS_SHOWN)]
        last: usize,
    },
    /// Explain the courses that a module fills, by the module's code
    Module {
        /// The module's code
        module: String,
        /// Ask the platform instead of answering from memory
        #[arg(long)]
        live: bool,
    },
    /// Explain a group or grouping, by its number on the platform, its id in the source, its idnumber, name or code
    Group {
        /// The group or grouping
        group: String,
        /// Only in this course
        #[arg(long, value_name = "ID", value_parser = cli_values::course)]
        course: Option<i64>,
        /// Ask the platform instead of answering from memory
        #[arg(long)]
        live: bool,
    },
    /// Explain a person, by the key that the source uses
    Person {
        /// The person's key
        person: String,
        /// Only in this course
        #[arg(long, value_name = "ID", value_parser = cli_values::course)]
        course: Option<i64>,
        /// Ask the platform instead of answering from memory
        #[arg(long)]
        live: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// List the accounts, their limits and when they were used last
    List,
    /// List the sites and what each holds
    Sites,
    /// Let a student system push to a site; a site that is not there yet is made
    Add(AccountAddArgs),
    /// Give an account a second password; both hold until --finish
    Rotate {
        /// The account
        name: String,
        /// Take the older password away instead: the sender uses the newer one
        #[arg(long, conflicts_with = "password_stdin")]
        finish: bool,
        #[command(flatten)]
        password: PasswordArgs,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Change how much an account may ask for
    Limit {
        /// The account
        name: String,
        #[command(flatten)]
        limits: LimitArgs,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Remove an account; what it pushed stays
    Remove {
        /// The account
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        consent: ConsentArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AccountAddArgs {
    /// The user name, as the student system sends it
    pub(crate) name: String,
    /// The site that it pushes to: one space of sync keys with one root
    #[arg(long, value_name = "NAME")]
    pub(crate) site: String,
    /// The sync key of the root of a site that is made
    #[arg(long, value_name = "KEY", default_value = "root")]
    pub(crate) root_key: String,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

/// Where a password comes from.
#[derive(Clone, Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from standard input, for example the one that the student system has already; otherwise one is made and shown once
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// How much an account may ask for.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArgs {
    /// How many calls may be under way at once; 0 for any number
    #[arg(long, value_name = "COUNT", default_value = "10", value_parser = cli_values::maximum)]
    pub(crate) at_once: u32,
    /// How many calls may begin in a minute; 0 for any number
    #[arg(long, value_name = "COUNT", default_value = "0", value_parser = cli_values::maximum)]
    pub(crate) per_minute: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImsCommand {
    /// List messages, the newest first
    Log(ImsLogArgs),
    /// Show one message: what was answered, what was wrong and how to mend it
    Show {
        /// Its number in the log
        #[arg(value_parser = cli_values::message)]
        number: i64,
        /// Also print the message, as far as it is kept
        #[arg(long)]
        body: bool,
    },
    /// Count what each account sent
    Counts {
        /// Over how many days
        #[arg(long, value_name = "DAYS", default_value = "30", value_parser = cli_values::days)]
        days: u32,
    },
    /// Print the hierarchy of a site
    Tree {
        /// The site
        site: String,
        /// Only below this group
        #[arg(long, value_name = "KEY")]
        below: Option<String>,
    },
    /// List the courses of a site whose groups were deleted
    Courses {
        /// The site
        site: String,
    },
    /// Say what is wrong with a message in a file and how to mend it; nothing is sent or changed
    Lint {
        /// The file; - for standard input
        file: PathBuf,
    },
    /// Calls of single operations, by hand.
    #[command(flatten)]
    Call(ImsCall),
}

#[derive(Debug, Args)]
pub(crate) struct ImsLogArgs {
    /// Only from this user name
    #[arg(long, value_name = "NAME")]
    pub(crate) sender: Option<String>,
    /// Only for this site
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// Only this operation, for example createGroups
    #[arg(long, value_name = "NAME")]
    pub(crate) operation: Option<String>,
    /// Only those in which something failed
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only those that hold this text: in the identifier, in an answer, in a note, or in the message if it is kept
    #[arg(long, value_name = "TEXT")]
    pub(crate) find: Option<String>,
    /// Only of the last hours
    #[arg(long, value_name = "COUNT", value_parser = cli_values::count)]
    pub(crate) hours: Option<u32>,
    /// How many
    #[arg(long, value_name = "COUNT", default_value = "50", value_parser = cli_values::count)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Be an itslearning, which answers IMS Enterprise Services, instead of a Moodle
    #[arg(long, conflicts_with_all = ["data", "release", "debugging", "term"])]
    pub(crate) itslearning: bool,
    /// As an itslearning: how many items may be under way before it is busy
    #[arg(long, value_name = "COUNT", default_value = "10", requires = "itslearning", value_parser = cli_values::count)]
    pub(crate) busy_above: u32,
    /// As an itslearning: how long each call takes, in milliseconds
    #[arg(long, value_name = "MS", default_value = "0", requires = "itslearning")]
    pub(crate) latency_ms: u32,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8085")]
    pub(crate) listen: SocketAddr,
    /// A folder written by `cargo xtask data` or `muster demo --keep`; an invented college if left out
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Which Moodle to be
    #[arg(long, value_name = "RELEASE", default_value = "4.5")]
    pub(crate) release: String,
    /// Send debug information with errors, as a test site does
    #[arg(long)]
    pub(crate) debugging: bool,
    /// Let something go wrong, for example lost_after@write:3; may be given several times
    ///
    /// FAULT is lost_before, lost_after, hang_before, hang_after, delay:MS, slow:MS, status_500, status_502, status_504,
    /// garbage, text_before_json, empty, half, fewer_results, deadlock or stale_list. WHEN is call:N or write:N (once, at the Nth),
    /// every:N, or a function of the web service (at each call, or with :N at the Nth). xTIMES behind a number repeats
    /// it: status_500@write:3x2 strikes at the third write and at the fourth.
    ///
    /// As an itslearning, FAULT is lost_before, lost_after, hang_before, hang_after, delay:MS, slow:MS, status_500,
    /// status_503, internal_fault, half_batch, garbage, empty, half, busy, busy_for_half, status_missing, status_extra or
    /// other_message, and WHEN may name an operation such as createGroups.
    #[arg(long = "fault", value_name = "FAULT@WHEN")]
    pub(crate) faults: Vec<String>,
    /// Rehearse the first weeks of a term with this configuration, on copies: what waits, calls, time and mails
    #[arg(long, conflicts_with_all = ["listen", "data", "release", "debugging", "faults"])]
    pub(crate) term: bool,
    /// How many nights are rehearsed
    #[arg(long, value_name = "COUNT", default_value = "21", requires = "term",
          value_parser = clap::value_parser!(u32).range(1..=120))]
    pub(crate) nights: u32,
    /// Another university and another term
    #[arg(long, value_name = "NUMBER", default_value = "1", requires = "term")]
    pub(crate) seed: u64,
    /// How large the university is; as large as what is mapped if left out
    #[arg(long, value_enum, value_name = "SIZE", ignore_case = true, requires = "term")]
    pub(crate) size: Option<Size>,
    /// Mappings written by `muster map export`, instead of today's
    #[arg(long, value_name = "FILE", requires = "term")]
    pub(crate) mappings: Option<PathBuf>,
    /// Leave database, timetable and mails of the rehearsal in this folder
    #[arg(long, value_name = "DIR", requires = "term")]
    pub(crate) keep: Option<PathBuf>,
}

/// How large an invented university is (DESIGN section 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Size {
    /// A college: 900 courses, 2,700 groups, 3,000 people
    S,
    /// A university: 2,700 courses, 13,500 groups, 25,000 people
    M,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Leave database, configuration, data and Moodle in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Leave the built-in Moodle running at the end
    #[arg(long)]
    pub(crate) serve: bool,
    /// Another university
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct SupportBundleArgs {
    /// The run's number
    #[arg(value_parser = cli_values::run)]
    pub(crate) run: i64,
    /// Where to write it; muster-support-RUN.json here if left out
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Write everything that is held about one person, place by place; --format json for a file to hand over
    Person {
        /// The person's key, as the source uses it
        person: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the configuration in force, with defaults and without secrets
    Show,
    /// List every key
    Keys,
    /// Explain one key, for example policy.name_taken
    Explain {
        /// The key
        key: String,
    },
}

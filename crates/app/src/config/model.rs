//! The configuration as the program uses it.
//!
//! Long because it is every section of the configuration, one type after the other.
//!
//! Not here: how it is read.
//!
//! Invariant: every path is complete: relative ones were joined with the folder of the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use encoding_rs::Encoding;
use lettre::message::Mailbox;
use reconcile::delivery::Completeness;
use reconcile::keys::SourceName;
use reconcile::policy::{Limits, Policy};

use store::{Retention, School};

use super::address::DatabaseUrl;
use super::explain::Effective;
use super::mistake::Mistake;
use super::secret::SecretRef;
use crate::mail::Language;
use crate::serve::Schedule;

/// One configuration, a profile laid over it.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The file.
    pub(crate) file: PathBuf,
    /// The folder of the file.
    pub(crate) base_dir: PathBuf,
    /// The profile, if one was chosen.
    pub(crate) profile: Option<String>,
    /// The management database.
    pub(crate) database: DatabaseUrl,
    /// The password of its account, unless the URL holds it.
    pub(crate) database_password: Option<SecretRef>,
    /// How long its transactions wait for another program's.
    pub(crate) database_wait_s: u64,
    /// The sources; at least one.
    pub(crate) sources: BTreeMap<SourceName, SourceConfig>,
    /// The schools, by name.
    pub(crate) schools: Vec<School>,
    /// Where another program writes mappings; `None` where that is our own table.
    pub(crate) mappings: Option<MappingsConfig>,
    /// The Moodle site.
    pub(crate) moodle: Option<MoodleConfig>,
    /// The itslearning that messages are sent to.
    pub(crate) itslearning: Option<ItslearningConfig>,
    /// What happens where people may want different things.
    pub(crate) policy: Policy,
    /// How much may be removed unasked.
    pub(crate) limits: Limits,
    /// Who is told by mail; `None` where nobody is.
    pub(crate) mail: Option<MailConfig>,
    /// Which owners of courses get letters; `None` where nobody does.
    pub(crate) owners: Option<OwnersConfig>,
    /// After how many hours without a good run the alarm is raised; 0 for never.
    pub(crate) silence_hours: u64,
    /// When runs begin by themselves; `None` where something else starts them.
    pub(crate) schedule: Option<Schedule>,
    /// How long what runs leave behind is kept.
    pub(crate) retention: Retention,
    /// How many accepted deliveries of each source keep their rows.
    pub(crate) deliveries_kept: usize,
    /// Where `muster serve` answers, and how.
    pub(crate) serve: ServeConfig,
    /// Whether runs are shared with other machines.
    pub(crate) workers: WorkersConfig,
    /// How student systems that push are answered.
    pub(crate) imses: ImsConfig,
    /// What is logged, and where.
    pub(crate) log: LogConfig,
    /// What is allowed and yet not good.
    pub(crate) warnings: Vec<Mistake>,
    /// Every key with the value that holds, for `muster config show`.
    pub(crate) effective: Vec<Effective>,
}

/// Where `muster serve` answers, and how.
#[derive(Clone, Debug)]
pub(crate) struct ServeConfig {
    /// The address.
    pub(crate) listen: SocketAddr,
    /// The certificate and its key; none for plain HTTP.
    pub(crate) tls: Option<TlsFiles>,
    /// Whether passwords may come over plain HTTP from another machine.
    pub(crate) allow_http: bool,
    /// Whether this service takes part in shared runs.
    pub(crate) work: bool,
}

/// Runs that many machines share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkersConfig {
    /// Whether a run is shared with other machines.
    pub(crate) share: bool,
    /// How long a worker may be silent, in seconds.
    pub(crate) lease_s: u32,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The file of the certificate and those above it.
    pub(crate) certificate: PathBuf,
    /// The file of the key.
    pub(crate) key: PathBuf,
}

/// How student systems that push are answered.
#[derive(Clone, Debug)]
pub(crate) struct ImsConfig {
    /// How much a message may ask of its reader.
    pub(crate) limits: ims_es::limits::Limits,
    /// What the rules of the messages leave open.
    pub(crate) policy: ims_es::policy::Policy,
    /// How many objects an answer may hold.
    pub(crate) answer_objects_max: usize,
    /// Whether answers carry a security header.
    pub(crate) response_security: bool,
    /// Whether the description over HTTPS states its policy.
    pub(crate) wsdl_policy: bool,
    /// The address under which others reach this server, without a slash at the end.
    pub(crate) public_url: Option<String>,
    /// By how much the clocks of senders may differ, in seconds.
    pub(crate) clock_skew_s: u64,
    /// For how many seconds a repeated message gets the same answer.
    pub(crate) repeat_s: i64,
    /// The text of which messages is kept.
    pub(crate) keep_bodies: KeepBodies,
    /// For how many days these texts are kept.
    pub(crate) bodies_days: u64,
    /// For how many days the log is kept.
    pub(crate) log_days: u64,
}

/// The text of which messages is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepBodies {
    /// Of none.
    Never,
    /// Of those in which something failed.
    Failed,
    /// Of all.
    All,
}

/// What is logged, and where.
#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    /// How much, in the words of `tracing`: a level, or levels by part.
    pub(crate) level: String,
    /// The form of a line.
    pub(crate) format: LogFormat,
    /// The folder of the log files; none for standard error alone.
    pub(crate) folder: Option<PathBuf>,
    /// How many days of log files are kept.
    pub(crate) days_kept: usize,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A source.
#[derive(Clone, Debug)]
pub(crate) struct SourceConfig {
    /// Where the rows are.
    pub(crate) place: SourcePlace,
    /// When a delivery is believed.
    pub(crate) completeness: Completeness,
    /// The terms that are read; none for all.
    pub(crate) terms: Option<BTreeSet<String>>,
    /// Whether people's keys are taken as they are written.
    pub(crate) people: PeopleKeys,
}

/// Whether people's keys are taken as they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PeopleKeys {
    /// As they are written: ID numbers.
    #[default]
    AsWritten,
    /// In lower case: usernames and addresses, in which letter case does not count.
    LowerCase,
}

/// Where the rows of a source are.
#[derive(Clone, Debug)]
pub(crate) enum SourcePlace {
    /// In files.
    Csv(CsvPlace),
    /// In a database that this program speaks to by itself.
    Sql(SqlPlace),
    /// In a database that a driver speaks to.
    Odbc(OdbcPlace),
    /// In our own database, where student systems push them.
    Pushed(PushedPlace),
}

/// A site to which student systems push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushedPlace {
    /// Its name.
    pub(crate) site: String,
    /// What the code of a module is.
    pub(crate) module: ModuleKey,
    /// What the key of a person is.
    pub(crate) person: PersonIs,
    /// Whether what is pushed is carried out at once by `muster serve`.
    pub(crate) live: bool,
}

/// What the code of a module is, where courses are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModuleKey {
    /// The sync key of the course.
    SyncKey,
    /// The code of the course.
    Code,
}

/// What the key of a person is, where people are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonIs {
    /// The sync key.
    SyncKey,
    /// The name for signing in.
    UserId,
    /// The address of mail.
    Email,
}

impl SourceConfig {
    /// The site to which the source is pushed, where it is.
    pub(crate) fn pushed(&self) -> Option<&PushedPlace> {
        match &self.place {
            SourcePlace::Pushed(place) => Some(place),
            SourcePlace::Csv(_) | SourcePlace::Sql(_) | SourcePlace::Odbc(_) => None,
        }
    }
}

/// CSV files.
#[derive(Clone, Debug)]
pub(crate) struct CsvPlace {
    /// The file of groups.
    pub(crate) groups: PathBuf,
    /// The file of members.
    pub(crate) members: PathBuf,
    /// The file of modules.
    pub(crate) modules: Option<PathBuf>,
    /// The encoding of all of them.
    pub(crate) encoding: &'static Encoding,
}

/// A database.
#[derive(Clone, Debug)]
pub(crate) struct SqlPlace {
    /// The database.
    pub(crate) url: DatabaseUrl,
    /// The password, unless the URL holds it.
    pub(crate) password: Option<SecretRef>,
    /// What is asked.
    pub(crate) queries: Queries,
}

/// A database behind an ODBC driver.
#[cfg_attr(
    not(any(feature = "odbc", test)),
    expect(dead_code, reason = "a program without ODBC checks these keys as well, and reads them nowhere")
)]
#[derive(Clone, Debug)]
pub(crate) struct OdbcPlace {
    /// Which database.
    pub(crate) origin: OdbcOrigin,
    /// More attributes for the driver, as `NAME=value;NAME=value`.
    pub(crate) options: Option<String>,
    /// The account, where one is needed.
    pub(crate) login: Option<String>,
    /// Its password, where one is needed.
    pub(crate) password: Option<SecretRef>,
    /// The schema of tables that are named without one.
    pub(crate) schema: Option<String>,
    /// The encoding of the text that the driver hands over.
    pub(crate) encoding: &'static Encoding,
    /// How many rows are fetched at once, at most.
    pub(crate) prefetch_rows: usize,
    /// What is asked.
    pub(crate) queries: Queries,
}

/// How an ODBC database is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OdbcOrigin {
    /// By its name in odbc.ini.
    Datasource(String),
    /// By a driver, and the place of the database where the driver needs one.
    Driver {
        /// The name in odbcinst.ini, or the path of the driver's file.
        driver: String,
        /// `host`, `host:port`, or what Oracle calls a connect identifier.
        host: Option<String>,
    },
}

impl fmt::Display for OdbcOrigin {
    /// Names the database in messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OdbcOrigin::Datasource(name) => write!(f, "the data source {name}"),
            OdbcOrigin::Driver { driver, host: Some(host) } => write!(f, "{host} with the driver {driver}"),
            OdbcOrigin::Driver { driver, host: None } => write!(f, "the driver {driver}"),
        }
    }
}

/// The queries of a database.
#[derive(Clone, Debug)]
pub(crate) struct Queries {
    /// The query of groups.
    pub(crate) groups: String,
    /// The query of members.
    pub(crate) members: String,
    /// The query of modules.
    pub(crate) modules: Option<String>,
}

/// Where another program writes mappings.
#[derive(Clone, Debug)]
pub(crate) struct MappingsConfig {
    /// The database.
    pub(crate) url: DatabaseUrl,
    /// The password, unless the URL holds it.
    pub(crate) password: Option<SecretRef>,
    /// The query.
    pub(crate) query: String,
}

/// A Moodle site.
#[derive(Clone, Debug)]
pub(crate) struct MoodleConfig {
    /// The address, without a slash at the end.
    pub(crate) url: String,
    /// The token of the web service account.
    pub(crate) token: SecretRef,
    /// The field that holds the source's key of a person.
    pub(crate) person_key: PersonKeyField,
    /// Certificates to trust besides the usual ones.
    pub(crate) ca_file: Option<PathBuf>,
    /// How long a call may take, in seconds.
    pub(crate) timeout_s: u64,
    /// How many calls may be under way at once.
    pub(crate) concurrency_max: u64,
    /// How many items a call may carry.
    pub(crate) items_max: u64,
    /// How long to wait after a call without an answer, in milliseconds.
    pub(crate) settle_wait_ms: u64,
    /// The first wait before a failed call is made again, in milliseconds.
    pub(crate) retry_wait_ms: u64,
    /// Whether plain HTTP to another machine is allowed.
    pub(crate) allow_http: bool,
    /// Which courses are read.
    pub(crate) observe: Observe,
    /// How many unchanged courses are read in each run, in percent.
    pub(crate) sample_percent: u64,
    /// How many courses in which people are only waited for are read in each run.
    pub(crate) pending_courses_max: u64,
}

/// An itslearning.
#[derive(Clone, Debug)]
pub(crate) struct ItslearningConfig {
    /// The address.
    pub(crate) url: String,
    /// The user name of the integration.
    pub(crate) username: String,
    /// Where its password is.
    pub(crate) password: SecretRef,
    /// Certificates to trust besides the usual ones.
    pub(crate) ca_file: Option<PathBuf>,
    /// Whether plain HTTP to another machine is allowed.
    pub(crate) allow_http: bool,
    /// How long a call may take, in seconds.
    pub(crate) timeout_s: u64,
    /// How long an answer may be, in bytes.
    pub(crate) answer_bytes_max: u64,
    /// How many items a call may carry.
    pub(crate) batch_max: u64,
    /// How many items may be under way at once.
    pub(crate) in_flight_max: u64,
    /// The first wait before a failed call is made again, in milliseconds.
    pub(crate) retry_wait_ms: u64,
}

/// A field of a Moodle user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonKeyField {
    /// The ID number.
    Idnumber,
    /// The login name.
    Username,
    /// The address.
    Email,
}

/// Which courses are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observe {
    /// Those where something changed, and a sample.
    Changed,
    /// All.
    All,
}

/// Who is told by mail, and of what.
#[derive(Clone, Debug)]
pub(crate) struct MailConfig {
    /// The people; at least one.
    pub(crate) to: Vec<Mailbox>,
    /// The sender.
    pub(crate) from: Mailbox,
    /// After which runs.
    pub(crate) when: MailWhen,
    /// Whether a few lines are sent when all is well.
    pub(crate) digest: bool,
    /// The server that takes the mail.
    pub(crate) server: MailServer,
}

/// After which runs a mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailWhen {
    /// After those that need a person.
    Attention,
    /// After all.
    Always,
    /// After none.
    Never,
}

/// Letters to owners of courses.
#[derive(Clone, Debug)]
pub(crate) struct OwnersConfig {
    /// Who answers for a course.
    pub(crate) who: Answerable,
    /// The short names of roles whose holders do.
    pub(crate) roles: Vec<String>,
    /// In how many days an owner gets at most one letter.
    pub(crate) every_days: u64,
    /// The language where the platform tells none that is spoken here.
    pub(crate) language: Language,
    /// Who gets the answers.
    pub(crate) reply_to: Mailbox,
}

/// Who answers for a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answerable {
    /// The owners of its mappings.
    Mapping,
    /// The people with certain roles in it.
    Roles,
    /// The owners of its mappings, or the people with certain roles where there is no such owner.
    MappingOrRoles,
}

/// A mail server.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    /// Its name or address.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// How the way there is encrypted.
    pub(crate) tls: MailTls,
    /// The login, where the server wants one.
    pub(crate) login: Option<MailLogin>,
    /// Certificates to trust besides the usual ones.
    pub(crate) ca_file: Option<PathBuf>,
    /// How long one step of the conversation may take.
    pub(crate) timeout: Duration,
}

/// How the way to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailTls {
    /// After a greeting (RFC 3207).
    Starttls,
    /// From the first byte (RFC 8314).
    Tls,
    /// Not at all; only to this machine.
    None,
}

/// An account of a mail server.
#[derive(Clone, Debug)]
pub(crate) struct MailLogin {
    /// The account.
    pub(crate) user: String,
    /// Where its password is.
    pub(crate) password: SecretRef,
}

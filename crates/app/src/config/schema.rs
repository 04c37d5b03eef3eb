//! Every key of the configuration in one table: its path, type, default and explanation.
//!
//! Long because it is one table of every key with its sentence.
//!
//! Not here: reading a file (`document.rs`, `check.rs`) and what the keys mean to the program (`build.rs`).
//!
//! Invariant: a key that is not in [`KEYS`] is a mistake; `muster config explain`, `config keys`, `config show`,
//! `muster init` and docs/configuration.md are made from this table alone.
//! Invariant: the defaults of `[policy]`, `[limits]` and of completeness equal those of the crate `reconcile`
//! (a test compares them).

/// A section of the file, in the order in which it is shown.
#[derive(Debug)]
pub(crate) struct Section {
    /// The path; `*` stands for a name that people choose.
    pub(crate) path: &'static str,
    /// One sentence.
    pub(crate) about: &'static str,
}

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    /// The path, section included; `*` stands for a name that people choose.
    pub(crate) path: &'static str,
    /// What a value looks like.
    pub(crate) kind: Kind,
    /// What holds when the key is not there.
    pub(crate) default: Default,
    /// The kinds of source that have this key; none when all have it.
    pub(crate) only_for: &'static [&'static str],
    /// One or two sentences.
    pub(crate) about: &'static str,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Any text that is not empty.
    Text,
    /// The path of a file, relative to the folder of the configuration.
    File,
    /// The URL of a database.
    DatabaseUrl,
    /// The address of a web site.
    WebUrl,
    /// The name of a character encoding.
    Encoding,
    /// One of some words.
    Words {
        /// The words.
        known: &'static [&'static str],
    },
    /// A whole number.
    Number {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// `true` or `false`.
    Flag,
    /// A list of texts.
    List,
    /// A list of whole numbers from 1 on.
    Numbers,
    /// A reference to a secret.
    Secret,
    /// A text with placeholders in braces.
    Template {
        /// The placeholders that may be used.
        known: &'static [&'static str],
        /// Of these one must be used, or every name would be the same.
        needed: &'static [&'static str],
    },
    /// Five fields of cron.
    Schedule,
}

/// What holds when a key is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    /// The section cannot do without it.
    Required,
    /// Nothing; the explanation says what that means.
    Nothing,
    /// A text or word.
    Text(&'static str),
    /// A number.
    Number(i64),
    /// A flag.
    Flag(bool),
    /// A list.
    List(&'static [&'static str]),
}

impl Key {
    /// Tells whether a source of this kind has the key, or whether it is no key of a source.
    pub(crate) fn belongs_to(&self, kind: Option<&str>) -> bool {
        self.only_for.is_empty() || kind.is_some_and(|kind| self.only_for.contains(&kind))
    }

    /// The section of the key; empty for the top of the file.
    pub(crate) fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The key without its section.
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }
}

/// Finds the key of a path such as `source.cmis.groups`.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| matches(key.path, path))
}

/// The names that may stand directly below a section: keys and sections.
pub(crate) fn names_below(section: &str) -> Vec<&'static str> {
    let paths = KEYS.iter().map(|key| key.path).chain(SECTIONS.iter().map(|section| section.path));
    let depth = if section.is_empty() { 0 } else { section.split('.').count() };
    let mut names: Vec<&str> = Vec::new();
    for path in paths {
        let parts: Vec<&'static str> = path.split('.').collect();
        let Some(name) = parts.get(depth) else { continue };
        let head = parts[..depth].join(".");
        if matches(&head, section) && !name.is_empty() && !names.contains(name) {
            names.push(name);
        }
    }
    names
}

/// Compares a path of the table with a path of a file, part by part.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('.'), path.split('.'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(found)) if expected == "*" || expected == found => {}
            _ => return false,
        }
    }
}

const fn key(path: &'static str, kind: Kind, default: Default, about: &'static str) -> Key {
    Key { path, kind, default, only_for: &[], about }
}

const fn only_for(source_kinds: &'static [&'static str], key: Key) -> Key {
    Key { only_for: source_kinds, ..key }
}

const fn words(known: &'static [&'static str]) -> Kind {
    Kind::Words { known }
}

const CSV_OR_ODBC: &[&str] = &["csv", "odbc"];
const DATABASES: &[&str] = &["sql", "odbc"];
const ODBC: &[&str] = &["odbc"];
const IMSES: &[&str] = &["imses"];
const fn flag(path: &'static str, default: bool, about: &'static str) -> Key {
    key(path, Kind::Flag, Default::Flag(default), about)
}

const PERCENT: Kind = Kind::Number { min: 0, max: 100 };
const COUNT: Kind = Kind::Number { min: 0, max: 1_000_000_000 };
const KEPT_DAYS: Kind = Kind::Number { min: 0, max: 36_600 };
const DAYS: Kind = Kind::Number { min: 0, max: 366 };

/// The sections.
pub(crate) const SECTIONS: &[Section] = &[
    Section { path: "", about: "The top of the file." },
    Section {
        path: "source.*",
        about: "A place that groups come from. The name after the dot is yours, for example `[source.cmis]`; it is part of what Muster writes into Moodle, so do not change it later.",
    },
    Section {
        path: "source.*.queries",
        about: "The queries of a source of kind `sql` or `odbc`. Each answers with the columns of the CSV file of the same name, in any order.",
    },
    Section {
        path: "mappings",
        about: "Where the mappings are written by another program, such as a block in Moodle. They are read with each import and kept in our own table, and each change is in the audit log. Without this section `mapped_modules` in the management database is the place where people and programs write.",
    },
    Section {
        path: "school.*",
        about: "A school, faculty or department: modules and courses that are planned or paused together, with `--school NAME`. The name after the dot is yours, for example `[school.anthropology]`. A pause keeps what the school covered when it began.",
    },
    Section {
        path: "moodle",
        about: "The Moodle site that is filled. Without this section Muster imports and shows, and applies nothing.",
    },
    Section {
        path: "itslearning",
        about: "The itslearning, or another service that speaks IMS Enterprise Services, that messages are sent to (docs/itslearning.md).",
    },
    Section { path: "policy", about: "What happens in the cases where people may want different things." },
    Section {
        path: "limits",
        about: "How much may be removed without a person's approval, for each course, source and run. A share is asked only above the small number beside it; the count is asked always.",
    },
    Section { path: "report.mail", about: "Who is told by mail, and of what (docs/mail.md)." },
    Section { path: "report.mail.smtp", about: "The server that takes the mail." },
    Section {
        path: "report.owners",
        about: "Letters to the people who answer for a course, each with only their own courses (docs/mail.md). They go through the server of [report.mail].",
    },
    Section { path: "schedule", about: "When `muster serve` runs by itself (docs/running.md)." },
    Section {
        path: "serve",
        about: "Where `muster serve` answers: how it is, and student systems that push (docs/ims-es.md).",
    },
    Section { path: "workers", about: "Runs that many machines share (docs/scale.md)." },
    Section {
        path: "imses",
        about: "Student systems that push by IMS Enterprise Services (docs/ims-es.md); `muster account` lets them in.",
    },
    Section {
        path: "retention",
        about: "How long what runs leave behind is kept. `muster run` deletes what is older (docs/data-protection.md).",
    },
    Section {
        path: "log",
        about: "What is written down while Muster works, besides what a command answers.",
    },
];

/// The keys.
pub(crate) const KEYS: &[Key] = &[
    key(
        "database",
        Kind::DatabaseUrl,
        Default::Text("sqlite:muster.db"),
        "Where Muster keeps what it knows: `sqlite:FILE`, `mysql://USER@HOST/DATABASE` or `postgres://USER@HOST/DATABASE` ([databases.md](databases.md)). A relative SQLite file is below the folder of this file.",
    ),
    key(
        "database_password",
        Kind::Secret,
        Default::Nothing,
        "The password of the account, where the database is on a server.",
    ),
    key(
        "database_wait_s",
        Kind::Number { min: 1, max: 3_600 },
        Default::Number(120),
        "How long to wait for rows that another program holds, and for a server that is started again, in seconds.",
    ),
    // Sources.
    key(
        "source.*.kind",
        words(&["csv", "sql", "odbc", "imses"]),
        Default::Required,
        "How the source is read: files with `csv`, a database with `sql` (SQLite, MariaDB/MySQL, PostgreSQL) or, through a driver of its maker, with `odbc` (Oracle, SQL Server and others; docs/oracle.md); what a student system pushed with `imses` (docs/ims-es.md).",
    ),
    only_for(
        &["csv"],
        key(
            "source.*.groups",
            Kind::File,
            Default::Required,
            "The file of groups: group_id, group_code, group_name, module_code, kind, term, in any order.",
        ),
    ),
    only_for(
        &["csv"],
        key(
            "source.*.members",
            Kind::File,
            Default::Required,
            "The file of members: group_id, person_id, role (student or tutor), in any order.",
        ),
    ),
    only_for(
        &["csv"],
        key(
            "source.*.modules",
            Kind::File,
            Default::Nothing,
            "The file of modules: module_code. It tells a module that has no groups from one that is missing.",
        ),
    ),
    only_for(
        CSV_OR_ODBC,
        key(
            "source.*.encoding",
            Kind::Encoding,
            Default::Text("utf-8"),
            "The encoding of the files, or of the text that the ODBC driver hands over, for example `utf-8` or `windows-1252`. A field that is written in another one is rejected, never guessed.",
        ),
    ),
    only_for(
        &["sql"],
        key(
            "source.*.url",
            Kind::DatabaseUrl,
            Default::Required,
            "The database: `sqlite:`, `mysql://` or `postgres://`. Leave the password out and use the key `password`.",
        ),
    ),
    only_for(
        ODBC,
        key(
            "source.*.datasource",
            Kind::Text,
            Default::Nothing,
            "The name of a data source in odbc.ini. Either this or `driver` is needed.",
        ),
    ),
    only_for(
        ODBC,
        key(
            "source.*.driver",
            Kind::Text,
            Default::Nothing,
            "The driver: its name in odbcinst.ini, or the path of its file.",
        ),
    ),
    only_for(
        ODBC,
        key(
            "source.*.host",
            Kind::Text,
            Default::Nothing,
            "Where the database is, together with `driver`: for Oracle `//host:1521/service` or a name of tnsnames.ora, otherwise `host` or `host:port`.",
        ),
    ),
    only_for(
        ODBC,
        key(
            "source.*.options",
            Kind::Text,
            Default::Nothing,
            "More attributes for the driver, for example `DATABASE=sits;SSLMODE=require`. No password: use the key `password`.",
        ),
    ),
    only_for(ODBC, key("source.*.login", Kind::Text, Default::Nothing, "The database account.")),
    only_for(
        ODBC,
        key(
            "source.*.schema",
            Kind::Text,
            Default::Nothing,
            "The schema in which the queries look for tables that they name without one (Oracle, PostgreSQL, MariaDB/MySQL).",
        ),
    ),
    only_for(
        ODBC,
        key(
            "source.*.prefetch",
            Kind::Number { min: 1, max: 100_000 },
            Default::Number(1_000),
            "How many rows are fetched at once; fewer where rows are wide, so that a block stays below 16 MB.",
        ),
    ),
    only_for(
        DATABASES,
        key("source.*.password", Kind::Secret, Default::Nothing, "The password of the database account."),
    ),
    only_for(
        DATABASES,
        key(
            "source.*.queries.groups",
            Kind::Text,
            Default::Required,
            "Answers with group_id, group_code, group_name, module_code, kind, term.",
        ),
    ),
    only_for(
        DATABASES,
        key(
            "source.*.queries.members",
            Kind::Text,
            Default::Required,
            "Answers with group_id, person_id, role (student or tutor).",
        ),
    ),
    only_for(
        DATABASES,
        key(
            "source.*.queries.modules",
            Kind::Text,
            Default::Nothing,
            "Answers with module_code. It tells a module that has no groups from one that is missing.",
        ),
    ),
    only_for(
        IMSES,
        key(
            "source.*.site",
            Kind::Text,
            Default::Required,
            "The site to which the student system pushes; `muster account sites` lists them.",
        ),
    ),
    only_for(
        IMSES,
        key(
            "source.*.module",
            words(&["key", "code"]),
            Default::Text("key"),
            "What a mapping calls a module: the sync key of the course, or its code (`course/code`). With `key` the mappings follow when the student system changes the key.",
        ),
    ),
    only_for(
        IMSES,
        key(
            "source.*.person",
            words(&["key", "userid", "email"]),
            Default::Text("key"),
            "What is compared with `person_key` in [moodle]: the sync key of the person, the name for signing in (`userIdValue`) or the address of mail.",
        ),
    ),
    only_for(
        IMSES,
        flag(
            "source.*.live",
            false,
            "Carry out what is pushed within a minute, in the courses that it touches, while `muster serve` runs. The run of the schedule looks at everything all the same.",
        ),
    ),
    key(
        "source.*.terms",
        Kind::List,
        Default::Nothing,
        "The terms that are read, for example `[\"2026-T1\"]`; other groups, and groups without a term, are left out. Without this key all terms are read.",
    ),
    key(
        "source.*.groups_min",
        COUNT,
        Default::Number(1),
        "Fewest groups that a delivery must have to be believed; an empty one never is.",
    ),
    key(
        "source.*.shrink_percent_max",
        PERCENT,
        Default::Number(20),
        "Largest share of groups, student memberships or tutor memberships that may be missing against the delivery accepted last.",
    ),
    key(
        "source.*.rejected_percent_max",
        PERCENT,
        Default::Number(10),
        "Largest share of rows that may be rejected.",
    ),
    // Mappings of another program.
    key(
        "mappings.url",
        Kind::DatabaseUrl,
        Default::Required,
        "The database: `sqlite:`, `mysql://` or `postgres://`. Leave the password out and use the key `password`.",
    ),
    key("mappings.password", Kind::Secret, Default::Nothing, "The password of the database account."),
    key(
        "mappings.query",
        Kind::Text,
        Default::Text(store::OLD_MAPPINGS_QUERY),
        "Answers with moodle_id, modulecode, group_import and mapping_action (ADD, RMV or nothing); also owner and reason, if you like.",
    ),
    // Moodle.
    key("moodle.url", Kind::WebUrl, Default::Required, "The address of the site, as in the browser."),
    key("moodle.token", Kind::Secret, Default::Required, "The token of the web service account."),
    key(
        "moodle.person_key",
        words(&["idnumber", "username", "email"]),
        Default::Text("idnumber"),
        "The field of a Moodle user that holds the person_id of the source.",
    ),
    key(
        "moodle.ca_file",
        Kind::File,
        Default::Nothing,
        "A file of certificates (PEM) to trust besides the usual ones.",
    ),
    key(
        "moodle.allow_http",
        Kind::Flag,
        Default::Flag(false),
        "Allows an address without TLS on another machine; the token then travels readable.",
    ),
    key(
        "moodle.timeout_s",
        Kind::Number { min: 1, max: 3_600 },
        Default::Number(60),
        "How long one call may take, in seconds.",
    ),
    key(
        "moodle.concurrency_max",
        Kind::Number { min: 1, max: 64 },
        Default::Number(4),
        "How many calls may be under way at once; fewer are made when the site slows down.",
    ),
    key(
        "moodle.items_max",
        Kind::Number { min: 1, max: 1_000 },
        Default::Number(100),
        "How many groups or members one call may carry; the site's `max_input_vars` bounds it as well.",
    ),
    key(
        "moodle.settle_wait_ms",
        Kind::Number { min: 0, max: 600_000 },
        Default::Number(5_000),
        "How long to wait after a call without an answer before looking what became of it, in milliseconds.",
    ),
    key(
        "moodle.retry_wait_ms",
        Kind::Number { min: 1, max: 60_000 },
        Default::Number(1_000),
        "How long to wait before a call that failed for a passing reason is made again, in milliseconds; each further wait is twice as long.",
    ),
    key(
        "moodle.observe",
        words(&["changed", "all"]),
        Default::Text("changed"),
        "Which courses are read: those where something changed and a rotating sample, or all.",
    ),
    key(
        "moodle.sample_percent",
        PERCENT,
        Default::Number(5),
        "How many of the unchanged courses are read in each run to find drift.",
    ),
    key(
        "moodle.pending_courses_max",
        COUNT,
        Default::Number(600),
        "How many of the courses in which nothing changed but people are waited for are read in each run, the one not read for longest first. A membership completes in the first run that sees the enrolment, and each course costs a call.",
    ),
    // itslearning.
    key(
        "itslearning.url",
        Kind::WebUrl,
        Default::Required,
        "The address that the integration in itslearning shows: of the combined service (`…/ImsEnterpriseServicesPort.svc`), of one of the services (the others stand beside it), or of the folder they are in.",
    ),
    key("itslearning.username", Kind::Text, Default::Required, "The user name of the integration."),
    key("itslearning.password", Kind::Secret, Default::Required, "Its password."),
    key(
        "itslearning.ca_file",
        Kind::File,
        Default::Nothing,
        "A file of certificates (PEM) to trust besides the usual ones.",
    ),
    key(
        "itslearning.allow_http",
        Kind::Flag,
        Default::Flag(false),
        "Allows an address without TLS on another machine; the password then travels readable.",
    ),
    key(
        "itslearning.timeout_s",
        Kind::Number { min: 1, max: 3_600 },
        Default::Number(120),
        "How long one call may take, in seconds.",
    ),
    key(
        "itslearning.answer_bytes_max",
        Kind::Number { min: 65_536, max: 268_435_456 },
        Default::Number(16_777_216),
        "How long an answer may be, in bytes.",
    ),
    key(
        "itslearning.batch_max",
        Kind::Number { min: 1, max: 1_000 },
        Default::Number(50),
        "How many items one call may carry. itslearning discourages more than 50.",
    ),
    key(
        "itslearning.in_flight_max",
        Kind::Number { min: 1, max: 1_000 },
        Default::Number(9),
        "How many items may be under way at once, over all calls. itslearning asks for fewer than ten; a call that alone carries more goes alone.",
    ),
    key(
        "itslearning.retry_wait_ms",
        Kind::Number { min: 1, max: 60_000 },
        Default::Number(1_000),
        "How long to wait before a call that failed for a passing reason, or found the service busy, is made again, in milliseconds; each further wait is twice as long.",
    ),
    // Policy.
    key(
        "policy.group_name",
        Kind::Template { known: &["group", "code", "module", "kind", "term"], needed: &["group", "code"] },
        Default::Text("{group}"),
        "The name of a group. `{group}` is its name, or its code where it has none.",
    ),
    key(
        "policy.grouping_name",
        Kind::Template { known: &["module"], needed: &["module"] },
        Default::Text("{module}"),
        "The name of the grouping of a module.",
    ),
    key(
        "policy.archived_name",
        Kind::Template { known: &["name"], needed: &["name"] },
        Default::Text("{name} (archived)"),
        "The name of an archived group; `{name}` is the name it had.",
    ),
    key(
        "policy.tutors_name",
        Kind::Template { known: &["name"], needed: &["name"] },
        Default::Text("{name} tutors"),
        "The name of the tutors' own group; `{name}` is the name of the group.",
    ),
    key(
        "policy.kinds_excluded",
        Kind::List,
        Default::List(&["class"]),
        "Kinds of groups that are left out, for example the classes of a whole programme.",
    ),
    key(
        "policy.same_code",
        words(&["qualify", "merge"]),
        Default::Text("qualify"),
        "Two modules with the same group code in one course: the names carry the module, or they become one group.",
    ),
    key(
        "policy.name_taken",
        words(&["hold", "adopt", "qualify"]),
        Default::Text("hold"),
        "A local group has the name already: wait for a person, make it ours, or let the new name carry the module.",
    ),
    key(
        "policy.not_enrolled",
        words(&["wait", "enrol"]),
        Default::Text("wait"),
        "A person is not enrolled in the course: wait until they are, or enrol them.",
    ),
    key(
        "policy.enrol_student_role",
        Kind::Number { min: 1, max: 1_000_000 },
        Default::Number(5),
        "The number of the Moodle role that `not_enrolled = \"enrol\"` gives to students.",
    ),
    key(
        "policy.enrol_tutor_role",
        Kind::Number { min: 1, max: 1_000_000 },
        Default::Number(4),
        "The number of the Moodle role that `not_enrolled = \"enrol\"` gives to tutors.",
    ),
    key(
        "policy.on_unmap",
        words(&["delete", "keep", "empty", "archive"]),
        Default::Text("delete"),
        "The groups of a mapping that a person removed: delete them, keep them, take our members out, or rename them and take them out of the grouping.",
    ),
    key(
        "policy.deleted_there",
        words(&["recreate", "respect"]),
        Default::Text("recreate"),
        "Somebody deleted one of our groups in Moodle: create it again, or respect that.",
    ),
    key(
        "policy.removed_there",
        words(&["restore", "respect"]),
        Default::Text("restore"),
        "Somebody took one of our members out in Moodle: add them again, or respect that.",
    ),
    key(
        "policy.renamed_there",
        words(&["keep", "restore"]),
        Default::Text("keep"),
        "Somebody renamed one of our groups in Moodle: keep that name, or write the source's again.",
    ),
    key(
        "policy.local_members",
        words(&["keep", "remove"]),
        Default::Text("keep"),
        "Somebody added a person to one of our groups in Moodle: keep or remove them.",
    ),
    key(
        "policy.tutors",
        words(&["add", "ignore", "own_group"]),
        Default::Text("add"),
        "Where the tutors of a group go: into it, nowhere, or into a second group.",
    ),
    key(
        "policy.students",
        words(&["add", "ignore"]),
        Default::Text("add"),
        "Where the students of a group go: into it, or nowhere.",
    ),
    key(
        "policy.groupings",
        words(&["per_module", "none"]),
        Default::Text("per_module"),
        "Whether a grouping holds the groups of a module together.",
    ),
    key(
        "policy.new_id",
        words(&["propose", "replace"]),
        Default::Text("propose"),
        "A group vanished and one with nearly the same people appeared: propose a rename, or delete and create.",
    ),
    key(
        "policy.removal_wait_days",
        DAYS,
        Default::Number(0),
        "For how many days a group or member that is gone from the source stays before it is removed.",
    ),
    // Limits.
    key(
        "limits.members_removed_percent_max",
        PERCENT,
        Default::Number(20),
        "Largest share of our members that may be removed.",
    ),
    key(
        "limits.members_removed_small",
        COUNT,
        Default::Number(20),
        "Up to this many removed members no share is asked.",
    ),
    key(
        "limits.members_removed_max",
        COUNT,
        Default::Number(5_000),
        "Largest number of members that may be removed.",
    ),
    key(
        "limits.groups_deleted_percent_max",
        PERCENT,
        Default::Number(20),
        "Largest share of our groups that may be deleted.",
    ),
    key(
        "limits.groups_deleted_small",
        COUNT,
        Default::Number(2),
        "Up to this many deleted groups no share is asked.",
    ),
    key(
        "limits.groups_deleted_max",
        COUNT,
        Default::Number(200),
        "Largest number of groups that may be deleted.",
    ),
    // Schools.
    key(
        "school.*.modules",
        Kind::List,
        Default::Nothing,
        "The modules of the school: codes, in which `*` stands for any characters, for example `[\"ANTH*\", \"ARCH1*\"]`. Upper and lower case differ.",
    ),
    key(
        "school.*.courses",
        Kind::Numbers,
        Default::Nothing,
        "Courses of the school besides those that its modules fill, by their numbers, for example `[12, 34]`. A pause of the school covers all that is in them.",
    ),
    // Report and schedule.
    key(
        "report.mail.to",
        Kind::List,
        Default::List(&[]),
        "The addresses that get mail, for example `[\"lta@example.ac.uk\"]`. Without them no mail is sent.",
    ),
    key(
        "report.mail.from",
        Kind::Text,
        Default::Nothing,
        "The sender, for example `Muster <muster@example.ac.uk>`. Needed as soon as `to` names somebody.",
    ),
    key(
        "report.mail.when",
        words(&["attention", "always", "never"]),
        Default::Text("attention"),
        "After which runs a mail is sent: those that need a person, all, or none.",
    ),
    key(
        "report.mail.digest",
        Kind::Flag,
        Default::Flag(true),
        "Sends a few lines after a run in which all went well, as a sign of life.",
    ),
    key(
        "report.mail.silence_hours",
        Kind::Number { min: 0, max: 8_760 },
        Default::Number(26),
        "Raises the alarm when the last good run began longer ago than this, in hours; 0 never does.",
    ),
    key(
        "report.mail.smtp.host",
        Kind::Text,
        Default::Nothing,
        "The name of the mail server. Needed as soon as `to` names somebody.",
    ),
    key(
        "report.mail.smtp.port",
        Kind::Number { min: 1, max: 65_535 },
        Default::Nothing,
        "Its port. Without this key 587 with `starttls`, 465 with `tls`, 25 with `none`.",
    ),
    key(
        "report.mail.smtp.tls",
        words(&["starttls", "tls", "none"]),
        Default::Text("starttls"),
        "How the way there is encrypted: after a greeting, from the first byte, or not at all; `none` is only for this machine.",
    ),
    key(
        "report.mail.smtp.user",
        Kind::Text,
        Default::Nothing,
        "The account, where the server wants a login.",
    ),
    key("report.mail.smtp.password", Kind::Secret, Default::Nothing, "The password of that account."),
    key(
        "report.mail.smtp.ca_file",
        Kind::File,
        Default::Nothing,
        "A file of certificates (PEM) to trust besides the usual ones.",
    ),
    key(
        "report.mail.smtp.timeout_s",
        Kind::Number { min: 1, max: 600 },
        Default::Number(30),
        "How long one step of the conversation may take, in seconds.",
    ),
    // Owners of courses.
    key(
        "report.owners.who",
        words(&["nobody", "mapping", "roles", "mapping_or_roles"]),
        Default::Text("nobody"),
        "Who answers for a course: nobody is written to; the owner of its mappings, who is an address or a person's key; the people with one of `roles` in the course; or these where no mapping has an owner who can be written to.",
    ),
    key(
        "report.owners.roles",
        Kind::List,
        Default::List(&["editingteacher"]),
        "The short names of the roles in Moodle whose holders answer for a course.",
    ),
    key(
        "report.owners.every_days",
        DAYS,
        Default::Number(7),
        "An owner gets at most one letter in so many days. What needs them is told after the next run all the same; when nothing is new there is no letter. 0 tells everything after the next run.",
    ),
    key(
        "report.owners.language",
        words(&["en", "de"]),
        Default::Text("en"),
        "The language of letters to people for whom Moodle tells none that Muster speaks: English or German.",
    ),
    key(
        "report.owners.reply_to",
        Kind::Text,
        Default::Nothing,
        "The address that answers go to. Without it the first one in `to` of [report.mail].",
    ),
    key(
        "schedule.run",
        Kind::Schedule,
        Default::Nothing,
        "The times at which `muster serve` carries out `muster run`, as five fields of cron, for example `17 2 * * *`. Without it `muster serve` starts no run; cron or a systemd timer can (docs/running.md).",
    ),
    key(
        "schedule.time_zone",
        Kind::Text,
        Default::Nothing,
        "The time zone of these times and days, for example `Europe/London`. Without it that of the machine.",
    ),
    key(
        "schedule.jitter_minutes",
        Kind::Number { min: 0, max: 720 },
        Default::Number(0),
        "By how many minutes at most a run begins later, so that not every installation calls its platform at once. The same machine always waits equally long.",
    ),
    key(
        "schedule.blackout",
        Kind::List,
        Default::Nothing,
        "Days on which scheduled runs only plan and change nothing, the last one included, for example `[\"2026-12-20..2027-01-04\", \"2027-05-03\"]`.",
    ),
    // The service.
    key(
        "serve.listen",
        Kind::Text,
        Default::Text("127.0.0.1:8080"),
        "Where `muster serve` answers: an address of this machine and a port. /healthz and /metrics are there for everybody who can reach it. Port 0 takes any free one.",
    ),
    key(
        "serve.tls_certificate",
        Kind::File,
        Default::Nothing,
        "A file with the server's certificate and those above it (PEM). With it everything is answered over HTTPS. A new file is used without a restart.",
    ),
    key(
        "serve.tls_key",
        Kind::File,
        Default::Nothing,
        "The file with the key of that certificate (PEM). Only the account that runs Muster may read it.",
    ),
    key(
        "serve.public_url",
        Kind::WebUrl,
        Default::Nothing,
        "The address under which others reach this server, for example through a proxy; it stands in the description of the service, and in letters to owners as the way to get no more of them. Without it the address that the client asked for, and no such way.",
    ),
    flag(
        "serve.allow_http",
        false,
        "Whether student systems may send over plain HTTP although `listen` is no loopback address. Their passwords can then be read on the way, unless a proxy or the network encrypts.",
    ),
    flag(
        "serve.work",
        false,
        "Whether this service takes part in runs that are shared, as `muster work` does (docs/scale.md).",
    ),
    // Many machines.
    flag(
        "workers.share",
        false,
        "Whether the courses of a run are shared with every `muster work` on the same database. It needs a database on a server (docs/scale.md).",
    ),
    key(
        "workers.lease_s",
        Kind::Number { min: 1, max: 3_600 },
        Default::Number(60),
        "How long a worker may be silent before its courses are given to others, in seconds; never shorter than `timeout_s` of [moodle].",
    ),
    // IMS Enterprise Services.
    key(
        "imses.message_bytes_max",
        Kind::Number { min: 65_536, max: 268_435_456 },
        Default::Number(16_777_216),
        "How long a message may be, in bytes.",
    ),
    key(
        "imses.answer_objects_max",
        Kind::Number { min: 1, max: 1_000_000 },
        Default::Number(10_000),
        "How many objects an answer may hold. More are answered with `toomuchdata`, never cut short.",
    ),
    flag(
        "imses.response_security",
        true,
        "Whether answers carry a security header with a timestamp, as itslearning's do. Switch it off for clients that stop at it.",
    ),
    flag(
        "imses.wsdl_policy",
        true,
        "Whether the description over HTTPS states its WS-Security policy. Switch it off for clients that refuse a service with one.",
    ),
    key(
        "imses.clock_skew_s",
        Kind::Number { min: 0, max: 86_400 },
        Default::Number(300),
        "By how many seconds the clock of a sender may differ, where a message carries a timestamp.",
    ),
    key(
        "imses.long_title",
        words(&["refuse", "shorten"]),
        Default::Text("refuse"),
        "What happens to a group whose title has more than 64 characters: it is refused, or the title is shortened with a warning.",
    ),
    key(
        "imses.repeat_minutes",
        Kind::Number { min: 0, max: 10_080 },
        Default::Number(60),
        "For how many minutes a message that writes and comes again, with the same identifier and the same words, gets the answer of the first time instead of being carried out again. 0 for never.",
    ),
    key(
        "imses.keep_bodies",
        words(&["never", "failed", "all"]),
        Default::Text("failed"),
        "Of which messages the text is kept, without its passwords: of none, of those in which something failed, or of all. It holds personal data.",
    ),
    key("imses.bodies_days", DAYS, Default::Number(14), "For how many days these texts are kept."),
    key(
        "imses.log_days",
        Kind::Number { min: 1, max: 3_660 },
        Default::Number(90),
        "For how many days the log of messages is kept. The counts of each account stay.",
    ),
    // Retention.
    key(
        "retention.runs_days",
        KEPT_DAYS,
        Default::Number(400),
        "For how many days the operations, objections and stories of a run are kept; its line in the list of runs stays. An older run cannot be undone. 0 keeps them for ever.",
    ),
    key(
        "retention.failed_calls_days",
        KEPT_DAYS,
        Default::Number(90),
        "For how many days calls that failed are kept, with their parameters and answers. 0 keeps them for ever.",
    ),
    key(
        "retention.healed_days",
        KEPT_DAYS,
        Default::Number(180),
        "For how many days findings and rejected rows are kept after they have healed. 0 keeps them for ever.",
    ),
    key(
        "retention.history_days",
        KEPT_DAYS,
        Default::Number(400),
        "For how many days groups and memberships that were ours and are gone can still be explained. 0 keeps them for ever.",
    ),
    key(
        "retention.owners_days",
        KEPT_DAYS,
        Default::Number(400),
        "For how many days an owner's address, what they were told and the links in letters are kept after the last letter. That somebody wants no letters is kept until it is taken back. 0 keeps them for ever.",
    ),
    key(
        "retention.deliveries",
        Kind::Number { min: 1, max: 366 },
        Default::Number(3),
        "How many accepted deliveries of each source keep their rows, for comparing them. The others keep their figures.",
    ),
    // Logs.
    key(
        "log.level",
        Kind::Text,
        Default::Text("error"),
        "How much is logged: error, warn, info (a line for each changed object), debug (a line for each call), or by part, such as `warn,targets=debug`. `muster serve` reads it anew when it gets SIGHUP.",
    ),
    key(
        "log.format",
        words(&["text", "json"]),
        Default::Text("text"),
        "Lines for people, or one JSON object a line for programs.",
    ),
    key(
        "log.folder",
        Kind::File,
        Default::Nothing,
        "A folder for log files that change daily: muster.log with everything, db_error.log and rest_error.log with the warnings of the database and of the platform. Without it logs go to standard error only.",
    ),
    key(
        "log.days_kept",
        Kind::Number { min: 1, max: 3_660 },
        Default::Number(30),
        "How many days of log files are kept.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_its_key() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(find(path).map(|key| key.path), expected);
        check("policy.same_code", Some("policy.same_code"));
        check("source.cmis.groups", Some("source.*.groups"));
        check("source.cmis.queries.groups", Some("source.*.queries.groups"));
        check("policy", None);
        check("source.cmis", None);
        check("source.groups", None);
    }

    #[test]
    fn the_names_below_a_section_are_keys_and_sections() {
        assert_eq!(
            names_below(""),
            [
                "database",
                "database_password",
                "database_wait_s",
                "source",
                "mappings",
                "moodle",
                "itslearning",
                "policy",
                "limits",
                "school",
                "report",
                "schedule",
                "serve",
                "workers",
                "imses",
                "retention",
                "log"
            ]
        );
        let mail = ["to", "from", "when", "digest", "silence_hours", "smtp"];
        assert_eq!(names_below("report.mail"), mail);
        assert_eq!(names_below("source.cmis.queries"), ["groups", "members", "modules"]);
        assert!(names_below("source.cmis").contains(&"queries"));
    }

    #[test]
    fn every_key_has_a_section_and_a_sentence() {
        for key in KEYS {
            assert!(SECTIONS.iter().any(|section| section.path == key.section()), "{}", key.path);
            assert!(key.about.ends_with('.'), "{}", key.path);
        }
    }
}

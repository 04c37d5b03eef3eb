//! Whole files: what they become, and every mistake they can hold.

use std::path::Path;

use reconcile::delivery::Completeness;
use reconcile::policy::{Limits, Policy, SameCode};

use super::schema::{self, Default, KEYS};
use super::{Config, ConfigError, SourcePlace, explain, init_text};

const WHOLE: &str = r#"
database = "sqlite:muster.db"

[source.cmis]
kind = "csv"
groups = "cmis/groups.csv"
members = "cmis/members.csv"

[moodle]
url = "https://moodle.example.ac.uk/"
token = { env = "MUSTER_MOODLE_TOKEN" }

[policy]
same_code = "merge"

[profile.uat.moodle]
url = "https://uat.example.ac.uk"
token = { file = "uat.token" }
"#;

fn load(text: &str, profile: Option<&str>) -> Result<Config, String> {
    Config::parse(Path::new("/etc/muster/muster.toml"), text.as_bytes(), profile).map_err(|error| match error
    {
        ConfigError::Mistakes(mistakes) => mistakes.iter().map(|mistake| format!("{mistake}\n")).collect(),
        ConfigError::Unreadable { file, why, next } => format!("{}: {why}; {next}\n", file.display()),
    })
}

/// Compares the mistakes of a file, one a line, without the name of the file.
fn check(text: &str, expected: &[&str]) {
    let found = load(text, None).err().unwrap_or_default().replace("/etc/muster/muster.toml:", "");
    let found: Vec<&str> = found.lines().collect();
    assert_eq!(found, expected);
}

/// A file with a good source below some text.
fn with_source(text: &str) -> String {
    format!("{text}\n[source.cmis]\nkind = \"csv\"\ngroups = \"g.csv\"\nmembers = \"m.csv\"\n")
}

#[test]
fn a_file_becomes_a_configuration_with_defaults_and_complete_paths() {
    let config = load(WHOLE, None).unwrap();
    assert_eq!(config.database.reveal(), "sqlite:/etc/muster/muster.db");
    assert_eq!(config.policy, Policy { same_code: SameCode::Merge, ..Policy::default() });
    assert_eq!(config.limits, Limits::default());
    let source = config.sources.values().next().unwrap();
    assert_eq!(source.completeness, Completeness::default());
    let SourcePlace::Csv(csv) = &source.place else { panic!("a csv source") };
    assert_eq!(csv.groups, Path::new("/etc/muster/cmis/groups.csv"));
    assert_eq!(csv.encoding.name(), "UTF-8");
    assert_eq!(config.moodle.unwrap().url, "https://moodle.example.ac.uk");
}

#[test]
fn a_profile_overlays_what_it_names() {
    let moodle = load(WHOLE, Some("uat")).unwrap().moodle.unwrap();
    assert_eq!(moodle.url, "https://uat.example.ac.uk");
    assert_eq!(moodle.token.to_string(), "{ file = \"/etc/muster/uat.token\" }");
    assert_eq!(moodle.timeout_s, 60);
}

#[test]
fn an_unknown_profile_is_answered_with_the_known_ones() {
    assert_eq!(
        load(WHOLE, Some("live")).unwrap_err(),
        "/etc/muster/muster.toml: there is no profile \"live\" in this file; it has uat\n"
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    check(
        "databse = \"x\"\n[source.cmis]\nkind = \"csv\"\nurl = \"sqlite:x\"\n[moodle]\nurl = \"moodle\"\n\
         token = \"s3cret\"\n[policy]\nsame_cod = \"merge\"\nname_taken = \"hodl\"\nmembers_removed_max = 3\n\
         [profile.uat.limits]\ngroups_deleted_percent_max = 120\n",
        &[
            "1:1: databse: unknown key; did you mean database?",
            "2:9: [source.cmis] groups: is missing; expected path of a file; `muster config explain source.cmis.groups` says more",
            "2:9: [source.cmis] members: is missing; expected path of a file; `muster config explain source.cmis.members` says more",
            "4:1: [source.cmis] url: belongs to a source of kind \"sql\", and this one is \"csv\"",
            "6:7: [moodle] url: expected an address such as https://moodle.example.ac.uk",
            "7:9: [moodle] token: a secret does not stand in this file; write { env = \"NAME\" }, { file = \"PATH\" } or { command = \"PROGRAM ARGUMENTS\" }",
            "9:1: [policy] same_cod: unknown key; did you mean same_code?",
            "10:14: [policy] name_taken: \"hodl\" is not a word that is known here; expected \"hold\" or \"adopt\" or \"qualify\"; did you mean \"hold\"?",
            "11:1: [policy] members_removed_max: unknown key; members_removed_max belongs into [limits]",
            "13:30: [profile.uat.limits] groups_deleted_percent_max: expected a whole number from 0 to 100, found 120",
        ],
    );
}

#[test]
fn a_file_without_a_source_says_how_to_add_one() {
    check(
        "",
        &[
            "1:1: source: there is no source; add [source.cmis] with kind = \"csv\", groups and members; `muster init` shows how",
        ],
    );
}

#[test]
fn what_should_be_a_section_and_is_not_is_said() {
    check(
        &with_source("policy = 3\nprofile = 4"),
        &[
            "1:1: policy: expected a section that begins with [policy], found a whole number",
            "2:1: profile: expected sections such as [profile.uat.moodle], found a whole number",
        ],
    );
    check(
        "source = 1",
        &["1:1: source: expected a section that begins with [source.cmis], found a whole number"],
    );
}

#[test]
fn schools_have_modules_or_courses_and_plain_names() {
    let school = |keys: &str| with_source(&format!("[school.anthropology]\n{keys}\n"));
    let config = load(&school("modules = [\"ANTH*\"]\ncourses = [12, 34]"), None).unwrap();
    let [school_of_file] = config.schools.as_slice() else { panic!("{:?}", config.schools) };
    assert_eq!((&*school_of_file.name, school_of_file.courses.len()), ("anthropology", 2));
    assert!(school_of_file.has_module(&"ANTH1014".into()) && !school_of_file.has_module(&"HIST1".into()));
    let shown: Vec<String> = config.effective.iter().map(ToString::to_string).collect();
    assert!(shown.contains(&"school.anthropology.courses = [12, 34]".to_owned()), "{shown:?}");
    for (keys, expected) in [
        ("", "has neither modules nor courses"),
        ("modules = [\" \"]", "\" \" is no code of a module"),
        ("courses = [\"12\"]", "expected a whole number from 1"),
        ("courses = 12", "expected a list of whole numbers such as [12, 34]"),
        ("module = []", "did you mean modules?"),
    ] {
        let mistakes = load(&school(keys), None).unwrap_err();
        assert!(mistakes.contains(expected) && mistakes.lines().count() <= 2, "{keys}: {mistakes}");
    }
    let mistakes = load(&with_source("[school.\"a b\"]\nmodules = [\"A*\"]"), None).unwrap_err();
    assert!(mistakes.contains("write for example [school.anthropology]"), "{mistakes}");
}

#[test]
fn names_of_sources_are_plain_and_differ_in_more_than_case() {
    let source = |name: &str| format!("[source.{name}]\nkind=\"csv\"\ngroups=\"g\"\nmembers=\"m\"\n");
    check(
        &format!("{}{}", source("cmis"), source("CMIS")),
        &["1:9: [source] cmis: differs from [source.CMIS] only in upper and lower case; choose another name"],
    );
    check(
        &format!("{}{}", source("ok"), source("\"a:b\"")),
        &[
            "5:9: [source] a:b: the name of a source is made of letters, digits, - and _ and has at most 30 of them; write for example [source.cmis]",
        ],
    );
}

#[test]
fn http_is_for_this_machine_unless_allowed() {
    let moodle = |url: &str, more: &str| {
        with_source(&format!("[moodle]\ntoken = {{ env = \"T\" }}\nurl = \"{url}\"\n{more}"))
    };
    check(
        &moodle("http://moodle.example.ac.uk", ""),
        &[
            "3:1: [moodle] url: http:// would send the token readable; use https://, or set allow_http = true if the way there is safe",
        ],
    );
    check(&moodle("http://moodle.example.ac.uk", "allow_http = true"), &[]);
    check(&moodle("http://127.0.0.1:8080/moodle", ""), &[]);
    check(&moodle("http://127.0.0.1.example.ac.uk", "allow_http = true"), &[]);
    assert!(load(&moodle("http://127.0.0.1.example.ac.uk", ""), None).is_err());
}

#[test]
fn a_password_in_a_url_is_warned_of_and_never_shown() {
    let text = "[source.sits]\nkind = \"sql\"\nurl = \"mysql://reader:s3cret@db.example.ac.uk/sits\"\n\
                [source.sits.queries]\ngroups = \"SELECT 1\"\nmembers = \"SELECT 2\"\n";
    let config = load(text, None).unwrap();
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert!(warnings[0].contains("3:1: [source.sits] url: holds a password"), "{warnings:?}");
    let shown: Vec<String> = config.effective.iter().map(ToString::to_string).collect();
    assert!(
        shown.contains(&"source.sits.url = \"mysql://reader:***@db.example.ac.uk/sits\"".to_owned()),
        "{shown:?}"
    );
    assert!(!format!("{config:?}").contains("s3cret"));
}

/// An ODBC source with some keys.
fn odbc_source(keys: &str) -> String {
    format!(
        "[source.cmis]\nkind = \"odbc\"\n{keys}\n[source.cmis.queries]\ngroups = \"ask groups\"\nmembers = \"ask members\"\n"
    )
}

#[test]
fn a2_the_old_settings_of_an_oracle_source_are_keys() {
    let text = odbc_source(
        "driver = \"Oracle 21 ODBC driver\"\nhost = \"//cmis.example.ac.uk:1521/CMIS\"\nlogin = \"reader\"\n\
         password = { env = \"MUSTER_CMIS_PASSWORD\" }\nschema = \"CMIS\"\nencoding = \"iso-8859-1\"\n\
         prefetch = 200\noptions = \"TLO=O\"",
    );
    let config = load(&text, None).unwrap();
    let SourcePlace::Odbc(place) = config.sources.into_values().next().unwrap().place else { panic!("odbc") };
    assert_eq!(
        place.origin.to_string(),
        "//cmis.example.ac.uk:1521/CMIS with the driver Oracle 21 ODBC driver"
    );
    assert_eq!(place.login.as_deref(), Some("reader"));
    assert_eq!(place.password.unwrap().to_string(), "{ env = \"MUSTER_CMIS_PASSWORD\" }");
    assert_eq!(place.schema.as_deref(), Some("CMIS"));
    // What people call iso-8859-1 is windows-1252 on the web and here.
    assert_eq!(place.encoding.name(), "windows-1252");
    assert_eq!((place.prefetch_rows, place.options.as_deref()), (200, Some("TLO=O")));
    let queries = place.queries;
    assert_eq!((&*queries.groups, &*queries.members, queries.modules), ("ask groups", "ask members", None));
}

#[test]
fn an_odbc_source_is_named_in_one_way_and_holds_no_password() {
    check(
        &odbc_source(""),
        &[
            "1:9: [source.cmis] datasource: is missing, and so is `driver`; name a data source of odbc.ini, or a `driver` and a `host`",
        ],
    );
    check(
        &odbc_source("datasource = \"CMIS\"\ndriver = \"Oracle\""),
        &["4:1: [source.cmis] driver: stands beside `datasource`; leave one out"],
    );
    check(
        &odbc_source("datasource = \"CMIS\"\nhost = \"db\"\noptions = \"A=1; Pwd = x\"\nschema = \"A;B\""),
        &[
            "4:1: [source.cmis] host: belongs together with `driver`; write it into odbc.ini, or name the driver instead of a data source",
            "5:1: [source.cmis] options: holds a password; use the key `password`: write { env = \"NAME\" }, { file = \"PATH\" } or { command = \"PROGRAM ARGUMENTS\" }",
            "6:1: [source.cmis] schema: is made of letters, digits, _, $ and #; other schemas are written out in the queries",
        ],
    );
    check(
        &with_source("")
            .replace("kind = \"csv\"", "kind = \"csv\"\nprefetch = 3\npassword = { env = \"P\" }"),
        &[
            "4:1: [source.cmis] prefetch: belongs to a source of kind \"odbc\", and this one is \"csv\"",
            "5:1: [source.cmis] password: belongs to a source of kind \"sql\" or \"odbc\", and this one is \"csv\"",
        ],
    );
}

#[test]
fn what_holds_is_shown_with_its_origin() {
    let config = load(WHOLE, Some("uat")).unwrap();
    let shown: Vec<String> = config.effective.iter().map(ToString::to_string).collect();
    for line in [
        "source.cmis.groups = \"cmis/groups.csv\"",
        "source.cmis.modules is not set",
        "moodle.url = \"https://uat.example.ac.uk\"  # profile",
        "moodle.timeout_s = 60  # default",
        "policy.same_code = \"merge\"",
    ] {
        assert!(shown.iter().any(|shown| shown == line), "{line} is not in {shown:#?}");
    }
}

#[test]
fn a_key_is_explained_by_its_path_or_its_last_word() {
    let check = |key: &str, expected: &str| {
        let found = explain(key).map_or_else(|error| error, |explanation| explanation.to_string());
        assert!(found.contains(expected), "{found}");
    };
    check("policy.same_code", "expected: \"qualify\" or \"merge\"\n  default:  \"qualify\"");
    check("same_code", "policy.same_code");
    check("source.cmis.encoding", "source.NAME.encoding");
    check("source.NAME.encoding", "source.NAME.encoding");
    check("groups", "name one of source.NAME.groups, source.NAME.queries.groups");
    check("same_cod", "did you mean same_code?");
    check("colour", "`muster config keys` lists all");
}

#[test]
fn the_file_of_init_loads_and_changes_no_default() {
    let text = init_text(
        "cmis",
        &[
            ("source.cmis.kind", "\"csv\""),
            ("source.cmis.groups", "\"groups.csv\""),
            ("source.cmis.members", "\"members.csv\""),
        ],
    );
    let config = load(&text, None).unwrap();
    assert_eq!(config.policy, Policy::default());
    assert!(config.moodle.is_none());
    assert!(text.contains("\n# [moodle]\n"), "{text}");
    assert!(!text.contains("queries"), "{text}");
    // With every key of the policy switched on nothing changes, so the comments are right.
    let (before, policy) = text.split_once("# [policy]").unwrap();
    let (policy, after) = policy.split_once("\n# [report.mail]").unwrap();
    let switched_on: String = policy
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(line) if line.contains(" = ") && !line.contains('.') || line.starts_with('[') => {
                format!("{line}\n")
            }
            Some(line) if is_setting(line) => format!("{line}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = load(&format!("{before}[policy]{switched_on}# [report.mail]{after}"), None).unwrap();
    assert_eq!((config.policy, config.limits), (Policy::default(), Limits::default()));
}

fn is_setting(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, _)| KEYS.iter().any(|key| key.name() == name))
}

#[test]
fn the_table_and_the_types_of_reconcile_have_the_same_keys_and_defaults() {
    let check = |section: &str, defaults: serde_json::Value| {
        for (name, value) in defaults.as_object().unwrap() {
            let key =
                schema::find(&format!("{section}.{name}")).unwrap_or_else(|| panic!("{section}.{name}"));
            let expected: serde_json::Value = match key.default {
                Default::Text(text) => text.into(),
                Default::Number(number) => number.into(),
                Default::Flag(flag) => flag.into(),
                Default::List(items) => items.into(),
                Default::Required | Default::Nothing => serde_json::Value::Null,
            };
            assert_eq!(value, &expected, "{section}.{name}");
        }
    };
    check("policy", serde_json::to_value(Policy::default()).unwrap());
    check("limits", serde_json::to_value(Limits::default()).unwrap());
    check("source.*", serde_json::to_value(Completeness::default()).unwrap());
}

#[test]
fn every_word_of_the_table_is_known_to_the_policy() {
    for key in KEYS.iter().filter(|key| key.section() == "policy") {
        if let schema::Kind::Words { known } = key.kind {
            for word in known {
                let text = with_source(&format!("[policy]\n{} = {word:?}", key.name()));
                load(&text, None).unwrap_or_else(|mistakes| panic!("{mistakes}"));
            }
        }
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let mut state = 7_u64;
    for length in 0..3_000 {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(state >> 33).unwrap() % bytes.len();
            bytes[place] = (state >> 24) as u8;
        }
        bytes.truncate(length);
        let _any = Config::parse(Path::new("muster.toml"), &bytes, Some("uat"));
    }
}

#[test]
fn f1_a_schedule_that_cannot_be_kept_is_told_with_its_keys() {
    let text = "[schedule]\nrun = \"17 2 31 2 *\"\ntime_zone = \"Europe/Londn\"\njitter_minutes = 1000\nblackout = [\"Christmas\"]\n\n[serve]\nlisten = \"8080\"";
    check(
        &with_source(text),
        &[
            "2:7: [schedule] run: there is no day on which it comes: no month of these has such a day",
            "3:1: [schedule] time_zone: \"Europe/Londn\" is not a time zone; write a name such as \"Europe/London\"; this machine needs its time zones (package tzdata)",
            "4:18: [schedule] jitter_minutes: expected a whole number from 0 to 720, found 1000",
            "5:1: [schedule] blackout: \"Christmas\" is not a day such as 2026-12-20; write days or ranges such as \"2026-12-20..2027-01-04\"",
            "8:1: [serve] listen: \"8080\" is not an address with a port; write an address and a port such as \"127.0.0.1:8080\"",
        ],
    );
}

#[test]
fn a_slip_in_the_syntax_is_one_mistake_and_nothing_else_is_checked() {
    let check = |slip: &str, place: &str, what: &str| {
        // Everything else in this file is wrong as well, and must wait.
        let text = format!("databse = 1\n[limits]\n{slip}\n");
        let expected = format!("{place}: not TOML: {what}; correct this first: nothing else was checked");
        super::tests::check(&text, &[&expected]);
    };
    check("x = = 1", "3:5", "extra `=`");
    check("x = ", "3:5", "expected a text in quotation marks");
    check("x = s3cret", "3:5", "expected a text in quotation marks");
    check("x \"a\"", "3:3", "key with no value, expected `=`");
    check("x = \"a", "3:7", "invalid basic string, expected `\"`");
    check("x = [1, 2", "3:10", "unclosed array, expected `]`");
    check("[moodle", "3:8", "unclosed table, expected `]`");
    check("x = 1\nx = 2", "4:1", "this key or section stands here a second time, expected once");
    check("<<<<<<< HEAD", "3:1", "invalid unquoted key, expected letters, numbers, `-`, `_`");
}

#[test]
fn a_file_that_is_no_text_is_answered_with_the_line() {
    let found = Config::parse(Path::new("muster.toml"), b"a = 1\n# caf\xe9", None).unwrap_err();
    let ConfigError::Unreadable { why, next, .. } = found else { panic!("{found:?}") };
    assert_eq!(
        (why.as_str(), next.as_str()),
        ("line 2, column 6 is not UTF-8 text", "save the file as UTF-8")
    );
}

#[test]
fn a_configuration_that_is_printed_by_a_panic_or_a_log_shows_no_password() {
    let text = "database = \"sqlite:muster.db\"\n[source.cmis]\nkind = \"sql\"\n\
         url = \"mysql://muster:url-password-4d1e@db.example.ac.uk/t?password=url-password-4d1e\"\n\
         [source.cmis.queries]\ngroups = \"SELECT 1\"\nmembers = \"SELECT 1\"\n";
    let config = load(text, None).unwrap();
    let printed = format!("{config:?} {:#?}", config.effective);
    assert!(printed.contains("db.example.ac.uk") && !printed.contains("url-password-4d1e"), "{printed}");
}

#[test]
fn an_itslearning_has_its_defaults_and_a_profile_overlays_it() {
    let section = "[itslearning]\nurl = \"https://enterprise.example.com/WCFServiceLibrary\"\nusername = \"u\"\npassword = { env = \"P\" }\n";
    let text =
        with_source(&format!("{section}[profile.uat.itslearning]\nurl = \"https://test.example.com\"\n"));
    let itslearning = load(&text, None).unwrap().itslearning.unwrap();
    assert_eq!((itslearning.batch_max, itslearning.in_flight_max, itslearning.timeout_s), (50, 9, 120));
    let uat = load(&text, Some("uat")).unwrap().itslearning.unwrap();
    assert_eq!((&*uat.url, &*uat.username), ("https://test.example.com", "u"));
    assert!(load(&with_source(""), None).unwrap().itslearning.is_none());
}

#[test]
fn an_itslearning_needs_address_user_and_password_and_no_password_goes_readable() {
    let found =
        load(&with_source("[itslearning]\nurl = \"http://enterprise.example.com\"\n"), None).unwrap_err();
    for part in ["itslearning.username", "itslearning.password", "would send the password readable"] {
        assert!(found.contains(part), "{part}: {found}");
    }
    assert_eq!(found.lines().count(), 3, "{found}");
}

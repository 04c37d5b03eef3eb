//! Secrets seeded in every place that can hold one appear in nothing that the program writes: no answer of any command
//! in either format, no log, mail, bundle, export or rehearsal, and no byte of the database.
//!
//! Not here: each way in which a single secret can be met (`secrets.rs`, `mail.rs`, unit tests of `src/mail`).

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Mutex;

use simulators::moodle::{Fault, FaultRule, Token, When};

use crate::post_office::{PASSWORD, PASSWORD_ENCODED, PostOffice, Rules, Tls};
use crate::serve::Service;
use crate::support::{Place, TOKEN, Timetable, user};

const MODULE: &str = "ANTH1014";

/// Where each secret is kept, and the secret. The first is in a URL of the configuration itself.
const SEEDED: [(&str, &str); 7] = [
    ("muster.toml", "url-password-4d1e"),
    ("token", TOKEN),
    ("mail-password", PASSWORD),
    ("source-password", "source-password-77a0"),
    ("command-token", "command-token-c0de"),
    ("its-password", "its-password-5f3b"),
    ("ca.pem", "no secret, and not looked at"),
];

/// The same as it travels: AUTH PLAIN and LOGIN, and a URL that writes its dashes otherwise.
const TRAVELLING: [&str; 4] = [PASSWORD_ENCODED, "AG11c3RlcgBzbXRw", "url%2Dpassword", ACCOUNT_PASSWORD];

/// What a student system signs in with; only its hash is kept.
const ACCOUNT_PASSWORD: &str = "account-password-9c2f";

/// Everything that the program said, to be searched again for the secrets that it made itself: those of the links in
/// letters to owners, which nobody knows before a letter arrives.
static SAID: Mutex<Vec<(String, Vec<u8>)>> = Mutex::new(Vec::new());

fn place(office: &PostOffice) -> Place {
    let mut place = Place::with(&[7, 8], 4, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
    for (file, secret) in SEEDED.iter().skip(2).take(4) {
        place.write_secret(file, secret);
    }
    place.world().add_token(Token::new("command-token-c0de", 2));
    // The owner of the course is told that somebody is not enrolled.
    place.world().unenrol(7, user(2));
    place.world().enrol(7, user(3), "editingteacher");
    place.write("ca.pem", &office.certificate);
    let (port, tls) = (office.port.to_string(), format!("{:?}", office.tls));
    for (path, value) in [
        ("log.level", "\"trace\""),
        ("log.folder", "\"logs\""),
        ("serve.listen", "\"127.0.0.1:0\""),
        ("report.mail.to", "[\"lta@example.ac.uk\"]"),
        ("report.mail.from", "\"muster@example.ac.uk\""),
        ("report.mail.when", "\"always\""),
        ("report.mail.smtp.host", "\"localhost\""),
        ("report.mail.smtp.ca_file", "\"ca.pem\""),
        ("report.mail.smtp.port", &port),
        ("report.mail.smtp.tls", &tls),
        ("report.mail.smtp.timeout_s", "1"),
        ("report.mail.smtp.user", "\"muster\""),
        ("report.mail.smtp.password", "{ file = \"mail-password\" }"),
        ("report.owners.who", "\"roles\""),
        ("report.owners.every_days", "0"),
        ("serve.public_url", "\"https://muster.example.ac.uk\""),
        // Nobody listens there; `ims … --print` writes the whole message all the same.
        ("itslearning.url", "\"http://127.0.0.1:1\""),
        ("itslearning.username", "\"muster\""),
        ("itslearning.password", "{ file = \"its-password\" }"),
        // Two databases of which nobody listens at one, and the other is no database.
        ("source.one.kind", "\"sql\""),
        ("source.one.url", "\"mysql://muster:url-password-4d1e@127.0.0.1:1/timetable?ssl-mode=disabled\""),
        ("source.two.kind", "\"sql\""),
        ("source.two.url", &format!("\"postgres://muster@localhost:{port}/timetable\"")),
        ("source.two.password", "{ file = \"source-password\" }"),
        ("profile.live.moodle.token", "{ command = \"cat command-token\" }"),
    ] {
        place.set(path, value);
    }
    for name in ["one", "two"] {
        place.set(&format!("source.{name}.queries.groups"), "\"SELECT 1\"");
        place.set(&format!("source.{name}.queries.members"), "\"SELECT 1\"");
    }
    place
}

/// Every command that there is; what it answers does not matter here.
const COMMANDS: &[&[&str]] = &[
    &["init", "--config", "other.toml", "--force"],
    &["check"],
    &["check", "database"],
    &["check", "source"],
    &["check", "moodle", "--group", "1"],
    &["check", "mail", "--send"],
    &["import"],
    &["import", "--diff", "1", "2"],
    &["map", "add", "7", MODULE, "--source", "cmis"],
    &["map", "list"],
    &["map", "set", "7", MODULE, "--source", "cmis", "--active", "true"],
    &["map", "export"],
    &["map", "import", "nowhere.csv"],
    &["map", "except", "add", MODULE, "A", "p3", "include", "--source", "cmis", "--reason", "r"],
    &["map", "except", "list"],
    &["map", "except", "remove", "1"],
    &["plan", "--details"],
    &["apply", "--details"],
    &["run", "--all", "--details"],
    &["map", "remove", "7", MODULE, "--source", "cmis"],
    &["run", "--details"],
    &["owners", "list"],
    &["owners", "unsubscribe", "p3@example.ac.uk"],
    &["owners", "subscribe", "p3@example.ac.uk"],
    &["approve", "1", "--reason", "r"],
    &["pause", "--all", "--days", "3", "--reason", "r"],
    &["pause", "--list"],
    &["resume"],
    &["repair", "--all", "--yes"],
    &["retry", "--yes"],
    &["skip", "1", "1", "--reason", "r", "--yes"],
    &["skip", "--list"],
    &["forget", "course", "8", "--yes"],
    &["forget", "group", "A", "--yes"],
    &["forget", "grouping", MODULE, "--yes"],
    &["reset", "course", "8", "--yes"],
    &["adopt", "--all", "--yes"],
    &["undo", "2", "--yes"],
    &["runs", "list"],
    &["runs", "show", "1"],
    &["runs", "show", "1", "--log"],
    &["status"],
    &["status", "--nagios"],
    &["explain", "course", "7"],
    &["explain", "group", "A"],
    &["explain", "person", "p1"],
    &["simulate", "--term", "--nights", "2", "--keep", "rehearsal"],
    &["support-bundle", "1"],
    &["export", "person", "p1"],
    &["forget", "person", "p4", "--reason", "r", "--yes"],
    &["account", "list"],
    &["account", "sites"],
    &["account", "limit", "pusher", "--at-once", "3"],
    &["ims", "log"],
    &["ims", "counts"],
    &["ims", "tree", "school"],
    &["ims", "courses", "school"],
    &["ims", "lint", "muster.toml"],
    &["work", "--once"],
    &["check", "itslearning"],
    &["ims", "createGroup", "--id", "a", "--print"],
    &["ims", "createGroup", "--id", "a", "--raw"],
    &["config", "show"],
    &["config", "keys"],
    &["config", "explain", "source.one.url"],
    &["completions", "bash"],
    &["--help"],
    &["--version"],
];

/// Commands that serve until they are stopped, or that read no configuration.
const OTHERS: [&str; 2] = ["demo", "serve"];

#[test]
fn secrets_seeded_everywhere_appear_nowhere() {
    let office =
        PostOffice::open(Rules { tls: Tls::Starttls, wants_login: true, echoes: true, ..Rules::default() });
    let place = place(&office);
    add_account(&place);
    for (round, profile) in ["", "live"].into_iter().enumerate() {
        for (number, command) in COMMANDS.iter().enumerate() {
            // Every few calls something goes wrong, so that failures are told and logged as well.
            let faults = [Fault::Garbage, Fault::TextBeforeJson, Fault::HalfAnswer, Fault::Status500];
            place.server.faults().push(FaultRule::once(When::Call(4), faults[number % faults.len()]));
            let format = ["text", "json"][(number + round) % 2];
            watch(&place, command, profile, format);
            watch(&place, command, profile, ["json", "text"][(number + round) % 2]);
            place.server.faults().clear();
        }
    }
    serve(&place, &links(&office));
    // A token that the site does not know, a database that is none, a secret that cannot be had.
    place.world().remove_token(TOKEN);
    place.write("muster.db", "this is no database");
    for command in COMMANDS.iter().filter(|command| command[0] != "completions") {
        watch(&place, command, "", "text");
    }
    std::fs::remove_file(place.path("mail-password")).unwrap();
    std::fs::remove_file(place.path("token")).unwrap();
    watch(&place, &["check"], "", "text");
    watch(&place, &["run"], "", "text");

    let links = links(&office);
    assert!(!links.is_empty(), "an owner was written to");
    for (place, bytes) in SAID.lock().unwrap().iter() {
        assert_no_link(place, bytes, &links);
    }
    for letter in office.taken() {
        // Quoted-printable breaks lines at `=`.
        assert_unseen("a mail", letter.data.replace("=\r\n", "").as_bytes());
    }
    assert!(office.taken().len() > 10, "mails went out");
    assert!(files(&place.path("rehearsal/mail")).len() > 1, "the rehearsal wrote its mails");
    assert!(place.path("muster-support-1.json").exists() && place.path("logs").exists());
    for file in files(&place.path("")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if SEEDED.iter().all(|(place, _)| *place != name) || file.starts_with(place.path("rehearsal")) {
            let bytes = std::fs::read(&file).unwrap();
            assert_unseen(&file.display().to_string(), &bytes);
            assert_no_link(&file.display().to_string(), &bytes, &links);
        }
    }
}

#[test]
fn no_command_is_left_out_of_the_search_for_secrets() {
    let office = PostOffice::open(Rules::default());
    let help = place(&office).muster(&["--help"]).ends_with(0).stdout;
    let listed = help.split("Options:").next().unwrap();
    let named = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let named: BTreeSet<&str> = named.collect();
    let searched: BTreeSet<&str> = COMMANDS
        .iter()
        .map(|command| command[0])
        .filter(|word| !word.starts_with('-') && *word != "reset")
        .chain(OTHERS)
        .collect();
    assert_eq!(named, searched);
}

/// Runs a command with everything switched on that makes it talk.
fn watch(place: &Place, command: &[&str], profile: &str, format: &str) {
    let mut args = command.to_vec();
    args.extend(["--format", format]);
    let mut command = place.command(&args);
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    if !profile.is_empty() {
        command.env("MUSTER_PROFILE", profile);
    }
    look_at(&args.join(" "), &command.output().unwrap());
}

fn look_at(what: &str, output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        assert_unseen(what, bytes);
        SAID.lock().unwrap().push((what.to_owned(), bytes.clone()));
    }
}

/// The secrets of the links in letters to owners.
fn links(office: &PostOffice) -> BTreeSet<String> {
    let mut links = BTreeSet::new();
    for letter in office.taken() {
        let text = letter.data.replace("=\r\n", "");
        for rest in text.split("/letters/").skip(1) {
            let secret = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_');
            links.insert(secret.collect());
        }
    }
    links
}

fn assert_no_link(place: &str, bytes: &[u8], links: &BTreeSet<String>) {
    for link in links {
        let found = bytes.windows(link.len()).any(|window| window == link.as_bytes());
        assert!(!found, "the secret of a link is in {place}:\n{}", String::from_utf8_lossy(bytes));
    }
}

/// An account of a student system whose password comes over standard input.
fn add_account(place: &Place) {
    let mut command = place.command(&["account", "add", "pusher", "--site", "school", "--password-stdin"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(ACCOUNT_PASSWORD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    look_at("account add", &output);
}

/// The service with its pages and a new log level.
fn serve(place: &Place, links: &BTreeSet<String>) {
    let service = Service::start(place);
    for link in links {
        let (path, page) = (format!("/letters/{link}"), "the page of a link");
        for (status, text) in [service.get(&path), service.post(&path, "letters=on"), service.post(&path, "")]
        {
            assert_eq!(status, 200, "{text}");
            assert_unseen(page, text.as_bytes());
            assert_no_link(page, text.as_bytes(), links);
        }
    }
    for page in ["/healthz", "/metrics", "/nothing"] {
        assert_unseen(page, service.get(page).1.as_bytes());
    }
    service.signal("-HUP");
    let ended = service.end();
    for said in [ended.stdout, ended.stderr] {
        assert_unseen("serve", said.as_bytes());
        SAID.lock().unwrap().push(("serve".to_owned(), said.into_bytes()));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn assert_unseen(place: &str, bytes: &[u8]) {
    let seeded = SEEDED.iter().take(5).map(|(_, secret)| *secret);
    for secret in seeded.chain(TRAVELLING) {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {place}:\n{}", String::from_utf8_lossy(bytes));
    }
}

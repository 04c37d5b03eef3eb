//! Real conversations with a mail server: what arrives, and what is said when it does not.

use std::time::Duration;

use mail_parser::{MessageParser, MimeHeaders};
use tempfile::TempDir;

use super::post_office::{PASSWORD, PASSWORD_ENCODED, PostOffice, Rules, Tls};
use crate::config::Config;
use crate::mail::compose::{Attachment, Letter};
use crate::mail::examine::{Trial, Verdict, examine};
use crate::mail::send::{MailError, Step, send};

/// A folder with the certificate of a server and a password, and a configuration for it.
struct Desk {
    folder: TempDir,
    config: Config,
}

impl Desk {
    fn new(office: &PostOffice, more: &str) -> Desk {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &office.certificate).unwrap();
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        std::fs::set_permissions(folder.path().join("password"), PermissionsExt::from_mode(0o600)).unwrap();
        let tls = if more.contains("tls = ") { String::new() } else { format!("tls = {:?}", office.tls) };
        let text = format!(
            "[source.cmis]\nkind = \"csv\"\ngroups = \"g\"\nmembers = \"m\"\n[report.mail]\n\
             to = [\"LTA <lta@example.ac.uk>\", \"ada@example.ac.uk\"]\nfrom = \"Muster <muster@example.ac.uk>\"\n\
             [report.mail.smtp]\nport = {}\ntimeout_s = 20\n{tls}\n{more}\n",
            office.port
        );
        let file = folder.path().join("muster.toml");
        let config = Config::parse(&file, text.as_bytes(), None).unwrap();
        Desk { folder, config }
    }

    fn send(&self, letter: &Letter) -> Result<Vec<String>, MailError> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(send(self.config.mail.as_ref().unwrap(), letter))
    }

    /// The lines of the check, as a person reads them.
    fn examine(&self, trial: Trial) -> Vec<String> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let found = runtime.block_on(examine(&self.config, trial));
        found
            .iter()
            .map(|line| format!("{:?} {}: {} | {}", line.verdict, line.what, line.text, line.remedy))
            .collect()
    }
}

const PLAIN: &str = "host = \"127.0.0.1\"";
const TRUSTED: &str = "host = \"localhost\"\nca_file = \"ca.pem\"";
const LOGIN: &str = "user = \"muster\"\npassword = { file = \"password\" }";

fn letter() -> Letter {
    let text = "Nothing needs you.\n.\n.. a line of dots ends nothing\nΩ and קבוצה\n".to_owned();
    Letter {
        subject: "[Muster uat] 3 things need you · Überprüfung · Example Moodle ".repeat(3).trim().to_owned(),
        html: format!("<p>{text}</p>{}", "x".repeat(3_000)),
        text,
        attachment: Some(Attachment { name: "muster-run-12.csv".into(), csv: "\u{feff}what\nΩ\n".into() }),
    }
}

/// Sends a letter and compares what arrived with what was written.
fn check_arrives(rules: Rules, more: &str) {
    let encrypted = rules.tls != Tls::Never;
    let office = PostOffice::open(rules);
    let letter = letter();
    assert_eq!(Desk::new(&office, more).send(&letter).unwrap(), Vec::<String>::new());
    let [taken] = &office.taken()[..] else { panic!("{:?}", office.taken()) };
    assert_eq!((taken.from.as_str(), taken.encrypted), ("muster@example.ac.uk", encrypted));
    assert_eq!(taken.to, ["lta@example.ac.uk", "ada@example.ac.uk"]);
    assert!(taken.data.is_ascii() && taken.data.lines().all(|line| line.len() <= 998), "{}", taken.data);
    let message = MessageParser::default().parse(taken.data.as_bytes()).unwrap();
    assert_eq!(message.subject(), Some(letter.subject.as_str()));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), letter.text);
    assert_eq!(message.body_html(0).unwrap().replace("\r\n", "\n"), letter.html);
    assert!(message.date().is_some() && message.message_id().is_some());
    assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    let file = message.attachment(0).unwrap();
    let csv = letter.attachment.unwrap();
    assert_eq!(file.attachment_name(), Some(csv.name.as_str()));
    assert_eq!(
        String::from_utf8_lossy(file.contents()).trim_start_matches('\u{feff}').replace("\r\n", "\n"),
        csv.csv.trim_start_matches('\u{feff}')
    );
}

#[test]
fn a_letter_arrives_as_it_was_written() {
    check_arrives(Rules::default(), PLAIN);
}

#[test]
fn a_letter_arrives_after_a_login() {
    check_arrives(Rules { wants_login: true, ..Rules::default() }, &format!("{PLAIN}\n{LOGIN}"));
}

#[test]
fn a_letter_arrives_over_starttls_and_a_login() {
    let rules = Rules { tls: Tls::Starttls, wants_login: true, ..Rules::default() };
    check_arrives(rules, &format!("{TRUSTED}\n{LOGIN}"));
}

#[test]
fn a_letter_arrives_over_tls_from_the_first_byte() {
    check_arrives(Rules { tls: Tls::AtOnce, ..Rules::default() }, TRUSTED);
}

/// How the account `nobody` and the password begin on their way (RFC 4616).
const TRAVELLING: &str = "AG5vYm9keQBz";

/// Sends a letter to a server that does not take it.
fn check_fails(rules: Rules, more: &str, step: Step, says: &str) {
    let office = PostOffice::open(rules);
    let mut desk = Desk::new(&office, more);
    desk.config.mail.as_mut().unwrap().server.timeout = Duration::from_millis(300);
    let error = desk.send(&letter()).unwrap_err();
    assert!(error.step == step && error.to_string().contains(says), "{:?} {error}", error.step);
    let lines = desk.examine(Trial::SendLetter).join("\n");
    assert!(lines.contains("Wrong") && lines.contains(says) && lines.contains(error.remedy()), "{lines}");
    for text in [format!("{error} {error:?}"), lines, format!("{:?}", desk.config)] {
        for secret in [PASSWORD, PASSWORD_ENCODED, TRAVELLING] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(office.taken().is_empty());
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let office_wants = Rules { wants_login: true, ..Rules::default() };
    let other = format!("{PLAIN}\nuser = \"nobody\"\npassword = {{ file = \"password\" }}");
    check_fails(office_wants.clone(), &other, Step::LogIn, "it answered 535 5.7.8 no");
    check_fails(Rules { echoes: true, ..office_wants.clone() }, &other, Step::LogIn, "it answered 535");
    check_fails(office_wants, PLAIN, Step::Deliver, "log in first");
}

#[test]
fn a_missing_password_says_where_it_was_looked_for() {
    let nowhere = format!("{PLAIN}\nuser = \"muster\"\npassword = {{ file = \"nowhere\" }}");
    check_fails(Rules { wants_login: true, ..Rules::default() }, &nowhere, Step::Prepare, "nowhere");
}

#[test]
fn a_server_without_a_login_is_told() {
    check_fails(Rules::default(), &format!("{PLAIN}\n{LOGIN}"), Step::LogIn, "neither PLAIN nor LOGIN");
}

#[test]
fn a_server_that_hangs_is_left() {
    for (verb, step) in [
        ("CONNECT", Step::Connect),
        ("EHLO", Step::Connect),
        ("AUTH", Step::LogIn),
        ("MAIL", Step::Deliver),
        ("DATA", Step::Deliver),
    ] {
        let rules = Rules { wants_login: true, hangs_at: Some(verb), ..Rules::default() };
        check_fails(rules, &format!("{PLAIN}\n{LOGIN}"), step, "it gave no answer in 0.3 s");
    }
}

#[test]
fn a_server_that_is_not_trusted_gets_nothing() {
    let unknown = "host = \"localhost\"";
    check_fails(Rules { tls: Tls::AtOnce, ..Rules::default() }, unknown, Step::Encrypt, "certificate");
    let unknown = format!("host = \"localhost\"\n{LOGIN}");
    check_fails(Rules { tls: Tls::Starttls, ..Rules::default() }, &unknown, Step::Encrypt, "certificate");
    check_fails(
        Rules::default(),
        &format!("{TRUSTED}\ntls = \"starttls\""),
        Step::Encrypt,
        "it does not offer STARTTLS",
    );
    let rules = Rules { tls: Tls::Starttls, ..Rules::default() };
    check_fails(rules, "host = \"localhost\"\nca_file = \"password\"", Step::Prepare, "PEM");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let office = PostOffice::open(Rules::default());
    let mut desk = Desk::new(&office, PLAIN);
    // Nobody listens on port 1.
    desk.config.mail.as_mut().unwrap().server.port = 1;
    let error = desk.send(&letter()).unwrap_err();
    assert!(error.step == Step::Connect && error.to_string().contains("127.0.0.1:1: "), "{error}");
}

#[test]
fn a_refused_address_costs_only_its_own_copy() {
    let refuses = |refuses: &[&str]| Rules {
        refuses: refuses.iter().map(|to| to.to_string()).collect(),
        ..Rules::default()
    };
    let office = PostOffice::open(refuses(&["ada@example.ac.uk"]));
    let refused = Desk::new(&office, PLAIN).send(&letter()).unwrap();
    assert_eq!(refused, ["ada@example.ac.uk: it answered 550 5.1.1 no such mailbox"]);
    assert_eq!(office.taken()[0].to, ["lta@example.ac.uk"]);
    check_fails(
        refuses(&["ada@example.ac.uk", "lta@example.ac.uk"]),
        PLAIN,
        Step::Deliver,
        "550 5.1.1 no such mailbox",
    );
}

#[test]
fn a_check_sends_nothing_unless_it_is_asked_to() {
    let office = PostOffice::open(Rules { tls: Tls::Starttls, wants_login: true, ..Rules::default() });
    let desk = Desk::new(&office, &format!("{TRUSTED}\n{LOGIN}"));
    let port = office.port;
    assert_eq!(
        desk.examine(Trial::SendNothing),
        [
            "Ok mail settings: to lta@example.ac.uk, ada@example.ac.uk, from muster@example.ac.uk, after runs that need a person | ".to_owned(),
            format!("Ok mail server: localhost:{port} answers | "),
            "Ok mail encryption: TLS, after STARTTLS | ".to_owned(),
            "Ok mail login: as muster | ".to_owned(),
        ]
    );
    assert!(office.taken().is_empty());
    let lines = desk.examine(Trial::SendLetter);
    assert_eq!(
        lines.last().unwrap(),
        "Ok mail delivery: a trial letter was taken; see whether it arrives | "
    );
    assert!(office.taken()[0].data.contains("this is a trial"));
    drop(desk.folder);
}

#[test]
fn a_check_without_mail_says_that_nobody_is_told() {
    let text = b"[source.cmis]\nkind = \"csv\"\ngroups = \"g\"\nmembers = \"m\"\n";
    let config = Config::parse(std::path::Path::new("muster.toml"), text, None).unwrap();
    let found = tokio::runtime::Runtime::new().unwrap().block_on(examine(&config, Trial::SendNothing));
    assert_eq!((found.len(), found[0].verdict), (1, Verdict::CannotTell));
}

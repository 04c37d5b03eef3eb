//! `muster ims OPERATION`, `muster check itslearning` and `muster simulate --itslearning`: the real program against the
//! built-in itslearning and against `muster serve`; and the client itself against `muster serve`.
//!
//! Not here: the rules of the built-in itslearning (`simulators`), and each wrong set-up and fault (`targets`).

use std::io::{BufRead, BufReader};
use std::process::Child;

use ims_es::common::IdentifierPair;
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::read_groups::ReadGroups;
use serde_json::Value;
use targets::itslearning::{
    ItemOutcome, Itslearning, ItslearningSettings, OPERATIONS_NEEDED, Verdict, examine,
};
use targets::secret::Secret;

use crate::student_system::{COMBINED, Desk, PASSWORD, create};
use crate::support::{Place, Ran, Timetable};

const SECRET: &str = "password-of-the-built-in-itslearning";

/// A built-in itslearning that runs until the test ends, and a configuration that names it.
struct Its {
    child: Child,
    place: Place,
    url: String,
}

impl Its {
    fn start(args: &[&str]) -> Its {
        let mut place = Place::with(&[7], 1, &Timetable::new().group("M", "A", "A", &[]));
        let fixed = ["simulate", "--itslearning", "--listen", "127.0.0.1:0", "--format", "json"];
        let mut child = place.start(&[&fixed, args].concat());
        let mut document = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            document.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let answer: Value = serde_json::from_str(&document).unwrap();
        let url = answer["url"].as_str().unwrap().to_owned();
        place.write_secret("its-password", answer["password"].as_str().unwrap());
        place.set("itslearning.url", &format!("{url:?}"));
        place.set("itslearning.username", "\"muster\"");
        place.set("itslearning.password", "{ file = \"its-password\" }");
        Its { child, place, url }
    }

    /// Calls an operation; whatever happens, no password is shown.
    fn ims(&self, args: &[&str]) -> Ran {
        self.place.muster(&[&["ims"], args].concat()).does_not_say(SECRET)
    }
}

impl Drop for Its {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn objects_are_made_from_options_read_back_and_explained() {
    let its = Its::start(&[]);
    let school =
        ["createGroup", "--id", "school", "--parent", "root", "--type", "School", "--title", "School"];
    drop(its.ims(&school).ends_with(0).says("item 1 school: success"));
    let course =
        ["createGroup", "--id", "bio", "--parent", "school", "--type", "Course", "--title", "Biology"];
    let refused = its.ims(&course).ends_with(7).says("failure incompletedata");
    drop(refused.says("means: something mandatory is missing").says("Muster says: ").says("next: "));
    let course = [course.as_slice(), &["--course", "Biology", "--field", "course/code=BIO"]].concat();
    drop(its.ims(&course).ends_with(0));
    drop(
        its.ims(&[
            "createPerson",
            "--id",
            "ada",
            "--first",
            "Ada",
            "--last",
            "Invented",
            "--role",
            "Student",
        ])
        .ends_with(0),
    );
    drop(
        its.ims(&["createMembership", "--id", "m", "--group", "bio", "--person", "ada", "--role", "Learner"])
            .ends_with(0),
    );
    drop(its.ims(&["readGroupsForPerson", "--person", "ada"]).ends_with(0).says("descShort: Biology"));
    drop(its.ims(&["readAllPersons"]).ends_with(0).says("virtualCount: 1"));
    let read = its.ims(&["readGroups", "--id", "bio", "--id", "nothing"]).ends_with(7);
    drop(
        read.says("item 1 bio: success")
            .says("item 2 nothing: failure unknownobject")
            .says("means: there is no object"),
    );
    drop(its.ims(&["changeGroupIdentifier", "--id", "bio", "--new-id", "bio-26"]).ends_with(0));
    let answer = its.ims(&["readGroup", "--id", "bio-26", "--format", "json"]).ends_with(0).json();
    assert_eq!(answer["items"][0]["key"], "bio-26");
    assert!(answer["reply"].as_str().unwrap().contains("fieldValue: BIO"), "{answer}");
}

#[test]
fn many_objects_come_from_a_table_or_from_json() {
    let its = Its::start(&[]);
    let table = "id,parent,type,title,course,field:visibleinsearch\nschool,root,School,School,,0\nbio,school,Course,Biology,Biology,\n";
    its.place.write("groups.csv", table);
    drop(its.ims(&["createGroups", "--rows", "groups.csv"]).ends_with(0).says("item 2 bio: success"));
    let json = r#"[{"id":"t1","parent":"bio","type":"CourseGroup","title":"Tutorial 1"},
                   {"id":"t2","parent":"nowhere","type":3,"title":"Tutorial 2","field":{"visibleinsearch":true}}]"#;
    its.place.write("groups.json", json);
    drop(
        its.ims(&["createGroups", "--rows", "groups.json"])
            .ends_with(7)
            .says("item 2 t2: failure invaliddata"),
    );
    its.place.write("wrong.csv", "id,titel\na,A\n");
    drop(its.ims(&["createGroups", "--rows", "wrong.csv"]).ends_with(2).says("did you mean title?"));
}

#[test]
fn an_option_that_says_nothing_about_the_object_is_a_slip() {
    let its = Its::start(&[]);
    drop(
        its.ims(&["deleteGroup", "--id", "a", "--title", "A"])
            .ends_with(2)
            .says("has nothing called --title"),
    );
    drop(its.ims(&["createGroup", "--id", "a", "--id", "b"]).ends_with(2).says("takes one object"));
    drop(its.ims(&["createGruop", "--id", "a"]).ends_with(2).says("createGroup"));
    drop(its.ims(&["readGroup", "--url", &its.url]).ends_with(2));
}

#[test]
fn a_message_of_ones_own_is_sent_as_it_is_or_with_our_account() {
    let its = Its::start(&[]);
    let create = ["createGroup", "--id", "a", "--parent", "root", "--title", "A"];
    let printed = its.ims(&[create.as_slice(), &["--print"]].concat()).ends_with(0).stdout;
    assert!(printed.contains("(secret)"), "{printed}");
    // What --print shows has lost the password, so the service does not let it in: it goes out as it stands.
    its.place.write("signed.xml", &printed);
    drop(its.ims(&["createGroup", "--file", "signed.xml"]).ends_with(5).says("FailedAuthentication"));
    let (before, rest) = printed.split_once("<o:Security").unwrap();
    let (_, after) = rest.split_once("</o:Security>").unwrap();
    its.place.write("unsigned.xml", format!("{before}{after}"));
    let raw = its.ims(&["createGroup", "--file", "unsigned.xml", "--raw"]).ends_with(0);
    drop(raw.says("<gd:descShort>A</gd:descShort>").says("createGroupResponse"));
    drop(its.ims(&["deleteGroup", "--file", "unsigned.xml"]).ends_with(2).says("holds createGroup"));
}

#[test]
fn a_fault_of_the_command_line_strikes_and_is_told() {
    let its = Its::start(&["--fault", "internal_fault@readGroup", "--fault", "busy@createGroup"]);
    drop(its.ims(&["readGroup", "--id", "root"]).ends_with(5).says("InternalServiceFault").says("next: "));
    let create = ["createGroup", "--id", "a", "--parent", "root", "--title", "A"];
    drop(its.ims(&create).ends_with(7).says("targetisbusy").says("nothing was done"));
    let slip = its.place.muster(&["simulate", "--itslearning", "--fault", "deadlock@write:1"]);
    drop(slip.ends_with(2).says("there is no fault \"deadlock\""));
}

#[test]
fn z25_check_itslearning_has_a_line_for_each_step() {
    let mut its = Its::start(&[]);
    let answer = its.place.muster(&["check", "itslearning", "--format", "json"]).ends_with(0).json();
    let lines = answer["lines"].as_array().unwrap();
    // And one for the configuration.
    assert_eq!(lines.len(), 1 + 3 + OPERATIONS_NEEDED.len(), "{answer}");
    assert!(lines.iter().all(|line| line["state"] == "ok"), "{answer}");
    its.place.write_secret("wrong-password", "wrong");
    its.place.set("itslearning.password", "{ file = \"wrong-password\" }");
    let ran = its.place.muster(&["check", "itslearning"]).ends_with(5);
    drop(ran.says("wrong       itslearning login").says("the user name or the password is wrong"));
    its.place.set("itslearning.password", "{ file = \"no-such-file\" }");
    drop(its.place.muster(&["check", "itslearning"]).ends_with(3));
    its.place.unset("itslearning.password");
    its.place.unset("itslearning.username");
    its.place.unset("itslearning.url");
    drop(its.place.muster(&["check", "itslearning"]).ends_with(3).says("has no [itslearning]"));
    drop(its.ims(&["readGroup", "--id", "root"]).ends_with(3).says("has no [itslearning]"));
}

#[test]
fn muster_itself_is_called_like_any_other_service() {
    let desk = Desk::local();
    let service = desk.serve();
    let file = desk.folder.path().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let url = format!("http://{}{COMBINED}", service.address);
    let endpoint = ["--url", &url, "--user", "sis", "--password-file", "password"];
    let create = ["ims", "createGroup", "--id", "a", "--parent", "root", "--title", "A"];
    drop(desk.muster(&[create.as_slice(), &endpoint].concat()).ends_with(0).does_not_say(PASSWORD));
    let read = ["ims", "readGroup", "--id", "a"];
    drop(desk.muster(&[read.as_slice(), &endpoint].concat()).ends_with(0).says("descShort: A"));
    drop(desk.muster(&["ims", "log"]).ends_with(0).says("createGroup"));
}

#[test]
fn the_client_and_muster_serve_understand_each_other() {
    let desk = Desk::local();
    let service = desk.serve();
    let url = format!("http://{}{COMBINED}", service.address);
    let settings = || ItslearningSettings::new(&url, "sis", Secret::new(PASSWORD));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let proofs = examine(settings()).await;
        assert!(proofs.iter().all(|proof| proof.verdict == Verdict::Ok), "{proofs:#?}");
        let client = Itslearning::new(settings()).unwrap();
        let keys: Vec<String> = (0..120).map(|number| format!("g{number}")).collect();
        let outcomes = client.write_all::<CreateGroups>(&create(&keys).pairs).await;
        assert_eq!(outcomes, vec![ItemOutcome::Done; 120]);
        assert_eq!(client.counts().messages, 3);
        let pair =
            |old: &str, new: &str| IdentifierPair { first_id: Some(old.into()), second_id: Some(new.into()) };
        let pairs = [pair("g0", "new"), pair("g1", "new"), pair("gone", "x")];
        let outcomes = client.write_all::<ChangeGroupsIdentifier>(&pairs).await;
        let words: Vec<&str> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                ItemOutcome::Refused(said) => Some(&*said.word),
                _ => None,
            })
            .collect();
        assert_eq!(words, ["idallocinusefail", "unknownobject"]);
        let answer = client.call(&ReadGroups { sourced_ids: vec!["new".into(), "g0".into()] }).await.unwrap();
        assert_eq!((answer.reply.groups.len(), answer.statuses.len()), (1, 2));
        let outcomes = client.write_all::<DeleteGroups>(&["new".to_owned(), "new".to_owned()]).await;
        assert!(matches!(&outcomes[..], [ItemOutcome::Done, ItemOutcome::Refused(_)]), "{outcomes:?}");
    });
}

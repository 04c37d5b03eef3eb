//! `muster simulate`, started alone, with the program as its client.
//!
//! Not here: the rules of that Moodle and what each fault does (`simulators`).

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::support::{Place, Timetable};

const MODULE: &str = "ANTH1014";

/// A simulator that runs until the test ends.
pub(crate) struct Simulator {
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Simulator {
    pub(crate) fn start(place: &Place, args: &[&str]) -> Simulator {
        let fixed = ["simulate", "--format", "json"];
        let anywhere: &[&str] = if args.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let mut child = place.start(&[&fixed, anywhere, args].concat());
        let answer = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut document = String::new();
        for line in answer {
            document.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let answer: serde_json::Value = serde_json::from_str(&document).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Simulator { child, url: text("url"), token: text("token") }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A place whose platform is a simulator of its own, with a group in the first course of the invented college.
fn place_with(args: &[&str]) -> (Place, Simulator) {
    let mut place = Place::with(&[7], 1, &Timetable::new().group(MODULE, "A", "A lone group", &[]));
    let simulator = Simulator::start(&place, args);
    place.set("moodle.url", &format!("{:?}", simulator.url));
    place.write_secret("token-of-the-simulator", &simulator.token);
    place.set("moodle.token", "{ file = \"token-of-the-simulator\" }");
    place.map(2, MODULE);
    (place, simulator)
}

#[test]
fn a_simulator_alone_is_a_moodle_to_work_with() {
    let (place, _simulator) = place_with(&[]);
    assert_eq!(place.run().ends_with(0).done("create_group"), 1);
    place.muster(&["apply", "--all"]).ends_with(0).says("Nothing to do");
}

#[test]
fn a_fault_from_the_command_line_strikes_and_is_made_good() {
    for fault in ["lost_after@write:1", "status_500@core_group_create_groups:1", "slow:1@every:2"] {
        let (place, _simulator) = place_with(&["--fault", fault]);
        assert_eq!(place.run().ends_with(0).figure("create_group", "planned"), 1, "{fault}");
        place.muster(&["apply", "--all"]).ends_with(0).says("Nothing to do");
    }
    let (place, _simulator) = place_with(&["--fault", "status_502@core_webservice_get_site_info"]);
    drop(place.run().ends_with(5).says("http_502"));
}

#[test]
fn a_slip_in_a_fault_is_named() {
    let place = Place::with(&[7], 1, &Timetable::new());
    let ran = place.muster(&["simulate", "--fault", "lost@write:1"]).ends_with(2);
    drop(ran.says("there is no fault \"lost\"").says("lost_before"));
}

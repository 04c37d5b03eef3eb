//! facts/moodle-ws.md §2 and §10: what differs between releases, and what debugging adds.

use serde_json::json;
use simulators::moodle::{Release, Settings};

use crate::lab::{COURSE, Lab, groups_form};

/// Class and code of a call in a release.
fn exception(release: Release, debugging: bool, function: &str, form: &str) -> (String, String) {
    let mut lab = Lab::with(Settings { release, debugging, ..Settings::default() });
    let error = lab.call(function, form);
    let field = |name: &str| error[name].as_str().unwrap().to_owned();
    (field("exception"), field("errorcode"))
}

#[test]
fn classes_carry_a_namespace_since_4_5() {
    for release in Release::ALL {
        let (class, code) = exception(release, false, "core_group_create_groups", &groups_form(&[(" ", "")]));
        let namespace = if release >= Release::V4_5 { "core\\exception\\" } else { "" };
        assert_eq!(class, format!("{namespace}invalid_parameter_exception"));
        assert_eq!(code, "invalidparameter");
    }
}

#[test]
fn a_missing_record_hides_its_table_in_5_1_unless_debugging_is_on() {
    for (function, form, code) in [
        ("core_group_get_groups", "groupids[0]=99", "invalidrecord"),
        ("core_group_add_group_members", "members[0][groupid]=1&members[0][userid]=99", "invaliduser"),
    ] {
        for release in Release::ALL {
            let mut lab = Lab::running(release);
            lab.group("A", "");
            let expected = if release == Release::V5_1 { "invalidrecordunknown" } else { code };
            assert_eq!(lab.code(function, form), expected, "{release:?}");
            lab.world.set_debugging(true);
            assert_eq!(lab.code(function, form), code, "{release:?} with debugging");
        }
    }
    let (class, _) = exception(Release::V5_1, false, "core_group_get_groups", "groupids[0]=99");
    assert_eq!(class, "dml_missing_record_exception");
    assert_eq!(exception(Release::V5_1, false, "no_such_function", "").1, "invalidrecordunknown");
}

#[test]
fn without_debugging_an_exception_has_three_fields() {
    let form = groups_form(&[(" ", "")]);
    let mut lab = Lab::new();
    let expected = json!({
        "exception": "core\\exception\\invalid_parameter_exception",
        "errorcode": "invalidparameter",
        "message": "Invalid parameter value detected",
    });
    assert_eq!(lab.call("core_group_create_groups", &form), expected);
    lab.world.set_debugging(true);
    assert!(lab.call("core_group_create_groups", &form).get("debuginfo").is_some());
}

#[test]
fn debugging_shows_the_query_of_a_missing_record() {
    let mut lab = Lab::new();
    lab.world.set_debugging(true);
    let error = lab.call("core_group_get_groups", "groupids[0]=999999");
    assert_eq!(error["message"], "Can't find data record in database table groups.");
    assert_eq!(error["debuginfo"], "SELECT * FROM {groups} WHERE id = ?\n[array (\n  0 => 999999,\n)]");
}

#[test]
fn newer_keys_are_unexpected_in_older_releases_and_absent_from_their_answers() {
    let visibility = format!("{}&groups[0][visibility]=0", groups_form(&[("A", "")]));
    let custom = "groups[0][customfields][0][shortname]=f&groups[0][customfields][0][value]=1";
    let custom = format!("{}&{custom}", groups_form(&[("B", "")]));
    for release in Release::ALL {
        let mut lab = Lab::running(release);
        let codes = [&visibility, &custom].map(|form| lab.code("core_group_create_groups", form));
        let code = |since| if release >= since { "ok" } else { "invalidparameter" };
        assert_eq!(codes, [code(Release::V4_2), code(Release::V4_5)], "{release:?}");
        let group = lab.group("C", "");
        let read = lab.ok("core_group_get_groups", &format!("groupids[0]={group}"));
        assert_eq!(read[0].get("visibility").is_some(), release >= Release::V4_2);
        assert_eq!(read[0].get("customfields").is_some(), release >= Release::V4_5);
    }
}

#[test]
fn site_info_names_the_release() {
    for release in Release::ALL {
        let info = Lab::running(release).ok("core_webservice_get_site_info", "");
        assert_eq!(info["release"], release.name());
        assert_eq!(info["version"], release.version());
    }
    assert_eq!("4.5".parse::<Release>().unwrap(), Release::V4_5);
    assert!("4.6".parse::<Release>().unwrap_err().to_string().contains("choose one of"));
}

/// §2: a PHP error inside a function has no error code.
#[test]
fn a_php_error_has_no_error_code() {
    let error = Lab::new().call("core_course_get_courses_by_field", &format!("field=ids&value={COURSE},99"));
    assert_eq!(error["exception"], "Error");
    assert!(error.get("errorcode").is_none());
}

//! facts/moodle-ws.md §6: when two names or idnumbers are the same.

use simulators::moodle::{Collation, Release, Settings};

use crate::lab::{COURSE, Lab, OTHER, encoded, groups_form, strings};

/// The code of creating the second name after the first.
fn second(settings: Settings, first: &str, second: &str) -> String {
    let mut lab = Lab::with(settings);
    lab.group(first, "");
    lab.code("core_group_create_groups", &groups_form(&[(second, "")]))
}

#[test]
fn names_that_mariadb_folds_together_are_refused() {
    for (stored, new) in [
        ("A1", "A1"),
        ("A1", "a1"),
        ("A1", "A1 "),
        ("A1", "A1\u{1}"),
        ("Cafe", "Café"),
        ("Strasse", "Straße"),
        ("e\u{301}x", "éx"),
        ("😀", "🎉"),
    ] {
        assert_eq!(second(Settings::default(), stored, new), "invalidparameter", "{new:?} after {stored:?}");
    }
    assert_eq!(second(Settings::default(), "AB-1", "AB1"), "ok");
}

#[test]
fn a_leading_blank_passes_the_check_and_makes_a_second_group_of_the_same_name() {
    let mut lab = Lab::new();
    for name in ["A1", " A1", " A1"] {
        lab.group(name, "");
    }
    assert_eq!(lab.stored(), ["A1", "A1", "A1"]);
}

#[test]
fn an_exact_collation_tells_case_and_accents_apart() {
    let exact = || Settings { names: Collation::Exact, ..Settings::default() };
    for (stored, new, code) in [("A1", "A1", "invalidparameter"), ("A1", "a1", "ok"), ("Cafe", "Café", "ok")]
    {
        assert_eq!(second(exact(), stored, new), code, "{new:?} after {stored:?}");
    }
}

#[test]
fn a_no_break_space_is_not_trimmed() {
    let mut lab = Lab::new();
    lab.group(" \u{A0}nb\u{A0}\t", "");
    assert_eq!(lab.stored(), ["\u{A0}nb\u{A0}"]);
}

/// The code of creating the second idnumber after the first, under another name.
fn idnumbers(first: &str, second: &str) -> String {
    let mut lab = Lab::new();
    lab.group("first", first);
    lab.code("core_group_create_groups", &groups_form(&[("second", second)]))
}

#[test]
fn idnumbers_compare_loosely_when_both_are_numeric() {
    for (stored, new) in [
        ("7", "7"),
        ("7", "07"),
        ("7", "7.0"),
        ("7", " 7"),
        ("7", "7e0"),
        ("7", "+7"),
        ("1000", "1e3"),
        ("x:1", " x:1 "),
    ] {
        assert_eq!(idnumbers(stored, new), "idnumbertaken", "{new:?} after {stored:?}");
    }
    for (stored, new) in [("7", "7a"), ("7", "0x7"), ("7", "٧"), ("ID-A2", "id-a2"), ("0", "0")] {
        assert_eq!(idnumbers(stored, new), "ok", "{new:?} after {stored:?}");
    }
}

#[test]
fn the_same_idnumber_in_another_course_is_fine() {
    let mut lab = Lab::new();
    lab.group("A", "x:1");
    let form = groups_form(&[("A", "x:1")]).replace(&format!("={COURSE}"), &format!("={OTHER}"));
    assert_eq!(lab.code("core_group_create_groups", &form), "ok");
}

#[test]
fn a_value_too_long_for_its_column_rolls_everything_back() {
    let mut lab = Lab::new();
    let (fits, long) = ("Ω".repeat(254), "Ω".repeat(255));
    assert_eq!(
        lab.code("core_group_create_groups", &groups_form(&[("A", ""), (&long, "")])),
        "dmlwriteexception"
    );
    assert!(lab.stored().is_empty());
    lab.group(&fits, &"i".repeat(100));
    let code = lab.code("core_group_create_groups", &groups_form(&[("B", &"j".repeat(101))]));
    assert_eq!(code, "dmlwriteexception");
    let key = format!("{}&groups[0][enrolmentkey]={}", groups_form(&[("C", "")]), "k".repeat(51));
    assert_eq!(lab.code("core_group_create_groups", &key), "dmlwriteexception");
    lab.grouping(&"g".repeat(255), "x");
}

/// The name that the list shows for a stored one.
fn shown(release: Release, raw: bool, stored: &str) -> String {
    let mut lab = Lab::running(release);
    lab.group(stored, "");
    let form = format!("courseid={COURSE}&moodlewssettingraw={}", u8::from(raw));
    strings(&lab.ok("core_group_get_course_groups", &form), "name").remove(0)
}

#[test]
fn names_are_escaped_since_2023_unless_raw_is_asked_for() {
    let spans =
        "<span lang=\"en\" class=\"multilang\">E</span><span lang=\"fr\" class=\"multilang\">F</span>";
    for (stored, escaped) in
        [("R&D < 5 \"q\"", "R&amp;D &lt; 5 \"q\""), ("A &amp; B", "A &amp; B"), (spans, "EF")]
    {
        assert_eq!(shown(Release::V3_11, false, stored), stored);
        assert_eq!(shown(Release::V4_5, false, stored), escaped);
        assert_eq!(shown(Release::V5_1, false, stored), escaped);
        assert_eq!(shown(Release::V4_5, true, stored), stored);
    }
}

#[test]
fn answers_of_create_and_of_groupings_are_not_escaped() {
    let mut lab = Lab::new();
    let created = lab.ok("core_group_create_groups", &groups_form(&[("R&D", "")]));
    assert_eq!(created[0]["name"], "R&D");
    let grouping = lab.grouping("R&D", "x");
    let group = created[0]["id"].as_i64().unwrap();
    lab.ok(
        "core_group_assign_grouping",
        &format!("assignments[0][groupingid]={grouping}&assignments[0][groupid]={group}"),
    );
    let read = lab.ok("core_group_get_groupings", &format!("groupingids[0]={grouping}&returngroups=1"));
    assert_eq!((&read[0]["name"], &read[0]["groups"][0]["name"]), (&"R&D".into(), &"R&D".into()));
}

#[test]
fn raw_also_returns_the_description_as_stored() {
    let mut lab = Lab::new();
    let form = format!(
        "groups[0][courseid]={COURSE}&groups[0][name]=A&groups[0][description]={}&groups[0][descriptionformat]=4",
        encoded("**md**")
    );
    let id = lab.ok("core_group_create_groups", &form)[0]["id"].as_i64().unwrap();
    for (raw, description, format) in [(0, "<p><strong>md</strong></p>\n", 1), (1, "**md**", 4)] {
        let read = lab.ok("core_group_get_groups", &format!("groupids[0]={id}&moodlewssettingraw={raw}"));
        assert_eq!(read[0]["description"], description);
        assert_eq!(read[0]["descriptionformat"], format);
    }
}

//! Every awkward case is in every profile, at the ids that the catalogue names.
//!
//! Not here: XL, which is made by the same code from larger lists.

use std::collections::{HashMap, HashSet};

use simulators::university::{Case, CaseKind, Kind, MoodleEventKind, Profile, University};

fn universities() -> impl Iterator<Item = University> {
    [(Profile::S, 1), (Profile::S, 2), (Profile::S, 77), (Profile::M, 1)]
        .into_iter()
        .map(|(profile, seed)| University::generate(profile, seed))
}

fn the(university: &University, kind: CaseKind) -> Case {
    university.awkward().of(kind).next().unwrap_or_else(|| panic!("{university:?} lacks {kind:?}")).clone()
}

fn names(university: &University, case: &Case) -> Vec<String> {
    let all: HashMap<String, &str> =
        university.groups().map(|group| (group.group_id, group.group_name)).collect();
    case.group_ids.iter().map(|id| all[id].to_owned()).collect()
}

fn enrolled(university: &University, course_id: u32) -> HashSet<String> {
    let idnumbers: HashMap<u32, String> =
        university.people().map(|person| (person.id, person.idnumber)).collect();
    let of_course = university.enrolments().filter(|enrolment| enrolment.course_id == course_id);
    of_course.map(|enrolment| idnumbers[&enrolment.user_id].clone()).collect()
}

fn is_member(university: &University, case: &Case, person: usize) -> bool {
    let (group_id, person_id) = (&case.group_ids[0], &case.person_ids[person]);
    university.members().any(|member| member.group_id == *group_id && member.person_id == *person_id)
}

#[test]
fn every_case_is_in_every_profile() {
    for university in universities().chain([University::generate(Profile::L, 1)]) {
        for kind in CaseKind::ALL {
            the(&university, kind);
        }
    }
}

#[test]
fn people_who_are_not_enrolled_are_members_all_the_same() {
    for university in universities() {
        for kind in [CaseKind::StudentNotEnrolled, CaseKind::StudentEnrolledLater, CaseKind::TutorNotEnrolled]
        {
            let case = the(&university, kind);
            assert!(is_member(&university, &case, 0));
            assert!(!enrolled(&university, case.course_ids[0]).contains(&case.person_ids[0]));
        }
    }
}

#[test]
fn an_id_of_nobody_has_no_account_and_a_shared_one_has_two() {
    for university in universities() {
        let accounts = |id: &String| university.people().filter(|person| person.idnumber == *id).count();
        let nobody = the(&university, CaseKind::Nobody);
        assert!(is_member(&university, &nobody, 0) && is_member(&university, &nobody, 1));
        assert_eq!(nobody.person_ids.iter().map(accounts).sum::<usize>(), 0);
        let shared = the(&university, CaseKind::SharedIdnumber);
        assert!(is_member(&university, &shared, 0));
        assert_eq!(accounts(&shared.person_ids[0]), 2);
    }
}

#[test]
fn odd_names_are_as_odd_as_promised() {
    for university in universities() {
        let long = names(&university, &the(&university, CaseKind::LongName));
        assert!(long.len() == 2 && long.iter().all(|name| name.chars().count() == 300));
        let marked_up = names(&university, &the(&university, CaseKind::MarkedUpName)).join(" ");
        assert!(['<', '&', '"', '\'', ',', '\n'].iter().all(|character| marked_up.contains(*character)));
        let scripts = names(&university, &the(&university, CaseKind::FiveScripts)).join(" ");
        assert!(['Ε', 'Р', 'ت', '中', 'ह'].iter().all(|letter| scripts.contains(*letter)), "{scripts}");
        assert!(names(&university, &the(&university, CaseKind::Umlauts)).join(" ").contains('Ü'));
    }
}

#[test]
fn shared_codes_meet_in_one_course() {
    for university in universities() {
        let case = the(&university, CaseKind::SharedGroupCode);
        let groups: Vec<_> =
            university.groups().filter(|group| case.group_ids.contains(&group.group_id)).collect();
        assert_eq!(
            (groups[0].group_code, groups[0].group_name),
            (groups[1].group_code, groups[1].group_name)
        );
        assert_ne!(groups[0].module_code, groups[1].module_code);
        let here = |code: &String| {
            university.mappings().any(|row| row.moodle_id == case.course_ids[0] && row.modulecode == *code)
        };
        assert!(case.module_codes.iter().all(here));
    }
}

#[test]
fn empty_groups_classes_gone_courses_and_namesakes_are_there_from_the_start() {
    for university in universities() {
        let empty = the(&university, CaseKind::EmptyGroup);
        assert!(university.members().all(|member| !empty.group_ids.contains(&member.group_id)));
        let class = the(&university, CaseKind::ClassGroup);
        let of_module: HashSet<Kind> = university
            .groups()
            .filter(|group| group.module_code == class.module_codes[0])
            .map(|group| group.kind)
            .collect();
        assert!(of_module.contains(&Kind::Class) && of_module.len() >= 2);
        let gone = the(&university, CaseKind::GoneCourse);
        assert!(university.mappings().any(|mapping| mapping.moodle_id == gone.course_ids[0]));
        assert!(university.courses().all(|course| course.id != gone.course_ids[0]));
        let namesake = the(&university, CaseKind::LocalNamesake);
        let name = &names(&university, &namesake)[0];
        assert!(
            university
                .local_groups()
                .any(|group| group.course_id == namesake.course_ids[0] && group.name == *name)
        );
    }
}

#[test]
fn the_script_is_played_on_its_days() {
    for mut university in universities() {
        let module_delivered = |university: &University, case: &Case| {
            university.modules().any(|module| module.module_code == case.module_codes[0])
        };
        let [vanished, returning] =
            [CaseKind::VanishedModule, CaseKind::ReturningModule].map(|kind| the(&university, kind));
        let swapped = the(&university, CaseKind::SwappedNames);
        let before = names(&university, &swapped);
        let corrupt_rows = university.corrupt_rows().len();

        let first = university.next_day();
        assert!(module_delivered(&university, &vanished) && !module_delivered(&university, &returning));
        for (kind, event) in [
            (CaseKind::RenamedInMoodle, MoodleEventKind::RenameGroup),
            (CaseKind::RenamedOnBothSides, MoodleEventKind::RenameGroup),
            (CaseKind::DeletedInMoodle, MoodleEventKind::DeleteGroup),
            (CaseKind::LocalMember, MoodleEventKind::AddLocalMember),
            (CaseKind::RemovedMember, MoodleEventKind::RemoveMember),
            (CaseKind::LaterNamesake, MoodleEventKind::CreateLocalGroup),
        ] {
            let course_id = the(&university, kind).course_ids[0];
            assert!(
                first.events.iter().any(|other| other.kind == event && other.course_id == course_id),
                "{kind:?}"
            );
        }

        let second = university.next_day();
        assert!(!module_delivered(&university, &vanished) && !module_delivered(&university, &returning));
        assert_eq!(names(&university, &swapped), [before[1].clone(), before[0].clone()]);
        for (kind, event) in [
            (CaseKind::DeletedCourse, MoodleEventKind::DeleteCourse),
            (CaseKind::StudentEnrolledLater, MoodleEventKind::Enrol),
        ] {
            let course_id = the(&university, kind).course_ids[0];
            assert!(
                second.events.iter().any(|other| other.kind == event && other.course_id == course_id),
                "{kind:?}"
            );
        }

        university.next_day();
        assert!(!module_delivered(&university, &vanished) && module_delivered(&university, &returning));
        assert_eq!(university.corrupt_rows().len(), corrupt_rows - 1);
    }
}

#[test]
fn local_members_are_enrolled_and_outside_the_group() {
    for university in universities() {
        let case = the(&university, CaseKind::LocalMember);
        assert!(!is_member(&university, &case, 0));
        assert!(enrolled(&university, case.course_ids[0]).contains(&case.person_ids[0]));
    }
}

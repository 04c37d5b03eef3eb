//! A school: some modules and courses that people speak of together.
//!
//! Not here: where schools are written down; the configuration has them, and a pause keeps a copy of its own.

use reconcile::keys::{CourseId, ModuleCode, Text};

use crate::error::Cause;

/// A school, faculty or department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct School {
    /// Its name.
    pub name: Text,
    /// Its modules: codes, in which `*` stands for any characters or none. Upper and lower case differ.
    pub modules: Vec<String>,
    /// Courses that are its own, whatever fills them.
    pub courses: Vec<CourseId>,
}

impl School {
    /// Tells whether it has a module.
    pub fn has_module(&self, module: &ModuleCode) -> bool {
        self.modules.iter().any(|pattern| fits(pattern, module.as_str()))
    }

    /// Tells whether a module of a course belongs to it: by the module, or by the course.
    pub fn has(&self, course: CourseId, module: &ModuleCode) -> bool {
        self.courses.contains(&course) || self.has_module(module)
    }

    /// What it covers as one text: a line for each pattern and course.
    pub(crate) fn covered(&self) -> String {
        let modules = self.modules.iter().map(|pattern| format!("module {pattern}"));
        let courses = self.courses.iter().map(|course| format!("course {course}"));
        modules.chain(courses).collect::<Vec<_>>().join("\n")
    }

    /// Reads what [`School::covered`] wrote.
    pub(crate) fn of(name: Text, covered: &str) -> Result<School, Cause> {
        let mut school = School { name, ..School::default() };
        for line in covered.lines() {
            let course = line.strip_prefix("course ").and_then(|course| course.parse().ok()).map(CourseId);
            match (line.strip_prefix("module "), course) {
                (Some(pattern), _) => school.modules.push(pattern.to_owned()),
                (None, Some(course)) => school.courses.push(course),
                (None, None) => return Err(format!("the table holds the unknown line {line:?}").into()),
            }
        }
        Ok(school)
    }
}

/// Tells whether a text fits a pattern, in which `*` stands for any characters or none.
///
/// Each part between stars is taken where it is found first, so no text makes it slow.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(fits(pattern, text), expected, "{pattern} and {text}");
    }

    #[test]
    fn a_star_stands_for_any_characters_or_none() {
        check("ANTH1001", "ANTH1001", true);
        check("ANTH1001", "ANTH10011", false);
        check("ANTH*", "ANTH", true);
        check("ANTH*", "ANTH1001", true);
        check("ANTH*", "XANTH1001", false);
        check("anth*", "ANTH1001", false);
        check("*1001", "ANTH1001", true);
        check("*1001", "ANTH1001A", false);
        check("A*1*A", "ANTH1001A", true);
        check("A*1*A", "ANTH2A", false);
        check("AB*BA", "ABA", false);
        check("*", "", true);
        check("**", "ANTH", true);
        check("É*é", "Éé", true);
    }

    #[test]
    fn what_a_school_covers_is_read_as_it_was_written() {
        let school = School {
            name: "anthropology".into(),
            modules: vec!["ANTH*".into(), "ARCH 1*".into()],
            courses: vec![CourseId(12)],
        };
        assert_eq!(School::of("anthropology".into(), &school.covered()).unwrap(), school);
        assert!(School::of("anthropology".into(), "nonsense").is_err());
    }
}

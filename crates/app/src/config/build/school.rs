//! Makes the schools.
//!
//! Not here: what a school is (`store`).

use reconcile::keys::CourseId;
use store::School;

use super::Build;

impl Build<'_> {
    /// The schools, by name. One without modules and courses is a mistake: a pause of it would cover nothing.
    pub(super) fn schools(&mut self) -> Vec<School> {
        self.document.school_names().iter().map(|name| self.school(name)).collect()
    }

    fn school(&mut self, name: &str) -> School {
        let section = format!("school.{name}");
        let [modules, courses] = ["modules", "courses"].map(|key| format!("{section}.{key}"));
        let school = School {
            name: name.into(),
            modules: self.document.list(&modules).unwrap_or_default(),
            courses: self.document.numbers(&courses).into_iter().map(CourseId).collect(),
        };
        let unclear = |pattern: &&String| pattern.trim().is_empty() || pattern.contains(['\n', '\r']);
        if let Some(pattern) = school.modules.iter().find(unclear) {
            let hint = "write codes such as \"ANTH*\"".to_owned();
            self.mistake(&modules, format!("{pattern:?} is no code of a module"), Some(hint));
        }
        let faulty = [&modules, &courses].iter().any(|key| self.document.faulty.contains(*key));
        if school.modules.is_empty() && school.courses.is_empty() && !faulty {
            let hint = "write modules = [\"ANTH*\"], or courses = [12, 34]".to_owned();
            self.mistake(&section, "has neither modules nor courses", Some(hint));
        }
        school
    }
}

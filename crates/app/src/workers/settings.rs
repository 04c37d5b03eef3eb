//! The settings that everybody who shares a run must have alike, because plans depend on them.
//!
//! Not here: the settings themselves ([`crate::config`]).

use std::collections::BTreeMap;

use reconcile::keys::Text;

use crate::app::App;

/// Settings without which the same course could be planned otherwise.
const SECTION: &str = "policy.";
const KEYS: [&str; 2] = ["moodle.url", "moodle.person_key"];

/// The settings of this process, a line each.
pub(super) fn settings(app: &App) -> Text {
    let mut text =
        format!("version = {:?}\nsource = {:?}\n", env!("CARGO_PKG_VERSION"), app.default_source().as_str());
    for setting in &app.config.effective {
        if setting.key.starts_with(SECTION) || KEYS.contains(&setting.key.as_str()) {
            let value = setting.value.as_deref().unwrap_or("not set");
            text.push_str(&format!("{} = {value}\n", setting.key));
        }
    }
    text.into()
}

/// In what two texts of settings differ, in words; empty where they are alike.
pub(super) fn difference(here: &str, there: &str) -> String {
    let (here, there) = (by_key(here), by_key(there));
    let keys: Vec<&str> = here.keys().chain(there.keys()).copied().collect();
    let mut told: Vec<String> = keys
        .into_iter()
        .filter(|key| here.get(key) != there.get(key))
        .map(|key| {
            let shown =
                |settings: &BTreeMap<&str, &str>| settings.get(key).copied().unwrap_or("unknown").to_owned();
            format!("{key} is {} here and {} at the leader", shown(&here), shown(&there))
        })
        .collect();
    told.sort();
    told.dedup();
    told.join("; ")
}

fn by_key(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(|line| line.split_once(" = ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_with_both_values() {
        let check = |here: &str, there: &str, expected: &str| assert_eq!(difference(here, there), expected);
        check("a = 1\nb = \"x\"\n", "b = \"x\"\na = 1\n", "");
        check("a = 1\nb = 2\n", "a = 3\nb = 2\n", "a is 1 here and 3 at the leader");
        check(
            "a = 1\n",
            "b = 2\n",
            "a is 1 here and unknown at the leader; b is unknown here and 2 at the leader",
        );
        check("a = 1 = 2\n", "a = 1\n", "a is 1 = 2 here and 1 at the leader");
    }
}

//! Compares the functions of the service with those that are needed, and looks at the user and the release.
//!
//! Not here: why a service refuses (`door.rs`).

use std::collections::BTreeSet;

use super::super::functions::{Function, SiteRow};
use super::notes::Notes;
use super::{Step, Uses};

/// The releases against which Muster is tried (facts/moodle-ws.md, head).
const RELEASES: std::ops::RangeInclusive<(u32, u32)> = (3, 11)..=(5, 1);

/// Judges what the site told about itself (features D8, D11, C9).
pub(super) fn compare(site: &SiteRow, uses: Uses, notes: &mut Notes) {
    let names: BTreeSet<String> = site.functions.iter().map(|function| function.name.clone()).collect();
    notes.service_holds(names.into_iter().chain([Function::GetSiteInfo.name().to_owned()]).collect());
    compare_functions(uses, notes);
    let acts_as = format!("the token acts as {} (user {})", site.username, site.userid);
    if site.userissiteadmin {
        let advice =
            format!("{}: make a token for a user of its own with the least role", Step::TokenUser.page());
        notes.advise(
            Step::TokenUser,
            format!("{acts_as}, a site administrator who may do everything"),
            advice,
        );
    } else {
        notes.ok(Step::TokenUser, acts_as);
    }
    judge_release(&site.release, notes);
}

fn compare_functions(uses: Uses, notes: &mut Notes) {
    let page = Step::Functions.page();
    let missing = notes.functions_missing();
    if !missing.is_empty() {
        let lost: Vec<&str> = Function::ALL
            .iter()
            .filter(|function| missing.contains(&function.name()))
            .filter_map(|function| function.lost_without())
            .collect();
        let lost = if lost.is_empty() { String::new() } else { format!(" ({})", lost.join("; ")) };
        let found = format!("the service lacks {}{lost}", missing.join(", "));
        notes.wrong(Step::Functions, found, format!("{page}: add {}", missing.join(", ")));
        return;
    }
    let needed = super::needs::functions(uses).len();
    let surplus = notes.functions_surplus();
    // Before Moodle 2.2 the functions were called `moodle_…`; 3.1 took those names away, and a site that has none of
    // them no longer lists them either (feature C9, facts/moodle-ws.md §10).
    let (old, surplus): (Vec<String>, Vec<String>) =
        surplus.into_iter().partition(|name| name.starts_with("moodle_"));
    let mut found = format!("the service holds all {needed} functions that are needed");
    let mut remove = old.clone();
    if !old.is_empty() {
        found.push_str(&format!("; {} with a name of before Moodle 2.2, which nothing calls", old.len()));
    }
    if !surplus.is_empty() {
        found.push_str(&format!("; {} more are not needed", surplus.len()));
        remove.extend(surplus);
    }
    let advice =
        if remove.is_empty() { String::new() } else { format!("{page}: remove {}", remove.join(", ")) };
    notes.advise(Step::Functions, found, advice);
}

fn judge_release(release: &str, notes: &mut Notes) {
    let step = Step::Release;
    let (oldest, newest) = (RELEASES.start(), RELEASES.end());
    let range = format!("{}.{} to {}.{}", oldest.0, oldest.1, newest.0, newest.1);
    match numbers(release) {
        Some(numbers) if RELEASES.contains(&numbers) => {
            notes.ok(step, format!("Moodle {release}, within {range}"));
        }
        Some(numbers) if numbers < *oldest => notes.wrong(
            step,
            format!("Moodle {release} is older than what Muster is made for: {range}"),
            "upgrade the site; it gets no security fixes any more",
        ),
        Some(_) => notes.cannot_tell(
            step,
            format!("Moodle {release} is newer than what Muster was tried with: {range}"),
            "look for a newer Muster, and try on a test site first",
        ),
        None => notes.cannot_tell(
            step,
            format!("the site calls its release {release:?}; Muster is made for {range}"),
            step.page(),
        ),
    }
}

/// The first two numbers of a release such as `4.5.5+ (Build: 20250613)`.
fn numbers(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::super::functions::FunctionRow;
    use super::super::super::settings::PersonKeyField;
    use super::super::{Proof, Verdict};
    use super::*;

    fn check(release: &str, verdict: Verdict) {
        let mut notes = Notes::new(Uses::default(), PersonKeyField::Idnumber);
        judge_release(release, &mut notes);
        let proof = notes.finish().proofs.into_iter().find(|proof| proof.step == Step::Release);
        assert_eq!(proof.map(|proof| proof.verdict), Some(verdict), "{release}");
    }

    #[test]
    fn releases_from_3_11_to_5_1_are_known() {
        check("3.11.12+ (Build: 20230120)", Verdict::Ok);
        check("4.5.5+ (Build: 20250613)", Verdict::Ok);
        check("5.1+ (Build: 20251017)", Verdict::Ok);
        check("3.9.2 (Build: 20200907)", Verdict::Wrong);
        check("5.2dev (Build: 20251201)", Verdict::CannotTell);
        check("", Verdict::CannotTell);
    }

    /// What is said about a step of a site with these functions.
    fn judged(functions: Vec<&str>, userissiteadmin: bool, step: Step) -> Proof {
        let functions = functions.into_iter().map(|name| FunctionRow { name: name.to_owned() });
        let site = SiteRow {
            sitename: "Site".to_owned(),
            username: "admin".to_owned(),
            userid: 2,
            siteurl: String::new(),
            release: "4.5".to_owned(),
            version: String::new(),
            functions: functions.collect(),
            userissiteadmin,
        };
        let mut notes = Notes::new(Uses::default(), PersonKeyField::Idnumber);
        compare(&site, Uses::default(), &mut notes);
        notes.finish().proofs.into_iter().find(|proof| proof.step == step).unwrap()
    }

    #[test]
    fn a_site_administrator_behind_the_token_is_told() {
        assert!(judged(Vec::new(), true, Step::TokenUser).remedy.contains("least role"));
        assert_eq!(judged(Vec::new(), false, Step::TokenUser).remedy, "");
    }

    #[test]
    fn names_of_before_2_2_in_the_service_draw_advice_and_replace_nothing() {
        let old = "moodle_group_get_groups";
        let needed = super::super::needs::functions(Uses::default()).into_iter().map(|(name, _)| name);
        let proof = judged(needed.clone().chain([old]).collect(), false, Step::Functions);
        assert_eq!(proof.verdict, Verdict::Ok);
        assert!(proof.found.contains("before Moodle 2.2") && proof.remedy.contains(old), "{proof:?}");
        let without = needed.filter(|name| *name != "core_group_get_groups").chain([old]);
        let proof = judged(without.collect(), false, Step::Functions);
        assert_eq!(proof.verdict, Verdict::Wrong);
        assert!(proof.found.contains("lacks core_group_get_groups"), "{proof:?}");
    }
}

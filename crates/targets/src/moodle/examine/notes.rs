//! What an examination has found out so far, and the lines it ends in.
//!
//! Not here: asking the site.
//!
//! Invariant: each step is settled once; what nobody settled is "cannot tell" and says what has to be mended first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::settings::PersonKeyField;
use super::needs::{self, Uses};
use super::{Examination, Granted, Need, Proof, Step, Verdict};

/// What has been found out so far.
#[derive(Debug)]
pub(super) struct Notes {
    uses: Uses,
    pub(super) person_key: PersonKeyField,
    proofs: BTreeMap<Step, Proof>,
    /// The functions of the service; none while the site has not told.
    functions: Option<BTreeSet<String>>,
    /// The capabilities that showed, or whose absence showed.
    capabilities: HashMap<&'static str, Granted>,
    pub(super) server_date: Option<String>,
}

impl Notes {
    pub(super) fn new(uses: Uses, person_key: PersonKeyField) -> Notes {
        let mut notes = Notes {
            uses,
            person_key,
            proofs: BTreeMap::new(),
            functions: None,
            capabilities: HashMap::new(),
            server_date: None,
        };
        notes.ok(Step::LoginPlugin, "not needed: a token needs no login plug-in");
        notes.ok(Step::PasswordLogin, "not needed: Muster uses a token, and no password lies on its machine");
        notes
    }

    pub(super) fn ok(&mut self, step: Step, found: impl Into<String>) {
        self.advise(step, found, "");
    }

    /// Settles a step that is in order and could be better.
    pub(super) fn advise(&mut self, step: Step, found: impl Into<String>, advice: impl Into<String>) {
        self.settle(step, Verdict::Ok, &[], found.into(), advice.into());
    }

    pub(super) fn wrong(&mut self, step: Step, found: impl Into<String>, remedy: impl Into<String>) {
        self.settle(step, Verdict::Wrong, &[], found.into(), remedy.into());
    }

    /// Settles a step that is wrong, unless it is one of the others: Moodle answers the same.
    pub(super) fn wrong_or(&mut self, step: Step, or: &[Step], found: &str, remedy: impl Into<String>) {
        self.settle(step, Verdict::Wrong, or, found.to_owned(), remedy.into());
        for other in or {
            let found = format!("Moodle answers the same as for {}: see there", step.code());
            self.cannot_tell(*other, found, other.page());
        }
    }

    pub(super) fn cannot_tell(&mut self, step: Step, found: impl Into<String>, remedy: impl Into<String>) {
        self.settle(step, Verdict::CannotTell, &[], found.into(), remedy.into());
    }

    fn settle(&mut self, step: Step, verdict: Verdict, or: &[Step], found: String, remedy: String) {
        let proof = Proof { step, verdict, or: or.to_vec(), found, remedy };
        self.proofs.entry(step).or_insert(proof);
    }

    /// Remembers the functions of the service.
    pub(super) fn service_holds(&mut self, functions: BTreeSet<String>) {
        self.functions = Some(functions);
    }

    /// Tells whether the service holds a function.
    pub(super) fn is_granted(&self, function: &str) -> bool {
        self.functions.as_ref().is_some_and(|functions| functions.contains(function))
    }

    /// The functions that are needed and missing.
    pub(super) fn functions_missing(&self) -> Vec<&'static str> {
        let needed = needs::functions(self.uses).into_iter().map(|(name, _)| name);
        needed.filter(|name| !self.is_granted(name)).collect()
    }

    /// The functions that are there and not needed.
    pub(super) fn functions_surplus(&self) -> Vec<String> {
        let needed = needs::functions(self.uses);
        let is_surplus = |name: &&String| needed.iter().all(|(needed, _)| needed != name);
        self.functions.iter().flatten().filter(is_surplus).cloned().collect()
    }

    /// Remembers whether a capability showed. A course that shows its absence outweighs one that shows it.
    pub(super) fn capability(&mut self, name: &'static str, granted: Granted) {
        let known = self.capabilities.entry(name).or_insert(granted);
        if granted == Granted::No {
            *known = granted;
        }
    }

    /// What is known of a capability.
    pub(super) fn known(&self, capability: &str) -> Granted {
        self.capabilities.get(capability).copied().unwrap_or(Granted::Unknown)
    }

    /// The capabilities that are needed and of which this is known.
    pub(super) fn capabilities_that_are(&self, granted: Granted) -> Vec<&'static str> {
        let needed = needs::capabilities(self.uses, self.person_key).into_iter().map(|(name, _)| name);
        needed.filter(|name| self.known(name) == granted).collect()
    }

    /// The capabilities that showed and are not needed.
    pub(super) fn capabilities_surplus(&self) -> Vec<&'static str> {
        let needed = needs::capabilities(self.uses, self.person_key);
        let is_surplus = |name: &&'static str| needed.iter().all(|(needed, _)| *needed != *name);
        let shown = self.capabilities.iter().filter(|(_, granted)| **granted == Granted::Yes);
        let mut surplus: Vec<&'static str> = shown.map(|(name, _)| *name).filter(is_surplus).collect();
        surplus.sort_unstable();
        surplus
    }

    /// Makes the lines.
    pub(super) fn finish(mut self) -> Examination {
        let first_wrong = Step::ALL
            .iter()
            .find(|step| self.proofs.get(step).is_some_and(|proof| proof.verdict == Verdict::Wrong));
        let why = match first_wrong {
            Some(step) => format!("not reached: {} comes first", step.code()),
            None => "not reached".to_owned(),
        };
        for step in Step::ALL {
            self.cannot_tell(*step, why.clone(), "");
        }
        let functions = needs::functions(self.uses).into_iter().map(|(name, purpose)| {
            let granted = match &self.functions {
                Some(functions) if functions.contains(name) => Granted::Yes,
                Some(_) => Granted::No,
                None => Granted::Unknown,
            };
            Need { name, purpose, granted }
        });
        let functions = functions.collect();
        let capabilities = needs::capabilities(self.uses, self.person_key);
        let capabilities = capabilities
            .into_iter()
            .map(|(name, purpose)| Need { name, purpose, granted: self.known(name) })
            .collect();
        Examination {
            functions,
            capabilities,
            functions_surplus: self.functions_surplus(),
            capabilities_surplus: self.capabilities_surplus(),
            server_date: self.server_date,
            proofs: Step::ALL.iter().filter_map(|step| self.proofs.remove(step)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_settled_stays_and_a_missing_right_outweighs_one_that_showed_elsewhere() {
        let mut notes = Notes::new(Uses::default(), PersonKeyField::Idnumber);
        notes.wrong(Step::Rest, "off", "switch it on");
        notes.ok(Step::Rest, "on");
        for (granted, expected) in
            [(Granted::Yes, Granted::Yes), (Granted::No, Granted::No), (Granted::Yes, Granted::No)]
        {
            notes.capability("moodle/course:view", granted);
            assert_eq!(notes.known("moodle/course:view"), expected);
        }
        let found = notes.finish();
        let rest = found.proofs.iter().find(|proof| proof.step == Step::Rest).unwrap();
        assert_eq!((rest.verdict, rest.found.as_str()), (Verdict::Wrong, "off"));
        assert!(found.proofs.iter().any(|proof| proof.found == "not reached: D2 comes first"));
    }
}

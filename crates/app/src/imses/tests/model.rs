//! Random hierarchies against a small model, which knows the rules as what must hold for the whole tree, and nothing of how the service
//! looks at them.

use std::collections::BTreeMap;

use ims_es::common::ExtensionField;
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::object::{Group, OrganisationType, Relationship};
use ims_es::group::read_groups::ReadGroups;
use ims_es::group::replace_groups::ReplaceGroups;
use ims_es::group::update_groups::UpdateGroups;
use ims_es::policy::Verb;
use ims_es::status_info::{Ending, StatusBlock, StatusInfoSet};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Campus, cases, pair, renaming, titled};

/// The keys that groups may have; the last one is never made.
const KEYS: [&str; 9] = ["root", "a", "b", "c", "d", "e", "f", "g", "nowhere"];

type Kind = OrganisationType;

#[derive(Clone, Debug)]
enum Step {
    Put { verb: Verb, key: usize, parent: Option<usize>, kind: Option<Kind>, has_title: bool },
    Delete(usize),
    Rename(usize, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    parent: String,
    kind: Kind,
    title: String,
}

/// The tree as it should be, and how many courses have lost their group.
#[derive(Clone, Debug)]
struct Model {
    nodes: BTreeMap<String, Node>,
    courses_left: usize,
}

impl Model {
    fn new() -> Model {
        let root = Node { parent: String::new(), kind: Kind::Site, title: "Campus".into() };
        Model { nodes: [("root".to_owned(), root)].into(), courses_left: 0 }
    }

    /// Carries a step out if the tree stays one; tells whether it did.
    fn step(&mut self, step: &Step) -> bool {
        let mut after = self.clone();
        let is_done = after.try_step(step) && after.is_a_tree();
        if is_done {
            *self = after;
        }
        is_done
    }

    fn try_step(&mut self, step: &Step) -> bool {
        match *step {
            Step::Put { verb, key, parent, kind, has_title } => {
                self.put(verb, KEYS[key], parent.map(|parent| KEYS[parent]), kind, has_title)
            }
            Step::Delete(key) => {
                let is_there = KEYS[key] != "root" && self.nodes.contains_key(KEYS[key]);
                if is_there {
                    self.delete(KEYS[key]);
                }
                is_there
            }
            Step::Rename(before, after) => self.rename(KEYS[before], KEYS[after]),
        }
    }

    fn put(
        &mut self,
        verb: Verb,
        key: &str,
        parent: Option<&str>,
        kind: Option<Kind>,
        has_title: bool,
    ) -> bool {
        let before = self.nodes.get(key).cloned();
        if key == "root" || ((verb != Verb::Update || before.is_none()) && !(parent.is_some() && has_title)) {
            return false;
        }
        let kept = before.clone().filter(|_| verb != Verb::Replace);
        let kind = kind.or(kept.as_ref().map(|node| node.kind)).unwrap_or(Kind::Unspecified);
        let may_become = |before: Kind| {
            before == kind
                || matches!(
                    (before, kind),
                    (Kind::School, Kind::Unspecified) | (Kind::Unspecified, Kind::School | Kind::Course)
                )
        };
        let parent = match (parent, before.as_ref()) {
            (Some(own), _) if own == key => "root".to_owned(),
            (Some(parent), _) => parent.to_owned(),
            (None, Some(node)) => node.parent.clone(),
            (None, None) => return false,
        };
        let title = if has_title { format!("Title of {key}") } else { before.clone().unwrap().title };
        self.nodes.insert(key.to_owned(), Node { parent, kind, title });
        before.is_none_or(|node| may_become(node.kind))
    }

    fn delete(&mut self, key: &str) {
        let children: Vec<String> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.parent == key)
            .map(|(child, _)| child.clone())
            .collect();
        children.iter().for_each(|child| self.delete(child));
        let gone = self.nodes.remove(key);
        self.courses_left += usize::from(gone.is_some_and(|node| node.kind == Kind::Course));
    }

    fn rename(&mut self, before: &str, after: &str) -> bool {
        if before == after {
            return self.nodes.contains_key(before);
        }
        if before == "root" || self.nodes.contains_key(after) {
            return false;
        }
        let Some(node) = self.nodes.remove(before) else { return false };
        self.nodes.insert(after.to_owned(), node);
        self.nodes
            .values_mut()
            .filter(|node| node.parent == before)
            .for_each(|node| node.parent = after.to_owned());
        true
    }

    /// What must always hold, looked at from every group.
    fn is_a_tree(&self) -> bool {
        self.nodes.iter().all(|(key, node)| {
            let mut above = Vec::new();
            let mut at = node;
            while at.kind != Kind::Site {
                let Some(parent) = self.nodes.get(&at.parent) else { return false };
                if above.len() > self.nodes.len() {
                    return false;
                }
                above.push(parent.kind);
                at = parent;
            }
            let is_in_course = above.first() == Some(&Kind::Course);
            (key == "root") == (node.kind == Kind::Site)
                && (node.kind != Kind::CourseGroup || is_in_course)
                && (node.kind != Kind::School || !above.contains(&Kind::School))
        })
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let verb = prop_oneof![3 => Just(Verb::Create), 2 => Just(Verb::Update), 1 => Just(Verb::Replace)];
    let kind = prop_oneof![
        3 => Just(None),
        3 => Just(Some(Kind::Unspecified)),
        2 => Just(Some(Kind::School)),
        2 => Just(Some(Kind::Course)),
        1 => Just(Some(Kind::CourseGroup)),
    ];
    let parent = prop_oneof![1 => Just(None), 9 => (0..KEYS.len()).prop_map(Some)];
    let put = (verb, 0..KEYS.len() - 1, parent, kind, prop::bool::weighted(0.9))
        .prop_map(|(verb, key, parent, kind, has_title)| Step::Put { verb, key, parent, kind, has_title });
    prop_oneof![
        8 => put,
        1 => (0..KEYS.len()).prop_map(Step::Delete),
        1 => (0..KEYS.len(), 0..KEYS.len() - 1).prop_map(|(before, after)| Step::Rename(before, after)),
    ]
}

fn sent(key: usize, parent: Option<usize>, kind: Option<Kind>, has_title: bool) -> Group {
    let title = if has_title { titled(&format!("Title of {}", KEYS[key])) } else { Group::default() };
    let is_course = kind == Some(Kind::Course);
    let extension = is_course.then(|| ExtensionField::new("course", "String", "A course"));
    Group {
        group_type: kind.map(Kind::to_group_type),
        relationships: parent.map(|parent| Relationship::parent(KEYS[parent])).into_iter().collect(),
        extension: extension.into_iter().collect(),
        ..title
    }
}

/// Carries out steps of one kind in one call, so that they also see each other; tells which were done.
async fn send(campus: &Campus, steps: &[Step]) -> Vec<bool> {
    let done = |set: StatusInfoSet| {
        set.statuses().iter().map(|status| !matches!(status.ending(), Ending::Refused(_))).collect()
    };
    let pairs = || {
        let pairs = steps.iter().filter_map(|step| match *step {
            Step::Put { key, parent, kind, has_title, .. } => {
                Some(pair(KEYS[key], sent(key, parent, kind, has_title)))
            }
            Step::Delete(_) | Step::Rename(..) => None,
        });
        pairs.collect()
    };
    match &steps[0] {
        Step::Put { verb: Verb::Create, .. } => {
            done(campus.call(&CreateGroups { pairs: pairs() }).await.status)
        }
        Step::Put { verb: Verb::Update, .. } => {
            done(campus.call(&UpdateGroups { pairs: pairs() }).await.status)
        }
        Step::Put { verb: Verb::Replace, .. } => {
            done(campus.call(&ReplaceGroups { pairs: pairs() }).await.status)
        }
        Step::Delete(key) => {
            done(campus.call(&DeleteGroups { sourced_ids: vec![KEYS[*key].to_owned()] }).await.status)
        }
        Step::Rename(before, after) => {
            let pairs = renaming(&[(KEYS[*before], KEYS[*after])]);
            done(campus.call(&ChangeGroupsIdentifier { pairs }).await.status)
        }
    }
}

fn verb_of(step: &Step) -> Option<Verb> {
    if let Step::Put { verb, .. } = step { Some(*verb) } else { None }
}

/// The tree as the service shows it.
async fn shown(campus: &Campus) -> BTreeMap<String, Node> {
    let call = ReadGroups { sourced_ids: KEYS.map(str::to_owned).to_vec() };
    let reply = campus.call(&call).await;
    let found =
        KEYS.iter().zip(reply.status.statuses()).filter(|(_, status)| status.ending() == Ending::Done);
    let node = |group: Group| Node {
        parent: group.relationships.first().and_then(|parent| parent.source_id.clone()).unwrap_or_default(),
        kind: ims_es::group::rules::organisation_type(group.group_type.as_ref()).unwrap().unwrap(),
        title: group.description.unwrap().desc_short.unwrap(),
    };
    found.map(|(key, _)| (*key).to_owned()).zip(reply.body.groups.into_iter().map(node)).collect()
}

async fn check(steps: Vec<Step>) {
    let campus = Campus::open().await;
    let mut model = Model::new();
    for call in steps.chunk_by(|one, next| verb_of(one).is_some() && verb_of(one) == verb_of(next)) {
        let expected: Vec<bool> = call.iter().map(|step| model.step(step)).collect();
        assert_eq!(send(&campus, call).await, expected, "{call:?} of {steps:?}");
    }
    assert_eq!(shown(&campus).await, model.nodes, "{steps:?}");
    let site = campus.store.sites().await.unwrap().into_iter().find(|site| &*site.name == "campus").unwrap();
    let left = campus.store.ims_courses_left(site.id).await.unwrap();
    assert_eq!((left.len(), site.groups as usize), (model.courses_left, model.nodes.len()), "{steps:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(60), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_random_hierarchy_is_what_the_model_says(steps in vec(steps(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(steps));
    }
}

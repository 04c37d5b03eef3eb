//! Reading the objects of a site (facts/ims-es.md §2.2, §5).
//!
//! Not here: how an object is put together (`shown.rs`).
//!
//! Invariant: of objects that were asked for by their keys, those with the status of a success stand in the answer, in the order of
//! the request.
//! Invariant: an answer that would be too large says so; none is cut short.

use ims_es::identifier::clean;
use ims_es::lexical::Lexical;
use ims_es::person::read_all_persons::ReadAllPersons;
use ims_es::problem::Problem;
use ims_es::status::CodeMinor;
use store::Timestamp;
use store::ims::{GroupRow, ObjectKind, PersonRow, Reading};

use super::error::ServeError;
use super::shown;
use super::tasks::{is_refused, unknown};
use super::work::{Found, Query};

/// What is wrong with each item, and what was found.
type Answer = (Vec<Vec<Problem>>, Found);

/// Reads; `found` is what the message alone tells about each item.
pub(super) async fn read(
    site: &mut Reading,
    query: &Query,
    found: Vec<Vec<Problem>>,
    objects_max: usize,
) -> Result<Answer, ServeError> {
    if let Query::Keys(kind, keys) = query {
        return by_keys(site, *kind, keys, found).await;
    }
    let mut problems = found.into_iter().next().unwrap_or_default();
    let mut result = Found::Nothing;
    if !is_refused(&problems) {
        match one(site, query, objects_max).await? {
            Ok(objects) => result = objects,
            Err(problem) => problems.push(problem),
        }
    }
    Ok((vec![problems], result))
}

async fn by_keys(
    site: &mut Reading,
    kind: ObjectKind,
    keys: &[Option<String>],
    found: Vec<Vec<Problem>>,
) -> Result<Answer, ServeError> {
    let mut all = Vec::with_capacity(keys.len());
    let (mut groups, mut persons, mut memberships) = (Vec::new(), Vec::new(), Vec::new());
    for (key, mut problems) in keys.iter().zip(found) {
        if !is_refused(&problems) {
            let key = clean(key.as_deref()).unwrap_or_default();
            let is_there = match kind {
                ObjectKind::Group => match site.group(key).await? {
                    Some(row) => {
                        groups.push(shown::group(&row)?);
                        true
                    }
                    None => false,
                },
                ObjectKind::Person => match site.person(key).await? {
                    Some(row) => {
                        persons.push(shown::person(site, &row).await?);
                        true
                    }
                    None => false,
                },
                ObjectKind::Membership => match site.membership(key).await? {
                    Some(row) => {
                        memberships.push(shown::membership(&row)?);
                        true
                    }
                    None => false,
                },
            };
            if !is_there {
                problems.push(unknown(site, kind, key).await?);
            }
        }
        all.push(problems);
    }
    let found = match kind {
        ObjectKind::Group => Found::Groups(groups),
        ObjectKind::Person => Found::Persons(persons),
        ObjectKind::Membership => Found::Memberships(memberships),
    };
    Ok((all, found))
}

async fn one(
    site: &mut Reading,
    query: &Query,
    objects_max: usize,
) -> Result<Result<Found, Problem>, ServeError> {
    // One more than may be answered shows that there are too many.
    let limit = objects_max + 1;
    let found = match query {
        Query::Keys(..) => Found::Nothing,
        Query::GroupsOfPerson(key) => match person(site, key.as_deref()).await? {
            Err(problem) => return Ok(Err(problem)),
            Ok(row) => {
                let rows = site.groups_of(row.id, limit).await?;
                Found::Groups(rows.iter().map(shown::group).collect::<Result<_, _>>()?)
            }
        },
        Query::MembershipsOfPerson(key) => match person(site, key.as_deref()).await? {
            Err(problem) => return Ok(Err(problem)),
            Ok(row) => {
                let rows = site.memberships_of_person(row.id, limit).await?;
                Found::MembershipPairs(rows.iter().map(shown::membership_pair).collect::<Result<_, _>>()?)
            }
        },
        Query::MembershipsOfGroup(key) => match group(site, key.as_deref()).await? {
            Err(problem) => return Ok(Err(problem)),
            Ok(row) => {
                let rows = site.memberships_of_group(row.id, limit).await?;
                Found::MembershipPairs(rows.iter().map(shown::membership_pair).collect::<Result<_, _>>()?)
            }
        },
        Query::PersonsOfGroup(key) => match group(site, key.as_deref()).await? {
            Err(problem) => return Ok(Err(problem)),
            Ok(row) => {
                let rows = site.persons_of(row.id, limit).await?;
                person_pairs(site, &rows, rows.len() as u64).await?
            }
        },
        Query::Page(request) => page(site, request, limit).await?,
    };
    let count = match &found {
        Found::Nothing => 0,
        Found::Groups(groups) => groups.len(),
        Found::Persons(persons) => persons.len(),
        Found::PersonPairs(pairs, _) => pairs.len(),
        Found::Memberships(memberships) => memberships.len(),
        Found::MembershipPairs(pairs) => pairs.len(),
    };
    if count > objects_max {
        let text = format!("The answer would hold more than {objects_max} objects.");
        let mend = "Ask for less at once.";
        return Ok(Err(Problem::error(CodeMinor::TooMuchData, "identifier", "", &text, mend)));
    }
    Ok(Ok(found))
}

async fn person(site: &mut Reading, key: Option<&str>) -> Result<Result<PersonRow, Problem>, ServeError> {
    let key = clean(key).unwrap_or_default();
    Ok(match site.person(key).await? {
        Some(row) => Ok(row),
        None => Err(unknown(site, ObjectKind::Person, key).await?),
    })
}

async fn group(site: &mut Reading, key: Option<&str>) -> Result<Result<GroupRow, Problem>, ServeError> {
    let key = clean(key).unwrap_or_default();
    Ok(match site.group(key).await? {
        Some(row) => Ok(row),
        None => Err(unknown(site, ObjectKind::Group, key).await?),
    })
}

async fn person_pairs(site: &mut Reading, rows: &[PersonRow], count: u64) -> Result<Found, ServeError> {
    let mut pairs = Vec::with_capacity(rows.len());
    for row in rows {
        pairs.push(shown::person_pair(site, row).await?);
    }
    Ok(Found::PersonPairs(pairs, count))
}

/// A page of all persons. Nobody here was made by hand, so that whoever asks only for those gets none (facts/ims-es.md §5.2).
async fn page(site: &mut Reading, request: &ReadAllPersons, limit: usize) -> Result<Found, ServeError> {
    let only_manual = request.only_manually_created_users.as_ref().and_then(Lexical::value).copied();
    if only_manual == Some(true) {
        return Ok(Found::PersonPairs(Vec::new(), 0));
    }
    let number = |value: &Option<Lexical<i32>>| {
        let value = value.as_ref().and_then(Lexical::value).copied().unwrap_or(1);
        u64::try_from(value).unwrap_or(1).max(1)
    };
    let (index, size) = (number(&request.page_index), number(&request.page_size));
    let since = request.created_from.as_ref().and_then(Lexical::value);
    let since = Timestamp(since.map_or(i64::MIN, |since| since.unix_ms.div_euclid(1000)));
    let size_limit = usize::try_from(size).unwrap_or(limit).min(limit);
    let page = site.person_page(since, (index - 1).saturating_mul(size), size_limit).await?;
    person_pairs(site, &page.persons, page.count).await
}

//! `muster import`: reads the sources, accepts what was refused, compares deliveries.
//!
//! Not here: what is read and believed ([`crate::import`]).

mod moves;

use std::fmt::Write;

use reconcile::keys::SourceName;
use serde_json::json;
use store::{Acceptance, DeliveryDifference, DeliveryId, Timestamp};

use self::moves::moves;

use super::night::import_line;
use crate::app::{App, person};
use crate::cli::ImportArgs;
use crate::clock::written;
use crate::config::nearest;
use crate::exit::{Exit, Failure};
use crate::import::import_sources;
use crate::output::Output;
use crate::present::table::{bad, columns, counted, good, pending};

pub(crate) async fn run(app: &App, args: &ImportArgs, output: &Output) -> Result<Exit, Failure> {
    if let (Some(number), Some(reason)) = (args.accept, &args.reason) {
        return accept(app, number, reason, output).await;
    }
    if let Some([older, newer]) = args.diff.as_deref() {
        return difference(app, *older, *newer, output).await;
    }
    let only = args.source.as_deref().map(|name| known_source(app, name)).transpose()?;
    let lock = app.lock("import").await?;
    let errors = args.errors.clone().unwrap_or_else(|| app.errors_dir());
    let imported = import_sources(app, &lock, only.as_ref(), &errors).await?;
    output.answer(&imported, || imported.iter().map(import_line).collect())?;
    let all_accepted = imported.iter().all(|imported| imported.is_accepted());
    Ok(if all_accepted { Exit::Done } else { Exit::Source })
}

/// A source by its name, or a failure that says which there are.
pub(crate) fn known_source(app: &App, name: &str) -> Result<SourceName, Failure> {
    let names = app.config.sources.keys().map(SourceName::as_str);
    if let Some(source) = app.config.sources.keys().find(|source| source.as_str() == name) {
        return Ok(source.clone());
    }
    let hint = match nearest(name, names.clone()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the configuration has {}", names.collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::new(Exit::Usage, format!("there is no source {name}")).hint(hint))
}

async fn accept(app: &App, number: i64, reason: &str, output: &Output) -> Result<Exit, Failure> {
    let lock = app.lock("accept a delivery").await?;
    let (default_source, who) = (app.default_source(), person());
    let acceptance = Acceptance { default_source: &default_source, who: &who, reason, now: app.clock.now() };
    app.store.accept_delivery(&lock, DeliveryId(number), &acceptance).await.map_err(|error| {
        Failure::of(Exit::Usage, error).hint(
            "`muster status` lists the deliveries; one that is older than the accepted one stays refused",
        )
    })?;
    output.answer(&json!({ "accepted": number }), || {
        format!("Delivery {number} is in force. next: muster plan")
    })?;
    Ok(Exit::Done)
}

async fn difference(app: &App, older: i64, newer: i64, output: &Output) -> Result<Exit, Failure> {
    let difference =
        app.store.delivery_difference(DeliveryId(older), DeliveryId(newer)).await.map_err(|error| {
            Failure::of(Exit::Usage, error).hint("`muster status` lists the deliveries that are kept")
        })?;
    let moves = moves(&difference);
    let times = [received(app, older).await?, received(app, newer).await?];
    let document = json!({
        "received_at": times.map(|time| time.map(|time| time.0)),
        "moves": moves,
        "groups_added": difference.groups_added.len(),
        "groups_removed": difference.groups_removed.len(),
        "groups_changed": difference.groups_changed.len(),
        "members_added": difference.members_added.len(),
        "members_removed": difference.members_removed.len(),
        "members_changed": difference.members_changed.len(),
    });
    output.answer(&document, || {
        let told = times.map(|time| time.map_or_else(String::new, |time| format!(" ({})", written(time))));
        let mut text = format!("Delivery {newer}{}, compared with {older}{}:\n", told[1], told[0]);
        for one in moves.iter().take(MOVES_SHOWN_MAX) {
            let _ = writeln!(text, "  {}", one.sentence());
        }
        if moves.len() > MOVES_SHOWN_MAX {
            let more = (moves.len() - MOVES_SHOWN_MAX) as u64;
            let _ = writeln!(text, "  … and {}", counted(more, "smaller move", "smaller moves"));
        }
        text + &difference_text(&difference)
    })?;
    Ok(Exit::Done)
}

/// How many moves are told.
const MOVES_SHOWN_MAX: usize = 20;

/// When a delivery came; `None` where it is too old to be listed.
async fn received(app: &App, number: i64) -> Result<Option<Timestamp>, Failure> {
    let deliveries = app.store.deliveries(u32::MAX).await?;
    Ok(deliveries.iter().find(|row| row.id.0 == number).map(|row| row.received_at))
}

/// How many members are listed of each kind of change.
const MEMBERS_SHOWN_MAX: usize = 50;

fn difference_text(difference: &DeliveryDifference) -> String {
    let mut rows = Vec::new();
    for group in &difference.groups_added {
        rows.push(vec![
            good("+ group"),
            group.module.to_string(),
            group.id.to_string(),
            group.name.to_string(),
        ]);
    }
    for group in &difference.groups_removed {
        rows.push(vec![
            bad("- group"),
            group.module.to_string(),
            group.id.to_string(),
            group.name.to_string(),
        ]);
    }
    for (before, after) in &difference.groups_changed {
        let what = format!("{} → {}", before.name, after.name);
        rows.push(vec![pending("~ group"), after.module.to_string(), after.id.to_string(), what]);
    }
    let changes = [
        (good("+ member"), &difference.members_added),
        (bad("- member"), &difference.members_removed),
        (pending("~ member"), &difference.members_changed),
    ];
    let mut left_out = 0;
    for (sign, members) in changes {
        left_out += members.len().saturating_sub(MEMBERS_SHOWN_MAX);
        for member in members.iter().take(MEMBERS_SHOWN_MAX) {
            let what = format!("{} as {}", member.person, member.role);
            rows.push(vec![sign.clone(), member.module.to_string(), member.group.to_string(), what]);
        }
    }
    if rows.is_empty() {
        return "The two deliveries say the same.".to_owned();
    }
    let mut text = columns(&["", "module", "group", "what"], rows);
    if left_out > 0 {
        let _ = writeln!(text, "… and {}", counted(left_out as u64, "more member", "more members"));
    }
    text
}

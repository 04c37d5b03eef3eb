//! `muster owners`: who gets emails about their courses, and who wants none (feature H7).
//!
//! Not here: who owns a course, and what they are told ([`crate::mail`]).
//!
//! Invariant: somebody who asked for no emails gets none, whoever owns which course later.

use serde_json::json;
use store::{OwnerRow, Subscription};

use crate::app::{App, person};
use crate::cli::{OwnersCommand, SubscriptionArgs};
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::mail::mailbox;
use crate::output::Output;
use crate::present::table::{columns, faint};

pub(crate) async fn run(app: &App, command: &OwnersCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        OwnersCommand::List => list(app, output).await,
        OwnersCommand::Unsubscribe(args) => change(app, args, Subscription::Off, output).await,
        OwnersCommand::Subscribe(args) => change(app, args, Subscription::On, output).await,
    }
}

async fn list(app: &App, output: &Output) -> Result<Exit, Failure> {
    let owners = app.store.owners().await?;
    let document: Vec<_> = owners
        .iter()
        .map(|row| {
            json!({
                "address": row.address, "person": row.person, "language": row.language,
                "told_at": row.told_at.map(|time| time.0),
                "unsubscribed_at": row.unsubscribed_at.map(|time| time.0),
            })
        })
        .collect();
    output.answer(&document, || match (owners.is_empty(), &app.config.owners) {
        (true, None) => {
            "Nobody was written to: [report.owners] has no who. next: muster config explain report.owners.who"
                .to_owned()
        }
        (true, Some(_)) => {
            "Nobody was written to yet; after the next run owners are told of what is new.".to_owned()
        }
        (false, _) => columns(&["address", "language", "last email", ""], owners.iter().map(line).collect()),
    })?;
    Ok(Exit::Done)
}

fn line(row: &OwnerRow) -> Vec<String> {
    let since = |time| format!("wants none since {}", written(time));
    vec![
        row.address.to_string(),
        row.language.as_deref().unwrap_or_default().to_owned(),
        row.told_at.map_or_else(|| faint("never"), written),
        row.unsubscribed_at.map(since).unwrap_or_default(),
    ]
}

async fn change(
    app: &App,
    args: &SubscriptionArgs,
    wish: Subscription,
    output: &Output,
) -> Result<Exit, Failure> {
    let Some(mailbox) = mailbox(&args.address) else {
        return Err(Failure::new(Exit::Usage, format!("{:?} is no address", args.address))
            .hint("write it as it stands in `muster owners list`"));
    };
    let address = mailbox.email.to_string().to_lowercase();
    let now = app.clock.now();
    let is_new = app.store.subscribe_owner(&address, wish, &person(), &args.reason, now).await?;
    let text = match (wish, is_new) {
        (Subscription::Off, true) => {
            format!("{address} gets no more emails. next: muster owners subscribe {address} takes it back")
        }
        (Subscription::Off, false) => format!("{address} got none already."),
        (Subscription::On, true) => format!("{address} gets emails again, of what is new from now on."),
        (Subscription::On, false) => format!("{address} may be written to already."),
    };
    output.answer(&json!({ "address": address, "changed": is_new }), || text.clone())?;
    Ok(Exit::Done)
}

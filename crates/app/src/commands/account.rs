//! `muster account`: which student systems may push, and to which site.
//!
//! Not here: letting them in (`crate::imses`).
//!
//! Invariant: a password is shown once, when Muster has made it, and never again.

use std::io::{BufRead, Write};

use ims_es::common::Secret;
use ims_es::group::object::{Description, Group};
use ims_es::identifier;
use ims_es::keep::keep;
use ims_es::problem::Weight;
use serde_json::json;
use store::StoreError;
use store::ims::{AccountRow, CallLimits, NewAccount};

use crate::app::{App, person};
use crate::ask::{Consent, ask};
use crate::cli::{AccountAddArgs, AccountCommand, LimitArgs, PasswordArgs};
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::imses::password;
use crate::output::Output;
use crate::present::table::{columns, faint};

pub(crate) async fn run(app: &App, command: &AccountCommand, output: &Output) -> Result<Exit, Failure> {
    let (who, now) = (person(), app.clock.now());
    match command {
        AccountCommand::List => list(app, output).await,
        AccountCommand::Sites => sites(app, output).await,
        AccountCommand::Add(args) => add(app, args, output).await,
        AccountCommand::Rotate { name, finish: true, reason, .. } => {
            app.store.drop_older_password(name, &who, reason, now).await.map_err(usage)?;
            said(output, &format!("Only the newer password of {name} holds now."))
        }
        AccountCommand::Rotate { name, finish: false, password, reason } => {
            let (secret, is_made) = secret(password)?;
            let hash = hashed(&secret)?;
            app.store.add_password(name, &hash, &who, reason, now).await.map_err(usage)?;
            let next =
                format!("next: tell it to the student system, then muster account rotate {name} --finish");
            show(output, name, &secret, is_made, &format!("Both passwords of {name} hold now.\n{next}"))
        }
        AccountCommand::Limit { name, limits, reason } => {
            app.store.limit_account(name, call_limits(limits), &who, reason, now).await.map_err(usage)?;
            said(output, &format!("{name} may have {} under way at once.", at_once(call_limits(limits))))
        }
        AccountCommand::Remove { name, reason, consent } => {
            let question = format!("Remove the account {name}? What it pushed stays.");
            let may = match Consent::of(consent.yes, output) {
                Consent::Given => true,
                Consent::Ask => ask(&question)?,
                Consent::Nobody => false,
            };
            if !may {
                return said(output, &format!("Nothing was done. next: muster account remove {name} --yes"));
            }
            app.store.remove_account(name, &who, reason, now).await.map_err(usage)?;
            said(output, &format!("{name} is removed; its calls are refused from now on."))
        }
    }
}

async fn add(app: &App, args: &AccountAddArgs, output: &Output) -> Result<Exit, Failure> {
    let root_key = args.root_key.trim();
    let problems = identifier::check("root-key", Some(root_key));
    if let Some(problem) = problems.iter().find(|problem| problem.weight == Weight::Error) {
        return Err(Failure::new(Exit::Usage, problem.sentence()).hint(problem.how_to_mend.clone()));
    }
    let (name, site) = (args.name.trim(), args.site.trim());
    if name.is_empty() || site.is_empty() {
        return Err(Failure::new(Exit::Usage, "an account needs a name, and a site with a name"));
    }
    let (secret, is_made) = secret(&args.password)?;
    let description = Description { desc_short: Some(site.to_owned()), ..Description::default() };
    let root = keep(&Group { description: Some(description), ..Group::default() });
    let new = NewAccount {
        name: name.into(),
        site: site.into(),
        root_key: root_key.into(),
        root_body: root.map_err(|error| Failure::of(Exit::Usage, error))?.into(),
        hash: hashed(&secret)?.into(),
        limits: call_limits(&args.limits),
    };
    app.store.add_account(&new, &person(), &args.reason, app.clock.now()).await.map_err(usage)?;
    let text = format!(
        "{name} may push to the site {site}.\nnext: give the student system the address of `muster serve`, this user name and this password"
    );
    show(output, name, &secret, is_made, &text)
}

async fn list(app: &App, output: &Output) -> Result<Exit, Failure> {
    let accounts = app.store.accounts().await?;
    let document: Vec<_> = accounts
        .iter()
        .map(|row| {
            json!({
                "account": row.name, "site": row.site_name, "calls_at_once_max": row.limits.at_once_max,
                "calls_per_minute_max": row.limits.per_minute_max, "passwords": row.passwords.len(),
                "created_at": row.created_at.0, "last_used_at": row.last_used_at.map(|time| time.0),
            })
        })
        .collect();
    output.answer(&document, || {
        if accounts.is_empty() {
            return "No account. next: muster account add NAME --site SITE".to_owned();
        }
        let header = ["account", "site", "at once", "a minute", "passwords", "last used"];
        columns(&header, accounts.iter().map(line).collect())
    })?;
    Ok(Exit::Done)
}

fn line(row: &AccountRow) -> Vec<String> {
    let passwords: Vec<String> = row
        .passwords
        .iter()
        .map(|password| match password.last_used_at {
            Some(time) => format!("used {}", written(time)),
            None => "never used".to_owned(),
        })
        .collect();
    let per_minute = match row.limits.per_minute_max {
        0 => "any".to_owned(),
        max => max.to_string(),
    };
    vec![
        row.name.to_string(),
        row.site_name.to_string(),
        at_once(row.limits),
        per_minute,
        passwords.join(", "),
        row.last_used_at.map_or_else(|| faint("never"), written),
    ]
}

async fn sites(app: &App, output: &Output) -> Result<Exit, Failure> {
    let sites = app.store.sites().await?;
    let document: Vec<_> = sites
        .iter()
        .map(|row| {
            json!({
                "site": row.name, "root_key": row.root_key, "groups": row.groups, "persons": row.persons,
                "memberships": row.memberships,
            })
        })
        .collect();
    output.answer(&document, || {
        if sites.is_empty() {
            return "No site. next: muster account add NAME --site SITE".to_owned();
        }
        let rows = sites.iter().map(|row| {
            let counts = [row.groups, row.persons, row.memberships].map(|count| count.to_string());
            [row.name.to_string(), row.root_key.to_string()].into_iter().chain(counts).collect()
        });
        columns(&["site", "root", "groups", "persons", "memberships"], rows.collect())
    })?;
    Ok(Exit::Done)
}

fn call_limits(args: &LimitArgs) -> CallLimits {
    CallLimits { at_once_max: args.at_once, per_minute_max: args.per_minute }
}

fn at_once(limits: CallLimits) -> String {
    match limits.at_once_max {
        0 => "any".to_owned(),
        max => max.to_string(),
    }
}

/// The password, and whether Muster has made it.
fn secret(args: &PasswordArgs) -> Result<(Secret, bool), Failure> {
    if !args.password_stdin {
        let made = password::generate().map_err(|error| Failure::of(Exit::Configuration, error))?;
        return Ok((made, true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let text = line.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no password on standard input")
            .hint("printf %s \"$PASSWORD\" | muster account … --password-stdin"));
    }
    Ok((Secret::new(text.to_owned()), false))
}

fn hashed(secret: &Secret) -> Result<String, Failure> {
    password::hash(secret).map_err(|error| Failure::of(Exit::Usage, error))
}

/// Says what was done, and the password if it is one that nobody knows yet.
fn show(output: &Output, name: &str, secret: &Secret, is_made: bool, text: &str) -> Result<Exit, Failure> {
    let made = is_made.then(|| secret.expose());
    output.answer(&json!({ "account": name, "password": made }), || match made {
        Some(made) => format!("Password, shown this once: {made}\n{text}"),
        None => text.to_owned(),
    })?;
    std::io::stdout().flush()?;
    Ok(Exit::Done)
}

fn said(output: &Output, text: &str) -> Result<Exit, Failure> {
    output.answer(&json!({ "done": text }), || text.to_owned())?;
    Ok(Exit::Done)
}

/// What is not there is a mistake of whoever typed it.
fn usage(error: StoreError) -> Failure {
    match error {
        StoreError::Missing { .. } | StoreError::InTheWay { .. } => Failure::of(Exit::Usage, error),
        other => Failure::from(other),
    }
}

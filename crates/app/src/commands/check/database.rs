//! The management database: reachable, its version, writable, whole, who is at work in it, room on the disk.
//!
//! Not here: opening it; a database that cannot be opened is told by the caller.

use std::path::Path;
use std::process::Command;

use store::{AuditState, LockState, StoreError, Timestamp};

use super::line::Line;
use crate::app::App;
use crate::clock::written;
use crate::database_trouble::cannot_use;
use crate::exit::Exit;
use crate::present::table::{counted, thousands};

/// Less free space than this is too little for a night: rows of deliveries are kept several times.
const FREE_MIB_MIN: u64 = 512;

/// Tries the database.
pub(super) async fn lines(app: &App) -> Vec<Line> {
    let mut lines = vec![database(app).await, audit(app).await, kept(app).await, lock(app).await];
    lines.extend(app.store.path().map(disk));
    lines
}

async fn database(app: &App) -> Line {
    let what = "database";
    let version = match app.store.try_writing().await {
        Ok(version) => version,
        Err(error) => return wrong(app, what, error),
    };
    match app.store.totals().await {
        Ok(totals) => {
            let groups: u64 = totals.sources.values().map(|ours| ours.groups).sum();
            let groups = counted(groups, "group", "groups");
            let database = &app.config.database;
            Line::ok(what, format!("{database} has version {version} and can be written: {groups} of ours"))
        }
        Err(error) => wrong(app, what, error),
    }
}

fn wrong(app: &App, what: &str, error: StoreError) -> Line {
    let failure = cannot_use(error, app.store.path());
    Line::wrong(failure.exit, what, failure.what(), failure.next())
}

async fn audit(app: &App) -> Line {
    let what = "audit log";
    match app.store.verify_audit().await {
        Ok(AuditState::Whole { rows }) => {
            Line::ok(what, format!("{} follow from each other", counted(rows, "entry", "entries")))
        }
        Ok(AuditState::Broken { row }) => Line::wrong(
            Exit::Configuration,
            what,
            format!("entry {row} was changed outside Muster, or entries before it were taken out"),
            "find out who did it, and restore a backup",
        ),
        Err(error) => wrong(app, what, error),
    }
}

/// How old the oldest of everything is, and when it goes (feature N11).
async fn kept(app: &App) -> Line {
    let what = "retention";
    let since = match app.store.kept_since().await {
        Ok(since) => since,
        Err(error) => return wrong(app, what, error),
    };
    let kept = &app.config.retention;
    let told = [
        ("operations", since.operations, kept.runs_days),
        ("failed calls", since.failed_calls, kept.failed_calls_days),
        ("healed findings", since.healed, kept.healed_days),
        ("what is gone", since.history, kept.history_days),
        ("letters to owners", since.owners, kept.owners_days),
    ]
    .map(|(name, since, days)| {
        let since = since.map_or_else(|| "none".to_owned(), |since| format!("since {}", date(since)));
        let days = if days == 0 { "for ever".to_owned() } else { counted(days, "day", "days") };
        format!("{name} {since} (kept {days})")
    });
    Line::ok(what, told.join(", "))
}

fn date(time: Timestamp) -> String {
    written(time).split(' ').next().unwrap_or_default().to_owned()
}

async fn lock(app: &App) -> Line {
    let what = "run lock";
    match app.store.lock_state().await {
        Ok(LockState::Free) => Line::ok(what, "nobody holds it: a run can begin"),
        Ok(LockState::Held(Some(owner))) => {
            Line::ok(what, format!("held since {} by {owner}: a run is under way", written(owner.since)))
        }
        Ok(LockState::Held(None)) => {
            Line::cannot_tell(what, "held by a process that did not write its name", "")
        }
        Err(error) => wrong(app, what, error),
    }
}

fn disk(database: &Path) -> Line {
    let what = "disk";
    // A relative name without a folder lies here.
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(free_mib) = free_mib(folder) else {
        let found = format!("how much room there is in {} could not be found out", folder.display());
        return Line::cannot_tell(what, found, "");
    };
    let text = format!("{} MiB are free in {}", thousands(free_mib), folder.display());
    if free_mib < FREE_MIB_MIN {
        let remedy = format!("make room: {FREE_MIB_MIN} MiB are the least for a night");
        return Line::wrong(Exit::Configuration, what, text, remedy);
    }
    Line::ok(what, text)
}

/// Asks `df`, in the form that POSIX fixes, for the free space of a folder, in MiB.
fn free_mib(folder: &Path) -> Option<u64> {
    let answer = Command::new("df").arg("-Pk").arg(folder).env("LC_ALL", "C").output().ok()?;
    free_mib_in(&String::from_utf8_lossy(&answer.stdout))
}

fn free_mib_in(answer: &str) -> Option<u64> {
    let fields: Vec<&str> = answer.lines().nth(1)?.split_whitespace().collect();
    // From the end, because the name of a file system may hold blanks: … available, capacity, mounted on.
    let capacity = fields.iter().rposition(|field| field.ends_with('%'))?;
    let free_kib: u64 = fields.get(capacity.checked_sub(1)?)?.parse().ok()?;
    Some(free_kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_space_is_read_from_what_posix_fixes() {
        let head = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
        let check = |line: &str, expected| assert_eq!(free_mib_in(&format!("{head}{line}\n")), expected);
        check("/dev/sda1 10240000 2048000 8192000 20% /var/lib", Some(8_000));
        check("map auto home 10 2 8192 100% /a b", Some(8));
        check("nothing of use", None);
        assert_eq!(free_mib_in(""), None);
    }
}

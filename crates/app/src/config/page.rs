//! Keeps docs/configuration.md equal to the table of keys (`UPDATE_EXPECT=1` rewrites the page).
//!
//! Not here: anything that the program needs.

use expect_test::expect_file;

use super::explain;
use super::schema::{KEYS, SECTIONS};

const HEAD: &str = "\
# Configuration

<!-- Made from crates/app/src/config/schema.rs; `UPDATE_EXPECT=1 cargo nextest run -p app page` rewrites it. -->

Muster reads one TOML file: `muster.toml` in the current folder, or the one that `--config FILE` or `MUSTER_CONFIG` names.
Relative paths are relative to the folder of the file.
An unknown key is a mistake, and all mistakes are told at once, each with line, column and what was expected.
A slip in the syntax (a missing quotation mark, a second `=`) is told alone: until it is mended nobody knows what the rest says.

`muster init` writes a commented file, `muster check` tries it, `muster config show` prints what holds, and `muster config explain KEY` explains a key.

## Secrets

A secret never stands in the file. Write where it is:

- `{ env = \"NAME\" }`: the environment variable NAME.
- `{ file = \"PATH\" }`: the first line of a file that only its owner may read (`chmod 600`).
- `{ command = \"PROGRAM ARGUMENTS\" }`: the first line that the program prints within 15 seconds; it is split at blanks and started without a shell.

A database URL may hold a password; Muster then warns, and never prints it.

## Profiles

`[profile.NAME.…]` overlays what it names, for example `[profile.uat.moodle]` with another `url` and `token`.
`--profile NAME` or `MUSTER_PROFILE` chooses it.
";

#[test]
fn the_page_of_the_configuration_shows_every_key() {
    let explanations = explain::keys();
    let mut page = HEAD.to_owned();
    for section in SECTIONS {
        match section.path {
            "" => page.push_str("\n## Top of the file\n\n"),
            path => {
                page.push_str(&format!("\n## `[{}]`\n\n{}\n\n", path.replace('*', "NAME"), section.about))
            }
        }
        page.push_str("| key | expected | default | what it does |\n|---|---|---|---|\n");
        for (key, explanation) in KEYS.iter().zip(&explanations) {
            if key.section() == section.path {
                let kinds: Vec<String> = key.only_for.iter().map(|kind| format!("`{kind}`")).collect();
                let only = match kinds.len() {
                    0 => String::new(),
                    1 => format!("Kind {} only. ", kinds[0]),
                    _ => format!("Kinds {} only. ", kinds.join(" and ")),
                };
                let default = match explanation.default.as_str() {
                    word @ ("required" | "none") => word.to_owned(),
                    value => format!("`{value}`"),
                };
                page.push_str(&format!(
                    "| `{}` | {} | {default} | {only}{} |\n",
                    key.name(),
                    explanation.expected,
                    explanation.about
                ));
            }
        }
    }
    expect_file!["../../../../docs/configuration.md"].assert_eq(&page);
}

//! The page by which owners of courses get no more letters, and get them again (feature H7): it works without scripts.
//!
//! Not here: the letters with the link ([`crate::mail`]), and the command for administrators
//! ([`crate::commands::owners`]).
//!
//! Invariant: to look at the page changes nothing, because mail programs and scanners look at every link; only a button
//! does, or the one click of a mail program (RFC 8058).
//! Invariant: the secret of a link is in no log and no answer but the page's own address, and that is told to nobody.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::{OwnerRow, StoreError, Subscription};

use crate::app::App;
use crate::exit::chain;
use crate::mail::{LETTERS_PATH, Language, Words};

/// What the page must not do, and who must not learn of it.
const HEADERS: [(header::HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONNECTION, "close"),
];

const STYLE: &str = "body{font-family:sans-serif;line-height:1.5;max-width:34em;margin:3em auto;padding:0 1em}\
     h1{font-size:1.4em;padding-left:.6em;border-left:.3em solid #c2571a}\
     button{font:inherit;padding:.6em 1.2em;border:2px solid;border-radius:4px;cursor:pointer}\
     button:focus-visible{outline:3px solid #c2571a;outline-offset:2px}";

/// The form of the button that brings the letters back; any other form ends them, whatever a mail program sends.
const BEGIN: &str = "letters=on";

/// How long a form may be, in bytes.
const FORM_BYTES_MAX: usize = 1_024;

/// The page and its button.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route(&format!("{LETTERS_PATH}/{{secret}}"), get(look).post(press))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(app)
}

async fn look(State(app): State<Arc<App>>, Path(secret): Path<String>) -> Response {
    answer(app.store.owner_of_link(&secret).await)
}

async fn press(State(app): State<Arc<App>>, Path(secret): Path<String>, form: Bytes) -> Response {
    let wish = if *form == *BEGIN.as_bytes() { Subscription::On } else { Subscription::Off };
    answer(change(&app, &secret, wish).await)
}

/// Changes whether the owner of a link gets letters.
async fn change(app: &App, secret: &str, wish: Subscription) -> Result<Option<OwnerRow>, StoreError> {
    let Some(row) = app.store.owner_of_link(secret).await? else { return Ok(None) };
    let who = "the link in a letter";
    app.store.subscribe_owner(&row.address, wish, who, "", app.clock.now()).await?;
    app.store.owner_of_link(secret).await
}

fn answer(found: Result<Option<OwnerRow>, StoreError>) -> Response {
    let (status, page) = match found {
        Ok(Some(row)) => (StatusCode::OK, page(&row)),
        Ok(None) => (StatusCode::NOT_FOUND, unknown_reader(|words| words.page_unknown)),
        Err(error) => {
            tracing::error!(error = chain(&error), "cannot say whether an owner gets letters");
            (StatusCode::SERVICE_UNAVAILABLE, unknown_reader(|words| words.page_later))
        }
    };
    tracing::debug!(page = LETTERS_PATH, status = status.as_u16(), "answered");
    (status, HEADERS, page).into_response()
}

/// What holds now, and the button that changes it. The form goes to the address of the page, whatever a proxy made of
/// it.
fn page(row: &OwnerRow) -> String {
    let language = row.language.as_deref().and_then(Language::of_code).unwrap_or(Language::English);
    let words = language.words();
    let address = masked(&row.address);
    let (sentence, form, button) = match row.unsubscribed_at {
        None => ((words.page_on)(&address), "letters=off", words.page_end),
        Some(_) => ((words.page_off)(&address), BEGIN, words.page_begin),
    };
    let (name, value) = form.split_once('=').unwrap_or((form, ""));
    let body = format!(
        "<p>{}</p>\n<form method=\"post\"><button name=\"{name}\" value=\"{value}\">{button}</button></form>",
        escape(&sentence)
    );
    frame(language, words.page_title, &body)
}

/// A page to somebody whose language nobody knows.
fn unknown_reader(sentence: fn(&Words) -> &'static str) -> String {
    let paragraphs: Vec<String> = Language::ALL
        .iter()
        .map(|language| format!("<p lang=\"{}\">{}</p>", language.code(), sentence(language.words())))
        .collect();
    frame(Language::English, "Muster", &paragraphs.join("\n"))
}

fn frame(language: Language, title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>{title}</h1>\n{body}\n</main></body></html>\n",
        language.code()
    )
}

/// An address as its owner recognizes it, and nobody else learns it.
fn masked(address: &str) -> String {
    let (name, host) = address.split_once('@').unwrap_or((address, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}…@{host}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use store::{OwnerId, Timestamp};

    use super::*;

    fn row(language: &str, is_off: bool) -> OwnerRow {
        OwnerRow {
            id: OwnerId(1),
            address: "ada@example.ac.uk".into(),
            person: None,
            language: Some(language.into()),
            told_at: None,
            unsubscribed_at: Some(Timestamp(1)).filter(|_| is_off),
        }
    }

    #[test]
    fn h7_the_page_says_what_holds_and_has_one_button_in_the_language_of_the_letter() {
        let check = |language: &str, is_off, says: [&str; 3]| {
            let page = page(&row(language, is_off));
            for part in says {
                assert!(page.contains(part), "{part:?} is not in {page}");
            }
            assert!(!page.contains("ada@") && !page.contains("<script") && page.contains("method=\"post\""));
            assert_eq!(page.matches("<button").count(), 1);
        };
        check("en", false, ["lang=\"en\"", "a…@example.ac.uk gets emails", "Send no more of these emails"]);
        check("en", true, ["lang=\"en\"", "a…@example.ac.uk gets no more emails", "Send these emails again"]);
        check("de", false, ["lang=\"de\"", "a…@example.ac.uk bekommt E-Mails", "Keine solchen E-Mails mehr"]);
        check("de", true, ["lang=\"de\"", "bekommt keine E-Mails", "Diese E-Mails wieder senden"]);
    }

    #[test]
    fn an_address_shows_its_first_letter_only() {
        let check = |address: &str, expected: &str| assert_eq!(masked(address), expected);
        check("ada@example.ac.uk", "a…@example.ac.uk");
        check("ä", "ä…@");
        check("", "…@");
    }
}

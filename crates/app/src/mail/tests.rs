//! Letters as people read them, and real conversations with a mail server.
//!
//! Not here: the whole program with mail (`tests/it/mail.rs`).

mod letters;
#[path = "../../tests/it/post_office.rs"]
mod post_office;
mod sending;

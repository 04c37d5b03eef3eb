//! One call to itslearning and its answer, and the repetitions until there is one.
//!
//! Not here: what failures mean (`errors.rs`), and many items in many calls (`batch.rs`).
//!
//! Invariant: an answer is used only if it names our message and has as many statuses as the call had items.
//! Invariant: a repetition is the same message, byte for byte; every operation leaves the same behind when it is
//! carried out twice (facts/ims-es.md §2.2: create updates what is there).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::BackoffBuilder;
use ims_es::envelope::Reply;
use ims_es::operation::Call;
use ims_es::status_info::StatusBlock;
use reqwest::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::address::Addresses;
use super::answer::Answer;
use super::errors::{CallError, codes};
use super::limiter::{Health, Limiter};
use super::message::{Message, RawAnswer, Writer, shown};
use super::settings::{ItslearningSettings, SettingError};
use crate::failure::{Effect, Kind};
use crate::http::{self, Broken, broken};

/// How much was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Messages, repetitions included.
    pub messages: u64,
    /// Items in them, repetitions included.
    pub items: u64,
    /// Messages that failed as a whole, or for which the service was too busy.
    pub troubled: u64,
}

/// Talks to one itslearning with one account.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    addresses: Addresses,
    pub(super) settings: ItslearningSettings,
    pub(super) writer: Writer,
    limiter: Limiter,
    messages: AtomicU64,
    items: AtomicU64,
    troubled: AtomicU64,
}

impl Client {
    pub(super) fn new(settings: ItslearningSettings) -> Result<Client, SettingError> {
        let addresses = Addresses::new(&settings)?;
        if settings.username.trim().is_empty() {
            return Err(SettingError::new(
                "username",
                "it is empty; the integration in itslearning shows it",
            ));
        }
        if settings.password.is_empty() {
            return Err(SettingError::new(
                "password",
                "it is empty; the integration in itslearning shows it",
            ));
        }
        let http = http::client(settings.timeout, settings.ca_file.as_deref())
            .map_err(|problem| SettingError::new("ca_file", problem))?;
        let limiter = Limiter::new(settings.in_flight_max);
        let (messages, items, troubled) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Ok(Client { http, addresses, settings, writer: Writer::new(), limiter, messages, items, troubled })
    }

    /// Sends a message until it is answered, with growing waits.
    pub(super) async fn deliver<C: Call>(&self, message: &Message) -> Result<Answer<C>, CallError> {
        let mut waits = self.settings.retry.backoff().build();
        let (mut attempts, mut may_repeat) = (0, false);
        loop {
            attempts += 1;
            let wait = match self.attempt::<C>(message).await {
                Ok(reply) => match waits.next().filter(|_| Answer::<C>::is_busy(&reply.status)) {
                    Some(wait) => wait,
                    None => return Ok(answered(reply, message, attempts, may_repeat)),
                },
                Err(mut error) => {
                    may_repeat |= error.effect == Effect::Unknown;
                    let wait = if error.may_be_repeated() { waits.next() } else { None };
                    match wait {
                        Some(wait) => wait,
                        None => {
                            // What the last attempt did not do, an earlier one may have done.
                            error.effect = if may_repeat { Effect::Unknown } else { error.effect };
                            return Err(error);
                        }
                    }
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a message once, when it is its turn.
    async fn attempt<C: Call>(&self, message: &Message) -> Result<Reply<C>, CallError> {
        let _permit = self.limiter.enter(message.items).await;
        let result = self.post(message).await.and_then(|answer| answer.read::<C>(message, &self.settings));
        let is_troubled = match &result {
            Ok(reply) => Answer::<C>::is_busy(&reply.status),
            Err(error) => error.kind == Kind::Transient,
        };
        self.limiter.learn(if is_troubled { Health::Troubled } else { Health::Answered });
        self.troubled.fetch_add(u64::from(is_troubled || result.is_err()), Ordering::Relaxed);
        if let Err(error) = &result {
            tracing::warn!(
                operation = error.operation.name(),
                message = error.message_identifier,
                code = error.code,
                kind = ?error.kind,
                items = message.items,
                "a call to itslearning failed"
            );
        }
        result
    }

    /// Sends a message once, and takes whatever comes back.
    pub(super) async fn post(&self, message: &Message) -> Result<RawAnswer, CallError> {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.items.fetch_add(message.items as u64, Ordering::Relaxed);
        let began = Instant::now();
        let sent = self
            .http
            .post(self.addresses.of(message.operation.service()))
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", format!("\"{}\"", message.operation.soap_action()))
            .body(message.bytes().to_vec())
            .send()
            .await;
        let mut response = sent.map_err(|error| self.transport_error(message, &error))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(piece) =
            response.chunk().await.map_err(|error| self.transport_error(message, &error))?
        {
            if body.len() + piece.len() > self.settings.answer_bytes_max {
                let limit = format!("more than {} bytes", self.settings.answer_bytes_max);
                return Err(self.error(message, codes::ANSWER_TOO_LARGE, &limit));
            }
            body.extend_from_slice(&piece);
        }
        let took: Duration = began.elapsed();
        tracing::debug!(
            operation = message.operation.name(),
            message = message.identifier,
            items = message.items,
            status,
            milliseconds = took.as_millis(),
            "called itslearning"
        );
        Ok(RawAnswer { status, took, body })
    }

    pub(super) fn counts(&self) -> CallCounts {
        CallCounts {
            messages: self.messages.load(Ordering::Relaxed),
            items: self.items.load(Ordering::Relaxed),
            troubled: self.troubled.load(Ordering::Relaxed),
        }
    }

    fn transport_error(&self, message: &Message, error: &reqwest::Error) -> CallError {
        let (broken, reasons) = broken(error);
        let code = match broken {
            Broken::NoTrust => codes::NO_TRUST,
            Broken::NoConnection => codes::NO_CONNECTION,
            Broken::Timeout => codes::TIMEOUT,
            Broken::NoAnswer => codes::NO_ANSWER,
        };
        self.error(message, code, &reasons)
    }

    fn error(&self, message: &Message, code: &str, said: &str) -> CallError {
        CallError::new(message.operation, &message.identifier, code, &shown(said, &self.settings))
    }
}

fn answered<C: Call>(reply: Reply<C>, message: &Message, attempts: usize, may_repeat: bool) -> Answer<C> {
    Answer {
        statuses: reply.status.statuses().to_vec(),
        reply: reply.body,
        message_identifier: message.identifier.clone(),
        attempts,
        may_repeat,
    }
}

//! Where a request is worked on: item after item, each with its status, and the reply around them.
//!
//! Not here: what the items mean.

use ims_es::envelope::{OpenMessage, Read, ReplyHeader, write_reply};
use ims_es::fault::Fault;
use ims_es::operation::Call;
use ims_es::reply::Done;
use ims_es::security::Timestamp;
use ims_es::status::CodeMinor;
use ims_es::status_info::{StatusBlock, StatusInfo};
use ims_es::time::UtcTime;

use super::readable::Readable;
use crate::itslearning::refusal::{Ended, Refusal, Remark, status};
use crate::itslearning::wire::Refused;
use crate::itslearning::world::World;

/// Which items of a request are carried out. The others are answered `targetisbusy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::itslearning) enum Share {
    /// All.
    All,
    /// The first half.
    FirstHalf,
    /// The first, the third, and so on.
    EverySecond,
    /// None.
    Nothing,
}

impl Share {
    fn holds(self, place: usize, count: usize) -> bool {
        match self {
            Share::All => true,
            Share::FirstHalf => place < count / 2,
            Share::EverySecond => place.is_multiple_of(2),
            Share::Nothing => false,
        }
    }
}

/// Where one request is worked on.
pub(in crate::itslearning) struct Desk<'a> {
    pub(in crate::itslearning) world: &'a mut World,
    pub(in crate::itslearning) share: Share,
    pub(in crate::itslearning) now: UtcTime,
}

/// The answer to a request.
pub(in crate::itslearning) struct Answered {
    /// The message.
    pub(in crate::itslearning) body: Vec<u8>,
    /// How many items were carried out.
    pub(in crate::itslearning) done: usize,
    /// How many were refused.
    pub(in crate::itslearning) refused: usize,
}

impl Desk<'_> {
    /// Carries out a request that writes.
    pub(super) fn write<C: Call<Reply = Done>, I: Readable>(
        &mut self,
        message: OpenMessage<'_>,
        items: impl FnOnce(C) -> Vec<I>,
        one: impl Fn(&mut World, I) -> Ended,
    ) -> Result<Answered, Refused> {
        let remarked = |world: &mut World, item| one(world, item).map(|remark| ((), remark));
        self.answer(message, items, remarked, |_| Done {})
    }

    /// Carries out a request that reads.
    pub(super) fn read<C: Call, I: Readable, O>(
        &mut self,
        message: OpenMessage<'_>,
        items: impl FnOnce(C) -> Vec<I>,
        one: impl Fn(&mut World, I) -> Result<O, Refusal>,
        gather: impl FnOnce(Vec<O>) -> C::Reply,
    ) -> Result<Answered, Refused> {
        let plain = |world: &mut World, item| one(world, item).map(|found| (found, Remark::default()));
        self.answer(message, items, plain, gather)
    }

    /// Carries out a request that reads and may have a remark.
    pub(super) fn read_with_remark<C: Call, I: Readable, O>(
        &mut self,
        message: OpenMessage<'_>,
        items: impl FnOnce(C) -> Vec<I>,
        one: impl Fn(&World, I) -> Result<(O, Remark), Refusal>,
        gather: impl FnOnce(Vec<O>) -> C::Reply,
    ) -> Result<Answered, Refused> {
        self.answer(message, items, |world, item| one(world, item), gather)
    }

    fn answer<C: Call, I: Readable, O>(
        &mut self,
        message: OpenMessage<'_>,
        items: impl FnOnce(C) -> Vec<I>,
        one: impl Fn(&mut World, I) -> Result<(O, Remark), Refusal>,
        gather: impl FnOnce(Vec<O>) -> C::Reply,
    ) -> Result<Answered, Refused> {
        let message_identifier = message.header.message_identifier().to_owned();
        let Read { value: call, .. } = message.call::<C>()?;
        let service = C::OPERATION.service();
        let items = items(call);
        // One value that cannot be read spoils the whole message (facts/ims-es.md §1.5).
        if !items.iter().all(Readable::is_readable) {
            return Err(Refused::Fault(Fault::deserialization_failed()));
        }
        let count = items.len();
        let (mut statuses, mut found) = (Vec::with_capacity(count), Vec::new());
        for (place, item) in items.into_iter().enumerate() {
            if !self.share.holds(place, count) {
                let text = "There is too much under way; try again later.";
                statuses.push(StatusInfo::failure(service, CodeMinor::TargetIsBusy, text));
                continue;
            }
            match one(self.world, item) {
                Ok((object, remark)) => {
                    found.push(object);
                    statuses.push(status(service, &Ok(remark)));
                }
                Err(refusal) => statuses.push(status(service, &Err(refusal))),
            }
        }
        let (done, refused) = (found.len(), count - found.len());
        let header = ReplyHeader {
            message_identifier,
            status: C::Status::gather(statuses)?,
            timestamp: Some(Timestamp::from_now(self.now)),
        };
        let mut body = Vec::new();
        write_reply::<C>(&mut body, &header, &gather(found))?;
        Ok(Answered { body, done, refused })
    }
}

//! Looks at a whole request as `muster ims lint` does: what was passed over, and what is wrong with each item.
//!
//! Not here: anything that needs the groups, persons and memberships that exist.
//!
//! Invariant: the rules are the ones that the server uses.

use std::io::BufRead;

use crate::calls::{Visitor, visit};
use crate::envelope::{OpenMessage, open};
use crate::error::MessageError;
use crate::header::Header;
use crate::limits::Limits;
use crate::name::Remark;
use crate::operation::{Call, Operation};
use crate::policy::Policy;
use crate::problem::Problem;

/// What is to be said about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Which operation it asks for.
    pub operation: Operation,
    /// Its header.
    pub header: Header,
    /// What was passed over in reading.
    pub remarks: Vec<Remark>,
    /// What is wrong with each item, in the order of the items.
    pub items: Vec<Vec<Problem>>,
}

/// Reads a request and lists all that is wrong with it.
pub fn lint(source: impl BufRead + Send, limits: Limits, policy: &Policy) -> Result<Lint, MessageError> {
    let opened = open(source, limits)?;
    let Some(operation) = opened.operation() else {
        let expected = "the request of an operation".to_owned();
        return Err(MessageError::WrongBody { found: opened.body.to_string(), expected });
    };
    let header = opened.header.clone();
    let (items, remarks) = visit(operation, Check { opened, policy })?;
    Ok(Lint { operation, header, remarks, items })
}

struct Check<'a> {
    opened: OpenMessage<'a>,
    policy: &'a Policy,
}

impl Visitor for Check<'_> {
    type Out = Result<(Vec<Vec<Problem>>, Vec<Remark>), MessageError>;

    fn visit<C: Call>(self) -> Self::Out {
        let read = self.opened.call::<C>()?;
        Ok((read.value.problems(self.policy), read.remarks))
    }
}

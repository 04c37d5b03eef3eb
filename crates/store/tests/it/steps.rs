//! Interrupts what is under way, as the end of a process does.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Runs a future for so many steps and then drops it in its middle; `None` when it was dropped.
pub(crate) async fn steps<T>(count: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = count;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

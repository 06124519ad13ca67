//! 见证 · Somebody who writes down what comes through the door: before a platform sees it, and how it ended.
//!
//! Why a trait: a mock does not know that it is tested, so whoever tests brings the pen. What it cannot write down goes
//! no further. Not here: what is written, and where (`cli`).

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use super::clock::Leap;

/// A message under way, as its witness calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken(pub u64);

/// It could not be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it could not be written down")]
pub struct Unwritten;

/// What is written, by and by.
pub type Writing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unwritten>> + Send + 'a>>;

/// 见证 · Writes down what comes.
pub trait Witness: Send + Sync {
    /// A message in UTF-8, before anybody else sees it.
    fn arrives(&self, message: Bytes) -> Writing<'_, Taken>;

    /// 改期 · Takes up what was ordered since the last message, so that whoever looks sees the bounds that the next one meets.
    fn hears(&self) -> Writing<'_, ()>;

    /// Plan time is to leap, before anybody behind the door sees it; no message is under way.
    fn leaps(&self, leap: Leap) -> Writing<'_, ()>;

    /// How it ended: HTTP status and body, or nothing.
    fn answered(&self, message: Taken, answer: Option<(u16, Bytes)>) -> Writing<'_, ()>;
}

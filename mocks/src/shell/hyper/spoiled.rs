//! 残答 · Answers that nobody can read: cut short of their announced length, one byte at a time, or too late.
//!
//! Only where a fault orders it. The other side's patience is real time here, as its sockets are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::{Out, Silence, respond};
use crate::fault::Spoil;
use crate::machine::Answer;

/// Longer than anybody here waits for an answer.
const TOO_LATE: Duration = Duration::from_millis(3_500);
/// Between two bytes of an answer that drips.
const DRIP: Duration = Duration::from_millis(100);

/// 应答体 · The bytes of an answer, whole or not.
pub(super) struct Outgoing {
    bytes: Bytes,
    /// As announced.
    announced: u64,
    /// Bytes that arrive before the connection breaks off.
    kept: usize,
    drip: Option<Pin<Box<Sleep>>>,
    drips: bool,
}

impl Outgoing {
    pub(super) fn whole(bytes: Bytes) -> Outgoing {
        Outgoing {
            announced: bytes.len() as u64,
            kept: bytes.len(),
            bytes,
            drip: None,
            drips: false,
        }
    }
}

/// What whoever waits is sent of an answer.
pub(super) async fn spoiled(answer: Answer, spoil: Spoil) -> Result<Out, Silence> {
    let status = answer.status;
    let body = Bytes::from(answer.into_bytes());
    match spoil {
        Spoil::Reset => Err(Silence),
        Spoil::Late => {
            tokio::time::sleep(TOO_LATE).await;
            Ok(respond(status, body))
        }
        Spoil::Cut(kept) => {
            let outgoing = Outgoing {
                kept,
                ..Outgoing::whole(body)
            };
            Ok(respond(status, Bytes::new()).map(|_| outgoing))
        }
        Spoil::Dripped => {
            let outgoing = Outgoing {
                drips: true,
                ..Outgoing::whole(body)
            };
            Ok(respond(status, Bytes::new()).map(|_| outgoing))
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.drips && !self.bytes.is_empty() {
            let sleep = self
                .drip
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(DRIP)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.drip = None;
            self.kept -= 1;
            return Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(1)))));
        }
        if self.kept == 0 {
            let whole = self.bytes.is_empty();
            let cut = || io::Error::new(io::ErrorKind::ConnectionAborted, "cut short");
            return Poll::Ready((!whole).then(|| Err(cut())));
        }
        let kept = std::mem::take(&mut self.kept);
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(kept)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let sent = self.announced - self.bytes.len() as u64;
        SizeHint::with_exact(self.announced - sent)
    }
}

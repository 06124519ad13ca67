//! 页面 · What a browser is shown at the door: one page, and the exchanges as they come (server-sent events).
//!
//! The page asks for nothing from anywhere else and may run nothing but its own script; texts of messages are put into
//! it as text. A browser that lost the line comes back with the number of the last exchange that it has seen.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::Response;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::watch;

use super::super::{Out, Outgoing};
use super::Seen;

const PAGE: &str = include_str!("page.html");
/// The page's script and style stand in it; nothing is loaded.
const POLICY: &str =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'";
/// Events that wait for a browser that reads slowly.
const WAITING: usize = 64;

/// The page, with what a HIS engineer has to type.
pub(super) fn page(notice: &str) -> Out {
    let escaped = notice.replace('&', "&amp;").replace('<', "&lt;");
    let body = PAGE.replace("{{notice}}", &escaped);
    let mut response = Response::new(Outgoing::whole(Bytes::from(body)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html;charset=utf-8"),
    );
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Exchanges from the `from`th on, as they come, until the browser goes or the door closes.
pub(super) fn events(
    from: u64,
    mut news: watch::Receiver<u64>,
    seen: impl Fn(u64) -> Vec<Seen> + Send + 'static,
) -> Response<Events> {
    let (tell, events) = channel(WAITING);
    tokio::spawn(async move {
        let mut next = from;
        // A first word, so that the browser knows the line stands.
        let mut text = ": \n\n".to_owned();
        loop {
            for one in seen(next) {
                next = one.number + 1;
                let data = serde_json::to_string(&one).unwrap_or_default();
                text.push_str(&format!("id: {}\ndata: {data}\n\n", one.number));
            }
            if !text.is_empty()
                && tell
                    .send(Bytes::from(std::mem::take(&mut text)))
                    .await
                    .is_err()
            {
                return;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                () = tell.closed() => return,
            }
        }
    });
    let mut response = Response::new(Events(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 事件流 · A body that goes on until nobody tells anything any more.
pub(super) struct Events(Receiver<Bytes>);

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = ready!(self.0.poll_recv(context));
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

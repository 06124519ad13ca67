//! 收发处 · The run's network, at which the process is killed or meets a rival by order.
//!
//! Looks at books and what the mock world sends by itself pass untouched.

use std::sync::atomic::{AtomicBool, Ordering};

use crosswipe_domain::{InfNo, Moment, Nature, Party};
use crosswipe_mocks::FaultOrder;
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_wire::{Context, Request};

use super::{Inner, LATE_LOOK, rival};

/// Where whole books are asked for.
const EXPORT: &str = "/__admin/export/";

/// 带故障的网络 · A network inside what was ordered.
pub(crate) struct Round<T> {
    inner: T,
    orders: Inner,
    /// A message that books has gone out.
    swiped: AtomicBool,
    /// Whole books were asked for.
    looked: AtomicBool,
}

/// A message of the run on its way.
struct Sent {
    infno: InfNo,
    msgid: String,
    now: Moment,
}

impl<T> Round<T> {
    pub(super) fn new(inner: T, orders: Inner) -> Round<T> {
        Round {
            inner,
            orders,
            swiped: AtomicBool::new(false),
            looked: AtomicBool::new(false),
        }
    }

    /// Counts a first look at whole books that comes behind a swipe.
    fn looks(&self, call: &Call) {
        if !call.path.starts_with(EXPORT) || self.looked.swap(true, Ordering::SeqCst) {
            return;
        }
        if self.swiped.load(Ordering::SeqCst) {
            let now = self.orders.0.clock.now();
            let _ = self.orders.met_at_the_end(LATE_LOOK, now);
        }
    }

    fn killed(&self, at: &str, sent: &Sent) -> bool {
        let here = |order: &FaultOrder| order.choice("at") == at;
        let met = self
            .orders
            .met("harness-killed", here, &sent.infno, sent.now);
        met.is_some()
    }

    async fn before(&self, sent: &Sent) {
        if self.killed("send", sent) {
            self.orders.die("harness-killed");
        }
        let met = |id| self.orders.met(id, |_| true, &sent.infno, sent.now);
        if let Some(order) = met("clock-step-back") {
            self.orders.0.clock.set_host_back(order.span("by"));
        }
        let rival = self
            .orders
            .met("two-harnesses", |_| true, &sent.infno, sent.now);
        if rival.is_some() {
            let dir = self.orders.0.dir.clone();
            // Whether it could be started and how it ended is told; the run goes on in any case.
            let _ = tokio::task::spawn_blocking(move || rival::tries_to_resume(&dir)).await;
        }
    }

    fn behind(&self, sent: &Sent) {
        if self.killed("answer", sent) {
            self.orders.die("harness-killed");
        }
        let closing = self
            .orders
            .met("window-closes-mid-flow", |_| true, &sent.infno, sent.now);
        if let (Some(order), Some((latest, end))) = (closing, self.orders.0.closes) {
            let at_the_end = order.choice("at") == "end";
            let instant = if at_the_end { end } else { latest };
            self.orders.0.clock.leap_to(instant);
        }
        if self.killed("outcome", sent) {
            self.orders.after().last_outcome = Some(sent.msgid.clone());
        }
    }
}

impl<T: Transport> Transport for Round<T> {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let sent = match self.orders.0.orders.is_empty() {
            true => None,
            false => sent(&call),
        };
        match &sent {
            Some(sent) => {
                let books = sent.infno.nature() == Nature::Forward;
                self.swiped.fetch_or(books, Ordering::SeqCst);
                self.before(sent).await;
            }
            None => self.looks(&call),
        }
        let answer = self.inner.exchange(to, call).await;
        if let Some(sent) = &sent {
            self.behind(sent);
        }
        answer
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn takes_time(&self) -> bool {
        self.inner.takes_time()
    }
}

fn sent(call: &Call) -> Option<Sent> {
    let context = Context::parse(call.context.as_deref()?).ok()?;
    let request = Request::parse(call.body.as_deref()?.as_bytes()).ok()?;
    // What the mock world sends of its own accord names no run.
    (!context.run.is_empty()).then_some(Sent {
        infno: request.infno.clone(),
        msgid: request.msgid.clone().into_owned(),
        now: context.now?,
    })
}

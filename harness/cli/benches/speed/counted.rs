//! 计数 · A network that counts what the harness sends through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::Party;
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};

/// What went through.
#[derive(Default)]
pub(crate) struct Counters {
    messages: AtomicUsize,
    looks: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// What went through, once all is over.
pub(crate) struct Sent {
    /// Messages of the interface.
    pub(crate) messages: usize,
    /// Looks at books.
    pub(crate) looks: usize,
    /// Exchanges under way at one moment, at most.
    pub(crate) most_in_flight: usize,
}

impl Counters {
    pub(crate) fn sent(&self) -> Sent {
        let read = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        Sent {
            messages: read(&self.messages),
            looks: read(&self.looks),
            most_in_flight: read(&self.most_in_flight),
        }
    }
}

/// A network and its counters.
pub(crate) struct Counted<T> {
    pub(crate) network: T,
    pub(crate) counters: Arc<Counters>,
}

impl<T: Transport> Transport for Counted<T> {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let counters = &self.counters;
        let kind = if call.body.is_some() {
            &counters.messages
        } else {
            &counters.looks
        };
        kind.fetch_add(1, Ordering::Relaxed);
        let in_flight = counters.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        counters
            .most_in_flight
            .fetch_max(in_flight, Ordering::Relaxed);
        let answer = self.network.exchange(to, call).await;
        counters.in_flight.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    fn name(&self) -> &'static str {
        self.network.name()
    }
}

//! 网 · The runner's transport over a world in memory.
//!
//! One message is carried leg by leg, and others may go on between any two legs: how many turns they get is thrown per
//! leg, so that lanes meet in every order. A life that has ended never gets past its next point.
//! Not here: what happens to a leg (`air`).

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use crosswipe_domain::Party;
use crosswipe_mocks::{Journey, MemoryWorld};
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_wire::Context;

use crate::air::Air;
use crate::dice::Dice;
use crate::fate::{Fate, Point};
use crate::lock;
use crate::trace::Trace;
use crate::trouble::Hop;

/// Turns that others get before a leg, at most.
const TURNS: usize = 3;

/// 内存网络 · What one life of the harness sends over.
pub struct Memory {
    air: Arc<Air>,
    life: Option<Life>,
}

/// What a simulated life has beside the network.
struct Life {
    fate: Arc<Fate>,
    order: Mutex<Dice>,
}

impl Memory {
    /// A network in which nothing goes wrong, for an ordinary run.
    pub fn calm(world: Arc<MemoryWorld>) -> Memory {
        Memory {
            air: Arc::new(Air::new(world, &[], u64::MAX, Trace::default())),
            life: None,
        }
    }

    /// The network of one simulated life.
    pub(crate) fn of(air: &Arc<Air>, fate: &Arc<Fate>, order: Dice) -> Memory {
        Memory {
            air: Arc::clone(air),
            life: Some(Life {
                fate: Arc::clone(fate),
                order: Mutex::new(order),
            }),
        }
    }

    async fn pass(&self, point: Point) {
        if let Some(life) = &self.life {
            if self.air.is_overrun() {
                life.fate.end();
            }
            life.fate.pass(point).await;
        }
    }

    async fn let_others_go(&self) {
        let turns = self
            .life
            .as_ref()
            .map_or(1, |life| lock(&life.order).below(TURNS + 1));
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }
}

impl Transport for Memory {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        self.pass(Point::BeforeSend).await;
        let context = call.context.as_deref().map(Context::parse);
        let Some(Ok(context)) = context else {
            return Err(Lost::Broken("no context".to_owned()));
        };
        let Some(now) = context.now else {
            return Err(Lost::Broken("no business time".to_owned()));
        };
        let Some(body) = call.body else {
            let shown = self.air.show(now, to, &call.path, &context);
            self.pass(Point::BeforeReply).await;
            return shown
                .map(answer_of)
                .ok_or_else(|| Lost::NoAddress(to.clone()));
        };
        let journey = Journey::new(now, to, &call.path, Some(&context), body.as_bytes());
        let id = self.air.take_off(journey);
        loop {
            self.let_others_go().await;
            self.pass(match self.air.hop(id) {
                Some(Hop::To(_)) => Point::BeforeApply,
                Some(Hop::BackTo(_)) => Point::AfterApply,
                Some(Hop::Home) | None => Point::BeforeReply,
            })
            .await;
            if let Some(ended) = self.air.advance(id) {
                return ended.map(answer_of).map_err(lost_of);
            }
        }
    }

    fn name(&self) -> &'static str {
        "memory"
    }

    fn takes_time(&self) -> bool {
        false
    }
}

/// A mock party's answer as the runner reads it.
pub fn answer_of(answer: crosswipe_mocks::Answer) -> Answer {
    Answer {
        status: answer.status,
        body: Bytes::from(answer.into_bytes()),
    }
}

/// No answer, as the runner reads it.
pub fn lost_of(lost: crosswipe_mocks::Lost) -> Lost {
    Lost::Broken(lost.to_string())
}

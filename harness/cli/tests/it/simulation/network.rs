//! 网 · The runner's transport over a world in memory, with points, cut links and messages that come late.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use crosswipe_domain::{Moment, Party, Role};
use crosswipe_mocks::{Journey, Leg, MemoryWorld, Whereabouts};
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_wire::{Context, Request};

use crosswipe_sim::{Fate, Point};

/// 断点 · Where a link is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// On the way to a party.
    To(Role),
    /// On the way back to a party.
    BackTo(Role),
    /// On the way back to the harness.
    Home,
}

/// 变故 · What happens once to the n-th message of a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) infno: &'static str,
    /// From 1.
    pub(super) nth: u32,
    pub(super) cut: Cut,
    /// The message is lost, or it goes on after so many later messages of the harness.
    pub(super) late: Option<u32>,
}

/// 在途 · Messages under way and those that come late; they outlive the harness as long as the parties do.
#[derive(Default)]
pub(super) struct Flight {
    journeys: BTreeMap<u64, Journey>,
    late: Vec<(u64, Journey)>,
    sent: u64,
    troubles: Vec<(Trouble, u32)>,
    met: u32,
}

impl Flight {
    pub(super) fn with(troubles: Vec<Trouble>) -> Flight {
        Flight {
            troubles: troubles.into_iter().map(|trouble| (trouble, 0)).collect(),
            ..Flight::default()
        }
    }

    /// How many troubles came true.
    pub(super) fn met(&self) -> u32 {
        self.met
    }

    /// True if something is under way.
    pub(super) fn is_busy(&self) -> bool {
        !self.journeys.is_empty()
    }

    /// Messages that nobody waits for any more: what was under way when the harness died.
    pub(super) fn orphans(&mut self) -> Vec<Journey> {
        std::mem::take(&mut self.journeys).into_values().collect()
    }

    /// Lets a message go on after so many later ones.
    pub(super) fn delay(&mut self, journey: Journey, messages: u64) {
        self.late.push((self.sent + messages, journey));
    }

    /// Messages that never came: the run ended before.
    pub(super) fn never_came(&mut self) -> Vec<Journey> {
        std::mem::take(&mut self.late)
            .into_iter()
            .map(|(_, journey)| journey)
            .collect()
    }

    fn take_off(&mut self, journey: Journey) -> u64 {
        self.sent += 1;
        self.journeys.insert(self.sent, journey);
        self.sent
    }

    /// What is due by now.
    fn due(&mut self) -> Vec<Journey> {
        let sent = self.sent;
        let (due, later) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(at, _)| *at <= sent);
        self.late = later;
        due.into_iter().map(|(_, journey)| journey).collect()
    }

    /// The trouble that this message runs into, counted where it leaves.
    fn trouble_of(&mut self, infno: &str) -> Option<Trouble> {
        let mut hit = None;
        for (trouble, seen) in &mut self.troubles {
            if trouble.infno == infno {
                *seen += 1;
                if *seen == trouble.nth {
                    hit = Some(*trouble);
                }
            }
        }
        hit
    }
}

/// 一程 · One message as it reached one party, to be sent again by hand.
#[derive(Clone)]
pub(super) struct OldLeg {
    pub(super) now: Moment,
    pub(super) to: Party,
    pub(super) path: String,
    pub(super) context: Context,
    pub(super) body: Vec<u8>,
}

/// 见闻 · What reached the parties, by whom.
#[derive(Default)]
pub(super) struct Traffic {
    /// Every leg of the first process.
    pub(super) legs: Vec<OldLeg>,
    /// Every party has heard of a later process.
    pub(super) told: bool,
    /// Messages of the first process that reached a party after that.
    pub(super) stale: u64,
    /// Of those, what was not refused with E-STALE-EPOCH, or moved a book.
    pub(super) served: Vec<String>,
}

/// 网 · What one life of the harness sends over.
pub(super) struct Network {
    pub(super) world: Arc<MemoryWorld>,
    pub(super) flight: Arc<Mutex<Flight>>,
    pub(super) fate: Arc<Fate>,
    /// The epoch of this life; nothing else may come over its network.
    pub(super) epoch: u64,
    pub(super) traffic: Arc<Mutex<Traffic>>,
}

impl Network {
    async fn carry(&self, journey: Journey, trouble: Option<Trouble>) -> Result<Answer, Lost> {
        let id = self.flight.lock().unwrap().take_off(journey);
        loop {
            let (point, cut) = match self.flight.lock().unwrap().journeys[&id].whereabouts() {
                Whereabouts::Before(party) => (Point::BeforeApply, Cut::To(party.role)),
                Whereabouts::BackAt(party) => (Point::AfterApply, Cut::BackTo(party.role)),
                Whereabouts::Home => (Point::BeforeReply, Cut::Home),
            };
            self.fate.pass(point).await;
            if let Some(trouble) = trouble.filter(|trouble| trouble.cut == cut) {
                let mut flight = self.flight.lock().unwrap();
                flight.met += 1;
                let mut journey = flight.journeys.remove(&id).unwrap();
                match trouble.late {
                    Some(messages) => flight.delay(journey, u64::from(messages)),
                    None => {
                        // Who waits on the way sees the connection close, and so does the harness in the end.
                        journey.lose();
                        drop(flight);
                        let answer = journey.finish(&self.world);
                        return answer.map(ours).map_err(lost);
                    }
                }
                return Err(Lost::Timeout(2_000));
            }
            if cut == Cut::Home {
                let journey = self.flight.lock().unwrap().journeys.remove(&id).unwrap();
                return journey.answer().map(ours).map_err(lost);
            }
            self.step_of(id);
            // Others may go on between any two steps.
            tokio::task::yield_now().await;
        }
    }

    fn step_of(&self, id: u64) {
        let mut flight = self.flight.lock().unwrap();
        self.step(flight.journeys.get_mut(&id).expect("it is under way"));
    }

    /// One step, written down where a first process takes it.
    fn step(&self, journey: &mut Journey) {
        let Leg::Out { to, path, body } = journey.leg() else {
            return journey.step(&self.world);
        };
        if self.epoch > 1 {
            return journey.step(&self.world);
        }
        let leg = OldLeg {
            now: journey.now(),
            to: to.clone(),
            path: path.to_owned(),
            context: journey.context().unwrap().clone(),
            body: body.to_vec(),
        };
        let mut traffic = self.traffic.lock().unwrap();
        if !traffic.told {
            traffic.legs.push(leg);
            return journey.step(&self.world);
        }
        traffic.stale += 1;
        let before = lsns(&self.world);
        journey.step(&self.world);
        if !is_refused_as_stale(journey) || lsns(&self.world) != before {
            traffic.served.push(format!("{} {}", leg.to, leg.path));
        }
    }

    fn let_late_ones_go_on(&self) {
        let due = self.flight.lock().unwrap().due();
        for journey in due {
            // Nobody hears the answer.
            let _ = journey.finish(&self.world);
        }
    }
}

impl Transport for Network {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        self.fate.pass(Point::BeforeSend).await;
        let context = call
            .context
            .as_deref()
            .map(|text| Context::parse(text).unwrap())
            .unwrap();
        assert!(
            context.epoch == self.epoch || context.run.is_empty(),
            "a message of another process: {context:?}"
        );
        let now = context.now.unwrap();
        let Some(body) = call.body else {
            let shown = self.world.show(now, to, &call.path, Some(&context));
            self.fate.pass(Point::BeforeReply).await;
            return Ok(ours(shown.expect("every party of the plan is there")));
        };
        // Its first message comes after it has made itself known everywhere.
        self.traffic.lock().unwrap().told |= self.epoch > 1;
        self.let_late_ones_go_on();
        let infno = Request::parse(body.as_bytes())
            .unwrap()
            .infno
            .base()
            .to_owned();
        let trouble = self.flight.lock().unwrap().trouble_of(&infno);
        let journey = Journey::new(now, to, &call.path, Some(&context), body.as_bytes());
        self.carry(journey, trouble).await
    }

    fn name(&self) -> &'static str {
        "memory"
    }

    fn takes_time(&self) -> bool {
        false
    }
}

/// True for the answer that a party gives to a process that was taken over.
pub(super) fn is_refused_as_stale(journey: &Journey) -> bool {
    matches!(journey.leg(), Leg::Back(Ok(answer)) if answer.body.contains("E-STALE-EPOCH"))
}

/// How long the log of every book is.
pub(super) fn lsns(world: &MemoryWorld) -> Vec<usize> {
    world.logs().iter().map(|(_, log)| log.len()).collect()
}

fn ours(answer: crosswipe_mocks::Answer) -> Answer {
    Answer {
        status: answer.status,
        body: Bytes::from(answer.into_bytes()),
    }
}

fn lost(lost: crosswipe_mocks::Lost) -> Lost {
    Lost::Broken(lost.to_string())
}

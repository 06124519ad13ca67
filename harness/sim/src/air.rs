//! 空中 · What lies between harness and parties: messages under way, messages that come late, links that are cut.
//!
//! Why apart from the transport: it outlives the harness. A killed life leaves its messages here, and the next life
//! meets them. No time passes here by itself: what is late comes with the first message whose instant is not before it.
//! Not here: who waits for an answer (`network`), which troubles there are (`recipe`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crosswipe_domain::{Moment, Party};
use crosswipe_mocks::{Answer, Journey, Leg, Lost, MemoryWorld, Whereabouts};
use crosswipe_wire::{Context, Request, Response};

use crate::lock;
use crate::trace::{Happened, Trace};
use crate::trouble::{Aftermath, Hop, Trouble, What};

/// How often each trouble came true, by its number in the recipe.
pub type Met = BTreeMap<usize, u64>;

/// 空中 · Shared by all lives of one run.
pub struct Air {
    world: Arc<MemoryWorld>,
    state: Mutex<State>,
    trace: Trace,
    /// Messages after which the harness counts as restless.
    most: u64,
}

/// Legs of one message there and back, at most, with something to spare.
const LEGS_PER_MESSAGE: u64 = 16;

#[derive(Default)]
struct State {
    /// What the harness waits for.
    journeys: BTreeMap<u64, Journey>,
    late: Vec<Late>,
    sent: u64,
    serial: u64,
    legs: BTreeMap<Hop, u32>,
    troubles: Vec<(usize, Trouble)>,
    met: Met,
    /// Links that carry nothing until an instant.
    cuts: Vec<(Hop, Moment)>,
}

/// What comes late: nobody of the harness waits for it.
struct Late {
    due: Moment,
    serial: u64,
    journey: Journey,
}

/// What the leg that comes next meets.
#[derive(Default)]
struct Weather {
    restart: bool,
    lost: bool,
    late: Option<(i64, bool)>,
    twice: Option<i64>,
}

/// What became of a journey after one leg.
enum After {
    /// It goes on.
    OnItsWay(Journey),
    /// It is home.
    Home(Journey),
    /// It goes on later, and nobody waits for it.
    HeldBack,
}

impl Air {
    /// A network of these parties, with troubles to come; a harness that sends more than `most` messages never rests.
    pub fn new(
        world: Arc<MemoryWorld>,
        troubles: &[(usize, Trouble)],
        most: u64,
        trace: Trace,
    ) -> Air {
        let state = State {
            troubles: troubles.to_vec(),
            ..State::default()
        };
        Air {
            world,
            state: Mutex::new(state),
            trace,
            most,
        }
    }

    /// The parties.
    pub fn world(&self) -> &Arc<MemoryWorld> {
        &self.world
    }

    /// How often each trouble of a leg came true.
    pub fn met(&self) -> Met {
        lock(&self.state).met.clone()
    }

    /// Messages that the harness has sent.
    pub fn sent(&self) -> u64 {
        lock(&self.state).sent
    }

    /// True once the harness has sent more than it may ever need.
    pub fn is_overrun(&self) -> bool {
        let state = lock(&self.state);
        let legs: u64 = state.legs.values().map(|legs| u64::from(*legs)).sum();
        state.sent.max(legs / LEGS_PER_MESSAGE) > self.most
    }

    /// A look at a party's books, or another question to its admin door: no link stands in its way.
    pub(crate) fn show(
        &self,
        now: Moment,
        to: &Party,
        path: &str,
        context: &Context,
    ) -> Option<Answer> {
        self.deliver_due(now);
        self.world.show(now, to, path, Some(context))
    }

    /// A message leaves the harness; what is due comes first.
    pub(crate) fn take_off(&self, journey: Journey) -> u64 {
        self.deliver_due(journey.now());
        let mut state = lock(&self.state);
        state.sent += 1;
        let id = state.sent;
        state.journeys.insert(id, journey);
        id
    }

    /// Where a message of the harness stands; `None` if it is not under way any more.
    pub(crate) fn hop(&self, id: u64) -> Option<Hop> {
        lock(&self.state).journeys.get(&id).map(hop_of)
    }

    /// One leg of a message of the harness; its end, once there is one.
    pub(crate) fn advance(&self, id: u64) -> Option<Result<Answer, Lost>> {
        let mut state = lock(&self.state);
        let Some(journey) = state.journeys.remove(&id) else {
            return Some(Err(Lost::new("not under way")));
        };
        match self.leg(&mut state, journey, false) {
            After::OnItsWay(journey) => {
                state.journeys.insert(id, journey);
                None
            }
            After::Home(journey) => Some(journey.answer()),
            After::HeldBack => Some(Err(Lost::new("no answer in time"))),
        }
    }

    /// The harness is dead: what it had under way.
    pub(crate) fn leave_behind(&self, after: Aftermath) {
        let mut state = lock(&self.state);
        for mut journey in std::mem::take(&mut state.journeys).into_values() {
            match after {
                Aftermath::Lost => {
                    journey.lose();
                    self.go_on(&mut state, journey);
                }
                Aftermath::Delivered => self.go_on(&mut state, journey),
                Aftermath::Late(ms) => {
                    let due = journey.now().plus_ms(ms);
                    state.hold_back(due, journey);
                }
            }
        }
    }

    /// Everything that is still late comes now: the run is over, and no link is cut for ever.
    pub(crate) fn heal(&self) {
        let mut state = lock(&self.state);
        state.cuts.clear();
        state.troubles.clear();
        while let Some(late) = state.next_due(None) {
            self.arrive(&mut state, late);
        }
    }

    fn deliver_due(&self, now: Moment) {
        let mut state = lock(&self.state);
        while let Some(late) = state.next_due(Some(now)) {
            self.arrive(&mut state, late);
        }
    }

    fn arrive(&self, state: &mut State, late: Late) {
        let mut journey = late.journey;
        journey.go_on_at(late.due);
        self.go_on(state, journey);
    }

    /// Carries what nobody of the harness waits for to its end, through the same weather.
    fn go_on(&self, state: &mut State, mut journey: Journey) {
        while let After::OnItsWay(next) = self.leg(state, journey, true) {
            journey = next;
        }
    }

    /// One leg.
    fn leg(&self, state: &mut State, mut journey: Journey, orphan: bool) -> After {
        let (hop, now) = (hop_of(&journey), journey.now());
        let weather = self.weather(state, hop, now);
        if weather.restart
            && let Some(party) = end_of(&journey)
        {
            self.restart(state, &party);
            if let Some(rest) = journey.sever(&party) {
                self.go_on(state, rest);
                return After::OnItsWay(journey);
            }
        }
        if weather.lost {
            journey.lose();
            return match hop {
                Hop::Home => After::Home(journey),
                // Who waited sees the connection close, link or no link.
                Hop::BackTo(_) => {
                    journey.step(&self.world);
                    After::OnItsWay(journey)
                }
                Hop::To(_) => After::OnItsWay(journey),
            };
        }
        if let Some((ms, harness_alone)) = weather.late {
            let due = now.plus_ms(ms);
            if harness_alone || hop == Hop::ALL[0] {
                state.hold_back(due, journey);
                return After::HeldBack;
            }
            if let Some(message) = journey.copy() {
                state.hold_back(due, message);
                journey.lose();
                return After::OnItsWay(journey);
            }
        }
        if hop == Hop::Home {
            return After::Home(journey);
        }
        let again = weather.twice.and_then(|ms| Some((ms, journey.copy()?)));
        self.trace.tell(now, || told(&journey, orphan));
        journey.step(&self.world);
        match again {
            Some((0, copy)) => self.go_on(state, copy),
            Some((ms, copy)) => state.hold_back(now.plus_ms(ms), copy),
            None => {}
        }
        After::OnItsWay(journey)
    }

    fn weather(&self, state: &mut State, hop: Hop, now: Moment) -> Weather {
        let count = state.legs.entry(hop).or_default();
        *count += 1;
        let count = *count;
        let mut weather = Weather::default();
        for (number, trouble) in &state.troubles {
            let Trouble::OnLeg { hop: at, nth, what } = trouble else {
                continue;
            };
            if *at != hop || *nth != count {
                continue;
            }
            *state.met.entry(*number).or_default() += 1;
            let (number, trouble) = (*number, *trouble);
            let hop = Some(hop);
            self.trace.tell(now, || Happened::Met {
                number,
                trouble,
                hop,
            });
            match *what {
                What::Lost => weather.lost = true,
                What::Late { ms, harness_alone } => weather.late = Some((ms, harness_alone)),
                What::Twice { ms } => weather.twice = Some(ms),
                What::Cut { ms } => state.cuts.push((at.link(), now.plus_ms(ms))),
                What::Restart => weather.restart = true,
            }
        }
        let cut = |(link, until): &(Hop, Moment)| *link == hop.link() && now < *until;
        if state.cuts.iter().any(cut) {
            weather.lost = true;
            self.trace.tell(now, || Happened::Swallowed { hop });
        }
        weather
    }

    /// A party is started again: whoever waits for it, or is waited for by it, is cut off.
    fn restart(&self, state: &mut State, party: &Party) {
        self.world.restart(party);
        let mut rests = Vec::new();
        for journey in state.journeys.values_mut() {
            rests.extend(journey.sever(party));
        }
        let mut still = Vec::new();
        for mut late in std::mem::take(&mut state.late) {
            match late.journey.sever(party) {
                // Who waits in front hears of it now; what was on its way behind still comes late.
                Some(rest) => {
                    rests.push(late.journey);
                    still.push(Late {
                        journey: rest,
                        ..late
                    });
                }
                None => still.push(late),
            }
        }
        state.late.extend(still);
        for rest in rests {
            self.go_on(state, rest);
        }
    }
}

impl State {
    fn hold_back(&mut self, due: Moment, journey: Journey) {
        self.serial += 1;
        let serial = self.serial;
        self.late.push(Late {
            due,
            serial,
            journey,
        });
    }

    /// The earliest that is due by now; any, where nobody says when.
    fn next_due(&mut self, now: Option<Moment>) -> Option<Late> {
        let due = self.late.iter().enumerate();
        let due = due.filter(|(_, late)| now.is_none_or(|now| late.due <= now));
        let (at, _) = due.min_by_key(|(_, late)| (late.due, late.serial))?;
        Some(self.late.remove(at))
    }
}

fn hop_of(journey: &Journey) -> Hop {
    match journey.whereabouts() {
        Whereabouts::Before(party) => Hop::To(party.role),
        Whereabouts::BackAt(party) => Hop::BackTo(party.role),
        Whereabouts::Home => Hop::Home,
    }
}

/// The party at the end of the leg.
fn end_of(journey: &Journey) -> Option<Party> {
    match journey.whereabouts() {
        Whereabouts::Before(party) | Whereabouts::BackAt(party) => Some(party.clone()),
        Whereabouts::Home => None,
    }
}

/// One leg as it is told.
fn told(journey: &Journey, orphan: bool) -> Happened {
    match journey.leg() {
        Leg::Out { to, body, .. } => Happened::Carried {
            from: journey.nearest().cloned(),
            to: Some(to.clone()),
            infno: Request::parse(body)
                .map(|request| request.infno.to_string())
                .unwrap_or_default(),
            answer: None,
            orphan,
        },
        Leg::Back(answer) => Happened::Carried {
            from: None,
            to: journey.nearest().cloned(),
            infno: String::new(),
            answer: Some(in_short(answer)),
            orphan,
        },
    }
}

fn in_short(answer: Result<&Answer, &Lost>) -> String {
    match answer {
        Err(lost) => lost.why.clone(),
        Ok(answer) => match Response::parse(answer.body.as_bytes()) {
            Ok(response) => match response.err_msg.as_deref().map(str::trim) {
                None | Some("") => format!("{:?}", response.infcode),
                Some(text) => text.chars().take(40).collect(),
            },
            Err(_) => format!("HTTP {}", answer.status),
        },
    }
}

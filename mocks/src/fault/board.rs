//! 故障板 · All orders of a world, with what each has seen and done.
//!
//! Shared by all machines, so that «the second settlement» is the second anywhere. Chance is a number that follows
//! from the world's seed, the order and the message's place among those that fit: the same seed hits the same ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::{InfNo, Moment, Party};

use super::FaultOrder;
use super::trouble::{Message, Parcel};

/// 故障板 · Orders, and what has become of each.
#[derive(Clone, Default)]
pub struct Faults {
    seed: u64,
    /// The orders as given; each stands for one that is armed, or for several.
    given: Arc<Vec<FaultOrder>>,
    armed: Arc<Mutex<Vec<Armed>>>,
    /// Messages to be delivered to a machine, in order of posting.
    mail: Arc<Mutex<Vec<(Party, Parcel)>>>,
}

struct Armed {
    order: FaultOrder,
    /// Which of those given it stands for.
    of: usize,
    /// Messages that fitted.
    seen: u32,
    /// How often it had its effect.
    fired: u64,
    first: Option<Moment>,
    /// What its troubles at several machines have told each other.
    marks: BTreeSet<String>,
    /// Answers that its troubles keep for one another: of which kind, whose, and the text.
    kept: BTreeMap<String, (String, String)>,
}

impl Faults {
    /// Arms faults.
    pub fn new(orders: impl IntoIterator<Item = FaultOrder>) -> Faults {
        Faults::seeded(0, orders)
    }

    /// Arms faults; chance follows from the seed.
    pub fn seeded(seed: u64, orders: impl IntoIterator<Item = FaultOrder>) -> Faults {
        let given: Vec<FaultOrder> = orders.into_iter().collect();
        let armed = |(of, order)| Armed {
            order,
            of,
            seen: 0,
            fired: 0,
            first: None,
            marks: BTreeSet::new(),
            kept: BTreeMap::new(),
        };
        let parts = given.iter().enumerate();
        let parts =
            parts.flat_map(|(of, order)| order.parts().into_iter().map(move |part| (of, part)));
        let armed = parts.map(armed).collect();
        Faults {
            seed,
            given: Arc::new(given),
            armed: Arc::new(Mutex::new(armed)),
            mail: Arc::default(),
        }
    }

    /// Parties that orders name, to be held against a plan's.
    pub fn parties(orders: &[FaultOrder]) -> Vec<(&FaultOrder, Party)> {
        let of = |order| FaultOrder::parties(order).map(move |party| (order, party));
        orders.iter().flat_map(of).collect()
    }

    /// The orders, each with its number.
    pub(super) fn orders(&self) -> Vec<(usize, FaultOrder)> {
        self.with_all(|all| {
            all.iter()
                .map(|armed| armed.order.clone())
                .enumerate()
                .collect()
        })
    }

    /// True if any fault is armed.
    pub(crate) fn any(&self) -> bool {
        self.with_all(|all| !all.is_empty())
    }

    /// Shows an order a message that it could hit; true if it does, which counts as its effect.
    pub(super) fn hits(&self, which: usize, message: &Message) -> bool {
        self.with(which, |armed, seed| {
            armed.fits(message) && armed.is_hit(seed, which, message.now)
        })
    }

    /// Orders that the harness carries out by itself, each with its number.
    pub fn of_harness(&self) -> Vec<(usize, FaultOrder)> {
        let mut all = self.orders();
        all.retain(|(_, order)| order.is_of_harness());
        all
    }

    /// As `hits`, for an order of the harness: shown a message of this number that comes to the place in
    /// the harness where the order waits, or what is no message at all.
    pub fn hits_harness(&self, which: usize, infno: Option<&InfNo>, now: Moment) -> bool {
        self.with(which, |armed, seed| {
            let order = &armed.order;
            let about = match (infno, &order.on) {
                (None, _) => true,
                (Some(infno), Some(on)) => on.base() == infno.base(),
                (Some(infno), None) => order.class.about.fits(infno, None),
            };
            about && armed.is_hit(seed, which, now)
        })
    }

    /// Whether an order would hit a message if it were shown it; nothing is counted.
    pub(super) fn would_hit(&self, which: usize, message: &Message) -> bool {
        self.with(which, |armed, seed| {
            armed.fits(message)
                && !armed.is_healed(message.now)
                && armed.is_due(armed.seen + 1, which, seed)
        })
    }

    /// Counts a message that fits and is not hit.
    pub(super) fn spare(&self, which: usize, message: &Message) {
        self.with(which, |armed, _| {
            armed.seen += u32::from(armed.fits(message) && !armed.is_healed(message.now));
        });
    }

    /// A state of the party that an order brought about goes on having effect; true as long as it is not healed.
    pub(super) fn goes_on(&self, which: usize, now: Moment) -> bool {
        self.with(which, |armed, _| {
            armed.first.is_some() && !armed.is_healed(now)
        })
    }

    /// True if an order fits a message, whatever its number; nothing is counted.
    pub(super) fn fits(&self, which: usize, message: &Message) -> bool {
        self.with(which, |armed, _| {
            armed.fits(message) && !armed.is_healed(message.now)
        })
    }

    /// Leaves word for the same order's trouble at another machine.
    pub(super) fn mark(&self, which: usize, mark: String) {
        self.with(which, |armed, _| armed.marks.insert(mark));
    }

    /// Whether word was left.
    pub(super) fn is_marked(&self, which: usize, mark: &str) -> bool {
        self.with(which, |armed, _| armed.marks.contains(mark))
    }

    /// Keeps an answer for the same order's trouble at another machine, in the place of the one before.
    pub(super) fn keep(&self, which: usize, kind: &str, whose: &str, text: &str) {
        self.with(which, |armed, _| {
            let answer = (whose.to_owned(), text.to_owned());
            armed.kept.insert(kind.to_owned(), answer)
        });
    }

    /// The answer of this kind that was kept last, if it is somebody else's.
    pub(super) fn kept(&self, which: usize, kind: &str, but_not: &str) -> Option<String> {
        self.with(which, |armed, _| {
            let (whose, text) = armed.kept.get(kind)?;
            (whose != but_not).then(|| text.clone())
        })
    }

    /// Has a message delivered to a machine later.
    pub(super) fn post(&self, to: Party, parcel: Parcel) {
        self.mail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((to, parcel));
    }

    /// The next message that is to be delivered to a machine by `now`.
    pub(super) fn delivered(&self, to: &Party, now: Moment) -> Option<Parcel> {
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        let next = mail
            .iter()
            .position(|(whose, parcel)| whose == to && parcel.due <= now)?;
        Some(mail.remove(next).1)
    }

    /// How often each of those given fired, with all that it stands for.
    pub fn fired(&self) -> Vec<(FaultOrder, u64)> {
        self.given.iter().cloned().zip(self.counts()).collect()
    }

    /// How often each fired, in the order in which they were given.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.given.len()];
        self.with_all(|all| all.iter().for_each(|armed| counts[armed.of] += armed.fired));
        counts
    }

    /// 重新布置 · As if nothing had come yet: a new run meets every fault from its first message on, and nothing that
    /// was posted for an earlier one. What a party holds in its hands already it keeps.
    pub fn arm_anew(&self) {
        let mut all = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        for armed in all.iter_mut() {
            (armed.seen, armed.fired, armed.first) = (0, 0, None);
            armed.marks.clear();
            armed.kept.clear();
        }
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        mail.clear();
    }

    fn with_all<T>(&self, look: impl FnOnce(&[Armed]) -> T) -> T {
        look(&self.armed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with<T>(&self, which: usize, act: impl FnOnce(&mut Armed, u64) -> T) -> T {
        let mut all = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut all[which], self.seed)
    }
}

impl Armed {
    fn fits(&self, message: &Message) -> bool {
        let order = &self.order;
        let about = match &order.on {
            Some(on) => on.base() == message.infno.base(),
            None => order.class.about.fits(&message.infno, message.of.as_ref()),
        };
        let of_person = |tail: &String| {
            message
                .person
                .as_ref()
                .is_some_and(|person| person.ends_with(tail.as_str()))
        };
        about
            && order.leg.is_none_or(|leg| message.leg == leg)
            && order.person.as_ref().is_none_or(of_person)
    }

    /// One more that fits; true if it is hit, which counts.
    fn is_hit(&mut self, seed: u64, which: usize, now: Moment) -> bool {
        if self.is_healed(now) {
            return false;
        }
        self.seen += 1;
        let hit = self.is_due(self.seen, which, seed);
        if hit {
            self.fire(now);
        }
        hit
    }

    /// Whether the so-many-th message that fits is hit.
    fn is_due(&self, seen: u32, which: usize, seed: u64) -> bool {
        let order = &self.order;
        match order.permille {
            None => (order.nth..order.nth.saturating_add(order.times)).contains(&seen),
            Some(permille) => chance(seed, which, seen) < u64::from(permille),
        }
    }

    fn is_healed(&self, now: Moment) -> bool {
        match (self.first, self.order.heal_after_ms) {
            (Some(first), Some(after)) => now.ms_since(first) >= after,
            _ => false,
        }
    }

    fn fire(&mut self, now: Moment) {
        self.fired += 1;
        self.first.get_or_insert(now);
    }
}

/// A number below 1000 that looks like chance: splitmix64 over what it follows from.
fn chance(seed: u64, which: usize, seen: u32) -> u64 {
    let mut z = seed
        .wrapping_add((which as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(u64::from(seen).wrapping_mul(0xd1b5_4a32_d192_ed03));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % 1_000
}

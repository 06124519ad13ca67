//! 故障单 · Which fault, on which message, how often; and how often it fired.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::{InfNo, Nature, Party};

/// Whether a fault is about a message.
type Fits = fn(&InfNo) -> bool;

/// A fault that stands: its name, what it waits for by default, and the keys that it has beside `on`, `nth`, `times`.
struct Known(&'static str, Fits, &'static [&'static str]);

/// The faults that stand.
const KNOWN: [Known; 9] = [
    Known("response-lost", InfNo::settles, &[]),
    Known("accumulator-not-restored", undoes_settlement, &[]),
    Known("hub-drops-forwarded-reversal", undoes_settlement, &[]),
    Known("request-lost", InfNo::settles, &[]),
    Known("reversal-lost", undoes_settlement, &[]),
    Known("reversal-response-lost", undoes_settlement, &[]),
    Known("refusal-lied", InfNo::settles, &[]),
    Known(
        "hub-reversal-overtakes",
        InfNo::settles,
        &["until", "fence"],
    ),
    Known("party-restarts", InfNo::settles, &["party", "books"]),
];

/// Keys that every fault has.
const COMMON: &str = "on, nth, times";

fn undoes_settlement(infno: &InfNo) -> bool {
    matches!(infno.base(), "2208" | "2305" | "2103")
        || (infno.nature() == Nature::Undo && infno.base() == "2601")
}

/// 故障单 · One fault as ordered: `ID[:on=2208,nth=2,times=1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultOrder {
    /// Its name in the catalogue of faults.
    pub id: String,
    /// Transaction number that it waits for; `None` = what the fault is about.
    pub on: Option<InfNo>,
    /// From 1: the how-many-th message that fits.
    pub nth: u32,
    /// How many messages in a row it hits from then on.
    pub times: u32,
    /// `party`: at whom; `None` = at anybody.
    pub party: Option<Party>,
    /// `books`: what a party that is started again finds of its books.
    pub books: Books,
    /// `until`: when a message that was held back is booked after all.
    pub until: Until,
    /// `fence`: whether a platform keeps in mind that a message was reversed before it came.
    pub fence: Fence,
}

/// 账册存亡 · What a party that is started again finds of its books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Books {
    /// All that it had booked: its log was durable.
    #[default]
    Kept,
    /// Its opening balances.
    Lost,
}

/// 迟到 · How long after its own reversal a message is booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// Right behind the reversal.
    #[default]
    Reversal,
    /// When the quiet period after the reversal has passed.
    Quiet,
    /// At the beginning of the next day.
    DayRoll,
}

/// 栅 · Whether a tombstone is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fence {
    /// It is: what comes late is refused.
    Kept,
    /// It is not: what comes late is booked.
    #[default]
    None,
}

/// Text that orders no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFault {
    /// No fault of this name.
    #[error("unknown fault `{id}`; known: {known}")]
    Unknown {
        /// As it was written.
        id: String,
        /// What there is.
        known: String,
    },
    /// A key that this fault has not.
    #[error("unknown key `{key}` of fault `{id}`; keys: {keys}")]
    Key {
        /// The fault.
        id: String,
        /// The key.
        key: String,
        /// Those that it has.
        keys: String,
    },
    /// A value that does not fit its key.
    #[error("`{value}` is no {key} of fault `{id}`; known: {known}")]
    Value {
        /// The fault.
        id: String,
        /// The key.
        key: String,
        /// As it was written.
        value: String,
        /// What there is.
        known: String,
    },
    /// A key that this fault needs.
    #[error("fault `{id}` needs the key `{key}`, e.g. `{id}:{key}={example}`")]
    Missing {
        /// The fault.
        id: String,
        /// The key.
        key: &'static str,
        /// A value that it may have.
        example: &'static str,
    },
}

impl FaultOrder {
    /// The names of all faults that stand.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|Known(id, ..)| *id)
    }

    fn fits(&self, infno: &InfNo) -> bool {
        match &self.on {
            Some(on) => on.base() == infno.base(),
            None => KNOWN
                .iter()
                .find(|Known(id, ..)| *id == self.id)
                .is_some_and(|Known(_, fits, _)| fits(infno)),
        }
    }

    fn take(&mut self, key: &str, value: &str) -> Option<()> {
        let number = || value.parse().ok().filter(|n| *n > 0);
        match key {
            "on" if InfNo::new(value).nature() == Nature::Unknown => return None,
            "on" => self.on = Some(InfNo::new(value)),
            "nth" => self.nth = number()?,
            "times" => self.times = number()?,
            "party" => self.party = Some(Party::try_from(value.to_owned()).ok()?),
            "books" => self.books = one_of(value, [("kept", Books::Kept), ("lost", Books::Lost)])?,
            "until" => {
                let all = [
                    ("reversal", Until::Reversal),
                    ("quiet", Until::Quiet),
                    ("day-roll", Until::DayRoll),
                ];
                self.until = one_of(value, all)?;
            }
            "fence" => self.fence = one_of(value, [("kept", Fence::Kept), ("none", Fence::None)])?,
            _ => return None,
        }
        Some(())
    }
}

fn one_of<T: Copy, const N: usize>(value: &str, all: [(&str, T); N]) -> Option<T> {
    all.iter()
        .find(|(name, _)| *name == value)
        .map(|(_, it)| *it)
}

/// What a key of a fault may hold.
fn known_values(id: &str, key: &str) -> String {
    const SENT: [&str; 12] = [
        "2102", "2103", "2204", "2205", "2207", "2208", "2301", "2302", "2304", "2305", "2401",
        "2601",
    ];
    let own: Vec<&str> = SENT
        .into_iter()
        .filter(|infno| {
            let known = KNOWN.iter().find(|Known(known, ..)| *known == id);
            known.is_some_and(|Known(_, fits, _)| fits(&InfNo::new(infno)))
        })
        .collect();
    match key {
        "on" => format!(
            "on={}, or any transaction number of the interface",
            own.join(", on=")
        ),
        "party" => "a role and its code, e.g. insured:330300".to_owned(),
        "books" => "kept, lost".to_owned(),
        "until" => "reversal, quiet, day-roll".to_owned(),
        "fence" => "kept, none".to_owned(),
        _ => "a number from 1 on".to_owned(),
    }
}

impl FromStr for FaultOrder {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<FaultOrder, BadFault> {
        let (id, keys) = text.split_once(':').unwrap_or((text, ""));
        let Some(Known(_, _, own)) = KNOWN.iter().find(|Known(known, ..)| *known == id) else {
            let known: Vec<&str> = FaultOrder::known().collect();
            return Err(BadFault::Unknown {
                id: id.to_owned(),
                known: known.join(", "),
            });
        };
        let mut order = FaultOrder {
            id: id.to_owned(),
            on: None,
            nth: 1,
            times: 1,
            party: None,
            books: Books::default(),
            until: Until::default(),
            fence: Fence::default(),
        };
        for pair in keys.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !own.contains(&key) && !COMMON.split(", ").any(|common| common == key) {
                let keys: Vec<&str> = COMMON.split(", ").chain(own.iter().copied()).collect();
                return Err(BadFault::Key {
                    id: id.to_owned(),
                    key: key.to_owned(),
                    keys: keys.join(", "),
                });
            }
            order.take(key, value).ok_or_else(|| BadFault::Value {
                id: id.to_owned(),
                key: key.to_owned(),
                value: value.to_owned(),
                known: known_values(id, key),
            })?;
        }
        if own.contains(&"party") && order.party.is_none() {
            return Err(BadFault::Missing {
                id: id.to_owned(),
                key: "party",
                example: "insured:330300",
            });
        }
        Ok(order)
    }
}

/// 故障板 · All orders of a world, with what each has seen and done. Shared by all machines, so that
/// «the second settlement» is the second anywhere.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Armed>>>);

struct Armed {
    order: FaultOrder,
    seen: u32,
    fired: u64,
}

impl Faults {
    /// Arms faults.
    pub fn new(orders: impl IntoIterator<Item = FaultOrder>) -> Faults {
        let armed = orders
            .into_iter()
            .map(|order| Armed {
                order,
                seen: 0,
                fired: 0,
            })
            .collect();
        Faults(Arc::new(Mutex::new(armed)))
    }

    /// Shows a fault a message that it could hit; true if it does.
    pub(super) fn fires(&self, id: &str, infno: &InfNo) -> bool {
        self.hit(id, infno, |_| true).is_some()
    }

    /// Shows a fault a message at the parties that `here` says it is at; the order, if it hits.
    pub(super) fn hit(
        &self,
        id: &str,
        infno: &InfNo,
        here: impl Fn(&Party) -> bool,
    ) -> Option<FaultOrder> {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hit = None;
        for fault in armed.iter_mut().filter(|fault| {
            fault.order.id == id
                && fault.order.fits(infno)
                && fault.order.party.as_ref().is_none_or(&here)
        }) {
            fault.seen += 1;
            if (fault.order.nth..fault.order.nth.saturating_add(fault.order.times))
                .contains(&fault.seen)
            {
                fault.fired += 1;
                hit = Some(fault.order.clone());
            }
        }
        hit
    }

    /// Parties that orders name, to be held against a plan's.
    pub fn parties(orders: &[FaultOrder]) -> impl Iterator<Item = (&FaultOrder, &Party)> {
        orders
            .iter()
            .filter_map(|order| Some((order, order.party.as_ref()?)))
    }

    /// True if any fault is armed.
    pub(super) fn any(&self) -> bool {
        !self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// True if a fault of this name is armed.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|fault| fault.order.id == id)
    }

    /// How often each fired.
    pub fn fired(&self) -> Vec<(FaultOrder, u64)> {
        let armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        armed
            .iter()
            .map(|fault| (fault.order.clone(), fault.fired))
            .collect()
    }
}

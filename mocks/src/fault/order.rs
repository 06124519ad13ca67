//! 故障单 · Which fault, on which message, how often; and how often it fired.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::{InfNo, Nature};

/// Whether a fault is about a message.
type Fits = fn(&InfNo) -> bool;

/// The faults that stand, with what each waits for by default.
const KNOWN: [(&str, Fits); 3] = [
    ("response-lost", |infno| infno.settles()),
    ("accumulator-not-restored", undoes_settlement),
    ("hub-drops-forwarded-reversal", undoes_settlement),
];

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
    /// A key that no fault has.
    #[error("unknown key `{key}` of fault `{id}`; keys: on, nth, times")]
    Key {
        /// The fault.
        id: String,
        /// The key.
        key: String,
    },
    /// A value that does not fit its key.
    #[error("`{value}` is no {key} of fault `{id}`")]
    Value {
        /// The fault.
        id: String,
        /// The key.
        key: String,
        /// As it was written.
        value: String,
    },
}

impl FaultOrder {
    /// The names of all faults that stand.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(id, _)| *id)
    }

    fn fits(&self, infno: &InfNo) -> bool {
        match &self.on {
            Some(on) => on.base() == infno.base(),
            None => KNOWN
                .iter()
                .find(|(id, _)| *id == self.id)
                .is_some_and(|(_, fits)| fits(infno)),
        }
    }
}

impl FromStr for FaultOrder {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<FaultOrder, BadFault> {
        let (id, keys) = text.split_once(':').unwrap_or((text, ""));
        if !FaultOrder::known().any(|known| known == id) {
            let known: Vec<&str> = FaultOrder::known().collect();
            return Err(BadFault::Unknown {
                id: id.to_owned(),
                known: known.join(", "),
            });
        }
        let mut order = FaultOrder {
            id: id.to_owned(),
            on: None,
            nth: 1,
            times: 1,
        };
        for pair in keys.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let bad = || BadFault::Value {
                id: id.to_owned(),
                key: key.to_owned(),
                value: value.to_owned(),
            };
            let number = || value.parse().ok().filter(|n| *n > 0).ok_or_else(bad);
            match key {
                "on" if InfNo::new(value).nature() == Nature::Unknown => return Err(bad()),
                "on" => order.on = Some(InfNo::new(value)),
                "nth" => order.nth = number()?,
                "times" => order.times = number()?,
                _ => {
                    return Err(BadFault::Key {
                        id: id.to_owned(),
                        key: key.to_owned(),
                    });
                }
            }
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
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fires = false;
        for fault in armed
            .iter_mut()
            .filter(|fault| fault.order.id == id && fault.order.fits(infno))
        {
            fault.seen += 1;
            if (fault.order.nth..fault.order.nth.saturating_add(fault.order.times))
                .contains(&fault.seen)
            {
                fault.fired += 1;
                fires = true;
            }
        }
        fires
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

//! 故障单 · One fault as ordered: `ID[:key=value,…]`, e.g. `response-lost:on=2207,nth=2`.
//!
//! Keys of every fault: `on` (transaction number), `leg` (e.g. `HT`, from whom to whom), `person` (the last digits of
//! a person number), `nth`, `times`, `prob`, `heal_after`. Whatever is typed is checked here and nowhere else.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crosswipe_domain::{InfNo, Nature, Party};

use super::catalogue::{About, CATALOGUE, FaultClass, SENT, Seat};
use super::params::{Values, number, permille, span_ms};
use super::trouble::Leg;

/// Keys that every fault at a party has.
const COMMON: [&str; 7] = ["on", "leg", "person", "nth", "times", "prob", "heal_after"];
/// Those that have a meaning inside the harness, which knows neither links nor person numbers.
const OF_HARNESS: [&str; 5] = ["on", "nth", "times", "prob", "heal_after"];

/// 故障单 · One fault as ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultOrder {
    /// Its class.
    pub class: &'static FaultClass,
    /// Transaction number that it waits for; `None` = what the class is about.
    pub on: Option<InfNo>,
    /// From whom to whom the message goes; `None` = where the class meddles.
    pub leg: Option<Leg>,
    /// Last digits of the person number; `None` = anybody.
    pub person: Option<String>,
    /// From 1: the how-many-th message that fits.
    pub nth: u32,
    /// How many messages in a row it hits from then on.
    pub times: u32,
    /// In thousandths: how likely each message that fits is hit; `None` = those that `nth` and `times` say.
    pub permille: Option<u32>,
    /// Business ms after its first effect from which on it has none; `None` = never.
    pub heal_after_ms: Option<i64>,
    /// Keys of its class.
    own: BTreeMap<&'static str, String>,
}

/// Text that orders no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFault {
    /// No fault of this name.
    #[error("unknown fault `{id}`; `crosswipe explain faults` lists all {count}")]
    Unknown {
        /// As it was written.
        id: String,
        /// How many there are.
        count: usize,
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
    /// A key that is given twice.
    #[error("fault `{id}` is given the key `{key}` twice")]
    Twice {
        /// The fault.
        id: String,
        /// The key.
        key: String,
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
    /// Its name in the catalogue.
    pub fn id(&self) -> &'static str {
        self.class.id
    }

    /// An order of this class that says nothing more.
    pub(super) fn plain(class: &'static FaultClass) -> FaultOrder {
        FaultOrder {
            class,
            on: None,
            leg: None,
            person: None,
            nth: 1,
            times: 1,
            permille: None,
            heal_after_ms: None,
            own: BTreeMap::new(),
        }
    }

    pub(super) fn is_given(&self, key: &str) -> bool {
        self.own.contains_key(key)
    }

    pub(super) fn give(&mut self, key: &'static str, value: String) {
        self.own.insert(key, value);
    }

    /// Whether it waits for a settlement or its undo: for messages that name a person.
    pub fn is_about_swipes(&self) -> bool {
        self.class.is_about_swipes()
    }

    /// Whether the harness carries it out by itself.
    pub fn is_of_harness(&self) -> bool {
        self.class.is_of_harness()
    }

    /// The names of all faults.
    pub fn known() -> impl Iterator<Item = &'static str> {
        CATALOGUE.iter().map(|class| class.id)
    }

    /// Whether it needs the platforms of before the cutover beside the new ones.
    pub fn needs_old_platforms(&self) -> bool {
        matches!(
            self.class.id,
            "hub-routes-to-old-platform" | "old-platform-still-open"
        )
    }

    /// What must go wrong beside it before it can meet anything: an undo of what never came needs something that never
    /// came. `None` for all that meets honest business.
    pub fn beside(&self) -> Option<FaultOrder> {
        let of_nothing = matches!(
            self.class.id,
            "empty-rollback-with-effect" | "empty-rollback-refused-forever"
        );
        let lost = FaultClass::named("request-lost").filter(|_| of_nothing)?;
        Some(FaultOrder {
            on: Some(InfNo::new("2207")),
            ..FaultOrder::plain(lost)
        })
    }

    /// The parties that it names, to be held against a plan's.
    pub fn parties(&self) -> impl Iterator<Item = Party> {
        let of_party = |name: &&str| self.values(name) == Some(Values::Party);
        let named = self.own.iter().filter(move |(name, _)| of_party(name));
        named.filter_map(|(_, text)| Party::try_from(text.clone()).ok())
    }

    /// What a key of choices holds: as typed, else the first.
    pub fn choice(&self, name: &str) -> &str {
        match (self.own.get(name), self.values(name)) {
            (Some(text), _) => text,
            (None, Some(Values::Choice(choices))) => choices[0],
            _ => "",
        }
    }

    /// What a number key holds.
    pub(super) fn number(&self, name: &str) -> u32 {
        match (self.own.get(name), self.values(name)) {
            (Some(text), _) => number(text).unwrap_or(1),
            (None, Some(Values::Number(default))) => default,
            _ => 1,
        }
    }

    /// What a number key holds, if it was typed.
    pub(super) fn given_number(&self, name: &str) -> Option<u32> {
        number(self.own.get(name)?)
    }

    /// What a length of time holds, in ms.
    pub fn span(&self, name: &str) -> i64 {
        match (self.own.get(name), self.values(name)) {
            (Some(text), _) => span_ms(text).unwrap_or(0),
            (None, Some(Values::Span(default))) => default,
            _ => 0,
        }
    }

    /// The party that a key names.
    pub(super) fn party(&self, name: &str) -> Option<Party> {
        Party::try_from(self.own.get(name)?.clone()).ok()
    }

    fn values(&self, name: &str) -> Option<Values> {
        let key = self.class.keys.iter().find(|key| key.name == name)?;
        Some(key.values)
    }

    fn take(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "on" if InfNo::new(value).nature() == Nature::Unknown => return None,
            "on" => self.on = Some(InfNo::new(value)),
            "leg" => self.leg = Some(Leg::named(value)?),
            "person" if value.len() < 4 || !value.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                return None;
            }
            "person" => self.person = Some(value.to_owned()),
            "nth" => self.nth = number(value)?,
            "times" => self.times = number(value)?,
            "prob" => self.permille = Some(permille(value)?),
            "heal_after" => self.heal_after_ms = Some(span_ms(value)?),
            _ => {
                let own = self.class.keys.iter().find(|own| own.name == key)?;
                if !own.values.allow(value) {
                    return None;
                }
                self.own.insert(own.name, value.to_owned());
            }
        }
        Some(())
    }
}

/// Keys that a fault has beside its own: all, or those that mean something where it sits.
fn common(class: &FaultClass) -> &'static [&'static str] {
    match (class.seat, class.about) {
        (Seat::Harness, About::Nothing) => &[],
        (Seat::Several, _) => &["heal_after"],
        (Seat::Harness, _) => &OF_HARNESS,
        _ => &COMMON,
    }
}

/// What a key of a fault may hold.
fn known_values(class: &FaultClass, key: &str) -> String {
    match key {
        "on" => {
            let own: Vec<&str> = SENT
                .into_iter()
                .filter(|infno| class.about.fits(&InfNo::new(infno), None))
                .collect();
            format!(
                "on={}, or any transaction number of the interface",
                own.join(", on=")
            )
        }
        "leg" => Leg::NAMES.join(", "),
        "person" => "the last four or more digits of a person number".to_owned(),
        "prob" => "above 0 and up to 1, three decimals at most".to_owned(),
        "heal_after" => Values::Span(0).describe(),
        _ => match class.keys.iter().find(|own| own.name == key) {
            Some(own) => own.values.describe(),
            None => "a number from 1 on".to_owned(),
        },
    }
}

impl FromStr for FaultOrder {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<FaultOrder, BadFault> {
        let (id, keys) = text.split_once(':').unwrap_or((text, ""));
        let Some(class) = FaultClass::named(id) else {
            return Err(BadFault::Unknown {
                id: id.to_owned(),
                count: CATALOGUE.len(),
            });
        };
        let mut order = FaultOrder::plain(class);
        let mut given: Vec<&str> = Vec::new();
        for pair in keys.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let own = class.keys.iter().map(|own| own.name);
            let keys: Vec<&str> = common(class).iter().copied().chain(own).collect();
            if !keys.contains(&key) {
                return Err(BadFault::Key {
                    id: id.to_owned(),
                    key: key.to_owned(),
                    keys: keys.join(", "),
                });
            }
            if given.contains(&key) {
                return Err(BadFault::Twice {
                    id: id.to_owned(),
                    key: key.to_owned(),
                });
            }
            given.push(key);
            order.take(key, value).ok_or_else(|| BadFault::Value {
                id: id.to_owned(),
                key: key.to_owned(),
                value: value.to_owned(),
                known: known_values(class, key),
            })?;
        }
        let missing = class
            .keys
            .iter()
            .find(|own| own.needed && !given.contains(&own.name));
        match missing {
            Some(own) => Err(BadFault::Missing {
                id: id.to_owned(),
                key: own.name,
                example: own.values.example(),
            }),
            None => Ok(order),
        }
    }
}

impl fmt::Display for FaultOrder {
    /// Its class and the keys that say on what it waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.class.id.to_owned();
        let mut sign = ':';
        let mut add = |key: &str, value: &dyn fmt::Display| {
            text.push_str(&format!("{sign}{key}={value}"));
            sign = ',';
        };
        if let Some(on) = &self.on {
            add("on", on);
        }
        if let Some(leg) = &self.leg {
            add("leg", &leg.name());
        }
        if self.nth != 1 {
            add("nth", &self.nth);
        }
        if self.times != 1 {
            add("times", &self.times);
        }
        for (key, value) in &self.own {
            add(key, value);
        }
        f.pad(&text)
    }
}

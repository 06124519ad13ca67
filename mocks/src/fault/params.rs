//! 参数 · The keys that a fault takes beside those that every fault has, and what they may hold.
//!
//! Why so: a typing slip in an order would make a fault that never fires, which proves nothing. Every value is
//! checked when the order is read; whoever asks for it later gets what it is, or the first of the choices.

use crosswipe_domain::Party;

/// 参数 · One key of a fault class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// What it may hold.
    pub(super) values: Values,
    /// Whether the order must say it.
    pub(super) needed: bool,
}

/// 取值 · What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// One of these; the first is meant where the order is silent.
    Choice(&'static [&'static str]),
    /// A whole number from 1 on; this one where the order is silent.
    Number(u32),
    /// A length of business time, e.g. `30s`, `5m`, `2h`; so many ms where the order is silent.
    Span(i64),
    /// A party of the plan, e.g. `insured:330300`.
    Party,
}

impl Key {
    pub(super) const fn choice(name: &'static str, choices: &'static [&'static str]) -> Key {
        Key {
            name,
            values: Values::Choice(choices),
            needed: false,
        }
    }

    pub(super) const fn number(name: &'static str, default: u32) -> Key {
        Key {
            name,
            values: Values::Number(default),
            needed: false,
        }
    }

    pub(super) const fn span(name: &'static str, default_ms: i64) -> Key {
        Key {
            name,
            values: Values::Span(default_ms),
            needed: false,
        }
    }

    pub(super) const fn party(name: &'static str, needed: bool) -> Key {
        Key {
            name,
            values: Values::Party,
            needed,
        }
    }
}

impl Values {
    /// Whether a text is one of these.
    pub(super) fn allow(self, text: &str) -> bool {
        match self {
            Values::Choice(choices) => choices.contains(&text),
            Values::Number(_) => number(text).is_some(),
            Values::Span(_) => span_ms(text).is_some(),
            Values::Party => Party::try_from(text.to_owned()).is_ok(),
        }
    }

    /// What there is, for people.
    pub(super) fn describe(self) -> String {
        match self {
            Values::Choice(choices) => choices.join(", "),
            Values::Number(_) => "a number from 1 on".to_owned(),
            Values::Span(_) => "a length of time such as 30s, 5m, 2h".to_owned(),
            Values::Party => "a role and its code, e.g. insured:330300".to_owned(),
        }
    }

    /// One value that it may have.
    pub(super) fn example(self) -> &'static str {
        match self {
            Values::Choice(choices) => choices[0],
            Values::Number(_) => "1",
            Values::Span(_) => "30s",
            Values::Party => "insured:330300",
        }
    }
}

/// A whole number from 1 on.
pub(super) fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}

/// `500ms`, `30s`, `5m`, `2h` in milliseconds.
pub(super) fn span_ms(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits
        .parse::<i64>()
        .ok()
        .filter(|n| *n > 0)?
        .checked_mul(unit)
}

/// `0.25` as thousandths; at most three decimals, above 0 and up to 1.
pub(super) fn permille(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u32>().ok()?;
    let permille = whole.parse::<u32>().ok()?.checked_mul(1_000)? + thousandths;
    (1..=1_000).contains(&permille).then_some(permille)
}

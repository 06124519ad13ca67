//! 平台规则 · Reads `profile:` of a topology: what a platform does not take back, and how it pays.
//!
//! `{later_settlement: refuse, cross_year: refuse, cleared: day, cleared_at: "20:00", account: hold}`; what is not said
//! is allowed, and nothing is held.
//! Called by `topology`. Not here: whether a plan's swipes meet these rules (`checks`, `load`).

use crosswipe_domain::{Clearing, Profile};

use crate::codes;
use crate::fields::Fields;
use crate::node::Node;
use crate::problem::{Problems, Said};
use crate::words;

/// How often a platform clears.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Often {
    Never,
    Daily,
    Monthly,
}

/// Reads one profile; what is wrong in it is reported and counts as not said.
pub(crate) fn read_profile(node: &Node, problems: &Problems) -> Profile {
    const MAY: [(&str, bool); 2] = [("allow", false), ("refuse", true)];
    const PAYS: [(&str, bool); 2] = [("direct", false), ("hold", true)];
    const OFTEN: [(&str, Often); 3] = [
        ("never", Often::Never),
        ("day", Often::Daily),
        ("month", Often::Monthly),
    ];
    let Some(fields) = Fields::of(node, "profile", problems) else {
        return Profile::default();
    };
    let said = |key: &'static str| {
        fields
            .optional(key)
            .and_then(|node| words::word(node, problems))
    };
    let refuses = |key: &'static str| {
        said(key)
            .and_then(|said| words::one_of(&said, "rule", &MAY, problems))
            .unwrap_or_default()
    };
    let (refuses_older, refuses_last_year) = (refuses("later_settlement"), refuses("cross_year"));
    let pays = said("account").and_then(|said| words::one_of(&said, "way", &PAYS, problems));
    let often = said("cleared").and_then(|said| words::one_of(&said, "period", &OFTEN, problems));
    let time = said("cleared_at");
    let minute = time.as_ref().map(|said| time_of_day(said, problems));
    if let (Some(time), None | Some(Often::Never)) = (&time, often)
        && !fields.has("cleared")
    {
        let help = "写明多久清算一次, 如 `cleared: day` · say how often, e.g. `cleared: day`";
        let message = "`cleared_at` says when, but nothing says how often it is cleared";
        problems.push(time.at.error(codes::MISSING_KEY, message).help(help));
    }
    fields.done();
    let minute = minute.unwrap_or(Some(24 * 60));
    let clearing = often.filter(|often| *often != Often::Never).zip(minute);
    Profile {
        refuses_older,
        refuses_last_year,
        holds_account: pays.unwrap_or_default(),
        clearing: clearing.map(|(often, minute)| Clearing {
            monthly: often == Often::Monthly,
            minute,
        }),
    }
}

/// `00:01` to `24:00`, in minutes.
fn time_of_day(said: &Said<String>, problems: &Problems) -> Option<u16> {
    let read = || {
        let (hours, minutes) = said.value.split_once(':')?;
        let two = |text: &str| {
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<u16>().ok())
                .flatten()
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        let whole = hours * 60 + minutes;
        (minutes < 60 && (1..=24 * 60).contains(&whole)).then_some(whole)
    };
    let minute = read();
    if minute.is_none() {
        let help = "写 00:01 到 24:00, 如 \"20:00\" · from 00:01 to 24:00, e.g. \"20:00\"";
        let message = format!("`{}` is no time of the day", said.value);
        problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
    }
    minute
}

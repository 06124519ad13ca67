//! 时序图 · Where each message of a case went: hospital ⇄ place of care ⇄ hub ⇄ place of insurance, and whose books show it.
//!
//! Why so: a roll-back that broke half-way is a line that stops half-way; a table of ids does not show that. Drawn from the
//! judge's look into every party's log, never from what was answered.
//! Not here: queries, which book nothing.

use serde::Serialize;

use crosswipe_domain::{Party, Role};

use super::cases::clock;
use crate::story::{Case, Chain, Message, Story};
use crate::wording::{Lang, terms};

/// From one lane to the next, and of the column of times, in the picture's own units.
const LANE: usize = 210;
const LEFT: usize = 190;
/// From one message to the next, and above the first.
const LINE: usize = 34;
const TOP: usize = 44;
/// Messages that are drawn; the rest stands in the table below.
const MOST: usize = 60;

/// A picture as the template draws it.
#[derive(Serialize)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    lanes: Vec<Lane>,
    arrows: Vec<Arrow>,
    more: usize,
}

#[derive(Serialize)]
struct Lane {
    x: usize,
    role: &'static str,
    name: String,
}

#[derive(Serialize)]
struct Arrow {
    y: usize,
    from: usize,
    to: usize,
    at: String,
    label: String,
    /// `forward`, `undo`, each with ` bad` where it was not answered with ok.
    class: &'static str,
    dots: Vec<Dot>,
}

/// Whether a party's log shows it.
#[derive(Serialize)]
struct Dot {
    x: usize,
    shown: bool,
    tip: String,
}

const ROLES: [Role; 4] = [Role::His, Role::Treatment, Role::Hub, Role::Insured];

/// Nothing where nobody showed any log.
pub(super) fn picture(story: &Story, case: &Case, lang: Lang) -> Option<Picture> {
    let shown = |role: Role| {
        let mut parties = case
            .chains
            .iter()
            .flat_map(|chain| chain.transaction.at_parties.keys());
        parties.find(|party| party.role == role)
    };
    let parties: Vec<&Party> = ROLES.into_iter().filter_map(shown).collect();
    if parties.len() < 2 {
        return None;
    }
    let x = |lane: usize| LEFT + LANE * lane;
    let mut sent: Vec<(&Chain, &Message, bool)> = case
        .chains
        .iter()
        .flat_map(|chain| {
            let forward = chain
                .forward
                .iter()
                .map(move |message| (chain, message, false));
            forward.chain(chain.undo.iter().map(move |message| (chain, message, true)))
        })
        .collect();
    sent.sort_by_key(|(_, message, _)| message.seq);
    let more = sent.len().saturating_sub(MOST);
    sent.truncate(MOST);
    let arrows: Vec<Arrow> = sent
        .iter()
        .enumerate()
        .map(|(place, (chain, message, undo))| {
            let booked = |role: Role| {
                let mut all = chain.transaction.at_parties.iter();
                let (party, standing) = all.find(|(party, _)| party.role == role)?;
                let count = if *undo {
                    standing.reversed
                } else {
                    standing.applied
                };
                Some((party, count > 0))
            };
            let dots: Vec<(usize, bool, &Party)> = parties
                .iter()
                .enumerate()
                .filter_map(|(lane, party)| {
                    let (party, shown) = booked(party.role)?;
                    Some((lane, shown, party))
                })
                .collect();
            let reached = dots
                .iter()
                .filter(|(_, shown, _)| *shown)
                .map(|(lane, ..)| *lane);
            let ok = message.outcome_name() == "ok";
            Arrow {
                y: TOP + LINE * place + LINE / 2,
                from: x(0),
                to: x(reached.max().unwrap_or(0).max(1)),
                at: clock(message.at),
                label: format!(
                    "{} {}{}",
                    message.infno,
                    terms::transaction(&message.infno, lang),
                    if ok { "" } else { " ✗" }
                ),
                class: match (*undo, ok) {
                    (false, true) => "forward",
                    (false, false) => "forward bad",
                    (true, true) => "undo",
                    (true, false) => "undo bad",
                },
                dots: dots
                    .into_iter()
                    .map(|(lane, shown, party)| Dot {
                        x: x(lane),
                        shown,
                        tip: format!(
                            "{}: {}",
                            story.names.party(party, lang),
                            match (shown, *undo) {
                                (true, false) => lang.pick("已入账", "booked"),
                                (true, true) => lang.pick("已冲回", "reversed"),
                                (false, false) => lang.pick("账上没有", "not in its books"),
                                (false, true) => lang.pick("没有冲回", "not reversed"),
                            }
                        ),
                    })
                    .collect(),
            }
        })
        .collect();
    Some(Picture {
        width: x(parties.len() - 1) + LANE / 2,
        height: TOP + LINE * arrows.len() + 6,
        lanes: parties
            .iter()
            .enumerate()
            .map(|(lane, party)| Lane {
                x: x(lane),
                role: terms::role(party.role, lang),
                name: match party.role {
                    Role::His => story.names.institution(&party.code).to_owned(),
                    Role::Hub => party.code.clone(),
                    Role::Treatment | Role::Insured => story.names.region(&party.code).to_owned(),
                },
            })
            .collect(),
        arrows,
        more,
    })
}

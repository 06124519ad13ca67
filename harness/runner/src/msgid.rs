//! 报文编号 · Msgids that never repeat: not within a run, not over all runs on the same books.
//!
//! A msgid is institution, second, and four digits. Simulated time begins anew with every run, and what books nothing
//! leaves no row by which a later run could see that its number is gone. So nobody looks: each process that sends to
//! the same parties has a [`Turn`], and each turn serials of its own in every second. When they are used up, the
//! number names the next second.
//! Called by `deliver`, `compensate`, `play`. Not here: who hands turns out and keeps them (`cli`).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crosswipe_domain::{InstitutionCode, Moment, MsgId};

/// 轮次 · Which process this is of all that ever sent to the same parties, runs and resumptions alike, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(u16);

impl Turn {
    /// The first turns have a hundred serials a second, so that numbers hardly ever run ahead of the clock; all later
    /// ones ten. Strangers of the mock world have one a second each, behind everybody's.
    const WIDE: u16 = 40;
    const NARROW: u16 = 500;
    const STRANGERS: u16 = 9_000;

    /// How many turns there are.
    pub const COUNT: u16 = Turn::WIDE + Turn::NARROW;

    /// The turn of this number, if there is one.
    pub fn new(number: u64) -> Option<Turn> {
        let number = u16::try_from(number).ok()?;
        (number < Turn::COUNT).then_some(Turn(number))
    }

    /// The last one there is.
    pub fn last() -> Turn {
        Turn(Turn::COUNT - 1)
    }

    /// Serials of the run's own messages.
    fn own(self) -> Range<u16> {
        match self.0.checked_sub(Turn::WIDE) {
            None => self.0 * 100..self.0 * 100 + 100,
            Some(later) => Turn::WIDE * 100 + later * 10..Turn::WIDE * 100 + later * 10 + 10,
        }
    }

    /// Serials of strangers whom the run plays.
    fn strangers(self) -> Range<u16> {
        Turn::STRANGERS + self.0..Turn::STRANGERS + self.0 + 1
    }
}

/// Hands out msgids.
#[derive(Debug)]
pub(crate) struct MsgIds {
    /// What it may use of each second.
    serials: Range<u16>,
    last: Mutex<BTreeMap<InstitutionCode, (String, u16)>>,
    /// What is known to be used up: highest serial by institution and second.
    taken: Mutex<BTreeMap<(InstitutionCode, String), u16>>,
}

impl MsgIds {
    /// Of the messages of a run.
    pub(crate) fn of(turn: Turn) -> MsgIds {
        MsgIds::within(turn.own())
    }

    /// Of the messages of strangers.
    pub(crate) fn of_strangers(turn: Turn) -> MsgIds {
        MsgIds::within(turn.strangers())
    }

    fn within(serials: Range<u16>) -> MsgIds {
        MsgIds {
            serials,
            last: Mutex::default(),
            taken: Mutex::default(),
        }
    }

    /// The next msgid of this institution at `at`. If a second is used up, or the clock stepped back, the second
    /// named in the msgid runs ahead of the clock: unique is what counts.
    pub(crate) fn next(&self, institution: &InstitutionCode, at: Moment) -> MsgId {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.get(institution);
        let ahead = before.filter(|(second, _)| *second >= at.compact());
        let (second, serial) = match ahead {
            None => self.first_free(institution, at),
            Some((second, serial)) => {
                let second = compact_moment(second).unwrap_or(at);
                match serial + 1 {
                    next if next < self.serials.end => (second, next),
                    _ => self.first_free(institution, second.plus_ms(1_000)),
                }
            }
        };
        last.insert(institution.clone(), (second.compact(), serial));
        MsgId::compose(institution, second, serial)
    }

    /// The first free serial of a second; of a later second, where all of this one are gone.
    fn first_free(&self, institution: &InstitutionCode, mut second: Moment) -> (Moment, u16) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let highest = taken.get(&(institution.clone(), second.compact()));
            match highest.map_or(self.serials.start, |highest| highest + 1) {
                free if free < self.serials.end => return (second, free),
                _ => second = second.plus_ms(1_000),
            }
        }
    }

    /// A msgid that was used before, by whomever, as a journal or the books at t0 show: it is never used again. Turns
    /// see to that by themselves; yet a copied run folder knows nothing of the turns that were handed out since.
    pub(crate) fn is_taken(&self, institution: &str, msgid: &str) {
        let (Ok(institution), Some(second), Some(Ok(serial))) = (
            InstitutionCode::parse(institution),
            msgid.get(12..26),
            msgid.get(26..30).map(str::parse::<u16>),
        ) else {
            return;
        };
        if !self.serials.contains(&serial) {
            return;
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = taken
            .entry((institution, second.to_owned()))
            .or_insert(serial);
        *highest = (*highest).max(serial);
    }
}

/// The time inside a msgid of ours.
pub(crate) fn sent_at(msgid: &MsgId) -> Option<Moment> {
    compact_moment(msgid.as_str().get(12..26)?)
}

fn compact_moment(text: &str) -> Option<Moment> {
    let part = |range| text.get(range);
    let wire = format!(
        "{}-{}-{} {}:{}:{}",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?
    );
    Moment::parse_wire(&wire).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn institution() -> InstitutionCode {
        InstitutionCode::parse("H33010000001").unwrap()
    }

    fn nine() -> Moment {
        Moment::parse("2017-06-02T09:00:00+08:00").unwrap()
    }

    /// Numbers of one institution, all wanted in one second.
    fn in_one_second(ids: &MsgIds, count: usize) -> Vec<MsgId> {
        (0..count)
            .map(|_| ids.next(&institution(), nine()))
            .collect()
    }

    #[test]
    fn a_second_that_is_used_up_is_followed_by_the_next() {
        let ids = MsgIds::of(Turn::default());
        let all = in_one_second(&ids, 250);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 250);
        assert_eq!(all[0].as_str(), "H33010000001201706020900000000");
        assert_eq!(all[249].as_str(), "H33010000001201706020900020049");
        let stepped_back = ids.next(&institution(), nine().plus_ms(-3_600_000));
        assert!(
            !all.contains(&stepped_back),
            "a clock that steps back repeats nothing"
        );
        assert_eq!(sent_at(&stepped_back), Some(nine().plus_ms(2_000)));
        let later = ids.next(&institution(), nine().plus_ms(60_000));
        assert_eq!(later.as_str(), "H33010000001201706020901000000");
    }

    /// Goal: all that ever send to the same parties, from one simulated beginning. Method: every turn there is, each
    /// with messages of its own and strangers, more than a second holds.
    #[test]
    fn no_two_turns_share_a_number() {
        let mut seen = BTreeSet::new();
        let mut handed_out = 0;
        for number in 0.. {
            let Some(turn) = Turn::new(number) else {
                break;
            };
            for ids in [MsgIds::of(turn), MsgIds::of_strangers(turn)] {
                for msgid in in_one_second(&ids, 25) {
                    assert!(seen.insert(msgid.clone()), "{msgid:?} twice, turn {number}");
                    handed_out += 1;
                }
            }
        }
        println!(
            "{handed_out} numbers of {} turns, no two alike",
            Turn::COUNT
        );
        assert_eq!(handed_out, 2 * 25 * usize::from(Turn::COUNT));
        assert_eq!(Turn::new(u64::from(Turn::COUNT)), None);
        assert_eq!(Turn::new(u64::from(Turn::COUNT) - 1), Some(Turn::last()));
    }

    #[test]
    fn what_is_known_to_be_taken_is_left_alone() {
        let ids = MsgIds::of(Turn::default());
        let numbered = |serial: u16| format!("H3301000000120170602090000{serial:04}");
        for used in [numbered(6), numbered(2), numbered(9_000), "opening".into()] {
            ids.is_taken("H33010000001", &used);
        }
        assert_eq!(ids.next(&institution(), nine()).as_str(), numbered(7));
        assert_eq!(ids.next(&institution(), nine()).as_str(), numbered(8));
        let full = MsgIds::of(Turn::default());
        full.is_taken("H33010000001", &numbered(99));
        assert_eq!(
            full.next(&institution(), nine()).as_str(),
            "H33010000001201706020900010000"
        );
    }
}

//! 报文编号 · Msgids that never repeat: 10 000 per institution and second, then the next second.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crosswipe_domain::{InstitutionCode, Moment, MsgId};

/// Hands out msgids; one per run.
#[derive(Debug, Default)]
pub(crate) struct MsgIds {
    last: Mutex<BTreeMap<InstitutionCode, (String, u16)>>,
    /// What others used before this run: highest serial by institution and second.
    others: Mutex<BTreeMap<(InstitutionCode, String), u16>>,
}

impl MsgIds {
    /// The next msgid of this institution at `at`. If a second is used up, or the clock stepped back, the second
    /// named in the msgid runs ahead of the clock: unique is what counts.
    pub(crate) fn next(&self, institution: &InstitutionCode, at: Moment) -> MsgId {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = last
            .entry(institution.clone())
            .or_insert_with(|| (String::new(), 0));
        let mut second = at;
        if second.compact() < entry.0 {
            second = compact_moment(&entry.0).unwrap_or(at);
        }
        if second.compact() == entry.0 {
            if entry.1 < 9_999 {
                entry.1 += 1;
            } else {
                second = second.plus_ms(1_000);
                *entry = self.first_free(institution, &mut second);
            }
        } else {
            *entry = self.first_free(institution, &mut second);
        }
        MsgId::compose(institution, second, entry.1)
    }

    /// The first serial of a second that nobody used; of a later second, where all of this one are gone.
    fn first_free(&self, institution: &InstitutionCode, second: &mut Moment) -> (String, u16) {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let compact = second.compact();
            match others.get(&(institution.clone(), compact.clone())) {
                None => return (compact, 0),
                Some(used) if *used < 9_999 => return (compact, used + 1),
                Some(_) => *second = second.plus_ms(1_000),
            }
        }
    }

    /// A msgid that stood in the books before this run, e.g. of an earlier run on the same mock parties, whose
    /// business time was the same: it is never used again.
    pub(crate) fn used_by_others(&self, institution: &str, msgid: &str) {
        let (Ok(institution), Some(second), Some(Ok(serial))) = (
            InstitutionCode::parse(institution),
            msgid.get(12..26),
            msgid.get(26..30).map(str::parse::<u16>),
        ) else {
            return;
        };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let used = others
            .entry((institution, second.to_owned()))
            .or_insert(serial);
        *used = (*used).max(serial);
    }
}

impl MsgIds {
    /// A msgid that an earlier process has used up: no later one of this institution comes before it.
    pub(crate) fn used(&self, institution: &str, msgid: &MsgId) {
        let Ok(institution) = InstitutionCode::parse(institution) else {
            return;
        };
        let text = msgid.as_str();
        let (Some(second), Some(Ok(serial))) = (text.get(12..26), text.get(26..30).map(str::parse))
        else {
            return;
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = last
            .entry(institution)
            .or_insert_with(|| (String::new(), 0));
        *entry = (*entry).clone().max((second.to_owned(), serial));
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

    #[test]
    fn a_second_holds_ten_thousand_and_then_the_next_begins() {
        let ids = MsgIds::default();
        let institution = InstitutionCode::parse("H33010000001").unwrap();
        let at = Moment::parse("2017-06-02T09:00:00+08:00").unwrap();
        let all: BTreeSet<MsgId> = (0..25_000).map(|_| ids.next(&institution, at)).collect();
        assert_eq!(all.len(), 25_000);
        assert_eq!(
            all.last().unwrap().as_str(),
            "H33010000001201706020900024999"
        );
        let stepped_back = ids.next(&institution, at.plus_ms(-3_600_000));
        assert!(
            !all.contains(&stepped_back),
            "a clock that steps back repeats nothing"
        );
        assert_eq!(sent_at(&stepped_back), Some(at.plus_ms(2_000)));
    }

    #[test]
    fn what_others_used_is_left_to_them() {
        let ids = MsgIds::default();
        let institution = InstitutionCode::parse("H33020000001").unwrap();
        let at = Moment::parse("2017-06-02T09:00:50+08:00").unwrap();
        let theirs = |serial: u16| format!("H3302000000120170602090050{serial:04}");
        ids.used_by_others("H33020000001", &theirs(6));
        ids.used_by_others("H33020000001", &theirs(2));
        ids.used_by_others("H33020000001", "opening");
        assert_eq!(ids.next(&institution, at).as_str(), theirs(7));
        assert_eq!(ids.next(&institution, at).as_str(), theirs(8));
        let full = MsgIds::default();
        full.used_by_others("H33020000001", &theirs(9_999));
        assert_eq!(
            full.next(&institution, at).as_str(),
            "H33020000001201706020900510000"
        );
    }
}

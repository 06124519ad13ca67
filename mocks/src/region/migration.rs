//! 迁移 · The new platform takes over what the one of before the cutover has booked, once that one has stopped.
//!
//! Both begin with the same opening balances, so what is taken over is all that the old one booked since: group by group,
//! the same rows with the same ids and the same postings, under one message of the new one's own office. A settlement that
//! nobody has audited counts as audited (`QJ15`). Once: whoever asks again is told so.
//! Only the insured place's books are handed over; what an old treatment place keeps it shows to nobody.
//! Called by `office` and `region`. Not here: whether both books agree in the end (`verify`).

use crosswipe_domain::{Entry, FenceState, LogRow, Moment, OfficeAct, Party};
use crosswipe_wire::{ObjectText, Refusal, RefusalCode, write_ok};

use super::{Pending, Region, window};
use crate::deed::{Deed, Hop};
use crate::ledger::{Amounts, Draft, Facts};
use crate::machine::{Answer, Step};
use crate::shell::carrier;

/// The cause of opening balances, which both generations have alike.
const OPENING: &str = "open";

impl Region {
    /// Asks the old platform for its books.
    ///
    /// # Errors
    /// There is none, it still books, or its books were taken over before.
    pub(super) fn ask_for_books(
        &mut self,
        now: Moment,
        hop: Hop,
        body: &[u8],
    ) -> Result<Step, Refusal> {
        if self.is_old() || !self.setup.keeps_old(self.code) {
            let why = format!("{} 没有旧平台", self.code);
            return Err(Refusal::new(RefusalCode::Region, why));
        }
        let stops = self.setup.window(now).old_stops();
        if stops.is_none_or(|stops| now < stops) {
            return Err(window::refusal(&self.read(now), now));
        }
        let kind = OfficeAct::Migration.row_kind();
        if let Some(before) = self.insured.ledger().rows_of_kind(kind).next() {
            return Err(Refusal::new(RefusalCode::Ended, before.row.id.clone()));
        }
        let hop = Hop {
            deed: Deed::Migrate { groups: Vec::new() },
            ..hop
        };
        let body = hop.written_into(body);
        let digest = String::new();
        let ticket = self.desk.wait(Pending { hop, digest });
        Ok(Step::Forward {
            to: carrier(&Party::old_platform(self.code)),
            body,
            ticket,
        })
    }

    /// The old platform hands over what it has booked.
    pub(super) fn hand_over(&mut self, now: Moment, hop: Hop) -> Step {
        if !self.is_old() {
            let why = format!("{} 不是旧平台", self.code);
            return self
                .desk
                .refuse(now, &Refusal::new(RefusalCode::Region, why));
        }
        let mut groups: Vec<Vec<LogRow>> = Vec::new();
        let rows = self.insured.ledger().log_from(0).iter();
        for row in rows.filter(|row| row.cause.infno != OPENING) {
            match groups
                .last_mut()
                .filter(|group| group[0].group == row.group)
            {
                Some(group) => group.push((**row).clone()),
                None => groups.push(vec![(**row).clone()]),
            }
        }
        let done = Hop {
            deed: Deed::Migrate { groups },
            ..hop
        };
        let record = serde_json::to_string(&done).expect("a hop record has text keys");
        let text = write_ok(&self.desk.receipt(now), &[("hop", record)]);
        Step::Reply(Answer::ok(text))
    }

    /// The new platform books what it was given, and says how many settlements came along.
    pub(super) fn take_over(&mut self, now: Moment, done: &Hop) -> Step {
        let Deed::Migrate { groups } = &done.deed else {
            return self.desk.refuse(now, &RefusalCode::Downstream.into());
        };
        let mut settlements = 0;
        for group in groups {
            let person = group.iter().find_map(|row| row.person.as_deref());
            let mut draft = Draft::new(now, done.cause.clone(), person);
            draft.entries = group
                .iter()
                .filter_map(|row| taken_over(&row.entry))
                .collect();
            settlements += draft
                .entries
                .iter()
                .filter(|entry| is_settled(entry))
                .count();
            if !draft.entries.is_empty() {
                self.insured.ledger_mut().commit(draft);
            }
        }
        let act = OfficeAct::Migration;
        let id = format!("{}-{}-{}", self.code, act.name(), now.compact());
        let count = i64::try_from(settlements).unwrap_or(i64::MAX);
        let result = ObjectText::new()
            .text("item_id", &id)
            .number("setl_cnt", count);
        let text = write_ok(&self.desk.receipt(now), &[("result", result.finish())]);
        let mut draft = Draft::new(now, done.cause.clone(), None);
        let (facts, amounts) = (Facts::new(), Amounts::new());
        draft.born(act.row_kind(), &id, act.begins_as(), facts, amounts);
        draft.fence(FenceState::Applied, Some(text.clone()));
        self.insured.ledger_mut().commit(draft);
        Step::Reply(Answer::ok(text))
    }
}

/// An entry of the old books as it stands in the new ones; whose message it was is known to the old one alone.
fn taken_over(entry: &Entry) -> Option<Entry> {
    let mut entry = entry.clone();
    match &mut entry {
        Entry::Fence { .. } => return None,
        Entry::Posting { reverses, .. } => *reverses = None,
        Entry::Row { kind, facts, .. } if kind == "settlement" => {
            let audited = OfficeAct::AUDITED.to_owned();
            facts.insert(OfficeAct::AUDIT.to_owned(), audited);
        }
        Entry::Row { .. } => {}
    }
    Some(entry)
}

fn is_settled(entry: &Entry) -> bool {
    matches!(entry, Entry::Row { kind, was: None, .. } if kind == "settlement")
}

//! 账本 · One party's books: an append-only log, and the cells, rows and fence that it replays to.
//!
//! Why so: a mock party has no other memory of its business. Whatever it answers is read from here, so
//! that what it exports is what it acts on, and a log kept on disk brings the party back as it was.
//! A group of entries is booked whole or not at all ([`Ledger::commit`]); money postings of a group add
//! up to zero. A fault may bend a group right before it is booked ([`Ledger::bend_with`]); the machine
//! that wrote the group stays honest. Called by `his`, `hub` and `region`.
//! Not here: what a message books (`books`), what it answers (`answer`).

mod draft;
mod fence;
mod index;
mod purge;
mod undo;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crosswipe_domain::{
    Cause, Cell, CellKey, EXPORT_SCHEMA, Entry, Export, LogRow, Look, Moment, Name, Party, Row,
    Unit,
};

pub use draft::{Amounts, Draft, Facts};
use fence::Fence;
pub use fence::{Fenced, Original};
pub(crate) use index::BY_HAND;
use index::Index;
pub use purge::PurgeOrder;

/// 账本 · Cells, rows, fence and log of one party.
pub struct Ledger {
    party: Party,
    /// As outsiders see it: what is sent again to a repeated message is no book, and is not shown.
    log: Vec<Arc<LogRow>>,
    /// What is sent again to a repeated message, by the `seq` of the fence entry that says so.
    replies: BTreeMap<u64, Box<str>>,
    cells: BTreeMap<CellKey, (Unit, i64)>,
    /// In order of birth.
    rows: Vec<Held>,
    fence: Fence,
    index: Index,
    /// First `seq` of each group.
    groups: BTreeMap<u64, u64>,
    /// Number of the next row, and of the next group: numbers of purged rows are not used again.
    next: (u64, u64),
    /// Postings that have been negated.
    negated: BTreeSet<u64>,
    bends: Vec<Bend>,
}

/// 弯折 · What a fault does to a group right before it is booked.
pub type Bend = Box<dyn FnMut(&Party, &mut Draft) + Send>;

/// A row as it stands, and the groups that made it so.
#[derive(Clone)]
pub struct Held {
    /// The row.
    pub row: Row,
    /// Group that gave birth to it.
    pub born: u64,
    /// Group that last changed its status.
    pub turned: u64,
}

/// A log that no ledger can have written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("log row {seq} does not follow the rows before it")]
pub struct BadLog {
    /// First row that does not fit.
    pub seq: u64,
}

impl Ledger {
    /// Empty books.
    pub fn new(party: Party) -> Ledger {
        Ledger {
            party,
            log: Vec::new(),
            replies: BTreeMap::new(),
            cells: BTreeMap::new(),
            rows: Vec::new(),
            fence: Fence::default(),
            index: Index::default(),
            groups: BTreeMap::new(),
            next: (0, 0),
            negated: BTreeSet::new(),
            bends: Vec::new(),
        }
    }

    /// 重放 · The books that a log leads to.
    ///
    /// # Errors
    /// A gap in `seq`, or groups out of order.
    pub fn replay(party: Party, log: Vec<Arc<LogRow>>) -> Result<Ledger, BadLog> {
        let mut ledger = Ledger::new(party);
        for row in log {
            let known = ledger.next.1;
            let follows = row.seq == ledger.lsn() && (row.group == known || row.group + 1 == known);
            if !follows {
                return Err(BadLog { seq: row.seq });
            }
            ledger.append(row);
        }
        Ok(ledger)
    }

    /// From now on `bend` sees each group before it is booked.
    pub fn bend_with(&mut self, bend: Bend) {
        self.bends.push(bend);
    }

    /// These are the books from now on; who sees groups before they are booked goes on seeing them.
    pub(crate) fn take_over(&mut self, mut books: Ledger) {
        books.bends = std::mem::take(&mut self.bends);
        *self = books;
    }

    /// Books a group and says its number.
    ///
    /// # Panics
    /// If the group's money postings do not add up to zero: that is a slip of the machine that wrote it.
    pub fn commit(&mut self, mut draft: Draft) -> u64 {
        let net: i64 = draft.money().sum();
        assert!(
            net == 0,
            "{}: group of {} is off balance by {net} fen",
            self.party,
            draft.cause.infno
        );
        for bend in &mut self.bends {
            bend(&self.party, &mut draft);
        }
        let group = self.next.1;
        let Draft {
            at,
            cause,
            person,
            entries,
        } = draft;
        let cause = Arc::new(cause);
        for entry in entries {
            self.append(Arc::new(LogRow {
                seq: self.lsn(),
                at,
                cause: Arc::clone(&cause),
                group,
                person: person.clone(),
                entry,
            }));
        }
        group
    }

    fn append(&mut self, mut row: Arc<LogRow>) {
        if let Entry::Fence { reply: Some(_), .. } = &row.entry
            && let Entry::Fence { reply, .. } = &mut Arc::make_mut(&mut row).entry
            && let Some(reply) = reply.take()
        {
            self.replies.insert(row.seq, reply.into());
        }
        self.groups.entry(row.group).or_insert(row.seq);
        self.next = (row.seq + 1, self.next.1.max(row.group + 1));
        match &row.entry {
            Entry::Posting {
                cell,
                unit,
                amount,
                reverses,
            } => {
                let held = self.cells.entry(cell.clone()).or_insert((*unit, 0));
                held.1 += amount;
                self.negated.extend(reverses);
            }
            Entry::Row {
                kind,
                id,
                status,
                was,
                facts,
                amounts,
            } => {
                self.turn(&row, (kind, id), (status, was.is_none()), facts, amounts);
            }
            Entry::Fence {
                origin,
                msgid,
                state,
                ..
            } => {
                // Which of several is meant shows in what the group negates.
                let touched = match self.fence.are_several(origin, msgid) {
                    true => self.touched_by(row.group),
                    false => BTreeSet::new(),
                };
                let own = row.cause.origin == *origin && row.cause.msgid == *msgid;
                self.fence.note(
                    (origin, msgid),
                    fence::Word {
                        own,
                        state: *state,
                        infno: &row.cause.infno,
                        group: row.group,
                        reply: self.replies.contains_key(&row.seq).then_some(row.seq),
                        touched: &touched,
                    },
                );
            }
        }
        self.log.push(row);
    }

    fn turn(
        &mut self,
        row: &LogRow,
        key: (&Name, &Name),
        (status, newborn): (&Name, bool),
        facts: &Facts,
        amounts: &Amounts,
    ) {
        let place = self.index.place(key.0, key.1);
        if newborn {
            let born = Row {
                kind: key.0.clone(),
                id: key.1.clone(),
                status: status.clone(),
                person: row.person.clone(),
                cause: row.cause.clone(),
                facts: facts.clone(),
                amounts: amounts.clone(),
            };
            self.index.add(&born, self.rows.len());
            self.rows.push(Held {
                row: born,
                born: row.group,
                turned: row.group,
            });
        } else if let Some(place) = place {
            let held = &mut self.rows[place];
            if held.row.status != *status {
                held.turned = row.group;
            }
            held.row.status = status.clone();
            held.row.facts.extend(facts.clone());
            held.row.amounts.extend(amounts.clone());
            self.index.turned(&held.row, place);
        }
    }

    /// Remembers the digest of a message's bytes, to tell a repetition from a reuse of its id.
    pub fn remember_digest(&mut self, cause: &Cause, digest: String) {
        let number = (cause.origin.as_str(), cause.msgid.as_str());
        self.fence.remember(number, digest, None);
    }

    /// The same for the message of a log row, from a log that was kept.
    pub fn remember_digest_of(&mut self, row: &LogRow, digest: String) {
        let number = (row.cause.origin.as_str(), row.cause.msgid.as_str());
        self.fence.remember(number, digest, Some(row.group));
    }

    /// The digest that a log row's message was remembered with, if the row is that message's own fence entry.
    pub fn digest_of(&self, row: &LogRow) -> Option<&str> {
        match &row.entry {
            Entry::Fence { origin, msgid, .. } if *msgid == row.cause.msgid => {
                let of_row = |known: &&Fenced| row.group == known.born || row.group == known.group;
                let mut known = self.fence.under(origin, msgid).iter();
                known.find(of_row)?.digest.as_deref()
            }
            _ => None,
        }
    }

    /// Whose books.
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// Number of log rows, purged ones included: the number of the next row.
    pub fn lsn(&self) -> u64 {
        self.next.0
    }

    /// The log rows from `from` on, as outsiders see them.
    pub fn log_from(&self, from: u64) -> &[Arc<LogRow>] {
        &self.log[self.log.partition_point(|row| row.seq < from)..]
    }

    /// The log rows from `from` on with what is sent again to repeated messages: what brings the books back.
    pub fn kept_from(&self, from: u64) -> impl Iterator<Item = Arc<LogRow>> {
        let rows = self.log_from(from).iter();
        rows.map(|row| whole(Arc::clone(row), |seq| self.reply_at(seq)))
    }

    /// What is sent again to a message that the fence knows.
    pub fn reply(&self, known: &Fenced) -> Option<&str> {
        self.reply_at(known.reply?)
    }

    fn reply_at(&self, seq: u64) -> Option<&str> {
        self.replies.get(&seq).map(|reply| &**reply)
    }

    /// Value of a cell; 0 if nothing was ever booked on it.
    pub fn value(&self, key: &CellKey) -> i64 {
        self.cells.get(key).map_or(0, |(_, value)| *value)
    }

    /// All cells with a value.
    pub fn cells(&self) -> impl Iterator<Item = (&CellKey, Unit, i64)> {
        self.cells
            .iter()
            .map(|(key, (unit, value))| (key, *unit, *value))
    }

    /// A row by kind and id.
    pub fn row(&self, kind: &str, id: &str) -> Option<&Held> {
        Some(&self.rows[self.index.place(kind, id)?])
    }

    /// Rows of a kind that belong to a visit, in order of birth.
    pub fn rows_of_visit<'a>(
        &'a self,
        kind: &'a str,
        mdtrt_id: &str,
    ) -> impl Iterator<Item = &'a Held> {
        let places = self.index.of_visit(mdtrt_id).iter();
        places
            .map(|place| &self.rows[*place])
            .filter(move |held| held.row.kind == kind)
    }

    /// Rows of a kind that belong to a person, in order of birth.
    pub fn rows_of_person(&self, kind: &str, person: &str) -> impl Iterator<Item = &Held> {
        let places = self.index.of_person(kind, person).iter();
        places.map(|place| &self.rows[*place])
    }

    /// Those of them that are left to undo, in order of birth.
    pub fn standing_of_person(&self, kind: &str, person: &str) -> impl Iterator<Item = &Held> {
        let places = self.index.standing(kind, person);
        places.map(|place| &self.rows[place])
    }

    /// 同期结算 · Settlements of a person whose treatment (`begntime`) began in this time, claimed by hand at an agency
    /// or not; one that began twice, by its facts, comes twice.
    pub fn settlements_begun(
        &self,
        person: &str,
        when: RangeInclusive<Moment>,
        by_hand: bool,
    ) -> impl Iterator<Item = &Held> {
        let places = self.index.begun(person, when, by_hand);
        places.map(|place| &self.rows[place])
    }

    /// Rows of a kind that were born in a group, in their order.
    pub fn rows_born_in<'a>(&'a self, group: u64, kind: &'a str) -> impl Iterator<Item = &'a Held> {
        self.group(group)
            .iter()
            .filter_map(move |row| match &row.entry {
                Entry::Row {
                    kind: of_kind,
                    id,
                    was: None,
                    ..
                } if of_kind == kind => self.row(kind, id),
                _ => None,
            })
    }

    /// All rows of a kind, by id.
    pub fn rows_of_kind(&self, kind: &str) -> impl Iterator<Item = &Held> {
        self.index.of_kind(kind).map(|place| &self.rows[place])
    }

    /// What the fence knows of a message.
    pub fn fenced(&self, origin: &str, msgid: &str) -> Option<&Fenced> {
        self.fence.under(origin, msgid).last()
    }

    /// The same message, where the fence knows it: by its bytes, as far as both are known, and its transaction.
    pub fn known(&self, cause: &Cause, digest: Option<&str>) -> Option<&Fenced> {
        self.fence.known(cause, digest)
    }

    /// What a reversal names: several where an institution has used one number for several messages of that kind.
    pub fn original(&self, origin: &str, omsgid: &str, oinfno: &str) -> Original<'_> {
        self.fence.original(origin, omsgid, oinfno)
    }

    /// Groups of which a group has negated something.
    fn touched_by(&self, group: u64) -> BTreeSet<u64> {
        let rows = self.log.iter().rev().take_while(|row| row.group == group);
        let negated = rows.filter_map(|row| match &row.entry {
            Entry::Posting {
                reverses: Some(seq),
                ..
            } => Some(*seq),
            _ => None,
        });
        let of = |seq: u64| Some(self.log_from(seq).first()?.group);
        negated.filter_map(of).collect()
    }

    /// 导出 · All of the books at this instant.
    pub fn export(&self, taken_at: Moment) -> Export {
        let cells = self.cells().filter(|(_, _, value)| *value != 0);
        Export {
            schema: EXPORT_SCHEMA.to_owned(),
            party: self.party.clone(),
            taken_at,
            lsn: self.lsn(),
            cells: cells
                .map(|(key, unit, value)| Cell {
                    key: key.clone(),
                    unit,
                    value,
                })
                .collect(),
            rows: self
                .index
                .all()
                .map(|place| self.rows[place].row.clone())
                .collect(),
            log: self.log.clone(),
            queues: Vec::new(),
        }
    }

    /// 中途查看 · The log from `from` on.
    pub fn look(&self, case: &str, from: u64, taken_at: Moment) -> Look {
        Look {
            party: self.party.clone(),
            case: case.to_owned(),
            taken_at,
            from,
            lsn: self.lsn(),
            rows: self.log_from(from).to_vec(),
        }
    }
}

/// A row with what is sent again to its message, if that was kept.
fn whole<'l>(mut row: Arc<LogRow>, reply_at: impl Fn(u64) -> Option<&'l str>) -> Arc<LogRow> {
    if let Some(kept) = reply_at(row.seq)
        && let Entry::Fence { reply, .. } = &mut Arc::make_mut(&mut row).entry
    {
        *reply = Some(kept.to_owned());
    }
    row
}

#[cfg(test)]
mod tests;

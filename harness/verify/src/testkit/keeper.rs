//! 记账人 · One party's books in a hand-made history: an append-only log, and what follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::{
    Cause, Cell, CellKey, EXPORT_SCHEMA, Entry, Export, FenceState, LogRow, Moment, Name, Party,
    QueueItem, Role, Row, Unit,
};

/// Rows to be booked together; a test may bend them first.
pub(crate) struct Group {
    pub(crate) party: Party,
    pub(crate) infno: String,
    pub(crate) case: String,
    pub(crate) entries: Vec<Entry>,
    /// Booked so many times; 0 = lost.
    pub(crate) times: u32,
    pub(crate) at: Moment,
}

impl Group {
    /// Leaves out the postings of a kind of cell.
    pub(crate) fn drop_kind(&mut self, kind: &str) {
        self.entries
            .retain(|entry| !matches!(entry, Entry::Posting { cell, .. } if cell.kind == kind));
    }

    /// Leaves out what becomes of rows of a kind.
    pub(crate) fn drop_rows(&mut self, of: &str) {
        self.entries
            .retain(|entry| !matches!(entry, Entry::Row { kind, .. } if kind == of));
    }

    pub(crate) fn is(&self, role: Role, infno: &str) -> bool {
        self.party.role == role && self.infno == infno
    }

    /// Changes the first posting on a kind of cell.
    pub(crate) fn add(&mut self, kind: &str, by: i64) {
        for entry in &mut self.entries {
            if let Entry::Posting { cell, amount, .. } = entry
                && cell.kind == kind
            {
                *amount += by;
                return;
            }
        }
    }
}

/// One party.
pub(crate) struct Keeper {
    pub(crate) party: Party,
    pub(crate) log: Vec<LogRow>,
    pub(crate) queues: Vec<QueueItem>,
    groups: u64,
    /// Numbers below this are used up, whether or not their rows still stand.
    used: u64,
}

pub(crate) fn posting(kind: &str, dims: &[(&str, &str)], unit: Unit, amount: i64) -> Entry {
    let dims = dims
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Entry::Posting {
        cell: CellKey {
            kind: kind.into(),
            dims,
        },
        unit,
        amount,
        reverses: None,
    }
}

impl Keeper {
    /// Opening balances as an insured place has them; other parties open empty.
    pub(crate) fn open(party: Party) -> Keeper {
        let mut keeper = Keeper {
            party,
            log: Vec::new(),
            queues: Vec::new(),
            groups: 0,
            used: 0,
        };
        let cause = Cause {
            origin: keeper.party.code.clone(),
            msgid: "opening".into(),
            infno: "open".into(),
        };
        let mut entries = Vec::new();
        if keeper.party.role == Role::Insured {
            for person in [super::PERSON, super::OTHER, super::BYSTANDER] {
                entries.push(posting(
                    "personal-account",
                    &[("person", person), ("insutype", "310")],
                    Unit::Fen,
                    100_000,
                ));
                entries.push(posting(
                    "accumulator",
                    &[("person", person), ("code", "D310101")],
                    Unit::MemoFen,
                    7_000,
                ));
            }
            entries.push(posting(
                "pool-fund",
                &[("fund", "310100")],
                Unit::Fen,
                5_000_000,
            ));
            entries.push(posting("equity", &[], Unit::Fen, -5_300_000));
        }
        // An old platform has its books from before the cutover.
        let opened = match keeper.party.is_old_platform() {
            true => super::at("2017-05-01T00:00+08:00"),
            false => super::at("2017-06-01T00:00+08:00"),
        };
        keeper.append(opened, &cause, None, entries);
        keeper
    }

    /// Number of the next row.
    pub(crate) fn next(&self) -> u64 {
        let last = self.log.last().map_or(0, |row| row.seq + 1);
        last.max(self.used)
    }

    /// The owner deletes rows; with a backup put back their numbers are free again.
    pub(crate) fn purge(&mut self, restore: bool, goes: impl Fn(&LogRow) -> bool) {
        let next = self.next();
        self.log.retain(|row| !goes(row));
        self.used = if restore { 0 } else { next };
    }

    pub(crate) fn append(
        &mut self,
        at: Moment,
        cause: &Cause,
        person: Option<&str>,
        entries: Vec<Entry>,
    ) {
        let cause = Arc::new(cause.clone());
        for entry in entries {
            let seq = self.next();
            self.log.push(LogRow {
                seq,
                at,
                cause: Arc::clone(&cause),
                group: self.groups,
                person: person.map(Name::new),
                entry,
            });
        }
        self.groups += 1;
    }

    pub(crate) fn fence(origin: &str, msgid: &str, state: FenceState) -> Entry {
        Entry::Fence {
            origin: origin.into(),
            msgid: msgid.into(),
            state,
            reply: None,
        }
    }

    /// The exact undo of what a message booked: negations, rows closed, fence turned; nothing if it booked nothing.
    pub(crate) fn negation(&self, msgid: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        for row in self.log.iter().filter(|row| row.cause.msgid == msgid) {
            match &row.entry {
                Entry::Posting {
                    cell, unit, amount, ..
                } => {
                    entries.push(Entry::Posting {
                        cell: cell.clone(),
                        unit: *unit,
                        amount: -amount,
                        reverses: Some(row.seq),
                    });
                }
                Entry::Row {
                    kind, id, status, ..
                } => {
                    let closed = if kind == "settlement" {
                        "reversed"
                    } else {
                        "cancelled"
                    };
                    entries.push(Entry::Row {
                        kind: kind.clone(),
                        id: id.clone(),
                        status: closed.into(),
                        was: Some(status.clone()),
                        facts: Default::default(),
                        amounts: Default::default(),
                    });
                }
                Entry::Fence { .. } => {}
            }
        }
        entries
    }

    pub(crate) fn knows(&self, msgid: &str) -> bool {
        self.log.iter().any(|row| row.cause.msgid == msgid)
    }

    pub(crate) fn export(&self, taken_at: Moment) -> Export {
        let mut cells: BTreeMap<CellKey, (Unit, i64)> = BTreeMap::new();
        let mut rows: BTreeMap<(Name, Name), Row> = BTreeMap::new();
        for row in &self.log {
            match &row.entry {
                Entry::Posting {
                    cell, unit, amount, ..
                } => cells.entry(cell.clone()).or_insert((*unit, 0)).1 += amount,
                Entry::Row {
                    kind,
                    id,
                    status,
                    facts,
                    amounts,
                    ..
                } => {
                    let known = rows
                        .entry((kind.clone(), id.clone()))
                        .or_insert_with(|| Row {
                            kind: kind.clone(),
                            id: id.clone(),
                            status: Name::default(),
                            person: row.person.clone(),
                            cause: row.cause.clone(),
                            facts: Default::default(),
                            amounts: Default::default(),
                        });
                    known.status.clone_from(status);
                    known.facts.extend(facts.clone());
                    known.amounts.extend(amounts.clone());
                }
                Entry::Fence { .. } => {}
            }
        }
        let nonzero = cells.into_iter().filter(|(_, (_, value))| *value != 0);
        Export {
            schema: EXPORT_SCHEMA.into(),
            party: self.party.clone(),
            taken_at,
            lsn: self.next(),
            cells: nonzero
                .map(|(key, (unit, value))| Cell { key, unit, value })
                .collect(),
            rows: rows.into_values().collect(),
            log: self.log.iter().cloned().map(Arc::new).collect(),
            queues: self.queues.clone(),
        }
    }
}

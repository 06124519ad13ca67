//! 冲回 · The exact negation of what was booked.
//!
//! Why here: an undo does not think again about amounts; it negates what the log says, posting by
//! posting, each naming the posting that it negates, and puts every row back where it stood: a row
//! that was born becomes terminal, a row that was changed gets its former status. No posting is
//! negated twice. Day totals are booked on the day of the undo, since reconciliation goes by day.

use std::sync::Arc;

use crosswipe_domain::{CellKey, Entry, LogRow};

use super::{Draft, Facts, Held, Ledger};

impl Ledger {
    /// Negates a whole group.
    pub fn negate(&self, group: u64, into: &mut Draft) {
        for row in self.group(group) {
            self.negate_entry(row, into);
        }
    }

    /// Negates the birth of one row: its entry and the postings that belong to it.
    pub fn negate_birth(&self, held: &Held, into: &mut Draft) {
        let is_birth = |row: &&Arc<LogRow>| matches!(&row.entry, Entry::Row { kind, id, .. } if *kind == held.row.kind && *id == held.row.id);
        let mut rows = self
            .group(held.born)
            .iter()
            .skip_while(|row| !is_birth(row));
        if let Some(birth) = rows.next() {
            self.negate_entry(birth, into);
        }
        for row in rows.take_while(|row| matches!(row.entry, Entry::Posting { .. })) {
            self.negate_entry(row, into);
        }
    }

    /// The log rows of a group.
    pub fn group(&self, group: u64) -> &[Arc<LogRow>] {
        let Some(start) = self.groups.get(&group) else {
            return &[];
        };
        let rows = self.log_from(*start);
        let len = rows.iter().take_while(|row| row.group == group).count();
        &rows[..len]
    }

    fn negate_entry(&self, row: &LogRow, into: &mut Draft) {
        match &row.entry {
            Entry::Posting {
                cell, unit, amount, ..
            } if !self.negated.contains(&row.seq) => {
                let cell = rebooked(cell, into);
                into.entries.push(Entry::Posting {
                    cell,
                    unit: *unit,
                    amount: -amount,
                    reverses: Some(row.seq),
                });
            }
            Entry::Row {
                kind,
                id,
                status,
                was,
                ..
            } => {
                let Some(held) = self.row(kind, id) else {
                    return;
                };
                let back = was.as_deref().unwrap_or_else(|| undone_status(kind));
                if was.as_deref() != Some(status)
                    && held.row.status != back
                    && !(was.is_some() && held.row.status != *status)
                {
                    into.turned(&held.row, back, Facts::new());
                }
            }
            _ => {}
        }
    }
}

/// The terminal status of a row whose birth is undone.
fn undone_status(kind: &str) -> &'static str {
    match kind {
        "settlement" | "clearing" => "reversed",
        "invoice" => "red-letter",
        _ => "cancelled",
    }
}

fn rebooked(cell: &CellKey, draft: &Draft) -> CellKey {
    let mut cell = cell.clone();
    if cell.kind == "reconciliation" {
        cell.dims.insert("day", draft.at.day().to_string());
    }
    cell
}

//! 平读 · Cells and log rows as they are read: all members side by side.
//!
//! Why so: the judge reads some ten thousand rows for each hundred swipes. A type with flattened parts is read twice,
//! once into a heap of loose values and once out of it; this is read once. Not here: how they are written (`export`).

use std::sync::Arc;

use serde::Deserialize;

use super::{Cause, Cell, CellKey, Entry, FenceState, LogRow, Unit};
use crate::{Few, Moment, Name};

/// A [`Cell`] as it is read.
#[derive(Deserialize)]
pub(super) struct FlatCell {
    kind: Name,
    dims: Few<Name>,
    unit: Unit,
    value: i64,
}

impl From<FlatCell> for Cell {
    fn from(flat: FlatCell) -> Cell {
        Cell {
            key: CellKey {
                kind: flat.kind,
                dims: flat.dims,
            },
            unit: flat.unit,
            value: flat.value,
        }
    }
}

/// A [`LogRow`] as it is read; which of the rest must be there depends on `entry`.
#[derive(Deserialize)]
pub(super) struct FlatRow {
    seq: u64,
    at: Moment,
    cause: Arc<Cause>,
    group: u64,
    person: Option<Name>,
    entry: Kind,
    cell: Option<CellKey>,
    unit: Option<Unit>,
    amount: Option<i64>,
    reverses: Option<u64>,
    kind: Option<Name>,
    id: Option<Name>,
    status: Option<Name>,
    was: Option<Name>,
    #[serde(default)]
    facts: Few<Name>,
    #[serde(default)]
    amounts: Few<i64>,
    origin: Option<Name>,
    msgid: Option<Name>,
    state: Option<FenceState>,
    reply: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Posting,
    Row,
    Fence,
}

impl TryFrom<FlatRow> for LogRow {
    type Error = String;

    fn try_from(flat: FlatRow) -> Result<LogRow, String> {
        let seq = flat.seq;
        let must = |name: &str| format!("log row {seq} lacks `{name}`");
        let entry = match flat.entry {
            Kind::Posting => Entry::Posting {
                cell: flat.cell.ok_or_else(|| must("cell"))?,
                unit: flat.unit.ok_or_else(|| must("unit"))?,
                amount: flat.amount.ok_or_else(|| must("amount"))?,
                reverses: flat.reverses,
            },
            Kind::Row => Entry::Row {
                kind: flat.kind.ok_or_else(|| must("kind"))?,
                id: flat.id.ok_or_else(|| must("id"))?,
                status: flat.status.ok_or_else(|| must("status"))?,
                was: flat.was,
                facts: flat.facts,
                amounts: flat.amounts,
            },
            Kind::Fence => Entry::Fence {
                origin: flat.origin.ok_or_else(|| must("origin"))?,
                msgid: flat.msgid.ok_or_else(|| must("msgid"))?,
                state: flat.state.ok_or_else(|| must("state"))?,
                reply: flat.reply,
            },
        };
        Ok(LogRow {
            seq,
            at: flat.at,
            cause: flat.cause,
            group: flat.group,
            person: flat.person,
            entry,
        })
    }
}

//! 平写 · Cells, rows and log rows as they are written: all members side by side, in the order of their names.
//!
//! Why so: canonical text has its members in that order, and nothing is faster than not having to bring them into it.
//! What is absent is left out. Not here: how they are read (`flat`).

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Cause, Cell, CellKey, Entry, LogRow, Row};
use crate::Few;

/// The members of one object, handed over in order.
struct Side<S: SerializeStruct>(S);

impl<S: SerializeStruct> Side<S> {
    fn must<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> Result<(), S::Error> {
        self.0.serialize_field(name, value)
    }

    fn may<V: Serialize>(&mut self, name: &'static str, value: &Option<V>) -> Result<(), S::Error> {
        value
            .as_ref()
            .map_or(Ok(()), |value| self.must(name, value))
    }

    fn filled<V: Serialize>(
        &mut self,
        name: &'static str,
        values: &Few<V>,
    ) -> Result<(), S::Error> {
        if values.is_empty() {
            return Ok(());
        }
        self.must(name, values)
    }
}

impl Serialize for CellKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut side = Side(serializer.serialize_struct("CellKey", 2)?);
        side.must("dims", &self.dims)?;
        side.must("kind", &self.kind)?;
        side.0.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut side = Side(serializer.serialize_struct("Cell", 4)?);
        side.must("dims", &self.key.dims)?;
        side.must("kind", &self.key.kind)?;
        side.must("unit", &self.unit)?;
        side.must("value", &self.value)?;
        side.0.end()
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut side = Side(serializer.serialize_struct("Cause", 3)?);
        side.must("infno", &self.infno)?;
        side.must("msgid", &self.msgid)?;
        side.must("origin", &self.origin)?;
        side.0.end()
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut side = Side(serializer.serialize_struct("Row", 7)?);
        side.filled("amounts", &self.amounts)?;
        side.must("cause", &self.cause)?;
        side.filled("facts", &self.facts)?;
        side.must("id", &self.id)?;
        side.must("kind", &self.kind)?;
        side.may("person", &self.person)?;
        side.must("status", &self.status)?;
        side.0.end()
    }
}

impl Serialize for LogRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut side = Side(serializer.serialize_struct("LogRow", 12)?);
        match &self.entry {
            Entry::Posting {
                cell,
                unit,
                amount,
                reverses,
            } => {
                side.must("amount", amount)?;
                side.must("at", &self.at)?;
                side.must("cause", &self.cause)?;
                side.must("cell", cell)?;
                side.must("entry", "posting")?;
                side.must("group", &self.group)?;
                side.may("person", &self.person)?;
                side.may("reverses", reverses)?;
                side.must("seq", &self.seq)?;
                side.must("unit", unit)?;
            }
            Entry::Row {
                kind,
                id,
                status,
                was,
                facts,
                amounts,
            } => {
                side.filled("amounts", amounts)?;
                side.must("at", &self.at)?;
                side.must("cause", &self.cause)?;
                side.must("entry", "row")?;
                side.filled("facts", facts)?;
                side.must("group", &self.group)?;
                side.must("id", id)?;
                side.must("kind", kind)?;
                side.may("person", &self.person)?;
                side.must("seq", &self.seq)?;
                side.must("status", status)?;
                side.may("was", was)?;
            }
            Entry::Fence {
                origin,
                msgid,
                state,
                reply,
            } => {
                side.must("at", &self.at)?;
                side.must("cause", &self.cause)?;
                side.must("entry", "fence")?;
                side.must("group", &self.group)?;
                side.must("msgid", msgid)?;
                side.must("origin", origin)?;
                side.may("person", &self.person)?;
                side.may("reply", reply)?;
                side.must("seq", &self.seq)?;
                side.must("state", state)?;
            }
        }
        side.0.end()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::{FenceState, Moment, Unit, canonical_json};

    /// What is handed over out of order would be put in order, and cost what this file is there to save.
    #[track_caller]
    fn check<V: Serialize>(value: &V) {
        let as_handed_over = serde_json::to_string(value).unwrap();
        let mut tree: Value = serde_json::from_str(&as_handed_over).unwrap();
        tree.sort_all_objects();
        assert_eq!(as_handed_over, tree.to_string());
        assert_eq!(as_handed_over, canonical_json(value));
    }

    #[test]
    fn members_are_handed_over_in_the_order_of_their_names() {
        let texts = |name: &str| Few::from([(name.to_owned(), "v".to_owned())]);
        let amounts = Few::from([("medfee_sumamt".to_owned(), 5)]);
        let cell = CellKey::new("pool-fund", [("fund", "310100"), ("person", "P-1")]);
        let cause = Arc::new(Cause {
            origin: "H33010000001".into(),
            msgid: "m".into(),
            infno: "2207".into(),
        });
        let entries = [
            Entry::Posting {
                cell: cell.clone(),
                unit: Unit::MemoFen,
                amount: -1,
                reverses: Some(3),
            },
            Entry::Row {
                kind: "visit".into(),
                id: "v".into(),
                status: "cancelled".into(),
                was: Some("registered".into()),
                facts: texts("mdtrt_id"),
                amounts: amounts.clone(),
            },
            Entry::Fence {
                origin: "H33010000001".into(),
                msgid: "m".into(),
                state: FenceState::Applied,
                reply: Some("{}".into()),
            },
        ];
        for entry in entries {
            check(&LogRow {
                seq: 7,
                at: Moment::parse("2017-06-02T09:00+08:00").unwrap(),
                cause: Arc::clone(&cause),
                group: 2,
                person: Some("P-1".into()),
                entry,
            });
        }
        check(&Row {
            kind: "visit".into(),
            id: "v".into(),
            status: "cancelled".into(),
            person: Some("P-1".into()),
            cause,
            facts: texts("mdtrt_id"),
            amounts,
        });
        check(&Cell {
            key: cell,
            unit: Unit::Fen,
            value: 5,
        });
    }
}

//! 剩下什么 · The log of an export: read once for its sums, and again for what it still holds of undone settlements.
//!
//! Why twice: of a million postings only sums are kept, and a sum says that something is left, not what. The few
//! messages that it concerns are looked up in the file once more. Called by `export`. Not here: which messages (`verify`).

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;

use crosswipe_domain::{Cell, CellKey, Name, Unit};
use crosswipe_verify::audit::{CellPrint, LeftIn, Take, message};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::Flaw;
use super::export::{CauseText, Shown, Text, Trouble, each, unreadable};
use super::gather::safe;
use super::window::{Cut, Window};

/// A cell, or the cell of a posting, as a finding shows it: its person apart, so that it can be masked.
pub(super) fn balance_at(bytes: &[u8]) -> Option<Shown> {
    let key = match serde_json::from_slice::<Cell>(bytes) {
        Ok(cell) => cell.key,
        Err(_) => serde_json::from_slice::<Posted>(bytes).ok()?.cell,
    };
    let person = key
        .dims
        .get("person")
        .map(Name::to_string)
        .unwrap_or_default();
    Some(Shown {
        id: nobodys(key),
        msgid: String::new(),
        visit: String::new(),
        person,
        time: None,
    })
}

/// A cell on no day, since an undo has its own.
fn lasting(mut cell: CellKey) -> CellKey {
    cell.dims
        .retain(|name, _| !matches!(name.as_str(), "day" | "period"));
    cell
}

/// A cell as a finding names it: of nobody.
fn nobodys(mut cell: CellKey) -> String {
    cell.dims.remove("person");
    let values = cell.dims.values_mut();
    values.for_each(|value| *value = safe(value.to_string()).into());
    cell.to_string()
}

/// A posting read for its cell alone.
#[derive(Deserialize)]
struct Posted {
    cell: CellKey,
}

/// Reads the log again where it still holds something of a settlement that is called undone.
pub(super) fn with_what_is_left(mut take: Take) -> Result<Take, Flaw> {
    let messages = take.unsettled();
    if messages.is_empty() {
        return Ok(take);
    }
    let path = take.name.clone();
    let path = Path::new(&path);
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut nets: BTreeMap<(u64, CellKey, bool), i64> = BTreeMap::new();
    // Number of a posting of these messages → its message, which may be read after what takes it back.
    let mut of: BTreeMap<u64, u64> = BTreeMap::new();
    let mut back: Vec<(u64, CellKey, bool, i64)> = Vec::new();
    let mut window = Window::new(file, 0);
    let read = each_of(&mut window, "log", |_, bytes| {
        let Ok(row) = serde_json::from_slice::<LogText<'_>>(bytes) else {
            return;
        };
        let cause = message(row.cause.msgid.str());
        if row.cell.is_none() || row.reverses.is_none() && !messages.contains(&cause) {
            return;
        }
        let Ok(Posted { cell }) = serde_json::from_slice::<Posted>(bytes) else {
            return;
        };
        let (cell, counts) = (lasting(cell), row.unit == Some(Unit::Count));
        match row.reverses {
            Some(target) => back.push((target, cell, counts, row.amount)),
            None => {
                of.insert(row.seq, cause);
                *nets.entry((cause, cell, counts)).or_default() += row.amount;
            }
        }
    });
    if let Err(Cut::Io(error)) = read {
        return Err(unreadable(path, &error));
    }
    for (target, cell, counts, amount) in back {
        if let Some(message) = of.get(&target) {
            *nets.entry((*message, cell, counts)).or_default() += amount;
        }
    }
    nets.retain(|_, net| *net != 0);
    let mut left: Vec<LeftIn> = Vec::new();
    for ((message, cell, counts), net) in nets {
        let known = left
            .iter_mut()
            .find(|one| (one.message, one.kind.as_str()) == (message, cell.kind.as_str()));
        let one = LeftIn {
            message,
            kind: cell.kind.to_string(),
            place: nobodys(cell),
            net,
            counts,
            more: 0,
        };
        match known {
            // Money before numbers, the most of it first.
            Some(known) if (known.counts, -known.net.abs()) <= (counts, -net.abs()) => {
                known.more += 1;
            }
            Some(known) => {
                let more = known.more + 1;
                *known = LeftIn { more, ..one };
            }
            None => left.push(one),
        }
    }
    take.left(left);
    Ok(take)
}

/// Each element of one member of a document that was read before.
fn each_of(
    window: &mut Window<File>,
    wanted: &str,
    mut take: impl FnMut(u64, &[u8]),
) -> Result<(), Cut> {
    window.expect(b'{', "it does not begin with `{`")?;
    loop {
        let (_, name) = window.value()?;
        let found = serde_json::from_slice::<String>(name).is_ok_and(|name| name == wanted);
        window.expect(b':', "a member has no `:`")?;
        if found {
            let walked = each(window, |at, bytes| {
                take(at, bytes);
                Ok(())
            });
            match walked {
                Ok(()) | Err(Trouble::Said { .. }) => {}
                Err(Trouble::Cut(cut)) => return Err(cut),
            }
        } else {
            window.skip()?;
        }
        if !window.take(b',')? {
            return Ok(());
        }
    }
}

/// A log row as far as it is a posting.
#[derive(Deserialize)]
pub(super) struct LogText<'a> {
    pub(super) seq: u64,
    #[serde(borrow)]
    pub(super) cause: CauseText<'a>,
    #[serde(default)]
    pub(super) cell: Option<CellText>,
    #[serde(default)]
    pub(super) unit: Option<Unit>,
    #[serde(default)]
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) reverses: Option<u64>,
}

/// A cell's key, taken in without keeping its texts.
pub(super) struct CellText {
    pub(super) print: CellPrint,
}

impl<'de> Deserialize<'de> for CellText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<CellText, D::Error> {
        #[derive(Deserialize)]
        struct Key<'a> {
            #[serde(borrow)]
            kind: Text<'a>,
            #[serde(borrow, default)]
            dims: Dims<'a>,
        }
        let key = Key::deserialize(from)?;
        let dims = key.dims.0.iter();
        let print = dims.fold(CellPrint::of(key.kind.str()), |print, (name, value)| {
            print.dim(name.str(), value.str())
        });
        Ok(CellText { print })
    }
}

#[derive(Default)]
struct Dims<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Dims<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Dims<'a>, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Dims<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dimensions by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Dims<'de>, A::Error> {
                let mut dims = Vec::with_capacity(5);
                while let Some(pair) = map.next_entry()? {
                    dims.push(pair);
                }
                Ok(Dims(dims))
            }
        }
        from.deserialize_map(Map)
    }
}

//! 三目确认表 · Which national code each of an institution's own items stands on, item by item: one table per institution, to be
//! signed by it and the agency.
//!
//! Why so: a mapping counts as uploaded only where 3301 was answered with ok and no 3302 took it out; what came to no answer is
//! unknown, and an item that was charged and never mapped is a row as well. What a table says stands beside what was uploaded.
//! Called by `cli` (`form catalogue`). Not here: reading tables (`cli`), whether a code is in the national catalogue: nobody
//! here has that catalogue.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Moment, MsgId, Outcome, TxId, sha256_hex};
use crosswipe_journal::{Payload, Record};
use crosswipe_wire::{Members, Request, catalogue as interface};

use super::Form;
use crate::terminal::chain_groups;
use crate::{Lang, Source};

mod page;

/// 一行 · What a table says of one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueLine {
    /// 定点医药机构编号
    pub institution: String,
    /// 定点医药机构目录编号 `fixmedins_hilist_id`
    pub local: String,
    /// 定点医药机构目录名称 `fixmedins_hilist_name`
    pub name: String,
    /// 目录类别 `list_type`
    pub kind: String,
    /// 医疗目录编码 `med_list_codg`; empty: not mapped.
    pub code: String,
    /// 开始日期 `begndate`
    pub from: Option<Moment>,
    /// 结束日期 `enddate`: the last day.
    pub to: Option<Moment>,
}

/// 三目 · What runs and tables show of institutions' items.
#[derive(Clone, Debug, Default)]
pub struct Mappings {
    items: BTreeMap<String, Items>,
    names: BTreeMap<String, String>,
    runs: Vec<String>,
    tails: Vec<String>,
    /// Messages about mappings whose text cannot be read, by institution.
    unread: BTreeMap<String, usize>,
}

/// Own code, kind and national code of one mapping.
type Key = (String, String, String);
type Items = BTreeMap<Key, Pair>;

/// 一条对照 · One own item on one national code.
#[derive(Clone, Debug, Default)]
struct Pair {
    name: String,
    from: Option<Moment>,
    to: Option<Moment>,
    /// What became of the last message about it; `None`: there was none.
    sent: Option<Sent>,
    in_table: bool,
    /// In how many fee lines it was charged.
    used: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Uploaded,
    Refused,
    Unknown,
    Revoked,
}

/// 状态
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Mapped,
    Double,
    Shape,
    Unknown,
    Unmapped,
}

/// Why a row is in its state.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    NoCode,
    NotUploaded,
    Refused,
    Revoked,
    NoAnswer,
    Charged(usize),
    Missing(&'static str),
    TooLong(&'static str, usize, usize),
    Sign(&'static str),
    NoKind(String),
    AlsoOn(Vec<String>),
    PerhapsOn(Vec<String>),
}

/// One row of the form.
#[derive(Clone, Debug)]
struct Row<'a> {
    key: &'a Key,
    pair: &'a Pair,
    state: State,
    why: Vec<Why>,
}

/// A message about mappings, in the order sent.
struct Event {
    revokes: bool,
    origin: String,
    lines: Vec<CatalogueLine>,
    outcome: Option<Sent>,
}

impl Mappings {
    /// What these runs show, the earliest first: a later run may take out what an earlier one mapped.
    pub fn of_runs(sources: &[Source<'_>]) -> Mappings {
        let mut sources: Vec<&Source<'_>> = sources.iter().collect();
        sources.sort_by_key(|source| source.records.first().map(|first| first.at));
        let mut all = Mappings::default();
        for source in sources {
            all.run(source);
        }
        all
    }

    /// Adds what a table says.
    pub fn add_table(&mut self, lines: &[CatalogueLine]) {
        for line in lines {
            let pair = self.pair(&line.institution, line);
            pair.in_table = true;
        }
    }

    fn run(&mut self, source: &Source<'_>) {
        self.runs.push(source.judgement.run_id.to_string());
        self.tails.push(chain_groups(source.journal_tail));
        let mut events: Vec<Event> = Vec::new();
        let mut places: BTreeMap<(TxId, MsgId), usize> = BTreeMap::new();
        for record in source.records {
            match &record.payload {
                Payload::Run(header) => {
                    for (code, name, _) in &header.plan.institutions {
                        self.names.insert(code.clone(), name.clone());
                    }
                }
                Payload::Outcome(ended) | Payload::CompOutcome(ended) => {
                    let place = places.get(&(ended.txid.clone(), ended.msgid.clone()));
                    if let Some(event) = place.and_then(|place| events.get_mut(*place)) {
                        event.outcome = Some(came(&ended.outcome, event.revokes));
                    }
                }
                payload => {
                    if let Some((message, event)) = self.sent(source, record, payload) {
                        places.insert(message, events.len());
                        events.push(event);
                    }
                }
            }
        }
        for event in &events {
            self.apply(event);
        }
    }

    /// A message about mappings; of one that charges items only counts what it charges.
    fn sent(
        &mut self,
        source: &Source<'_>,
        record: &Record,
        payload: &Payload,
    ) -> Option<((TxId, MsgId), Event)> {
        let (infno, origin, txid, msgid) = match payload {
            Payload::Intent(one) => (&one.infno, &one.origin, &one.txid, &one.msgid),
            Payload::CompIntent(one) => (&one.infno, &one.origin, &one.txid, &one.msgid),
            _ => return None,
        };
        let about_mapping = matches!(infno.base(), "3301" | "3302");
        let charged = interface().transaction(infno).and_then(|transaction| {
            let holds = |node: &&crosswipe_wire::NodeSpec| {
                let has = |name: &str| node.fields.iter().any(|field| field.name == name);
                has("medins_list_codg") && has("med_list_codg")
            };
            transaction.input.iter().find(holds)
        });
        if !about_mapping && charged.is_none() {
            return None;
        }
        let text = source.messages.get(&record.seq);
        let request = text.and_then(|text| Request::parse(text.as_bytes()).ok());
        let node = charged.map_or("data", |node| node.id);
        let nodes = request.as_ref().map_or(Vec::new(), |one| one.nodes(node));
        if nodes.is_empty() {
            *self.unread.entry(origin.clone()).or_default() += usize::from(about_mapping);
        }
        if !about_mapping {
            nodes.iter().for_each(|node| self.charge(origin, node));
            return None;
        }
        let event = Event {
            revokes: infno.base() == "3302",
            origin: origin.clone(),
            lines: nodes.iter().map(line).collect(),
            outcome: None,
        };
        Some(((txid.clone(), msgid.clone()), event))
    }

    fn charge(&mut self, origin: &str, node: &Members<'_>) {
        let text = |name: &str| node.text(name).unwrap_or_default().into_owned();
        let (local, code) = (text("medins_list_codg"), text("med_list_codg"));
        if local.is_empty() {
            return;
        }
        let key = (local, String::new(), code);
        let items = self.items.entry(origin.to_owned()).or_default();
        items.entry(key).or_default().used += 1;
    }

    fn pair(&mut self, institution: &str, line: &CatalogueLine) -> &mut Pair {
        let key = (line.local.clone(), line.kind.clone(), line.code.clone());
        let items = self.items.entry(institution.to_owned()).or_default();
        let pair = items.entry(key).or_default();
        if !line.name.is_empty() {
            pair.name.clone_from(&line.name);
        }
        pair.from = line.from.or(pair.from);
        pair.to = line.to.or(pair.to);
        pair
    }

    fn apply(&mut self, event: &Event) {
        let outcome = event.outcome.unwrap_or(Sent::Unknown);
        for line in &event.lines {
            let pair = self.pair(&event.origin, line);
            let before = pair.sent;
            pair.sent = Some(match (event.revokes, outcome, before) {
                // What was refused changed nothing.
                (_, Sent::Refused, Some(before)) => before,
                // It stood already, and stands whatever became of this one.
                (false, Sent::Unknown, Some(Sent::Uploaded)) => Sent::Uploaded,
                // It was taken out already.
                (true, Sent::Unknown, Some(Sent::Revoked)) => Sent::Revoked,
                (_, outcome, _) => outcome,
            });
            // A mapping made in another run stands as it stood: nothing of it was seen here.
            if (event.revokes, outcome, before) == (true, Sent::Refused, None) {
                pair.sent = Some(Sent::Unknown);
            }
        }
    }
}

fn line(node: &Members<'_>) -> CatalogueLine {
    let text = |name: &str| node.text(name).unwrap_or_default().into_owned();
    let day = |name: &str| node.moment(name).ok().flatten();
    CatalogueLine {
        institution: String::new(),
        local: text("fixmedins_hilist_id"),
        name: text("fixmedins_hilist_name"),
        kind: text("list_type"),
        code: text("med_list_codg"),
        from: day("begndate"),
        to: day("enddate"),
    }
}

fn came(outcome: &Outcome, revokes: bool) -> Sent {
    match outcome {
        Outcome::Ok { .. } if revokes => Sent::Revoked,
        Outcome::Ok { .. } => Sent::Uploaded,
        Outcome::Refused { .. } => Sent::Refused,
        Outcome::Unknown { .. } => Sent::Unknown,
    }
}

impl Pair {
    /// It stands, as far as anybody was told.
    fn stands(&self, code: &str) -> bool {
        match self.sent {
            Some(sent) => sent == Sent::Uploaded,
            None => self.in_table && !code.is_empty(),
        }
    }

    /// It puts its item on its code: it stands, or was charged so without ever having been uploaded.
    fn claims(&self, code: &str) -> bool {
        self.stands(code) || (self.sent.is_none() && self.used > 0 && !code.is_empty())
    }

    /// Both hold on some day; no day given is no bound.
    fn meets(&self, other: &Pair) -> bool {
        let before = |to: Option<Moment>, from: Option<Moment>| match (to, from) {
            (Some(to), Some(from)) => to.day() < from.day(),
            _ => false,
        };
        !before(self.to, other.from) && !before(other.to, self.from)
    }
}

/// Fee lines name no kind: what was charged is put to the mapping of the same two codes, where there is one.
fn joined(items: &Items) -> Items {
    let mut all = Items::new();
    for (key, pair) in items {
        if !key.1.is_empty() || pair.in_table || pair.sent.is_some() {
            all.insert(key.clone(), pair.clone());
        }
    }
    for (key, pair) in items
        .iter()
        .filter(|(key, _)| !all.contains_key(*key))
        .collect::<Vec<_>>()
    {
        let mut same: Vec<&mut Pair> = all
            .iter_mut()
            .filter(|(other, _)| (&other.0, &other.2) == (&key.0, &key.2))
            .map(|(_, pair)| pair)
            .collect();
        match same.is_empty() {
            true => drop(all.insert(key.clone(), pair.clone())),
            false => same.iter_mut().for_each(|one| one.used += pair.used),
        }
    }
    all
}

/// The rows of one institution, each with its state.
fn rows(items: &Items) -> Vec<Row<'_>> {
    let mut by_local: BTreeMap<&str, Vec<(&Key, &Pair)>> = BTreeMap::new();
    for (key, pair) in items {
        by_local.entry(&key.0).or_default().push((key, pair));
    }
    let judged = items.iter().map(|(key, pair)| {
        let empty = Vec::new();
        let same = by_local.get(key.0.as_str()).unwrap_or(&empty);
        judge(key, pair, same)
    });
    judged.collect()
}

fn judge<'a>(key: &'a Key, pair: &'a Pair, same: &[(&Key, &Pair)]) -> Row<'a> {
    let code = &key.2;
    let others = |holds: &dyn Fn(&Pair, &str) -> bool| -> Vec<String> {
        let others = same.iter().filter(|(other, held)| {
            other.2 != *code && !other.2.is_empty() && holds(held, &other.2) && held.meets(pair)
        });
        let codes: BTreeSet<String> = others.map(|(other, _)| other.2.clone()).collect();
        codes.into_iter().collect()
    };
    let stands = pair.stands(code);
    let mut why = Vec::new();
    let state = if code.is_empty() {
        why.push(Why::NoCode);
        State::Unmapped
    } else {
        why.extend(misshapen(key, pair));
        let also = match pair.claims(code) && !key.0.is_empty() {
            true => others(&|held, code| held.claims(code)),
            false => Vec::new(),
        };
        let perhaps = match stands {
            true => others(&|held, _| held.sent == Some(Sent::Unknown)),
            false => Vec::new(),
        };
        let state = match () {
            () if !why.is_empty() => State::Shape,
            () if !also.is_empty() => State::Double,
            () if pair.sent == Some(Sent::Unknown) || !perhaps.is_empty() => State::Unknown,
            () if stands => State::Mapped,
            () => State::Unmapped,
        };
        if !also.is_empty() {
            why.push(Why::AlsoOn(also));
        }
        if !perhaps.is_empty() {
            why.push(Why::PerhapsOn(perhaps));
        }
        state
    };
    why.extend(match pair.sent {
        Some(Sent::Uploaded) => None,
        Some(Sent::Refused) => Some(Why::Refused),
        Some(Sent::Revoked) => Some(Why::Revoked),
        Some(Sent::Unknown) => Some(Why::NoAnswer),
        None => (!pair.in_table).then_some(Why::NotUploaded),
    });
    if pair.used > 0 && state != State::Mapped {
        why.push(Why::Charged(pair.used));
    }
    Row {
        key,
        pair,
        state,
        why,
    }
}

/// What the interface says of the shape of the three: that they are there, how long they may be, that the kind is one of its
/// list. It gives no shape per kind. A code is of visible ASCII signs: anything else was typed or pasted by mistake.
fn misshapen(key: &Key, pair: &Pair) -> Vec<Why> {
    let upload = crosswipe_domain::InfNo::new("3301");
    let only_charged = pair.sent.is_none() && !pair.in_table;
    let mut why = Vec::new();
    for (name, value) in [
        ("fixmedins_hilist_id", &key.0),
        ("list_type", &key.1),
        ("med_list_codg", &key.2),
    ] {
        let spec = interface().field(&upload, "data", name);
        let longest = spec.and_then(|spec| spec.max_len);
        let signs = value.chars().count();
        // A fee line names no kind.
        if value.is_empty() {
            why.extend((!only_charged).then_some(Why::Missing(name)));
            continue;
        }
        if let Some(list) = spec.and_then(|spec| spec.code_list) {
            let list = interface().list(list);
            let known = list.is_none_or(|list| list.values.iter().any(|(code, ..)| code == value));
            why.extend((!known).then(|| Why::NoKind(value.clone())));
            continue;
        }
        if let Some(longest) = longest.filter(|longest| signs > *longest) {
            why.push(Why::TooLong(name, signs, longest));
        }
        if name == "med_list_codg" && !value.chars().all(|sign| sign.is_ascii_graphic()) {
            why.push(Why::Sign(name));
        }
    }
    why
}

/// 三目确认表 · One per institution; `of` takes only the one with this code. Empty where nothing was seen.
pub fn catalogue(all: &Mappings, of: Option<&str>, lang: Lang) -> Form {
    let wanted = |code: &str| of.is_none_or(|of| of == code);
    let tables = all.items.iter().filter(|(code, _)| wanted(code));
    let tables = tables.map(|(code, items)| {
        let named = all.names.get(code).map_or("", String::as_str);
        let unread = all.unread.get(code).copied().unwrap_or(0);
        page::table((code, named), &rows(&joined(items)), unread, lang)
    });
    Form {
        title: lang
            .pick("三目确认表", "Confirmation of catalogue mappings")
            .to_owned(),
        about: format!("{} {}", lang.pick("运行", "run"), shown(&all.runs)),
        proof: format!("{} {}", lang.pick("链尾", "tail"), shown(&all.tails)),
        tables: tables.collect(),
        lang,
    }
}

fn shown(all: &[String]) -> String {
    match all.is_empty() {
        true => "-".to_owned(),
        false => all.join(" / "),
    }
}

/// The id of a row: the same whatever runs it is made of.
fn id(institution: &str, key: &Key) -> String {
    let named = [institution, &key.0, &key.1, &key.2].join("\u{1f}");
    let digest = sha256_hex(named.as_bytes());
    format!("M-{}", digest.get(..10).unwrap_or(&digest))
}

//! 接缝 · Where one run ends and the next begins, the books are the same, or log rows of others say why not.
//!
//! Why so: a run judges itself from its own t0. If what another left were in that t0, it would be nobody's. So every t0
//! is held against the last look (t2 where taken, else t1) of the run before it at that party: the log goes on from the
//! very rows that were seen, and every cell differs by what rows of others moved in between, and by nothing else.
//! Where the plan declares a purge in between, exactly the rows of runs and what undoes them may be gone (`purge`).
//! Runs that stood at the same time (shifts, sites) begin inside each other; of these the logs alone are compared, the
//! rules over all runs (`join`) see the rest.
//! Called by `window`. Not here: the first t0 against the last look (`join`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{
    Cause, Cell, CellKey, DeclaredPurge, Entry, Export, LogRow, Party, Row, Rule, Unit,
};

use super::{Member, SeamCount, WindowFinding};
use crate::books::{Books, gather};
use crate::draft::{finding, line, person_of};
use crate::evidence::Instant;
use crate::judgement::{Finding, Remark};
use crate::purge::Purge;
use crate::rules::r01_state::unit_name;
use crate::story::Story;

/// What the seams of one group show.
#[derive(Default)]
pub(super) struct Seams {
    pub(super) findings: Vec<WindowFinding>,
    pub(super) notes: Vec<Remark>,
    pub(super) not_checked: Vec<String>,
    pub(super) compared: SeamCount,
}

/// A run with its messages indexed and its books vouched for.
struct Told<'a> {
    place: usize,
    name: String,
    story: Story<'a>,
    books: BTreeMap<&'a Party, Books<'a>>,
}

/// Holds every t0 against the look before it.
pub(super) fn check(runs: &[&Member<'_>], purges: &[DeclaredPurge]) -> Seams {
    let told: Vec<Told<'_>> = runs
        .iter()
        .map(|run| {
            let story = Story::read(run.papers.evidence);
            let books = gather(run.papers.evidence, &story).0;
            Told {
                place: run.place,
                name: run.header.run_id.to_string(),
                story,
                books,
            }
        })
        .collect();
    let mut seams = Seams::default();
    for (index, later) in told.iter().enumerate().skip(1) {
        for (party, books) in &later.books {
            let mut declared = purges.iter();
            let declared = declared.find(|purge| purge.party == **party);
            seam(&told, index, (party, books), declared, &mut seams);
        }
    }
    seams
}

/// One party at the start of one run.
fn seam(
    told: &[Told<'_>],
    index: usize,
    (party, books): (&Party, &Books<'_>),
    declared: Option<&DeclaredPurge>,
    seams: &mut Seams,
) {
    let later = &told[index];
    let unseen = |seams: &mut Seams, earlier: &Told<'_>| {
        seams
            .not_checked
            .push(format!("seam:{}-{}:{party}", earlier.place, later.place));
    };
    let Some(t0) = books.at(Instant::T0) else {
        unseen(seams, &told[index - 1]);
        return;
    };
    let ends = || {
        told[..index]
            .iter()
            .filter_map(|run| Some((run, run.books.get(party)?.end()?)))
    };

    let went_on = |end: &Export| end.taken_at > t0.taken_at && end.lsn > t0.lsn;
    for (earlier, end) in ends().filter(|(_, end)| went_on(end)) {
        seams.compared.rows += t0.log.len() as u64;
        let note = overlap(earlier, later);
        if !seams.notes.contains(&note) {
            seams.notes.push(note);
        }
        // The later look is the earlier run's: it must go on from the very rows that this run began with.
        let looks = ((later.place, t0), (earlier.place, end));
        let purge = declared.and_then(|declared| purge_between(told, party, declared, looks));
        if let Some(found) = broken(party, &t0.log, &end.log, purge.as_ref()) {
            seams.findings.push(between(later, earlier, found));
        }
    }
    // The newest look at this party that was over when this run began.
    let before = ends()
        .filter(|(_, end)| !went_on(end))
        .max_by_key(|(run, end)| {
            (
                is_after(told, party, declared, run, end),
                end.lsn,
                run.place,
            )
        });
    let Some((earlier, end)) = before else {
        if !ends().any(|(_, end)| went_on(end)) {
            unseen(seams, &told[index - 1]);
        }
        return;
    };
    seams.compared.seams += 1;
    seams.compared.rows += end.log.len() as u64;
    let looks = ((earlier.place, end), (later.place, t0));
    let purge = declared.and_then(|declared| purge_between(told, party, declared, looks));
    if let Some(found) = broken(party, &end.log, &t0.log, purge.as_ref()) {
        seams.findings.push(between(earlier, later, found));
        return;
    }
    let (moved, gone) = (only_in(&t0.log, &end.log), only_in(&end.log, &t0.log));
    let by_others =
        |row: &&LogRow| owner(told, &row.cause).is_none_or(|run| still_stood(run, party, t0));
    let between_looks = Moved {
        explained: moved.iter().copied().filter(by_others).collect(),
        moved,
        gone,
    };
    seams.compared.cells += cells(party, end, t0, &between_looks, &mut |found| {
        seams.findings.push(between(earlier, later, found));
    });
    let may_be_gone = |row: &Row| purge.is_some() && owner(told, &row.cause).is_some();
    rows(party, end, t0, &between_looks, may_be_gone, &mut |found| {
        seams.findings.push(between(earlier, later, found));
    });
}

/// What a log shows of the time between two looks.
struct Moved<'a> {
    /// Rows that only the later look has.
    moved: Vec<&'a LogRow>,
    /// Of these the rows of others.
    explained: Vec<&'a LogRow>,
    /// Rows that only the earlier look has: what a declared purge took.
    gone: Vec<&'a LogRow>,
}

/// The rows of one log that another does not show as they are.
fn only_in<'a>(this: &'a [Arc<LogRow>], other: &[Arc<LogRow>]) -> Vec<&'a LogRow> {
    let mut rest = other.iter().peekable();
    let mut only = Vec::new();
    for row in this {
        while rest.next_if(|other| other.seq < row.seq).is_some() {}
        if rest.next_if(|other| other == &row).is_none() {
            only.push(&**row);
        }
    }
    only
}

/// The run that sent the message of a row.
fn owner<'t, 'a>(told: &'t [Told<'a>], cause: &Cause) -> Option<&'t Told<'a>> {
    let sent = |run: &&Told<'_>| run.story.owner(&cause.origin, &cause.msgid).is_run();
    told.iter().find(sent)
}

/// The declared purge of a party, set against the looks of all runs.
fn purge_of<'d>(told: &[Told<'_>], party: &Party, declared: &'d DeclaredPurge) -> Purge<'d> {
    let wholes = told.iter().flat_map(|run| {
        let exports = run.books.get(party).map(|books| &books.exports);
        let exports = exports.into_iter().flatten();
        exports.map(|(instant, one)| (run.place, *instant, one.taken_at, one.lsn))
    });
    Purge::of(declared, wholes)
}

fn is_after(
    told: &[Told<'_>],
    party: &Party,
    declared: Option<&DeclaredPurge>,
    run: &Told<'_>,
    look: &Export,
) -> bool {
    declared
        .is_some_and(|declared| purge_of(told, party, declared).is_after(run.place, look.taken_at))
}

/// The purge if it fell between two looks, each with the place of its run.
fn purge_between<'d>(
    told: &[Told<'_>],
    party: &Party,
    declared: &'d DeclaredPurge,
    (from, to): ((usize, &'d Export), (usize, &Export)),
) -> Option<Purge<'d>> {
    let mut purge = purge_of(told, party, declared);
    if purge.is_after(from.0, from.1.taken_at) || !purge.is_after(to.0, to.1.taken_at) {
        return None;
    }
    from.1.log.iter().for_each(|row| purge.saw(row));
    purge.settle(|row| owner(told, &row.cause).is_some());
    Some(purge)
}

/// Whether a run had taken its t0 and not yet its last look when this export was made.
fn still_stood(run: &Told<'_>, party: &Party, t0: &Export) -> bool {
    let Some(books) = run.books.get(party) else {
        return false;
    };
    let began = books.at(Instant::T0).is_some_and(|own| own.lsn <= t0.lsn);
    let ended = books.end();
    began && ended.is_some_and(|end| end.taken_at > t0.taken_at && end.lsn > t0.lsn)
}

fn between(earlier: &Told<'_>, later: &Told<'_>, mut found: Finding) -> WindowFinding {
    found.location = format!("{} @{} → {}", found.location, earlier.name, later.name);
    let mut runs = vec![earlier.place, later.place];
    runs.sort_unstable();
    WindowFinding {
        runs,
        finding: found,
    }
}

fn overlap(earlier: &Told<'_>, later: &Told<'_>) -> Remark {
    let facts = [
        ("earlier", earlier.name.clone()),
        ("later", later.name.clone()),
    ];
    Remark {
        code: "runs-overlap".into(),
        txid: None,
        facts: facts.map(|(k, v)| (k.to_owned(), v)).into(),
    }
}

/// The first row of the earlier log that the later one does not show as it was.
fn broken(
    party: &Party,
    earlier: &[Arc<LogRow>],
    later: &[Arc<LogRow>],
    purge: Option<&Purge<'_>>,
) -> Option<Finding> {
    let by_seq: BTreeMap<u64, &LogRow> = later.iter().map(|row| (row.seq, &**row)).collect();
    let last = later.last().map(|row| row.seq);
    let (row, now) = earlier.iter().map(|row| &**row).find_map(|row| {
        let now = by_seq.get(&row.seq).copied();
        let took = purge.is_some_and(|purge| purge.took(row, now));
        (now != Some(row) && !took).then_some((row, now))
    })?;
    let (class, actual) = match now {
        Some(now) if now.cause == row.cause => ("audit:mutated", line(party, now)),
        Some(now) => ("audit:erased", line(party, now)),
        None if purge.is_some() || last.is_some_and(|last| row.seq < last) => {
            ("audit:erased", "no row".to_owned())
        }
        None => ("audit:gap", "log ends before".to_owned()),
    };
    let one = finding(Rule::R2, class)
        .at(party)
        .of_person(row.person.as_deref())
        .location(format!("log #{}", row.seq));
    Some(
        one.values(line(party, row), actual)
            .witness(party, [row].into_iter().chain(now)),
    )
}

/// Every cell: the value of the last look, what others moved since, and without what was purged.
fn cells(
    party: &Party,
    end: &Export,
    t0: &Export,
    between: &Moved<'_>,
    found: &mut dyn FnMut(Finding),
) -> u64 {
    let (before, after) = (by_key(end), by_key(t0));
    let mut by_others: BTreeMap<&CellKey, i64> = BTreeMap::new();
    let explained = between.explained.iter().map(|row| (1, row));
    let gone = between.gone.iter().map(|row| (-1, row));
    for (sign, row) in explained.chain(gone) {
        if let Entry::Posting { cell, amount, .. } = &row.entry {
            let sum = by_others.entry(cell).or_default();
            *sum = sum.saturating_add(amount.saturating_mul(sign));
        }
    }
    let all = between.moved.iter().chain(&between.gone);
    let touched = all.filter_map(|row| match &row.entry {
        Entry::Posting { cell, .. } => Some(cell),
        _ => None,
    });
    let keys: BTreeSet<&CellKey> = before
        .keys()
        .chain(after.keys())
        .copied()
        .chain(touched.clone())
        .collect();
    for key in &keys {
        let (was, unit) = before
            .get(key)
            .map_or((0, None), |cell| (cell.value, Some(cell.unit)));
        let (is, unit_now) = after
            .get(key)
            .map_or((0, None), |cell| (cell.value, Some(cell.unit)));
        let expected = was.saturating_add(by_others.get(key).copied().unwrap_or(0));
        let unit_changed = unit.is_some() && unit_now.is_some() && unit != unit_now;
        if is == expected && !unit_changed {
            continue;
        }
        let one = finding(Rule::R1, "evidence:stale")
            .at(party)
            .of_person(person_of(key))
            .location(key.to_string());
        let one = match unit_changed {
            true => one.values(unit_name(unit), unit_name(unit_now)),
            false => one.figures(unit.or(unit_now).unwrap_or(Unit::Count), expected, is),
        };
        let witness = between
            .moved
            .iter()
            .copied()
            .filter(|row| matches!(&row.entry, Entry::Posting { cell, .. } if cell == *key));
        found(one.witness(party, witness).unsure());
    }
    keys.len() as u64
}

/// Business records that were there at the last look are as they were, unless a log row says what became of them.
fn rows(
    party: &Party,
    end: &Export,
    t0: &Export,
    between: &Moved<'_>,
    may_be_gone: impl Fn(&Row) -> bool,
    found: &mut dyn FnMut(Finding),
) {
    let after: BTreeMap<(&str, &str), &Row> = t0
        .rows
        .iter()
        .map(|row| ((row.kind.as_str(), row.id.as_str()), row))
        .collect();
    let touched: BTreeSet<(&str, &str)> = between
        .moved
        .iter()
        .filter_map(|row| match &row.entry {
            Entry::Row { kind, id, .. } => Some((kind.as_str(), id.as_str())),
            _ => None,
        })
        .collect();
    for row in &end.rows {
        let key = (row.kind.as_str(), row.id.as_str());
        let now = after.get(&key).copied();
        if now == Some(row) || touched.contains(&key) || now.is_none() && may_be_gone(row) {
            continue;
        }
        let actual = match now {
            None => "absent".to_owned(),
            Some(now) if now.status != row.status => now.status.to_string(),
            Some(_) => "changed".to_owned(),
        };
        let one = finding(Rule::R1, "evidence:stale")
            .at(party)
            .of_person(row.person.as_deref())
            .location(format!("{} {}", row.kind, row.id));
        found(one.values(&row.status, actual).unsure());
    }
}

fn by_key(export: &Export) -> BTreeMap<&CellKey, &Cell> {
    export.cells.iter().map(|cell| (&cell.key, cell)).collect()
}

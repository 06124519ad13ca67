//! 账册 · The books of one party as the journal vouches for them.
//!
//! Why so: a file counts only if its digest is the one that stands in the journal. What differs is
//! `evidence:tampered` and is not read further; what is gone is `evidence:missing`. So no rule has to
//! ask again whether it may trust what it compares.
//! Called by `context`. Not here: sums of cells against logs (`soundness`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::{DeclaredPurge, Export, Level, LogRow, Look, Party, Rule};

use crate::draft::finding;
use crate::evidence::{Evidence, Instant, Whole};
use crate::judgement::Finding;
use crate::purge::Purge;
use crate::story::Story;

/// All that is known of one party's books.
pub(crate) struct Books<'a> {
    pub(crate) party: &'a Party,
    pub(crate) level: Level,
    pub(crate) exports: BTreeMap<Instant, &'a Export>,
    /// Looks in journal order, with their place in `Story::tails`.
    pub(crate) looks: Vec<(usize, &'a Look)>,
    /// Numbers below this that t0 does not show stay empty: a purge that the plan declares was there before the run.
    pub(crate) purged_before: u64,
    /// Whole logs that the runs of a window saw; of a single run nothing.
    within: &'a [Whole],
    /// The log as first seen: each row in the oldest version that any look shows.
    pub(crate) early: Vec<&'a LogRow>,
    /// The log as last seen; of a purged log, what was seen before and what has come since.
    pub(crate) last: Vec<&'a LogRow>,
    /// The purge that the plan declares and the exports show; `None` where no row of the run is gone.
    pub(crate) purge: Option<Purge<'a>>,
}

impl<'a> Books<'a> {
    pub(crate) fn at(&self, instant: Instant) -> Option<&'a Export> {
        self.exports.get(&instant).copied()
    }

    /// The newest whole export after the run's business: t2, else t1.
    pub(crate) fn end(&self) -> Option<&'a Export> {
        self.at(Instant::T2).or(self.at(Instant::T1))
    }

    /// First `seq` that was written after t0; `None` without t0.
    pub(crate) fn born_from(&self) -> Option<u64> {
        self.at(Instant::T0).map(|export| {
            export
                .log
                .last()
                .map_or(0, |row| row.seq + 1)
                .max(export.lsn)
        })
    }

    /// Whether a row of `last` stood in the log that this export shows.
    pub(crate) fn stood_in(&self, row: &LogRow, export: &Export) -> bool {
        match &self.purge {
            Some(purge) if !purge.is_after(self.run_of(export), export.taken_at) => {
                row.seq < export.lsn && purge.before.get(&row.seq) == Some(&row)
            }
            _ => row.seq < export.lsn,
        }
    }

    /// Which run of a window took this export; 0 where there is but one.
    fn run_of(&self, export: &Export) -> usize {
        let stamp = (export.taken_at, export.lsn);
        let of = |whole: &&Whole| (whole.taken_at, whole.lsn) == stamp;
        self.within.iter().find(of).map_or(0, |whole| whole.run)
    }

    /// Whether an export shows the books after the purge; false where nothing was purged.
    pub(crate) fn is_purged(&self, export: &Export) -> bool {
        let purge = self.purge.as_ref();
        purge.is_some_and(|purge| purge.is_after(self.run_of(export), export.taken_at))
    }

    /// The purge, if one was declared and a row of a run is gone after it.
    fn purged(&self, declared: Option<&'a DeclaredPurge>, story: &Story<'_>) -> Option<Purge<'a>> {
        let (declared, end) = (declared?, self.end()?);
        let own = self.exports.iter();
        let own = own.map(|(instant, export)| (0, *instant, export.taken_at, export.lsn));
        let of_runs = self.within.iter().map(Whole::stamp);
        let mut purge = if self.within.is_empty() {
            Purge::of(declared, own)
        } else {
            Purge::of(declared, of_runs)
        };
        if !purge.is_after(self.run_of(end), end.taken_at) {
            return None;
        }
        let looks = self
            .looks
            .iter()
            .map(|(place, look)| (story.run_of_tail(*place), look.taken_at, &look.rows));
        let own = self.exports.values();
        let own = own.map(|export| (self.run_of(export), export.taken_at, &export.log));
        let of_runs = self.within.iter();
        let of_runs = of_runs.map(|whole| (whole.run, whole.taken_at, &whole.log));
        for (run, taken_at, rows) in looks.chain(own).chain(of_runs) {
            if !purge.is_after(run, taken_at) {
                rows.iter().for_each(|row| purge.saw(row));
            }
        }
        purge.settle(|row| story.owner(&row.cause.origin, &row.cause.msgid).is_run());
        (purge.gone(&end.log) > 0).then_some(purge)
    }

    fn settle_logs(&mut self, declared: Option<&'a DeclaredPurge>, story: &Story<'_>) {
        let mut early = Oldest::default();
        let looks = self.looks.iter().map(|(_, look)| &look.rows);
        let wholes = self.exports.values().map(|export| &export.log);
        let (first, later) = (
            wholes
                .clone()
                .take(usize::from(self.exports.contains_key(&Instant::T0))),
            wholes,
        );
        for rows in first.chain(looks).chain(later) {
            early.add(rows);
        }
        let early = early.in_order();
        self.purge = self.purged(declared, story);
        self.last = match (self.end(), &self.purge) {
            (Some(export), Some(purge)) => {
                let new = |row: &&LogRow| purge.before.get(&row.seq) != Some(row);
                let since = export.log.iter().map(Arc::as_ref).filter(new);
                purge.before.values().copied().chain(since).collect()
            }
            (Some(export), None) => export.log.iter().map(Arc::as_ref).collect(),
            (None, _) => early.clone(),
        };
        self.early = early;
    }
}

/// 最早所见 · Each row in the oldest version that any look shows.
///
/// Why no map alone: a log is shown again and again, in order and from its beginning, and there are some hundred
/// thousand rows. What goes on where the last look ended stands in a list that is walked along with each look.
#[derive(Default)]
struct Oldest<'a> {
    /// By `seq`, each once.
    on: Vec<&'a LogRow>,
    /// Rows that were shown only after later ones, none of them in `on`.
    between: BTreeMap<u64, &'a LogRow>,
}

impl<'a> Oldest<'a> {
    fn add(&mut self, rows: &'a [Arc<LogRow>]) {
        let (mut place, mut before) = (0, None);
        for row in rows {
            if before.is_none_or(|before| row.seq <= before) {
                place = self.on.partition_point(|other| other.seq < row.seq);
            }
            before = Some(row.seq);
            while self.on.get(place).is_some_and(|other| other.seq < row.seq) {
                place += 1;
            }
            match self.on.get(place) {
                None => self.on.push(row),
                Some(known) if known.seq == row.seq => {}
                Some(_) => {
                    self.between.entry(row.seq).or_insert(row);
                }
            }
        }
    }

    fn in_order(self) -> Vec<&'a LogRow> {
        let mut rows = self.on;
        if !self.between.is_empty() {
            rows.extend(self.between.into_values());
            rows.sort_by_key(|row| row.seq);
        }
        rows
    }
}

/// Pairs every party of the run with what is vouched for, and says what is not.
pub(crate) fn gather<'a>(
    evidence: &'a Evidence,
    story: &Story<'a>,
) -> (BTreeMap<&'a Party, Books<'a>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(header) = story.header else {
        return (BTreeMap::new(), findings);
    };
    let mut books: BTreeMap<&Party, Books<'a>> = BTreeMap::new();
    for (party, level) in &header.parties {
        let mut exports = BTreeMap::new();
        if *level >= Level::L3 {
            for instant in [Instant::T0, Instant::T1, Instant::T2] {
                match vouched(evidence, story, party, instant) {
                    Ok(Some(export)) => {
                        exports.insert(instant, export);
                    }
                    Ok(None) => {}
                    Err(found) => findings.push(*found),
                }
            }
        }
        books.insert(
            party,
            Books {
                party,
                level: *level,
                exports,
                looks: Vec::new(),
                purged_before: 0,
                within: evidence.within.get(party).map_or(&[], Vec::as_slice),
                early: Vec::new(),
                last: Vec::new(),
                purge: None,
            },
        );
    }
    findings.extend(place_looks(evidence, story, &mut books));
    for books in books.values_mut() {
        let mut declared = header.plan.purge.iter();
        let declared = declared.find(|purge| purge.party == *books.party);
        let (first, follows) = (books.at(Instant::T0), header.previous_tail.is_some());
        if let (Some(declared), Some(t0), true) = (declared, first, books.within.is_empty())
            && (declared.at <= t0.taken_at || follows)
        {
            // What went is for the window to say, which saw the run before; a rehearsal's clock was set back.
            books.purged_before = t0.lsn;
        }
        books.settle_logs(declared, story);
    }
    (books, findings)
}

fn vouched<'a>(
    evidence: &'a Evidence,
    story: &Story<'a>,
    party: &Party,
    instant: Instant,
) -> Result<Option<&'a Export>, Box<Finding>> {
    let Some((_, snapshot)) = story.snapshots.get(&instant) else {
        return Ok(None);
    };
    let location = format!("export {}", instant.name());
    let missing = |why: &str| {
        Box::new(
            finding(Rule::R1, "evidence:missing")
                .at(party)
                .location(&location)
                .values("export", why)
                .unsure(),
        )
    };
    let Some(digest) = snapshot.exports.get(party) else {
        // What t0 lacks is `evidence:stale`, said by `soundness`.
        let why = snapshot.missing.get(party).map_or("absent", String::as_str);
        return if instant == Instant::T1 {
            Err(missing(why))
        } else {
            Ok(None)
        };
    };
    let Some(file) = evidence
        .exports
        .get(&instant)
        .and_then(|files| files.get(party))
    else {
        return Err(missing("no file"));
    };
    let tampered = |expected: String, actual: String| {
        Box::new(
            finding(Rule::R2, "evidence:tampered")
                .at(party)
                .location(&location)
                .values(expected, actual),
        )
    };
    if file.sha256 != digest.sha256 {
        return Err(tampered(digest.sha256.clone(), file.sha256.clone()));
    }
    match &file.export {
        Err(why) => Err(missing(why)),
        Ok(export)
            if export.party != *party
                || export.lsn != digest.lsn
                || export.taken_at != digest.taken_at =>
        {
            Err(tampered(
                format!("{party} lsn {} {}", digest.lsn, digest.taken_at),
                format!("{} lsn {} {}", export.party, export.lsn, export.taken_at),
            ))
        }
        Ok(export) => Ok(Some(export)),
    }
}

fn place_looks<'a>(
    evidence: &'a Evidence,
    story: &Story<'a>,
    books: &mut BTreeMap<&'a Party, Books<'a>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (party, books) in books.iter_mut() {
        let lines = evidence
            .looks
            .get(*party)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let by_digest: BTreeMap<&str, &Result<Look, String>> = lines
            .iter()
            .map(|line| (line.sha256.as_str(), &line.look))
            .collect();
        let mut used = 0;
        let mut lost = Vec::new();
        for (index, (_, tails)) in story.tails.iter().enumerate() {
            let Some(digest) = tails.looks.get(*party) else {
                continue;
            };
            match by_digest.get(digest.sha256.as_str()) {
                Some(Ok(look))
                    if look.party == **party
                        && look.from == digest.from
                        && look.lsn == digest.lsn =>
                {
                    used += 1;
                    books.looks.push((index, look));
                }
                _ => lost.push(&tails.case),
            }
        }
        // A line that no record vouches for, beside a record whose line is gone: the line was changed.
        let class = if lines.len() > used {
            "evidence:tampered"
        } else {
            "evidence:missing"
        };
        for case in lost {
            let found = finding(Rule::R2, class)
                .at(party)
                .location(format!("look {case}"))
                .values("look", "absent");
            findings.push(found.unsure_if(class == "evidence:missing"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::tests::{row, sequences};

    /// Every pair of looks of three rows each, in any order and with any repetition.
    #[test]
    fn of_each_row_the_oldest_version_is_kept_whatever_the_order_of_the_looks() {
        let looks: Vec<Vec<u64>> = sequences(3, 4);
        for first in &looks {
            for second in &looks {
                let shown = [(0, first), (1, second)].map(|(look, seqs)| {
                    let nth = seqs.iter().zip(look * 3..);
                    nth.map(|(seq, nth)| Arc::new(row(*seq, nth)))
                        .collect::<Vec<_>>()
                });
                let (mut oldest, mut by_map) = (Oldest::default(), BTreeMap::new());
                for rows in &shown {
                    oldest.add(rows);
                    for row in rows {
                        by_map.entry(row.seq).or_insert(&**row);
                    }
                }
                let by_map: Vec<&LogRow> = by_map.into_values().collect();
                assert_eq!(oldest.in_order(), by_map, "{first:?} then {second:?}");
            }
        }
    }
}

//! 合并的运行 · A folder that holds the shards of one plan, and reads like one run.
//!
//! `merged.json` (which parts, with both ends of their chains), `parts/<nn>-<run>/` (journal, exports, certificate, sums,
//! reviews and proofs of each, copied), and the reports of the whole. Nothing of it is evidence but the parts: the whole is
//! computed from them each time, and a part that is not the one listed is told.
//! Made by `merge`; read by `verify`, `report`, `close`. Not here: what the parts come to (`verify::merge`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::{Both, CaseId, FindingClass, Level, Moment, Party, RunId, both, sha256_hex};
use crosswipe_journal::{Payload, Record, RunHeader};
use crosswipe_reports::{Leads, PartRun, Source, Story};
use crosswipe_verify::{Finding, Judgement, ReviewHeld, Verdict, merge};
use serde::{Deserialize, Serialize};

use crate::command::select::{SHARD, SIZES};
use crate::command::verify::{came, faults_met, put_first, tampered};
use crate::complain::Trouble;
use crate::contacts;
use crate::exit::{Came, Exit, of_run};
use crate::several::{self, Read, fitting, papers, plan_of};
use crate::told::Told;

/// Names the parts; where it lies, a folder is a merged run.
pub(crate) const LIST: &str = "merged.json";
/// The folder of the parts.
pub(crate) const PARTS: &str = "parts";

const SCHEMA: &str = "crosswipe.merged/1";
const CODE: &str = "cli::merge";

/// What `merged.json` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct List {
    schema: String,
    run_id: RunId,
    plan: String,
    parts: Vec<Part>,
}

/// One part, by both ends of its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its folder inside the merged one.
    pub(crate) dir: String,
    run_id: RunId,
    head: String,
    tail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
}

/// All parts as one.
pub(crate) struct Whole {
    list: List,
    /// Records of each part.
    lengths: Vec<usize>,
    records: Vec<Record>,
    messages: BTreeMap<u64, String>,
    judgement: Judgement,
    faults: Vec<(String, u64)>,
    /// What named persons said of the parts, each of its own.
    review: ReviewHeld,
    contacts: Vec<Leads>,
    pub(crate) exit: Exit,
}

/// Whether a folder holds a merged run.
pub(crate) fn is_merged(dir: &Path) -> bool {
    dir.join(LIST).exists()
}

/// What is done to one chain is done to a part.
pub(crate) fn name_a_part(dir: &Path) -> Trouble {
    Trouble::Usage {
        code: CODE,
        what: format!(
            "`{0}` 是几次运行合成的 · `{0}` is several runs put together",
            dir.display()
        ),
        help: format!(
            "给出其中一次: {0} · name one of them: {0}",
            dir.join(PARTS).join("…").display()
        ),
    }
}

/// The folders with those of merged runs replaced by their parts.
pub(crate) fn parted(dirs: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let mut folders = Vec::new();
    for dir in dirs {
        match is_merged(dir) {
            true => folders.extend(list(dir)?.parts.iter().map(|part| dir.join(&part.dir))),
            false => folders.push(dir.clone()),
        }
    }
    Ok(folders)
}

fn list(dir: &Path) -> Result<List, Trouble> {
    let path = dir.join(LIST);
    let text = fs::read(&path).map_err(|error| Trouble::file("read", &path, error))?;
    let unreadable = |why: String| Trouble::Usage {
        code: CODE,
        what: format!(
            "`{0}` 读不懂: {why} · `{0}` cannot be read: {why}",
            path.display()
        ),
        help: "从各次运行重新合并 · merge the runs again".to_owned(),
    };
    let list: List =
        serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let inside = |part: &Part| {
        let mut names = part.dir.split('/');
        names.next() == Some(PARTS)
            && names.next().is_some_and(|name| name != "..")
            && names.next().is_none()
    };
    if list.schema != SCHEMA || !list.parts.iter().all(inside) {
        return Err(unreadable(format!("it is no list of `{SCHEMA}`")));
    }
    Ok(list)
}

/// The list of parts that were copied, as text.
pub(crate) fn listed(run_id: &RunId, dirs: &[String], runs: &[Read]) -> String {
    let parts = dirs.iter().zip(runs).map(|(dir, run)| Part {
        dir: dir.clone(),
        run_id: run.header().run_id.clone(),
        head: run.history.records[0].sha256.clone(),
        tail: run.history.last().sha256.clone(),
        shard: run.header().switches.get(SHARD).cloned(),
    });
    let list = List {
        schema: SCHEMA.to_owned(),
        run_id: run_id.clone(),
        plan: runs[0].header().plan.plan.clone(),
        parts: parts.collect(),
    };
    let text = serde_json::to_string_pretty(&list).expect("a tree of text keys");
    text + "\n"
}

/// Reads and judges a merged run; parts that are not those listed are told.
///
/// # Errors
/// A part cannot be read, or the parts do not fit together.
pub(crate) fn read(dir: &Path) -> Result<Whole, Trouble> {
    let list = list(dir)?;
    let parts = list
        .parts
        .iter()
        .map(|part| several::read(&dir.join(&part.dir)));
    let runs = parts.collect::<Result<Vec<Read>, Trouble>>()?;
    must_fit(&runs)?;
    let changed: Vec<Finding> = list
        .parts
        .iter()
        .zip(&runs)
        .flat_map(|(part, run)| exchanged(part, run))
        .collect();
    let mut whole = Whole::of(list, &runs);
    let mut parts: Vec<&Part> = whole.list.parts.iter().collect();
    parts.sort_by_key(|part| &part.run_id);
    let kept = parts
        .iter()
        .map(|part| contacts::kept(&dir.join(&part.dir)));
    whole.contacts = contacts_of(kept);
    for finding in changed {
        put_first(&mut whole.judgement, 0, finding);
        whole.exit = Exit::Violated;
    }
    Ok(whole)
}

/// A part with another chain than the one that was merged.
fn exchanged(part: &Part, run: &Read) -> Vec<Finding> {
    let (first, last) = (&run.history.records[0].sha256, &run.history.last().sha256);
    let ends = [("head", &part.head, first), ("tail", &part.tail, last)];
    ends.into_iter()
        .filter(|(_, listed, found)| listed != found)
        .map(|(end, listed, found)| Finding {
            class: FindingClass::new("evidence:tampered"),
            expected: listed.clone(),
            actual: found.clone(),
            ..tampered(&format!("{} chain {end}", part.dir))
        })
        .collect()
}

/// Runs that are one plan's, whole, none missing and nothing twice; everything that is not so is told.
pub(crate) fn must_fit(runs: &[Read]) -> Result<(), Trouble> {
    let Some(first) = runs.first() else {
        return Err(misfit(&[both!("没有给出运行", "no run was given")]));
    };
    fitting(&plan_of(first.header()), &papers(runs))?;
    let mut problems = Vec::new();
    let switch = |run: &Read, name: &str| run.header().switches.get(name).cloned();
    for run in runs {
        if run.header().files != first.header().files {
            let (one, other) = (&first.dir, &run.dir);
            problems.push(both!(
                "`{one}` 与 `{other}` 用的计划文件不同",
                "`{one}` and `{other}` were run from different files of the plan"
            ));
        }
        if switch(run, crate::shift::SHIFT) != switch(first, crate::shift::SHIFT) {
            let (one, other) = (&first.dir, &run.dir);
            problems.push(both!(
                "`{one}` 与 `{other}` 平移的长度不同",
                "`{one}` and `{other}` were moved by different lengths"
            ));
        }
        if !run
            .history
            .records
            .iter()
            .any(|record| matches!(record.payload, Payload::Cert(_)))
        {
            let dir = &run.dir;
            problems.push(both!(
                "`{dir}` 还没有办完: crosswipe resume {dir}",
                "`{dir}` has not ended: crosswipe resume {dir}"
            ));
        }
    }
    problems.extend(shards_missing(runs));
    problems.extend(cases_twice(runs));
    match problems.is_empty() {
        true => Ok(()),
        false => Err(misfit(&problems)),
    }
}

fn misfit(problems: &[Both]) -> Trouble {
    let all = |half: fn(&Both) -> &str| problems.iter().map(half).collect::<Vec<_>>().join("; ");
    Trouble::Usage {
        code: CODE,
        what: format!("{} · {}", all(|one| &one.zh), all(|one| &one.en)),
        help: "一个计划的全部分片, 每片一次; 有共同用例的几次运行用 close · all shards of one plan, each once; runs that share cases are for `close`".to_owned(),
    }
}

/// Every share that has a case must be there, and all must be shares of one selection.
fn shards_missing(runs: &[Read]) -> Vec<Both> {
    let of = |run: &Read, name: &str| run.header().switches.get(name).cloned().unwrap_or_default();
    let sizes: BTreeSet<String> = runs.iter().map(|run| of(run, SIZES)).collect();
    let [sizes] = sizes.iter().collect::<Vec<_>>()[..] else {
        let told: Vec<String> = sizes.iter().map(|one| format!("`{one}`")).collect();
        let told = told.join(", ");
        return vec![both!(
            "不是同一次选择的分片: 各片用例数 {told}",
            "these are not shards of one selection: cases per shard {told}"
        )];
    };
    let given: BTreeSet<String> = runs.iter().map(|run| of(run, SHARD)).collect();
    let sizes: Vec<&str> = sizes.split_whitespace().collect();
    let shard = |index: usize| format!("{}/{}", index + 1, sizes.len());
    let missing = sizes.iter().enumerate().filter(|(_, size)| **size != "0");
    missing
        .map(|(index, size)| (shard(index), size))
        .filter(|(shard, _)| !given.contains(shard))
        .map(|(shard, size)| {
            both!(
                "缺第 {shard} 片 ({size} 例)",
                "shard {shard} is missing ({size} cases)"
            )
        })
        .collect()
}

/// What two runs both had cannot be told as one.
fn cases_twice(runs: &[Read]) -> Vec<Both> {
    let mut owner: BTreeMap<&CaseId, &str> = BTreeMap::new();
    let mut shared: BTreeMap<(&str, &str), Vec<&CaseId>> = BTreeMap::new();
    for run in runs {
        let records = run.history.records.iter();
        let started = records.filter_map(|record| match &record.payload {
            Payload::CaseStarted(started) => Some(&started.case),
            _ => None,
        });
        for case in started.collect::<BTreeSet<_>>() {
            if let Some(other) = owner.insert(case, &run.dir) {
                shared.entry((other, &run.dir)).or_default().push(case);
            }
        }
    }
    let told = |((one, other), cases): ((&str, &str), Vec<&CaseId>)| {
        let (first, more) = (cases[0], cases.len() - 1);
        let (zh, en) = match more {
            0 => (String::new(), String::new()),
            more => (format!(" 等另 {more} 例"), format!(" and {more} more")),
        };
        both!(
            "用例 `{first}`{zh} 在 `{one}` 和 `{other}` 里都有",
            "case `{first}`{en} is in `{one}` and in `{other}`"
        )
    };
    shared.into_iter().map(told).collect()
}

impl Whole {
    fn of(list: List, runs: &[Read]) -> Whole {
        let header = header(&list, runs);
        let judgement = merge(list.run_id.clone(), &plan_of(&header), &papers(runs));
        let (records, messages) = told_in_order(&header, runs);
        let mut faults: BTreeMap<String, u64> = BTreeMap::new();
        for (fault, met) in runs.iter().flat_map(|run| faults_met(&run.history)) {
            *faults.entry(fault).or_default() += met;
        }
        let faults: Vec<(String, u64)> = faults.into_iter().collect();
        let exit = of_run(together(runs, judgement.verdict, &faults));
        Whole {
            list,
            lengths: runs.iter().map(|run| run.history.records.len()).collect(),
            records,
            messages,
            judgement,
            faults,
            review: ReviewHeld::of_parts(runs.iter().map(|run| {
                let review = run.judged.review.clone();
                (run.header().run_id.clone(), review)
            })),
            contacts: Vec::new(),
            exit,
        }
    }

    /// Where the evidence lies, part by part.
    fn parts(&self, dir: &Path) -> Vec<PartRun> {
        let lengths = self.list.parts.iter().zip(&self.lengths);
        lengths
            .map(|(part, records)| PartRun {
                dir: dir.join(&part.dir).display().to_string(),
                run_id: part.run_id.to_string(),
                head: part.head.clone(),
                tail: part.tail.clone(),
                records: *records,
            })
            .collect()
    }

    /// Told as one run is.
    pub(crate) fn story(&self, dir: &Path) -> Result<Story, Trouble> {
        let source = Source {
            records: &self.records,
            messages: &self.messages,
            judgement: &self.judgement,
            certificate_sha256: None,
            journal_head: &self.end(|part| &part.head),
            journal_tail: &self.end(|part| &part.tail),
            dir: &dir.display().to_string(),
            parts: &self.parts(dir),
            matched_faults: &self.faults,
            review: &self.review,
            contacts: &self.contacts,
            courses: &[],
            exit: i32::from(self.exit.code()),
        };
        Story::build(&source).map_err(|_| name_a_part(dir))
    }

    /// All that reports look at, to be kept.
    pub(crate) fn told(self, dir: &Path) -> Told {
        Told {
            head: self.end(|part| &part.head),
            tail: self.end(|part| &part.tail),
            dir: dir.display().to_string(),
            parts: self.parts(dir),
            records: self.records.into(),
            messages: self.messages,
            judgement: self.judgement,
            faults: self.faults,
            review: self.review,
            contacts: self.contacts,
            courses: Vec::new(),
            exit: self.exit,
            certificate: None,
            finished: true,
        }
    }

    /// One end of all chains, as one digest.
    fn end(&self, of: fn(&Part) -> &String) -> String {
        let parts = self.list.parts.iter();
        let all: String = parts.map(|part| format!("{}\n", of(part))).collect();
        sha256_hex(all.as_bytes())
    }
}

/// Whom to call at each place: of parts that name other people, the last one's that names somebody.
fn contacts_of(parts: impl Iterator<Item = Vec<Leads>>) -> Vec<Leads> {
    let mut all: BTreeMap<String, Leads> = BTreeMap::new();
    for one in parts.flatten() {
        let named = one.business.iter().chain(&one.systems);
        let named = named.chain([&one.department]).any(|text| !text.is_empty());
        if named || !all.contains_key(&one.code) {
            all.insert(one.code.clone(), one);
        }
    }
    all.into_values().collect()
}

/// What a run of all comes to.
fn together(runs: &[Read], verdict: Verdict, faults: &[(String, u64)]) -> Came {
    let each: Vec<Came> = runs
        .iter()
        .map(|run| came(&run.history, &run.judged.judgement, &[]))
        .collect();
    Came {
        verdict,
        failed: each.iter().map(|one| one.failed).sum(),
        checked: each.iter().any(|one| one.checked),
        sent: each.iter().any(|one| one.sent),
        fault_idle: faults.iter().any(|(_, met)| *met == 0),
        interrupted: each.iter().any(|one| one.interrupted),
    }
}

/// RUN of the whole: the first part's, with the parties and persons of all.
fn header(list: &List, runs: &[Read]) -> RunHeader {
    let mut header = runs[0].header().clone();
    header.run_id = list.run_id.clone();
    header.previous_tail = None;
    header.world = None;
    for own in [SHARD, SIZES] {
        header.switches.remove(own);
    }
    let mut parties: BTreeMap<Party, Level> = BTreeMap::new();
    for run in runs {
        for (party, level) in &run.header().parties {
            let lowest = parties.entry(party.clone()).or_insert(*level);
            *lowest = (*lowest).min(*level);
        }
        let known: BTreeSet<_> = header
            .plan
            .personas
            .iter()
            .map(|one| one.pseudonym.clone())
            .collect();
        let more = run.header().plan.personas.iter();
        let more: Vec<_> = more
            .filter(|one| !known.contains(&one.pseudonym))
            .cloned()
            .collect();
        header.plan.personas.extend(more);
        let more = run.header().faults.iter();
        let more: Vec<String> = more
            .filter(|one| !header.faults.contains(one))
            .cloned()
            .collect();
        header.faults.extend(more);
    }
    header.parties = parties;
    header
}

/// One RUN, the first t0, all else in order of time, the last t1 and t2; masked texts by their new numbers.
fn told_in_order(header: &RunHeader, runs: &[Read]) -> (Vec<Record>, BTreeMap<u64, String>) {
    let mut all: Vec<(Moment, &Record, &Read)> = Vec::new();
    for run in runs {
        let mut reached = run.history.records[0].at;
        for record in run.history.records.iter().skip(1) {
            // A clock that was set back keeps no record from standing behind the one before it.
            reached = reached.max(record.at);
            all.push((reached, record, run));
        }
    }
    all.sort_by_key(|(at, ..)| *at);
    let t0 = all
        .iter()
        .position(|(_, record, _)| matches!(record.payload, Payload::Snap0(_)));
    let last = |wanted: fn(&Payload) -> bool| {
        all.iter()
            .rposition(|(_, record, _)| wanted(&record.payload))
    };
    let t1 = last(|payload| matches!(payload, Payload::Snap1(_)));
    let t2 = last(|payload| matches!(payload, Payload::Snap2(_)));
    let mut records = vec![Record {
        payload: Payload::Run(Box::new(header.clone())),
        ..runs[0].history.records[0].clone()
    }];
    let mut messages = BTreeMap::new();
    for (place, (_, record, run)) in all.iter().enumerate() {
        let kept = match record.payload {
            Payload::Snap0(_) => t0 == Some(place),
            Payload::Snap1(_) => t1 == Some(place),
            Payload::Snap2(_) => t2 == Some(place),
            _ => true,
        };
        if !kept {
            continue;
        }
        let seq = records.len() as u64;
        if let Some(text) = run.history.messages.get(&record.seq) {
            messages.insert(seq, text.clone());
        }
        records.push(Record {
            seq,
            ..(*record).clone()
        });
    }
    (records, messages)
}

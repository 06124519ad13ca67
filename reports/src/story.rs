//! 经过 · The facts of one run as all reports tell them, in no language.
//!
//! Why so: five formats that each fold the journal would tell five stories. This folds once: cases
//! with both of their columns (how it went, whether it was undone), the matrix, the timeline, the
//! chain of every transaction, the open list. Formats only choose words and layout.
//! Not here: words (`wording`), what is right or wrong (`verify`).

mod case;
mod chain;
pub(crate) mod figures;
mod known;
mod matrix;
mod open;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CaseId, Level, Moment, Party, Role, TxId};
use crosswipe_journal::{Note, Payload, Record, RunHeader};
use crosswipe_verify::{Course, Finding, Judgement, Remark, ReviewHeld};

use crate::amount::yuan;
use crate::names::Names;
use crate::wording::{Lang, Word, terms};
use crate::{Leads, PartRun, Source};

pub(crate) use case::{Case, CaseCounts, Ending, Rollback};
pub(crate) use chain::{Chain, Message};
pub(crate) use known::Known;
pub(crate) use matrix::{Cell, CellState, Matrix, Part};
pub(crate) use open::Open;
pub(crate) use timeline::{Mark, MarkKind, Stretch};

/// Bad cases whose messages are kept in full; a run that breaks everywhere must still open in a browser.
const FULL_BAD_CASES: usize = 100;

/// 经过 · Built once, told in many formats.
#[derive(Clone, Debug)]
pub struct Story {
    pub(crate) header: RunHeader,
    pub(crate) names: Names,
    /// What the judge says; its transactions stand in the chains of the cases.
    pub(crate) judgement: Judgement,
    pub(crate) cases: Vec<Case>,
    pub(crate) matrix: Option<Matrix>,
    pub(crate) known: Vec<Known>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) open: Open,
    pub(crate) notes: Vec<Remark>,
    /// Masked texts by `seq`, of the cases that are told in full.
    pub(crate) texts: BTreeMap<u64, String>,
    pub(crate) length: usize,
    /// When its first record was written, and when the last.
    pub(crate) first_at: Moment,
    pub(crate) last_at: Moment,
    pub(crate) head: String,
    pub(crate) tail: String,
    pub(crate) certificate: Option<String>,
    pub(crate) dir: String,
    pub(crate) parts: Vec<PartRun>,
    pub(crate) matched_faults: Vec<(String, u64)>,
    /// What named persons said of the run afterwards; told beside the verdict (`wording::review`).
    pub(crate) review: ReviewHeld,
    /// Every cell of every party over the run.
    pub(crate) courses: Vec<Course>,
    pub(crate) exit: i32,
    /// Whom to call, by code of the place.
    pub(crate) contacts: BTreeMap<String, Leads>,
    /// What each party's books hash to at t0, t1 and t2, where they were taken.
    pub(crate) exports: BTreeMap<Party, [Option<String>; 3]>,
    /// Places of the findings about each transaction.
    about: BTreeMap<TxId, Vec<usize>>,
    /// What stands in `open.transactions`.
    is_open: BTreeSet<TxId>,
    /// Places in `known` of the issues that each case met.
    met: BTreeMap<CaseId, Vec<usize>>,
}

/// A journal whose first record is not RUN tells no story: the run never got as far as its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRun;

impl std::fmt::Display for NoRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the journal has no RUN record")
    }
}

impl std::error::Error for NoRun {}

impl Story {
    /// Gathers everything from records and judgement.
    ///
    /// # Errors
    /// [`NoRun`] where the journal does not begin with a RUN record.
    pub fn build(source: &Source<'_>) -> Result<Story, NoRun> {
        Story::gather(source, mark_full)
    }

    /// The same story, told in full of one case alone: its messages are kept, and those of no other.
    ///
    /// # Errors
    /// [`NoRun`] where the journal does not begin with a RUN record.
    pub fn of_case(source: &Source<'_>, case: &CaseId) -> Result<Story, NoRun> {
        Story::gather(source, |cases| {
            for one in cases {
                one.full = one.plan.case == *case;
            }
        })
    }

    /// Ids of all its cases, in the order of the plan.
    pub fn case_ids(&self) -> impl Iterator<Item = &CaseId> {
        self.cases.iter().map(|case| &case.plan.case)
    }

    fn gather(source: &Source<'_>, mark: impl Fn(&mut [Case])) -> Result<Story, NoRun> {
        let Some(Record {
            payload: Payload::Run(header),
            at,
            ..
        }) = source.records.first()
        else {
            return Err(NoRun);
        };
        let window = timeline::ended(&header.plan.window, source.records);
        let mut cases = case::cases(header, source.records, source.judgement);
        mark(&mut cases);
        let open = open::open(source.judgement, &cases);
        let known = known::known(&header.plan.known_issues, &cases, source.records);
        Ok(Story {
            about: about(source.judgement),
            exports: exports(source.records),
            contacts: source
                .contacts
                .iter()
                .map(|one| (one.code.clone(), one.clone()))
                .collect(),
            is_open: open.transactions.iter().cloned().collect(),
            names: Names::of(&header.plan),
            matrix: matrix::matrix(&header.plan, &cases),
            met: known::met(&known),
            known,
            stretches: timeline::stretches(&window, source.records),
            marks: timeline::marks(&window, source.records),
            open,
            notes: notes(source.records, source.judgement),
            texts: full_texts(&cases, source.messages),
            length: source.records.len(),
            first_at: *at,
            last_at: source.records.last().map_or(*at, |last| last.at),
            head: source.journal_head.to_owned(),
            tail: source.journal_tail.to_owned(),
            certificate: source.certificate_sha256.map(str::to_owned),
            dir: source.dir.to_owned(),
            parts: source.parts.to_vec(),
            matched_faults: source.matched_faults.to_vec(),
            review: source.review.clone(),
            courses: source.courses.to_vec(),
            exit: source.exit,
            judgement: without_transactions(source.judgement),
            header: (**header).clone(),
            cases,
        })
    }

    /// When a case last did something, in business time; books are taken later. `None` where no case began.
    pub fn last_business_at(&self) -> Option<Moment> {
        let messages = self.cases.iter().flat_map(Case::messages);
        let messages = messages.map(|message| message.ended_at.unwrap_or(message.at));
        let cases = self.cases.iter().filter_map(|case| case.ended_at);
        messages.chain(cases).max()
    }

    /// How many planned cases ended how.
    pub(crate) fn case_counts(&self) -> CaseCounts {
        CaseCounts::of(self.cases.iter())
    }

    /// 导入 · Whether nobody of ours sent anything: it was read in from papers.
    pub(crate) fn is_read_in(&self) -> bool {
        self.header.transport == crosswipe_verify::IMPORTED
    }

    /// What is left to do where something is open and nobody has a better word: papers cannot be resumed.
    pub(crate) fn go_on(&self) -> Word {
        match self.is_read_in() {
            true => Word::papers_next,
            false => Word::resume_next,
        }
    }

    /// How strong its proof can be at best, as colours show it.
    pub(crate) fn strength(&self) -> Strength {
        let best = self.header.parties.values().max().copied();
        match (self.is_read_in(), best) {
            (false, _) => Strength::Books,
            (true, Some(level)) if level > Level::L0 => Strength::Partial,
            (true, _) => Strength::Typed,
        }
    }

    /// Class of the verdict on pages: the verdict, but green only where books were seen.
    pub(crate) fn verdict_class(&self) -> &'static str {
        use crosswipe_verify::Verdict;
        match (self.judgement.verdict, self.strength()) {
            (Verdict::Clean, Strength::Partial | Strength::Typed) => "partial",
            (Verdict::Indeterminate, Strength::Typed) => "typed",
            (verdict, _) => verdict.name(),
        }
    }

    /// How many parties gave evidence of which level, lowest first.
    pub(crate) fn levels(&self) -> BTreeMap<Level, usize> {
        let mut levels = BTreeMap::new();
        for level in self.header.parties.values() {
            *levels.entry(*level).or_insert(0) += 1;
        }
        levels
    }

    /// Where a transaction stands, by its state and by what is found about it.
    pub(crate) fn standing(&self, chain: &Chain) -> Rollback {
        self.findings_about(&chain.transaction.txid)
            .filter_map(case::stands)
            .chain([Rollback::of_state(chain.transaction.state)])
            .max()
            .unwrap_or(Rollback::None)
    }

    /// Findings about a transaction, in the judge's order.
    pub(crate) fn findings_about(&self, txid: &TxId) -> impl Iterator<Item = &Finding> + Clone {
        let places = self.about.get(txid).into_iter().flatten();
        places.map(|place| &self.judgement.findings[*place])
    }

    /// Classes found about a transaction, each once.
    pub(crate) fn classes_about(&self, txid: &TxId) -> BTreeSet<&str> {
        self.findings_about(txid)
            .map(|finding| finding.class.as_str())
            .collect()
    }

    /// 责任方 · Who has to act on a transaction: whoever was named for it, else whose books are off, else the treatment place,
    /// which alone talks to the institution.
    pub(crate) fn who_acts<'a>(&'a self, chain: &'a Chain) -> Option<&'a Party> {
        let named = chain.unresolved.as_ref().map(|one| &one.owner);
        let mut about = self.findings_about(&chain.transaction.txid);
        let cause = about.clone().find(|one| one.follows_from.is_none());
        let mut parties = chain.transaction.at_parties.keys();
        named
            .or(cause.and_then(|finding| finding.party.as_ref()))
            .or(about.find_map(|finding| finding.party.as_ref()))
            .or_else(|| parties.find(|party| party.role == Role::Treatment))
    }

    /// Known issues that occurred in a case.
    pub(crate) fn known_in(&self, case: &Case) -> impl Iterator<Item = &Known> {
        let places = self.met.get(&case.plan.case).into_iter().flatten();
        places.map(|place| &self.known[*place])
    }

    /// True for what stands in the list of what is open.
    pub(crate) fn is_open(&self, txid: &TxId) -> bool {
        self.is_open.contains(txid)
    }

    /// Expected and actual of a finding as people read them: money as yuan, anything else as it stands.
    pub(crate) fn expected_actual(&self, finding: &Finding, lang: Lang) -> (String, String) {
        match figures::fen(finding) {
            Some((expected, actual)) => (yuan(expected), yuan(actual)),
            None => (
                terms::seen(&finding.expected, lang),
                terms::seen(&finding.actual, lang),
            ),
        }
    }

    /// What went wrong, told once: findings that follow from none, those of one class and rule together.
    pub(crate) fn causes(&self) -> Vec<Cause> {
        let findings = &self.judgement.findings;
        let roots: Vec<usize> = (0..findings.len())
            .map(|index| open::root(findings, index))
            .collect();
        let kind = |index: usize| {
            let finding = &findings[index];
            (&finding.class, finding.rule, finding.uncertain)
        };
        let mut causes: Vec<Cause> = Vec::new();
        for index in (0..findings.len()).filter(|&index| roots[index] == index) {
            // Cells of one book are one slip, whichever of them the judge named as the cause.
            let (alike, consequences): (Vec<usize>, Vec<usize>) = (0..findings.len())
                .filter(|&other| other != index && roots[other] == index)
                .partition(|&other| kind(other) == kind(index));
            match causes
                .iter_mut()
                .find(|cause| kind(cause.first) == kind(index))
            {
                Some(cause) => {
                    cause.alike.push(index);
                    cause.alike.extend(alike);
                    cause.consequences.extend(consequences);
                }
                None => causes.push(Cause {
                    first: index,
                    alike,
                    consequences,
                }),
            }
        }
        causes
            .iter_mut()
            .for_each(|cause| cause.tell_money_first(findings));
        causes
    }

    /// Whether others than this run moved a book (the mock world's public).
    pub(crate) fn moved_by_others(&self) -> bool {
        self.judgement.books.iter().any(|book| book.others != 0)
    }
}

/// 强度 · What kind of evidence the run rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Books of parties, or their mock ledgers.
    Books,
    /// Lists and 3202 results: a part can be checked.
    Partial,
    /// What people typed: nothing can.
    Typed,
}

/// 起因 · A finding told in full, those alike, and what follows from them; indices of the judge's findings.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) first: usize,
    pub(crate) alike: Vec<usize>,
    pub(crate) consequences: Vec<usize>,
}

impl Cause {
    /// Told in full is the cell that is off by the most money; where none is, the one that the judge put first.
    fn tell_money_first(&mut self, findings: &[Finding]) {
        let money = |index: usize| open::residue(&findings[index]).unwrap_or_default();
        let most = (0..self.alike.len())
            .rev()
            .max_by_key(|&place| money(self.alike[place]));
        if let Some(most) = most.filter(|&place| money(self.alike[place]) > money(self.first)) {
            std::mem::swap(&mut self.first, &mut self.alike[most]);
        }
    }
}

/// Tens of thousands of transactions are not kept twice.
fn without_transactions(judgement: &Judgement) -> Judgement {
    let Judgement {
        run_id,
        verdict,
        level,
        rules,
        findings,
        transactions: _,
        counts,
        books,
        notes,
        statements,
        not_checked,
    } = judgement;
    Judgement {
        run_id: run_id.clone(),
        verdict: *verdict,
        level: *level,
        rules: rules.clone(),
        findings: findings.clone(),
        transactions: Vec::new(),
        counts: *counts,
        books: books.clone(),
        notes: notes.clone(),
        statements: statements.clone(),
        not_checked: not_checked.clone(),
    }
}

fn exports(records: &[Record]) -> BTreeMap<Party, [Option<String>; 3]> {
    let mut exports: BTreeMap<Party, [Option<String>; 3]> = BTreeMap::new();
    for record in records {
        let (place, snapshot) = match &record.payload {
            Payload::Snap0(snapshot) => (0, snapshot),
            Payload::Snap1(snapshot) => (1, snapshot),
            Payload::Snap2(snapshot) => (2, snapshot),
            _ => continue,
        };
        for (party, digest) in &snapshot.exports {
            // The look that counts is the last one.
            exports.entry(party.clone()).or_default()[place] = Some(digest.sha256.clone());
        }
    }
    exports
}

fn about(judgement: &Judgement) -> BTreeMap<TxId, Vec<usize>> {
    let mut about: BTreeMap<TxId, Vec<usize>> = BTreeMap::new();
    for (place, finding) in judgement.findings.iter().enumerate() {
        if let Some(txid) = &finding.txid {
            about.entry(txid.clone()).or_default().push(place);
        }
    }
    about
}

/// A case that is not good, and the first good one of each business, keep their messages in full.
fn mark_full(cases: &mut [Case]) {
    let mut shown = BTreeSet::new();
    let mut bad = 0;
    for case in cases {
        case.full = if case.is_good() {
            case.planned && !case.chains.is_empty() && shown.insert(case.plan.business)
        } else {
            bad += 1;
            bad <= FULL_BAD_CASES
        };
    }
}

fn full_texts(cases: &[Case], messages: &BTreeMap<u64, String>) -> BTreeMap<u64, String> {
    let told = cases
        .iter()
        .filter(|case| case.full)
        .flat_map(Case::messages);
    let seqs = told
        .flat_map(|message| [Some(message.seq), message.reply_seq])
        .flatten();
    seqs.filter_map(|seq| messages.get(&seq).map(|text| (seq, text.clone())))
        .collect()
}

/// What the judge noted, and what the journal noted beside it; each once.
fn notes(records: &[Record], judgement: &Judgement) -> Vec<Remark> {
    let mut notes = judgement.notes.clone();
    for record in records {
        if let Payload::Note(Note { code, txid, facts }) = &record.payload
            && !notes
                .iter()
                .any(|note| (&note.code, &note.txid) == (code, txid))
        {
            notes.push(Remark {
                code: code.clone(),
                txid: txid.clone(),
                facts: facts.clone(),
            });
        }
    }
    notes
}

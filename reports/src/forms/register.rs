//! 问题清单 · The register of problems: one row per problem, however often and in however many runs it was met.
//!
//! Why so: a slip of a platform shows in every swipe that touches it, day after day; people mend problems, not transactions.
//! A problem is therefore known by what is wrong and where (class, party, institution, number, code, field), never by whom it
//! met. What people write beside it, and what they add, comes back from the sheet ([`Notes`]).
//! Not here: what is wrong (`verify`), which sheets there are (`cli`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Moment, Outcome, sha256_hex};
use crosswipe_journal::CaseResult;
use crosswipe_verify::Finding;

use super::{Form, Interval, Notes};
use crate::Lang;
use crate::story::{Case, Chain, Message, Story};
use crate::tables::{Cell, OWNERS, STATES, Table};
use crate::wording::{classes, terms};

/// Name of the table in notes.
pub(super) const KEY: &str = "problems";
/// Headings that the register itself reads back.
const STATE: &str = "处理状态";
const FIRST: &str = "首次";
const LAST: &str = "末次";
const TIMES: &str = "次数";

/// When, how often and in which cases it was met: no part of what it is.
pub(super) const MET: [&str; 4] = [FIRST, LAST, TIMES, "用例"];

/// What makes a problem the same one: class, party, institution, number, code, field.
type Identity = [String; 6];

/// 问题 · One problem, as these runs show it.
#[derive(Clone, Debug)]
struct Met {
    what: String,
    seen: String,
    party: String,
    institution: String,
    infno: String,
    code: String,
    field: String,
    business: String,
    cases: BTreeSet<String>,
    /// Each transaction, or case of a run, once.
    met: BTreeMap<String, Moment>,
}

/// 问题行 · One row of the register.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) id: String,
    /// By heading, filled ones included.
    cells: BTreeMap<String, String>,
    pub(super) first: Option<Moment>,
    pub(super) last: Option<Moment>,
    times: u64,
}

impl Problem {
    /// What people say of it, else 新增.
    pub(super) fn state(&self) -> &str {
        self.cells.get(STATE).map_or(STATES[0][0], String::as_str)
    }

    /// True where somebody said that it is solved, and it was not met since.
    pub(super) fn is_solved(&self) -> bool {
        STATES.iter().any(|states| states[3] == self.state())
    }
}

/// 问题清单 · All problems of these runs, and those that the notes speak of.
pub fn register(stories: &[&Story], notes: &Notes, until: Option<Moment>, lang: Lang) -> Form {
    let problems = problems(stories, notes, until, lang);
    let mut table = table(&problems, lang);
    table.about = about(&problems, until, lang);
    let runs: Vec<&str> = stories
        .iter()
        .map(|story| story.judgement.run_id.as_str())
        .collect();
    Form {
        title: table.title.clone(),
        about: format!("{} {}", lang.pick("运行", "runs"), runs.join(" ")),
        proof: String::new(),
        tables: vec![table],
        lang,
    }
}

fn about(problems: &[Problem], until: Option<Moment>, lang: Lang) -> Vec<(&'static str, Cell)> {
    let solved = problems
        .iter()
        .filter(|problem| problem.is_solved())
        .count();
    vec![
        (
            lang.pick("填报单位", "reported by"),
            Cell::Fill(String::new()),
        ),
        (
            lang.pick("机构编号", "institution code"),
            Cell::Fill(String::new()),
        ),
        (
            lang.pick("截至", "until"),
            until.map_or(Cell::Blank, Cell::At),
        ),
        (lang.pick("累计", "all"), Cell::number(problems.len())),
        (lang.pick("已解决", "solved"), Cell::number(solved)),
        (
            lang.pick("遗留", "left"),
            Cell::number(problems.len() - solved),
        ),
    ]
}

/// The empty register: headings alone.
fn headings(lang: Lang) -> Table {
    let mut table = Table::new(KEY, lang.pick("问题清单", "Problems")).columns(
        &[
            ["编号", "id"],
            ["机构", "institution"],
            ["业务环节", "business"],
            ["交易", "transaction"],
            ["错误码", "code"],
            ["现象", "what is seen"],
            ["一方", "party"],
            ["位置", "field"],
            [FIRST, "first"],
            [LAST, "last"],
            [TIMES, "times"],
            ["用例", "cases"],
        ],
        lang,
    );
    table.identity = Some(0);
    table.grows = true;
    table
        .filled(["责任单位", "owner"], OWNERS, lang)
        .filled([STATE, "progress"], STATES, lang)
        .filled(["进展", "what was done"], [&[], &[]], lang)
        .filled(["计划解决时间", "due"], [&[], &[]], lang)
}

/// The register as a table.
pub(super) fn table(problems: &[Problem], lang: Lang) -> Table {
    let mut table = headings(lang);
    let own: BTreeSet<&String> = problems.iter().flat_map(|one| one.cells.keys()).collect();
    for name in own {
        if table.place(name).is_none() {
            table.by_hand(name, &[]);
        }
    }
    for problem in problems {
        let told = |key: &str| problem.cells.get(key).cloned().unwrap_or_default();
        let cells = table.columns.iter().map(|column| match &*column.key {
            "编号" => Cell::text(&problem.id),
            FIRST => when(problem.first, told(FIRST)),
            LAST => when(problem.last, told(LAST)),
            TIMES if problem.times == 0 => Cell::Blank,
            TIMES => i64::try_from(problem.times).map_or(Cell::Blank, Cell::Number),
            key if column.filled => match told(key) {
                text if text.is_empty() && key == STATE => {
                    Cell::Fill(column.choices[0].to_string())
                }
                text if text.is_empty() => Cell::Blank,
                text => Cell::Fill(text),
            },
            key => Cell::text(told(key)),
        });
        let cells = cells.collect();
        table.row(cells);
    }
    table
}

fn when(at: Option<Moment>, typed: String) -> Cell {
    at.map_or_else(|| Cell::text(typed), Cell::At)
}

/// All problems, oldest first, then those that people wrote down.
pub(super) fn problems(
    stories: &[&Story],
    notes: &Notes,
    until: Option<Moment>,
    lang: Lang,
) -> Vec<Problem> {
    let mut met: BTreeMap<Identity, Met> = BTreeMap::new();
    for story in stories {
        gather(story, lang, &mut met);
    }
    let mut problems: BTreeMap<String, Problem> = BTreeMap::new();
    for (identity, mut one) in met {
        one.met
            .retain(|_, at| until.is_none_or(|until| *at < until));
        if let Some(problem) = of_runs(&identity, &one) {
            problems.insert(problem.id.clone(), problem);
        }
    }
    for (id, cells) in notes.rows(KEY) {
        match problems.get_mut(id) {
            Some(problem) => noted(problem, cells),
            None => {
                problems.insert(id.to_owned(), of_notes(id, cells));
            }
        }
    }
    let mut problems: Vec<Problem> = problems.into_values().collect();
    problems.sort_by(|a, b| {
        let key = |p: &Problem| (p.first.is_none(), p.first, p.id.clone());
        key(a).cmp(&key(b))
    });
    problems
}

fn of_runs(identity: &Identity, met: &Met) -> Option<Problem> {
    let first = met.met.values().min()?;
    let last = met.met.values().max()?;
    let some: Vec<&str> = met.cases.iter().take(3).map(String::as_str).collect();
    let more = met.cases.len().saturating_sub(some.len());
    let cases = match more {
        0 => some.join(" "),
        more => format!("{} (+{more})", some.join(" ")),
    };
    let cells = [
        ("机构", &met.institution),
        ("业务环节", &met.business),
        ("交易", &met.infno),
        ("错误码", &met.code),
        ("现象", &format!("{}{}", met.what, met.seen)),
        ("一方", &met.party),
        ("位置", &met.field),
        ("用例", &cases),
    ];
    let digest = sha256_hex(identity.join("\u{1f}").as_bytes());
    Some(Problem {
        id: format!("P-{}", &digest[..8]),
        cells: cells
            .map(|(key, text)| (key.to_owned(), text.clone()))
            .into(),
        first: Some(*first),
        last: Some(*last),
        times: u64::try_from(met.met.len()).unwrap_or(u64::MAX),
    })
}

/// As a sheet has it: these runs did not meet it.
fn of_notes(id: &str, cells: &BTreeMap<String, String>) -> Problem {
    Problem {
        id: id.to_owned(),
        cells: cells.clone(),
        first: instant(cells.get(FIRST)),
        last: instant(cells.get(LAST)),
        times: number(cells.get(TIMES)),
    }
}

/// What people wrote beside a problem that these runs met. The sheet may speak of earlier runs: none of them counts twice.
fn noted(problem: &mut Problem, cells: &BTreeMap<String, String>) {
    let (first, last) = (instant(cells.get(FIRST)), instant(cells.get(LAST)));
    let known = number(cells.get(TIMES));
    let (Some(now_first), Some(now_last)) = (problem.first, problem.last) else {
        return;
    };
    if last.is_some_and(|last| last < now_first) {
        problem.times += known;
    } else {
        problem.times = problem.times.max(known);
    }
    problem.first = first.map_or(now_first, |first| first.min(now_first)).into();
    problem.last = last.map_or(now_last, |last| last.max(now_last)).into();
    // Ours is what these runs show; theirs are the columns for people, and those that they added.
    let ours = headings(Lang::Zh).columns;
    let ours = ours.iter().filter(|column| !column.filled);
    let ours: BTreeSet<&str> = ours.map(|column| &*column.key).collect();
    for (key, text) in cells {
        if !ours.contains(key.as_str()) {
            problem.cells.insert(key.clone(), text.clone());
        }
    }
    // Solved, they said; and here it is again.
    for states in STATES {
        let solved = problem
            .cells
            .get(STATE)
            .is_some_and(|state| state == states[3]);
        if solved && last.is_some_and(|last| last < now_last) {
            problem.cells.insert(STATE.to_owned(), states[4].to_owned());
        }
    }
}

/// As written by a workbook, or typed: `2021-07-28 15:00:00`, `2021/7/28 15:00`, `2021年7月28日`.
fn instant(text: Option<&String>) -> Option<Moment> {
    let text = text?.trim();
    let between = |c: char| "-/. :T年月日时分秒".contains(c);
    if !text.chars().all(|c| c.is_ascii_digit() || between(c)) {
        return None;
    }
    let mut parts = text.split(between).filter(|part| !part.is_empty());
    let [year, month, day] = [parts.next()?, parts.next()?, parts.next()?];
    let [hour, minute, second] = [(); 3].map(|()| parts.next().unwrap_or("0"));
    let wire = format!("{year}-{month:0>2}-{day:0>2} {hour:0>2}:{minute:0>2}:{second:0>2}");
    (year.len() == 4 && parts.next().is_none()).then(|| Moment::parse_wire(&wire).ok())?
}

/// A sheet knows no parts of a second.
fn second(at: Moment) -> Moment {
    Moment::from_epoch_ms(at.epoch_ms() - at.epoch_ms().rem_euclid(1000))
}

fn number(text: Option<&String>) -> u64 {
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Problems of one run: what the judge found, each cause once per transaction, and what cases expected in vain.
fn gather(story: &Story, lang: Lang, met: &mut BTreeMap<Identity, Met>) {
    let chains: BTreeMap<_, (&Case, &Chain)> = story
        .cases
        .iter()
        .flat_map(|case| case.chains.iter().map(move |chain| (case, chain)))
        .map(|(case, chain)| (&chain.transaction.txid, (case, chain)))
        .collect();
    let by_id: BTreeMap<_, &Case> = story
        .cases
        .iter()
        .map(|case| (&case.plan.case, case))
        .collect();
    for cause in story.causes() {
        let of_one = std::iter::once(cause.first).chain(cause.alike.iter().copied());
        for index in of_one {
            let finding = &story.judgement.findings[index];
            let about = finding.txid.as_ref().and_then(|txid| chains.get(txid));
            let named = finding
                .case
                .as_ref()
                .and_then(|case| by_id.get(case).copied());
            let case = about.map(|(case, _)| *case).or(named);
            let chain = about.map(|(_, chain)| *chain);
            found(story, finding, case, chain, lang, met);
        }
    }
    for case in story.cases.iter().filter(|case| case.planned) {
        if matches!(case.ending.result(), CaseResult::Failed | CaseResult::Error)
            && case.ended_at.is_some()
        {
            failed(story, case, lang, met);
        }
    }
}

fn found(
    story: &Story,
    finding: &Finding,
    case: Option<&Case>,
    chain: Option<&Chain>,
    lang: Lang,
    met: &mut BTreeMap<Identity, Met>,
) {
    let party = finding.party.as_ref();
    let infno = chain.map_or_else(String::new, |chain| chain.transaction.infno.to_string());
    let code = chain.and_then(|chain| chain.undo.iter().chain(&chain.forward).find_map(refusal));
    let code = code.unwrap_or_default();
    let field = Some(field(&finding.location)).filter(|field| *field != infno);
    let field = field.unwrap_or_default();
    let place = case
        .and_then(|case| case.plan.institution.clone())
        .unwrap_or_default();
    let identity = [
        finding.class.to_string(),
        party.map_or_else(String::new, ToString::to_string),
        place.clone(),
        infno.clone(),
        code.clone(),
        field.clone(),
    ];
    let (expected, actual) = story.expected_actual(finding, lang);
    let at = chain.map_or(story.last_at, |chain| chain.transaction.at);
    let unit = format!(
        "{} {}",
        story.judgement.run_id,
        match (chain, case) {
            (Some(chain), _) => chain.transaction.txid.to_string(),
            (None, Some(case)) => case.plan.case.to_string(),
            (None, None) => finding.location.clone(),
        }
    );
    let one = met.entry(identity).or_insert_with(|| Met {
        what: classes::name(&finding.class, lang),
        seen: format!(
            "{}{expected}{}{actual}",
            lang.pick("：应为 ", ": expected "),
            lang.pick("，实为 ", ", actual ")
        ),
        party: party.map_or_else(String::new, |party| story.names.party(party, lang)),
        institution: story.names.institution(&place).to_owned(),
        infno,
        code,
        field,
        business: business(case, lang),
        cases: BTreeSet::new(),
        met: BTreeMap::new(),
    });
    one.cases
        .extend(case.map(|case| case.plan.case.to_string()));
    one.met.insert(unit, second(at));
}

fn failed(story: &Story, case: &Case, lang: Lang, met: &mut BTreeMap<Identity, Met>) {
    let at = case.ended_at.unwrap_or(story.last_at);
    let place = case.plan.institution.clone().unwrap_or_default();
    let unit = format!("{} {}", story.judgement.run_id, case.plan.case);
    let broken: Vec<_> = case.checks.iter().filter(|check| !check.held).collect();
    let mut tell = |infno: String, code: String, field: String, what: String, seen: String| {
        let identity = [
            "case".to_owned(),
            String::new(),
            place.clone(),
            infno.clone(),
            code.clone(),
            field.clone(),
        ];
        let one = met.entry(identity).or_insert_with(|| Met {
            what,
            seen,
            party: String::new(),
            institution: story.names.institution(&place).to_owned(),
            infno,
            code,
            field,
            business: business(Some(case), lang),
            cases: BTreeSet::new(),
            met: BTreeMap::new(),
        });
        one.cases.insert(case.plan.case.to_string());
        one.met.insert(unit.clone(), second(at));
    };
    // What the judge found about it is told already.
    if broken.is_empty() && case.findings.is_empty() {
        let ending = terms::ending(case.ending, lang).to_owned();
        tell(
            String::new(),
            String::new(),
            String::new(),
            ending,
            String::new(),
        );
    }
    for check in broken {
        let message = case.messages().find(|message| message.step == check.step);
        let infno = message.map_or_else(String::new, |message| message.infno.to_string());
        let code = message.and_then(refusal).unwrap_or_default();
        let seen = format!(
            "{}{}{}{}",
            lang.pick("：应为 ", ": expected "),
            check.expected,
            lang.pick("，实为 ", ", actual "),
            check.actual
        );
        let what = lang.pick("期望不成立", "expectation not met").to_owned();
        tell(infno, code, check.what.clone(), what, seen);
    }
}

fn business(case: Option<&Case>, lang: Lang) -> String {
    let business = case.and_then(|case| case.plan.business);
    business.map_or_else(String::new, |business| {
        terms::business(business, lang).to_owned()
    })
}

/// The code of a refusal.
fn refusal(message: &Message) -> Option<String> {
    match &message.outcome {
        Some(Outcome::Refused { code, .. }) => Some(code.to_string()),
        _ => None,
    }
}

/// Where, without whom: `accumulator[code=D310101 person=P-… year=2017]` → `accumulator D310101`.
fn field(location: &str) -> String {
    let head = location.split(['[', ' ', '#']).next().unwrap_or_default();
    let code = location
        .split(['[', ' ', ']'])
        .find_map(|part| part.strip_prefix("code="));
    match code {
        Some(code) => format!("{head} {code}"),
        None => head.to_owned(),
    }
}

/// 填报方 · Somebody who has to report: code and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reporter {
    /// Institution code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// 未报 · Who has not reported, or not until then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    /// Who.
    pub who: Reporter,
    /// Until when its sheet goes; `None` = there is none.
    pub until: Option<Moment>,
}

/// 汇总 · Sheets of institutions as one register; a problem that stands in two of them counts once. Beside it, who of
/// `expected` has not reported until `until`.
pub fn merged_register(
    sheets: &[(Notes, Option<Moment>)],
    expected: &[Reporter],
    until: Option<Moment>,
    lang: Lang,
) -> (Form, Vec<Late>) {
    let mut order: Vec<&(Notes, Option<Moment>)> = sheets.iter().collect();
    order.sort_by_key(|(_, until)| *until);
    let mut all: BTreeMap<String, Problem> = BTreeMap::new();
    let mut reported: BTreeMap<String, Option<Moment>> = BTreeMap::new();
    for (notes, until) in order {
        for label in ["机构编号", "institution code"] {
            if let Some(code) = notes.line(KEY, label) {
                let known = reported.entry(code.to_owned()).or_default();
                *known = (*known).max(*until);
            }
        }
        for (id, cells) in notes.rows(KEY) {
            match all.get_mut(id) {
                Some(known) => newer(known, cells),
                None => {
                    all.insert(id.to_owned(), of_notes(id, cells));
                }
            }
        }
    }
    let mut problems: Vec<Problem> = all.into_values().collect();
    problems.sort_by(|a, b| (a.first, &a.id).cmp(&(b.first, &b.id)));
    let late: Vec<Late> = expected
        .iter()
        .filter_map(|who| {
            let until_of = reported.get(&who.code).copied();
            let in_time = until_of.is_some_and(|of| until.is_none() || of >= until);
            let late = Late {
                who: who.clone(),
                until: until_of.flatten(),
            };
            (!in_time).then_some(late)
        })
        .collect();
    let mut first = table(&problems, lang);
    first.about = about(&problems, until, lang);
    let mut form = Form {
        title: lang
            .pick("问题清单（汇总）", "Problems, put together")
            .to_owned(),
        about: String::new(),
        proof: String::new(),
        tables: vec![first],
        lang,
    };
    if !expected.is_empty() {
        form.tables.push(not_reported(&late, lang));
    }
    (form, late)
}

/// A later sheet of the same problem: its words and its count, which holds the earlier one.
fn newer(known: &mut Problem, cells: &BTreeMap<String, String>) {
    let (first, last) = (instant(cells.get(FIRST)), instant(cells.get(LAST)));
    known.first = known.first.into_iter().chain(first).min();
    known.last = known.last.into_iter().chain(last).max();
    known.times = known.times.max(number(cells.get(TIMES)));
    known.cells.extend(cells.clone());
}

fn not_reported(late: &[Late], lang: Lang) -> Table {
    let mut table = Table::new("late", lang.pick("未报机构", "Not reported")).columns(
        &[
            ["机构编号", "code"],
            ["机构", "institution"],
            ["已报至", "reported until"],
        ],
        lang,
    );
    table.identity = Some(0);
    for one in late {
        table.row(vec![
            Cell::text(&one.who.code),
            Cell::text(&one.who.name),
            one.until.map_or(Cell::Blank, Cell::At),
        ]);
    }
    table.about = vec![(
        lang.pick("未报（家）", "institutions"),
        Cell::number(late.len()),
    )];
    table
}

/// How many problems there are in an interval, in all, solved and left.
pub(super) struct Tally {
    pub(super) new: usize,
    pub(super) all: usize,
    pub(super) solved: usize,
}

impl Tally {
    pub(super) fn of(problems: &[Problem], interval: &Interval) -> Tally {
        let new = |problem: &&Problem| problem.first.is_some_and(|at| interval.holds(at));
        Tally {
            new: problems.iter().filter(new).count(),
            all: problems.len(),
            solved: problems
                .iter()
                .filter(|problem| problem.is_solved())
                .count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2030-03-02 09:00:05", "2030-03-02 09:00:05")]
    #[case("2030-03-02T09:00", "2030-03-02 09:00:00")]
    #[case(" 2030/3/2 9:05 ", "2030-03-02 09:05:00")]
    #[case("2030年3月2日", "2030-03-02 00:00:00")]
    #[case("2030.3.2", "2030-03-02 00:00:00")]
    fn an_instant_is_read_as_people_type_it(#[case] typed: &str, #[case] wire: &str) {
        let read = instant(Some(&typed.to_owned())).map(|at| at.wire());
        assert_eq!(read.as_deref(), Some(wire));
    }

    #[rstest]
    #[case("")]
    #[case("下周")]
    #[case("3-2")]
    #[case("30-3-2")]
    #[case("2030-13-02")]
    #[case("2030-3-2 9:00 10:00")]
    fn what_is_no_instant_stays_as_it_was_typed(#[case] typed: &str) {
        assert_eq!(instant(Some(&typed.to_owned())), None);
    }
}

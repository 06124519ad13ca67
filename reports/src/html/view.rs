//! 页面内容 · Everything the page says, as plain values for the template.
//!
//! Why so: the template decides nothing; what is good or bad, and every word, is settled here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::Environment;
use serde::Serialize;

use crosswipe_journal::CaseResult;
use crosswipe_verify::{Held, Verdict};

use crate::amount::{count, figure, yuan};
use crate::story::{Case, CaseCounts, Open, Story};
use crate::terminal::chain_groups;
use crate::wording::sentence::{
    level_words, not_checked, plain, rule_name, verdict, verdict_sentence, with_reasons,
};
use crate::wording::{Lang, Word, terms};

use super::scope::{self, Scope};
use super::{cases, findings, index, lists, matrix, render, review};

/// Words by their names in the templates.
pub(super) type Words = BTreeMap<&'static str, &'static str>;

pub(super) fn words(lang: Lang) -> Words {
    Word::ALL
        .iter()
        .map(|word| (word.name(), word.say(lang)))
        .collect()
}

/// The page in one language: what stands above the table of cases and what below.
#[derive(Serialize)]
pub(super) struct Half {
    /// Before every anchor: the other language has the same sections.
    k: &'static str,
    w: Words,
    title: String,
    plan: String,
    source: String,
    run_id: String,
    settings: String,
    faults: Vec<String>,
    numbers: Vec<Number>,
    verdict: &'static str,
    verdict_class: &'static str,
    sentence: String,
    open: Vec<lists::OpenLine>,
    open_note: &'static str,
    not_checked: Vec<String>,
    axes: String,
    matrix: Option<matrix::Drawing>,
    timeline: Vec<Instant>,
    findings: Vec<findings::Cause>,
    rules: Vec<RuleLine>,
    books: Vec<BookLine>,
    others_note: &'static str,
    /// Whether cells were added up at t2.
    at_t2: bool,
    counts: Vec<CountLine>,
    levels: Vec<String>,
    cannot_undo: Vec<String>,
    statements: Vec<String>,
    issues: Vec<review::Issue>,
    review: Option<review::Section>,
    signatures: Vec<review::SignedLine>,
    notes: Vec<String>,
    undos: Vec<lists::UndoLine>,
    undos_more: String,
    bad: Vec<lists::BadCase>,
    bad_more: String,
    bad_all: usize,
    evidence: Vec<EvidenceLine>,
    signed: Signed,
    /// What the run as a whole comes to stands on it.
    of_run: bool,
    /// The page of one place of care: that place.
    place: Option<OnePlace>,
    /// Of a run that is cut into pages: the places.
    index: Option<Vec<index::PlaceLine>>,
    /// The page of one case: that case.
    single: Option<Single>,
    /// How many cases there are, planned or not.
    all: String,
    dir: String,
    certificate: String,
    head: String,
    tail: String,
    records: String,
    parts: Vec<PartRow>,
}

/// 就医地 · The place that the page is about, and the way back.
#[derive(Serialize)]
struct OnePlace {
    name: String,
    index: String,
}

/// 用例页 · The one case that the page is about.
#[derive(Serialize)]
struct Single {
    id: String,
    title: String,
    business: &'static str,
    places: String,
    ending: &'static str,
    ending_class: &'static str,
    rollback: &'static str,
    undone: bool,
    /// Ready HTML.
    inside: String,
}

impl Half {
    /// What the window of the browser is called.
    pub(super) fn window_title(&self) -> String {
        match (&self.single, &self.place) {
            (Some(single), _) => format!("{} · {} · {}", single.id, single.ending, self.run_id),
            (None, Some(place)) => format!("{} · {} · {}", place.name, self.title, self.run_id),
            (None, None) => format!("{} · {} · {}", self.verdict, self.title, self.run_id),
        }
    }
}

/// One of the runs that were put together.
#[derive(Serialize)]
struct PartRow {
    dir: String,
    head: String,
    tail: String,
    records: String,
}

/// 取证 · What the books of a party hash to, at t0, t1 and t2.
#[derive(Serialize)]
struct EvidenceLine {
    party: String,
    level: String,
    hashes: [String; 3],
}

/// 签字 · The figures that stand above the signatures.
#[derive(Serialize)]
struct Signed {
    transactions: String,
    reversed: String,
    open: String,
    class: &'static str,
}

/// One of the four numbers that are read from two metres.
#[derive(Serialize)]
struct Number {
    label: &'static str,
    value: String,
    note: String,
    class: &'static str,
}

#[derive(Serialize)]
struct Instant {
    at: String,
    phase: bool,
    allowed: bool,
    name: String,
    text: String,
    quote: String,
}

#[derive(Serialize)]
struct RuleLine {
    code: &'static str,
    name: &'static str,
    state: String,
    class: &'static str,
    level: String,
    compared: String,
    why: String,
}

#[derive(Serialize)]
struct BookLine {
    role: String,
    book: String,
    t0: String,
    peak: String,
    t1: String,
    t2: String,
    others: String,
    difference: String,
    symbol: char,
    class: &'static str,
}

#[derive(Serialize)]
struct CountLine {
    what: &'static str,
    numbers: Vec<(&'static str, String)>,
}

/// What a page is about, in one language.
pub(super) fn half(
    story: &Story,
    lang: Lang,
    scope: Scope<'_>,
    environment: &Environment<'_>,
) -> Half {
    let header = &story.header;
    let (undos, undos_more) = lists::undos(story, scope, lang);
    let (bad, bad_more) = lists::bad_cases(story, scope, lang);
    let more = |word: Word, more: usize| match more {
        0 => String::new(),
        more => word.say(lang).replace("{}", &more.to_string()),
    };
    Half {
        k: lang.pick("zh", "en"),
        w: words(lang),
        title: lang
            .pick(&header.plan.title_zh, &header.plan.title_en)
            .to_owned(),
        plan: header.plan.plan.clone(),
        source: header.plan.source.clone(),
        run_id: header.run_id.to_string(),
        settings: format!(
            "crosswipe {} · {} · {} · seed {}",
            header.tool_version, header.clock, header.transport, header.seed
        ),
        faults: story
            .matched_faults
            .iter()
            .map(|(fault, times)| fault_line(fault, *times, lang))
            .collect(),
        numbers: numbers(story, scope, lang),
        verdict: verdict(story, lang),
        verdict_class: story.verdict_class(),
        sentence: verdict_sentence(story, lang),
        open: lists::open(story, scope, lang),
        open_note: if story.verdict_class() == "partial" {
            lang.pick(
                "无。各方的清单上，每笔都已撤销。",
                "None. In the parties' own lists every swipe was undone.",
            )
        } else if story.judgement.verdict == Verdict::Clean {
            Word::open_none.say(lang)
        } else {
            Word::open_none_seen.say(lang)
        },
        not_checked: with_reasons(story, not_checked(story, lang), lang),
        axes: matrix::axes(lang),
        matrix: story
            .matrix
            .as_ref()
            .filter(|_| scope.is_of_run())
            .map(|matrix| matrix::drawing(story, matrix, scope, lang)),
        timeline: timeline(story, lang),
        findings: match scope.is_of_run() {
            true => findings::findings(story, lang),
            false => Vec::new(),
        },
        rules: story
            .judgement
            .rules
            .iter()
            .map(|rule| rule_line(story, rule, lang))
            .collect(),
        books: books(story, lang),
        others_note: others_note(story, lang),
        at_t2: !story.courses.is_empty(),
        counts: counts(story, lang),
        levels: story
            .levels()
            .iter()
            .map(|(level, parties)| format!("{level} × {parties} — {}", level_words(*level, lang)))
            .collect(),
        cannot_undo: header.plan.cannot_undo.clone(),
        statements: crate::wording::sentence::statements(
            &story.judgement.statements,
            &story.names,
            lang,
        ),
        issues: review::issues(story, lang),
        review: review::section(story, scope, lang),
        signatures: review::signatures(story, lang),
        notes: notes(story, lang),
        undos,
        undos_more: more(Word::failed_undos_more, undos_more),
        bad_all: bad.len() + bad_more,
        bad,
        bad_more: more(Word::not_good_more, bad_more),
        evidence: evidence(story, lang),
        signed: signed(story, lang),
        of_run: scope.is_of_run(),
        place: match scope {
            Scope::Place(place) => Some(OnePlace {
                name: scope::name(story, place, lang),
                index: format!("../{}", scope::INDEX),
            }),
            _ => None,
        },
        index: matches!(scope, Scope::Index).then(|| index::index(story, lang)),
        single: match scope {
            Scope::Case(case) => Some(one_case(story, case, lang, environment)),
            _ => None,
        },
        all: number(story.cases.len()),
        dir: story.dir.clone(),
        certificate: story.certificate.clone().unwrap_or_default(),
        head: chain_groups(&story.head),
        tail: chain_groups(&story.tail),
        records: number(story.length),
        parts: story
            .parts
            .iter()
            .map(|part| PartRow {
                dir: part.dir.clone(),
                head: chain_groups(&part.head),
                tail: chain_groups(&part.tail),
                records: number(part.records),
            })
            .collect(),
    }
}

fn one_case(story: &Story, case: &Case, lang: Lang, environment: &Environment<'_>) -> Single {
    let plan = &case.plan;
    let places = [&plan.insured, &plan.treatment].into_iter().flatten();
    let places: Vec<&str> = places
        .map(|code| story.names.region(code.as_str()))
        .collect();
    Single {
        id: plan.case.to_string(),
        title: plan.title.clone(),
        business: plan
            .business
            .map(|business| terms::business(business, lang))
            .unwrap_or_default(),
        places: places.join(" → "),
        ending: match case.planned {
            true => terms::ending(case.ending, lang),
            false => Word::other_messages.say(lang),
        },
        rollback: terms::rollback(case.rollback, lang),
        ending_class: match case.ending.result() {
            _ if !case.planned => "",
            CaseResult::Passed => "good",
            CaseResult::Waived | CaseResult::Skipped => "unsure",
            _ => "bad",
        },
        undone: case.is_undone(),
        inside: render(
            environment,
            "case.html",
            cases::inside(story, case, lang, true),
        ),
    }
}

fn fault_line(fault: &str, times: u64, lang: Lang) -> String {
    format!(
        "{fault} · {}",
        Word::faults_met.say(lang).replace("{}", &times.to_string())
    )
}

fn number(value: usize) -> String {
    count(i64::try_from(value).unwrap_or(i64::MAX))
}

/// 用例, 通过, 失败, 未回退: green only where it is zero and the judge says clean.
/// Of a place: of its cases alone.
fn numbers(story: &Story, scope: Scope<'_>, lang: Lang) -> Vec<Number> {
    let (counts, open) = match scope {
        Scope::Place(_) => {
            let cases = scope.cases(story);
            let counts = CaseCounts::of(cases.iter().copied());
            (counts, Cow::Owned(Open::within(&story.open, &cases)))
        }
        _ => (story.case_counts(), Cow::Borrowed(&story.open)),
    };
    let bad = counts.failed + counts.error + counts.blocked;
    let tenths = (counts.passed * 1000)
        .checked_div(counts.planned)
        .unwrap_or(0);
    let open_class = open_class(story, &open);
    let whole = |word: Word, value: usize| format!("{} {}", word.say(lang), number(value));
    let split = [
        whole(Word::failed, counts.failed),
        whole(Word::error, counts.error),
        whole(Word::blocked, counts.blocked),
        whole(Word::waived, counts.waived),
    ];
    let mut open_note = format!("¥{}", yuan(open.amount.fen()));
    if open.unpriced > 0 {
        open_note += &format!(
            " · {}",
            Word::unpriced
                .say(lang)
                .replace("{}", &open.unpriced.to_string())
        );
    }
    if open.places > 0 {
        open_note += &format!(
            " · {}",
            Word::places_more
                .say(lang)
                .replace("{}", &open.places.to_string())
        );
    }
    vec![
        Number {
            label: Word::cases.say(lang),
            value: number(counts.planned),
            note: [
                whole(Word::ran, counts.run),
                whole(Word::skipped, counts.skipped),
            ]
            .join(" · "),
            class: if counts.run == counts.planned {
                "plain"
            } else {
                "unsure"
            },
        },
        Number {
            label: Word::passed.say(lang),
            value: format!("{}.{}%", tenths / 10, tenths % 10),
            note: format!("{} / {}", number(counts.passed), number(counts.planned)),
            class: if counts.passed == counts.planned && counts.passed > 0 {
                "good"
            } else {
                "unsure"
            },
        },
        Number {
            label: Word::failed.say(lang),
            value: number(bad),
            note: split.join(" · "),
            class: match (bad, counts.run) {
                (0, 0) => "plain",
                (0, _) => "good",
                _ => "bad",
            },
        },
        Number {
            label: Word::open.say(lang),
            value: open_value(&open, lang),
            note: open_note,
            class: open_class,
        },
    ]
}

/// Green only where nothing is open and the judge says clean by books.
fn open_class(story: &Story, open: &Open) -> &'static str {
    match (open.is_empty(), story.judgement.verdict) {
        (true, Verdict::Clean) if story.verdict_class() == "partial" => "partial",
        (true, Verdict::Clean) => "good",
        (true, Verdict::Indeterminate) if story.verdict_class() == "typed" => "typed",
        (true, Verdict::Indeterminate) => "unsure",
        _ => "bad",
    }
}

fn open_value(open: &Open, lang: Lang) -> String {
    let value = number(open.transactions.len());
    match lang {
        Lang::Zh => format!("{value} 笔"),
        Lang::En => value,
    }
}

fn timeline(story: &Story, lang: Lang) -> Vec<Instant> {
    let phases = story.stretches.iter().map(|stretch| {
        let phase = &stretch.phase;
        let kind = terms::phase(phase.kind, lang);
        let mut text = format!(
            "{} · {}",
            terms::allows(&phase.allow, lang),
            terms::public(phase.public, lang)
        );
        if stretch.forward + stretch.undo > 0 {
            let sides = [(Word::forward, stretch.forward), (Word::undo, stretch.undo)];
            text += &sides
                .map(|(word, value)| format!(" · {} {}", word.say(lang), number(value)))
                .concat();
        }
        let name = if phase.id == kind {
            kind.to_owned()
        } else {
            format!("{kind} {}", phase.id)
        };
        let at = phase.from.wire();
        (
            phase.from,
            0,
            Instant {
                at,
                phase: true,
                allowed: !phase.allow.is_empty(),
                name,
                text,
                quote: phase.quote.clone(),
            },
        )
    });
    let marks = story.marks.iter().map(|mark| {
        let text = terms::mark(&mark.kind, lang);
        (
            mark.at,
            1,
            Instant {
                at: mark.at.wire(),
                phase: false,
                allowed: false,
                name: String::new(),
                text,
                quote: String::new(),
            },
        )
    });
    let mut lines: Vec<_> = phases.chain(marks).collect();
    lines.sort_by_key(|(at, order, _)| (*at, *order));
    lines.into_iter().map(|(.., line)| line).collect()
}

fn rule_line(story: &Story, rule: &crosswipe_verify::RuleState, lang: Lang) -> RuleLine {
    RuleLine {
        code: rule.rule.code(),
        name: rule_name(rule.rule, lang),
        state: terms::rule_state(rule, lang),
        class: match rule.state {
            Held::Held => "good",
            Held::Violated => "bad",
            Held::NotChecked => "unsure",
        },
        level: rule.level.to_string(),
        compared: count(i64::try_from(rule.compared).unwrap_or(i64::MAX)),
        why: rule
            .why_not
            .as_deref()
            .map(|why| plain(story, why, lang))
            .unwrap_or_default(),
    }
}

/// Every party of the run, those that showed no books too.
fn evidence(story: &Story, lang: Lang) -> Vec<EvidenceLine> {
    let line = |(party, level): (&crosswipe_domain::Party, &crosswipe_domain::Level)| {
        let hashes = story.exports.get(party).cloned().unwrap_or_default();
        EvidenceLine {
            party: story.names.party(party, lang),
            level: level.to_string(),
            hashes: hashes.map(|hash| match hash {
                Some(hash) => hash.get(..16).unwrap_or(&hash).to_owned(),
                None => "–".to_owned(),
            }),
        }
    };
    story.header.parties.iter().map(line).collect()
}

fn signed(story: &Story, lang: Lang) -> Signed {
    let counts = &story.judgement.counts;
    let number = |value: u64| count(i64::try_from(value).unwrap_or(i64::MAX));
    Signed {
        transactions: number(counts.intended),
        reversed: number(counts.reversed),
        open: format!(
            "{} ¥{}",
            open_value(&story.open, lang),
            yuan(story.open.amount.fen())
        ),
        class: open_class(story, &story.open),
    }
}

fn books(story: &Story, lang: Lang) -> Vec<BookLine> {
    let line = |book: &crosswipe_verify::BookTotal| BookLine {
        role: terms::role_name(&book.role, lang).to_owned(),
        book: terms::book_line(book, lang),
        t0: figure(book, book.t0),
        peak: figure(book, book.peak),
        t1: figure(book, book.t1),
        t2: t2(story, book).map_or_else(|| "–".to_owned(), |sum| figure(book, sum)),
        others: figure(book, book.others),
        difference: figure(book, book.left()),
        symbol: terms::even(book),
        class: if book.left() == 0 { "good" } else { "bad" },
    };
    story.judgement.books.iter().map(line).collect()
}

/// The sum of all parties' books of this kind that showed themselves at t2.
fn t2(story: &Story, book: &crosswipe_verify::BookTotal) -> Option<i64> {
    let of = |one: &&crosswipe_verify::Course| {
        one.cell.is_none()
            && one.party.role.name() == book.role
            && (&one.book, &one.unit) == (&book.book, &book.unit)
    };
    let shown = story.courses.iter().filter(of).filter_map(|one| one.t2);
    shown.fold(None, |sum, one| {
        Some(sum.unwrap_or(0i64).saturating_add(one))
    })
}

/// What the reader has to know where others than the run moved a book.
fn others_note(story: &Story, lang: Lang) -> &'static str {
    if story.moved_by_others() {
        Word::others_moved.say(lang)
    } else {
        ""
    }
}

fn counts(story: &Story, lang: Lang) -> Vec<CountLine> {
    let [of_cases, of_transactions] = crate::terminal::counted(story);
    let line = |what: Word, numbers: Vec<(Word, u64)>| CountLine {
        what: what.say(lang),
        numbers: numbers
            .into_iter()
            .map(|(word, value)| {
                (
                    word.say(lang),
                    count(i64::try_from(value).unwrap_or(i64::MAX)),
                )
            })
            .collect(),
    };
    vec![
        line(Word::cases, of_cases),
        line(Word::transactions, of_transactions),
    ]
}

/// The judge's notes by code, then what the journal noted of each.
fn notes(story: &Story, lang: Lang) -> Vec<String> {
    let note = |note: &crosswipe_verify::Remark| {
        let facts: Vec<String> = note
            .facts
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let about = note
            .txid
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let said = terms::note(&note.code, lang);
        // A code that no words are known for is not said twice.
        let named = match said == note.code {
            true => String::new(),
            false => format!(" ({})", note.code),
        };
        format!("{said}{named} {about} {}", facts.join(", "))
    };
    story.notes.iter().map(note).collect()
}

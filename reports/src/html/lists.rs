//! 清单 · What is open, which undos failed, which cases are not good: the lists that must be there without any script.

use serde::Serialize;

use crosswipe_domain::{CaseId, Outcome};

use super::cases::clock;
use super::review::{self, Remark};
use super::scope::Scope;
use crate::amount::yuan;
use crate::story::{Case, Chain, Message, Rollback, Story};
use crate::wording::{Lang, Word, calls, classes, terms};

/// Cases that are not good, as the plain list shows them; the rest is counted and stands in the table of all cases.
const BAD_CASES: usize = 200;
/// Undos that failed first and worked later, as the plain list shows them.
const WORKED_LATER: usize = 100;

/// 未回退 · One transaction that stands, may stand, or left something behind.
#[derive(Serialize)]
pub(super) struct OpenLine {
    state: &'static str,
    txid: String,
    link: String,
    infno: String,
    amount: String,
    classes: String,
    owner: String,
    /// Whom to call there.
    call: String,
    next: String,
    /// What was said of it afterwards.
    said: Vec<Remark>,
}

/// 失败的撤销 · An undo that was not answered with ok, or one that was never sent.
#[derive(Serialize)]
pub(super) struct UndoLine {
    /// Where its transaction stands now.
    state: &'static str,
    good: bool,
    txid: String,
    link: String,
    infno: String,
    at: String,
    attempt: u32,
    outcome: String,
    says: String,
}

/// 未通过 · A case that is not good, in one line.
#[derive(Serialize)]
pub(super) struct BadCase {
    ending: &'static str,
    rollback: &'static str,
    undone: bool,
    id: String,
    title: String,
    link: String,
    places: String,
    why: Vec<String>,
    said: Vec<Remark>,
}

/// All of them, in the order of the cases: this list is never cut.
pub(super) fn open(story: &Story, scope: Scope<'_>, lang: Lang) -> Vec<OpenLine> {
    let of_case = |case: &&Case| -> Vec<OpenLine> {
        let chains = case.chains.iter();
        let chains = chains.filter(|chain| story.is_open(&chain.transaction.txid));
        chains
            .map(|chain| open_line(story, scope, (case, chain), lang))
            .collect()
    };
    scope.cases(story).iter().flat_map(of_case).collect()
}

fn open_line(
    story: &Story,
    scope: Scope<'_>,
    (case, chain): (&Case, &Chain),
    lang: Lang,
) -> OpenLine {
    let transaction = &chain.transaction;
    let mut about = story.findings_about(&transaction.txid);
    let cause = about.find(|finding| finding.follows_from.is_none());
    let owner = story.who_acts(chain);
    OpenLine {
        state: terms::rollback(story.standing(chain), lang),
        txid: transaction.txid.to_string(),
        link: scope.link(case),
        infno: format!(
            "{} {}",
            transaction.infno,
            terms::transaction(&transaction.infno, lang)
        ),
        amount: story
            .open
            .amounts
            .get(&transaction.txid)
            .map(|amount| yuan(amount.fen()))
            .unwrap_or_default(),
        classes: story
            .classes_about(&transaction.txid)
            .into_iter()
            .collect::<Vec<_>>()
            .join(" "),
        call: owner
            .map(|party| calls::place(story, &party.code, lang))
            .unwrap_or_default(),
        owner: owner
            .map(|party| story.names.party(party, lang))
            .unwrap_or_default(),
        next: cause
            .map(|finding| classes::next(finding, lang))
            .unwrap_or(story.go_on().say(lang))
            .to_owned(),
        said: review::of_transaction(story, &transaction.txid, lang),
    }
}

/// Failed and missing undos of what is open, all of them; then the first of those that worked later, and how many more.
pub(super) fn undos(story: &Story, scope: Scope<'_>, lang: Lang) -> (Vec<UndoLine>, usize) {
    let (mut lines, mut later) = (Vec::new(), Vec::new());
    let mut more = 0;
    for case in scope.cases(story) {
        for chain in &case.chains {
            let standing = story.standing(chain);
            let open = !matches!(standing, Rollback::None | Rollback::Closed);
            if open && chain.undo.is_empty() && chain.undone_with.is_none() {
                lines.push(never_sent(scope.link(case), chain, standing, lang));
            }
            let failed = chain.undo.iter();
            for message in failed.filter(|message| message.outcome_name() != "ok") {
                if open {
                    lines.push(undo_line(scope.link(case), chain, message, standing, lang));
                } else if later.len() < WORKED_LATER {
                    later.push(undo_line(scope.link(case), chain, message, standing, lang));
                } else {
                    more += 1;
                }
            }
        }
    }
    lines.append(&mut later);
    (lines, more)
}

fn undo_line(
    link: String,
    chain: &Chain,
    message: &Message,
    standing: Rollback,
    lang: Lang,
) -> UndoLine {
    UndoLine {
        state: terms::rollback(standing, lang),
        good: standing == Rollback::Closed,
        txid: chain.transaction.txid.to_string(),
        link,
        infno: format!(
            "{} {}",
            message.infno,
            terms::transaction(&message.infno, lang)
        ),
        at: clock(message.at),
        attempt: message.attempt,
        outcome: terms::outcome(message.outcome_name(), lang).to_owned(),
        says: said(message),
    }
}

fn never_sent(link: String, chain: &Chain, standing: Rollback, lang: Lang) -> UndoLine {
    UndoLine {
        state: terms::rollback(standing, lang),
        good: false,
        txid: chain.transaction.txid.to_string(),
        link,
        infno: String::new(),
        at: String::new(),
        attempt: 0,
        outcome: Word::undo_never_sent.say(lang).to_owned(),
        says: String::new(),
    }
}

/// The first cases that are not good, and how many more there are.
pub(super) fn bad_cases(story: &Story, scope: Scope<'_>, lang: Lang) -> (Vec<BadCase>, usize) {
    let all = scope.cases(story).into_iter();
    let bad: Vec<&Case> = all.filter(|case| !case.is_good()).collect();
    let lines = bad.iter().take(BAD_CASES);
    let lines = lines.map(|case| bad_case(story, scope, case, lang));
    (lines.collect(), bad.len().saturating_sub(BAD_CASES))
}

fn bad_case(story: &Story, scope: Scope<'_>, case: &Case, lang: Lang) -> BadCase {
    let plan = &case.plan;
    let region = |code: Option<&crosswipe_domain::AdmDivision>| {
        code.map_or_else(String::new, |code| {
            story.names.region(code.as_str()).to_owned()
        })
    };
    let mut places = region(plan.insured.as_ref());
    if plan.treatment.is_some() {
        places += &format!(" → {}", region(plan.treatment.as_ref()));
    }
    BadCase {
        ending: match case.planned {
            true => terms::ending(case.ending, lang),
            false => Word::other_messages.say(lang),
        },
        rollback: terms::rollback(case.rollback, lang),
        undone: case.is_undone(),
        id: plan.case.to_string(),
        title: plan.title.clone(),
        link: scope.link(case),
        places,
        why: why(story, case, lang),
        said: review::of_case(story, case, lang),
    }
}

/// What is wrong with it, shortest first: what was found, the first check that does not hold, the first refusal.
fn why(story: &Story, case: &Case, lang: Lang) -> Vec<String> {
    let mut why: Vec<String> = Vec::new();
    for index in &case.findings {
        let name = classes::name(&story.judgement.findings[*index].class, lang);
        if !why.contains(&name) {
            why.push(name);
        }
    }
    if let Some(check) = case.checks.iter().find(|check| !check.held) {
        why.push(format!(
            "{} {} · {} {} · {} {}",
            check.step,
            check.what,
            Word::expected.say(lang),
            check.expected,
            Word::actual.say(lang),
            check.actual
        ));
    }
    let mut messages: Vec<&Message> = case.messages().collect();
    messages.sort_by_key(|message| message.seq);
    let refused = messages
        .into_iter()
        .find(|message| !said(message).is_empty());
    if let Some(message) = refused {
        why.push(format!("{} {}", message.infno, said(message)));
    }
    why
}

/// The peer's words where it refused, or what was seen instead of an answer.
pub(super) fn said(message: &Message) -> String {
    match &message.outcome {
        Some(Outcome::Refused { code, text }) => format!("{code} {text}"),
        Some(Outcome::Unknown { why }) => why.clone(),
        Some(Outcome::Ok { .. }) | None => String::new(),
    }
}

/// The fragment that opens a case: `case=outpatient%2F330100-330200`.
pub(super) fn fragment(case: &CaseId) -> String {
    let mut link = String::from("case=");
    for byte in case.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                link.push(char::from(byte));
            }
            other => link += &format!("%{other:02X}"),
        }
    }
    link
}

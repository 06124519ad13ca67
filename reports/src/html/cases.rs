//! 用例内 · What stands inside a case: its checks, the chain of each of its transactions, its messages.
//!
//! Called for the cases that are told in full (`data`) and for the page of one case (`view`).

use serde::Serialize;

use std::collections::BTreeMap;

use crosswipe_domain::{FindingClass, Moment, Outcome, Party};
use crosswipe_verify::Standing;

use super::BOTH;
use super::lists::said;
use super::marked::{Marked, marked};
use super::review::{self, Remark};
use super::sequence::{Picture, picture};
use super::ticket::ticket;
use super::view::{Words, words};
use super::visible::visible;
use crate::amount::yuan;
use crate::story::{Case, Chain, Message, Story};
use crate::wording::{Lang, Word, calls, classes, terms};

/// Visits that are named beside a case that waited for them.
const APART: usize = 20;

/// What stands inside a case.
#[derive(Serialize)]
pub(super) struct Inside {
    w: Words,
    institution: String,
    person: String,
    covers: String,
    checks: Vec<CheckLine>,
    gated: Vec<String>,
    /// Each class that was found about it, in words, with how often.
    classes: Vec<String>,
    chains: Vec<ChainRow>,
    others: Vec<Half>,
    texts: Vec<Text>,
    /// True: the texts stand here, not in the block of data.
    fill: bool,
    picture: Option<Picture>,
    ticket: String,
    /// Whom to call about it: its institution, and the places of care and of insurance; none for a good case.
    calls: Vec<String>,
    /// Issues that the plan knew, and what named persons said afterwards.
    said: Vec<Remark>,
    /// 候办 · Cases under which the messages stand that it waited for.
    apart: Vec<String>,
    /// 0 in Chinese, 1 in English: which half of a pair.
    tongue: usize,
}

#[derive(Serialize)]
struct CheckLine {
    step: String,
    what: String,
    expected: Marked,
    actual: Marked,
    held: bool,
}

/// One τ: forward beside undo.
#[derive(Serialize)]
struct ChainRow {
    txid: String,
    state: &'static str,
    good: bool,
    amount: String,
    forward: Vec<Half>,
    undo: Vec<Half>,
    proof: Vec<String>,
    parties: Vec<String>,
    undone_with: String,
    balance: Option<Balance>,
    /// `#41 0a1b2c3d4e5f6071`: the record that shows it, and its hash.
    evidence: String,
}

/// 账户余额 · As answered: before, after the settlement, after the undo.
#[derive(Serialize)]
struct Balance {
    before: String,
    settled: String,
    undone: String,
    same: bool,
}

/// One message, in one side of a chain.
#[derive(Serialize)]
struct Half {
    infno: String,
    name: &'static str,
    step: String,
    at: String,
    took: u64,
    msgid: String,
    outcome: String,
    bad: bool,
    says: String,
    amounts: Vec<String>,
    ids: Vec<String>,
}

/// A message in full.
#[derive(Serialize)]
pub(super) struct Text {
    head: [String; 2],
    pub(super) sent: String,
    pub(super) received: String,
}

/// `fill`: with its messages in full.
pub(super) fn inside(story: &Story, case: &Case, lang: Lang, fill: bool) -> Inside {
    let plan = &case.plan;
    let institution = plan.institution.as_deref();
    let mut found: BTreeMap<&FindingClass, usize> = BTreeMap::new();
    for index in &case.findings {
        *found
            .entry(&story.judgement.findings[*index].class)
            .or_default() += 1;
    }
    Inside {
        w: words(lang),
        institution: institution
            .map(|code| story.names.institution(code).to_owned())
            .unwrap_or_default(),
        person: plan
            .person
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        covers: plan.covers.join(" "),
        checks: case.checks.iter().map(check).collect(),
        gated: case
            .gated
            .iter()
            .map(|(at, gated)| gate(*at, gated, lang))
            .collect(),
        classes: told(&found, lang),
        chains: case
            .chains
            .iter()
            .map(|chain| chain_row(story, chain, lang))
            .collect(),
        others: case
            .others
            .iter()
            .map(|message| half(message, lang))
            .collect(),
        texts: texts(story, case),
        fill,
        picture: picture(story, case, lang),
        ticket: ticket(story, case, lang),
        calls: calls::of_case(story, case, lang),
        said: review::of_case(story, case, lang),
        apart: apart(story, case),
        tongue: usize::from(lang == Lang::En),
    }
}

/// A case that waits for what an institution's own system sends has no messages of its own: they stand under visits, since
/// the journal says of each what it was and not what waited for it. Named are the visits of its institution and person.
fn apart(story: &Story, case: &Case) -> Vec<String> {
    let waits = case.planned && case.messages().next().is_none();
    let Some(code) = case.plan.institution.as_deref().filter(|_| waits) else {
        return Vec::new();
    };
    let sent_by = format!("his/{code}/");
    let is_its = |one: &&Case| {
        let mut persons = one.chains.iter().map(|chain| &chain.transaction.person);
        !one.planned
            && one.plan.case.as_str().starts_with(&sent_by)
            && persons.any(|person| *person == case.plan.person)
    };
    let visits = story.cases.iter().filter(is_its).take(APART);
    visits.map(|one| one.plan.case.to_string()).collect()
}

fn told(all: &BTreeMap<&FindingClass, usize>, lang: Lang) -> Vec<String> {
    all.iter()
        .map(|(class, count)| match count {
            1 => format!("{} {class}", classes::name(class, lang)),
            count => format!("{} {class} ×{count}", classes::name(class, lang)),
        })
        .collect()
}

fn check(check: &crosswipe_journal::Check) -> CheckLine {
    let (expected, actual) = match check.held {
        true => (Marked::plain(&check.expected), Marked::plain(&check.actual)),
        false => marked(&check.expected, &check.actual),
    };
    CheckLine {
        step: check.step.clone(),
        what: check.what.clone(),
        expected,
        actual,
        held: check.held,
    }
}

fn gate(at: Moment, gated: &crosswipe_journal::Gated, lang: Lang) -> String {
    let phase = gated.phase.as_deref().unwrap_or("-");
    format!(
        "{} {} {} {} ({phase})",
        clock(at),
        gated.infno,
        terms::transaction(&gated.infno, lang),
        terms::gate(&gated.reason, lang)
    )
}

fn chain_row(story: &Story, chain: &Chain, lang: Lang) -> ChainRow {
    let transaction = &chain.transaction;
    let standing = story.standing(chain);
    let good = matches!(
        standing,
        crate::story::Rollback::None | crate::story::Rollback::Closed
    );
    ChainRow {
        txid: transaction.txid.to_string(),
        state: terms::rollback(standing, lang),
        good,
        amount: story
            .open
            .amounts
            .get(&transaction.txid)
            .map(|amount| yuan(amount.fen()))
            .unwrap_or_default(),
        forward: chain
            .forward
            .iter()
            .map(|message| half(message, lang))
            .collect(),
        undo: chain
            .undo
            .iter()
            .map(|message| half(message, lang))
            .collect(),
        proof: proof(story, chain, lang),
        parties: parties(&transaction.at_parties, lang),
        undone_with: chain
            .undone_with
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        balance: chain.balances().map(|told| Balance {
            before: yuan(told.before.fen()),
            settled: yuan(told.settled.fen()),
            undone: told
                .undone
                .map_or_else(|| "–".to_owned(), |undone| yuan(undone.fen())),
            same: told.undone == Some(told.before),
        }),
        evidence: chain
            .shown_by
            .as_ref()
            .map(|(seq, hash)| format!("#{seq} {}", hash.get(..16).unwrap_or(hash)))
            .unwrap_or_default(),
    }
}

/// What queries showed, what was verified, who has to act.
fn proof(story: &Story, chain: &Chain, lang: Lang) -> Vec<String> {
    let pairs = |seen: &BTreeMap<String, String>| {
        seen.iter()
            .map(|(k, v)| format!("{k} = {v}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let queried = chain.queried.iter().map(|(at, queried)| {
        format!(
            "{} {}: {}",
            clock(*at),
            terms::says(queried.says, lang),
            pairs(&queried.seen)
        )
    });
    let mut lines: Vec<String> = queried.collect();
    if let Some(verified) = &chain.verified {
        let how = if verified.never_applied {
            Word::never_applied
        } else {
            Word::reversed
        };
        lines.push(format!("{}: {}", how.say(lang), pairs(&verified.seen)));
    }
    if let Some(unresolved) = &chain.unresolved {
        lines.push(format!(
            "{} → {}",
            unresolved.reason,
            story.names.party(&unresolved.owner, lang)
        ));
        lines.extend(unresolved.evidence.iter().cloned());
    }
    lines.extend(
        story
            .classes_about(&chain.transaction.txid)
            .into_iter()
            .map(str::to_owned),
    );
    lines
}

/// What the parties' logs show; one line where all show the same.
fn parties(at_parties: &BTreeMap<Party, Standing>, lang: Lang) -> Vec<String> {
    let mut standings = at_parties.values();
    match standings.next() {
        Some(first) if at_parties.len() > 1 && standings.all(|standing| standing == first) => {
            let all = Word::all_parties
                .say(lang)
                .replace("{}", &at_parties.len().to_string());
            vec![standing_line(&all, *first, lang)]
        }
        _ => at_parties
            .iter()
            .map(|(party, standing)| standing_line(&party.to_string(), *standing, lang))
            .collect(),
    }
}

fn standing_line(party: &str, standing: Standing, lang: Lang) -> String {
    let mut line = format!(
        "{party} {} {} / {} {}",
        Word::applied.say(lang),
        standing.applied,
        Word::undo.say(lang),
        standing.reversed
    );
    if standing.tombstone {
        line += &format!(" · {}", Word::tombstone.say(lang));
    }
    line
}

fn half(message: &Message, lang: Lang) -> Half {
    let amounts = terms::AMOUNTS
        .iter()
        .filter_map(|(key, zh, en)| Some((lang.pick(zh, en), message.amount(key)?)));
    let ids = ["mdtrt_id", "setl_id"]
        .iter()
        .filter_map(|name| Some(format!("{name} {}", message.id(name)?)));
    let attempt = if message.attempt > 1 {
        Word::attempt
            .say(lang)
            .replace("{}", &message.attempt.to_string())
    } else {
        String::new()
    };
    Half {
        infno: message.infno.to_string(),
        name: terms::transaction(&message.infno, lang),
        step: [
            terms::purpose(message.purpose, lang),
            &message.step,
            &attempt,
        ]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" "),
        at: clock(message.at),
        took: message.took_ms,
        msgid: message.msgid.to_string(),
        outcome: terms::outcome(message.outcome_name(), lang).to_owned(),
        bad: !matches!(message.outcome, Some(Outcome::Ok { .. })),
        says: said(message),
        amounts: amounts
            .map(|(name, amount)| format!("{name} {}", yuan(amount.fen())))
            .collect(),
        ids: ids.collect(),
    }
}

/// Every message of the case in the order sent.
pub(super) fn texts(story: &Story, case: &Case) -> Vec<Text> {
    let mut messages: Vec<&Message> = case.messages().collect();
    messages.sort_by_key(|message| message.seq);
    let text = |seq: Option<u64>| {
        seq.and_then(|seq| story.texts.get(&seq))
            .map(|text| visible(text).into_owned())
            .unwrap_or_default()
    };
    let one = |message: &&Message| Text {
        head: BOTH.map(|lang| {
            format!(
                "{} {} {} {}",
                clock(message.at),
                message.infno,
                terms::transaction(&message.infno, lang),
                message.msgid
            )
        }),
        sent: text(Some(message.seq)),
        received: text(message.reply_seq),
    };
    messages
        .iter()
        .map(one)
        .filter(|text| !text.sent.is_empty() || !text.received.is_empty())
        .collect()
}

/// `06-02 09:00:00.123`.
pub(super) fn clock(at: Moment) -> String {
    let text = at.to_string();
    text.get(5..23)
        .map_or_else(|| text.clone(), |middle| middle.replace('T', " "))
}

//! R12 窗口合规 · Every swipe lay in a phase that allows it: when it was sent, and when a party booked it.
//!
//! Asks again with code of its own what the runner's gate decided: party's institution, business type,
//! person class, place pair, instant. Reads are a class of their own: any phase may have them or not, by default
//! all from the first instant to a day after the last phase. Undo is exempt (after the window's end it is R14's).
//! A stamp from before the message was sent, or from after a look that shows the row already, is a wrong clock and no
//! instant: sending, answer and look bound the true one, and the party is named with the note `skew`. Where one bound lies
//! in a phase that allows it and the other does not, nobody knows.
//! A message that a platform refuses as outside the window, under a stamp that lies inside, shows that it has read
//! another window than the plan's.
//! A message forced past the gate on purpose breaks nothing unless a platform books it.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{
    Allow, LogRow, Moment, Nature, Outcome, Party, PersonClass, PhaseKind, ResolvedPlan, Role,
    Rule, Scope, Span, Window,
};
use crosswipe_journal::{Intent, Purpose};

use super::{
    RuleOutcome, r12_caps, r12_office, r12_old, r12_public, r12_refund, r12_self_pay, r12_transit,
};
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::judgement::Remark;
use crate::story::{Owner, Sent, Tau};

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("nothing-sent");
    let Some(plan) = context.plan() else {
        return outcome;
    };
    let gate = Gate::of(context, plan);
    for sent in &context.story.sent {
        let read = matches!(sent.intent.nature, Nature::Read | Nature::Session);
        if read && sent.intent.purpose != Purpose::Forced {
            outcome.compared += 1;
            if !context
                .window_at(sent.at)
                .is_some_and(|window| may_read(window, sent.at))
            {
                let one = finding(Rule::R12, "gate:window")
                    .location(format!("{} {} sent", sent.intent.infno, sent.intent.msgid));
                let one = one.values("a phase that allows reads", sent.at);
                outcome.findings.push(told(context, sent.intent, one));
            }
        }
    }
    for sent in context.story.sent.iter().filter(|sent| {
        matches!(
            sent.intent.nature,
            Nature::Forward | Nature::Trial | Nature::Unknown
        )
    }) {
        if sent.intent.purpose == Purpose::Forced {
            accepted_trial(sent, &gate, &mut outcome);
            continue;
        }
        outcome.compared += 1;
        if let Err(reason) = gate.asks(sent.intent, sent.at) {
            let one = finding(Rule::R12, format!("gate:{reason}"))
                .location(format!("{} {} sent", sent.intent.infno, sent.intent.msgid));
            outcome.findings.push(told(
                context,
                sent.intent,
                one.values(expectation(reason), sent.at),
            ));
        }
    }
    r12_caps::check(context, &mut outcome);
    r12_public::entries(context, plan, &mut outcome);
    r12_public::printed(context, plan, &mut outcome);
    for (party, ledger) in &context.ledgers {
        booked(context, &gate, ledger, &mut outcome);
        r12_public::check(context, plan, party, ledger, &mut outcome);
        r12_transit::check(context, plan, party, ledger, &mut outcome);
        r12_office::check(context, party, ledger, &mut outcome);
        r12_old::check(context, party, ledger, &mut outcome);
        r12_refund::check(context, party, ledger, &mut outcome);
        r12_self_pay::check(context, plan, party, ledger, &mut outcome);
    }
    if outcome.compared > 0
        && context
            .ledgers
            .values()
            .any(|ledger| ledger.books.end().is_none())
    {
        outcome.lacking = Some("t1");
    }
    outcome
}

/// Whether the plan lets a read be sent at that instant.
fn may_read(window: &Window, at: Moment) -> bool {
    const DAY_MS: i64 = 86_400_000;
    let (Some(first), Some(last)) = (window.phases.first(), window.phases.last()) else {
        return false;
    };
    let in_phase = window
        .phases
        .iter()
        .rev()
        .find(|phase| phase.from <= at && phase.to.is_none_or(|to| at < to));
    if let Some(said) = in_phase.and_then(|phase| phase.reads) {
        return said;
    }
    let closes = last.to.unwrap_or(last.from).plus_ms(DAY_MS);
    first.from <= at && at < closes
}

fn told(
    context: &Context<'_>,
    intent: &Intent,
    one: crate::judgement::Finding,
) -> crate::judgement::Finding {
    match context.story.tau_of.get(&intent.txid) {
        Some(tau) => one.about(&context.story.taus[*tau]),
        None => {
            let mut one = one.of_person(intent.person.as_ref().map(|person| person.as_str()));
            one.case = Some(intent.case.clone());
            one
        }
    }
}

/// A forced trial books nothing, so only its answer can show that it was accepted.
fn accepted_trial(sent: &Sent<'_>, gate: &Gate<'_>, outcome: &mut RuleOutcome) {
    outcome.compared += 1;
    let accepted = sent.ended.is_some_and(|(_, ended)| ended.is_ok());
    if let (Nature::Trial, true, Err(reason)) = (
        sent.intent.nature,
        accepted,
        gate.asks(sent.intent, sent.at),
    ) {
        let mut one = finding(Rule::R12, format!("gate:{reason}")).location(format!(
            "{} {} accepted",
            sent.intent.infno, sent.intent.msgid
        ));
        one.answered_by = sent
            .intent
            .path
            .iter()
            .find(|party| party.role == crosswipe_domain::Role::Treatment)
            .cloned();
        one.case = Some(sent.intent.case.clone());
        one.person = sent.intent.person.clone();
        outcome.findings.push(one.values("refused", sent.at));
    }
}

/// How a platform says that the window does not let a message in.
const WINDOW: &str = "E-WINDOW";

/// Smallest difference of clocks that is worth a note.
const NOTED_MS: i64 = 1_000;

/// By apply instant: one finding per τ and party.
fn booked<'a>(
    context: &Context<'a>,
    gate: &Gate<'_>,
    ledger: &Ledger<'a>,
    outcome: &mut RuleOutcome,
) {
    let party = ledger.books.party;
    let (mut behind, mut ahead) = (0, 0);
    for (index, account) in &ledger.tally.accounts {
        let tau = &context.story.taus[*index];
        outcome
            .findings
            .extend(refused(context, gate, party, (tau, account)));
        for apply in &account.applies {
            outcome.compared += 1;
            let stamp = apply.row.at;
            let seen = context.seen_by(ledger, apply.row);
            behind = behind.max(tau.at.ms_since(stamp));
            ahead = ahead.max(seen.map_or(0, |seen| stamp.ms_since(seen)));
            let asked = instants(context, tau, stamp, seen).map(|at| gate.asks(tau.intent, at));
            let allowed = asked.iter().any(Result::is_ok);
            if let Err(reason) = asked[0].and(asked[1]) {
                let one = finding(Rule::R12, format!("gate:{reason}"))
                    .at(party)
                    .about(tau)
                    .answered_by(Some(party))
                    .unsure_if(allowed);
                let one = one
                    .location(format!("{} {} booked", tau.intent.infno, tau.intent.msgid))
                    .values(expectation(reason), stamp);
                outcome.findings.push(one.witness(party, [apply.row]));
                break;
            }
        }
    }
    // The undo is exempt from the gate, and shows a wrong clock as well.
    for row in undo_rows(ledger) {
        let Owner::Comp(comp) = context.story.owner(&row.cause.origin, &row.cause.msgid) else {
            continue;
        };
        let sent = context.story.comps[comp].first_sent;
        behind = behind.max(sent.ms_since(row.at));
        let seen = context.seen_by(ledger, row);
        ahead = ahead.max(seen.map_or(0, |seen| row.at.ms_since(seen)));
    }
    let wrong = [("behind_ms", behind), ("ahead_ms", ahead)];
    let mut facts: BTreeMap<String, String> = wrong
        .iter()
        .filter(|(_, by)| *by >= NOTED_MS)
        .map(|(name, by)| ((*name).to_owned(), by.to_string()))
        .collect();
    if !facts.is_empty() {
        facts.insert("party".to_owned(), party.to_string());
        outcome.notes.push(Remark {
            code: "skew".into(),
            txid: None,
            facts,
        });
    }
}

/// The first row by which each τ was undone.
fn undo_rows<'c, 'a>(ledger: &'c Ledger<'a>) -> impl Iterator<Item = &'a LogRow> + use<'c, 'a> {
    let accounts = ledger.tally.accounts.values();
    accounts.flat_map(|account| {
        let negated = account.negations.values().filter_map(|rows| rows.first());
        negated.copied().chain(account.undo_seen).take(1)
    })
}

/// Refused as outside the window by a platform whose own stamp lies inside: it has read another window than the plan's.
fn refused(
    context: &Context<'_>,
    gate: &Gate<'_>,
    party: &Party,
    (tau, account): (&Tau<'_>, &crate::tally::Account<'_>),
) -> Option<crate::judgement::Finding> {
    let row = account.refused.filter(|_| party.role == Role::Treatment)?;
    let by_window = matches!(context.story.outcome(tau), Some((_, Outcome::Refused { code, .. })) if code == WINDOW);
    let inside = gate.asks(tau.intent, tau.at).is_ok() && gate.asks(tau.intent, row.at).is_ok();
    (by_window && inside).then(|| {
        let one = finding(Rule::R12, "gate:window")
            .at(party)
            .about(tau)
            .answered_by(Some(party))
            .location(format!("{} {} refused", tau.intent.infno, tau.intent.msgid));
        one.values(format!("served at {}", row.at), WINDOW)
            .witness(party, [row])
    })
}

/// Between which instants a message was booked: at its stamp, unless that is certain to be wrong.
fn instants(
    context: &Context<'_>,
    tau: &Tau<'_>,
    stamp: Moment,
    seen: Option<Moment>,
) -> [Moment; 2] {
    match seen {
        Some(seen) if seen < tau.at => [stamp; 2],
        Some(seen) if stamp < tau.at => [tau.at, heard(context, tau).unwrap_or(seen).min(seen)],
        Some(seen) if seen < stamp => [tau.at, seen],
        _ => [stamp; 2],
    }
}

/// When the success of a message was known.
fn heard(context: &Context<'_>, tau: &Tau<'_>) -> Option<Moment> {
    let heard = tau.messages.iter().filter_map(|index| {
        let sent = &context.story.sent[*index];
        sent.ended_at
            .filter(|_| sent.ended.is_some_and(|(_, outcome)| outcome.is_ok()))
    });
    heard.max()
}

fn expectation(reason: &str) -> &'static str {
    match reason {
        "window" => "a phase that allows test swipes",
        "business" => "a business type the phase allows",
        "persona" => "a registered person of an allowed class",
        _ => "an institution and place the phase allows",
    }
}

/// The judge's own gate.
struct Gate<'a> {
    context: &'a Context<'a>,
    plan: &'a ResolvedPlan,
    registered: &'a BTreeMap<&'a str, PersonClass>,
    institutions: &'a BTreeSet<&'a str>,
    arranged: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Gate<'a> {
    fn of(context: &'a Context<'a>, plan: &'a ResolvedPlan) -> Gate<'a> {
        let arranged = plan
            .arranged
            .iter()
            .map(|(insured, institution)| (insured.as_str(), institution.as_str()))
            .collect();
        Gate {
            context,
            plan,
            registered: &context.registered,
            institutions: &context.institutions,
            arranged,
        }
    }

    /// Nothing if the swipe was allowed at that instant, else what forbade it.
    fn asks(&self, intent: &Intent, at: Moment) -> Result<(), &'static str> {
        if intent.infno.is_upkeep() {
            // Of no person: who may do it is all there is to ask.
            let listed = self.institutions.contains(intent.origin.as_str());
            return listed.then_some(()).ok_or("institution");
        }
        let window = self.context.window_at(at).ok_or("window")?;
        let phase = window
            .phases
            .iter()
            .rev()
            .find(|phase| phase.from <= at)
            .filter(|phase| phase.to.is_none_or(|to| at < to));
        let phase = phase.ok_or("window")?;
        if !matches!(phase.kind, PhaseKind::Joint | PhaseKind::Verify) || phase.allow.is_empty() {
            return Err("window");
        }
        if !self.institutions.contains(intent.origin.as_str()) {
            return Err("institution");
        }
        let person = intent.person.as_ref().ok_or("persona")?;
        let class = *self.registered.get(person.as_str()).ok_or("persona")?;
        // The refusal nearest to being allowed says best what was wrong.
        let refusals = phase
            .allow
            .iter()
            .map(|allow| self.allows(allow, intent, class));
        match refusals.max() {
            Some(4) => Ok(()),
            Some(0) | None => Err("business"),
            Some(2) => Err("persona"),
            Some(_) => Err("institution"),
        }
    }

    /// How many of business with channel, place pair, person class, institution it passes before the first that fails.
    fn allows(&self, allow: &Allow, intent: &Intent, class: PersonClass) -> u8 {
        let business = intent.business.or_else(|| intent.infno.business());
        if !allow.business.is_empty()
            && !business.is_some_and(|business| allow.business.contains(&business))
        {
            return 0;
        }
        if !allow.channels.is_empty() && !allow.channels.contains(&intent.channel) {
            return 0;
        }
        if !self.in_scope(allow.scope, intent) {
            return 1;
        }
        let billed = intent
            .insutype
            .as_deref()
            .and_then(PersonClass::of_insutype);
        if !allow.classes.is_empty()
            && ![Some(class), billed]
                .into_iter()
                .flatten()
                .all(|class| allow.classes.contains(&class))
        {
            return 2;
        }
        if !allow.institutions.is_empty() && !allow.institutions.contains(&intent.origin) {
            return 3;
        }
        4
    }

    fn in_scope(&self, scope: Scope, intent: &Intent) -> bool {
        let insured = intent.insured.or_else(|| {
            let person = intent.person.as_ref()?;
            self.plan
                .personas
                .iter()
                .find(|persona| persona.pseudonym == *person)
                .map(|persona| persona.insured)
        });
        let Some(insured) = insured else {
            return scope == Scope::Any;
        };
        match scope {
            Scope::Any => true,
            Scope::CrossRegion => insured.span_to(intent.treatment) != Span::Local,
            Scope::Local => insured.span_to(intent.treatment) == Span::Local,
            Scope::Arranged => self
                .arranged
                .contains(&(insured.as_str(), intent.origin.as_str())),
        }
    }
}

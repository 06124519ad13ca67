//! R12 公众 · What the public sends is booked only while the plan serves the public, and none of it that stands still.
//!
//! A phase opens or shuts all business of the public; a suspension (`suspend` of the plan) shuts a part of it beside the
//! phases; one of entries shuts only what was treated before go-live and is entered after it. What the insured place's own
//! office does is shut with the public, and by what names it; no suspension of visits concerns it. Undoing goes on throughout. Between two places whose cutover it is not, nothing of the plan holds.
//! Not here: the run's own messages (`r12_gate`), whom nobody wrote down (`strangers`).

use crosswipe_domain::{
    AdmDivision, Business, Moment, Nature, OfficeAct, Outcome, Party, PhaseKind, Public,
    ResolvedPlan, Rule, Span, Suspension, Window,
};
use crosswipe_journal::Played;

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::entered::{entered, keepers};
use crate::story::Owner;

/// One finding per message and party.
pub(crate) fn check(
    context: &Context<'_>,
    plan: &ResolvedPlan,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    for (index, rows) in &ledger.tally.played {
        outcome.compared += 1;
        let (_, message) = &context.story.played[*index];
        if message.infno.nature() == Nature::Undo {
            continue;
        }
        let shut = rows.iter().find_map(|row| {
            Some((
                shut(plan, context.window_at(row.at)?, message, row.at)?,
                *row,
            ))
        });
        let Some(((class, expected), row)) = shut else {
            continue;
        };
        let mut one = finding(Rule::R12, class)
            .at(party)
            .answered_by(Some(party))
            .location(format!("{} {} public", message.infno, message.msgid))
            .values(expected, row.at);
        one.case = Some(message.case.clone());
        one.person = message.person.clone();
        outcome.findings.push(one.witness(party, [row]));
    }
}

/// 补录 · An institution's entry of before go-live, of a part whose entries stand still.
pub(crate) fn entries(context: &Context<'_>, plan: &ResolvedPlan, outcome: &mut RuleOutcome) {
    let bars = |window: &Window| window.suspended.iter().any(|one| one.entries);
    if !context.last_window().is_some_and(bars) {
        return;
    }
    for (party, ledger) in keepers(context) {
        let entered = entered(context, ledger);
        for entry in entered.iter().filter(|entry| entry.is_entry()) {
            outcome.compared += 1;
            let cause = &entry.row.cause;
            let Owner::Played(played) = context.story.owner(&cause.origin, &cause.msgid) else {
                continue;
            };
            let message = &context.story.played[played].1;
            let places = Places::of(plan, message);
            let at = entry.row.at;
            let mut bars = context
                .window_at(at)
                .into_iter()
                .flat_map(|window| &window.suspended)
                .filter(|one| one.entries);
            let Some(by) = bars.find(|one| places.stand_still(one, message, at)) else {
                continue;
            };
            if places.outside(plan) {
                continue;
            }
            let mut one = finding(Rule::R12, "gate:business")
                .at(party)
                .answered_by(Some(party))
                .location(format!("{} {} entered", message.infno, message.msgid))
                .values(format!("refused: no entry by {}", by.clause), entry.treated);
            one.case = Some(message.case.clone());
            one.person = message.person.clone();
            outcome.findings.push(one.witness(party, [entry.row]));
        }
    }
}

/// What shuts the public's message out at an instant: the class of the finding, and what was to be expected.
fn shut(
    plan: &ResolvedPlan,
    window: &Window,
    message: &Played,
    at: Moment,
) -> Option<(&'static str, String)> {
    let places = Places::of(plan, message);
    if places.outside(plan) {
        return None;
    }
    let act = OfficeAct::of(&message.infno);
    let in_house = act.is_some_and(OfficeAct::is_in_house);
    if act == Some(OfficeAct::Migration) && !has_stopped(window, at) {
        let expected = "refused: the old platform still books".to_owned();
        return Some(("gate:window", expected));
    }
    if window.public_at(at) == Public::Closed && !in_house {
        let expected = "refused: the public is suspended".to_owned();
        return Some(("gate:window", expected));
    }
    let mut suspended = window.suspended.iter().filter(|one| !one.entries);
    let by = suspended.find(|one| places.stand_still(one, message, at))?;
    // Whose it is, rather than what it is.
    let class = match by.institutions.is_empty() {
        true => "gate:business",
        false => "gate:institution",
    };
    Some((class, format!("refused: suspended by {}", by.clause)))
}

/// Whether the platforms of before the cutover have stopped: where preparing and draining end.
fn has_stopped(window: &Window, at: Moment) -> bool {
    let mut phases = window.phases.iter();
    let stopped = |kind| !matches!(kind, PhaseKind::Prepare | PhaseKind::Drain);
    phases.any(|phase| stopped(phase.kind) && phase.from <= at)
}

/// 申报表 · What the old platform answers and books nothing for: its answers alone tell that it should not have.
pub(crate) fn printed(context: &Context<'_>, plan: &ResolvedPlan, outcome: &mut RuleOutcome) {
    let declared = |message: &Played| OfficeAct::of(&message.infno) == Some(OfficeAct::Declaration);
    for (at, message) in &context.story.played {
        if !declared(message) || !matches!(message.outcome, Outcome::Ok { .. }) {
            continue;
        }
        outcome.compared += 1;
        let window = context.window_at(*at);
        let shut = window.and_then(|window| shut(plan, window, message, *at));
        let (Some((class, expected)), Some(region)) = (shut, message.insured) else {
            continue;
        };
        let party = Party::old_platform(region);
        let mut one = finding(Rule::R12, class)
            .at(&party)
            .answered_by(Some(&party))
            .location(format!("{} {} answered", message.infno, message.msgid))
            .values(expected, *at);
        one.case = Some(message.case.clone());
        outcome.findings.push(one);
    }
}

/// Where somebody is insured and treated, as far as that is known.
struct Places {
    insured: Option<AdmDivision>,
    treatment: Option<AdmDivision>,
    /// 经办 · Nobody is treated: it is done at the insured place's own office.
    office: bool,
    /// It is that office's own books: nothing shuts it that does not name it.
    in_house: bool,
}

impl Places {
    fn of(plan: &ResolvedPlan, message: &Played) -> Places {
        let mut institutions = plan.institutions.iter();
        let here = institutions.find(|(code, ..)| *code == message.origin);
        let office = OfficeAct::of(&message.infno).is_some();
        Places {
            insured: message.insured,
            treatment: match office {
                true => message.insured,
                false => here.map(|(.., region)| *region),
            },
            office,
            in_house: OfficeAct::of(&message.infno).is_some_and(OfficeAct::is_in_house),
        }
    }

    /// Both are known and neither has its cutover in this plan.
    fn outside(&self, plan: &ResolvedPlan) -> bool {
        let both = [self.insured, self.treatment];
        both.iter()
            .all(|place| place.is_some_and(|code| plan.outside.contains(&code)))
    }

    fn span(&self) -> Option<Span> {
        Some(self.insured?.span_to(self.treatment?))
    }

    /// A place that nobody wrote down meets no suspension that asks for it: nothing is said to be broken on a guess.
    fn stand_still(&self, one: &Suspension, message: &Played, at: Moment) -> bool {
        let number = message.infno.base();
        let business: Option<Business> = message.infno.business();
        let in_time = one.from <= at && one.to.is_none_or(|to| at < to);
        let of_visits = !one.business.is_empty()
            || !one.span.is_empty()
            || !one.treatment.is_empty()
            || !one.institutions.is_empty();
        let not_meant = (self.office && of_visits) || (self.in_house && one.messages.is_empty());
        in_time
            && !not_meant
            && !one.except.iter().any(|listed| listed == number)
            && any_or(&one.messages, Some(&number.to_owned()))
            && any_or(&one.business, business.as_ref())
            && any_or(&one.span, self.span().as_ref())
            && any_or(&one.insured, self.insured.as_ref())
            && any_or(&one.treatment, self.treatment.as_ref())
            && any_or(&one.institutions, Some(&message.origin))
            && any_or(&one.channels, Some(&message.channel))
    }
}

/// An empty list is any.
fn any_or<T: PartialEq>(listed: &[T], one: Option<&T>) -> bool {
    listed.is_empty() || one.is_some_and(|one| listed.contains(one))
}

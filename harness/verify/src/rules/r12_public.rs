//! R12 公众 · What the public sends is booked only while the plan serves the public, and none of it that stands still.
//!
//! A phase opens or shuts all business of the public; a suspension (`suspend` of the plan) shuts a part of it beside the
//! phases. Undoing goes on throughout. Between two places whose cutover it is not, nothing of the plan holds.
//! Not here: the run's own messages (`r12_gate`), whom nobody wrote down (`strangers`).

use crosswipe_domain::{
    AdmDivision, Business, Moment, Nature, Party, Public, ResolvedPlan, Rule, Span, Suspension,
    Window,
};
use crosswipe_journal::Played;

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;

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
    if window.public_at(at) == Public::Closed {
        let expected = "refused: the public is suspended".to_owned();
        return Some(("gate:window", expected));
    }
    let mut suspended = window.suspended.iter();
    let by = suspended.find(|one| places.stand_still(one, message, at))?;
    // Whose it is, rather than what it is.
    let class = match by.institutions.is_empty() {
        true => "gate:business",
        false => "gate:institution",
    };
    Some((class, format!("refused: suspended by {}", by.clause)))
}

/// Where somebody is insured and treated, as far as that is known.
struct Places {
    insured: Option<AdmDivision>,
    treatment: Option<AdmDivision>,
}

impl Places {
    fn of(plan: &ResolvedPlan, message: &Played) -> Places {
        let mut institutions = plan.institutions.iter();
        let here = institutions.find(|(code, ..)| *code == message.origin);
        Places {
            insured: message.insured,
            treatment: here.map(|(.., region)| *region),
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
        in_time
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

//! 预期 · What a swipe is to come to: as the plan expects it, else as the model of the mock platforms says, else nothing.
//!
//! Why so careful: a figure on a sheet is believed. A total is what the bill adds up to; what the person pays in cash follows
//! from the policy of the insured place only where that place is a mock of ours, so a plan with real systems leaves it empty.
//! Called by `rows`. Not here: the benefit model itself (`mocks::settlement`).

use crosswipe_domain::{BasketLine, Money, Persona};
use crosswipe_mocks::settlement::{Account, Claim, Sums, pay, split};
use crosswipe_scenarios::{Expect, Expected, Op, Plan, Swipe};

/// Total and cash of a swipe, as text; empty where nobody knows.
pub(super) fn amounts(plan: &Plan, swipe: &Swipe, persona: &Persona) -> [String; 2] {
    let lines = plan.registry.baskets.get(&swipe.basket);
    // A visit that is gone on with charges what it has left; only the plan can say how much that is.
    let whole =
        swipe.continues.is_none() && swipe.until.is_none() && swipe.expect.outcome == Expected::Ok;
    let lines = lines.filter(|_| whole);
    let total = said(&swipe.expect, "setlinfo.medfee_sumamt");
    let total = total.or_else(|| lines.map(|lines| sum(lines)));
    let cash = said(&swipe.expect, "setlinfo.psn_cash_pay");
    let cash = cash.or_else(|| model(plan, swipe, persona, lines?));
    [total.unwrap_or_default(), cash.unwrap_or_default()]
}

/// What the lines come to; every platform that takes the bill says the same total.
fn sum(lines: &[BasketLine]) -> String {
    let total: Money = lines.iter().map(BasketLine::amount).sum();
    total.to_string()
}

/// An amount as the plan expects it; `≤ 200.00` where it only bounds it.
fn said(expect: &Expect, path: &str) -> Option<String> {
    let mut fields = expect.fields.iter().filter(|field| field.path == path);
    let field = fields.next().filter(|field| field.formula.is_none())?;
    Some(match field.op {
        Op::Eq => field.value.clone(),
        Op::Le => format!("≤ {}", field.value),
        Op::Ge => format!("≥ {}", field.value),
        Op::Lt => format!("< {}", field.value),
        Op::Gt => format!("> {}", field.value),
        Op::Ne => format!("≠ {}", field.value),
    })
}

/// The cash of an ordinary visit on the books as they are at the start; whatever was swiped before is undone by then.
fn model(plan: &Plan, swipe: &Swipe, persona: &Persona, lines: &[BasketLine]) -> Option<String> {
    let place = plan.topology.institution(&swipe.institution)?;
    let ordinary = plan.live.is_none()
        && plan.driven.is_empty()
        && swipe.disease.is_none()
        && !swipe.is_mid_stay()
        && persona.registered;
    if !ordinary {
        return None;
    }
    let mut sums = Sums::default();
    for line in lines {
        let mut tariffs = plan.topology.tariffs.iter();
        let tariff = tariffs.find(|tariff| tariff.code == line.code && tariff.coded)?;
        sums = sums + split(tariff, line.price, line.count, true)?;
    }
    let claim = Claim {
        sums,
        class: persona.class,
        business: swipe.business,
        tier: place.tier,
        span: persona.insured.span_to(place.region),
        stay: 1,
        deductible_used: persona.deductible_used,
        pool_paid: persona.pool_paid,
        above_paid: Money::ZERO,
        quota: None,
        account: Account {
            balance: persona.balance,
            used: swipe.account,
        },
    };
    let insured = plan.topology.region(persona.insured)?;
    Some(pay(&insured.profile.policy, &claim).cash.to_string())
}

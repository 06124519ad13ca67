//! 待遇计算 · What the funds, the account and the person each bear, by the insured place's policy.

use crosswipe_domain::{Business, Money, PersonClass, Ratio, Span};

use super::{AccountRule, Policy, Sums};

/// 待付 · A split bill and what the insured place knows of the person.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Sums of the split lines.
    pub sums: Sums,
    /// Employee or resident.
    pub class: PersonClass,
    /// Outpatient or inpatient.
    pub business: Business,
    /// Tier of the institution, 1 to 3.
    pub tier: u8,
    /// How far from home.
    pub span: Span,
    /// Number of this stay in the year, from 1; of no meaning for outpatient care.
    pub stay: i64,
    /// Deductible already used this year.
    pub deductible_used: Money,
    /// Pooled fund already paid this year.
    pub pool_paid: Money,
    /// Large-amount or critical-illness fund already paid this year.
    pub above_paid: Money,
    /// 病种限额 · What the pooled fund may still pay for the disease this year; `None` = no limit.
    pub quota: Option<Money>,
    /// The personal account.
    pub account: Account,
}

/// 个人账户 · Its balance, and whether it may be used.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Balance before.
    pub balance: Money,
    /// `acct_used_flag`
    pub used: bool,
}

/// One fund's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundLine {
    /// `fund_pay_type`, e.g. `310100`.
    pub fund: &'static str,
    /// Amount field of the settlement that it stands in, e.g. `hifp_pay`.
    pub field: &'static str,
    /// 年度累计 code that it adds to, e.g. `D310101`.
    pub accumulator: &'static str,
    /// `fund_payamt`
    pub amount: Money,
}

/// 待遇结果 · Who bears what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// `act_pay_dedc`
    pub deductible: Money,
    /// What entered the segments.
    pub base: Money,
    /// Funds that pay something, in order of the calculation.
    pub funds: Vec<FundLine>,
    /// `fund_pay_sumamt`
    pub fund_sum: Money,
    /// `psn_part_amt`
    pub person: Money,
    /// `acct_pay`
    pub account: Money,
    /// `psn_cash_pay`
    pub cash: Money,
    /// `balc`: balance after.
    pub balance: Money,
}

/// Pays a claim.
pub fn pay(policy: &Policy, claim: &Claim) -> Paid {
    let scope = claim.sums.scope.max(Money::ZERO);
    let deductible = deductible(policy, claim, scope);
    let base = scope - deductible;
    let (pool, left) = pooled(policy, claim, base);
    // What is above the quota of a disease is the person's own: no other fund takes it.
    let pool = claim.quota.map_or(pool, |quota| pool.min(quota));
    let above = above_cap(policy, claim, left);
    let mut funds = basic_funds(claim.class, pool, above);
    let mut borne = scope - pool - above;
    for (ratio, fund, field, accumulator) in subsidies(policy) {
        let amount = borne.share(ratio);
        borne -= amount;
        funds.push(FundLine {
            fund,
            field,
            accumulator,
            amount,
        });
    }
    funds.retain(|line| !line.amount.is_zero());
    let fund_sum: Money = funds.iter().map(|line| line.amount).sum();
    let person = claim.sums.amount - fund_sum;
    let account = account_part(policy.account, claim, person, fund_sum);
    Paid {
        deductible,
        base,
        funds,
        fund_sum,
        person,
        account,
        cash: person - account,
        balance: claim.account.balance - account,
    }
}

fn deductible(policy: &Policy, claim: &Claim, scope: Money) -> Money {
    let line = policy.deductible(claim.class, claim.business, claim.tier, claim.stay);
    let used = if claim.business == Business::Inpatient {
        Money::ZERO
    } else {
        claim.deductible_used
    };
    scope.min((line - used).max(Money::ZERO))
}

/// What the pooled fund pays, and how much of the base it leaves untouched once its cap is reached.
fn pooled(policy: &Policy, claim: &Claim, base: Money) -> (Money, Money) {
    let delta = policy.delta(claim.span);
    let mut room = (policy.benefit(claim.class).cap - claim.pool_paid).max(Money::ZERO);
    let (mut paid, mut done) = (Money::ZERO, Money::ZERO);
    for segment in policy.segments(claim.class, claim.business, claim.tier) {
        let part = segment.to.unwrap_or(base).min(base) - done;
        if part <= Money::ZERO {
            continue;
        }
        let ratio = segment.ratio.shifted(delta);
        let share = part.share(ratio);
        if share > room {
            return (paid + room, base - done - room.grossed_up(ratio));
        }
        paid += share;
        room -= share;
        done += part;
    }
    (paid, base - done)
}

fn above_cap(policy: &Policy, claim: &Claim, left: Money) -> Money {
    let benefit = policy.benefit(claim.class);
    let over = (left - benefit.above_after).max(Money::ZERO);
    let share = over.share(benefit.above_ratio);
    benefit.above_cap.map_or(share, |cap| {
        share.min((cap - claim.above_paid).max(Money::ZERO))
    })
}

fn basic_funds(class: PersonClass, pool: Money, above: Money) -> Vec<FundLine> {
    let line = |fund, field, accumulator, amount| FundLine {
        fund,
        field,
        accumulator,
        amount,
    };
    match class {
        PersonClass::Employee => vec![
            line("310100", "hifp_pay", "D310101", pool),
            line("330100", "hifob_pay", "D330101", above),
        ],
        PersonClass::Resident => vec![
            line("390100", "hifp_pay", "D390101", pool),
            line("390200", "hifmi_pay", "D390201", above),
        ],
    }
}

fn subsidies(
    policy: &Policy,
) -> impl Iterator<Item = (Ratio, &'static str, &'static str, &'static str)> {
    let subsidies = policy.subsidies;
    let civil = subsidies
        .civil_servant
        .map(|ratio| (ratio, "320100", "cvlserv_pay", "D320101"));
    let enterprise = subsidies
        .enterprise
        .map(|ratio| (ratio, "370100", "hifes_pay", "D370101"));
    let aid = subsidies
        .medical_aid
        .map(|ratio| (ratio, "610100", "maf_pay", "D610101"));
    [civil, enterprise, aid].into_iter().flatten()
}

fn account_part(rule: AccountRule, claim: &Claim, person: Money, fund_sum: Money) -> Money {
    if !claim.account.used {
        return Money::ZERO;
    }
    let allowed = match rule {
        AccountRule::Everything => person,
        AccountRule::NotClassC => person - claim.sums.full,
        AccountRule::OnlyInScope => claim.sums.scope - fund_sum,
    };
    claim.account.balance.min(allowed).max(Money::ZERO)
}

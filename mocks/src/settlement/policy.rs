//! 待遇政策 · What an insured place pays: deductibles, segments, caps, account rule.
//!
//! The figures of [`Policy::default`] are those of the project's benefit model; where the model leaves
//! a tier open, the figure here is ours and stands between its neighbours. Not any province's rule.

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, Business, Money, PersonClass, Ratio, Span};

/// 政策册 · The policy of each insured place; places without one of their own follow the default.
#[derive(Clone, Debug, Default)]
pub struct PolicyBook {
    /// For all others.
    pub default: Policy,
    /// By insured place.
    pub own: BTreeMap<AdmDivision, Policy>,
}

impl PolicyBook {
    /// The policy of an insured place.
    pub fn of(&self, insured: AdmDivision) -> &Policy {
        self.own.get(&insured).unwrap_or(&self.default)
    }
}

/// 政策 · One insured place's parameters.
#[derive(Clone, Debug)]
pub struct Policy {
    /// 备案 · How its people are registered for care elsewhere.
    pub filing: Filing,
    /// Change of ratio for registered or emergency care elsewhere.
    pub away_registered: Ratio,
    /// Change of ratio without registration.
    pub away_unregistered: Ratio,
    /// 个人账户规则
    pub account: AccountRule,
    /// Subsidies on top of the basic funds; nobody has one by default.
    pub subsidies: Subsidies,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            filing: Filing::Registered,
            away_registered: Ratio::from_scaled(-500),
            away_unregistered: Ratio::from_scaled(-1500),
            account: AccountRule::NotClassC,
            subsidies: Subsidies::default(),
        }
    }
}

/// 备案 · Registration for care out of area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filing {
    /// Registered, or an emergency.
    Registered,
    /// Not registered, settled at a lower ratio.
    Unregistered,
    /// Not registered, refused (E-NOREG).
    Refused,
}

/// 个人账户规则 · What a personal account may pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRule {
    /// All that the person bears.
    Everything,
    /// All but wholly self-financed amounts.
    NotClassC,
    /// Only amounts inside the scope.
    OnlyInScope,
}

/// 补助 · Shares of what the person still bears inside the scope, taken in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subsidies {
    /// 公务员补助
    pub civil_servant: Option<Ratio>,
    /// 企业补充
    pub enterprise: Option<Ratio>,
    /// 医疗救助
    pub medical_aid: Option<Ratio>,
}

/// 分段 · A segment `[from the one before, to)` with its ratio; `None` = no upper end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Upper end of the base that falls into it.
    pub to: Option<Money>,
    /// Share that the pooled fund takes.
    pub ratio: Ratio,
}

const fn yuan(amount: i64) -> Money {
    Money::from_fen(amount * 100)
}

const fn percent(ratio: i64) -> Ratio {
    Ratio::from_scaled(ratio * 100)
}

impl Policy {
    /// 异地系数 · Change of ratio for a swipe of this span.
    pub fn delta(&self, span: Span) -> Ratio {
        match (span, self.filing) {
            (Span::Local, _) => Ratio::ZERO,
            (_, Filing::Registered) => self.away_registered,
            (_, Filing::Unregistered | Filing::Refused) => self.away_unregistered,
        }
    }

    /// 起付线 · Deductible of a year (outpatient) or of the `stay`-th stay, counted from 1.
    pub fn deductible(&self, class: PersonClass, business: Business, tier: u8, stay: i64) -> Money {
        if business != Business::Inpatient {
            return match class {
                PersonClass::Employee => yuan(1000),
                PersonClass::Resident => yuan(300),
            };
        }
        let by_stay = match tier {
            3 => [1200, 900, 600],
            2 => [800, 600, 400],
            _ => [400, 300, 200],
        };
        yuan(by_stay[usize::try_from(stay.clamp(1, 3) - 1).expect("0, 1 or 2")])
    }

    /// 分段比例 · Segments of the pooled fund.
    pub fn segments(&self, class: PersonClass, business: Business, tier: u8) -> Vec<Segment> {
        let flat = |ratio| {
            vec![Segment {
                to: None,
                ratio: percent(ratio),
            }]
        };
        let stepped = |below, above| {
            vec![
                Segment {
                    to: Some(yuan(10_000)),
                    ratio: percent(below),
                },
                Segment {
                    to: None,
                    ratio: percent(above),
                },
            ]
        };
        match (business == Business::Inpatient, class, tier) {
            (true, PersonClass::Employee, 3) => stepped(85, 88),
            (true, PersonClass::Employee, 2) => stepped(88, 90),
            (true, PersonClass::Employee, _) => stepped(90, 92),
            (true, PersonClass::Resident, 3) => flat(65),
            (true, PersonClass::Resident, 2) => flat(75),
            (true, PersonClass::Resident, _) => flat(85),
            (false, PersonClass::Employee, 3) => flat(75),
            (false, PersonClass::Employee, 2) => flat(80),
            (false, PersonClass::Employee, _) => flat(85),
            (false, PersonClass::Resident, 3) => flat(40),
            (false, PersonClass::Resident, 2) => flat(50),
            (false, PersonClass::Resident, _) => flat(55),
        }
    }

    /// 封顶线 · Yearly cap of the pooled fund.
    pub fn pool_cap(&self, class: PersonClass) -> Money {
        match class {
            PersonClass::Employee => yuan(120_000),
            PersonClass::Resident => yuan(80_000),
        }
    }

    /// 大额/大病 · Above the cap: what the person bears first, the ratio, and the fund's own yearly cap.
    pub fn above_cap(&self, class: PersonClass) -> (Money, Ratio, Option<Money>) {
        match class {
            PersonClass::Employee => (Money::ZERO, percent(80), Some(yuan(300_000))),
            PersonClass::Resident => (yuan(15_000), percent(60), None),
        }
    }
}

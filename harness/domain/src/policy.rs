//! 待遇政策 · What an insured place pays: deductibles, segments, caps, account rule.
//!
//! The figures of [`Policy::default`] are those of the project's benefit model; where the model leaves
//! a tier open, the figure here is ours and stands between its neighbours. Not any province's rule: a region's own
//! figures stand in its profile. Used by `scenarios` (reads them) and `mocks` (pay by them).

use crate::{Business, Money, PersonClass, Ratio, Span};

/// 政策 · One insured place's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// 住院起付线 · By tier 1, 2, 3; of the first, the second, and each later stay of a year.
    pub stay_deductibles: [[Money; 3]; 3],
    /// 慢特病目录 · Diseases whose outpatient care is paid; empty = every one, without quota.
    pub chronic: Vec<Chronic>,
    /// 慢特病备案 · True: only who is registered for the disease (2503) is paid for it.
    pub chronic_filed: bool,
    /// 职工
    pub employee: Benefit,
    /// 居民
    pub resident: Benefit,
}

/// 待遇 · What one kind of insurance pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benefit {
    /// 门诊起付线 · Deductible of a year.
    pub deductible: Money,
    /// 封顶线 · Yearly cap of the pooled fund.
    pub cap: Money,
    /// 大额/大病 · What the person bears above the cap before the next fund pays.
    pub above_after: Money,
    /// Its ratio.
    pub above_ratio: Ratio,
    /// Its own yearly cap; `None` = none.
    pub above_cap: Option<Money>,
    /// 门诊 · Segments of the pooled fund by tier 1, 2, 3.
    pub outpatient: [Vec<Segment>; 3],
    /// 住院 · The same for stays.
    pub inpatient: [Vec<Segment>; 3],
}

/// 慢特病病种 · One disease of an insured place's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chronic {
    /// 病种编码, `M` and five digits.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// 年度限额 · What the pooled fund pays for it in a year; `None` = no limit of its own.
    pub quota: Option<Money>,
    /// 用药范围 · Drugs that are paid for it; empty = all.
    pub drugs: Vec<String>,
}

impl Chronic {
    /// 病种编码 · Whether a text has the form of a chronic disease's code: `M` and five digits.
    pub fn is_code(text: &str) -> bool {
        let digits = text.strip_prefix('M');
        digits.is_some_and(|rest| rest.len() == 5 && rest.bytes().all(|b| b.is_ascii_digit()))
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

/// One ratio for everything.
fn flat(ratio: i64) -> Vec<Segment> {
    vec![Segment {
        to: None,
        ratio: percent(ratio),
    }]
}

/// One ratio up to 10 000 yuan and another above.
fn stepped(below: i64, above: i64) -> Vec<Segment> {
    let mut segments = flat(below);
    segments[0].to = Some(yuan(10_000));
    segments.extend(flat(above));
    segments
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            filing: Filing::Registered,
            away_registered: Ratio::from_scaled(-500),
            away_unregistered: Ratio::from_scaled(-1500),
            account: AccountRule::NotClassC,
            subsidies: Subsidies::default(),
            stay_deductibles: [
                [yuan(400), yuan(300), yuan(200)],
                [yuan(800), yuan(600), yuan(400)],
                [yuan(1200), yuan(900), yuan(600)],
            ],
            chronic: Vec::new(),
            chronic_filed: true,
            employee: Benefit {
                deductible: yuan(1000),
                cap: yuan(120_000),
                above_after: Money::ZERO,
                above_ratio: percent(80),
                above_cap: Some(yuan(300_000)),
                outpatient: [flat(85), flat(80), flat(75)],
                inpatient: [stepped(90, 92), stepped(88, 90), stepped(85, 88)],
            },
            resident: Benefit {
                deductible: yuan(300),
                cap: yuan(80_000),
                above_after: yuan(15_000),
                above_ratio: percent(60),
                above_cap: None,
                outpatient: [flat(55), flat(50), flat(40)],
                inpatient: [flat(85), flat(75), flat(65)],
            },
        }
    }
}

impl Policy {
    /// What a kind of insurance pays.
    pub fn benefit(&self, class: PersonClass) -> &Benefit {
        match class {
            PersonClass::Employee => &self.employee,
            PersonClass::Resident => &self.resident,
        }
    }

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
            return self.benefit(class).deductible;
        }
        let by_stay = self.stay_deductibles[of_tier(tier)];
        by_stay[usize::try_from(stay.clamp(1, 3) - 1).expect("0, 1 or 2")]
    }

    /// 分段比例 · Segments of the pooled fund.
    pub fn segments(&self, class: PersonClass, business: Business, tier: u8) -> &[Segment] {
        let benefit = self.benefit(class);
        match business {
            Business::Inpatient => &benefit.inpatient[of_tier(tier)],
            _ => &benefit.outpatient[of_tier(tier)],
        }
    }
}

fn of_tier(tier: u8) -> usize {
    usize::from(tier.clamp(1, 3)) - 1
}

//! 验证窗口 · Phases of a cutover, what each allows, as plain data.
//!
//! Why here: the gate of `runner` asks before each send and rule R12 of `verify` asks again; both
//! read this data and each decides with its own code, so that one slip is not made twice.
//! A period is `opens ≤ t < closes`. Source of the words: the five cutover notices.

use serde::{Deserialize, Serialize};

use crate::{AdmDivision, Amendment, Business, Channel, Moment, PersonClass, Span};

/// 窗口 · All phases of a plan in order of time, without hole or overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// In order; each begins where the one before ends.
    pub phases: Vec<Phase>,
    /// 安全边际 · No forward test message later than the window's end minus this, in milliseconds (R14).
    pub margin_ms: i64,
    /// 退费截止 · What is settled for good; `None` = the notice says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_refund: Option<NoRefund>,
    /// 不得转自费 · Which stays are settled and not turned into self-pay; `None` = the notice says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_self_pay: Option<NoSelfPay>,
    /// 暂停 · Business of the public that stands still beside what the phases say, in the plan's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspended: Vec<Suspension>,
    /// 改期 · Bounds that moved alone, in the order in which that came to be known; what stands above are the first ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<Amendment>,
}

/// 暂停 · Part of the public's business that stands still for a while, whatever the phase: admissions before the stop
/// (`QJ6`), remote business after go-live until its step comes (`WZ7`). Empty lists mean «any».
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// The notice's clause.
    pub clause: String,
    /// First instant.
    pub from: Moment,
    /// First instant after it; `None` = until further notice.
    pub to: Option<Moment>,
    /// Business families.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub business: Vec<Business>,
    /// Transaction numbers of these, e.g. `2401`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    /// Transaction numbers that go on all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// How far apart insured place and treatment place are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub span: Vec<Span>,
    /// 参保地 · Whose people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insured: Vec<AdmDivision>,
    /// 就医地 · Whose institutions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub treatment: Vec<AdmDivision>,
    /// 机构 · Codes of single institutions, e.g. those not upgraded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub institutions: Vec<String>,
    /// 渠道 · Through which it is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// 只停补录 · Only what was treated before go-live and is entered after it by an institution.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub entries: bool,
    /// The notice's own words.
    pub quote: String,
}

/// 退费截止 · From an instant on, nothing that was settled before another one is refunded (`QJ1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoRefund {
    /// From when on no platform refunds it.
    pub from: Moment,
    /// What was settled before this instant.
    pub settled_before: Moment,
}

/// 不得转自费 · From an instant on, no stay at home that began before another one is cancelled, which would leave it to the
/// patient's purse: it is settled, and goes on as a transfer (`QJ9`, stays over the turn of the year). Whoever is insured
/// elsewhere may turn to self-pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoSelfPay {
    /// From when on no platform cancels it.
    pub from: Moment,
    /// Stays that began before this instant.
    pub admitted_before: Moment,
}

/// 阶段 · One phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name in this plan.
    pub id: String,
    /// What kind it is; only `joint` and `verify` may allow test swipes.
    pub kind: PhaseKind,
    /// First instant.
    pub from: Moment,
    /// First instant after it; `None` = open end.
    pub to: Option<Moment>,
    /// Test swipes that may be sent in it; empty = none.
    pub allow: Vec<Allow>,
    /// What everybody else may do in it.
    pub public: Public,
    /// Whether reads may be sent; `None` = the default (from the first phase to a day after the last).
    pub reads: Option<bool>,
    /// The notice's own words.
    pub quote: String,
}

/// 阶段种类 · The kinds of phases a window file can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseKind {
    /// 准备
    Prepare,
    /// 清理在途: no new in-transit business.
    Drain,
    /// 停止: the old platform is stopped.
    Frozen,
    /// 切换: copy and upgrade.
    Switch,
    /// 联调: connect and debug.
    Joint,
    /// 验证: test swipes.
    Verify,
    /// 上线: the window ends where it begins.
    Live,
    /// 补录
    Catchup,
}

/// Whether real patients may be served in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Public {
    /// Served.
    Open,
    /// Suspended.
    Closed,
}

/// What test swipes a phase allows. Empty lists mean «any».
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// Business families.
    pub business: Vec<Business>,
    /// Between which places.
    pub scope: Scope,
    /// Person classes.
    pub classes: Vec<PersonClass>,
    /// Institution codes.
    pub institutions: Vec<String>,
    /// 渠道 · Through which they are sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
}

/// Between which places a swipe is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Anywhere.
    Any,
    /// Insured and treatment place in different pools.
    CrossRegion,
    /// Within one pool.
    Local,
    /// Only pairs (insured place, institution) listed as arranged.
    Arranged,
}

impl Window {
    /// The phase that holds at `at`, if any.
    pub fn phase_at(&self, at: Moment) -> Option<&Phase> {
        self.phases
            .iter()
            .find(|phase| phase.from <= at && phase.to.is_none_or(|to| at < to))
    }

    /// Where the window ends: the beginning of the first `live` phase, else the end of the last phase.
    pub fn end(&self) -> Option<Moment> {
        let live = self
            .phases
            .iter()
            .find(|phase| phase.kind == PhaseKind::Live)
            .map(|phase| phase.from);
        live.or_else(|| self.phases.last().and_then(|phase| phase.to))
    }

    /// 停机 · When the platforms of before the cutover stop: where preparing and draining end, whatever comes then.
    pub fn old_stops(&self) -> Option<Moment> {
        let mut phases = self.phases.iter();
        let stopped = phases.find(|phase| phase.kind > PhaseKind::Drain);
        stopped.map(|phase| phase.from)
    }

    /// When the last phase ends that allows test swipes; `None` if none does, or if it never ends.
    pub fn tests_end(&self) -> Option<Moment> {
        let mut phases = self.phases.iter().rev();
        phases.find(|phase| !phase.allow.is_empty())?.to
    }

    /// First instant of the first phase.
    pub fn start(&self) -> Option<Moment> {
        self.phases.first().map(|phase| phase.from)
    }

    /// 平移 · The same window so many ms later (earlier, if negative): every bound moves, nothing else.
    pub fn shifted(&self, ms: i64) -> Window {
        let mut window = self.clone();
        for phase in &mut window.phases {
            phase.from = phase.from.plus_ms(ms);
            phase.to = phase.to.map(|to| to.plus_ms(ms));
        }
        window.no_refund = window.no_refund.map(|rule| NoRefund {
            from: rule.from.plus_ms(ms),
            settled_before: rule.settled_before.plus_ms(ms),
        });
        window.no_self_pay = window.no_self_pay.map(|rule| NoSelfPay {
            from: rule.from.plus_ms(ms),
            admitted_before: rule.admitted_before.plus_ms(ms),
        });
        for suspension in &mut window.suspended {
            suspension.from = suspension.from.plus_ms(ms);
            suspension.to = suspension.to.map(|to| to.plus_ms(ms));
        }
        for amendment in &mut window.amended {
            *amendment = amendment.shifted(ms);
        }
        window
    }

    /// Whether real patients are served at `at`; before the first phase they are.
    pub fn public_at(&self, at: Moment) -> Public {
        match self.phase_at(at) {
            Some(phase) => phase.public,
            None if self.start().is_none_or(|start| at < start) => Public::Open,
            None => Public::Closed,
        }
    }
}

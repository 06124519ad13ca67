//! 用例 · Cases, their steps, and what each step is expected to give.
//!
//! Why so: these are plain values with every name already resolved (institution codes exist, persons
//! are registered, baskets are read), so that the runner meets no spelling mistake half-way.
//! Made by `load`; carried out by `runner`. Not here: how a step becomes messages (`runner`).

use std::collections::BTreeMap;

use crosswipe_domain::{
    AdmDivision, Business, CaseId, Channel, InfNo, InstitutionCode, Moment, Money, OfficeAct,
};

use crate::credential::Credential;
use crate::formula::Formula;

/// 用例 · Steps carried out one after the other, then undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// `<scenario>/<case>`, or `<scenario>/<insured>-<treatment>` for a cell of the matrix.
    pub id: CaseId,
    /// For people.
    pub title: String,
    /// Clauses and scenarios of the notice that it covers, e.g. `ZJ8`, `zj-01`.
    pub covers: Vec<String>,
    /// Not before this instant. [`load`](crate::load) fills it: as written, else the instant of the first timed
    /// step, else the earliest instant at which the window allows the case.
    pub start: Option<Moment>,
    /// True: the case itself is written with its start, so a timetable places it before those that go anywhere.
    pub pinned: bool,
    /// In order.
    pub steps: Vec<Step>,
    /// True: a cell of the cross matrix.
    pub matrix: bool,
    /// True: the scenario asks for more than one open swipe of a person at a time.
    pub several_open: bool,
}

/// 步骤 · One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A whole visit of a test person, each message with its undo.
    Swipe(Swipe),
    /// One raw message, any number, any field overridden: for negative tests.
    Call(Call),
    /// Public traffic that the mock world sends, not the run.
    Play(Play),
    /// What the insured place's own office does, not the run.
    Office(Office),
    /// Branches that begin at the same instant, each a list of steps in order.
    Parallel(Vec<Vec<Step>>),
}

/// 刷卡 · A visit: 1101 and the messages of its business, later undone newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swipe {
    /// Unique in its case; becomes part of transaction ids.
    pub name: String,
    /// [`Business::Outpatient`], [`Business::Inpatient`] or [`Business::Pharmacy`].
    pub business: Business,
    /// Label of the person.
    pub persona: String,
    /// Where.
    pub institution: InstitutionCode,
    /// Key into the registry's baskets.
    pub basket: String,
    /// When; `None` = as soon as its turn comes.
    pub at: Option<Moment>,
    /// Undo not before this instant; `None` = when the case's forward steps are done.
    pub undo_at: Option<Moment>,
    /// 渠道 · Through what it is sent.
    pub channel: Channel,
    /// 个人账户使用标志 · Whether the personal account pays what it can.
    pub account: bool,
    /// 慢特病 · The disease that an outpatient visit is for (`med_type` 14); `None` = ordinary care.
    pub disease: Option<String>,
    /// 凭证 · What the person shows.
    pub credential: Credential,
    /// 出院 · Where the discharge of a stay comes.
    pub discharge: Discharge,
    /// True: sent past the gate on purpose (mocks only).
    pub forced: bool,
    /// The last message that is sent, e.g. `2401`; `None` = the whole visit.
    pub until: Option<InfNo>,
    /// The earlier step whose visit goes on here: what of it does not stand is sent.
    pub continues: Option<String>,
    /// What is expected.
    pub expect: Expect,
}

/// 出院 · Where the discharge (2402) of a stay comes; without meaning for other visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discharge {
    /// Before the settlement, as live clients do.
    First,
    /// After the settlement.
    Last,
    /// 中途结算 · Not at all: what has come up so far is settled (`mid_setl_flag` 1), and the stay goes on.
    NotYet,
}

impl Swipe {
    /// Numbers of the visit's messages in the order in which they are sent.
    pub fn messages(&self) -> &'static [&'static str] {
        match (self.business, self.discharge) {
            (Business::Inpatient, Discharge::First) => &["2401", "2301", "2402", "2303", "2304"],
            (Business::Inpatient, Discharge::Last) => &["2401", "2301", "2303", "2304", "2402"],
            (Business::Inpatient, Discharge::NotYet) => &["2401", "2301", "2303", "2304"],
            (Business::Pharmacy, _) => &["2101", "2102"],
            _ => &["2201", "2203", "2204", "2206", "2207"],
        }
    }

    /// 中途结算 · True if its settlement is one in the midst of a stay.
    pub fn is_mid_stay(&self) -> bool {
        self.discharge == Discharge::NotYet
    }

    /// The number whose answer its expectations speak of: the last one asked for, else the settlement.
    pub fn goal(&self) -> InfNo {
        let settlement = || crate::interface::settlement(self.business);
        self.until.clone().unwrap_or_else(settlement)
    }
}

/// 单笔报文 · One message as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Unique in its case.
    pub name: String,
    /// Transaction number.
    pub infno: InfNo,
    /// Label of the person, if it is about one.
    pub persona: Option<String>,
    /// Who sends it.
    pub institution: InstitutionCode,
    /// 渠道 · Through what it is sent.
    pub channel: Channel,
    /// When; `None` = as soon as its turn comes.
    pub at: Option<Moment>,
    /// 旧平台 · It goes to the platform of before the cutover.
    pub old: bool,
    /// The earlier step about whose visit it is: whatever [`with`](Call::with) does not say comes from there.
    pub of: Option<String>,
    /// Fields by interface name.
    pub with: BTreeMap<String, Given>,
    /// What is expected.
    pub expect: Expect,
}

/// 取值 · What a field of a [`Call`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// As written.
    Text(String),
    /// What an earlier step gave.
    Captured(Capture),
}

/// 引用 · Something that an earlier step of the case gave, written `$step.id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capture {
    /// Name of the step.
    pub step: String,
    /// `mdtrt_id setl_id chrg_bchno ipt_otp_no`, `feedetl_sn.N` (line N of the bill), `msgid.N` (the message N of a
    /// visit) or `msgid` (of a single message).
    pub id: String,
}

impl std::fmt::Display for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${}.{}", self.step, self.id)
    }
}

/// 公众业务 · A visit of somebody who is no test person, played by the mock world; never undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// Unique in its case.
    pub name: String,
    /// Label of a person that is not registered.
    pub persona: String,
    /// Where.
    pub institution: InstitutionCode,
    /// [`Business::Outpatient`], [`Business::Inpatient`] or [`Business::Pharmacy`].
    pub business: Business,
    /// Key into the registry's baskets.
    pub basket: String,
    /// When.
    pub at: Option<Moment>,
    /// 渠道 · Through what it is sent.
    pub channel: Channel,
    /// The earlier play of the case whose visit goes on here; `None` = a visit begins.
    pub of: Option<String>,
    /// Numbers of the messages that are sent, in their order.
    pub messages: Vec<&'static str>,
    /// 补录 · When he was treated, where that is entered later; `None` = when it is entered.
    pub treated: Option<Moment>,
    /// 退费 · When what was settled is refunded; its expectation speaks of the refund then. `None` = never.
    pub refund_at: Option<Moment>,
    /// `None`: written down as public traffic. Else nobody writes it down, as when somebody swipes beside the run;
    /// then it may be about a registered person, and the judge has to find it by himself.
    pub stranger: Option<Afterwards>,
    /// [`Expected::Accepted`] or [`Expected::Refused`].
    pub expect: Expect,
}

impl Play {
    /// Numbers of a whole visit's messages, in their order: nobody of the public tries a settlement first.
    pub fn whole(business: Business) -> &'static [&'static str] {
        match business {
            Business::Inpatient => &["2401", "2301", "2402", "2304"],
            Business::Pharmacy => &["2102"],
            _ => &["2201", "2203", "2204", "2207"],
        }
    }
}

/// 经办业务 · What the insured place's own office enters, takes or ends; never undone by the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Unique in its case.
    pub name: String,
    /// What it does.
    pub act: OfficeAct,
    /// Label of the person, whose insured place it is; `None` of what is about a place alone.
    pub persona: Option<String>,
    /// 参保地 · Whose office does it.
    pub region: AdmDivision,
    /// 旧平台 · True if it is done at the platform of before the cutover.
    pub old: bool,
    /// The earlier step whose item is ended; `None` = something begins.
    pub of: Option<String>,
    /// When.
    pub at: Option<Moment>,
    /// 申报表 · Whose settlements of which month (`2021-10`) are declared.
    pub declares: Option<(InstitutionCode, String)>,
    /// How much is sent, taken or planned; `None` of a claim.
    pub amount: Option<Money>,
    /// `supplement` or `relatives` of a premium.
    pub scheme: Option<String>,
    /// 手工报销 · What a claim, or a request to settle without a card, is about.
    pub claim: Option<HandClaim>,
    /// [`Expected::Accepted`] or [`Expected::Refused`].
    pub expect: Expect,
}

/// 手工报销 · The visit that is claimed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandClaim {
    /// What he was treated for.
    pub business: Business,
    /// Where.
    pub institution: InstitutionCode,
    /// Key into the registry's baskets.
    pub basket: String,
    /// When.
    pub treated: Moment,
}

/// What a stranger does with his swipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// It is left as it is.
    Left,
    /// It is undone by hand, step by step.
    Undone,
}

/// 预期 · What a step is expected to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// How it ends.
    pub outcome: Expected,
    /// What single fields of the answer hold.
    pub fields: Vec<FieldExpectation>,
}

/// 预期结果 · How a step is expected to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Answered with success.
    Ok,
    /// Refused by the platform.
    Refused {
        /// The stable code, e.g. `E-NOVISIT`; `None` = any.
        code: Option<String>,
    },
    /// Not sent: the gate refuses.
    Gate {
        /// `window`, `persona`, `business`, `institution` or `margin`; `None` = any.
        reason: Option<String>,
    },
    /// Public traffic that the platform serves.
    Accepted,
}

/// 字段预期 · What one field of an answer is expected to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldExpectation {
    /// Node and field, e.g. `setlinfo.psn_cash_pay`.
    pub path: String,
    /// How it compares.
    pub op: Op,
    /// With what; decimal text where it is an amount, else the formula as written.
    pub value: String,
    /// 公式 · How the amount is worked out from others; `None` = `value` says it.
    pub formula: Option<Formula>,
}

/// 比较 · How a field compares with its expected value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Equal.
    Eq,
    /// At most.
    Le,
    /// At least.
    Ge,
    /// Less than.
    Lt,
    /// Greater than.
    Gt,
    /// Different.
    Ne,
}

impl Op {
    /// All of them.
    pub const ALL: [Op; 6] = [Op::Eq, Op::Le, Op::Ge, Op::Lt, Op::Gt, Op::Ne];

    /// `eq le ge lt gt ne`, as written in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Op::Eq => "eq",
            Op::Le => "le",
            Op::Ge => "ge",
            Op::Lt => "lt",
            Op::Gt => "gt",
            Op::Ne => "ne",
        }
    }
}

impl Case {
    /// The first swipe or play of the case, in reading order: what reports show as its direction.
    pub fn first_visit(&self) -> Option<Visit<'_>> {
        self.leaves().find_map(Step::visit)
    }

    /// 何人 · Labels of the persons whom its steps are about, in reading order; each as often as it is named.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.leaves().filter_map(Step::person)
    }

    /// All steps without the branching, in reading order.
    pub fn leaves(&self) -> impl Iterator<Item = &Step> {
        let mut flat = Vec::new();
        self.steps.iter().for_each(|step| step.flatten(&mut flat));
        flat.into_iter()
    }
}

impl Step {
    /// Name of a single step; `None` for branches.
    pub fn name(&self) -> Option<&str> {
        match self {
            Step::Swipe(swipe) => Some(&swipe.name),
            Step::Call(call) => Some(&call.name),
            Step::Play(play) => Some(&play.name),
            Step::Office(office) => Some(&office.name),
            Step::Parallel(_) => None,
        }
    }

    /// Label of the person whom a single step is about; `None` for branches and for what is about an institution alone.
    pub fn person(&self) -> Option<&str> {
        match self {
            Step::Swipe(swipe) => Some(&swipe.persona),
            Step::Play(play) => Some(&play.persona),
            Step::Call(call) => call.persona.as_deref(),
            Step::Office(office) => office.persona.as_deref(),
            Step::Parallel(_) => None,
        }
    }

    /// When it is to happen, if the scenario says so.
    pub fn at(&self) -> Option<Moment> {
        match self {
            Step::Swipe(swipe) => swipe.at,
            Step::Call(call) => call.at,
            Step::Play(play) => play.at,
            Step::Office(office) => office.at,
            Step::Parallel(_) => None,
        }
    }

    /// Names of the earlier steps that it builds upon, those of its branches included.
    pub fn builds_upon(&self) -> Vec<&str> {
        match self {
            Step::Swipe(swipe) => swipe.continues.iter().map(String::as_str).collect(),
            Step::Call(call) => {
                let captured = call.with.values().filter_map(|given| match given {
                    Given::Captured(capture) => Some(capture.step.as_str()),
                    Given::Text(_) => None,
                });
                captured.chain(call.of.as_deref()).collect()
            }
            Step::Play(play) => play.of.iter().map(String::as_str).collect(),
            Step::Office(office) => office.of.iter().map(String::as_str).collect(),
            Step::Parallel(branches) => {
                let leaves = branches.iter().flatten();
                leaves.flat_map(Step::builds_upon).collect()
            }
        }
    }

    /// 连续的步骤 · Cuts steps into groups: a group ends where no later step builds upon it or what was before it, so
    /// that what it has booked may be undone there.
    pub fn groups(steps: &[Step]) -> Vec<&[Step]> {
        let mut groups = Vec::new();
        let mut begins = 0;
        for end in 1..=steps.len() {
            let mut names = Vec::new();
            steps[..end]
                .iter()
                .for_each(|step| step.flatten(&mut names));
            let known = |name: &str| names.iter().any(|step| step.name() == Some(name));
            let later = steps[end..].iter().flat_map(Step::builds_upon);
            if !later.into_iter().any(known) {
                groups.push(&steps[begins..end]);
                begins = end;
            }
        }
        groups
    }
}

/// Who goes where for what: the part that swipes and plays have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit<'a> {
    /// Label of the person.
    pub persona: &'a str,
    /// Where.
    pub institution: &'a InstitutionCode,
    /// What for.
    pub business: Business,
    /// Through what.
    pub channel: Channel,
}

impl Step {
    fn flatten<'a>(&'a self, into: &mut Vec<&'a Step>) {
        match self {
            Step::Parallel(branches) => branches
                .iter()
                .flatten()
                .for_each(|step| step.flatten(into)),
            leaf => into.push(leaf),
        }
    }

    /// Its visit, if it is a swipe or a play.
    pub fn visit(&self) -> Option<Visit<'_>> {
        match self {
            Step::Swipe(swipe) => Some(Visit {
                persona: &swipe.persona,
                institution: &swipe.institution,
                business: swipe.business,
                channel: swipe.channel,
            }),
            Step::Play(play) => Some(Visit {
                persona: &play.persona,
                institution: &play.institution,
                business: play.business,
                channel: play.channel,
            }),
            Step::Call(_) | Step::Office(_) | Step::Parallel(_) => None,
        }
    }

    /// True for what the mock world does of its own accord.
    pub fn is_of_the_world(&self) -> bool {
        matches!(self, Step::Play(_) | Step::Office(_))
    }
}

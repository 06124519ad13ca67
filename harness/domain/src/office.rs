//! 经办业务 · What an agency's own office does at the insured place: claims by hand, premiums, and what waits for another office.
//!
//! Why here: scenarios play it, the mock platform books it, the judge asks for it, and a suspension may name it, all by the
//! same word. No message of the interface says any of this; where a transaction number stands, the word of the act stands.
//! Not here: when it is open (`window`), what it moves (`mocks::region::office`).

use crate::{AdmDivision, InfNo, InstitutionCode};

/// 经办动作 · One act of the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfficeAct {
    /// 手工报销 · Somebody who paid all himself is paid back; `setl_type` 1 in the interface's queries.
    ManualClaim,
    /// 个人账户代缴 · A premium is taken from a personal account, once a year and scheme.
    Premium,
    /// 税务推送 · Something is sent to the tax office, which answers.
    TaxPush,
    /// 特殊缴费 · The same of a special payment.
    SpecialPayment,
    /// 征缴计划 · A contribution is planned; it is collected or voided.
    ContributionPlan,
    /// 回应 · The tax office has answered.
    Answered,
    /// 撤回 · It is withdrawn.
    Withdrawn,
    /// 作废 · A plan is voided.
    Voided,
    /// 收缴 · A plan is collected.
    Collected,
    /// 无卡结算申请 · An institution asks that somebody who was discharged and has not come back be settled without his card.
    CardlessRequest,
    /// 无卡结算 · It is settled so: paid to the institution, once.
    CardlessSettled,
    /// 审核 · A settlement that the office made is audited.
    Audited,
    /// 打印申报表 · An institution's settlements of a month are declared, on paper: it books nothing.
    Declaration,
    /// 数据迁移 · The new platform takes over the books of the one of before the cutover.
    Migration,
}

impl OfficeAct {
    /// All of them.
    pub const ALL: [OfficeAct; 14] = [
        OfficeAct::ManualClaim,
        OfficeAct::Premium,
        OfficeAct::TaxPush,
        OfficeAct::SpecialPayment,
        OfficeAct::ContributionPlan,
        OfficeAct::Answered,
        OfficeAct::Withdrawn,
        OfficeAct::Voided,
        OfficeAct::Collected,
        OfficeAct::CardlessRequest,
        OfficeAct::CardlessSettled,
        OfficeAct::Audited,
        OfficeAct::Declaration,
        OfficeAct::Migration,
    ];

    /// The word in plan files, in journals, and of the row that it begins or the status that it brings about.
    pub const fn name(self) -> &'static str {
        match self {
            OfficeAct::ManualClaim => "manual-claim",
            OfficeAct::Premium => "premium",
            OfficeAct::TaxPush => "tax-push",
            OfficeAct::SpecialPayment => "special-payment",
            OfficeAct::ContributionPlan => "contribution-plan",
            OfficeAct::Answered => "answered",
            OfficeAct::Withdrawn => "withdrawn",
            OfficeAct::Voided => "voided",
            OfficeAct::Collected => "collected",
            OfficeAct::CardlessRequest => "cardless-request",
            OfficeAct::CardlessSettled => "cardless-settled",
            OfficeAct::Audited => "audited",
            OfficeAct::Declaration => "declaration",
            OfficeAct::Migration => "migration",
        }
    }

    /// In words, Chinese first.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            OfficeAct::ManualClaim => ("手工报销", "claims by hand"),
            OfficeAct::Premium => ("个人账户代缴", "premiums from personal accounts"),
            OfficeAct::TaxPush => ("税务推送", "pushes to the tax office"),
            OfficeAct::SpecialPayment => ("特殊缴费", "special payments"),
            OfficeAct::ContributionPlan => ("征缴计划", "contribution plans"),
            OfficeAct::Answered => ("税务回应", "answers of the tax office"),
            OfficeAct::Withdrawn => ("撤回", "withdrawals"),
            OfficeAct::Voided => ("作废", "voiding"),
            OfficeAct::Collected => ("收缴", "collection"),
            OfficeAct::CardlessRequest => ("无卡结算申请", "requests to settle without a card"),
            OfficeAct::CardlessSettled => ("无卡结算", "settlements without a card"),
            OfficeAct::Audited => ("审核", "audits"),
            OfficeAct::Declaration => ("打印申报表", "printed declarations"),
            OfficeAct::Migration => ("数据迁移", "migration of books"),
        }
    }

    /// The act with this word.
    pub fn named(name: &str) -> Option<OfficeAct> {
        OfficeAct::ALL.into_iter().find(|act| act.name() == name)
    }

    /// The act that stands where a transaction number would.
    pub fn of(infno: &InfNo) -> Option<OfficeAct> {
        OfficeAct::named(infno.as_str())
    }

    /// Where a transaction number would stand.
    pub fn infno(self) -> InfNo {
        InfNo::new(self.name())
    }

    /// 待办事项 · True for what waits for somebody else until it is ended.
    pub const fn waits(self) -> bool {
        matches!(
            self,
            OfficeAct::TaxPush
                | OfficeAct::SpecialPayment
                | OfficeAct::ContributionPlan
                | OfficeAct::CardlessRequest
        )
    }

    /// 内部事务 · True for what an office does with its own books: no phase shuts it with the public, only a suspension that
    /// names it.
    pub const fn is_in_house(self) -> bool {
        matches!(
            self,
            OfficeAct::Audited | OfficeAct::Declaration | OfficeAct::Migration
        )
    }

    /// True for what is about a place and nobody in it.
    pub const fn is_of_nobody(self) -> bool {
        matches!(self, OfficeAct::Declaration | OfficeAct::Migration)
    }

    /// What an act may end; nothing where it begins something.
    pub const fn ends(self) -> &'static [OfficeAct] {
        match self {
            OfficeAct::Answered => &[OfficeAct::TaxPush, OfficeAct::SpecialPayment],
            OfficeAct::Withdrawn => &[
                OfficeAct::TaxPush,
                OfficeAct::SpecialPayment,
                OfficeAct::CardlessRequest,
            ],
            OfficeAct::Voided | OfficeAct::Collected => &[OfficeAct::ContributionPlan],
            OfficeAct::CardlessSettled => &[OfficeAct::CardlessRequest],
            OfficeAct::Audited => &[OfficeAct::ManualClaim, OfficeAct::CardlessSettled],
            _ => &[],
        }
    }

    /// Kind of the row that it begins.
    pub const fn row_kind(self) -> &'static str {
        match self {
            OfficeAct::ManualClaim | OfficeAct::CardlessSettled => "settlement",
            act => act.name(),
        }
    }

    /// The status of the row that it begins.
    pub const fn begins_as(self) -> &'static str {
        match self {
            OfficeAct::ContributionPlan => "planned",
            OfficeAct::Premium => "taken",
            OfficeAct::ManualClaim | OfficeAct::CardlessSettled => "settled",
            OfficeAct::CardlessRequest => "asked",
            OfficeAct::Migration => "taken-over",
            _ => "sent",
        }
    }

    /// True if it takes something back: no phase keeps anybody from that.
    pub const fn takes_back(self) -> bool {
        matches!(self, OfficeAct::Withdrawn | OfficeAct::Voided)
    }

    /// True if a row of the kind `kind` with this status waits no more.
    pub fn is_ended(status: &str) -> bool {
        OfficeAct::named(status).is_some_and(|act| !act.ends().is_empty())
    }

    /// 审核状态 · The fact of a settlement row that says whether it was audited: [`AUDITED`](OfficeAct::AUDITED) or
    /// [`UNAUDITED`](OfficeAct::UNAUDITED); only platforms of before the cutover keep it from the beginning.
    pub const AUDIT: &'static str = "audit";
    /// See [`AUDIT`](OfficeAct::AUDIT).
    pub const AUDITED: &'static str = "audited";
    /// See [`AUDIT`](OfficeAct::AUDIT).
    pub const UNAUDITED: &'static str = "unaudited";

    /// 经办机构代码 · As whom an agency's own office sends; it is no institution of anybody's.
    ///
    /// # Panics
    /// Never: six digits make a code.
    pub fn office_of(region: AdmDivision) -> InstitutionCode {
        InstitutionCode::parse(&format!("J{}00000", region.as_str())).expect("twelve characters")
    }
}

//! 拓扑与名册 · Which parties there are, and which persons may be swiped at them.
//!
//! Read by `scenarios` from plan files; `mocks` stand up what it names, `runner` sends along it.
//! Persons here carry full numbers: this type never goes into a journal or report (`plan` does).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    AdmDivision, BasketLine, Certificate, IdNumber, InstitutionCode, Money, Party, PersonClass,
    PersonNo, Profile, Role, Span, Tariff,
};

/// 拓扑 · Hubs, regions and institutions of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// 省平台/部平台 · The hub between the regions: a province code, or `100000` for the nation.
    pub hub: AdmDivision,
    /// Cities (or provinces under a national hub), sorted by code.
    pub regions: Vec<Region>,
    /// Hospitals and pharmacies, sorted by code.
    pub institutions: Vec<Institution>,
    /// What the treatment places' catalogue says of items.
    pub tariffs: Vec<Tariff>,
    /// 旧平台 · Each region's platform of before the cutover still answers, beside the new one.
    pub old_platforms: bool,
}

/// 统筹区 · One region with a platform of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its code, e.g. `330100`.
    pub code: AdmDivision,
    /// Its name, e.g. 杭州.
    pub name: String,
    /// 地方规则 · What its platform does in its own way.
    pub profile: Arc<Profile>,
    /// 旧平台 · The manners of its platform of before the cutover, where the plan names one: that one keeps books beside
    /// the new one's, and each institution has a line to it.
    pub old: Option<Arc<Profile>>,
    /// 窗口外 · The cutover is not its: its platform goes on as ever and does not know the notice.
    pub outside: bool,
}

/// 定点医药机构 · One hospital or pharmacy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// `fixmedins_code`.
    pub code: InstitutionCode,
    /// Its name.
    pub name: String,
    /// The region where it stands.
    pub region: AdmDivision,
    /// 等级 · 1, 2 or 3.
    pub tier: u8,
}

impl Topology {
    /// The region with this code.
    pub fn region(&self, code: AdmDivision) -> Option<&Region> {
        self.regions.iter().find(|region| region.code == code)
    }

    /// 新旧并存 · Whether a region's platform of before the cutover keeps books beside the new one's.
    pub fn keeps_old(&self, region: &Region) -> bool {
        self.old_platforms || region.old.is_some()
    }

    /// The institution with this code.
    pub fn institution(&self, code: &InstitutionCode) -> Option<&Institution> {
        self.institutions
            .iter()
            .find(|institution| &institution.code == code)
    }

    /// The parties on the way of a message, in the order it passes them: H, T, then N and I unless the swipe is
    /// local, where T's city keeps I's book too (H, T, I).
    pub fn path(&self, institution: &Institution, insured: AdmDivision) -> Vec<Party> {
        let mut path = vec![
            Party::new(Role::His, institution.code.as_str()),
            Party::new(Role::Treatment, institution.region.as_str()),
        ];
        if insured.span_to(institution.region) != Span::Local {
            path.push(Party::new(Role::Hub, self.hub.as_str()));
        }
        path.push(Party::new(Role::Insured, insured.as_str()));
        path
    }

    /// Every party that keeps books: each HIS, each region in both roles, the hub, and old platforms that still answer.
    pub fn parties(&self) -> Vec<Party> {
        let his = self
            .institutions
            .iter()
            .map(|institution| Party::new(Role::His, institution.code.as_str()));
        let treatment = self
            .regions
            .iter()
            .map(|region| Party::new(Role::Treatment, region.code.as_str()));
        let insured = self
            .regions
            .iter()
            .map(|region| Party::new(Role::Insured, region.code.as_str()));
        let old = self.regions.iter().filter(|region| self.keeps_old(region));
        his.chain(treatment)
            .chain([Party::new(Role::Hub, self.hub.as_str())])
            .chain(insured)
            .chain(old.map(|region| Party::old_platform(region.code)))
            .collect()
    }
}

/// 测试人员 · A person who may be swiped, with the state of the insured place's books at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Short name used in plan files, e.g. `hangzhou-employee`.
    pub label: String,
    /// 人员编号
    pub no: PersonNo,
    /// 证件号码, in an area that belongs to nobody.
    pub id_number: IdNumber,
    /// 证件类型 of that number.
    pub certificate: Certificate,
    /// 卡识别码 · `card_sn` of the person's social-security card as the register has it; empty = not on record.
    pub card_sn: String,
    /// 姓名
    pub name: String,
    /// 参保地
    pub insured: AdmDivision,
    /// 参保状态 there.
    pub enrolment: Enrolment,
    /// 从前的参保地 · Another place where the person was insured once; that enrolment has ended.
    pub former: Option<AdmDivision>,
    /// Employee or resident.
    pub class: PersonClass,
    /// 个人账户余额 at the start.
    pub balance: Money,
    /// 年度起付线已用 at the start, of the year the window lies in.
    pub deductible_used: Money,
    /// 统筹基金年度已付 at the start.
    pub pool_paid: Money,
    /// True: on the registry of test persons. False: one of the mock world's public, never swiped by the run.
    pub registered: bool,
}

/// 参保状态 · Whether a person may have benefits (`psn_insu_stas`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enrolment {
    /// 正常参保
    #[default]
    Normal,
    /// 暂停参保
    Suspended,
    /// 终止参保
    Ended,
}

impl Enrolment {
    /// As the interface writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Enrolment::Normal => "1",
            Enrolment::Suspended => "2",
            Enrolment::Ended => "4",
        }
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Enrolment::Normal => "正常参保",
            Enrolment::Suspended => "暂停参保",
            Enrolment::Ended => "终止参保",
        }
    }
}

/// 名册 · All persons of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// Test persons and the mock world's public, in file order.
    pub personas: Vec<Persona>,
    /// Named baskets.
    pub baskets: BTreeMap<String, Vec<BasketLine>>,
}

impl Registry {
    /// The persona with this label.
    pub fn persona(&self, label: &str) -> Option<&Persona> {
        self.personas.iter().find(|persona| persona.label == label)
    }

    /// Test persons insured at `insured`.
    pub fn test_persons_of(&self, insured: AdmDivision) -> impl Iterator<Item = &Persona> {
        self.personas
            .iter()
            .filter(move |persona| persona.registered && persona.insured == insured)
    }
}

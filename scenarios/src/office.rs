//! 经办业务 · Reads an `office` step: what the insured place's own office enters, takes or ends.
//!
//! Why apart from `play`: nobody is treated and no institution sends anything. A claim by hand names where somebody was
//! treated; what waits for another office (`tax-push`, `contribution-plan` …) is ended by a later step that names it (`of`).
//! Called by `steps`. Not here: whether the office is open then (`checks`), what it moves (`mocks`).

use crosswipe_domain::{AdmDivision, Both, InstitutionCode, Moment, Money, OfficeAct, both};

use crate::codes;
use crate::fields::Fields;
use crate::node::Node;
use crate::problem::{Said, noun};
use crate::seats::institution;
use crate::steps::{PLAYED, ReadSteps, Reader};
use crate::words;
use crate::{HandClaim, Office};

/// 旧平台与新平台 · The two generations, as `platform` names them.
pub(crate) const PLATFORMS: [(&str, bool); 2] = [("old", true), ("new", false)];

const OLD_HELP: Both = Both::new(
    "在 topology.yaml 这一区写上 old",
    "write `old` in its region of topology.yaml",
);
const MONTH_HELP: Both = Both::new("写上月份, 如 2021-10", "write the month, e.g. 2021-10");

/// Whom an act is about.
struct Subject {
    persona: Option<String>,
    region: AdmDivision,
    declares: Option<(InstitutionCode, String)>,
}

/// Schemes of a premium.
const SCHEMES: [(&str, &str); 2] = [("supplement", "supplement"), ("relatives", "relatives")];

impl Reader<'_, '_> {
    pub(crate) fn office(
        &mut self,
        fields: &Fields<'_>,
        name: String,
        read: &mut ReadSteps,
    ) -> Option<Office> {
        let said = words::word(fields.optional("office")?, self.problems)?;
        let acts = OfficeAct::ALL.map(|act| (act.name(), act));
        let act = words::one_of(
            &said,
            noun("经办业务", "act of an office"),
            &acts,
            self.problems,
        )?;
        let expect = self.expect(fields, &PLAYED, None, &name, read);
        let at = self.instant(fields, "at");
        if !fields.has("at") {
            let help = both!(
                "经办业务要写明时刻",
                "what an office does needs its instant"
            );
            let problem = fields.at.error(
                codes::MISSING_KEY,
                both!("经办业务: 缺少 `at`", "office: `at` is missing"),
            );
            self.problems.push(problem.help(help));
        }
        let of = match act.ends().is_empty() {
            false => {
                let help = both!("写上了结的是哪一步", "name the step that it ends");
                let node = fields.required("of", help);
                node.and_then(|node| self.item_before(node, act, read))
            }
            true => None,
        };
        let subject = self.subject(fields, act, of.as_ref());
        let amount = match act {
            OfficeAct::ManualClaim | OfficeAct::CardlessRequest => Some(None),
            _ if act.is_of_nobody() => Some(None),
            _ if act.ends().is_empty() => self.amount(fields).map(Some),
            _ => Some(of.as_ref().and_then(|before| before.amount)),
        };
        let scheme = match act {
            OfficeAct::Premium => {
                let help = both!(
                    "写 supplement 补充保险 或 relatives 家人参保",
                    "write supplement or relatives"
                );
                let node = fields.required("scheme", help);
                let said = node.and_then(|node| words::word(node, self.problems));
                said.and_then(|said| {
                    words::one_of(&said, noun("险种", "scheme"), &SCHEMES, self.problems)
                })
                .map(|word| Some(word.to_owned()))
            }
            _ => Some(None),
        };
        let claim = match act {
            OfficeAct::ManualClaim | OfficeAct::CardlessRequest => {
                self.hand_claim(fields).map(Some)
            }
            _ => Some(None),
        };
        let subject = subject?;
        let old = self.office_platform(fields, (act, subject.region), of.as_ref())?;
        let at = at.ok()?.map(|said| said.value)?;
        let office = Office {
            name,
            act,
            persona: subject.persona,
            region: subject.region,
            old,
            declares: subject.declares,
            of: of.map(|before| before.name),
            at: Some(at),
            amount: amount?,
            scheme: scheme?,
            claim: claim?,
            expect: expect?,
        };
        if let Some(claim) = &office.claim
            && at < claim.treated
        {
            let help = both!("treated 应不晚于 at", "let `treated` be no later than `at`");
            let place = fields.key_at("treated").unwrap_or(&fields.at);
            let problem = place.error(
                codes::INSTANTS_BACKWARDS,
                both!("报销的时刻早于就诊", "claimed before he is treated"),
            );
            self.problems.push(problem.help(help));
        }
        read.items.insert(office.name.clone(), office.clone());
        Some(office)
    }

    /// Whom it is about, or which place alone; an earlier step's, where it ends one.
    fn subject(
        &mut self,
        fields: &Fields<'_>,
        act: OfficeAct,
        of: Option<&Office>,
    ) -> Option<Subject> {
        if let Some(before) = of {
            return Some(Subject {
                persona: before.persona.clone(),
                region: before.region,
                declares: None,
            });
        }
        if !act.ends().is_empty() {
            return None;
        }
        match act {
            OfficeAct::Migration => {
                let help = both!("写上哪一区的账", "say whose books");
                let node = fields.required("region", help)?;
                let said = words::word(node, self.problems)?;
                let said = words::division(&said, self.problems)?;
                let Some(region) = self.topology.region(said.value) else {
                    let known = self.topology.regions.iter().map(|one| one.code.as_str());
                    let asked = Said {
                        value: said.value.to_string(),
                        at: said.at,
                    };
                    let what = noun("统筹区", "region");
                    let problem = words::unknown(codes::UNKNOWN_DIVISION, what, &asked, known);
                    self.problems.push(problem);
                    return None;
                };
                if region.old.is_none() {
                    let message = both!(
                        "这一区没有写旧平台, 没有可迁的账",
                        "this region names no old platform, so nothing is migrated"
                    );
                    let problem = said.at.error(codes::WRONG_SHAPE, message);
                    self.problems.push(problem.help(OLD_HELP));
                    return None;
                }
                Some(Subject {
                    persona: None,
                    region: region.code,
                    declares: None,
                })
            }
            OfficeAct::Declaration => {
                let help = both!("写上哪家机构的申报表", "say whose declaration");
                let place = fields.required("institution", help);
                let month = fields.required("month", MONTH_HELP);
                let place = words::word(place?, self.problems)?;
                let place = institution(&place, self.topology, self.problems)?;
                let month = words::word(month?, self.problems)?;
                if Moment::parse(&format!("{}-01T00:00+08:00", month.value)).is_err() {
                    let message = both!("`{}` 不是月份", "`{}` is no month", month.value);
                    let problem = month.at.error(codes::WRONG_SHAPE, message);
                    self.problems.push(problem.help(MONTH_HELP));
                    return None;
                }
                let region = self.topology.institution(&place)?.region;
                Some(Subject {
                    persona: None,
                    region,
                    declares: Some((place, month.value)),
                })
            }
            _ => {
                let persona = self.persona(fields, None, true)?.value;
                let region = self.known(&persona)?.persona.insured;
                Some(Subject {
                    persona: Some(persona),
                    region,
                    declares: None,
                })
            }
        }
    }

    /// `platform: old` of an act; what ends something is done where that was begun.
    fn office_platform(
        &self,
        fields: &Fields<'_>,
        (act, region): (OfficeAct, AdmDivision),
        of: Option<&Office>,
    ) -> Option<bool> {
        let said = match fields.optional("platform") {
            Some(node) => Some(words::word(node, self.problems)?),
            None => None,
        };
        let (old, at) = match said {
            Some(said) => {
                let what = noun("平台", "platform");
                let old = words::one_of(&said, what, &PLATFORMS, self.problems)?;
                (old, said.at)
            }
            None => {
                let old = of.is_some_and(|before| before.old) || act == OfficeAct::Declaration;
                (old, fields.at.clone())
            }
        };
        let named = self.topology.region(region);
        let wrong = match (old, act) {
            (false, OfficeAct::Declaration) => Some((
                both!(
                    "只演旧平台打印申报表: 上线后从哪里打印才有讲究",
                    "declarations are printed from the old platform here"
                ),
                both!("写 platform: old", "write `platform: old`"),
            )),
            (true, OfficeAct::Migration) => Some((
                both!(
                    "迁移由新平台来取账",
                    "it is the new platform that takes the books over"
                ),
                both!("去掉 platform", "leave `platform` out"),
            )),
            (true, _) if named.is_some_and(|region| region.old.is_none()) => Some((
                both!("这一区没有写旧平台", "this region names no old platform"),
                OLD_HELP,
            )),
            _ => None,
        };
        if let Some((message, help)) = wrong {
            let problem = at.error(codes::WRONG_SHAPE, message);
            self.problems.push(problem.help(help));
            return None;
        }
        Some(old)
    }

    /// `business institution items treated` of a claim by hand, and of a request to settle without a card.
    fn hand_claim(&mut self, fields: &Fields<'_>) -> Option<HandClaim> {
        let help = both!(
            "写上看的是门诊、住院还是购药",
            "outpatient, inpatient or pharmacy"
        );
        let business = match fields.has("business") {
            true => self.business(fields, "business"),
            false => fields.required("business", help).and(None),
        };
        let place = fields.required(
            "institution",
            both!("写上就诊的机构", "name where he was treated"),
        );
        let place = place.and_then(|node| words::word(node, self.problems));
        let place: Option<InstitutionCode> =
            place.and_then(|said| institution(&said, self.topology, self.problems));
        let basket = self.basket(fields);
        let treated = match fields.has("treated") {
            true => self.instant(fields, "treated").ok().flatten(),
            false => {
                let help = both!("写上何时就诊", "when he was treated");
                fields.required("treated", help).and(None)
            }
        };
        Some(HandClaim {
            business: business?,
            institution: place?,
            basket: basket?,
            treated: treated?.value,
        })
    }

    fn amount(&self, fields: &Fields<'_>) -> Option<Money> {
        let node = fields.required("amount", words::AMOUNT_HELP)?;
        let said = words::word(node, self.problems)?;
        let read = words::parsed(
            &said,
            codes::BAD_AMOUNT,
            words::AMOUNT_HELP,
            Money::parse,
            self.problems,
        )?;
        if read.value <= Money::ZERO {
            let problem = said.at.error(
                codes::BAD_AMOUNT,
                both!(
                    "金额为零, 没有可推送、收取或计划的",
                    "nothing is sent, taken or planned"
                ),
            );
            self.problems.push(problem.help(words::AMOUNT_HELP));
            return None;
        }
        Some(read.value)
    }

    /// The earlier step whose item is ended.
    fn item_before(&self, node: &Node, act: OfficeAct, read: &ReadSteps) -> Option<Office> {
        let said: Said<String> = words::word(node, self.problems)?;
        let Some(found) = read.items.get(&said.value) else {
            if !read.scope.broken.contains(&said.value) {
                let known = read.items.keys().map(String::as_str);
                let what = noun("前面的经办步骤", "earlier office step");
                let problem = words::unknown(codes::UNKNOWN_CAPTURE, what, &said, known);
                self.problems.push(problem);
            }
            return None;
        };
        // What was ended before may be ended again, to see it refused.
        let begun = |mut one: Office| {
            while let (false, Some(before)) = (
                act.ends().contains(&one.act),
                one.of.as_ref().and_then(|of| read.items.get(of)),
            ) {
                one = before.clone();
            }
            one
        };
        let found = begun(found.clone());
        if !act.ends().contains(&found.act) {
            let ends: Vec<&str> = act.ends().iter().map(|act| act.name()).collect();
            let (act, ends, is) = (act.name(), ends.join(", "), found.act.name());
            let message = both!(
                "`{act}` 了结的是 {ends}, 而 `{}` 是 {is}",
                "`{act}` ends {ends}, and `{}` is {is}",
                said.value
            );
            let help = both!(
                "推送和特殊缴费: answered 或 withdrawn; 征缴计划: collected 或 voided; 无卡结算申请: cardless-settled; 手工报销、无卡结算: audited",
                "pushes and payments are `answered` or `withdrawn`, plans `collected` or `voided`, requests `cardless-settled`, claims and such settlements `audited`"
            );
            let problem = said.at.error(codes::WRONG_SHAPE, message);
            self.problems.push(problem.help(help));
            return None;
        }
        Some(found)
    }
}

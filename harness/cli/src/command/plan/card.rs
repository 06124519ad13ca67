//! 角色卡 · What a plan says to one role at one instant: facts in both languages, in the order of reading.
//!
//! Allowed and forbidden are read off the window's phases and suspensions in its own way here: this is a page for people,
//! and the gate asks again before every message. Business goes first, then tests, undo and queries.
//! A duty is shown from the day it begins, with the days left; what is past due stays, and says so.

use crosswipe_domain::{
    AdmDivision, Both, Business, InfNo, Moment, NoRefund, NoSelfPay, OfficeAct, PersonClass, Phase,
    PhaseKind, Public, Span, Suspension, Window,
};
use crosswipe_reports::{
    Deadline, Lang, allows_in_words, business_in_words, channel_in_words, phase_in_words,
};
use crosswipe_scenarios::{Audience, Contact, Duty, OpenPoint, Plan};
use crosswipe_wire::catalogue;

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) zh: String,
    pub(super) en: String,
}

impl Line {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Line {
        Line {
            zh: zh.into(),
            en: en.into(),
        }
    }

    pub(super) fn say(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// 界 · An instant at which something changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) at: Moment,
    pub(super) what: Line,
}

/// 角色卡 · One page.
pub(super) struct Card<'a> {
    pub(super) plan: &'a Plan,
    /// `None` = everybody's.
    pub(super) role: Option<Audience>,
    pub(super) at: Moment,
    pub(super) phase: Option<&'a Phase>,
    pub(super) allowed: Vec<Line>,
    pub(super) forbidden: Vec<Line>,
    /// From the next one on.
    pub(super) bounds: Vec<Bound>,
    /// Of the role, those that are late first, then by due.
    pub(super) duties: Vec<&'a Duty>,
    pub(super) open_points: &'a [OpenPoint],
    pub(super) contacts: Vec<Called<'a>>,
}

/// Whom to call at a place.
pub(super) struct Called<'a> {
    pub(super) name: String,
    pub(super) contact: &'a Contact,
}

/// Bounds that a card shows.
const BOUNDS: usize = 6;
/// A day, ms.
const DAY_MS: i64 = 86_400_000;
/// Places whose leads a card names.
const CALLED: usize = 12;

impl<'a> Card<'a> {
    pub(super) fn of(plan: &'a Plan, role: Option<Audience>, at: Moment) -> Card<'a> {
        let mut card = Card {
            plan,
            role,
            at,
            phase: plan.window.phase_at(at),
            allowed: Vec::new(),
            forbidden: Vec::new(),
            bounds: bounds(plan, at),
            duties: duties(plan, role, at),
            open_points: &plan.open_points,
            contacts: contacts(plan, role),
        };
        card.public();
        card.tests();
        card.undo_and_queries();
        card
    }

    /// What patients and customers can do.
    fn public(&mut self) {
        let window = &self.plan.window;
        if window.public_at(self.at) == Public::Closed {
            self.forbidden.push(Line::new(
                "公众刷卡：一律停办；自费的留好票据，按公告补录或报销",
                "the public: no swipes; who pays keeps the receipt, to be entered or claimed as the notice says",
            ));
            return;
        }
        let at = self.at;
        let held: Vec<&Suspension> = window
            .suspended
            .iter()
            .filter(|one| one.from <= at && one.to.is_none_or(|to| at < to))
            .collect();
        let (zh, en) = match held.is_empty() {
            true => ("公众刷卡：照常", "the public: as ever"),
            false => (
                "公众刷卡：除下列停办的以外照常",
                "the public: as ever, but for what stands still",
            ),
        };
        self.allowed.push(Line::new(zh, en));
        let plan = self.plan;
        let lines = held.into_iter().map(|one| suspended(plan, one));
        self.forbidden.extend(lines);
        self.forbidden.extend(taken_back_no_more(window, at));
    }

    /// What filed test persons can do.
    fn tests(&mut self) {
        let window = &self.plan.window;
        let rules = self.phase.map_or(&[][..], |phase| &phase.allow);
        if rules.is_empty() {
            self.forbidden.push(Line::new(
                "测试刷卡：一律不得发起，闸门会拦下",
                "tests: none may be begun; the gate stops them",
            ));
            return;
        }
        let closes = window.end().map(|end| end.plus_ms(-window.margin_ms));
        if closes.is_some_and(|closes| closes <= self.at) {
            self.forbidden.push(Line::new(
                "测试刷卡：收口边际内，不得再发起；只许回退",
                "tests: within the closing margin, none may be begun; undo only",
            ));
            return;
        }
        let until = closes.map_or_else(String::new, |closes| closes.short());
        self.allowed.push(Line::new(
            format!(
                "测试刷卡：{}；只限备案人员；{until} 前发起",
                allows_in_words(rules, Lang::Zh)
            ),
            format!(
                "tests: {}; filed persons only; begun before {until}",
                allows_in_words(rules, Lang::En)
            ),
        ));
        let listed = |pick: fn(&crosswipe_domain::Allow) -> bool| rules.iter().any(pick);
        if listed(|rule| !rule.institutions.is_empty()) {
            let codes = rules.iter().flat_map(|rule| &rule.institutions);
            let names: Vec<String> = codes.map(|code| self.place(code)).collect();
            self.allowed.push(Line::new(
                format!("只限选定的机构：{}", names.join("、")),
                format!("chosen institutions only: {}", names.join(", ")),
            ));
        }
        for rule in rules.iter().filter(|rule| !rule.classes.is_empty()) {
            let words = |lang: Lang| {
                let what: Vec<&str> = rule
                    .business
                    .iter()
                    .map(|one| business_in_words(*one, lang))
                    .collect();
                let whom: Vec<&str> = rule
                    .classes
                    .iter()
                    .map(|class| class_in_words(*class, lang))
                    .collect();
                let comma = lang.pick("、", ", ");
                (what.join(comma), whom.join(comma))
            };
            let ((what_zh, whom_zh), (what_en, whom_en)) = (words(Lang::Zh), words(Lang::En));
            self.allowed.push(Line::new(
                format!("{what_zh}只验证{whom_zh}"),
                format!("{what_en}: {whom_en} only"),
            ));
        }
        let businesses = [
            Business::Outpatient,
            Business::Inpatient,
            Business::Pharmacy,
        ];
        let shut: Vec<Business> = businesses
            .into_iter()
            .filter(|one| {
                rules
                    .iter()
                    .all(|rule| !rule.business.is_empty() && !rule.business.contains(one))
            })
            .collect();
        if !shut.is_empty() {
            let names = |lang: Lang| {
                let words = shut.iter().map(|one| business_in_words(*one, lang));
                words.collect::<Vec<_>>().join(lang.pick("、", ", "))
            };
            self.forbidden.push(Line::new(
                format!("测试刷卡：{}", names(Lang::Zh)),
                format!("tests: {}", names(Lang::En)),
            ));
        }
        self.forbidden.push(Line::new(
            "测试刷卡：没有备案的人、没有选定的机构和就医地",
            "tests: of persons who are not filed, at places that are not chosen",
        ));
    }

    fn undo_and_queries(&mut self) {
        let over = self.plan.window.end().is_some_and(|end| end <= self.at);
        if over {
            self.forbidden.push(Line::new(
                "回退测试：窗口已结束，须有人具名准许（--after-window）",
                "undo of tests: the window has ended, somebody must allow it by name (--after-window)",
            ));
        } else {
            self.allowed.push(Line::new(
                "回退本次测试：任何阶段都可以，当日退清",
                "undo of our own tests: in every phase, on the same day",
            ));
        }
        let (zh, en) = ("查询类交易", "queries");
        match self.reads() {
            true => self.allowed.push(Line::new(zh, en)),
            false => self.forbidden.push(Line::new(zh, en)),
        }
    }

    /// What a phase says of queries; where it says nothing: from the first phase to a day after the last has begun or ended.
    fn reads(&self) -> bool {
        if let Some(said) = self.phase.and_then(|phase| phase.reads) {
            return said;
        }
        let phases = &self.plan.window.phases;
        let (Some(first), Some(last)) = (phases.first(), phases.last()) else {
            return false;
        };
        let over = last.to.unwrap_or(last.from).plus_ms(DAY_MS);
        first.from <= self.at && self.at < over
    }

    fn place(&self, code: &str) -> String {
        place(self.plan, code)
    }

    /// Days until a duty is due, rounded down; negative where it is late.
    pub(super) fn days_left(&self, duty: &Duty) -> Option<i64> {
        let due = duty.due?;
        Some((due.epoch_ms() - self.at.epoch_ms()).div_euclid(DAY_MS))
    }
}

fn place(plan: &Plan, code: &str) -> String {
    let mut institutions = plan.topology.institutions.iter();
    let institution = institutions.find(|one| one.code.as_str() == code);
    let mut regions = plan.topology.regions.iter();
    let region = regions.find(|one| one.code.as_str() == code);
    let hub = plan.topology.hub.as_str() == code;
    match (institution, region) {
        (Some(institution), _) => institution.name.clone(),
        (_, Some(region)) => region.name.clone(),
        _ if hub => "平台 hub".to_owned(),
        _ => code.to_owned(),
    }
}

/// A part of the public's business that stands still, and until when.
fn suspended(plan: &Plan, one: &Suspension) -> Line {
    let words = |lang: Lang| {
        let until = match one.to {
            Some(to) => format!("{} {}", lang.pick("至", "until"), to.short()),
            None => lang.pick("另行通知", "until further notice").to_owned(),
        };
        let still = lang.pick("停办：", "stands still: ");
        format!("{still}{} ({until}, {})", part(plan, one, lang), one.clause)
    };
    Line::new(words(Lang::Zh), words(Lang::En))
}

/// Which part of the public's business it is.
pub(super) fn part(plan: &Plan, one: &Suspension, lang: Lang) -> String {
    let comma = lang.pick("、", ", ");
    let what: Vec<&str> = one
        .business
        .iter()
        .map(|b| business_in_words(*b, lang))
        .collect();
    let numbers = |listed: &[String]| {
        let words = listed.iter().map(|number| number_in_words(number, lang));
        words.collect::<Vec<_>>().join(comma)
    };
    let what = match (what.is_empty(), one.messages.is_empty()) {
        (true, true) => lang.pick("各类业务", "any business").to_owned(),
        (true, false) => numbers(&one.messages),
        (false, true) => what.join(comma),
        (false, false) => format!("{} {}", what.join(comma), numbers(&one.messages)),
    };
    let mut parts = vec![what];
    let entries = lang.pick("只停机构补录上线前的", "entries of before go-live only");
    parts.extend(one.entries.then(|| entries.to_owned()));
    let spans: Vec<&str> = one
        .span
        .iter()
        .map(|span| span_in_words(*span, lang))
        .collect();
    parts.extend((!spans.is_empty()).then(|| spans.join(comma)));
    let names = |zh: &str, en: &str, codes: &mut dyn Iterator<Item = &str>| {
        let names: Vec<String> = codes.map(|code| place(plan, code)).collect();
        (!names.is_empty()).then(|| format!("{} {}", lang.pick(zh, en), names.join(comma)))
    };
    let mut insured = one.insured.iter().map(AdmDivision::as_str);
    parts.extend(names("参保地", "insured in", &mut insured));
    let mut treatment = one.treatment.iter().map(AdmDivision::as_str);
    parts.extend(names("就医地", "treated in", &mut treatment));
    let mut institutions = one.institutions.iter().map(String::as_str);
    parts.extend(names("机构", "institutions", &mut institutions));
    let channels: Vec<&str> = one
        .channels
        .iter()
        .map(|channel| channel_in_words(*channel, lang))
        .collect();
    parts.extend((!channels.is_empty()).then(|| channels.join(comma)));
    let except = (!one.except.is_empty()).then(|| numbers(&one.except));
    parts.extend(except.map(|except| format!("{} {except}", lang.pick("仍办", "but for"))));
    parts.join(lang.pick("，", "; "))
}

fn class_in_words(class: PersonClass, lang: Lang) -> &'static str {
    match class {
        PersonClass::Employee => lang.pick("职工", "employees"),
        PersonClass::Resident => lang.pick("居民", "residents"),
    }
}

/// `2401 入院办理`; a number without a name stays a number.
fn number_in_words(number: &str, lang: Lang) -> String {
    if let Some(act) = OfficeAct::named(number) {
        let (zh, en) = act.words();
        return lang.pick(zh, en).to_owned();
    }
    let known = catalogue().transaction(&InfNo::new(number));
    known.map_or_else(
        || number.to_owned(),
        |known| format!("{number} {}", lang.pick(known.zh, known.en)),
    )
}

fn span_in_words(span: Span, lang: Lang) -> &'static str {
    match span {
        Span::Local => lang.pick("本地", "local"),
        Span::CrossCity => lang.pick("省内异地", "another city"),
        Span::CrossProvince => lang.pick("跨省", "another province"),
    }
}

/// What is not taken back any more though all undo goes on: settled for good, and stays that are to be settled.
fn taken_back_no_more(window: &Window, at: Moment) -> Vec<Line> {
    let refund = window.no_refund.filter(|rule| rule.from <= at);
    let self_pay = window.no_self_pay.filter(|rule| rule.from <= at);
    let refund = refund.map(|rule| settled_for_good(&rule));
    refund
        .into_iter()
        .chain(self_pay.map(|rule| settled_first(&rule)))
        .collect()
}

fn settled_for_good(rule: &NoRefund) -> Line {
    let before = rule.settled_before.short();
    Line::new(
        format!("{before} 前的结算不再退费"),
        format!("what was settled before {before} is refunded no more"),
    )
}

fn settled_first(rule: &NoSelfPay) -> Line {
    let before = rule.admitted_before.short();
    Line::new(
        format!("{before} 前入院的本地病人结清后转入，不得撤销入院转自费"),
        format!(
            "stays at home since before {before} are settled and re-admitted, not turned into self-pay"
        ),
    )
}

/// What changes next: from the first instant after `at` on.
fn bounds(plan: &Plan, at: Moment) -> Vec<Bound> {
    let mut bounds = all_bounds(plan);
    bounds.retain(|bound| at < bound.at);
    bounds.truncate(BOUNDS);
    bounds
}

/// 节点 · What changes, and when, for a form that counts down to go-live.
pub(crate) fn milestones(plan: &Plan) -> Vec<Deadline> {
    let bounds = all_bounds(plan).into_iter();
    bounds
        .map(|bound| Deadline {
            at: bound.at,
            what: Both {
                zh: bound.what.zh.into(),
                en: bound.what.en.into(),
            },
            who: Both::new("", ""),
            clause: String::new(),
            quote: String::new(),
        })
        .collect()
}

/// What changes, and when, in order of time.
fn all_bounds(plan: &Plan) -> Vec<Bound> {
    let window = &plan.window;
    let mut bounds: Vec<Bound> = window.phases.iter().map(begins).collect();
    if let (Some(end), true) = (window.end(), window.margin_ms > 0) {
        bounds.push(Bound {
            at: end.plus_ms(-window.margin_ms),
            what: Line::new(
                "不得再发起测试，只许回退",
                "no test may be begun any more; undo only",
            ),
        });
    }
    bounds.extend(window.no_refund.map(|rule| Bound {
        at: rule.from,
        what: settled_for_good(&rule),
    }));
    bounds.extend(window.no_self_pay.map(|rule| Bound {
        at: rule.from,
        what: settled_first(&rule),
    }));
    for one in &window.suspended {
        bounds.push(Bound {
            at: one.from,
            what: suspended(plan, one),
        });
        let again = Line::new(
            format!("恢复：{} ({})", part(plan, one, Lang::Zh), one.clause),
            format!(
                "goes on again: {} ({})",
                part(plan, one, Lang::En),
                one.clause
            ),
        );
        bounds.extend(one.to.map(|at| Bound { at, what: again }));
    }
    bounds.sort_by_key(|bound| bound.at);
    bounds
}

fn begins(phase: &Phase) -> Bound {
    let public = |lang: Lang| match phase.public {
        Public::Open => lang.pick("公众可刷", "the public is served"),
        Public::Closed => lang.pick("公众停刷", "the public is not served"),
    };
    let words = |lang: Lang| {
        let kind = phase_in_words(phase.kind, lang);
        let name = match phase.id == kind || phase.kind == PhaseKind::Live {
            true => String::new(),
            false => format!(" {}", phase.id),
        };
        let tests = allows_in_words(&phase.allow, lang);
        format!(
            "{kind}{name}{}{}; {tests}",
            lang.pick("：", ": "),
            public(lang)
        )
    };
    Bound {
        at: phase.from,
        what: Line::new(words(Lang::Zh).replace("; ", "；"), words(Lang::En)),
    }
}

/// Those of the role that have begun or have no beginning, and those that still come; done is known to nobody here.
fn duties(plan: &Plan, role: Option<Audience>, at: Moment) -> Vec<&Duty> {
    let mine = |duty: &&Duty| role.is_none_or(|role| duty.who.contains(&role));
    let mut duties: Vec<&Duty> = plan.duties.iter().filter(mine).collect();
    duties.sort_by_key(|duty| {
        let begun = duty.from.is_none_or(|from| from <= at);
        (!begun, duty.due.is_none(), duty.due, duty.from)
    });
    duties
}

/// The role's own line upwards: a hospital calls its region and the hub; the province calls its regions.
fn contacts<'a>(plan: &'a Plan, role: Option<Audience>) -> Vec<Called<'a>> {
    let hub = plan.topology.hub.as_str();
    let is_region = |contact: &Contact| {
        let mut regions = plan.topology.regions.iter();
        regions.any(|region| region.code.as_str() == contact.place && !region.outside)
    };
    let wanted = |contact: &&Contact| match role {
        Some(Audience::Hospital | Audience::Pharmacy | Audience::Agency | Audience::Province) => {
            contact.place == hub || is_region(contact)
        }
        Some(Audience::Employer | Audience::Public) => is_region(contact),
        None => true,
    };
    plan.contacts
        .iter()
        .filter(wanted)
        .take(CALLED)
        .map(|contact| Called {
            name: place(plan, &contact.place),
            contact,
        })
        .collect()
}

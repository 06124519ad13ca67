//! 步骤 · Reads the steps of a case and gives each name in them its meaning.
//!
//! Why so: a step of the matrix takes person and institution from its cell (a [`Seat`]), any other must
//! name them; so one reader serves both, and a slip in a matrix scenario is told once, not 110 times.
//! Called by `cases`. Not here: who and where (`seats`), whether the window agrees (`checks`).

use std::collections::BTreeMap;

use crosswipe_domain::{
    Both, Business, Channel, Chronic, InfNo, InstitutionCode, Moment, Nature, OfficeAct, Topology,
    Window, both,
};

use crate::allow;
use crate::amend;
use crate::attended::{attended_here, is_attended};
use crate::captures;
use crate::catalogue::Baskets;
use crate::codes;
use crate::credential::{Credential, read_credential};
use crate::expect::read_expect;
use crate::fields::{Fields, items, wrong_shape};
use crate::interface::{self, settlement};
use crate::nearest::nearest;
use crate::node::{Node, Value};
use crate::office::PLATFORMS;
use crate::persons::Person;
use crate::problem::{At, Problems, Said, noun};
use crate::scope::Scope;
use crate::seats::Seat;
use crate::words;
use crate::{Call, Discharge, Expect, Expected, Given, Office, Play, Step, Swipe};

/// What a step can be.
const KINDS: [&str; 6] = ["swipe", "continue", "call", "play", "office", "parallel"];
/// How a message of the run can end, the usual way first.
pub(crate) const ANSWERS: [&str; 3] = ["ok", "refused", "gate"];
/// How public traffic can end.
pub(crate) const PLAYED: [&str; 2] = ["accepted", "refused"];

/// What reading steps needs to know.
pub(crate) struct Reader<'a, 'b> {
    pub(crate) topology: &'a Topology,
    pub(crate) persons: &'a [Person],
    pub(crate) baskets: &'a mut Baskets<'b>,
    /// Instants may be named by its bounds.
    pub(crate) window: Option<&'a Window>,
    pub(crate) problems: &'a Problems,
}

/// Steps, and where each was written, by step name.
#[derive(Debug, Default)]
pub(crate) struct ReadSteps {
    pub(crate) steps: Vec<Step>,
    pub(crate) places: BTreeMap<String, At>,
    /// Names of steps that say what they expect.
    pub(crate) checked: Vec<String>,
    /// False if a step could not be read.
    pub(crate) whole: bool,
    /// What later steps may build upon.
    pub(crate) scope: Scope,
    /// Plays read so far, by name.
    pub(crate) plays: BTreeMap<String, Play>,
    /// Steps of the office read so far, by name.
    pub(crate) items: BTreeMap<String, Office>,
}

impl Reader<'_, '_> {
    /// Reads a list of steps; `seat` is the cell of a matrix scenario.
    pub(crate) fn steps(&mut self, node: &Node, seat: Option<&Seat>) -> ReadSteps {
        let mut read = ReadSteps {
            whole: true,
            scope: Scope::of_case(node),
            ..ReadSteps::default()
        };
        read.steps = self.branch(node, "", seat, &mut read);
        read
    }

    fn branch(
        &mut self,
        node: &Node,
        prefix: &str,
        seat: Option<&Seat>,
        read: &mut ReadSteps,
    ) -> Vec<Step> {
        let listed = items(node, self.problems);
        let mut steps = Vec::new();
        for (index, node) in listed.iter().enumerate() {
            match self.step(node, &format!("{prefix}{}", index + 1), seat, read) {
                Some(step) => steps.push(step),
                None => read.whole = false,
            }
        }
        steps
    }

    fn step(
        &mut self,
        node: &Node,
        ordinal: &str,
        seat: Option<&Seat>,
        read: &mut ReadSteps,
    ) -> Option<Step> {
        let fields = Fields::of(node, noun("步骤", "step"), self.problems)?;
        let kinds = KINDS
            .into_iter()
            .filter(|kind| fields.has(kind))
            .collect::<Vec<_>>();
        let step = match kinds.as_slice() {
            ["parallel"] => self.parallel(&fields, ordinal, seat, read),
            [kind] => {
                let name = self.name(&fields, ordinal, node, read)?;
                let known_as = name.clone();
                let step = match *kind {
                    "swipe" => self.swipe(&fields, name, seat, read).map(Step::Swipe),
                    "continue" => self.go_on(&fields, name, read).map(Step::Swipe),
                    "call" => self.call(&fields, name, seat, read).map(Step::Call),
                    "office" => self.office(&fields, name, read).map(Step::Office),
                    _ => self.play(&fields, name, read).map(Step::Play),
                };
                self.takes_part(&fields, known_as, step.as_ref(), read);
                step
            }
            _ => {
                let help = both!(
                    "每步写 swipe、continue、call、play、office、parallel 之一; human、await 另成一例, 不放进 parallel",
                    "give each step one of swipe, continue, call, play, office, parallel; human and await make a case of their own, never inside parallel"
                );
                let message = if kinds.is_empty() {
                    both!("这一步什么也不做", "a step that does nothing")
                } else {
                    both!(
                        "一步只能写其中之一: {}",
                        "a step is only one of {}",
                        kinds.join(", ")
                    )
                };
                let near = if kinds.is_empty() {
                    nearest_kind(&fields)
                } else {
                    None
                };
                let help = near.unwrap_or_else(|| help.to_owned());
                self.problems
                    .push(fields.at.error(codes::WRONG_SHAPE, message).help(help));
                return None;
            }
        };
        fields.done();
        step
    }

    pub(crate) fn name(
        &self,
        fields: &Fields<'_>,
        ordinal: &str,
        node: &Node,
        read: &mut ReadSteps,
    ) -> Option<String> {
        let said = match fields.optional("name") {
            Some(node) => words::id(node, self.problems)?,
            None => Said {
                value: ordinal.to_owned(),
                at: node.at.clone(),
            },
        };
        let place = fields.at.clone();
        if let Some(first) = read.places.insert(said.value.clone(), place) {
            self.problems.push(words::duplicate(
                noun("步骤", "step"),
                &said.value,
                &said.at,
                &first,
            ));
        }
        Some(said.value)
    }

    fn parallel(
        &mut self,
        fields: &Fields<'_>,
        ordinal: &str,
        seat: Option<&Seat>,
        read: &mut ReadSteps,
    ) -> Option<Step> {
        let node = fields.optional("parallel")?;
        let listed = items(node, self.problems);
        // A branch of one step need not be a list.
        let waits = |branch: &&Node| is_attended(branch);
        let inside = listed.iter().find(waits);
        if let Some(branch) = inside.or_else(|| Some(node).filter(waits)) {
            let message = both!(
                "`parallel` 里写了 `human` 或 `await`",
                "`human` or `await` inside `parallel`"
            );
            self.problems.push(attended_here(&branch.at, message));
            read.whole = false;
            return None;
        }
        if listed.len() < 2 {
            let help = both!(
                "parallel 下至少两个分支",
                "give `parallel` at least two branches"
            );
            self.problems.push(
                fields
                    .at
                    .error(
                        codes::WRONG_SHAPE,
                        both!(
                            "parallel 下不足两个分支",
                            "parallel with fewer than two branches"
                        ),
                    )
                    .help(help),
            );
        }
        let mut branches = Vec::new();
        let before = read.scope.clone();
        let mut after = before.clone();
        for (branch, letter) in listed.iter().zip('a'..='z') {
            // Nobody knows which branch is first: none may build upon another.
            read.scope = before.clone();
            // A branch of one step need not be a list.
            let steps = match &branch.value {
                Value::Map(_) => self
                    .step(branch, &format!("{ordinal}{letter}"), seat, read)
                    .into_iter()
                    .collect(),
                _ => self.branch(branch, &format!("{ordinal}{letter}"), seat, read),
            };
            if steps.is_empty() {
                read.whole = false;
            }
            branches.push(steps);
            after.join(&before, std::mem::take(&mut read.scope));
        }
        read.scope = after;
        (listed.len() >= 2).then_some(Step::Parallel(branches))
    }

    fn swipe(
        &mut self,
        fields: &Fields<'_>,
        name: String,
        seat: Option<&Seat>,
        read: &mut ReadSteps,
    ) -> Option<Swipe> {
        let business = self.business(fields, "swipe");
        let until = self.until(fields, business);
        let goal = until.clone().ok().flatten();
        let expect = self.expect(
            fields,
            &ANSWERS,
            goal.or(business.map(settlement)).as_ref(),
            &name,
            read,
        );
        let persona = self.persona(fields, seat, true);
        let institution = self.institution(fields, seat, true);
        let basket = self.basket(fields);
        let instants = self.instants(fields);
        let account = self.yes_no(fields, "account", true);
        let disease = self.disease(fields, business);
        let credential = match fields.optional("credential") {
            Some(node) => read_credential(node, self.problems),
            None => Some(Credential::default()),
        };
        let stops = until.as_ref().ok().and_then(Option::as_ref);
        let discharge = self.discharge(fields, business, stops, Discharge::First);
        let channel = self.channel(fields);
        let forced = self.yes_no(fields, "forced", false);
        let (persona, expect, (at, undo_at)) = (persona?, expect?, instants?);
        self.report_unregistered(&persona, &expect, forced == Some(true));
        if seat.is_none() {
            self.report_no_pharmacy(fields, business, institution.as_ref(), &expect);
        }
        Some(Swipe {
            name,
            business: business?,
            persona: persona.value,
            institution: institution?,
            basket: basket?,
            at,
            undo_at,
            channel: channel?,
            account: account?,
            disease: disease?,
            credential: credential?,
            discharge: discharge?,
            forced: forced?,
            until: until.ok()?,
            continues: None,
            expect,
        })
    }

    /// `disease: M03900` of an outpatient visit.
    fn disease(&self, fields: &Fields<'_>, business: Option<Business>) -> Option<Option<String>> {
        let Some(node) = fields.optional("disease") else {
            return Some(None);
        };
        let said = words::word(node, self.problems)?;
        let outpatient = matches!(business, None | Some(Business::Outpatient));
        let message = match (Chronic::is_code(&said.value), outpatient) {
            (true, true) => return Some(Some(said.value)),
            (false, _) => both!(
                "`{}` 不是慢特病病种编码",
                "`{}` is no code of a chronic disease",
                said.value
            ),
            (true, false) => both!(
                "`disease` 只用于门诊",
                "`disease` goes with an outpatient visit"
            ),
        };
        let help = both!(
            "慢特病门诊写病种编码, M 加 5 位数字, 如 M03900",
            "give the code of the chronic disease: M and five digits, e.g. M03900"
        );
        let problem = said.at.error(codes::WRONG_SHAPE, message);
        self.problems.push(problem.help(help));
        None
    }

    /// `at` and `undo_at`.
    pub(crate) fn instants(&self, fields: &Fields<'_>) -> Option<(Option<Moment>, Option<Moment>)> {
        let (at, undo_at) = (self.instant(fields, "at"), self.instant(fields, "undo_at"));
        if let (Ok(Some(at)), Ok(Some(undo_at))) = (&at, &undo_at)
            && undo_at.value < at.value
        {
            let help = both!(
                "undo_at 应不早于 at",
                "let `undo_at` be no earlier than `at`"
            );
            self.problems.push(
                undo_at
                    .at
                    .error(
                        codes::INSTANTS_BACKWARDS,
                        both!("回退的时刻早于刷卡", "undone before it is swiped"),
                    )
                    .help(help),
            );
        }
        let value = |said: Option<Said<Moment>>| said.map(|said| said.value);
        Some((value(at.ok()?), value(undo_at.ok()?)))
    }

    fn call(
        &mut self,
        fields: &Fields<'_>,
        name: String,
        seat: Option<&Seat>,
        read: &mut ReadSteps,
    ) -> Option<Call> {
        let infno = fields
            .optional("call")
            .and_then(|node| words::word(node, self.problems))
            .and_then(|said| {
                let infno = InfNo::new(&said.value);
                if matches!(infno.base(), "3301" | "3302" | "3261" | "3262") {
                    let help = both!(
                        "目录对照与清分确认由 HIS 自己发送 (crosswipe serve)",
                        "a HIS maps its items and confirms clearing by itself (crosswipe serve)"
                    );
                    let message = both!(
                        "`{}` 不涉及个人, 用例里不发",
                        "`{}` is of no person, so no case sends it",
                        said.value
                    );
                    self.problems
                        .push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
                    return None;
                }
                if infno.nature() == Nature::Unknown || OfficeAct::of(&infno).is_some() {
                    let help = both!("四位交易编号, 如 2207", "a transaction number, e.g. 2207");
                    let message = both!(
                        "没有 `{}` 这个交易编号",
                        "unknown transaction number `{}`",
                        said.value
                    );
                    self.problems
                        .push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
                    return None;
                }
                Some(infno)
            });
        let expect = self.expect(fields, &ANSWERS, infno.as_ref(), &name, read);
        let of = self.of(fields, infno.as_ref(), read);
        let (persona, institution) = match &of {
            // Its visit says who and where.
            Some(Some(visit)) => {
                let at = fields.at.clone();
                let value = visit.persona.clone();
                (
                    Some(Some(Said { value, at })),
                    Some(visit.institution.clone()),
                )
            }
            _ => {
                let persona = match (fields.has("person"), seat) {
                    (false, None) => Some(None),
                    _ => self.persona(fields, seat, false).map(Some),
                };
                (persona, self.institution(fields, seat, of.is_some()))
            }
        };
        let channel = self.channel(fields);
        let at = self.instant(fields, "at");
        let with = self.with(fields, infno.as_ref(), read);
        let old = self.old_platform(fields, infno.as_ref(), institution.as_ref());
        let (expect, of) = (expect?, of?);
        if let Some(Some(persona)) = &persona {
            self.report_unregistered(persona, &expect, false);
        }
        let persona = persona?.map(|said| said.value);
        Some(Call {
            name,
            infno: infno?,
            persona,
            institution: institution?,
            channel: channel?,
            at: at.ok()?.map(|said| said.value),
            old: old?,
            of: of.map(|visit| visit.name.clone()),
            with: with?,
            expect,
        })
    }

    /// `platform: old` of a question: nothing is booked on an old platform by a test.
    fn old_platform(
        &self,
        fields: &Fields<'_>,
        infno: Option<&InfNo>,
        institution: Option<&InstitutionCode>,
    ) -> Option<bool> {
        let Some(node) = fields.optional("platform") else {
            return Some(false);
        };
        let said = words::word(node, self.problems)?;
        let what = noun("平台", "platform");
        let old = words::one_of(&said, what, &PLATFORMS, self.problems)?;
        let reads = infno.is_none_or(|infno| infno.nature() == Nature::Read);
        let region = institution.and_then(|code| self.topology.institution(code));
        let region = region.and_then(|one| self.topology.region(one.region));
        let named = region.is_none_or(|region| region.old.is_some());
        let wrong = match (old, reads, named) {
            (true, false, _) => Some((
                both!(
                    "旧平台上只查询和对账",
                    "only a question goes to the old platform"
                ),
                both!("如 3201; 不办业务", "ask it, e.g. 3201; book nothing there"),
            )),
            (true, _, false) => Some((
                both!("这一区没有写旧平台", "this region names no old platform"),
                both!(
                    "在 topology.yaml 这一区写上 old",
                    "write `old` in its region of topology.yaml"
                ),
            )),
            _ => None,
        };
        if let Some((message, help)) = wrong {
            let problem = said.at.error(codes::WRONG_SHAPE, message);
            self.problems.push(problem.help(help));
            return None;
        }
        Some(old)
    }

    pub(crate) fn business(&self, fields: &Fields<'_>, key: &'static str) -> Option<Business> {
        const VISITS: [(&str, Business); 3] = [
            ("outpatient", Business::Outpatient),
            ("inpatient", Business::Inpatient),
            ("pharmacy", Business::Pharmacy),
        ];
        let said = fields
            .optional(key)
            .and_then(|node| words::word(node, self.problems))?;
        words::one_of(&said, noun("业务", "business"), &VISITS, self.problems)
    }

    pub(crate) fn expect(
        &self,
        fields: &Fields<'_>,
        possible: &[&str],
        infno: Option<&InfNo>,
        name: &str,
        read: &mut ReadSteps,
    ) -> Option<Expect> {
        let Some(node) = fields.optional("expect") else {
            let outcome = if possible == PLAYED {
                Expected::Accepted
            } else {
                Expected::Ok
            };
            return Some(Expect {
                outcome,
                fields: Vec::new(),
            });
        };
        read.checked.push(name.to_owned());
        read_expect(node, possible, (infno, &read.scope), self.problems)
    }

    pub(crate) fn basket(&mut self, fields: &Fields<'_>) -> Option<String> {
        let help = both!(
            "写上费用清单, 如 `items: basket/cold.yaml`",
            "name the basket file, e.g. `items: basket/cold.yaml`"
        );
        let said = fields
            .required("items", help)
            .and_then(|node| words::prose(node, self.problems))?;
        self.baskets.key(&said, self.problems)
    }

    /// `Err` = it stands there and cannot be read.
    pub(crate) fn instant(
        &self,
        fields: &Fields<'_>,
        key: &'static str,
    ) -> Result<Option<Said<Moment>>, ()> {
        match fields.optional(key) {
            Some(node) => amend::instant(node, self.window, self.problems)
                .map(Some)
                .ok_or(()),
            None => Ok(None),
        }
    }

    /// 渠道 · Through what it is sent: the counter, unless another is named.
    pub(crate) fn channel(&self, fields: &Fields<'_>) -> Option<Channel> {
        let Some(node) = fields.optional("channel") else {
            return Some(Channel::Counter);
        };
        let said = words::word(node, self.problems)?;
        allow::channel(&said, self.problems)
    }

    pub(crate) fn yes_no(
        &self,
        fields: &Fields<'_>,
        key: &'static str,
        unless: bool,
    ) -> Option<bool> {
        fields
            .optional(key)
            .map_or(Some(unless), |node| words::yes_no(node, self.problems))
    }

    fn with(
        &self,
        fields: &Fields<'_>,
        infno: Option<&InfNo>,
        read: &ReadSteps,
    ) -> Option<BTreeMap<String, Given>> {
        let Some(node) = fields.optional("with") else {
            return Some(BTreeMap::new());
        };
        let entries = Fields::of(node, noun("with", "with"), self.problems)?;
        let mut with = BTreeMap::new();
        let mut whole = true;
        for (key, node) in entries.others() {
            let value = match &node.value {
                Value::Text(text) => text.clone(),
                Value::Empty => String::new(),
                _ => {
                    let help = both!("写成 字段: 值", "write field: value");
                    self.problems.push(
                        wrong_shape(node, both!("字段的值应是文字", "a field holds text"))
                            .help(help),
                    );
                    continue;
                }
            };
            if let Some(warning) = infno.and_then(|infno| interface::sent(infno, key)) {
                self.problems.push(warning);
            }
            let said = Said {
                value,
                at: node.at.clone(),
            };
            match captures::given(&said, &read.scope, self.problems) {
                Some(given) => drop(with.insert(key.value.clone(), given)),
                None => whole = false,
            }
        }
        whole.then_some(with)
    }
}

/// A key that was probably meant to say what the step is.
fn nearest_kind(fields: &Fields<'_>) -> Option<Both> {
    let near = fields
        .others()
        .find_map(|(key, _)| nearest(&key.value, KINDS.into_iter().chain(["human", "await"])))?;
    Some(both!("是否想写 `{near}`?", "did you mean `{near}`?"))
}

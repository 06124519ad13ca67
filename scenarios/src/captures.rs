//! 引用 · What a step may build upon: visits that earlier steps left open, and ids that they were given.
//!
//! Why so: a tester cancels at the counter what he has just settled, so later steps must be able to name it; and a
//! slip there (a step that comes later, an id that nobody gave, an undo of what no longer stands) would show only in
//! the window. Steps are read in order, so what is done by then is what was read by then; branches do not see each
//! other. No expressions: `$step.id` is the whole value of a field.
//! Called by `steps` while it reads. Not here: what the ids are in a run (`runner::captures`).

use std::collections::BTreeMap;

use crosswipe_domain::{Both, Business, InfNo, Nature, both};
use crosswipe_wire::catalogue;

use crate::codes;
use crate::fields::Fields;
use crate::interface::settlement;
use crate::nearest::suggest;
use crate::problem::{Problems, Said, noun};
use crate::scope::{Scope, Standing};
use crate::steps::{ANSWERS, ReadSteps, Reader};
use crate::words;
use crate::{Call, Capture, Discharge, Expected, Given, Step, Swipe};

/// Messages that `of` can write for a visit: its undos, and the change of an admission.
const OF_A_VISIT: [&str; 9] = [
    "2208", "2205", "2202", "2305", "2405", "2302", "2404", "2403", "2103",
];
/// Messages with an undo of their own.
const UNDOABLE: [&str; 11] = [
    "2201", "2204", "2207", "2401", "2301", "2402", "2304", "2102", "2501", "2503", "2505",
];
/// Ids of an answer that may be named.
const ANSWERED: [&str; 3] = ["mdtrt_id", "setl_id", "trt_dcla_detl_sn"];
/// All fee lines of a visit.
const ALL_LINES: &str = "0000";

/// What a field is given: text, or `$step.id`; `$$` begins a text with one `$`.
pub(crate) fn given(said: &Said<String>, scope: &Scope, problems: &Problems) -> Option<Given> {
    let Some(text) = said.value.strip_prefix('$') else {
        return Some(Given::Text(said.value.clone()));
    };
    if text.starts_with('$') {
        return Some(Given::Text(text.to_owned()));
    }
    // Names may have full stops in them: the longest that fits is meant.
    let fits = |name: &&String| {
        let rest = text.strip_prefix(name.as_str());
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let known = scope
        .names
        .iter()
        .filter(fits)
        .max_by_key(|name| name.len());
    let parts = match known {
        Some(name) => Some((name.as_str(), &text[name.len() + 1..])),
        None => text.split_once('.'),
    };
    let Some((step, id)) = parts.filter(|_| !text.starts_with('{')) else {
        let help = both!(
            "写成 $步骤.字段, 如 $visit.setl_id",
            "write $step.id, e.g. $visit.setl_id"
        );
        let message = both!(
            "`{}` 没有写明哪一步的哪个号码",
            "`{}` names no step and id",
            said.value
        );
        problems.push(said.at.error(codes::UNKNOWN_CAPTURE, message).help(help));
        return None;
    };
    let Some(gives) = scope.gives.get(step) else {
        scope.unknown_step(said, step, problems);
        return None;
    };
    if !gives.contains_key(id) {
        let help = suggest(id, gives.keys().map(String::as_str));
        let nothing = both!(
            "这一步不成功, 没有号码",
            "a step that does not succeed gives no ids"
        );
        let help = help.unwrap_or_else(|| nothing.to_owned());
        let message = both!(
            "步骤 `{step}` 不产生 `{id}`",
            "step `{step}` gives no `{id}`"
        );
        problems.push(said.at.error(codes::UNKNOWN_CAPTURE, message).help(help));
        return None;
    }
    Some(Given::Captured(Capture {
        step: step.to_owned(),
        id: id.to_owned(),
    }))
}

impl Reader<'_, '_> {
    /// `continue: visit` · The visit of an earlier swipe goes on: what of it does not stand is sent.
    pub(crate) fn go_on(
        &mut self,
        fields: &Fields<'_>,
        name: String,
        read: &mut ReadSteps,
    ) -> Option<Swipe> {
        let visit = self.visit(fields, "continue", read);
        let business = visit.as_ref().map(|visit| visit.business);
        let until = self.until(fields, business);
        let goal = until.clone().ok().flatten().or(business.map(settlement));
        let expect = self.expect(fields, &ANSWERS, goal.as_ref(), &name, read);
        let basket = match fields.has("items") {
            true => self.basket(fields).map(Some),
            false => {
                fields.optional("items");
                Some(None)
            }
        };
        let instants = self.instants(fields);
        let account = visit.as_ref().is_none_or(|visit| visit.account);
        let account = self.yes_no(fields, "account", account);
        let before = visit
            .as_ref()
            .map_or(Discharge::First, |visit| visit.discharge);
        let before = match before {
            // A stay that was settled in its midst ends like any other.
            Discharge::NotYet => Discharge::First,
            before => before,
        };
        let stops = until.as_ref().ok().and_then(Option::as_ref);
        let discharge = self.discharge(fields, business, stops, before);
        let (visit, expect, (at, undo_at)) = (visit?, expect?, instants?);
        let lines = match visit.business {
            Business::Inpatient => "2301",
            Business::Pharmacy => "2102",
            _ => "2204",
        };
        let paid = read.scope.is_paid_so_far(&visit.name);
        let given = basket.as_ref().is_some_and(Option::is_some);
        if paid && basket == Some(None) {
            let message = both!(
                "`{}` 到目前的明细都已结算",
                "all lines of `{}` so far are paid for",
                visit.name
            );
            let help = both!(
                "中途结算后续办, 用 items 写之后的费用",
                "after a settlement in mid-stay give `items` for what came up since"
            );
            let problem = fields.at.error(codes::WRONG_SHAPE, message);
            self.problems.push(problem.help(help));
        }
        if given && !paid && read.scope.does_stand(&visit.name, lines) {
            let message = both!(
                "写了 `items`, 但 `{}` 的明细还在",
                "`items`, but the fee lines of `{}` stand",
                visit.name
            );
            let help = both!(
                "先撤销明细, 或删去 items",
                "withdraw its lines first, or drop `items`"
            );
            let at = fields.key_at("items").unwrap_or(&fields.at);
            self.problems
                .push(at.error(codes::WRONG_SHAPE, message).help(help));
        }
        Some(Swipe {
            name,
            basket: basket?.unwrap_or(visit.basket),
            at,
            undo_at,
            account: account?,
            disease: visit.disease,
            credential: visit.credential,
            discharge: discharge?,
            until: until.ok()?,
            continues: Some(visit.name),
            expect,
            business: visit.business,
            persona: visit.persona,
            institution: visit.institution,
            forced: visit.forced,
            channel: visit.channel,
        })
    }

    /// `of: visit` · The visit that a single message is about. `None` = it stands there and cannot be read.
    pub(crate) fn of(
        &self,
        fields: &Fields<'_>,
        infno: Option<&InfNo>,
        read: &ReadSteps,
    ) -> Option<Option<Swipe>> {
        if !fields.has("of") {
            fields.optional("of");
            return Some(None);
        }
        let visit = self.visit(fields, "of", read)?;
        let at = fields.key_at("of").unwrap_or(&fields.at);
        let infno = infno?;
        if !OF_A_VISIT.contains(&infno.base()) {
            let known = OF_A_VISIT.join(" ");
            let message = both!(
                "`{infno}` 不能按一次就诊填写",
                "`{infno}` cannot be written for a visit"
            );
            let help = both!(
                "of 只用于 {known}; 其余用 continue 或 with",
                "`of` goes with {known} only; else use `continue` or `with`"
            );
            self.problems
                .push(at.error(codes::WRONG_SHAPE, message).help(help));
            return None;
        }
        if infno.business() != Some(visit.business) {
            let message = both!(
                "`{infno}` 不是 {} 就诊的报文",
                "`{infno}` is no message of an {} visit",
                visit.business
            );
            let help = both!(
                "门诊 2208 2205 2202, 住院 2305 2405 2302 2404 2403, 药店 2103",
                "outpatient 2208 2205 2202, inpatient 2305 2405 2302 2404 2403, pharmacy 2103"
            );
            self.problems
                .push(at.error(codes::WRONG_SHAPE, message).help(help));
            return None;
        }
        Some(Some(visit))
    }

    /// The opening swipe of the visit that `key` names.
    fn visit(&self, fields: &Fields<'_>, key: &'static str, read: &ReadSteps) -> Option<Swipe> {
        let said = words::id(fields.optional(key)?, self.problems)?;
        let scope = &read.scope;
        let root = scope.roots.get(&said.value);
        let swipe = root.and_then(|root| scope.swipes.get(root));
        if swipe.is_none() && scope.gives.contains_key(&said.value) {
            let message = both!(
                "步骤 `{}` 没有留下可接着办的就诊",
                "step `{}` leaves no visit to build upon",
                said.value
            );
            let help = suggest(&said.value, scope.swipes.keys().map(String::as_str));
            let none = both!(
                "要一步预期成功的 swipe",
                "it takes a swipe that is expected to succeed"
            );
            let help = help.unwrap_or_else(|| none.to_owned());
            self.problems
                .push(said.at.error(codes::UNKNOWN_CAPTURE, message).help(help));
        } else if swipe.is_none() {
            scope.unknown_step(&said, &said.value, self.problems);
        }
        swipe.cloned()
    }

    /// `until: "2401"` · The last message of a walk. `Err` = it stands there and cannot be read.
    pub(crate) fn until(
        &self,
        fields: &Fields<'_>,
        business: Option<Business>,
    ) -> Result<Option<InfNo>, ()> {
        let Some(node) = fields.optional("until") else {
            return Ok(None);
        };
        let said = words::word(node, self.problems).ok_or(())?;
        let numbers: &[&str] = match business.ok_or(())? {
            Business::Inpatient => &["2401", "2301", "2402", "2303", "2304"],
            Business::Pharmacy => &["2101", "2102"],
            _ => &["2201", "2203", "2204", "2206", "2207"],
        };
        if !numbers.contains(&said.value.as_str()) {
            let numbers = numbers.iter().copied();
            let what = noun("这种就诊的报文", "message of such a visit");
            let unknown = words::unknown(codes::UNKNOWN_WORD, what, &said, numbers);
            self.problems.push(unknown);
            return Err(());
        }
        Ok(Some(InfNo::new(&said.value)))
    }

    /// Takes in what a step has done, as it is expected; says where it builds upon nothing.
    pub(crate) fn takes_part(
        &self,
        fields: &Fields<'_>,
        name: String,
        step: Option<&Step>,
        read: &mut ReadSteps,
    ) {
        let scope = &mut read.scope;
        match step {
            None => drop(scope.broken.insert(name)),
            Some(Step::Swipe(swipe)) => self.swiped(fields, swipe, scope),
            Some(Step::Call(call)) => self.called(fields, call, scope),
            Some(_) => drop(scope.gives.insert(name, BTreeMap::new())),
        }
    }

    fn swiped(&self, fields: &Fields<'_>, swipe: &Swipe, scope: &mut Scope) {
        if swipe.expect.outcome != Expected::Ok {
            scope.gives.insert(swipe.name.clone(), BTreeMap::new());
            return;
        }
        let answered = swipe.until.clone();
        let answered = answered.unwrap_or_else(|| settlement(swipe.business));
        scope.answers.insert(swipe.name.clone(), answered);
        let root = swipe.continues.as_ref().unwrap_or(&swipe.name).clone();
        let messages = swipe.messages();
        let sent = scope.due(&root, swipe, messages);
        if swipe.continues.is_some() {
            let why = if !scope.does_stand(&root, messages[0]) {
                Some(both!(
                    "到这一步, `{root}` 的就诊已经撤掉",
                    "the visit of `{root}` stands no more by then"
                ))
            } else if sent.is_empty() {
                Some(both!(
                    "`{root}` 的就诊已没有要发的报文",
                    "nothing of the visit of `{root}` is left to send"
                ))
            } else {
                None
            };
            if let Some(why) = why.filter(|_| scope.broken.is_empty()) {
                let help = both!(
                    "核对前面各步办到哪里、撤了什么",
                    "look at how far the steps before it went and what they undid"
                );
                let problem = fields.at.error(codes::NOTHING_TO_CONTINUE, why);
                self.problems.push(problem.help(help));
            }
            // Whoever goes on after this step goes on with its lines.
            if let Some(visit) = scope.swipes.get_mut(&root) {
                visit.basket.clone_from(&swipe.basket);
            }
        } else {
            scope.swipes.insert(root.clone(), swipe.clone());
        }
        let stands = scope.stands.entry(root.clone()).or_default();
        if sent.iter().any(|number| InfNo::new(number).settles()) {
            stands.mid_stay = swipe.is_mid_stay();
        }
        let books = |number: &&&str| InfNo::new(number).nature() == Nature::Forward;
        let booked = sent.iter().filter(books);
        booked.for_each(|number| stands.take_in(number, &swipe.name));
        let mut gives: BTreeMap<String, String> = BTreeMap::new();
        let mut give = |id: &str, of: &str| drop(gives.insert(id.to_owned(), of.to_owned()));
        give("mdtrt_id", &root);
        give("ipt_otp_no", &root);
        if let Some(of) = ["2204", "2301", "2102"]
            .iter()
            .find_map(|lines| stands.by(lines))
        {
            give("chrg_bchno", of);
            let lines = self.baskets.read.get(&swipe.basket).map_or(0, Vec::len);
            (1..=lines).for_each(|line| give(&format!("feedetl_sn.{line}"), of));
        }
        if let Some(of) = stands.by(settlement(swipe.business).base()) {
            give("setl_id", of);
        }
        for number in &sent {
            give(&format!("msgid.{number}"), &swipe.name);
        }
        scope.gives.insert(swipe.name.clone(), gives);
        scope.roots.insert(swipe.name.clone(), root);
    }

    fn called(&self, fields: &Fields<'_>, call: &Call, scope: &mut Scope) {
        let mut gives = BTreeMap::new();
        let mut give = |id: &str| drop(gives.insert(id.to_owned(), call.name.clone()));
        if !matches!(call.expect.outcome, Expected::Gate { .. }) {
            give("msgid");
        }
        let ok = call.expect.outcome == Expected::Ok;
        let root = call.of.clone().or_else(|| captured_root(call, scope));
        if ok {
            scope.answers.insert(call.name.clone(), call.infno.clone());
            let answer = catalogue().transaction(&call.infno);
            let nodes = answer.map_or(&[][..], |answer| &answer.output.nodes);
            let answers = |id: &&str| nodes.iter().any(|node| node.field(id).is_some());
            ANSWERED.into_iter().filter(answers).for_each(&mut give);
            match call.infno.nature() {
                Nature::Undo => self.undone(fields, call, root.as_deref(), scope),
                Nature::Forward => {
                    let root = root.clone().unwrap_or_else(|| call.name.clone());
                    let stands = scope.stands.entry(root).or_default();
                    stands.take_in(call.infno.base(), &call.name);
                }
                _ => {}
            }
        }
        let root = root.unwrap_or_else(|| call.name.clone());
        scope.roots.insert(call.name.clone(), root);
        scope.gives.insert(call.name.clone(), gives);
    }

    /// An undo that is to succeed must name something that stands.
    fn undone(&self, fields: &Fields<'_>, call: &Call, root: Option<&str>, scope: &mut Scope) {
        let number = undone_number(call, scope);
        let why = match (root, number) {
            (None, _) => Some(both!(
                "没有指明本例办过的任何一笔",
                "names nothing that this case has done"
            )),
            (Some(root), Some(number)) if scope.is_meant(call, root, &number) => {
                let partly = call.infno.base() == "2302"
                    && call.with.get("feedetl_sn").is_some_and(
                        |line| !matches!(line, Given::Text(line) if line == ALL_LINES),
                    );
                let stands = scope.stands.entry(root.to_owned()).or_default();
                match call.infno.base() {
                    "2202" | "2404" => *stands = Standing::default(),
                    _ if partly => {}
                    _ => stands.undo(&number),
                }
                None
            }
            (Some(root), Some(number)) if scope.stands_by(root, &number).is_some() => Some(both!(
                "指明的 `{number}` 已经撤掉",
                "the `{number}` that it names stands no more"
            )),
            (Some(root), Some(number)) => Some(both!(
                "要撤的 `{root}` 的 `{number}` 到这时还没有",
                "no `{number}` of `{root}` stands by then"
            )),
            (Some(_), None) => Some(both!(
                "没有指明能撤的报文",
                "names no message that it could undo"
            )),
        };
        // Where a step could not be read, nobody knows what stands.
        if let Some(Both { zh, en }) = why.filter(|_| scope.broken.is_empty()) {
            let help = both!(
                "写 of: 步骤名, 或引用如 $visit.setl_id; 反面用例写 outcome: refused",
                "name a step with `of`, or capture an id; a negative test expects `refused`"
            );
            let message = both!(
                "预期 `{}` 办成, 但它{zh}",
                "`{}` is to succeed, but {en}",
                call.infno
            );
            self.problems.push(
                fields
                    .at
                    .error(codes::NOTHING_TO_REVERSE, message)
                    .help(help),
            );
        }
    }
}

/// The visit that the captures of a call speak of.
fn captured_root(call: &Call, scope: &Scope) -> Option<String> {
    let names = ["setl_id", "mdtrt_id", "omsgid", "trt_dcla_detl_sn"];
    names
        .into_iter()
        .find_map(|name| match call.with.get(name)? {
            Given::Captured(capture) => scope.roots.get(&capture.step).cloned(),
            Given::Text(_) => None,
        })
}

/// The number of the message that a call undoes, as far as the call itself says.
fn undone_number(call: &Call, scope: &Scope) -> Option<String> {
    if call.infno.base() != "2601" {
        let undoes =
            |number: &&str| InfNo::new(number).cancelled_by().as_ref() == Some(&call.infno);
        return UNDOABLE.into_iter().find(undoes).map(str::to_owned);
    }
    let Some(Given::Captured(capture)) = call.with.get("omsgid") else {
        return None;
    };
    match capture.id.strip_prefix("msgid.") {
        Some(number) => Some(number.to_owned()),
        // A single message stands under its own number.
        None => match (call.with.get("oinfno"), scope.roots.get(&capture.step)) {
            (Some(Given::Text(number)), Some(_)) => Some(number.clone()),
            _ => None,
        },
    }
}

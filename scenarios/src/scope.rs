//! 已办 · What the steps of a case have done by the step that is being read.
//!
//! Why so: whether a step builds upon something is a question about the steps before it, as they are expected to end:
//! which messages of which visit stand, and which ids each step was given. Branches begin with the same and are joined.
//! Kept by `captures`. Not here: what is wrong with a step (`captures`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{InfNo, Nature, both};

use crate::codes;
use crate::interface::settlement;
use crate::nearest::suggest;
use crate::node::{Node, Value};
use crate::problem::{Problems, Said};
use crate::{Call, Given, Swipe};

/// 已办 · What is done by the step that is being read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Names of all steps of the case, later ones too.
    pub(crate) names: BTreeSet<String>,
    /// Steps that could not be read: what builds upon them is not told a second time.
    pub(crate) broken: BTreeSet<String>,
    /// Swipes that open a visit.
    pub(crate) swipes: BTreeMap<String, Swipe>,
    /// The step that opened the visit that a step is about.
    pub(crate) roots: BTreeMap<String, String>,
    /// By opening step: what stands of the visit.
    pub(crate) stands: BTreeMap<String, Standing>,
    /// By step: the ids it gives, and the step whose message each is of.
    pub(crate) gives: BTreeMap<String, BTreeMap<String, String>>,
    /// By step that is expected to succeed: whose answer its expectations speak of.
    pub(crate) answers: BTreeMap<String, InfNo>,
}

/// 未撤 · What stands of a visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// By number: the step that sent it.
    sent: BTreeMap<String, String>,
    /// The settlement that stands is one in the midst of a stay.
    pub(crate) mid_stay: bool,
    /// 中途结算 · Lines and settlements from before the bill that is being made, oldest first.
    earlier: Vec<BTreeMap<String, String>>,
}

impl Standing {
    /// The step that sent what stands under a number: of the newest bill that has it.
    pub(crate) fn by(&self, number: &str) -> Option<&String> {
        let earlier = || self.earlier.iter().rev().find_map(|bill| bill.get(number));
        self.sent.get(number).or_else(earlier)
    }

    /// Whether a walk that goes on has no need to send a message of this number.
    pub(crate) fn has(&self, number: &str) -> bool {
        self.sent.contains_key(number)
    }

    /// A settlement in the midst of the stay has paid for what came up so far.
    pub(crate) fn is_paid_so_far(&self) -> bool {
        self.mid_stay && self.has("2304")
    }

    pub(crate) fn take_in(&mut self, number: &str, step: &str) {
        self.sent.insert(number.to_owned(), step.to_owned());
    }

    /// A walk goes on: what was paid in the midst of the stay is left as it is, and a new bill begins.
    fn go_on(&mut self) {
        if self.is_paid_so_far() {
            let of_bill = ["2301", "2304"].into_iter();
            let moved = of_bill.filter_map(|number| self.sent.remove_entry(number));
            self.earlier.push(moved.collect());
        }
    }

    /// The newest of this number is undone.
    pub(crate) fn undo(&mut self, number: &str) {
        if self.sent.remove(number).is_none() {
            let mut earlier = self.earlier.iter_mut().rev();
            earlier.find_map(|bill| bill.remove(number));
        }
    }
}

impl Scope {
    /// Nothing is done yet of a case with these steps.
    pub(crate) fn of_case(steps: &Node) -> Scope {
        let mut scope = Scope::default();
        names_in(steps, "", &mut scope.names);
        scope
    }

    /// Takes in what a branch has done since `before`.
    pub(crate) fn join(&mut self, before: &Scope, branch: Scope) {
        self.broken.extend(branch.broken);
        self.swipes.extend(branch.swipes);
        self.roots.extend(branch.roots);
        self.gives.extend(branch.gives);
        self.answers.extend(branch.answers);
        let moved = branch.stands.into_iter();
        let moved = moved.filter(|(root, stands)| before.stands.get(root) != Some(stands));
        self.stands.extend(moved);
    }

    /// Whether a walk of this visit that goes on has no need to send a message of this number.
    pub(crate) fn does_stand(&self, root: &str, number: &str) -> bool {
        let stands = self.stands.get(root);
        stands.is_some_and(|stands| stands.has(number))
    }

    /// The step that sent what stands under a number: of the newest bill that has it.
    pub(crate) fn stands_by(&self, root: &str, number: &str) -> Option<&String> {
        self.stands.get(root).and_then(|stands| stands.by(number))
    }

    /// A settlement in the midst of the stay has paid for what came up so far.
    pub(crate) fn is_paid_so_far(&self, root: &str) -> bool {
        self.stands.get(root).is_some_and(Standing::is_paid_so_far)
    }

    /// Whether what stands under this number is what the captures of an undo speak of.
    pub(crate) fn is_meant(&self, call: &Call, root: &str, number: &str) -> bool {
        let stands = self.stands_by(root, number);
        let meant = |name: &str| match call.with.get(name) {
            Some(Given::Captured(capture)) => {
                let gives = self.gives.get(&capture.step);
                gives.and_then(|gives| gives.get(&capture.id)) == stands
            }
            _ => true,
        };
        let lines = matches!(call.infno.base(), "2205");
        stands.is_some() && meant("setl_id") && meant("omsgid") && (!lines || meant("chrg_bchno"))
    }

    /// Of these messages, those that a walk up to `until` sends.
    pub(crate) fn due<'m>(
        &mut self,
        root: &str,
        swipe: &Swipe,
        messages: &'m [&'m str],
    ) -> Vec<&'m str> {
        if let Some(stands) = self.stands.get_mut(root) {
            stands.go_on();
        }
        let last = swipe.until.as_ref().map(|until| until.base());
        let end = messages.iter().position(|number| Some(*number) == last);
        let wanted = &messages[..end.map_or(messages.len(), |end| end + 1)];
        let settled = self.does_stand(root, settlement(swipe.business).base());
        let is_due = |number: &&&str| match InfNo::new(number).nature() {
            Nature::Trial => !settled,
            _ => !self.does_stand(root, number),
        };
        wanted.iter().filter(is_due).copied().collect()
    }

    pub(crate) fn unknown_step(&self, said: &Said<String>, step: &str, problems: &Problems) {
        if self.broken.contains(step) {
            return;
        }
        problems.push(if self.names.contains(step) {
            let message = both!(
                "到这里步骤 `{step}` 还没有办",
                "step `{step}` is not done by then"
            );
            let help = both!(
                "它在后面, 或在另一个分支里: 调整顺序",
                "it comes later or in another branch: change the order"
            );
            said.at.error(codes::CAPTURE_TOO_EARLY, message).help(help)
        } else {
            let help = suggest(step, self.gives.keys().map(String::as_str));
            let message = both!(
                "前面没有叫 `{step}` 的步骤",
                "no earlier step is called `{step}`"
            );
            let none = || both!("前面没有步骤", "there is no earlier step");
            let help = help.unwrap_or_else(none);
            said.at.error(codes::UNKNOWN_CAPTURE, message).help(help)
        });
    }
}

/// The names that `steps` will give their steps: as written, else by their place.
fn names_in(steps: &Node, prefix: &str, into: &mut BTreeSet<String>) {
    let Value::List(listed) = &steps.value else {
        return;
    };
    for (index, step) in listed.iter().enumerate() {
        name_of(step, &format!("{prefix}{}", index + 1), into);
    }
}

fn name_of(step: &Node, ordinal: &str, into: &mut BTreeSet<String>) {
    let Value::Map(entries) = &step.value else {
        return;
    };
    let entry = |key: &str| entries.iter().find(|(said, _)| said.value == key);
    if let Some((_, branches)) = entry("parallel") {
        let Value::List(branches) = &branches.value else {
            return;
        };
        for (branch, letter) in branches.iter().zip('a'..='z') {
            let ordinal = format!("{ordinal}{letter}");
            match &branch.value {
                Value::Map(_) => name_of(branch, &ordinal, into),
                _ => names_in(branch, &ordinal, into),
            }
        }
        return;
    }
    into.insert(match entry("name").map(|(_, node)| &node.value) {
        Some(Value::Text(name)) => name.clone(),
        _ => ordinal.to_owned(),
    });
}

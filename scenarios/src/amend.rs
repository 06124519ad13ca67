//! 改期 · Reads `amend:` of a plan, and puts an amendment upon a plan: one bound moves, and cases that expected the old
//! one are told at once.
//!
//! Why one way for all: whether a bound moves in the plan's file or while a run is under way, the same questions are
//! asked (is there such a bound, is the window still whole) and the same cases turn. A case that waits for a phase which
//! moved away expects the old bound; what it meets is the amended gate, so that is what it is held to, and lint says so.
//! Not here: since when it is in force (`domain::amend`), who takes it up in mid-run (`runner`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crosswipe_domain::{Amendment, Both, CaseId, Moment, Persona, Window, both};

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::phases::shown;
use crate::problem::{At, Problems, Said, noun};
use crate::schedule::Schedule;
use crate::turned::turned;
use crate::words;
use crate::{Plan, Problem};

/// 不能改 · Why a bound cannot be moved so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotAmend {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub what: Both,
    /// How to mend it.
    pub help: Both,
}

/// 已改 · A plan with a bound moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// The plan; its cases expect what the amended window makes of them.
    pub plan: Plan,
    /// Cases that expected the old bound.
    pub old: Vec<CaseId>,
}

impl Plan {
    /// The same plan with one more bound moved. `was` may be any instant where the bound has only one (see
    /// [`Window::instants_of`]).
    ///
    /// # Errors
    /// [`CannotAmend`], if there is no such bound or the window would not be whole.
    pub fn amended(&self, amendment: Amendment) -> Result<Amended, CannotAmend> {
        let mut window = self.window.clone();
        put(&mut window, amendment)?;
        let personas: BTreeMap<&str, &Persona> = self
            .registry
            .personas
            .iter()
            .map(|persona| (persona.label.as_str(), persona))
            .collect();
        let by = |window| Schedule {
            window,
            topology: &self.topology,
            arranged: &self.arranged,
        };
        let schedules = (by(&self.window), by(&window));
        let (mut plan, mut old) = (self.clone(), Vec::new());
        let proofs = plan.proofs.iter_mut().map(|proof| &mut proof.case);
        for case in plan.cases.iter_mut().chain(proofs) {
            if turned(case, schedules, &personas) {
                old.push(case.id.clone());
            }
        }
        plan.window = window;
        Ok(Amended { plan, old })
    }
}

/// Puts an amendment among those that a window has, in the order in which they come to be known; each must find its bound
/// where it says, and leave a window that is whole.
///
/// # Errors
/// [`CannotAmend`]; the window is as it was.
fn put(window: &mut Window, amendment: Amendment) -> Result<(), CannotAmend> {
    let refused = |code, what: Both, help: Both| {
        let help = help.to_owned();
        Err(CannotAmend { code, what, help })
    };
    let Amendment {
        bound,
        was,
        to,
        known,
        ..
    } = &amendment;
    if to == was && !window.instants_of(bound).is_empty() {
        let what = both!(
            "`{bound}` 本来就在 `{}`",
            "`{bound}` lies at `{}` already",
            shown(*was)
        );
        return refused(
            codes::AMEND_IDLE,
            what,
            both!("写新的时刻", "write its new instant"),
        );
    }
    if was <= known && to <= known {
        let what = both!(
            "`{bound}` 由 `{}` 改到 `{}`, 但得知时 (`{}`) 两个时刻都已过去",
            "`{bound}` is moved from `{}` to `{}`, both past when that is known at `{}`",
            shown(*was),
            shown(*to),
            shown(*known)
        );
        let help = both!(
            "已过的时刻不能追改",
            "nothing is amended backwards: what was sent stays judged by the old bound"
        );
        return refused(codes::AMEND_IDLE, what, help);
    }
    let mut amended = window.clone();
    amended.amended.push(amendment);
    amended.amended.sort_by_key(|one| one.known);
    let mut now = amended.first_said().into_owned();
    for one in &amended.amended {
        let lies = now.instants_of(&one.bound);
        if !lies.contains(&one.was) {
            let what = match lies.as_slice() {
                [] => both!(
                    "窗口没有 `{}` 这个界",
                    "the window has no bound `{}`",
                    one.bound
                ),
                at => both!(
                    "`{}` 在 {}, 不在 `{}`",
                    "`{}` lies at {}, not at `{}`",
                    one.bound,
                    listed(at),
                    shown(one.was)
                ),
            };
            let names = both!("可用: {}", "there are: {}", names(&now).join(", "));
            return refused(codes::AMEND_UNKNOWN_BOUND, what, names);
        }
        now.amended = vec![one.clone()];
        now = now.latest().into_owned();
        if let Some(what) = not_whole(&now) {
            let Both { zh, en } = what;
            let what = both!(
                "`{}` 改到 `{}` 后, {zh}",
                "with `{}` at `{}` {en}",
                one.bound,
                shown(one.to)
            );
            let help = both!(
                "改到相邻两界之间, 或先改相邻的界",
                "keep it between its neighbours, or move those first"
            );
            return refused(codes::AMEND_BREAKS_WINDOW, what, help);
        }
    }
    *window = amended;
    Ok(())
}

fn listed(instants: &[Moment]) -> String {
    let shown: Vec<String> = instants
        .iter()
        .map(|at| format!("`{}`", shown(*at)))
        .collect();
    shown.join(", ")
}

/// All bounds that a window has.
fn names(window: &Window) -> Vec<String> {
    let phases = window.phases.iter().map(|phase| phase.id.as_str());
    let mut of: Vec<&str> = phases.collect();
    for one in &window.suspended {
        if !of.contains(&one.clause.as_str()) {
            of.push(&one.clause);
        }
    }
    let sides = of
        .iter()
        .flat_map(|of| ["from", "to"].map(|side| format!("{of}.{side}")));
    let mut names: Vec<String> = sides
        .filter(|name| !window.instants_of(name).is_empty())
        .collect();
    if window.no_refund.is_some() {
        names.extend(["no_refund.from", "no_refund.settled_before"].map(str::to_owned));
    }
    if window.no_self_pay.is_some() {
        names.extend(["no_self_pay.from", "no_self_pay.admitted_before"].map(str::to_owned));
    }
    names
}

/// What is wrong with a window whose bounds were moved: an end before its beginning, phases that do not join.
fn not_whole(window: &Window) -> Option<Both> {
    let backwards = |what: Both, from: Moment, to: Moment| {
        let Both { zh, en } = what;
        let told = both!(
            "{zh}会在 `{}` 结束, 不晚于它开始的 `{}`",
            "{en} would end at `{}`, not after `{}`",
            shown(to),
            shown(from)
        );
        (to <= from).then_some(told)
    };
    let phases = window.phases.iter().filter_map(|phase| {
        backwards(
            both!("阶段 `{}` ", "phase `{}`", phase.id),
            phase.from,
            phase.to?,
        )
    });
    let suspended = window.suspended.iter().filter_map(|one| {
        backwards(
            both!("{} 的暂停", "the suspension by {}", one.clause),
            one.from,
            one.to?,
        )
    });
    let joined = window.phases.windows(2).filter_map(|pair| {
        let apart = pair[0].to != Some(pair[1].from);
        apart.then(|| {
            both!(
                "阶段 `{}` 与 `{}` 不再首尾相接",
                "phases `{}` and `{}` would not join",
                pair[0].id,
                pair[1].id
            )
        })
    });
    let refund = window.no_refund.iter().filter_map(|rule| {
        let late = rule.from < rule.settled_before;
        late.then(|| {
            both!(
                "还没有结算的就不退了",
                "what may not be settled yet would not be refunded"
            )
        })
    });
    let self_pay = window.no_self_pay.iter().filter_map(|rule| {
        let late = rule.from < rule.admitted_before;
        late.then(|| {
            both!(
                "还没有入院的就不得转自费了",
                "what may not have begun yet could not be turned into self-pay"
            )
        })
    });
    let rules = refund.chain(self_pay);
    let mut all = phases.chain(suspended).chain(joined).chain(rules);
    all.next()
}

/// Reads `amend:` into the window, in the plan's order; gives the place of the list, if there is one.
pub(crate) fn read_amendments(
    plan: &Fields<'_>,
    window: Option<&mut Window>,
    problems: &Problems,
) -> Option<At> {
    let node = plan.optional("amend")?;
    let read: Vec<Entry> = items(node, problems)
        .iter()
        .filter_map(|node| entry(node, problems))
        .collect();
    let window = window?;
    for entry in read {
        let bound = &entry.bound.value;
        let instants = window.latest().instants_of(bound);
        let was = match (&entry.was, instants.as_slice()) {
            (Some(was), _) => was.value,
            (None, [one]) => *one,
            (None, []) => entry.to, // told below: there is no such bound
            (None, several) => {
                let message = both!(
                    "`{bound}` 有几处: {}",
                    "`{bound}` lies at {}",
                    listed(several)
                );
                let help = both!("写 was: 指明是哪一个", "say which of them with `was`");
                let problem = entry.bound.at.error(codes::AMEND_UNKNOWN_BOUND, message);
                problems.push(problem.help(help));
                continue;
            }
        };
        let amendment = Amendment {
            bound: bound.clone(),
            was,
            to: entry.to,
            known: entry.known,
            source: entry.source,
            who: entry.who,
        };
        if let Err(cannot) = put(window, amendment) {
            let problem = entry.bound.at.error(cannot.code, cannot.what);
            problems.push(problem.help(cannot.help));
        }
    }
    Some(
        plan.key_at("amend")
            .cloned()
            .unwrap_or_else(|| node.at.clone()),
    )
}

struct Entry {
    bound: Said<String>,
    was: Option<Said<Moment>>,
    to: Moment,
    known: Moment,
    source: String,
    who: String,
}

fn entry(node: &Node, problems: &Problems) -> Option<Entry> {
    let fields = Fields::of(node, noun("amend", "amend"), problems)?;
    let help = both!(
        "写上哪一个界, 如 live.from",
        "name the bound, e.g. live.from"
    );
    let bound = fields
        .required("bound", help)
        .and_then(|node| words::word(node, problems));
    let was = fields
        .optional("was")
        .map(|node| words::instant(node, problems));
    let instant = |key: &'static str, help: Both| {
        let node = fields.required(key, help)?;
        words::instant(node, problems)
    };
    let to = instant("to", both!("写上新的时刻", "give its new instant"));
    let known = instant(
        "known",
        both!(
            "写上何时得知; 此前仍按旧界",
            "from when on it is known; until then the old bound holds"
        ),
    );
    let told = |key: &'static str, help: Both| {
        let node = fields.required(key, help)?;
        words::told(node, problems)
    };
    let source = told(
        "source",
        both!("写上文号或出处", "name the notice that says so"),
    );
    let who = told("who", both!("写上是谁告知的", "name who brought it"));
    fields.done();
    let was = match was {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Entry {
        bound: bound?,
        was,
        to: to?.value,
        known: known?.value,
        source: source?.value,
        who: who?.value,
    })
}

/// 仍按旧界 · Cases that expect the old bound, told at the amendments.
pub(crate) fn report_old(at: &At, old: &[CaseId], problems: &Problems) {
    let names: Vec<String> = old.iter().map(|case| format!("`{case}`")).collect();
    if names.is_empty() {
        return;
    }
    let Both { zh, en } = match names.len() {
        1 => both!("有 1 个用例仍按旧界预期", "this case expects the old bound"),
        many => both!(
            "有 {many} 个用例仍按旧界预期",
            "these {many} cases expect the old bound"
        ),
    };
    let message = both!("{zh}: {}", "{en}: {}", names.join(", "));
    let help = both!(
        "结果按改后的界判定; 用例时刻写成 at: live.from - 1s 即随界移动",
        "they are held to the amended window; an instant such as `at: live.from - 1s` moves with its bound"
    );
    let problem: Problem = at.error(codes::EXPECTS_OLD_BOUND, message).help(help);
    problems.push(problem.into_warning());
}

/// 相对时刻 · An instant as written, or one named by its bound: `live.from`, `cross.to - 1s`, `QJ6.from + 2h`.
pub(crate) fn instant(
    node: &Node,
    window: Option<&Window>,
    problems: &Problems,
) -> Option<Said<Moment>> {
    let said = words::word(node, problems)?;
    let mut parts = said.value.split_whitespace();
    let name = parts.next().unwrap_or_default();
    let side = name.rsplit_once('.').map(|(_, side)| side);
    if !matches!(side, Some("from" | "to" | "settled_before")) {
        return words::instant(node, problems);
    }
    // A window that could not be read was told.
    let window = window?.latest();
    let wrong = |message: Both, help: Both| {
        problems.push(said.at.error(codes::BAD_INSTANT, message).help(help));
    };
    let at = match window.instants_of(name).as_slice() {
        [one] => *one,
        [] => {
            let known = names(&window).join(", ");
            wrong(
                both!(
                    "窗口没有 `{name}` 这个界",
                    "the window has no bound `{name}`"
                ),
                both!("可用: {known}", "there are: {known}"),
            );
            return None;
        }
        several => {
            let message = both!(
                "`{name}` 有几处: {}",
                "`{name}` lies at {}",
                listed(several)
            );
            wrong(message, both!("写明时刻", "write the instant"));
            return None;
        }
    };
    let rest: Vec<&str> = parts.collect();
    let offset = match rest.as_slice() {
        [] => Some(0),
        ["+", length] => words::length_ms(length),
        ["-", length] => words::length_ms(length).map(|ms| -ms),
        _ => None,
    };
    let Some(offset) = offset else {
        let help = both!(
            "形如 live.from - 1s、cross.to + 2h",
            "write it like live.from - 1s, cross.to + 2h"
        );
        wrong(
            both!("`{}` 不是时刻", "`{}` is no instant", said.value),
            help,
        );
        return None;
    };
    Some(Said {
        value: at.plus_ms(offset),
        at: said.at,
    })
}

impl Schedule<'_> {
    /// The window that holds at an instant.
    pub(crate) fn holds(&self, at: Moment) -> Cow<'_, Window> {
        self.window.in_force(at)
    }
}

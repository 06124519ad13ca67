//! 阶段 · Reads the phases of a cutover and holds them against each other.
//!
//! Why so strict: the gate believes this data. A hole between two phases, an overlap, a phase that never
//! ends or test swipes in a phase that may not have them would each open or shut the gate at an
//! instant that the notice does not say. Not here: what is allowed at an instant (`schedule`).

use std::collections::BTreeSet;

use crosswipe_domain::{
    Both, Business, Moment, NoRefund, NoSelfPay, Phase, PhaseKind, Public, Scope, Topology, Window,
    both,
};

use crate::allow::{Context, read_allow};
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::{At, Noun, Problems, Said, noun};
use crate::suspend::{Context as Suspending, read_suspensions};
use crate::words;

/// The default of R14: two hours.
const DEFAULT_MARGIN_MS: i64 = 2 * 3_600_000;

const KINDS: [(&str, PhaseKind); 8] = [
    ("prepare", PhaseKind::Prepare),
    ("drain", PhaseKind::Drain),
    ("frozen", PhaseKind::Frozen),
    ("switch", PhaseKind::Switch),
    ("joint", PhaseKind::Joint),
    ("verify", PhaseKind::Verify),
    ("live", PhaseKind::Live),
    ("catchup", PhaseKind::Catchup),
];

/// Reads `phases:` and `margin:` of a plan.
pub(crate) fn read_window(
    plan: &Fields<'_>,
    cross_swipe: &[Business],
    topology: Option<&Topology>,
    clauses: &BTreeSet<String>,
    problems: &Problems,
) -> Option<(Window, Vec<Said<Scope>>)> {
    let margin = plan
        .optional("margin")
        .and_then(|node| words::duration_ms(node, problems));
    let node = plan.required(
        "phases",
        both!("按公告写出各阶段", "write down the phases of the notice"),
    )?;
    let context = Context {
        cross_swipe,
        topology,
        problems,
    };
    let listed = items(node, problems);
    let read: Vec<PhaseEntry> = listed
        .iter()
        .filter_map(|node| phase(node, &context))
        .collect();
    words::report_duplicates(
        noun("阶段", "phase"),
        read.iter().map(|entry| &entry.id),
        problems,
    );
    if read.len() < listed.len() {
        return None;
    }
    report_gaps(&read, problems);
    let no_refund = match plan.optional("no_refund") {
        Some(node) => Some(read_no_refund(node, &read, problems)?),
        None => None,
    };
    let no_self_pay = match plan.optional("no_self_pay") {
        Some(node) => Some(read_no_self_pay(node, problems)?),
        None => None,
    };
    let scopes = read.iter().flat_map(|entry| entry.scopes.clone()).collect();
    let phases: Vec<Phase> = read.into_iter().map(|entry| entry.phase).collect();
    let suspended = read_suspensions(
        plan,
        &Suspending {
            phases: &phases,
            topology,
            clauses,
            problems,
        },
    )?;
    let window = Window {
        phases,
        margin_ms: margin.map_or(DEFAULT_MARGIN_MS, |said| said.value),
        no_refund,
        no_self_pay,
        suspended,
        amended: Vec::new(),
    };
    if window.end().is_none() {
        let help = both!(
            "写一个 live 阶段, 或给末阶段写 to",
            "add a `live` phase or give the last phase its `to`"
        );
        problems.push(
            node.at
                .error(
                    codes::WINDOW_WITHOUT_END,
                    both!("窗口没有终点", "the window never ends"),
                )
                .help(help),
        );
        return None;
    }
    Some((window, scopes))
}

/// `no_refund: {from, settled_before}`: what is settled for good.
fn read_no_refund(node: &Node, phases: &[PhaseEntry], problems: &Problems) -> Option<NoRefund> {
    let fields = Fields::of(node, noun("no_refund", "no_refund"), problems)?;
    let instant = |key: &'static str, help: Both| {
        fields
            .required(key, help)
            .and_then(|node| words::instant(node, problems))
    };
    let from = instant(
        "from",
        both!("写上自何时起不再退费", "from when on nothing is refunded"),
    );
    let before = instant(
        "settled_before",
        both!(
            "写上何时之前的结算不再退费",
            "what was settled before which instant"
        ),
    );
    fields.done();
    let (from, before) = (from?, before?);
    if before.value > from.value {
        let message = both!(
            "`{}` 之前的结算从 `{}` 起不能退, 可那时还可能没有结算",
            "what is settled before `{}` cannot be refunded from `{}` on, when it may not be settled yet",
            shown(before.value),
            shown(from.value)
        );
        let help = both!(
            "settled_before 应不晚于 from",
            "let settled_before be no later than from"
        );
        problems.push(
            before
                .at
                .error(codes::INSTANTS_BACKWARDS, message)
                .help(help),
        );
    }
    let tests = phases.iter().find(|entry| !entry.phase.allow.is_empty());
    if let Some(tests) = tests.filter(|tests| tests.phase.from < before.value) {
        let message = both!(
            "阶段 `{}` 的测试刷卡在 `{}` 之前结算, 会撤不掉",
            "test swipes of phase `{}` are settled before `{}` and could not be undone",
            tests.id.value,
            shown(before.value)
        );
        let help = both!(
            "settled_before 应不晚于第一个测试阶段",
            "let settled_before be no later than the first phase with test swipes"
        );
        problems.push(before.at.error(codes::OUTSIDE_WINDOW, message).help(help));
    }
    Some(NoRefund {
        from: from.value,
        settled_before: before.value,
    })
}

/// `no_self_pay: {from, admitted_before}`: stays that are settled and not turned into self-pay.
fn read_no_self_pay(node: &Node, problems: &Problems) -> Option<NoSelfPay> {
    let fields = Fields::of(node, noun("no_self_pay", "no_self_pay"), problems)?;
    let instant = |key: &'static str, help: Both| {
        let node = fields.required(key, help);
        node.and_then(|node| words::instant(node, problems))
    };
    let from = instant(
        "from",
        both!(
            "写上自何时起不得转自费",
            "from when on they are not turned into self-pay"
        ),
    );
    let before = instant(
        "admitted_before",
        both!(
            "写上何时之前入院的, 如当年元旦零时",
            "which stays: those that began before this instant, e.g. New Year"
        ),
    );
    fields.done();
    let (from, before) = (from?, before?);
    if before.value > from.value {
        let message = both!(
            "`{}` 之前入院的从 `{}` 起不得转自费, 可那时还可能没有入院",
            "stays from before `{}` are not turned into self-pay from `{}` on, when they may not have begun yet",
            shown(before.value),
            shown(from.value)
        );
        let help = both!(
            "admitted_before 应不晚于 from",
            "let admitted_before be no later than from"
        );
        let problem = before.at.error(codes::INSTANTS_BACKWARDS, message);
        problems.push(problem.help(help));
    }
    Some(NoSelfPay {
        from: from.value,
        admitted_before: before.value,
    })
}

struct PhaseEntry {
    id: Said<String>,
    from: At,
    to: Option<At>,
    scopes: Vec<Said<Scope>>,
    phase: Phase,
}

fn phase(node: &Node, context: &Context<'_>) -> Option<PhaseEntry> {
    let problems = context.problems;
    let fields = Fields::of(node, noun("阶段", "phase"), problems)?;
    let id = fields
        .required("id", both!("给阶段起名", "name the phase"))
        .and_then(|node| words::id(node, problems));
    let kind = match fields.optional("kind") {
        Some(node) => words::word(node, problems).and_then(|said| {
            words::one_of(&said, noun("阶段种类", "kind of phase"), &KINDS, problems)
        }),
        None => id.as_ref().and_then(|id| kind_of_id(id, problems)),
    };
    let from = fields
        .required("from", both!("写上开始时刻", "give its first instant"))
        .and_then(|node| words::instant(node, problems));
    let to_node = fields.optional("to");
    let to = to_node.map(|node| words::instant(node, problems));
    let public = match fields.optional("public") {
        Some(node) => public(node, problems),
        None => Some(Public::Closed),
    };
    let reads = match fields.optional("reads") {
        Some(node) => words::yes_no(node, problems).map(Some),
        None => Some(None),
    };
    let quote = fields
        .optional("quote")
        .and_then(|node| words::told(node, problems))
        .map_or(String::new(), |said| said.value);
    let allow = read_allow(&fields, kind, context);
    fields.done();
    let from = from?;
    // An end that could not be read was reported; the phase is left out rather than left open.
    let to = match to {
        Some(read) => Some(read?),
        None => None,
    };
    let phase = Phase {
        id: id.as_ref()?.value.clone(),
        kind: kind?,
        from: from.value,
        to: to.as_ref().map(|to| to.value),
        allow: allow.iter().map(|(allow, _)| allow.clone()).collect(),
        public: public?,
        reads: reads?,
        quote,
    };
    let scopes = allow.into_iter().map(|(_, scope)| scope).collect();
    Some(PhaseEntry {
        id: id?,
        from: from.at,
        to: to.map(|to| to.at),
        scopes,
        phase,
    })
}

fn kind_of_id(id: &Said<String>, problems: &Problems) -> Option<PhaseKind> {
    let found = KINDS
        .iter()
        .find(|(name, _)| *name == id.value)
        .map(|(_, kind)| *kind);
    if found.is_none() {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        let message = both!(
            "阶段 `{}`: 缺少 `kind`, 名字也不是一种阶段",
            "phase `{}`: `kind` is missing, and its name is no kind",
            id.value
        );
        let help = both!("写上 kind, 可选: {}", "give its kind: {}", names.join(", "));
        problems.push(id.at.error(codes::MISSING_KEY, message).help(help));
    }
    found
}

fn public(node: &Node, problems: &Problems) -> Option<Public> {
    const CHOICES: [(&str, Public); 2] = [("open", Public::Open), ("closed", Public::Closed)];
    words::one_of(
        &words::word(node, problems)?,
        noun("公众业务的状态", "state of the public"),
        &CHOICES,
        problems,
    )
}

fn report_gaps(read: &[PhaseEntry], problems: &Problems) {
    for (index, entry) in read.iter().enumerate() {
        let next = read.get(index + 1);
        match (entry.phase.to, &entry.to) {
            (Some(to), Some(at)) if to <= entry.phase.from => {
                let message = both!(
                    "阶段 `{}` 的结束时刻 `{}` 不晚于开始时刻",
                    "phase `{}` ends at `{}`, not after it begins",
                    entry.id.value,
                    shown(to)
                );
                problems.push(
                    at.error(codes::PHASE_BACKWARDS, message)
                        .help(both!("结束时刻应晚于开始时刻", "end it after it begins")),
                );
            }
            (None, _) if next.is_some() => {
                let message = both!(
                    "阶段 `{}` 没有写结束时刻, 后面却还有阶段",
                    "phase `{}` has no end, but another follows it",
                    entry.id.value
                );
                problems.push(
                    entry
                        .id
                        .at
                        .error(codes::PHASE_BACKWARDS, message)
                        .help(both!(
                            "只有末阶段可以不写 to",
                            "only the last phase may leave out `to`"
                        )),
                );
            }
            _ => {}
        }
        if let (Some(to), Some(next)) = (entry.phase.to, next) {
            report_gap(entry, to, next, problems);
        }
    }
}

fn report_gap(entry: &PhaseEntry, to: Moment, next: &PhaseEntry, problems: &Problems) {
    let (code, Noun { zh, en }) = match next.phase.from.cmp(&to) {
        std::cmp::Ordering::Equal => return,
        std::cmp::Ordering::Less => (codes::PHASES_OVERLAP, noun("早于", "before")),
        std::cmp::Ordering::Greater => (codes::PHASES_HOLE, noun("晚于", "after")),
    };
    let message = both!(
        "阶段 `{}` 在 `{}` 开始, {zh}阶段 `{}` 结束的 `{}`",
        "phase `{}` begins at `{}`, {en} phase `{}` ends at `{}`",
        next.id.value,
        shown(next.phase.from),
        entry.id.value,
        shown(to)
    );
    let help = both!(
        "阶段首尾相接: from 写成 `{0}`",
        "phases join end to end: write from: `{0}`",
        shown(to)
    );
    problems.push(next.from.error(code, message).help(help));
}

/// An instant without its milliseconds.
pub(crate) fn shown(moment: Moment) -> String {
    moment.to_string().replace(".000", "")
}

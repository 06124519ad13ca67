//! 真实系统 · Whether a run may send to real systems: all that is asked before the first byte, and what is shown instead.
//!
//! Why so: everything else here can be done again; a swipe on somebody's live books cannot. So nothing is sent unless
//! the plan declares where (`live:`), its window is open by the real clock, something is left that may be swiped now,
//! and a person has typed the words that name exactly this: this plan, these files, these cases. Without those words
//! the run is a dry one: it shows what it would do and what it would need, and ends with nothing checked. What is missing
//! is told all at once.
//! Called by `command::run` and `resume`. Not here: the gate of each message and the caps (`runner`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;

use crosswipe_domain::{Level, Moment, Party, PhaseKind, Role, sha256_hex};
use crosswipe_scenarios::{Case, Live, Plan, Step};

use crate::args::{ClockKind, Run, TransportKind};
use crate::command::select::Selected;
use crate::complain::{Trouble, to_stderr};
use crate::served::digest;
use crate::shift::Shift;
use crate::table::table;

/// The transport that RUN has of a run against real systems.
pub(crate) const TRANSPORT: &str = "live";

/// The word that RUN keeps of what was typed.
pub(crate) const CONFIRMED: &str = "live-confirmed";

const CODE: &str = "cli::live";

/// Options that say something about mock parties, or about a clock that can be moved, have no meaning on a real clock.
///
/// # Errors
/// Those that contradict `--clock wall`, each named.
pub(crate) fn must_fit_the_clock(args: &Run) -> Result<(), Trouble> {
    let usage = |what: String, help: &str| Trouble::Usage {
        code: CODE,
        what,
        help: help.to_owned(),
    };
    let live = args.live || args.confirm.is_some();
    if args.clock == ClockKind::Simulated {
        return match live {
            true => Err(usage(
                "`--live` 按真实时间走 · `--live` goes by the real clock".to_owned(),
                "加上 --clock wall · add --clock wall",
            )),
            false => Ok(()),
        };
    }
    let bends = [
        ("--fault", !args.faults.is_empty()),
        (
            "--transport memory",
            args.transport == TransportKind::Memory,
        ),
    ];
    match bends.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(usage(
            format!(
                "`{option}` 只用于模拟时间, 不与 `--clock wall` 连用 · `{option}` is for simulated time, not for `--clock wall`"
            ),
            "去掉其中一个 · leave out one of them",
        )),
        None => Ok(()),
    }
}

/// 许可令 · A run against real systems that may begin.
#[derive(Debug)]
pub(crate) struct Order {
    /// What the plan declares.
    pub(crate) live: Live,
    /// What was typed.
    pub(crate) confirmed: String,
}

/// What of a selection is sent to real systems, and why the rest is not.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fit {
    sent: BTreeSet<usize>,
    /// By reason, how many.
    left_out: BTreeMap<&'static str, usize>,
}

/// Asks for a run by the real clock: `None` where its parties are mock parties of its own, an order where it may send to
/// real systems, and then `selected` holds what of it is sent.
///
/// # Errors
/// Refused, with all that is missing; or nothing but a dry run was asked for, which says what it would have done.
pub(crate) fn ask(
    args: &Run,
    plan: &Plan,
    selected: &mut Selected,
    now: Moment,
) -> Result<Option<Order>, Trouble> {
    if args.clock == ClockKind::Simulated {
        return Ok(None);
    }
    let refused = |what: String, help: String| Trouble::Refused {
        code: CODE,
        what,
        help,
    };
    let Some(live) = plan.live.clone() else {
        if args.live {
            return Err(refused(
                format!(
                    "计划 `{0}` 没有声明真实系统 · plan `{0}` declares no real system",
                    plan.id
                ),
                "在计划里写 `live: live.yaml` · declare it: `live: live.yaml`".to_owned(),
            ));
        }
        // Mock parties, in real time.
        return must_open_soon(plan, selected, now).map(|()| None);
    };
    let fit = fit(plan, &live, &selected.cases, now);
    let words = words(plan, &fit.sent);
    let missing = missing(args, plan, &fit, now);
    to_stderr(&shown(plan, &live, &fit, now));
    if !missing.is_empty() {
        return Err(refused(
            format!("nothing was sent: {}", missing.join("; ")),
            "补齐后再试 · mend these, then try again".to_owned(),
        ));
    }
    if !args.live {
        return Err(Trouble::DryRun {
            help: format!(
                "核对上表, 再加 --live --confirm {words} · check the table above, then: --live --confirm {words}"
            ),
        });
    }
    let typed = match &args.confirm {
        Some(typed) => typed.clone(),
        None => asked_for(&words)?,
    };
    if typed.trim() != words {
        return Err(refused(
            "什么都没有发: 键入的词不是这份计划、这些文件、这些用例的 · nothing was sent: what was typed does not name this plan, these files and these cases"
                .to_owned(),
            format!("先试排 (不加 --live), 核对后键入: {words} · dry-run first, then type: {words}"),
        ));
    }
    *selected = Selected {
        cases: fit.sent,
        proofs: BTreeSet::new(),
        share: selected.share.take(),
    };
    Ok(Some(Order {
        live,
        confirmed: words,
    }))
}

/// How long a run waits by the real clock for the first thing that it is to do.
const SOON_MS: i64 = 15 * 60_000;

/// Mock parties can wait for years; whoever typed the command does not. What begins soon is waited for, and that is said.
fn must_open_soon(plan: &Plan, selected: &Selected, now: Moment) -> Result<(), Trouble> {
    let starts = || {
        let cases = selected.cases.iter();
        cases.filter_map(|index| plan.cases[*index].start)
    };
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
        return Ok(());
    };
    let window = plan.window.in_force(now);
    let over = last < now && window.tests_end().is_some_and(|end| end <= now);
    let wait = first.ms_since(now);
    if !over && wait <= SOON_MS {
        if wait > 0 {
            to_stderr(&format!(
                "{} 才有第一例, 等 {} 秒 · waiting {} s for the first case at {first}\n",
                first,
                wait / 1_000,
                wait / 1_000
            ));
        }
        return Ok(());
    }
    let bound = |at: Option<Moment>| at.map_or_else(|| "…".to_owned(), |at| at.to_string());
    let lies = format!(
        "the window of `{}` is {} → {}, its first chosen case at {first}",
        plan.id,
        bound(window.start()),
        bound(window.end()),
    );
    let (is_zh, is) = match over {
        true => ("窗口已过", "is over"),
        false => ("窗口还没有开", "is not open"),
    };
    // To the next full minute, so that the first case is still to come.
    let minutes = (now.ms_since(first)).div_euclid(60_000) + 1;
    let by = format!("{minutes:+}m");
    let moved = match by.parse::<Shift>() {
        Ok(_) => [
            format!("把窗口移到现在: 加 --shift {by}; "),
            format!("move it to now: add --shift {by}; "),
        ],
        Err(_) => [String::new(), String::new()],
    };
    Err(Trouble::Refused {
        code: CODE,
        what: format!(
            "什么都没有发: 按真实时间 ({now}) {is_zh} · nothing was sent: {lies}, so by the real clock ({now}) it {is}"
        ),
        help: format!(
            "{}或去掉 --clock wall, 用模拟时间立刻跑完 · {}or leave out --clock wall: simulated time does not wait",
            moved[0], moved[1]
        ),
    })
}

/// Why nothing may be sent at all.
fn missing(args: &Run, plan: &Plan, fit: &Fit, now: Moment) -> Vec<String> {
    let mut missing = Vec::new();
    let window = plan.window.in_force(now);
    let margin = window.end().map(|end| end.plus_ms(-window.margin_ms));
    match window.phase_at(now) {
        None => missing.push(format!("no phase of the window is open at {now}")),
        Some(phase) if phase.allow.is_empty() || phase.kind == PhaseKind::Live => missing.push(
            format!("phase `{}` allows no test swipes at {now}", phase.id),
        ),
        Some(_) if margin.is_some_and(|margin| now >= margin) => missing.push(format!(
            "the window ends too soon to undo what would be swiped at {now}"
        )),
        Some(_) => {}
    }
    if args.shift.is_some() {
        missing.push("`--shift` moves the window, which is the notice's to move".to_owned());
    }
    if args.served.is_some() {
        missing.push("`--served` names mock parties, and the plan declares real ones".to_owned());
    }
    missing.extend(elsewhere(plan));
    if fit.sent.is_empty() {
        missing.push("no selected case can be sent now".to_owned());
    }
    missing
}

/// 外接 HIS · A HIS that a run drives is a live party like any other: it is sent to where `live` declares it, and nowhere
/// else.
fn elsewhere(plan: &Plan) -> Vec<String> {
    let declared = plan.live.as_ref().map(|live| &live.institutions);
    let driven = plan.driven.iter();
    let other = driven.filter_map(|(code, his)| {
        let live = declared?.get(code).filter(|live| *live != his)?;
        Some(format!(
            "`his: {his}` of `{code}` is not where `live` sends to ({live}): to drive that HIS write its adapter's address in live.yaml too, to reach the platform itself drop `his:`"
        ))
    });
    other.collect()
}

/// Whether an institution's target is its own HIS, which takes the interface's words and no province's dialect.
pub(crate) fn is_driven(plan: &Plan, party: &Party) -> bool {
    let mut driven = plan.driven.keys();
    party.role == Role::His && driven.any(|code| code.as_str() == party.code)
}

/// What of a selection is fit for real systems: their own institutions, now or later within the window, and nothing that
/// only a mock world does.
fn fit(plan: &Plan, live: &Live, selected: &BTreeSet<usize>, now: Moment) -> Fit {
    let mut fit = Fit::default();
    for index in selected {
        match unfit(plan, live, &plan.cases[*index], now) {
            None => {
                fit.sent.insert(*index);
            }
            Some(why) => *fit.left_out.entry(why).or_default() += 1,
        }
    }
    fit
}

fn unfit(plan: &Plan, live: &Live, case: &Case, now: Moment) -> Option<&'static str> {
    let window = plan.window.in_force(now);
    let phase = |at: Moment| window.phase_at(at).map(|phase| &phase.id);
    let is_past = |at: Moment| at < now && phase(at) != phase(now);
    let over = |at: Moment| window.tests_end().is_some_and(|end| at >= end);
    let mut when: Vec<Moment> = case.start.into_iter().collect();
    for step in case.leaves() {
        let (institution, at) = match step {
            Step::Swipe(swipe) if swipe.forced => {
                return Some("闸门外的硬发 · forced past the gate");
            }
            Step::Swipe(swipe) => (&swipe.institution, swipe.at),
            Step::Call(call) if call.old => {
                return Some("旧平台不是声明的目标 · the old platform is no declared target");
            }
            Step::Call(call) => (&call.institution, call.at),
            Step::Play(_) | Step::Office(_) | Step::Parallel(_) => {
                return Some("模拟世界自己的业务 · business of a mock world");
            }
        };
        if !live.institutions.contains_key(institution) {
            return Some("机构未声明为真实目标 · at an institution that is no declared target");
        }
        when.extend(at);
    }
    if when.iter().any(|at| is_past(*at)) {
        return Some("用例的时段已过 · its phase is over");
    }
    when.iter()
        .any(|at| over(*at))
        .then_some("在窗口之后 · after the window")
}

/// What a person types: the plan's name, and a digest of all its files and of the cases that are sent.
fn words(plan: &Plan, sent: &BTreeSet<usize>) -> String {
    let cases: String = sent
        .iter()
        .map(|index| format!("{}\n", plan.cases[*index].id))
        .collect();
    let digest = sha256_hex(format!("{}\n{cases}", digest(plan)).as_bytes());
    format!("{}-{:.8}", plan.id, digest)
}

/// On a terminal the words are typed; elsewhere they stand on the command line.
fn asked_for(words: &str) -> Result<String, Trouble> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::Refused {
            code: CODE,
            what: "什么都没有发: 还没有人确认 · nothing was sent: nobody has confirmed it"
                .to_owned(),
            help: format!(
                "核对上表后加 --confirm {words} · having checked the table above, add: --confirm {words}"
            ),
        });
    }
    to_stderr(&format!("要发, 请键入 · to send, type `{words}`: "));
    let mut typed = String::new();
    std::io::stdin()
        .read_line(&mut typed)
        .map_err(|error| Trouble::file("read", std::path::Path::new("stdin"), error))?;
    Ok(typed)
}

/// The table that a person checks before typing.
fn shown(plan: &Plan, live: &Live, fit: &Fit, now: Moment) -> String {
    let window = plan.window.in_force(now);
    let phase = window.phase_at(now);
    let phase = phase.map_or("窗口之外 · outside the window".to_owned(), |phase| {
        let until = phase.to.map_or_else(String::new, |to| format!(" → {to}"));
        format!("{}{until}", phase.id)
    });
    let mut rows: Vec<[String; 2]> = vec![
        [
            "环境 environment".to_owned(),
            live.environment.name().to_owned(),
        ],
        ["现在 now".to_owned(), now.to_string()],
        ["阶段 phase".to_owned(), phase],
        [
            "名册 registry".to_owned(),
            format!("SHA-256 {:.16}… ✓", live.registry),
        ],
        [
            "上限 caps".to_owned(),
            format!(
                "{} 笔结算 settlements, ¥{}",
                live.caps.settlements, live.caps.amount
            ),
        ],
        ["要发的用例 cases".to_owned(), fit.sent.len().to_string()],
    ];
    let left_out = fit.left_out.iter();
    rows.extend(
        left_out.map(|(why, count)| ["不发 left out".to_owned(), format!("{count}  {why}")]),
    );
    let targets = live.institutions.iter();
    rows.extend(targets.map(|(code, at)| ["发往 to".to_owned(), format!("{code}  {at}")]));
    let blind: Vec<String> = levels(plan, live)
        .into_iter()
        .filter(|(_, level)| *level < Level::L3)
        .map(|(party, _)| party.to_string())
        .collect();
    if !blind.is_empty() {
        rows.push([
            "不出账 no books".to_owned(),
            format!(
                "{} 方, 不能证明已回退 · {} parties, so rollback cannot be proven: {}",
                blind.len(),
                blind.len(),
                blind.join(" ")
            ),
        ]);
    }
    table(["项 item", "内容 content"], &rows) + "\n"
}

/// What each party shows: whole books where the plan declares them, its answers alone elsewhere.
pub(crate) fn levels(plan: &Plan, live: &Live) -> BTreeMap<Party, Level> {
    let parties = plan.topology.parties().into_iter();
    parties
        .map(|party| {
            let shows = live.books.contains_key(&party);
            (party, if shows { Level::L3 } else { Level::L0 })
        })
        .collect()
}

/// Where messages go: each institution's to its own target.
pub(crate) fn addresses(live: &Live) -> BTreeMap<Party, std::net::SocketAddr> {
    let targets = live.institutions.iter();
    targets
        .map(|(code, at)| (Party::new(Role::His, code.as_str()), *at))
        .collect()
}

/// The world that all runs against the same books share.
pub(crate) fn world(live: &Live) -> String {
    let lines: String = live
        .institutions
        .iter()
        .map(|(code, at)| format!("{code} {at}\n"))
        .chain(
            live.books
                .iter()
                .map(|(party, at)| format!("{party} {at}\n")),
        )
        .collect();
    format!("{:.32}", sha256_hex(lines.as_bytes()))
}

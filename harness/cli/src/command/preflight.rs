//! 联通 · `crosswipe preflight PLAN`: what a site must reach before the window, asked, told, and laid side by side.
//!
//! Why so: on the eve of a cutover a hundred sites ask the same questions by telephone. Each runs this once, hands in one
//! file, and the province sees in one table who gets through, who does not, and who has not asked.
//! Beyond this computer nothing is asked outside the plan's days. Exit 0 only if everything was asked and passed.
//! Not here: the questions (`runner::preflight`), what the plan says (`scenarios`).

mod collect;
mod json;
mod told;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::Moment;
use crosswipe_reports::Lang;
use crosswipe_runner::preflight::{
    Asking, Cause, Checked, Found, Part, advise, ask, may_ask, now, station,
};
use crosswipe_scenarios::{Audience, Operator, Plan, Preflight, Target};

use crate::args::Preflight as Args;
use crate::command::select::nearest;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::stage::stop_signal;

/// 一次检查 · All that one round came to.
struct Round {
    at: Moment,
    checked: Vec<Checked>,
    station: Vec<(Part, Found)>,
    causes: Vec<(String, Cause)>,
}

/// Asks and tells, once or again and again; or lays what others were told side by side.
pub(crate) fn preflight(args: &Args) -> Result<Exit, Trouble> {
    let plan = crosswipe_scenarios::load(&args.plan).map_err(Trouble::Plan)?;
    if !args.collect.is_empty() {
        return collect::collect(args, &plan);
    }
    let Some(preflight) = &plan.preflight else {
        return Err(Trouble::Nothing {
            what: format!("`{0}` 没有写联通检查 · `{0}` has no `preflight`", plan.id),
            help: "在 plan.yaml 写 `preflight: preflight.yaml` · name the file in plan.yaml"
                .to_owned(),
        });
    };
    let targets = selected(args, preflight)?;
    let far = targets.iter().find(|target| target.is_far());
    if let Some(far) = far
        && let Err(closed) = may_ask(&plan, now())
    {
        return Err(Trouble::Refused {
            code: "cli::preflight_window",
            what: format!(
                "`{}` 不在本机, 计划只许在 {} 至 {} 之间去问, 什么都没有发送 · `{}` is beyond this computer, and the plan's days do not hold now: nothing was sent",
                far.id,
                closed.from.wire(),
                closed.until.wire(),
                far.host
            ),
            help: "核对本机时间, 或用日期正确的计划; 只查本机的用 --target · look at this machine's clock, use a plan of today, or choose near targets with --target".to_owned(),
        });
    }
    let asking = Asking {
        patience: Duration::from_secs(args.patience.into()),
        until: plan.window.end(),
        topology: Arc::new(plan.topology.clone()),
        operator: (plan.live.as_ref())
            .map_or_else(Operator::of_mocks, |live| live.operator.clone()),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::Runtime)?;
    let asked = Asked {
        plan: &plan,
        preflight,
        targets,
        asking,
    };
    match args.watch {
        None => {
            let round = runtime.block_on(asked.round())?;
            to_stdout(&if args.json {
                json::round(args, &asked, &round)
            } else {
                told::round(&asked, &round, args.common.lang())
            })?;
            Ok(exit(&round))
        }
        Some(seconds) => runtime.block_on(watch(args, &asked, seconds)),
    }
}

/// What is asked, and of which plan.
struct Asked<'a> {
    plan: &'a Plan,
    preflight: &'a Preflight,
    targets: Vec<&'a Target>,
    asking: Asking,
}

impl Asked<'_> {
    async fn round(&self) -> Result<Round, Trouble> {
        let at = now();
        let checked = ask(&self.targets, &self.asking).await?;
        let causes = self.targets.iter().filter_map(|target| {
            let own = checked.iter().filter(|one| one.target == target.id);
            let cause = advise(&self.preflight.advice, &own.collect::<Vec<_>>())?;
            Some((target.id.clone(), cause))
        });
        Ok(Round {
            at,
            causes: causes.collect(),
            station: station(self.preflight, Path::new(".")),
            checked,
        })
    }
}

/// Tells the first round whole, and of each further one what changed, until somebody stops it.
async fn watch(args: &Args, asked: &Asked<'_>, seconds: u32) -> Result<Exit, Trouble> {
    let stop = stop_signal().map_err(Trouble::Runtime)?;
    tokio::pin!(stop);
    let lang = args.common.lang();
    let mut last: Option<Round> = None;
    loop {
        let round = tokio::select! {
            biased;
            () = &mut stop => return Ok(last.as_ref().map_or(Exit::Nothing, exit)),
            round = asked.round() => round?,
        };
        match &last {
            None => {
                to_stdout(&told::round(asked, &round, lang))?;
                if !args.common.quiet {
                    to_stderr(&told::watching(seconds, lang));
                }
            }
            Some(before) => to_stdout(&told::changes(before, &round, lang))?,
        }
        last = Some(round);
        tokio::select! {
            biased;
            () = &mut stop => return Ok(last.as_ref().map_or(Exit::Nothing, exit)),
            () = tokio::time::sleep(Duration::from_secs(seconds.into())) => {}
        }
    }
}

/// The targets that were asked for: of a role, of these names.
fn selected<'a>(args: &Args, preflight: &'a Preflight) -> Result<Vec<&'a Target>, Trouble> {
    let role = args.role.as_deref().map(role).transpose()?;
    let known: BTreeSet<&str> = preflight
        .targets
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    if let Some(unknown) = args.target.iter().find(|id| !known.contains(id.as_str())) {
        let near = nearest(unknown, known.iter().copied());
        return Err(Trouble::Usage {
            code: "cli::preflight_target",
            what: format!("计划没有 `{unknown}` 这个对端 · the plan has no target `{unknown}`"),
            help: near.map_or_else(
                || format!("它有: {0} · it has: {0}", Vec::from_iter(known).join(" ")),
                |near| format!("最接近的: `{near}` · did you mean `{near}`?"),
            ),
        });
    }
    let of_role = |target: &&Target| {
        role.is_none_or(|role| target.who.is_empty() || target.who.contains(&role))
    };
    let named = |target: &&Target| args.target.is_empty() || args.target.contains(&target.id);
    let targets: Vec<&Target> = preflight
        .targets
        .iter()
        .filter(of_role)
        .filter(named)
        .collect();
    if targets.is_empty() {
        return Err(Trouble::Nothing {
            what: "没有要查的对端 · no target is left to be asked".to_owned(),
            help: format!(
                "计划有: {0} · the plan has: {0}",
                Vec::from_iter(known).join(" ")
            ),
        });
    }
    Ok(targets)
}

fn role(typed: &str) -> Result<Audience, Trouble> {
    let all = Audience::ALL;
    let found = all.iter().find(|(name, _)| *name == typed);
    found
        .map(|(_, audience)| *audience)
        .ok_or_else(|| Trouble::Usage {
            code: "cli::preflight_target",
            what: format!("没有 `{typed}` 这个角色 · `{typed}` is no role"),
            help: format!(
                "有: {0} · there are: {0}",
                all.map(|(name, _)| name).join(" ")
            ),
        })
}

/// 1 where something failed, 2 where something was not checked.
fn exit(round: &Round) -> Exit {
    let of_station = round.station.iter().map(|(_, found)| found);
    let found = round.checked.iter().map(|one| &one.found).chain(of_station);
    worst(found.map(State::of))
}

/// 三值 · How one question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Passed,
    Unchecked,
    Failed,
}

impl State {
    fn of(found: &Found) -> State {
        match found {
            Found::Passed { .. } => State::Passed,
            Found::Failed { .. } => State::Failed,
            Found::Unchecked { .. } => State::Unchecked,
        }
    }

    fn name(self) -> &'static str {
        match self {
            State::Passed => "passed",
            State::Failed => "failed",
            State::Unchecked => "unchecked",
        }
    }

    fn parse(text: &str) -> Option<State> {
        let all = [State::Passed, State::Failed, State::Unchecked];
        all.into_iter().find(|state| state.name() == text)
    }

    fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (State::Passed, Lang::Zh) => "通过",
            (State::Failed, Lang::Zh) => "不通",
            (State::Unchecked, Lang::Zh) => "未查",
            (State::Passed, Lang::En) => "passed",
            (State::Failed, Lang::En) => "FAILED",
            (State::Unchecked, Lang::En) => "not checked",
        }
    }
}

fn worst(states: impl Iterator<Item = State>) -> Exit {
    match states.max() {
        None => Exit::Nothing,
        Some(State::Passed) => Exit::Clean,
        Some(State::Unchecked) => Exit::Indeterminate,
        Some(State::Failed) => Exit::Violated,
    }
}

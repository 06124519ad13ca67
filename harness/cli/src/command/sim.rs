//! 模拟 · `crosswipe sim PLAN --seeds A..B`: a plan in memory, seed by seed; `--seed N` plays one again, `--swipes N` as
//! many as it takes for so many swipes.
//!
//! Exit 0 only if every seed ended as it must: without a fault of a party that is clean, whatever links, processes and
//! clocks did. A seed that did not is shown in its smallest part, with the command that plays it again.
//! Not here: what a seed says and how it is played (`sim`), the words (`told`).

mod json;
mod progress;
mod speed;
mod told;

use std::num::NonZero;
use std::ops::Range;

use crosswipe_mocks::{FaultClass, FaultOrder};
use crosswipe_runner::clock::Stopwatch;
use crosswipe_sim::{
    Campaign, Judged, Line, Mix, NothingToDraw, Recipe, Shard, Stage, Sums, Trace, campaign, play,
    rare, shrink,
};

use crate::args::Sim;
use crate::command::run::{at_parties_of, faults};
use crate::command::select::{nearest, shard as shard_of};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::inner::must_be_of_parties;
use crate::served::digest;

use progress::Progress;
use speed::Speed;
use told::{CampaignTold, Failed, Replay, SeedTold};

/// Cases of one world where a volume is asked for: enough that what a world costs by itself hardly counts.
const PER_WORLD: u32 = 16;
/// Failed seeds that are shown; the others are counted.
const SHOWN: usize = 5;

/// Between two writings of how far a campaign is; what is played within is played again after a stop.
const KEPT_EVERY_MS: u64 = 1_000;

/// Plays, tells, and says whether all was as it must be.
pub(crate) fn sim(args: &Sim) -> Result<Exit, Trouble> {
    let seeds = seeds(&args.seeds)?;
    let (mut mix, orders) = mix(&args.faults)?;
    mix.crowd = per_world(args);
    must_be_of_parties(&orders, "sim")?;
    let mut plan = crosswipe_scenarios::load(&args.plan).map_err(Trouble::Plan)?;
    plan.topology.old_platforms |= orders.iter().any(FaultOrder::needs_old_platforms);
    at_parties_of(&plan, &orders)?;
    if !args.case.is_empty() {
        plan.cases
            .retain(|case| args.case.iter().any(|text| case.id.as_str().contains(text)));
    }
    let digest = digest(&plan);
    let stage = Stage::new(plan, orders).map_err(nothing)?;
    match args.seed {
        Some(seed) => one(args, &stage, mix, seed),
        None => {
            let seeds = match args.swipes {
                Some(swipes) => until(&stage, mix, seeds.start, swipes),
                None => seeds,
            };
            let name = progress::Campaign::of(args, &digest, mix, &seeds);
            many(args, &stage, mix, seeds, &name)
        }
    }
}

fn per_world(args: &Sim) -> Option<usize> {
    let volume = args.swipes.map(|_| PER_WORLD);
    args.per_world.or(volume).map(|cases| cases as usize)
}

/// The seeds from `first` on that hold so many swipes that succeed, where nothing goes wrong.
fn until(stage: &Stage, mix: Mix, first: u64, swipes: u64) -> Range<u64> {
    // All worlds of a crowd are of the same cases, and each settles something.
    let cases = Recipe::draw(stage, mix, first).cases;
    let each: u64 = cases.iter().map(|(_, case)| stage.swipes_of(*case)).sum();
    first..first.saturating_add(swipes.div_ceil(each.max(1)))
}

fn many(
    args: &Sim,
    stage: &Stage,
    mix: Mix,
    seeds: Range<u64>,
    name: &progress::Campaign,
) -> Result<Exit, Trouble> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let jobs = args.jobs.map_or(processors, |jobs| jobs as usize);
    let shard = args.shard.as_deref().map_or(Ok(Shard::WHOLE), shard_of)?;
    let begun = match (&args.progress, args.together.as_slice()) {
        (_, files @ [_, ..]) => progress::together(files, name, &seeds)?,
        (Some(file), []) => progress::begun(file, name, shard)?,
        (None, []) => Progress::none(shard),
    };
    let of = Campaign {
        stage,
        mix,
        seeds: seeds.clone(),
        shard,
        done: begun.sums.clone(),
        jobs,
    };
    let mut speed = Speed::start(shard.len(&seeds).saturating_sub(begun.sums.seeds));
    let progress = if args.together.is_empty() {
        played(args, &of, begun, name, &mut speed)?
    } else {
        begun
    };
    speed.ended();
    let sums = &progress.sums;
    let rare = match args.at_least {
        Some(times) => rare(stage, mix, sums, times),
        None => Vec::new(),
    };
    // Only the first is made smaller: what is behind it is most often the same.
    let failed: Vec<Failed> = progress
        .failed
        .iter()
        .enumerate()
        .map(|(at, seed)| {
            let whole = Recipe::draw(stage, mix, *seed);
            let judged = judged_again(stage, mix, *seed);
            match at {
                0 => smaller(stage, &whole, judged),
                _ => Failed {
                    recipe: whole,
                    judged,
                    tries: 0,
                },
            }
        })
        .collect();
    let told_of = CampaignTold {
        plan: stage.plan(),
        replay: replay(args),
        seeds,
        shard,
        mix: &args.faults,
        sums,
        rare: &rare,
        failed: &failed,
    };
    to_stdout(&if args.json {
        json::campaign(&told_of)
    } else {
        told::campaign(&told_of, args.common.lang())
    })?;
    if !args.common.quiet && args.together.is_empty() {
        to_stderr(&speed.told(args.swipes.is_some(), args.common.lang()));
    }
    let armed = mix.parties || !stage.faults().is_empty();
    Ok(exit(sums, armed, !rare.is_empty()))
}

/// Plays what is not done, and keeps how far it is where that was asked for. A file that cannot be written is a trouble
/// before the first seed and after the last; in between the next writing may go well again.
fn played(
    args: &Sim,
    of: &Campaign<'_>,
    mut at: Progress,
    name: &progress::Campaign,
    speed: &mut Speed,
) -> Result<Progress, Trouble> {
    if at.sums.seeds > 0 && !args.common.quiet {
        let (done, all) = (at.sums.seeds, of.shard.len(&of.seeds));
        to_stderr(&told::goes_on(done, all, args.common.lang()));
    }
    let keep = |at: &Progress| match &args.progress {
        Some(file) => progress::write(file, name, at),
        None => Ok(()),
    };
    keep(&at)?;
    let watch = Stopwatch::start();
    let mut kept_ms = 0;
    campaign(of, |line: &Line, sums| {
        speed.played(line);
        if line.judged.failure.is_some() && at.failed.len() < SHOWN {
            at.failed.push(line.seed);
        }
        at.sums.clone_from(sums);
        if args.progress.is_some() && watch.elapsed_ms() - kept_ms >= KEPT_EVERY_MS {
            kept_ms = watch.elapsed_ms();
            // The last one must go well.
            keep(&at).unwrap_or_default();
        }
    });
    keep(&at)?;
    Ok(at)
}

/// A seed that failed, played once more: a campaign keeps only which it was.
fn judged_again(stage: &Stage, mix: Mix, seed: u64) -> Judged {
    let of = Campaign {
        stage,
        mix,
        seeds: seed..seed + 1,
        shard: Shard::WHOLE,
        done: Sums::default(),
        jobs: 1,
    };
    let mut judged = None;
    campaign(&of, |line, _| judged = Some(line.judged.clone()));
    judged.expect("a campaign of one seed tells of it")
}

fn one(args: &Sim, stage: &Stage, mix: Mix, seed: u64) -> Result<Exit, Trouble> {
    let whole = Recipe::draw(stage, mix, seed);
    let kept = |typed: &[usize], known: Vec<usize>, what: &str| match typed {
        [] => Ok(None),
        [0] => Ok(Some(Vec::new())),
        typed => match typed.iter().find(|number| !known.contains(number)) {
            None => Ok(Some(typed.to_vec())),
            Some(number) => Err(Trouble::Usage {
                code: "cli::seeds",
                what: format!(
                    "种子 {seed} 没有 {what} {number} · seed {seed} has no {what} {number}"
                ),
                help: format!("它有: {known:?} · it has: {known:?}"),
            }),
        },
    };
    let troubles = whole.troubles.iter().map(|(number, _)| *number).collect();
    let cases: Vec<usize> = whole.cases.iter().map(|(number, _)| *number).collect();
    let cases = kept(&args.cases, cases, "case")?.filter(|kept| !kept.is_empty());
    let troubles = kept(&args.keep, troubles, "trouble")?;
    let recipe = whole.keeping(cases.as_deref(), troubles.as_deref());
    let trace = if args.trace {
        Trace::kept()
    } else {
        Trace::default()
    };
    let played = play(stage, &recipe, &trace);
    let judged = Judged::of(&played);
    let typed_part = !args.keep.is_empty() || !args.cases.is_empty();
    let shrunk =
        (judged.failure.is_some() && !typed_part).then(|| smaller(stage, &recipe, judged.clone()));
    let told_of = SeedTold {
        plan: stage.plan(),
        replay: replay(args),
        recipe: &recipe,
        played: &played,
        judged: &judged,
        events: &trace.events(),
        shrunk: shrunk.as_ref(),
    };
    to_stdout(&if args.json {
        json::seed(&told_of)
    } else {
        told::seed(&told_of, args.common.lang())
    })?;
    let armed = mix.parties || !stage.faults().is_empty();
    Ok(match (&judged.failure, judged.fired) {
        (Some(_), _) => Exit::Violated,
        (None, false) if armed => Exit::Nothing,
        (None, _) => Exit::Clean,
    })
}

fn smaller(stage: &Stage, recipe: &Recipe, judged: Judged) -> Failed {
    let shrunk = shrink(stage, recipe, judged, Judged::fails_like);
    Failed {
        recipe: shrunk.recipe,
        judged: shrunk.judged,
        tries: shrunk.tries,
    }
}

fn replay(args: &Sim) -> Replay {
    Replay {
        plan: args.plan.display().to_string(),
        faults: args.faults.clone(),
        per_world: per_world(args),
        case: args.case.clone(),
    }
}

/// A fault that was armed everywhere and fired nowhere proves nothing; nor does silence about what hardly ever occurred.
fn exit(sums: &Sums, armed: bool, rare: bool) -> Exit {
    match sums.failures.is_empty() {
        false => Exit::Violated,
        true if rare || (armed && sums.fired == 0) => Exit::Nothing,
        true => Exit::Clean,
    }
}

fn seeds(typed: &str) -> Result<Range<u64>, Trouble> {
    let usage = |what: String| Trouble::Usage {
        code: "cli::seeds",
        what,
        help: "形如 0..200, 不含后者 · write it like 0..200, the last not included".to_owned(),
    };
    let parsed = typed
        .split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    let Some(seeds) = parsed else {
        return Err(usage(format!(
            "`{typed}` 不是种子的范围 · `{typed}` is no range of seeds"
        )));
    };
    if seeds.is_empty() {
        return Err(usage(format!(
            "种子范围 `{typed}` 是空的 · the range of seeds `{typed}` is empty"
        )));
    }
    Ok(seeds)
}

/// `none`, `transport`, `parties` (one fault of a party in each seed, another in the next), and faults of parties for
/// every seed, with commas between; the keys of a fault have commas too.
fn mix(typed: &str) -> Result<(Mix, Vec<FaultOrder>), Trouble> {
    let (mut mix, mut orders): (Mix, Vec<String>) = (Mix::default(), Vec::new());
    for word in typed
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
    {
        let is_key = word.contains('=') && !word.contains(':');
        match (word, orders.last_mut()) {
            ("none", _) => {}
            ("transport", _) => mix.transport = true,
            ("parties", _) => mix.parties = true,
            (key, Some(order)) if is_key => {
                order.push(',');
                order.push_str(key);
            }
            (order, _) => orders.push(order.to_owned()),
        }
    }
    let unknown = |order: &&String| {
        let id = order.split(':').next().unwrap_or_default();
        FaultClass::all().iter().all(|class| class.id != id)
    };
    if let Some(order) = orders.iter().find(unknown) {
        let known = FaultClass::all().iter().map(|class| class.id);
        let near = nearest(order, known.chain(["none", "transport", "parties"]));
        return Err(Trouble::Usage {
            code: "cli::fault",
            what: format!(
                "`{order}` 不是 none、transport、parties, 也不是目录里的故障 · `{order}` is neither none, transport, parties nor a fault of the catalogue"
            ),
            help: near.map_or_else(String::new, |near| {
                format!("最接近的: `{near}` · did you mean `{near}`?")
            }),
        });
    }
    Ok((mix, faults(&orders)?))
}

fn nothing(nothing: NothingToDraw) -> Trouble {
    let why = match nothing {
        NothingToDraw::NoInstant => "计划没有时间",
        NothingToDraw::NoSwipe => "计划中没有可模拟的刷卡用例",
    };
    Trouble::Nothing {
        what: format!("{why} · {nothing}"),
        help: "crosswipe run PLAN --list".to_owned(),
    }
}

//! 运行 · `crosswipe run PLAN`: parties up, cases run, everything undone, judged, told.
//!
//! The wiring of all crates: scenarios → mocks → runner → verify → reports. Whatever happens after the
//! journal is open, what stands in it is judged and reported, and the trouble is said at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{Level, Moment, Party, PseudonymKey, RunId, sha256_hex};
use crosswipe_journal::{Cert, Draft, History, Journal, Payload, RunHeader};
use crosswipe_mocks::{FaultOrder, World, WorldConfig};
use crosswipe_reports::{json, terminal};
use crosswipe_runner::clock::{Clock, real_now};
use crosswipe_runner::transport::Http;
use crosswipe_runner::{Finished, Halt, Interrupt, RunConfig, beginning};
use crosswipe_scenarios::Plan;
use crosswipe_verify::certificate_core_sha256;

use crate::args::{ClockKind, Run, TransportKind};
use crate::command::report::write_all;
use crate::command::select::{nearest, select};
use crate::command::verify::{Judged, WIDTH, judged, judged_on, story};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::{private, progress, rundir};

/// Whole-exchange deadline between the harness and mock parties, longer than their own hops together.
const DEADLINE: Duration = Duration::from_secs(10);

/// Runs a plan from its files to its exit code.
pub(crate) fn run(args: &Run) -> Result<Exit, Trouble> {
    not_built_yet(args)?;
    let plan = crosswipe_scenarios::load(&args.plan).map_err(Trouble::Plan)?;
    let faults = faults(&args.faults)?;
    let selected = select(&plan, args)?;
    if args.list {
        list(&plan, &selected);
        return Ok(Exit::Clean);
    }
    let started = real_now();
    let (run_id, dir) = place(args, &plan, started)?;
    rundir::create(&dir)?;
    let key = private::plan_key(&dir, &plan.id)?;
    rundir::keep_plan(&dir, &plan.files, &key)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::Runtime)?;
    let prepared = Prepared {
        plan,
        faults,
        selected,
        run_id,
        dir,
        key,
    };
    let ended = runtime.block_on(whole(args, prepared));
    // Connections of the mock parties end with their world; nothing else is worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// Everything that is known before anything is sent.
struct Prepared {
    plan: Plan,
    faults: Vec<FaultOrder>,
    selected: BTreeSet<usize>,
    run_id: RunId,
    dir: PathBuf,
    key: PseudonymKey,
}

async fn whole(args: &Run, prepared: Prepared) -> Result<Exit, Trouble> {
    let Prepared {
        plan,
        faults,
        selected,
        run_id,
        dir,
        key,
    } = prepared;
    let lang = args.common.lang();
    let begins = beginning(&plan).ok_or_else(|| Trouble::Nothing {
        what: "计划没有时间 · the plan has no instant to begin at".to_owned(),
        help: "crosswipe explain cli::nothing_selected".to_owned(),
    })?;
    let clock = Clock::simulated(begins);
    let world = stand_up(&plan, &faults, &dir, &clock).await?;
    let header = header(args, &plan, &run_id, &key, &dir)?;
    let journal = Journal::create(&dir, header, begins)?;
    if !args.json && !args.common.quiet && std::io::stderr().is_terminal() {
        to_stderr(&format!(
            "{run_id}  链首 chain head {}\n",
            grouped(&journal.head_of_chain())
        ));
    }
    let bar = progress::line(lang, args.common.quiet, selected.len());
    let interrupt = Arc::new(Interrupt::default());
    let watcher = tokio::spawn(ctrl_c(Arc::clone(&interrupt), dir.clone()));
    let shown = bar.clone();
    let plan_id = plan.id.clone();
    let config = RunConfig {
        dir: dir.clone(),
        run_id,
        patience: crosswipe_runner::Patience {
            seed: args.seed.unwrap_or(plan.seed),
            ..crosswipe_runner::Patience::default()
        },
        plan,
        selected,
        key,
        jobs: args.jobs.map(|jobs| jobs as usize),
        progress: Box::new(move |at| progress::show(&shown, at)),
    };
    let transport = Http::new(addresses(&config.plan, &world), DEADLINE);
    let ran = crosswipe_runner::run(config, clock, journal, transport, interrupt).await;
    watcher.abort();
    bar.finish_and_clear();
    let fired: Vec<(String, u64)> = args
        .faults
        .iter()
        .cloned()
        .zip(world.fired().into_iter().map(|(_, times)| times))
        .collect();
    world.stop().await;
    match ran {
        Ok(finished) => certify(args, &dir, &plan_id, finished, &fired),
        Err(halt) => Err(report_what_stands(args, &dir, &fired, halt)),
    }
}

/// Stands the mock parties up, with their logs kept in the run folder.
async fn stand_up(
    plan: &Plan,
    faults: &[FaultOrder],
    dir: &Path,
    clock: &Arc<Clock>,
) -> Result<World, Trouble> {
    let clock = Arc::clone(clock);
    let config = WorldConfig {
        topology: plan.topology.clone(),
        registry: plan.registry.clone(),
        window: plan.window.clone(),
        arranged: plan.arranged.clone(),
        policy: Default::default(),
        msgid_mode: Default::default(),
        faults: faults.to_vec(),
        parties_dir: Some(dir.join("parties")),
        time: Arc::new(move || clock.now()),
    };
    World::start(config).await.map_err(Trouble::World)
}

fn addresses(plan: &Plan, world: &World) -> BTreeMap<Party, SocketAddr> {
    plan.topology
        .parties()
        .into_iter()
        .filter_map(|party| Some((party.clone(), world.address(&party)?)))
        .collect()
}

fn header(
    args: &Run,
    plan: &Plan,
    run_id: &RunId,
    key: &PseudonymKey,
    dir: &Path,
) -> Result<RunHeader, Trouble> {
    Ok(RunHeader {
        run_id: run_id.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: plan.resolved(key),
        files: plan
            .files
            .iter()
            .map(|(name, bytes)| (name.clone(), sha256_hex(bytes)))
            .collect(),
        seed: args.seed.unwrap_or(plan.seed),
        clock: "simulated".to_owned(),
        transport: "http".to_owned(),
        // Every party of this run is a mock that shows its whole ledger.
        parties: plan
            .topology
            .parties()
            .into_iter()
            .map(|party| (party, Level::L4))
            .collect(),
        faults: args.faults.clone(),
        previous_tail: private::previous_tail(dir, &plan.id)?,
    })
}

/// Judges, certifies, closes, reports.
fn certify(
    args: &Run,
    dir: &Path,
    plan: &str,
    finished: Finished,
    fired: &[(String, u64)],
) -> Result<Exit, Trouble> {
    let history = finished.journal.history()?;
    let mut evidence = rundir::evidence(dir, &history, None)?;
    let first = judged_on(dir, &history, &evidence, fired)?;
    let mut classes: Vec<_> = first
        .judgement
        .findings
        .iter()
        .map(|finding| finding.class.clone())
        .collect();
    classes.sort();
    classes.dedup();
    let cert = Cert {
        verdict: first.judgement.verdict.name().to_owned(),
        classes,
        sha256: certificate_core_sha256(&first.certificate).unwrap_or_default(),
    };
    finished.journal.append_and_wait(Draft {
        at: finished.at,
        payload: Payload::Cert(cert),
        message: None,
    })?;
    finished.close()?;
    let history = crosswipe_journal::read(dir)?;
    rundir::extend(&mut evidence, &history);
    let last = judged_on(dir, &history, &evidence, fired)?;
    rundir::write(&dir.join(rundir::CERTIFICATE), last.certificate.as_bytes())?;
    rundir::write_sums(dir)?;
    private::remember_tail(dir, plan, &history.last().sha256)?;
    tell(args, dir, &history, &last, fired)?;
    Ok(last.exit)
}

/// A run that stopped in the middle still has a report of what stands; then the trouble is said.
fn report_what_stands(args: &Run, dir: &Path, fired: &[(String, u64)], halt: Halt) -> Trouble {
    let reported = crosswipe_journal::read(dir)
        .map_err(Trouble::from)
        .and_then(|history| {
            let judged = judged(dir, &history, fired)?;
            let stands = Judged {
                exit: Exit::Harness,
                ..judged
            };
            tell(args, dir, &history, &stands, fired)
        });
    if let Err(trouble) = reported {
        crate::complain::trouble(&trouble);
    }
    Trouble::Halt(halt)
}

fn tell(
    args: &Run,
    dir: &Path,
    history: &History,
    judged: &Judged,
    fired: &[(String, u64)],
) -> Result<(), Trouble> {
    let lang = args.common.lang();
    let story = story(dir, history, judged, fired)?;
    write_all(dir, &story, lang)?;
    to_stdout(&if args.json {
        json(&story)
    } else {
        terminal(&story, lang, WIDTH)
    });
    Ok(())
}

/// Ctrl-C once: no new swipes, undo, report. Twice: stop now and say how to go on.
async fn ctrl_c(interrupt: Arc<Interrupt>, dir: PathBuf) {
    if stop_signal().await.is_err() {
        return;
    }
    interrupt.ask();
    to_stderr(
        "\n已停止新刷卡, 正在回退; 再按一次立即退出 · no new swipes, undoing; press again to stop now\n",
    );
    if stop_signal().await.is_ok() {
        to_stderr(&format!(
            "已退出, 未完成回退 · stopped; see what is open: crosswipe verify {}\n",
            dir.display()
        ));
        std::process::exit(i32::from(Exit::Indeterminate.code()));
    }
}

#[cfg(unix)]
async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// What the command line names and this version does not do says so, before anything else.
fn not_built_yet(args: &Run) -> Result<(), Trouble> {
    let missing = match (args.clock, args.transport) {
        (ClockKind::Wall, _) => "--clock wall",
        (_, TransportKind::Memory) => "--transport memory",
        _ => return Ok(()),
    };
    Err(Trouble::Usage {
        code: "cli::not_built",
        what: format!("`{missing}` is not built yet"),
        help: "本版本只有 --clock simulated --transport http · this version has only these"
            .to_owned(),
    })
}

fn faults(typed: &[String]) -> Result<Vec<FaultOrder>, Trouble> {
    typed
        .iter()
        .map(|text| {
            text.parse::<FaultOrder>().map_err(|error| {
                let id = text.split(':').next().unwrap_or(text);
                let near = nearest(id, FaultOrder::known());
                let help = near.map_or_else(String::new, |near| {
                    format!("最接近的 · did you mean `{near}`?")
                });
                Trouble::Usage {
                    code: "cli::fault",
                    what: error.to_string(),
                    help,
                }
            })
        })
        .collect()
}

fn list(plan: &Plan, selected: &BTreeSet<usize>) {
    let lines: String = selected
        .iter()
        .map(|index| {
            let case = &plan.cases[*index];
            format!(
                "{}  {}  {}\n",
                case.start.map_or_else(String::new, Moment::short),
                case.id,
                case.title
            )
        })
        .collect();
    to_stdout(&lines);
}

/// The run's name and folder.
fn place(args: &Run, plan: &Plan, started: Moment) -> Result<(RunId, PathBuf), Trouble> {
    let name = match &args.out {
        Some(dir) => dir
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("run")
            .to_owned(),
        None => format!("{}-{}", plan.id, started.compact_ms()),
    };
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .take(64)
        .collect();
    let run_id = RunId::parse(if name.is_empty() { "run" } else { &name }).map_err(|error| {
        Trouble::Usage {
            code: "cli::run_id",
            what: error.to_string(),
            help: "用 --out 指定目录 · name a folder with --out".to_owned(),
        }
    })?;
    let dir = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("runs").join(run_id.as_str()));
    Ok((run_id, dir))
}

/// 64 hex digits as eight groups of four pairs, as they are read out over the phone.
fn grouped(hash: &str) -> String {
    hash.as_bytes()
        .chunks(8)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

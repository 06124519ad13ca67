//! 运行 · `crosswipe run PLAN`: parties up, cases run, everything undone, judged, told.
//!
//! The wiring of all crates: scenarios → mocks → runner → verify → reports. Whatever happens after the
//! journal is open, what stands in it is judged and reported, and the trouble is said at the end.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{Level, Moment, PseudonymKey, RunId, sha256_hex};
use crosswipe_journal::{Journal, RunHeader};
use crosswipe_mocks::{BadFault, FaultClass, FaultOrder, Faults, amended_before};
use crosswipe_reports::chain_groups;
use crosswipe_runner::clock::{Clock, real_now};
use crosswipe_runner::{Interrupt, Patience, Permit, RunConfig, Shelf, beginning};
use crosswipe_scenarios::Plan;

use crate::args::{AfterWindow, ClockKind, Run, TransportKind};
use crate::byhand::set_aside;
use crate::command::select::{Selected, Share, nearest, select};
use crate::command::verify::{judged, read_sealed};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::conclude::{Telling, certify, report_what_stands};
use crate::contacts;
use crate::driven::Hospitals;
use crate::exit::Exit;
use crate::following::{Following, STDOUT};
use crate::gateway_keys::GatewayKeys;
use crate::inner::{Setting, edit_evidence, must_be_possible};
use crate::progress::Board;
use crate::served::Served;
use crate::shift::Shift;
use crate::stage::{
    BOOKS, Bent, MSGID_MODE, Parties, books, ctrl_c, parties, parties_in_memory, world_id,
};
use crate::tenancy::{Tenancy, turn_of_run};
use crate::{bulletin, live, private, proofs, rundir, shift};

/// The switch of RUN that names hospitals' own systems.
const DRIVEN: &str = "driven";

/// Runs a plan from its files to its exit code.
pub(crate) fn run(args: &Run) -> Result<Exit, Trouble> {
    live::must_fit_the_clock(args)?;
    one_thing_on_stdout(args)?;
    permit(&args.after_window)?;
    let mut plan = shift::load(&args.plan, args.shift.as_ref())?;
    must_be_over_http(args, &plan)?;
    let faults = faults(&args.faults)?;
    let seed = args.seed.unwrap_or(plan.seed);
    let faults: Vec<FaultOrder> = faults.into_iter().map(|order| order.seeded(seed)).collect();
    stand_up_old_platforms(&mut plan, &args.faults);
    at_parties_of(&plan, &faults)?;
    must_be_possible(&faults, args.transport)?;
    let mut selected = select(&plan, args)?;
    let aside = set_aside(&mut plan, &mut selected)?;
    let order = match args.list {
        true => None,
        false => live::ask(args, &plan, &mut selected, real_now())?,
    };
    let proofs = proofs::ordered(&plan, &selected.proofs, seed)?;
    let aside = aside.told(&plan, args.common.lang());
    if args.list {
        list(&plan, &selected)?;
        to_stderr(&aside);
        return Ok(Exit::Clean);
    }
    if !plan.attended.is_empty() && !args.common.quiet {
        to_stderr(&format!(
            "计划另有 {} 例由人和 HIS 来办, 本次不办: crosswipe serve · not part of a run: cases that a person and a HIS carry out\n",
            plan.attended.len()
        ));
    }
    let served = served(args, &plan)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::Runtime)?;
    let driven = match &order {
        // Real systems are where `live` says.
        Some(_) => Hospitals::default(),
        None => runtime.block_on(Hospitals::greet(&plan))?,
    };
    if let Some(served) = &served {
        stand_up_old_platforms(&mut plan, &served.faults);
    }
    let following = args.events.as_deref().map(Following::to).transpose()?;
    let started = real_now();
    let (run_id, dir) = place(args.out.as_deref(), &plan, started)?;
    let _until_the_end = match &served {
        Some(served) => Some(Tenancy::begin(&served.books, &dir)?),
        None => None,
    };
    if let Some(served) = &served {
        served.shift(args.shift.as_ref().map_or(0, Shift::ms))?;
        // Bounds that these parties were told of in an earlier run of theirs.
        let told = amended_before(&served.books.join(BOOKS)).map_err(Trouble::World)?;
        plan = bulletin::with_all(plan, told)?;
    }
    rundir::create(&dir)?;
    let key = private::plan_key(&dir, &plan.id)?;
    rundir::keep_plan(&dir, &plan.files, &key)?;
    contacts::keep(&dir, &plan)?;
    if let Some(served) = &served {
        rundir::keep_served(&dir, &served.books)?;
    }
    let prepared = Prepared {
        plan,
        faults,
        selected,
        proofs,
        run_id,
        dir,
        key,
        served,
        driven,
        order,
        following,
    };
    let ended = runtime.block_on(whole(args, prepared));
    // Whatever the run came to, this is still to be done.
    to_stderr(&aside);
    // Connections of the mock parties end with their world; nothing else is worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// Everything that is known before anything is sent.
struct Prepared {
    plan: Plan,
    faults: Vec<FaultOrder>,
    selected: Selected,
    proofs: Vec<proofs::Ordered>,
    run_id: RunId,
    dir: PathBuf,
    key: PseudonymKey,
    served: Option<Served>,
    driven: Hospitals,
    order: Option<live::Order>,
    following: Option<Following>,
}

async fn whole(args: &Run, prepared: Prepared) -> Result<Exit, Trouble> {
    let Prepared {
        plan,
        faults,
        selected,
        proofs,
        run_id,
        dir,
        key,
        served,
        driven,
        order,
        following,
    } = prepared;
    let lang = args.common.lang();
    let follows_on_stdout = args.events.as_deref() == Some(Path::new(STDOUT));
    let telling = Telling {
        silent: follows_on_stdout,
        json: args.json,
        lang,
    };
    let begins = beginning(&plan).ok_or_else(|| Trouble::Nothing {
        what: "计划没有时间 · the plan has no instant to begin at".to_owned(),
        help: "crosswipe explain cli::nothing_selected".to_owned(),
    })?;
    let clock = match args.clock {
        ClockKind::Simulated => Clock::simulated(begins),
        ClockKind::Wall => Clock::wall(Box::new(real_now)),
    };
    let begins = match clock.is_wall() {
        true => clock.now(),
        false => begins,
    };
    let books = books(&dir, served.as_ref());
    let bent = Bent {
        faults: &faults,
        msgid_mode: args.msgid_mode,
    };
    if !args.common.quiet {
        faults
            .iter()
            .filter_map(drawn)
            .for_each(|text| to_stderr(&text));
    }
    let (asked, mode) = match &served {
        Some(served) => (served.faults.clone(), served.msgid_mode.clone()),
        None => {
            let mode = args.msgid_mode.map(|mode| mode.name().to_owned());
            (written(&args.faults, &faults), mode)
        }
    };
    // Beside whoever keeps the books.
    let site = served.as_ref().map_or(&dir, |served| &served.books);
    let keys = GatewayKeys::of_site(site, &plan)?;
    let parties = match args.transport {
        _ if order.is_some() => Parties::Live,
        TransportKind::Http => {
            parties(&plan, &bent, &dir, served, &driven, (&clock, &keys)).await?
        }
        TransportKind::Memory => parties_in_memory(&plan, &bent, &dir),
    };
    parties.arm_anew().await?;
    let turn = turn_of_run(&books)?;
    let moved = args.shift.as_ref();
    let moved = moved.map(|by| (shift::SHIFT.to_owned(), by.text().to_owned()));
    let confirmed = order.as_ref();
    let confirmed = confirmed.map(|order| (live::CONFIRMED.to_owned(), order.confirmed.clone()));
    let shared = selected.share.as_ref().map(Share::switches);
    let header = RunHeader {
        faults: asked.clone(),
        switches: mode
            .map(|mode| (MSGID_MODE.to_owned(), mode))
            .into_iter()
            .chain(moved)
            .chain(confirmed)
            .chain(shared.into_iter().flatten())
            .collect(),
        clock: clock.name().to_owned(),
        ..honest(args, &plan, &run_id, &key, &dir, &books)?
    };
    let header = match &order {
        Some(order) => RunHeader {
            transport: live::TRANSPORT.to_owned(),
            parties: live::levels(&plan, &order.live),
            world: Some(live::world(&order.live)),
            ..header
        },
        None => header,
    };
    let header = of_driven(header, &driven);
    // From the first record on there is a run that can be asked to stop.
    let interrupt = Arc::new(Interrupt::default());
    let watcher = tokio::spawn(ctrl_c(Arc::clone(&interrupt), dir.clone()));
    let seed = args.seed.unwrap_or(plan.seed);
    let inner = parties.inner(Setting {
        dir: &dir,
        seed,
        clock: &clock,
        window: &plan.window.latest(),
    });
    let faulty = inner.round_store();
    let round = |store| {
        let store = faulty(store);
        match &following {
            Some(following) => following.round(store),
            None => store,
        }
    };
    let played = selected
        .cases
        .iter()
        .map(|index| plan.cases[*index].id.clone());
    let apart = selected
        .proofs
        .iter()
        .map(|index| plan.proofs[*index].case.id.clone());
    let quiet = (args.common.quiet, args.json);
    let board = Board::new(&header, played.chain(apart), lang, quiet);
    let journal = Journal::create_over(&dir, header, begins, &round)?;
    private::remember_head(&dir, &plan.id, &journal.head_of_chain())?;
    // A program that reads JSON finds both ends in it.
    if !args.common.quiet && (!args.json || std::io::stderr().is_terminal()) {
        let head = chain_groups(&journal.head_of_chain());
        to_stderr(&format!("{run_id}  链首 chain head {head}\n"));
    }
    let plan_id = plan.id.clone();
    let apart = proofs::Apart {
        plan: plan.clone(),
        dir: dir.clone(),
        key: key.clone(),
        seed,
        board: board.clone(),
    };
    let of_run = driven.of_run(&plan, &parties);
    let config = RunConfig {
        shelf: Shelf::Folder(dir.clone()),
        run_id,
        patience: Patience {
            seed,
            ..Patience::default()
        },
        plan,
        selected: selected.cases,
        key,
        turn,
        jobs: args.jobs.map(|jobs| jobs as usize),
        after_window: permit(&args.after_window)?,
        first_look_late: inner.looks_late(),
        bulletin: Some(bulletin::of(&dir, parties.hearers())),
        driven: of_run,
        live: order.map(|order| order.live),
        progress: board.watcher(),
    };
    let transport = inner.round_network(parties.network(&config.plan, &keys, &driven)?);
    let ran =
        crosswipe_runner::run(config, clock, journal, transport, Arc::clone(&interrupt)).await;
    let edited = match &ran {
        Ok(finished) => inner.met_at_the_end("certificate-edited", finished.at),
        Err(_) => None,
    };
    let fired = parties.fired(&asked).await;
    parties.stop().await;
    if let Ok(finished) = &ran {
        proofs::play_all(&apart, &proofs, finished, &interrupt).await?;
    }
    watcher.abort();
    board.clear();
    let ended = match ran {
        Ok(finished) => {
            let exit = certify(telling, &dir, &plan_id, finished, &fired);
            exit.and_then(|exit| match edited {
                Some(order) => tampered(&dir, edit_evidence(&dir, order, seed)?, &fired),
                None => Ok(exit),
            })
        }
        Err(halt) => report_what_stands(telling, &dir, &fired, halt),
    };
    if let Some(following) = following {
        following.end();
    }
    ended
}

/// Somebody has changed the evidence after it was certified: whoever looks again must find it, and does so here.
fn tampered(dir: &Path, file: PathBuf, fired: &[(String, u64)]) -> Result<Exit, Trouble> {
    to_stderr(&format!(
        "按令改动了证据 · the evidence was edited by order: {}\n",
        file.display()
    ));
    let history = read_sealed(dir)?;
    let judged = judged(dir, &history, fired)?;
    if let Some(finding) = judged.judgement.findings.first() {
        to_stderr(&format!(
            "复核发现 · checked again: {} {}\n",
            finding.class, finding.location
        ));
    }
    Ok(judged.exit)
}

/// The orders as they stand in RUN: as typed, and of what draws others the seed that it draws from.
fn written(typed: &[String], faults: &[FaultOrder]) -> Vec<String> {
    let one = |(typed, order): (&String, &FaultOrder)| match order.draws() {
        true => order.to_string(),
        false => typed.clone(),
    };
    typed.iter().zip(faults).map(one).collect()
}

/// What an order has drawn, if it draws others.
fn drawn(order: &FaultOrder) -> Option<String> {
    let parts = || {
        let parts = order.parts().into_iter();
        parts.map(|part| part.to_string()).collect::<Vec<_>>()
    };
    order.draws().then(|| {
        format!(
            "{order} = {}
",
            parts().join(" + ")
        )
    })
}

/// RUN of parties that do nothing wrong.
fn honest(
    args: &Run,
    plan: &Plan,
    run_id: &RunId,
    key: &PseudonymKey,
    dir: &Path,
    books: &Path,
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
        transport: match args.transport {
            TransportKind::Http => "http",
            TransportKind::Memory => "memory",
        }
        .to_owned(),
        // Every party of this run is a mock that shows its whole ledger.
        parties: plan
            .topology
            .parties()
            .into_iter()
            .map(|party| (party, Level::L4))
            .collect(),
        faults: Vec::new(),
        switches: BTreeMap::new(),
        previous_tail: private::previous_tail(dir, &plan.id)?,
        world: Some(world_id(books)?),
    })
}

/// RUN says which hospitals' own systems were driven, and where; what they show is theirs to say.
fn of_driven(mut header: RunHeader, driven: &Hospitals) -> RunHeader {
    header.parties.extend(driven.levels());
    let named: Vec<String> = driven
        .addresses()
        .map(|(party, at)| format!("{}@{at}", party.code))
        .collect();
    if !named.is_empty() {
        let named = (DRIVEN.to_owned(), named.join(" "));
        header.switches.extend([named]);
    }
    header
}

/// A document and a stream would mix.
fn one_thing_on_stdout(args: &Run) -> Result<(), Trouble> {
    match args.json && args.events.as_deref() == Some(Path::new(STDOUT)) {
        true => Err(Trouble::Usage {
            code: "cli::events",
            what: "`--json` 和 `--events -` 都要用标准输出 · `--json` and `--events -` both want stdout".to_owned(),
            help: "--events 写成文件 · name a file for --events".to_owned(),
        }),
        false => Ok(()),
    }
}

/// A hospital's own system is reached over HTTP alone.
fn must_be_over_http(args: &Run, plan: &Plan) -> Result<(), Trouble> {
    match plan.driven.keys().next() {
        Some(code) if args.transport == TransportKind::Memory => Err(Trouble::Usage {
            code: "cli::his_adapter",
            what: format!(
                "`{code}` 的 `his:` 用 `--transport memory` 到不了 · `his:` of `{code}` is not reached by `--transport memory`"
            ),
            help: "去掉 --transport memory · leave it out".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Who allows undo after the window's end, and why: both, or nobody.
pub(crate) fn permit(typed: &AfterWindow) -> Result<Option<Permit>, Trouble> {
    let (Some(reason), Some(by)) = (&typed.after_window, &typed.by) else {
        return Ok(None);
    };
    if reason.trim().is_empty() || by.trim().is_empty() {
        return Err(Trouble::Usage {
            code: "cli::after_window",
            what: "窗口结束后再撤, 要写原因和姓名 · undo after the window's end needs a reason and a name".to_owned(),
            help: "--after-window 原因 --by 姓名 · --after-window REASON --by NAME".to_owned(),
        });
    }
    Ok(Some(Permit {
        by: by.trim().to_owned(),
        reason: reason.trim().to_owned(),
    }))
}

/// The parties of another process, if the command line names some.
fn served(args: &Run, plan: &Plan) -> Result<Option<Served>, Trouble> {
    let Some(books) = &args.served else {
        return Ok(None);
    };
    let bends = [
        (
            "--transport memory",
            args.transport == TransportKind::Memory,
        ),
        ("--fault", !args.faults.is_empty()),
        ("--msgid-mode", args.msgid_mode.is_some()),
    ];
    if let Some((option, _)) = bends.into_iter().find(|(_, given)| *given) {
        return Err(Trouble::Usage {
            code: "cli::served_faults",
            what: format!(
                "`{option}` 说的是本次运行自己的各方, 不是另一进程的 · `{option}` is about parties of the run's own, not those of another process"
            ),
            help: format!(
                "开台时写: crosswipe serve PLAN --books {0} {option} … · name it where they are started: crosswipe serve PLAN --books {0} {option} …",
                books.display()
            ),
        });
    }
    Served::find(books, plan).map(Some)
}

pub(crate) fn faults(typed: &[String]) -> Result<Vec<FaultOrder>, Trouble> {
    typed
        .iter()
        .map(|text| {
            text.parse::<FaultOrder>().map_err(|error| {
                let id = text.split(':').next().unwrap_or(text);
                let all = FaultClass::all().iter().map(|class| class.id);
                let help = match (&error, nearest(id, all)) {
                    (BadFault::Unknown { .. }, Some(near)) => {
                        format!("最接近的: `{near}` · did you mean `{near}`?")
                    }
                    (BadFault::Unknown { .. }, None) => String::new(),
                    _ => format!("见 crosswipe explain {id} · see crosswipe explain {id}"),
                };
                Trouble::Usage {
                    code: "cli::fault",
                    what: match &error {
                        BadFault::Unknown { .. } => format!("没有 `{id}` 这个故障 · {error}"),
                        _ => format!("`{text}` 写得不对 · {error}"),
                    },
                    help,
                }
            })
        })
        .collect()
}

/// A fault about platforms of before the cutover stands them up beside the new ones.
pub(crate) fn stand_up_old_platforms(plan: &mut Plan, faults: &[String]) {
    let orders = faults
        .iter()
        .filter_map(|text| text.parse::<FaultOrder>().ok());
    plan.topology.old_platforms |= orders.into_iter().any(|order| order.needs_old_platforms());
}

/// A fault at a party that the plan has not would never fire, and prove nothing.
pub(crate) fn at_parties_of(plan: &Plan, faults: &[FaultOrder]) -> Result<(), Trouble> {
    let parties = plan.topology.parties();
    let mut named = Faults::parties(faults).into_iter();
    match named.find(|(_, party)| !parties.contains(party)) {
        None => Ok(()),
        Some((order, party)) => {
            let names: Vec<String> = parties.iter().map(ToString::to_string).collect();
            let near = nearest(&party.to_string(), names.iter().map(String::as_str));
            Err(Trouble::Usage {
                code: "cli::fault",
                what: format!(
                    "计划没有 `{party}` 这一方, 故障 `{0}` 无处可出 · the plan has no party `{party}` for the fault `{0}`",
                    order.id()
                ),
                help: near.map_or_else(String::new, |near| {
                    format!("最接近的: `{near}` · did you mean `{near}`?")
                }),
            })
        }
    }
}

fn list(plan: &Plan, selected: &Selected) -> Result<(), Trouble> {
    let cases = selected.cases.iter().map(|index| &plan.cases[*index]);
    let proofs = selected.proofs.iter();
    let proofs = proofs.map(|index| &plan.proofs[*index].case);
    let lines: String = cases
        .chain(proofs)
        .map(|case| {
            format!(
                "{}  {}  {}\n",
                case.start.map_or_else(String::new, Moment::short),
                case.id,
                case.title
            )
        })
        .collect();
    to_stdout(&lines)
}

/// The run's name and folder.
pub(crate) fn place(
    out: Option<&Path>,
    plan: &Plan,
    started: Moment,
) -> Result<(RunId, PathBuf), Trouble> {
    place_of(out, &plan.id, started)
}

/// As [`place`], by the first part of the name alone.
pub(crate) fn place_of(
    out: Option<&Path>,
    name: &str,
    started: Moment,
) -> Result<(RunId, PathBuf), Trouble> {
    let name = match out {
        Some(dir) => dir
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("run")
            .to_owned(),
        None => format!("{name}-{}", started.compact_ms()),
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
    let dir = out.map_or_else(|| Path::new("runs").join(run_id.as_str()), Path::to_owned);
    Ok((run_id, dir))
}

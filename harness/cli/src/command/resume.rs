//! 续跑 · `crosswipe resume RUN`: finishes an interrupted run, undo and verification only.
//!
//! Reads what the run itself kept (`private/`: plan, persons, key), not the files of today. Mock parties
//! that lived in the killed process come back with their books from `parties/`; those of `crosswipe serve`
//! are asked where they are. A run that another process holds is refused, or taken over with `--takeover`.
//! A finished run is left as it is, and said so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{Level, Moment, Party, PseudonymKey};
use crosswipe_journal::{Draft, History, Journal, Note, Payload, Record, RunHeader};
use crosswipe_mocks::{MsgidMode, fired_before};
use crosswipe_reports::{Lang, chain_groups};
use crosswipe_runner::clock::{Clock, real_now};
use crosswipe_runner::{Driven, Interrupt, Patience, Permit, RunConfig, Shelf, people_with_open};
use crosswipe_scenarios::Plan;

use crate::args::Resume;
use crate::bulletin::Hearers;
use crate::command::run::permit;
use crate::command::verify::{faults_met, judged};
use crate::complain::{Trouble, to_stderr};
use crate::conclude::{Files, Telling, certify, complete, report_what_stands, tell};
use crate::driven::Hospitals;
use crate::exit::Exit;
use crate::gateway_keys::GatewayKeys;
use crate::progress::Board;
use crate::served::Served;
use crate::shift::Shift;
use crate::stage::{
    BOOKS, Bent, MSGID_MODE, Parties, books, counted, ctrl_c, part_books, parties, world_id,
};
use crate::tenancy::{Tenancy, must_be_free_for, turn_of_resumption};
use crate::{bulletin, live, rundir, shift};

/// The note about a fault that a resumed run does not inject any more.
const NOT_CARRIED_OVER: &str = "fault-not-carried-over";

/// The note about a commit that was never finished.
const TORN_TAIL: &str = "torn-tail";

/// Finishes a run, or says that it is finished.
pub(crate) fn resume(args: &Resume) -> Result<Exit, Trouble> {
    let telling = Telling {
        silent: false,
        json: args.json,
        lang: args.common.lang(),
    };
    let torn = match args.takeover {
        // Of a process that lives the end of the log may be on its way.
        true => None,
        false => crosswipe_journal::torn_tail(&args.run)?,
    };
    let history = crosswipe_journal::read(&args.run)?;
    if history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Cert(_)))
    {
        return finished_already(&args.run, &history, telling);
    }
    must_be_reachable(&args.run, &history)?;
    let is_live = history.header().transport == live::TRANSPORT;
    let begins = begins(args, &history)?;
    let permit = permit(&args.after_window)?;
    let moved = history.header().switches.get(shift::SHIFT);
    let moved = moved.and_then(|text| text.parse().ok());
    let plan = shift::moved(rundir::kept_plan(&args.run)?, moved.as_ref());
    let mut plan = bulletin::amended(plan, &args.run, &history, begins)?;
    plan.topology.old_platforms |= header_names_old_platforms(&plan, history.header());
    if permit.is_none() {
        must_be_in_time(&args.run, &plan, &history, begins)?;
    }
    let key = rundir::kept_key(&args.run)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::Runtime)?;
    let served = served(args, &plan, history.header())?;
    let driven = match is_live {
        true => Hospitals::default(),
        false => runtime.block_on(Hospitals::greet(&plan))?,
    };
    let start = Start {
        begins,
        permit,
        torn,
        is_live,
        driven,
    };
    let ended = runtime.block_on(whole(args, plan, key, served, telling, start));
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// Whether the run was begun beside platforms of before the cutover that the plan itself does not name.
fn header_names_old_platforms(plan: &Plan, header: &RunHeader) -> bool {
    let named = plan.topology.parties();
    let mut parties = header.parties.keys();
    parties.any(|party| party.is_old_platform() && !named.contains(party))
}

/// The parties of another process, where the run used such: they must be there, and be the same world.
fn served(args: &Resume, plan: &Plan, header: &RunHeader) -> Result<Option<Served>, Trouble> {
    let remembered = rundir::kept_served(&args.run)?;
    let books = match (&args.served, remembered) {
        (_, None) if args.served.is_none() => return Ok(None),
        (Some(books), Some(_)) => books.clone(),
        (None, Some(books)) => books,
        (_, None) => {
            return Err(other_world(
                args,
                "这次运行自带各方 · the run had parties of its own",
            ));
        }
    };
    let served = Served::find(&books, plan)?;
    if header.world.as_deref() != Some(world_id(&served.books.join(BOOKS))?.as_str()) {
        return Err(other_world(
            args,
            "账册不是这次运行用过的 · not the books that the run worked on",
        ));
    }
    Ok(Some(served))
}

fn other_world(args: &Resume, why: &str) -> Trouble {
    Trouble::Usage {
        code: "cli::served_other_world",
        what: format!(
            "`{0}` 不能在这些模拟方上接着办 · `{0}` cannot go on with these parties",
            args.run.display()
        ),
        help: why.to_owned(),
    }
}

/// Makes the run ours, and says whose it was.
fn take_over(
    dir: &Path,
    at: Moment,
    quiet: bool,
    lang: Lang,
) -> Result<(Journal, History), Trouble> {
    let held = crosswipe_journal::holder(dir);
    let taken = Journal::take_over(dir, at)?;
    if let Some(owner) = held.filter(|_| !quiet) {
        let (pid, since) = (owner.pid, owner.since);
        to_stderr(&match lang {
            Lang::Zh => format!("已从进程 {pid} (自 {since}) 接管; 它不再发送, 也不再写入\n"),
            Lang::En => format!(
                "taken over from process {pid} (since {since}); it sends and writes nothing more\n"
            ),
        });
    }
    Ok(taken)
}

/// Business time goes on where it stood, a second later, so that no instant is used twice; or at a later instant, as
/// if whoever resumes had come then.
fn begins(args: &Resume, history: &History) -> Result<Moment, Trouble> {
    let earliest = history.last().at.plus_ms(1_000);
    let Some(typed) = &args.at else {
        return Ok(match history.header().clock.as_str() {
            "wall" => real_now().max(earliest),
            _ => earliest,
        });
    };
    let usage = |what: String, help: String| Trouble::Usage {
        code: "cli::resume_at",
        what,
        help,
    };
    if history.header().clock != "simulated" {
        let what = format!(
            "`--at` is for simulated clocks; this run has `{}`",
            history.header().clock
        );
        return Err(usage(what, "去掉 --at · leave it out".to_owned()));
    }
    let at = Moment::parse(typed).map_err(|_| {
        let help = "形如 2017-06-05T09:00+08:00 · write it like 2017-06-05T09:00+08:00";
        usage(format!("`{typed}` is no instant"), help.to_owned())
    })?;
    if at < earliest {
        let what = format!("`{typed}` lies before the end of the journal");
        return Err(usage(what, format!("最早 · the earliest is {earliest}")));
    }
    Ok(at)
}

/// Parties that were called in memory have died with the process that carried them: there is nobody to undo anything at.
fn must_be_reachable(dir: &Path, history: &History) -> Result<(), Trouble> {
    // Those behind a door for a HIS kept their books in memory, too.
    if !matches!(history.header().transport.as_str(), "memory" | "door") {
        return Ok(());
    }
    Err(Trouble::Usage {
        code: "cli::memory_gone",
        what: format!(
            "`{0}` 的各方在已结束的进程的内存里 · the parties of `{0}` lived in the memory of the process that ended",
            dir.display()
        ),
        help: format!(
            "账已随进程消失, 重新运行即可; 已有的部分: crosswipe verify {0} · their books are gone, run again; what stands: crosswipe verify {0}",
            dir.display()
        ),
    })
}

/// After the window's end nothing is undone unless somebody allowed it: asked before anything is written or sent.
fn must_be_in_time(
    dir: &Path,
    plan: &Plan,
    history: &History,
    begins: Moment,
) -> Result<(), Trouble> {
    let end = plan.window.in_force(begins).end();
    let Some(ended) = end.filter(|end| *end <= begins) else {
        return Ok(());
    };
    match people_with_open(history) {
        0 => Ok(()),
        people => Err(Trouble::WindowOver {
            ended,
            people,
            dir: dir.to_owned(),
        }),
    }
}

fn finished_already(dir: &Path, history: &History, telling: Telling) -> Result<Exit, Trouble> {
    let faults = faults_met(history);
    let mut judged = judged(dir, history, &faults)?;
    let completed = complete(dir, history, &judged)?;
    if completed {
        judged = self::judged(dir, history, &faults)?;
    }
    to_stderr(match (completed, telling.lang) {
        (false, Lang::Zh) => "这次运行已经结束并出证，未作任何改动\n",
        (false, Lang::En) => "this run has ended and was certified; nothing was changed\n",
        (true, Lang::Zh) => "这次运行已经出证，补写了缺的证书与摘要；未发任何报文\n",
        (true, Lang::En) => {
            "this run was certified; its missing certificate and sums were written, nothing was sent\n"
        }
    });
    let files = if completed {
        Files::Written
    } else {
        Files::Untouched
    };
    tell(telling, dir, history, &judged, &faults, files)?;
    Ok(judged.exit)
}

/// Whose books are looked at stands in RUN: what a HIS showed then it has to show now.
fn shown_then(driven: BTreeMap<Party, Driven>, header: &RunHeader) -> BTreeMap<Party, Driven> {
    let shown = |party: &Party| header.parties.get(party) > Some(&Level::L0);
    driven
        .into_iter()
        .map(|(party, one)| {
            let books = shown(&party);
            (party, Driven { books, ..one })
        })
        .collect()
}

/// What is known before anything is written.
struct Start {
    begins: Moment,
    permit: Option<Permit>,
    /// Bytes of a commit that the process before did not live to finish.
    torn: Option<u64>,
    /// Its parties are the real systems of its plan.
    is_live: bool,
    /// Hospitals' own systems, which are there.
    driven: Hospitals,
}

/// A transaction that nobody was told of was dropped: nothing of it was sent.
fn tell_torn_tail(
    journal: &Journal,
    at: Moment,
    torn: Option<u64>,
    (quiet, lang): (bool, Lang),
) -> Result<(), Trouble> {
    let Some(bytes) = torn else {
        return Ok(());
    };
    journal.append_and_wait(Draft::new(
        at,
        Payload::Note(Note {
            code: TORN_TAIL.to_owned(),
            txid: None,
            facts: BTreeMap::from([("bytes".to_owned(), bytes.to_string())]),
        }),
    ))?;
    if !quiet {
        to_stderr(&match lang {
            Lang::Zh => {
                format!("上一个进程死在一次提交中间: 丢掉没确认的 {bytes} 字节, 其中报文未发出\n")
            }
            Lang::En => format!(
                "the process before died in the middle of a commit: {bytes} unacknowledged bytes were dropped, nothing of them was sent\n"
            ),
        });
    }
    Ok(())
}

async fn whole(
    args: &Resume,
    plan: Plan,
    key: PseudonymKey,
    served: Option<Served>,
    telling: Telling,
    start: Start,
) -> Result<Exit, Trouble> {
    let dir = &args.run;
    let at = start.begins;
    let quiet = args.common.quiet || (telling.json && !std::io::stderr().is_terminal());
    if let Some(served) = &served {
        must_be_free_for(&served.books, dir)?;
    }
    let (journal, history) = match args.takeover {
        true => take_over(dir, at, quiet, telling.lang)?,
        false => Journal::reopen(dir, at)?,
    };
    tell_torn_tail(&journal, at, start.torn, (quiet, telling.lang))?;
    let _until_the_end = match &served {
        Some(served) if args.takeover => Some(Tenancy::take_over(&served.books, dir)?),
        Some(served) => Some(Tenancy::begin(&served.books, dir)?),
        None => None,
    };
    if args.takeover && served.is_none() {
        part_books(&books(dir, None))?;
    }
    let books = books(dir, served.as_ref());
    let clock = match history.header().clock.as_str() {
        "wall" => {
            let last = history.last().at.plus_ms(1_000);
            Clock::wall(Box::new(move || real_now().max(last)))
        }
        _ => Clock::simulated(history.last().at),
    };
    let header = history.header().clone();
    if !quiet {
        to_stderr(&format!(
            "{}  链首 chain head {}\n{}  链尾 chain tail {}\n",
            header.run_id,
            chain_groups(&history.records[0].sha256),
            header.run_id,
            chain_groups(&history.last().prev_sha256),
        ));
    }
    let msgid_mode = header.switches.get(MSGID_MODE);
    let bent = Bent {
        faults: &[],
        msgid_mode: msgid_mode.and_then(|name| MsgidMode::named(name)),
    };
    let asked = header.faults.clone();
    // Beside whoever keeps the books.
    let site = served.as_ref().map_or(dir, |served| &served.books);
    let keys = GatewayKeys::of_site(site, &plan)?;
    let parties = match start.is_live {
        true => Parties::Live,
        false => parties(&plan, &bent, dir, served, &start.driven, (&clock, &keys)).await?,
    };
    let before = match &parties {
        Parties::Own(_) => {
            let before = fired_before(&books).map_err(Trouble::World)?;
            let before = counted(&asked, before);
            not_carried_over(&journal, &history, at, &before, (quiet, telling.lang))?;
            before
        }
        Parties::Memory(_) | Parties::Served(_) | Parties::Live => Vec::new(),
    };
    // What was ordered while nobody ran; whatever else they know already.
    let hearers = parties.hearers();
    if let Hearers::Served(served) = &hearers {
        let moved = header.switches.get(shift::SHIFT);
        let moved = moved.and_then(|text| text.parse::<Shift>().ok());
        served.shift(moved.map_or(0, |moved| moved.ms()))?;
        for amendment in &plan.window.amended {
            hearers.tell(amendment).map_err(Trouble::World)?;
        }
    }
    let turn = turn_of_resumption(&books)?;
    let interrupt = Arc::new(Interrupt::default());
    let watcher = tokio::spawn(ctrl_c(Arc::clone(&interrupt), dir.to_owned()));
    let plan_id = plan.id.clone();
    let live = plan.live.clone().filter(|_| start.is_live);
    let driven = shown_then(start.driven.of_run(&plan, &parties), &header);
    let board = Board::new(&header, None, telling.lang, (quiet, telling.json));
    board.recall(&history.records);
    let config = RunConfig {
        shelf: Shelf::Folder(dir.to_owned()),
        run_id: header.run_id,
        patience: Patience {
            seed: header.seed,
            ..Patience::default()
        },
        plan,
        selected: BTreeSet::new(),
        key,
        turn,
        jobs: None,
        after_window: start.permit,
        first_look_late: false,
        bulletin: Some(bulletin::of(dir, hearers)),
        driven,
        live,
        progress: board.watcher(),
    };
    let transport = parties.network(&config.plan, &keys, &start.driven)?;
    let ran =
        crosswipe_runner::resume(config, clock, journal, &history, transport, interrupt).await;
    watcher.abort();
    board.clear();
    let fired = match &parties {
        Parties::Own(_) => before,
        Parties::Memory(_) | Parties::Served(_) | Parties::Live => parties.fired(&asked).await,
    };
    parties.stop().await;
    match ran {
        Ok(finished) => certify(telling, dir, &plan_id, finished, &fired),
        Err(halt) => report_what_stands(telling, dir, &fired, halt),
    }
}

/// Faults died with the process that carried the parties, and with them whatever they held in their hands (a settlement
/// that was to be booked late, a message to be delivered twice): said and written down once, never passed over.
fn not_carried_over(
    journal: &Journal,
    history: &History,
    at: Moment,
    faults: &[(String, u64)],
    (quiet, lang): (bool, Lang),
) -> Result<(), Trouble> {
    let said = |record: &Record| matches!(&record.payload, Payload::Note(note) if note.code == NOT_CARRIED_OVER);
    if history.records.iter().any(said) {
        return Ok(());
    }
    for (fault, fired) in faults {
        journal.append_and_wait(Draft::new(
            at,
            Payload::Note(Note {
                code: NOT_CARRIED_OVER.to_owned(),
                txid: None,
                facts: BTreeMap::from([
                    ("fault".to_owned(), fault.clone()),
                    ("fired".to_owned(), fired.to_string()),
                ]),
            }),
        ))?;
        if !quiet {
            to_stderr(&match lang {
                Lang::Zh => format!(
                    "故障 {fault} 随上一个进程而止 (已触发 {fired} 次), 续跑不再注入, 它扣住未记的也不会再到\n"
                ),
                Lang::En => format!(
                    "fault {fault} ended with the process before (fired {fired} times): it is not injected again, and what it held back will not come\n"
                ),
            });
        }
    }
    Ok(())
}

//! 续跑 · `crosswipe resume RUN`: finishes an interrupted run, undo and verification only.
//!
//! Reads what the run itself kept (`private/`: plan, persons, key), not the files of today. Mock parties
//! that lived in the killed process come back with their books from `parties/`. A finished run is left
//! as it is, and said so.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::PseudonymKey;
use crosswipe_journal::{History, Journal, Payload};
use crosswipe_mocks::MsgidMode;
use crosswipe_reports::{Lang, chain_groups};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::{Interrupt, Patience, RunConfig};
use crosswipe_scenarios::Plan;

use crate::args::Resume;
use crate::command::verify::{faults_met, judged};
use crate::complain::{Trouble, to_stderr};
use crate::conclude::{Files, Telling, certify, report_what_stands, tell};
use crate::exit::Exit;
use crate::rundir;
use crate::stage::{MSGID_MODE, ctrl_c, network, stand_up};

/// Finishes a run, or says that it is finished.
pub(crate) fn resume(args: &Resume) -> Result<Exit, Trouble> {
    let telling = Telling {
        json: args.json,
        lang: args.common.lang(),
    };
    let history = crosswipe_journal::read(&args.run)?;
    if history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Cert(_)))
    {
        return finished_already(&args.run, &history, telling);
    }
    let plan = rundir::kept_plan(&args.run)?;
    let key = rundir::kept_key(&args.run)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::Runtime)?;
    let ended = runtime.block_on(whole(
        &args.run,
        plan,
        key,
        &history,
        telling,
        args.common.quiet,
    ));
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

fn finished_already(dir: &Path, history: &History, telling: Telling) -> Result<Exit, Trouble> {
    to_stderr(match telling.lang {
        Lang::Zh => "这次运行已经结束并出证，未作任何改动\n",
        Lang::En => "this run has ended and was certified; nothing was changed\n",
    });
    let faults = faults_met(history);
    let judged = judged(dir, history, &faults)?;
    tell(telling, dir, history, &judged, &faults, Files::Untouched)?;
    Ok(judged.exit)
}

async fn whole(
    dir: &Path,
    plan: Plan,
    key: PseudonymKey,
    stood: &History,
    telling: Telling,
    quiet: bool,
) -> Result<Exit, Trouble> {
    // Business time goes on where it stood; a second later, so that no instant is used twice.
    let clock = Clock::simulated(stood.last().at.plus_ms(1_000));
    let (journal, history) = Journal::reopen(dir, clock.now())?;
    let header = history.header().clone();
    if !quiet && (!telling.json || std::io::stderr().is_terminal()) {
        to_stderr(&format!(
            "{}  链首 chain head {}\n{}  链尾 chain tail {}\n",
            header.run_id,
            chain_groups(&stood.records[0].sha256),
            header.run_id,
            chain_groups(&stood.last().sha256),
        ));
    }
    let msgid_mode = header.switches.get(MSGID_MODE);
    let msgid_mode = msgid_mode.and_then(|name| MsgidMode::named(name));
    let world = stand_up(&plan, &[], msgid_mode, dir, &clock).await?;
    let interrupt = Arc::new(Interrupt::default());
    let watcher = tokio::spawn(ctrl_c(Arc::clone(&interrupt), dir.to_owned()));
    let plan_id = plan.id.clone();
    let config = RunConfig {
        dir: dir.to_owned(),
        run_id: header.run_id,
        patience: Patience {
            seed: header.seed,
            ..Patience::default()
        },
        plan,
        selected: BTreeSet::new(),
        key,
        jobs: None,
        progress: Box::new(|_| ()),
    };
    let transport = network(&config.plan, &world);
    let ran =
        crosswipe_runner::resume(config, clock, journal, &history, transport, interrupt).await;
    watcher.abort();
    world.stop().await;
    match ran {
        Ok(finished) => certify(telling, dir, &plan_id, finished, &[]),
        Err(halt) => Err(report_what_stands(telling, dir, &[], halt)),
    }
}

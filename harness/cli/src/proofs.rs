//! 反证 · Plays each proof of a plan in a world of its own, and says whether the breach that it commits was found.
//!
//! Why so: a gate that lets nobody through and a judge that finds nothing look alike on a clean run. Each proof has its
//! own parties, journal, exports and certificate under `cases/<id>/` of the run folder, made by the same runner and judge
//! as the run itself; what it comes to stands in the run's journal as the end of a case, with the digest of its
//! certificate, and nothing of it is read from there.
//! Called by `command::run` once the run's own cases are over. Not here: what a proof is (`scenarios`), how its world
//! goes wrong (`mocks::fault`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::progress::Board;
use crosswipe_domain::{FindingClass, Level, PseudonymKey, RunId, sha256_hex};
use crosswipe_journal::{
    CaseFinished, CaseResult, CaseStarted, Check, Draft, Journal, Payload, RunHeader,
};
use crosswipe_mocks::FaultOrder;
use crosswipe_reports::Lang;
use crosswipe_runner::clock::Clock;
use crosswipe_runner::{Finished, Interrupt, Patience, RunConfig, Shelf, beginning};
use crosswipe_scenarios::{Plan, Proof};
use crosswipe_verify::{Judgement, Verdict};

use crate::command::run::{at_parties_of, faults};
use crate::complain::Trouble;
use crate::conclude::{Files, SealedUp, Telling, seal_up, tell};
use crate::driven::Hospitals;
use crate::gateway_keys::GatewayKeys;
use crate::inner::must_be_of_parties;
use crate::rundir;
use crate::stage::{BOOKS, Bent, parties_in_memory, world_id};
use crate::tenancy::turn_of_run;

/// The folder of a run in which each proof has a folder of its own.
const FOLDER: &str = "cases";

/// 待证 · A proof whose world is made ready: its plan, and what goes wrong in it.
pub(crate) struct Ordered {
    /// The plan with this case alone, and who takes part in it.
    plan: Plan,
    faults: Vec<FaultOrder>,
    typed: Vec<String>,
    findings: Vec<FindingClass>,
}

/// What all proofs of a run share.
pub(crate) struct Apart {
    /// The run's own.
    pub(crate) plan: Plan,
    /// The run's folder.
    pub(crate) dir: PathBuf,
    /// Names people as the run does.
    pub(crate) key: PseudonymKey,
    pub(crate) seed: u64,
    pub(crate) board: Board,
}

/// Makes the chosen proofs ready; a fault that nobody knows is told before anything is sent.
///
/// # Errors
/// A fault that is unknown, of the harness itself, or at a party that the case has not.
pub(crate) fn ordered(
    plan: &Plan,
    chosen: &BTreeSet<usize>,
    seed: u64,
) -> Result<Vec<Ordered>, Trouble> {
    let proofs = chosen.iter().map(|index| &plan.proofs[*index]);
    proofs
        .map(|proof| one(plan, proof, seed).map_err(|trouble| of_case(trouble, proof)))
        .collect()
}

fn one(plan: &Plan, proof: &Proof, seed: u64) -> Result<Ordered, Trouble> {
    let orders = faults(&proof.faults)?;
    must_be_of_parties(&orders, "proves")?;
    let mut plan = plan.with_only(vec![proof.case.clone()]);
    plan.topology.old_platforms |= orders.iter().any(FaultOrder::needs_old_platforms);
    at_parties_of(&plan, &orders)?;
    Ok(Ordered {
        plan,
        faults: orders.into_iter().map(|order| order.seeded(seed)).collect(),
        typed: proof.faults.clone(),
        findings: proof.findings.clone(),
    })
}

/// Says in which case the words stand.
fn of_case(trouble: Trouble, proof: &Proof) -> Trouble {
    match trouble {
        Trouble::Usage { code, what, help } => Trouble::Usage {
            code,
            what: format!(
                "用例 `{0}` 的 proves: {what} · case `{0}`, proves: {what}",
                proof.case.id
            ),
            help,
        },
        other => other,
    }
}

/// Plays one after the other, and writes how each ended into the run's journal. Where the run was asked to stop, those
/// that are left are skipped.
///
/// # Errors
/// The journal cannot be written. What goes wrong in a world of its own is the end of that case.
pub(crate) async fn play_all(
    apart: &Apart,
    proofs: &[Ordered],
    run: &Finished,
    interrupt: &Interrupt,
) -> Result<(), Trouble> {
    for ordered in proofs {
        let case = ordered.plan.cases[0].id.clone();
        let write = |payload| run.journal.append_and_wait(Draft::new(run.at, payload));
        let (result, checks) = if run.interrupted || run.short_of_room || interrupt.is_asked() {
            (CaseResult::Skipped, Vec::new())
        } else {
            write(Payload::CaseStarted(CaseStarted { case: case.clone() }))?;
            let dir = apart.dir.join(FOLDER).join(case.as_str());
            match world(apart, ordered, &dir).await {
                Ok(ended) => ended,
                Err(trouble) => (CaseResult::Error, vec![not_played(&trouble)]),
            }
        };
        write(Payload::CaseFinished(CaseFinished {
            case: case.clone(),
            result,
            checks,
        }))?;
        let good = matches!(
            result,
            CaseResult::Passed | CaseResult::Waived | CaseResult::Skipped
        );
        apart.board.ended(&case, good);
    }
    Ok(())
}

/// One world from its first look to its certificate.
async fn world(
    apart: &Apart,
    ordered: &Ordered,
    dir: &Path,
) -> Result<(CaseResult, Vec<Check>), Trouble> {
    rundir::create(dir)?;
    let plan = &ordered.plan;
    let begins = beginning(plan).ok_or_else(|| Trouble::Nothing {
        what: "计划没有时间 · the plan has no instant to begin at".to_owned(),
        help: "crosswipe explain cli::nothing_selected".to_owned(),
    })?;
    let bent = Bent {
        faults: &ordered.faults,
        msgid_mode: None,
    };
    let parties = parties_in_memory(plan, &bent, dir);
    let header = header(apart, ordered, dir)?;
    let clock = Clock::simulated(begins);
    let journal = Journal::create_over(dir, header.clone(), begins, &|store| store)?;
    let config = RunConfig {
        shelf: Shelf::Folder(dir.to_owned()),
        run_id: header.run_id,
        patience: Patience {
            seed: apart.seed,
            ..Patience::default()
        },
        plan: plan.clone(),
        selected: BTreeSet::from([0]),
        key: apart.key.clone(),
        turn: turn_of_run(&dir.join(BOOKS))?,
        jobs: None,
        after_window: None,
        live: None,
        driven: Default::default(),
        first_look_late: false,
        bulletin: None,
        progress: Arc::new(|_| ()),
    };
    let network = parties.network(
        plan,
        &GatewayKeys::of_site(dir, plan)?,
        &Hospitals::default(),
    )?;
    let ran = crosswipe_runner::run(config, clock, journal, network, Arc::default()).await;
    let fired = parties.fired(&ordered.typed).await;
    let sealed = seal_up(dir, ran.map_err(Trouble::Halt)?, &fired)?;
    // Told to nobody: the folder's own reports are for whoever opens it.
    let silent = Telling {
        silent: true,
        json: false,
        lang: Lang::Zh,
    };
    tell(
        silent,
        dir,
        &sealed.history,
        &sealed.judged,
        &fired,
        Files::Written,
    )?;
    let checks = checks(&ordered.findings, &fired, &sealed);
    let result = match checks.iter().all(|check| check.held) {
        true => CaseResult::Passed,
        false => CaseResult::Failed,
    };
    Ok((result, checks))
}

fn header(apart: &Apart, ordered: &Ordered, dir: &Path) -> Result<RunHeader, Trouble> {
    let plan = &ordered.plan;
    let name = dir.file_name().and_then(|name| name.to_str());
    let run_id = RunId::parse(name.unwrap_or("proof")).map_err(|error| Trouble::Usage {
        code: "cli::run_id",
        what: error.to_string(),
        help: "用例名不超过 64 个字 · a case of at most 64 characters".to_owned(),
    })?;
    Ok(RunHeader {
        run_id,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: plan.resolved(&apart.key),
        files: (apart.plan.files.iter())
            .map(|(name, bytes)| (name.clone(), sha256_hex(bytes)))
            .collect(),
        seed: apart.seed,
        clock: "simulated".to_owned(),
        transport: "memory".to_owned(),
        parties: (plan.topology.parties().into_iter())
            .map(|party| (party, Level::L4))
            .collect(),
        faults: ordered.typed.clone(),
        switches: BTreeMap::new(),
        // Of no other run's books: it follows none.
        previous_tail: None,
        world: Some(world_id(&dir.join(BOOKS))?),
    })
}

/// What must be so: each fault was met, each class is there, and whatever else there is follows from them.
fn checks(wanted: &[FindingClass], fired: &[(String, u64)], sealed: &SealedUp) -> Vec<Check> {
    let judgement = &sealed.judged.judgement;
    let check = |what: String, expected: &str, actual: String, held| Check {
        step: "proof".to_owned(),
        what,
        expected: expected.to_owned(),
        actual,
        held,
    };
    let met = fired.iter().map(|(fault, times)| {
        let what = format!("fault {fault}");
        check(what, "≥ 1", times.to_string(), *times > 0)
    });
    let found = wanted.iter().map(|class| {
        let count = judgement.findings.iter().filter(|one| one.class == *class);
        let count = count.count();
        check(
            format!("finding {class}"),
            "≥ 1",
            count.to_string(),
            count > 0,
        )
    });
    let strange = beside(judgement, wanted);
    let verdict = judgement.verdict;
    let certificate = sha256_hex(sealed.judged.certificate.as_bytes());
    let mut checks: Vec<Check> = met.chain(found).collect();
    checks.push(check(
        "findings beside".to_owned(),
        "none",
        match strange.is_empty() {
            true => "none".to_owned(),
            false => strange.join(" "),
        },
        strange.is_empty(),
    ));
    checks.push(check(
        "verdict".to_owned(),
        Verdict::Violated.name(),
        verdict.name().to_owned(),
        verdict == Verdict::Violated,
    ));
    checks.push(check(
        rundir::CERTIFICATE.to_owned(),
        "sha256",
        certificate,
        true,
    ));
    checks
}

/// Classes that were found and follow from none of those wanted. What is to be left standing stands in every book of its
/// way, and each book says so by itself.
fn beside(judgement: &Judgement, wanted: &[FindingClass]) -> Vec<String> {
    let findings = &judgement.findings;
    let left = wanted.iter().any(|class| class.family() == "residue");
    let strange = findings.iter().filter(|one| {
        let head = one.follows_from.map_or(*one, |at| &findings[at]);
        let expected = wanted.contains(&head.class) || wanted.contains(&one.class);
        !(expected || left && head.class.may_be_consequence())
    });
    let strange: BTreeSet<String> = strange.map(|one| one.class.to_string()).collect();
    strange.into_iter().collect()
}

fn not_played(trouble: &Trouble) -> Check {
    Check {
        step: "proof".to_owned(),
        what: "world".to_owned(),
        expected: "ok".to_owned(),
        actual: format!("{}: {trouble}", trouble.code()),
        held: false,
    }
}

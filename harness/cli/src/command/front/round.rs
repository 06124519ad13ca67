//! 一轮 · One run of a door, from the plan that begins now to its certificate: platforms with fresh books, a folder, a list.
//!
//! Why apart: a door stays where it is while runs come and go behind it (`POST /__admin/reset`), and each ends as the last
//! one does when the door is closed.
//! Called by `front`. Not here: the door, the terminal (`attend`), which record a message becomes (`keep`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crosswipe_domain::{Export, Moment, Party, Phase, Role};
use crosswipe_mocks::{Behind, PlanClock, Standing, World};
use crosswipe_runner::clock::real_now;
use crosswipe_scenarios::Plan;
use serde_json::{Value, json};

use super::keep::{self, Keep, Place};
use super::{Notice, left, list};
use crate::args::Serve;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::conclude::{Telling, certify, report_what_stands};
use crate::exit::Exit;
use crate::gateway_keys::GatewayKeys;
use crate::stage::{Bent, MSGID_MODE, counted, serve_in_memory};

/// 一轮 · What stands behind the door, and what it had when it began.
pub(super) struct Round {
    /// Moved to when it began.
    pub(super) plan: Plan,
    pub(super) keys: GatewayKeys,
    began: Moment,
    place: Place,
    world: World,
    keep: Arc<Keep>,
    before: BTreeMap<Party, Export>,
}

/// How a round ended.
pub(super) struct Ended {
    pub(super) exit: Exit,
    dir: PathBuf,
}

impl Round {
    /// The plan begins now, on books that nobody has written in; the `number`th run of this door.
    ///
    /// # Errors
    /// A folder or a table that cannot be used, platforms that do not come up.
    pub(super) async fn begin(
        args: &Serve,
        source: &Plan,
        bent: &Bent<'_>,
        number: u64,
    ) -> Result<(Round, Behind), Trouble> {
        let now = real_now();
        let begins = super::phase(source, args.at.as_deref())?;
        let plan = source.shifted(now.epoch_ms() - begins.from.epoch_ms());
        let acceptance = match (&args.acceptance, plan.window.phase_at(now)) {
            (Some(path), _) => list::of_table(path)?,
            (None, Some(phase)) => list::of_plan(&plan, phase),
            (None, None) => Vec::new(),
        };
        let out = args.out.as_deref().map(|dir| place_of(dir, number));
        let place = keep::prepare(out.as_deref(), source, now)?;
        let keys = GatewayKeys::of_site(&place.dir, &plan)?;
        let clock = PlanClock::begin(Arc::new(real_now), now, args.speed);
        let (here, there) = (clock.clone(), clock.clone());
        let world = serve_in_memory(&plan, bent, Arc::new(move || there.now())).await?;
        let mode = args.msgid_mode.map(|mode| mode.name().to_owned());
        let mode = mode.into_iter().map(|mode| (MSGID_MODE.to_owned(), mode));
        let faults = args.faults.clone();
        let time = move || here.now();
        let keep = Keep::begin(&place, &plan, &world, mode.collect(), faults, time).await?;
        let keep = Arc::new(keep);
        let before = left::books(&plan, &world).await?;
        let parties = plan.topology.parties().into_iter();
        let platforms = parties.filter(|party| party.role != Role::His);
        let platforms = platforms.filter_map(|party| Some((party.clone(), world.address(&party)?)));
        let behind = Behind {
            platforms: platforms.collect(),
            clock,
            setup: world.setup(),
            acceptance,
            witness: Arc::clone(&keep) as Arc<_>,
        };
        let round = Round {
            plan,
            keys,
            began: now,
            place,
            world,
            keep,
            before,
        };
        Ok((round, behind))
    }

    /// The phase in which it began.
    fn phase(&self) -> Option<&Phase> {
        self.plan.window.phase_at(self.began)
    }

    /// What a HIS engineer has to type.
    pub(super) fn notice<'r>(
        &'r self,
        args: &Serve,
        at: SocketAddr,
        token: Option<&'r str>,
    ) -> Notice<'r> {
        Notice {
            plan: &self.plan,
            keys: &self.keys,
            at,
            dialect: args.dialect,
            phase: self.phase(),
            dir: &self.place.dir,
            token,
            speed: args.speed,
            began: self.began,
        }
    }

    /// What whoever asked for another run is told, this being that one.
    pub(super) fn told_after(&self, ended: &Ended) -> Value {
        json!({
            "ended": {
                "run": ended.dir.display().to_string(),
                "verdict": ended.verdict(),
                "exit": ended.exit.code(),
            },
            "run": self.place.dir.display().to_string(),
            "phase": self.phase().map(|phase| &phase.id),
            "until": self.phase().and_then(|phase| phase.to).map(|until| until.to_string()),
        })
    }

    /// Takes the last looks, judges, certifies and tells; nobody sends anything any more.
    ///
    /// # Errors
    /// What cannot be written or read; what stands is reported first.
    pub(super) async fn end(
        self,
        args: &Serve,
        count: u64,
        lines: &[Standing],
    ) -> Result<Ended, Trouble> {
        let Round {
            plan,
            place,
            world,
            keep,
            before,
            ..
        } = self;
        let after = left::books(&plan, &world).await?;
        let ran = keep.end(lines).await;
        let fired = world.fired().into_iter().map(|(_, times)| times);
        let fired = counted(&args.faults, fired.collect());
        world.stop().await;
        let left = left::Left::between(&before, &after, &plan);
        drop((before, after));
        let lang = args.common.lang();
        let telling = Telling {
            silent: args.json || count == 0,
            json: false,
            lang,
        };
        let exit = match ran {
            Ok(finished) => certify(telling, &place.dir, &plan.id, finished, &fired)?,
            Err(halt) => report_what_stands(telling, &place.dir, &fired, halt)?,
        };
        if !args.common.quiet {
            to_stderr(&format!("\n{}", list::told(lines, lang)));
            to_stderr(&left.told(count, lang));
        }
        if args.json {
            let mut told = left.json(count);
            told["acceptance"] = list::json(lines);
            told["dir"] = place.dir.display().to_string().into();
            told["exit"] = exit.code().into();
            to_stdout(&format!("{told}\n"))?;
        }
        Ok(Ended {
            exit,
            dir: place.dir,
        })
    }
}

impl Ended {
    /// As its report has it.
    fn verdict(&self) -> Value {
        let report = std::fs::read(self.dir.join("report.json")).unwrap_or_default();
        let report: Value = serde_json::from_slice(&report).unwrap_or_default();
        report["verdict"].clone()
    }
}

/// The folder that the command line names is the first run's; those after it have a number behind the name, the first
/// that is free.
fn place_of(dir: &Path, number: u64) -> PathBuf {
    if number == 1 {
        return dir.to_owned();
    }
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let beside = |number: u64| dir.with_file_name(format!("{name}-{number}"));
    let mut all = (number..).map(beside);
    all.find(|dir| !dir.exists())
        .unwrap_or_else(|| dir.to_owned())
}

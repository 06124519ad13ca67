//! 预检 · `crosswipe preflight PLAN`: whether this computer reaches what the plan names, before a window opens.
//!
//! Why so: annexes of notices have each site try names, ports and pages by hand and write a table; this tries the same
//! things everywhere, says what each failure most often means, and makes one table of all sites (`--collect`).
//! It asks and books nothing: no message of the interface is sent, nobody signs in, no person is named.
//! Not here: the single tries (`tries`, `dns`, `web`), the words (`told`).

mod dns;
mod told;
mod tries;
mod web;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crosswipe_scenarios::Plan;
use serde::{Deserialize, Serialize};

use crate::args::PreflightArgs;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;

/// 所见 · Three values: a try that could not be made is none that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Saw {
    /// 通
    Ok,
    /// 不通
    Failed,
    /// 未试
    NotTried,
}

/// 一试 · One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Try {
    /// Whose, as `role:code`; `workstation` for this computer.
    pub(crate) party: String,
    /// `route`, `dns`, `tcp`, `ping`, `http`, `words`, `clock`.
    pub(crate) check: String,
    /// What was asked: an address, a name.
    pub(crate) target: String,
    pub(crate) saw: Saw,
    /// What was found.
    pub(crate) found: String,
    /// A stable word for what to do; empty where nothing is to be done.
    pub(crate) advice: String,
}

/// 一地 · What one site saw: `crosswipe.preflight/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Site {
    pub(crate) schema: String,
    pub(crate) plan: String,
    /// Who tried: an institution's code, or any name.
    pub(crate) site: String,
    /// When, `+08:00`.
    pub(crate) at: String,
    pub(crate) tries: Vec<Try>,
}

/// The document's name and version.
const SCHEMA: &str = "crosswipe.preflight/1";

/// Tries, tells, and says by its exit code whether all went well.
pub(crate) fn preflight(args: &PreflightArgs) -> Result<Exit, Trouble> {
    let plan = crosswipe_scenarios::load(&args.plan).map_err(Trouble::Plan)?;
    if !args.collect.is_empty() {
        return collect(args, &plan);
    }
    if plan.preflight.is_empty() {
        return Err(Trouble::Nothing {
            what: "计划没有写要预检什么 · the plan names nothing to try".to_owned(),
            help: "在 plan.yaml 写 preflight: [{party: …, tcp: […]}] · see scenarios/README.md"
                .to_owned(),
        });
    }
    let mut last: BTreeMap<(String, String, String), (Saw, String)> = BTreeMap::new();
    let mut round = 0;
    loop {
        round += 1;
        let site = look(args, &plan);
        if round == 1 {
            tell(args, &site)?;
        } else {
            changes(args, &last, &site)?;
        }
        let ended = args.watch.is_none() || args.times.is_some_and(|times| round >= times);
        if ended {
            return Ok(exit(&site.tries));
        }
        last = (site.tries.iter())
            .map(|one| (key(one), (one.saw, one.found.clone())))
            .collect();
        std::thread::sleep(Duration::from_secs(args.watch.unwrap_or(1)));
    }
}

fn key(one: &Try) -> (String, String, String) {
    (one.party.clone(), one.check.clone(), one.target.clone())
}

fn look(args: &PreflightArgs, plan: &Plan) -> Site {
    let patience = Duration::from_millis(args.patience_ms);
    let tries = plan.preflight.iter();
    Site {
        schema: SCHEMA.to_owned(),
        plan: plan.id.clone(),
        site: args.site.clone().unwrap_or_else(host),
        at: crosswipe_runner::clock::real_now().wire(),
        tries: tries.flat_map(|one| tries::of(one, patience)).collect(),
    }
}

/// The name of this computer, where the system says it.
fn host() -> String {
    let named = std::fs::read_to_string("/etc/hostname").ok();
    let named = named.or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map_or_else(|| "-".to_owned(), |name| name.trim().to_owned())
}

fn tell(args: &PreflightArgs, site: &Site) -> Result<(), Trouble> {
    to_stdout(&match args.json {
        true => json(site)?,
        false => told::site(site, args.common.lang()),
    })
}

fn json(site: &Site) -> Result<String, Trouble> {
    let text = serde_json::to_string_pretty(site);
    let text = text.map_err(|error| Trouble::Runtime(std::io::Error::other(error)))?;
    Ok(text + "\n")
}

fn changes(
    args: &PreflightArgs,
    last: &BTreeMap<(String, String, String), (Saw, String)>,
    site: &Site,
) -> Result<(), Trouble> {
    for one in &site.tries {
        let before = last.get(&key(one)).map(|(saw, _)| *saw);
        if before != Some(one.saw) {
            to_stdout(&told::change(&site.at, before, one, args.common.lang()))?;
        }
    }
    Ok(())
}

fn exit(tries: &[Try]) -> Exit {
    let any = |saw: Saw| tries.iter().any(|one| one.saw == saw);
    match (tries.is_empty(), any(Saw::Failed), any(Saw::NotTried)) {
        (true, ..) => Exit::Nothing,
        (_, true, _) => Exit::Violated,
        (_, _, true) => Exit::Indeterminate,
        _ => Exit::Clean,
    }
}

/// One table of all sites; an institution of the plan that no file speaks of is missing, and then nothing is well.
fn collect(args: &PreflightArgs, plan: &Plan) -> Result<Exit, Trouble> {
    let sites = args.collect.iter().map(|path| read(path, plan));
    let sites = sites.collect::<Result<Vec<Site>, Trouble>>()?;
    let codes = plan
        .topology
        .institutions
        .iter()
        .map(|one| one.code.as_str());
    let missing: Vec<&str> = codes
        .filter(|code| !sites.iter().any(|site| site.site == *code))
        .collect();
    to_stdout(&match args.json {
        true => told::collected_json(&sites, &missing),
        false => told::collected(&sites, &missing, args.common.lang()),
    })?;
    let worst = sites.iter().map(|site| exit(&site.tries));
    let failed = worst.clone().any(|exit| exit == Exit::Violated);
    let unsure = worst.clone().any(|exit| exit != Exit::Clean) || !missing.is_empty();
    Ok(match (failed, unsure) {
        (true, _) => Exit::Violated,
        (false, true) => Exit::Indeterminate,
        (false, false) => Exit::Clean,
    })
}

fn read(path: &PathBuf, plan: &Plan) -> Result<Site, Trouble> {
    let bytes = std::fs::read(path).map_err(|error| Trouble::file("read", path, error))?;
    let no_site = |why: String| {
        Trouble::Usage {
        code: "cli::preflight_file",
        what: format!("`{}` is no result of a preflight of this plan: {why}", path.display()),
        help: "用 crosswipe preflight PLAN --site 机构编码 --json > 文件 · made by: crosswipe preflight PLAN --site CODE --json > FILE".to_owned(),
    }
    };
    let site: Site = serde_json::from_slice(&bytes).map_err(|error| no_site(error.to_string()))?;
    match (site.schema == SCHEMA, site.plan == plan.id) {
        (true, true) => Ok(site),
        (false, _) => Err(no_site(format!("schema `{}`", site.schema))),
        (_, false) => Err(no_site(format!("plan `{}`", site.plan))),
    }
}

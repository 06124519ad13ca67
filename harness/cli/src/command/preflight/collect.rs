//! 汇总 · One table of what all sites handed in: a row for each site, a column for each target, and who is missing.
//!
//! Why so: silence of a site is no pass. Sites that the plan expects are its institutions; a file that cannot be read, is
//! of another plan or of a site that handed in twice is told by name, and the newest of two counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crosswipe_domain::Moment;
use crosswipe_reports::Lang;
use crosswipe_scenarios::{Audience, Plan};
use serde::Deserialize;
use serde_json::json;

use super::{State, json::SCHEMA, role, worst};
use crate::args::Preflight as Args;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;

/// What of a handed-in document is read.
#[derive(Deserialize)]
struct Handed {
    schema: String,
    plan: String,
    site: Option<String>,
    at: String,
    checks: Vec<Check>,
    #[serde(default)]
    station: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    target: String,
    state: String,
    code: Option<String>,
}

/// One site, as far as it matters here.
struct Site {
    at: Moment,
    file: String,
    /// By target, the worst that was seen, and its code; what is the machine's own is under an empty name.
    ended: BTreeMap<String, (State, Option<String>)>,
}

/// Reads all files, prints the table, names who is missing.
pub(super) fn collect(args: &Args, plan: &Plan) -> Result<Exit, Trouble> {
    let role = args.role.as_deref().map(role).transpose()?;
    let mut sites: BTreeMap<String, Site> = BTreeMap::new();
    for path in &args.collect {
        let (name, site) = read(path, plan)?;
        let newer = sites.get(&name).is_none_or(|known| known.at < site.at);
        if newer {
            sites.insert(name, site);
        }
    }
    let expected = expected(plan, role);
    let missing: BTreeMap<&str, &str> = expected
        .iter()
        .filter(|(code, _)| !sites.contains_key(**code))
        .map(|(code, name)| (*code, *name))
        .collect();
    let states = sites.values().flat_map(|site| site.ended.values());
    // A site that never asked is not known to get through.
    let silent = missing.iter().map(|_| State::Unchecked);
    let exit = worst(states.map(|(state, _)| *state).chain(silent));
    let lang = args.common.lang();
    to_stdout(&if args.json {
        document(plan, &sites, &missing, exit)
    } else {
        table(plan, &sites, &missing, &expected, lang)
    })?;
    Ok(exit)
}

/// The institutions that are to hand something in, with their names.
fn expected(plan: &Plan, role: Option<Audience>) -> BTreeMap<&str, &str> {
    let institutions = plan.topology.institutions.iter();
    institutions
        .filter(|one| {
            let pharmacy = one.code.as_str().starts_with('P');
            match role {
                None => true,
                Some(Audience::Pharmacy) => pharmacy,
                Some(Audience::Hospital) => !pharmacy,
                Some(_) => false,
            }
        })
        .map(|one| (one.code.as_str(), one.name.as_str()))
        .collect()
}

fn read(path: &Path, plan: &Plan) -> Result<(String, Site), Trouble> {
    let text = fs::read_to_string(path).map_err(|error| Trouble::file("read", path, error))?;
    let unfit = |why: String| {
        Trouble::Usage {
        code: "cli::preflight_file",
        what: format!("`{0}` 收不进来: {why} · `{0}`: {why}", path.display()),
        help: "只收 crosswipe preflight … --site 机构编号 --json 写出的文件 · only files written by crosswipe preflight … --site CODE --json".to_owned(),
    }
    };
    let handed: Handed =
        serde_json::from_str(&text).map_err(|error| unfit(format!("cannot be read: {error}")))?;
    if handed.schema != SCHEMA {
        return Err(unfit(format!("`{}` is not `{SCHEMA}`", handed.schema)));
    }
    if handed.plan != plan.id {
        let why = format!("is of plan `{}`, not of `{}`", handed.plan, plan.id);
        return Err(unfit(why));
    }
    let Some(name) = handed.site.filter(|site| !site.is_empty()) else {
        return Err(unfit("does not say which site it is of".to_owned()));
    };
    let at = Moment::parse(&handed.at).map_err(|error| unfit(error.to_string()))?;
    let mut ended: BTreeMap<String, (State, Option<String>)> = BTreeMap::new();
    let station = handed.station.into_iter().map(|check| Check {
        target: String::new(),
        ..check
    });
    for check in handed.checks.into_iter().chain(station) {
        let state = State::parse(&check.state);
        let state = state.ok_or_else(|| unfit(format!("`{}` is no state", check.state)))?;
        let worse = ended
            .get(&check.target)
            .is_none_or(|(known, _)| *known < state);
        if worse {
            ended.insert(check.target, (state, check.code));
        }
    }
    if ended.is_empty() {
        return Err(unfit("nothing was asked in it".to_owned()));
    }
    let file = path.display().to_string();
    Ok((name, Site { at, file, ended }))
}

fn targets(sites: &BTreeMap<String, Site>) -> BTreeSet<&str> {
    let all = sites.values().flat_map(|site| site.ended.keys());
    all.map(String::as_str).collect()
}

fn table(
    plan: &Plan,
    sites: &BTreeMap<String, Site>,
    missing: &BTreeMap<&str, &str>,
    expected: &BTreeMap<&str, &str>,
    lang: Lang,
) -> String {
    let zh = lang == Lang::Zh;
    let said = |zh_word, en_word| if zh { zh_word } else { en_word };
    let head = [
        said("站点", "site"),
        said("名称", "name"),
        said("时间", "at"),
        said("对端", "peer"),
        said("结果", "result"),
        said("代码", "code"),
    ];
    let mut rows = Vec::new();
    for (name, site) in sites {
        for target in targets(sites) {
            let (state, code) = match site.ended.get(target) {
                Some((state, code)) => (*state, code.clone().unwrap_or_default()),
                None if target.is_empty() => continue,
                None => (State::Unchecked, String::new()),
            };
            let title = plan
                .preflight
                .iter()
                .flat_map(|preflight| &preflight.targets)
                .find(|one| one.id == target);
            let title = match target {
                "" => said("本机", "this machine"),
                _ => title.map_or(target, |one| one.title.as_str()),
            };
            rows.push([
                name.clone(),
                expected
                    .get(name.as_str())
                    .map_or("", |name| name)
                    .to_owned(),
                site.at.wire(),
                title.to_owned(),
                state.word(lang).to_owned(),
                code,
            ]);
        }
    }
    let mut text = crate::table::table(head, &rows);
    if !missing.is_empty() {
        text += &format!("\n{} {}:\n", said("未报", "missing"), missing.len());
        for (code, name) in missing {
            text += &format!("  {code} {name}\n");
        }
    }
    text += &match lang {
        Lang::Zh => format!("\n已报 {} 家, 未报 {} 家\n", sites.len(), missing.len()),
        Lang::En => format!("\n{} handed in, {} missing\n", sites.len(), missing.len()),
    };
    text
}

fn document(
    plan: &Plan,
    sites: &BTreeMap<String, Site>,
    missing: &BTreeMap<&str, &str>,
    exit: Exit,
) -> String {
    let sites = sites.iter().map(|(name, site)| {
        let targets = site.ended.iter().map(|(target, (state, code))| {
            json!({"target": target, "state": state.name(), "code": code})
        });
        json!({
            "site": name,
            "at": site.at.to_string(),
            "file": site.file,
            "targets": targets.collect::<Vec<_>>(),
        })
    });
    let missing = missing.iter();
    let missing = missing.map(|(code, name)| json!({"site": code, "name": name}));
    let document = json!({
        "schema": "crosswipe.preflight-all/1",
        "plan": plan.id,
        "exit": exit.code(),
        "sites": sites.collect::<Vec<_>>(),
        "missing": missing.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

//! 检查 · `crosswipe lint`: all problems of plans and of profile files, nothing sent; `--fix` mends what has one meaning,
//! `--json` tells the same to a program.

mod fix;

use std::path::Path;

use crosswipe_domain::{Both, both};
use crosswipe_reports::Lang;
use crosswipe_scenarios::{Plan, Problem, Severity, check_profile, is_profile, is_workbook};
use serde_json::{Value, json};

use crate::args::Lint;
use crate::complain::{Trouble, problems, to_stdout};
use crate::exit::Exit;
use crate::proofs;

/// The version of what `--json` prints.
const SCHEMA: &str = "crosswipe.lint/1";

/// What was found in all that was named.
#[derive(Default)]
struct Found {
    /// Each plan or profile that can be used, in words.
    told: Vec<Both>,
    /// The same for a program.
    read: Vec<Value>,
    mended: Vec<fix::Mended>,
    problems: Vec<Problem>,
    unusable: bool,
}

/// Reads each plan and prints what is wrong with it, and what is probably not what was meant.
pub(crate) fn lint(args: &Lint) -> Result<Exit, Trouble> {
    let lang = args.common.lang();
    let mut found = Found::default();
    for path in &args.plans {
        look(path, args.fix, &mut found)?;
    }
    match args.json {
        true => to_stdout(&format!("{:#}\n", as_json(&found)))?,
        false => {
            to_stdout(&as_text(&found, lang))?;
            problems(&found.problems, lang);
        }
    }
    Ok(match found.unusable {
        true => Exit::Usage,
        false => Exit::Clean,
    })
}

fn look(path: &Path, mend: bool, found: &mut Found) -> Result<(), Trouble> {
    let shown = path.display().to_string();
    if is_profile(path) {
        let (profile, told) = check_profile(&shown);
        match &profile {
            Some(profile) => {
                found.told.push(both_of_profile(&profile.id));
                found
                    .read
                    .push(json!({"path": shown, "usable": true, "profile": profile.id}));
            }
            None => found.unreadable(&shown),
        }
        found.problems.extend(told);
        return Ok(());
    }
    if mend {
        if is_workbook(path) {
            return Err(by_hand(path));
        }
        found.mended.extend(fix::fix(path)?);
    }
    let (plan, told) = crosswipe_scenarios::check(path);
    match &plan {
        Some(plan) => {
            // What a proof orders is known here, and to no crate that reads plans.
            proofs::ordered(plan, &(0..plan.proofs.len()).collect(), plan.seed)?;
            found.told.push(told_of(plan));
            found.read.push(json!({
                "path": shown, "usable": true, "plan": plan.id, "cases": plan.cases.len(),
                "proofs": plan.proofs.len(), "attended": plan.attended.len(),
            }));
        }
        None => found.unreadable(&shown),
    }
    found.problems.extend(told);
    Ok(())
}

impl Found {
    fn unreadable(&mut self, shown: &str) {
        self.unusable = true;
        self.read.push(json!({"path": shown, "usable": false}));
    }
}

fn both_of_profile(id: &str) -> Both {
    both!("{id}: 地方规则", "{id}: profile")
}

fn told_of(plan: &Plan) -> Both {
    let (zh, en) = (&mut String::new(), &mut String::new());
    for (count, name, named) in [
        (plan.proofs.len(), "反证", "proofs"),
        (plan.attended.len(), "候办", "attended"),
    ] {
        if count > 0 {
            *zh += &format!(", {count} 个{name}");
            *en += &format!(", {count} {named}");
        }
    }
    let (id, cases) = (&plan.id, plan.cases.len());
    both!("{id}: {cases} 个用例{zh}", "{id}: {cases} cases{en}")
}

fn as_text(found: &Found, lang: Lang) -> String {
    let mut text = String::new();
    for one in &found.mended {
        text += &format!("{}: {}\n", one.place, lang.pick(&one.what.zh, &one.what.en));
    }
    for told in &found.told {
        text += &format!("{}\n", lang.pick(&told.zh, &told.en));
    }
    text
}

fn as_json(found: &Found) -> Value {
    let said = |both: &Both| json!({"zh": both.zh, "en": both.en});
    let problem = |one: &Problem| {
        let place = one.line_column();
        json!({
            "code": one.code,
            "severity": match one.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "file": one.file,
            "line": place.map(|(line, _)| line),
            "column": place.map(|(_, column)| column),
            "message": said(&one.message),
            "help": one.help.as_ref().map(said),
            "fix": one.fix.as_ref().map(|fix| json!({"was": fix.was, "text": fix.text})),
        })
    };
    let mended = |one: &fix::Mended| json!({"place": one.place, "what": said(&one.what)});
    json!({
        "schema": SCHEMA,
        "exit": if found.unusable { Exit::Usage } else { Exit::Clean }.code(),
        "read": found.read,
        "mended": found.mended.iter().map(mended).collect::<Vec<_>>(),
        "problems": found.problems.iter().map(problem).collect::<Vec<_>>(),
    })
}

fn by_hand(path: &Path) -> Trouble {
    Trouble::Usage {
        code: "cli::fix",
        what: format!(
            "`{0}` 的格子请自己改 · cells of `{0}` are mended by hand",
            path.display()
        ),
        help: format!(
            "去掉 --fix, 按格子改: crosswipe lint {0} · without --fix each slip is told at its cell: crosswipe lint {0}",
            path.display()
        ),
    }
}

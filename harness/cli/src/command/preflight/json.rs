//! 联通报告 · What a site hands in: one JSON document, a stable contract.

use crosswipe_reports::Lang;
use crosswipe_runner::preflight::{Cause, Found};
use serde_json::{Value, json};

use super::{Asked, Round, State, exit, told};
use crate::args::Preflight as Args;

/// Name of the contract; a change that a reader would notice gets another number.
pub(super) const SCHEMA: &str = "crosswipe.preflight/1";

/// One round as one document.
pub(super) fn round(args: &Args, asked: &Asked<'_>, round: &Round) -> String {
    let checks = round.checked.iter().map(|one| {
        let title = asked.targets.iter().find(|target| target.id == one.target);
        let mut check = ended(&one.found);
        check["target"] = json!(one.target);
        check["title"] = json!(title.map(|target| &target.title));
        check["probe"] = json!(one.probe.name());
        check["of"] = json!(one.of);
        check["took_ms"] = json!(one.took_ms);
        check
    });
    let station = round.station.iter().map(|(part, found)| {
        let mut check = ended(found);
        check["part"] = json!(part.name());
        check
    });
    let advice = round.causes.iter().map(|(target, cause)| match cause {
        Cause::Noticed(say) => json!({"target": target, "code": null, "zh": say, "en": say}),
        Cause::Code(code) => json!({
            "target": target,
            "code": code,
            "zh": told::remedy(code, Lang::Zh),
            "en": told::remedy(code, Lang::En),
        }),
    });
    let document = json!({
        "schema": SCHEMA,
        "plan": asked.plan.id,
        "site": args.site,
        "role": args.role,
        "at": round.at.to_string(),
        "exit": exit(round).code(),
        "checks": checks.collect::<Vec<_>>(),
        "station": station.collect::<Vec<_>>(),
        "advice": advice.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn ended(found: &Found) -> Value {
    let state = State::of(found).name();
    match found {
        Found::Passed { seen } => {
            json!({"state": state, "code": null, "seen": seen, "wanted": null})
        }
        Found::Failed { code, seen, wanted } => {
            json!({"state": state, "code": code, "seen": seen, "wanted": wanted})
        }
        Found::Unchecked { code, why } => {
            json!({"state": state, "code": code, "seen": why, "wanted": null})
        }
    }
}

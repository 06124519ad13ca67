//! 选择 · Which cases of a plan are run: by insured place, treatment place, business, text of the id.
//!
//! A region is given by code or name; one that the plan does not have is answered with the nearest.
//! A selection that leaves nothing is an error of its own: nothing checked is never clean.

use std::collections::BTreeSet;

use crosswipe_domain::{AdmDivision, Business};
use crosswipe_scenarios::{Case, Plan};

use crate::args::Run;
use crate::complain::Trouble;

/// 选中 · What of a plan is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selected {
    /// Indices of its cases.
    pub(crate) cases: BTreeSet<usize>,
    /// Indices of its proofs, each played in a world of its own.
    pub(crate) proofs: BTreeSet<usize>,
}

impl Selected {
    /// How many cases, proofs included.
    pub(crate) fn len(&self) -> usize {
        self.cases.len() + self.proofs.len()
    }
}

/// The selected cases, in plan order.
///
/// # Errors
/// An unknown region or business (usage), or nothing selected.
pub(crate) fn select(plan: &Plan, args: &Run) -> Result<Selected, Trouble> {
    let from = regions(plan, &args.from)?;
    let to = regions(plan, &args.to)?;
    let kinds = businesses(&args.kind)?;
    let chosen = |cases: &mut dyn Iterator<Item = &Case>| -> BTreeSet<usize> {
        cases
            .enumerate()
            .filter(|(_, case)| matches(plan, case, &from, &to, &kinds, &args.case))
            .map(|(index, _)| index)
            .collect()
    };
    let chosen = Selected {
        cases: chosen(&mut plan.cases.iter()),
        proofs: chosen(&mut plan.proofs.iter().map(|proof| &proof.case)),
    };
    let awaited = plan.attended.iter().filter(|case| {
        let of_id = |text: &String| case.id.as_str().contains(text.as_str());
        args.case.is_empty() || args.case.iter().any(of_id)
    });
    let awaited = awaited.count();
    if chosen.len() == 0 && awaited > 0 {
        return Err(Trouble::Nothing {
            what: format!(
                "选中的 {awaited} 例都由人和 HIS 来办 (human, await), run 不发它们的报文 · a person and a HIS carry out what is selected"
            ),
            help: format!("crosswipe serve {}", args.plan.display()),
        });
    }
    if chosen.len() == 0 {
        let what = if plan.cases.is_empty() {
            "计划中没有用例 · the plan has no cases"
        } else {
            "没有用例符合选择 · no case matches the selection"
        };
        let help = nearest_case(plan, &args.case).map_or_else(
            || "用 --list 查看用例 · see the cases with --list".to_owned(),
            |near| format!("最接近的 · nearest: {near}"),
        );
        return Err(Trouble::Nothing {
            what: what.to_owned(),
            help,
        });
    }
    Ok(chosen)
}

fn matches(
    plan: &Plan,
    case: &Case,
    from: &[AdmDivision],
    to: &[AdmDivision],
    kinds: &[Business],
    texts: &[String],
) -> bool {
    let visit = case.first_visit();
    let insured = visit
        .and_then(|visit| plan.registry.persona(visit.persona))
        .map(|persona| persona.insured);
    let treatment = visit
        .and_then(|visit| plan.topology.institution(visit.institution))
        .map(|institution| institution.region);
    let one_of = |wanted: &[AdmDivision], is: Option<AdmDivision>| {
        wanted.is_empty() || is.is_some_and(|is| wanted.contains(&is))
    };
    one_of(from, insured)
        && one_of(to, treatment)
        && (kinds.is_empty() || visit.is_some_and(|visit| kinds.contains(&visit.business)))
        && (texts.is_empty()
            || texts
                .iter()
                .any(|text| case.id.as_str().contains(text.as_str())))
}

fn regions(plan: &Plan, typed: &[String]) -> Result<Vec<AdmDivision>, Trouble> {
    let known = &plan.topology.regions;
    typed
        .iter()
        .map(|text| {
            let found = known.iter().find(|region| {
                region.code.as_str() == text
                    || region.name == *text
                    || region.name.trim_end_matches('市') == text
            });
            found.map(|region| region.code).ok_or_else(|| {
                let names: Vec<String> = known
                    .iter()
                    .flat_map(|region| [region.code.to_string(), region.name.clone()])
                    .collect();
                unknown("cli::unknown_region", "region", text, &names)
            })
        })
        .collect()
}

fn businesses(typed: &[String]) -> Result<Vec<Business>, Trouble> {
    const NAMES: [(&str, Business); 6] = [
        ("outpatient", Business::Outpatient),
        ("门诊", Business::Outpatient),
        ("inpatient", Business::Inpatient),
        ("住院", Business::Inpatient),
        ("pharmacy", Business::Pharmacy),
        ("药店", Business::Pharmacy),
    ];
    typed
        .iter()
        .map(|text| {
            let found = NAMES
                .iter()
                .find(|(name, _)| name == text)
                .map(|(_, business)| *business);
            let names: Vec<String> = NAMES.iter().map(|(name, _)| (*name).to_owned()).collect();
            found.ok_or_else(|| unknown("cli::unknown_business", "business", text, &names))
        })
        .collect()
}

fn unknown(code: &'static str, kind: &str, text: &str, names: &[String]) -> Trouble {
    let near = nearest(text, names.iter().map(String::as_str));
    let help = near.map_or_else(
        || names.join(" "),
        |near| format!("最接近的 · did you mean `{near}`?"),
    );
    Trouble::Usage {
        code,
        what: format!("unknown {kind} `{text}`"),
        help,
    }
}

fn nearest_case(plan: &Plan, texts: &[String]) -> Option<String> {
    let text = texts.first()?;
    let of_proofs = plan.proofs.iter().map(|proof| &proof.case);
    let ids = plan.cases.iter().chain(of_proofs);
    nearest(text, ids.map(|case| case.id.as_str())).map(str::to_owned)
}

/// The nearest spelling, whatever the distance: somebody who typed something meant something.
pub(crate) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names.min_by_key(|name| strsim::damerau_levenshtein(text, name))
}

//! 事实 · What can be said of a case, and whether a pattern fits it.
//!
//! Why so: a pattern that fits no case of the plan is a slip of the hand and not a small selection, so what stands in a plan is
//! gathered once and each pattern is held against it first. Called by `select`. Not here: the language (`expr`).

use std::collections::BTreeSet;

use crosswipe_domain::{AdmDivision, Business, PersonClass, Span, matches_pattern as matches};
use crosswipe_scenarios::{Case, Plan, Step};

use super::expr::{Ask, Expr, What};
use super::place::{Found, find, sounds};
use super::{Unknown, nearest};

/// 一例的事实 · What can be asked of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    id: String,
    from: Option<AdmDivision>,
    to: Option<AdmDivision>,
    /// Code and name.
    hospital: [String; 2],
    kinds: Vec<&'static str>,
    tags: BTreeSet<String>,
    person: String,
    proof: bool,
    matrix: bool,
    /// Ids of the known issues that speak of it; none of a proof, which is never waived.
    known: Vec<String>,
}

impl Facts {
    /// Of a case; `proof` = it is played in a world of its own.
    pub(super) fn of(plan: &Plan, case: &Case, proof: bool) -> Facts {
        let mut facts = Facts {
            id: case.id.to_string(),
            tags: case.covers.iter().cloned().collect(),
            proof,
            matrix: case.matrix,
            known: match proof {
                true => Vec::new(),
                false => plan
                    .known_of(case)
                    .iter()
                    .map(|issue| issue.id.clone())
                    .collect(),
            },
            ..Facts::default()
        };
        let Some(visit) = case.first_visit() else {
            return facts;
        };
        let persona = plan.registry.persona(visit.persona);
        let institution = plan.topology.institution(visit.institution);
        facts.from = persona.map(|persona| persona.insured);
        facts.to = institution.map(|institution| institution.region);
        facts.person = visit.persona.to_owned();
        facts.hospital = [
            visit.institution.to_string(),
            institution
                .map(|institution| institution.name.clone())
                .unwrap_or_default(),
        ];
        facts.kinds = kinds(visit.business).to_vec();
        let chronic = case
            .leaves()
            .any(|step| matches!(step, Step::Swipe(swipe) if swipe.disease.is_some()));
        if chronic {
            facts.kinds.extend(["门慢", "chronic"]);
        }
        let mut tag = |words: [&str; 2]| facts.tags.extend(words.map(str::to_owned));
        if let Some(persona) = persona {
            tag(match persona.class {
                PersonClass::Employee => ["职工", "employee"],
                PersonClass::Resident => ["居民", "resident"],
            });
        }
        if let (Some(from), Some(to)) = (facts.from, facts.to) {
            facts.tags.extend(
                match from.span_to(to) {
                    Span::Local => ["本地", "local"],
                    Span::CrossCity => ["跨市", "cross-city"],
                    Span::CrossProvince => ["跨省", "cross-province"],
                }
                .map(str::to_owned),
            );
        }
        facts
    }
}

fn kinds(business: Business) -> [&'static str; 2] {
    match business {
        Business::Outpatient => ["门诊", "outpatient"],
        Business::Inpatient => ["住院", "inpatient"],
        Business::Pharmacy => ["药店", "pharmacy"],
        Business::Filing => ["备案", "filing"],
    }
}

/// A question whose patterns were held against the plan.
#[derive(Debug)]
pub(super) enum Settled {
    Places(What, Vec<AdmDivision>),
    Words(Ask),
    Not(Box<Settled>),
    And(Box<Settled>, Box<Settled>),
    Or(Box<Settled>, Box<Settled>),
}

/// The expression with its places found; a pattern that fits nothing in the plan is told.
///
/// # Errors
/// The first pattern that fits no case of `all`, or a place that may be two.
pub(super) fn settle(expr: Expr, plan: &Plan, all: &[Facts]) -> Result<Settled, Unknown> {
    let pair = |left: Expr, right: Expr| -> Result<(Box<Settled>, Box<Settled>), Unknown> {
        Ok((
            Box::new(settle(left, plan, all)?),
            Box::new(settle(right, plan, all)?),
        ))
    };
    match expr {
        Expr::Not(inner) => Ok(Settled::Not(Box::new(settle(*inner, plan, all)?))),
        Expr::And(left, right) => {
            pair(*left, *right).map(|(left, right)| Settled::And(left, right))
        }
        Expr::Or(left, right) => pair(*left, *right).map(|(left, right)| Settled::Or(left, right)),
        Expr::Ask(ask) if matches!(ask.what, What::From | What::To) => {
            let mut codes = Vec::new();
            for typed in &ask.patterns {
                codes.extend(place(typed, plan)?);
            }
            Ok(Settled::Places(ask.what, codes))
        }
        Expr::Ask(ask) => {
            for pattern in &ask.patterns {
                known(&ask, pattern, plan, all)?;
            }
            Ok(Settled::Words(ask))
        }
    }
}

fn place(typed: &str, plan: &Plan) -> Result<Vec<AdmDivision>, Unknown> {
    let regions = &plan.topology.regions;
    let named = |codes: &[AdmDivision]| {
        let of = |code: &AdmDivision| {
            let region = regions.iter().find(|region| region.code == *code);
            region.map_or(code.to_string(), |region| format!("{} {code}", region.name))
        };
        codes.iter().map(of).collect::<Vec<_>>()
    };
    match find(typed, regions) {
        Found::Regions(codes) => Ok(codes),
        Found::OneOf(codes) => Err(Unknown {
            code: "cli::unknown_region",
            what: format!(
                "`{typed}` 可能是 {0} · `{typed}` may be {0}",
                named(&codes).join(", ")
            ),
            help: "写代码或全名 · write the code or the name".to_owned(),
        }),
        Found::None => {
            let names = regions
                .iter()
                .flat_map(|region| [region.code.to_string(), region.name.clone()]);
            Err(unknown(
                "cli::unknown_region",
                "region",
                typed,
                &names.collect::<Vec<_>>(),
            ))
        }
    }
}

/// Whether any case of the plan has this.
fn known(ask: &Ask, pattern: &str, plan: &Plan, all: &[Facts]) -> Result<(), Unknown> {
    if all.iter().any(|facts| fits(ask.what, pattern, facts)) {
        return Ok(());
    }
    let every = |of: &dyn Fn(&Facts) -> Vec<String>| -> Vec<String> {
        let all: BTreeSet<String> = all.iter().flat_map(of).collect();
        all.into_iter().collect()
    };
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    Err(match ask.what {
        What::Kind => {
            let names: Vec<String> = words(&[
                "门诊",
                "outpatient",
                "住院",
                "inpatient",
                "药店",
                "pharmacy",
                "门慢",
                "chronic",
                "备案",
                "filing",
            ]);
            match names.iter().any(|name| name == pattern) {
                // A business that this plan does not have is no slip: nothing is selected by it.
                true => return Ok(()),
                false => unknown("cli::unknown_business", "business", pattern, &names),
            }
        }
        What::Hospital => {
            let listed = plan.topology.institutions.iter();
            let listed: Vec<String> = listed
                .flat_map(|institution| [institution.code.to_string(), institution.name.clone()])
                .collect();
            match listed.iter().any(|name| name == pattern) {
                true => return Ok(()),
                false => unknown("cli::selection", "institution", pattern, &listed),
            }
        }
        What::Tag => unknown(
            "cli::selection",
            "tag",
            pattern,
            &every(&|facts| facts.tags.iter().cloned().collect()),
        ),
        What::Person => unknown(
            "cli::selection",
            "person",
            pattern,
            &every(&|facts| vec![facts.person.clone()]),
        ),
        // An issue of which no case is left is no slip either.
        What::Known if plan.known_called(pattern).next().is_some() => return Ok(()),
        What::Known => unknown(
            "cli::selection",
            "known issue",
            pattern,
            &(plan.known_issues.iter())
                .map(|issue| issue.id.clone())
                .collect::<Vec<_>>(),
        ),
        // An id that no case holds leaves nothing, and that is told with the nearest one.
        _ => return Ok(()),
    })
}

fn unknown(code: &'static str, kind: &str, typed: &str, names: &[String]) -> Unknown {
    let near = nearest(typed, names.iter().map(String::as_str));
    Unknown {
        code,
        what: format!(
            "没有 `{typed}` 这个{} · unknown {kind} `{typed}`",
            kind_zh(kind)
        ),
        help: near.map_or_else(
            || match names.is_empty() {
                true => "计划里一个也没有 · the plan has none at all".to_owned(),
                false => names.join(" "),
            },
            |near| format!("最接近的: `{near}` · did you mean `{near}`?"),
        ),
    }
}

/// What can be named, in Chinese.
fn kind_zh(kind: &str) -> &'static str {
    match kind {
        "region" => "地区",
        "business" => "业务",
        "institution" => "机构",
        "tag" => "标签",
        "person" => "人员",
        _ => "已知问题",
    }
}

fn fits(what: What, pattern: &str, facts: &Facts) -> bool {
    let is = |text: &str| matches(pattern, text);
    match what {
        What::Hospital => {
            let [code, name] = &facts.hospital;
            is(code)
                || is(name)
                || (!pattern.contains('*') && name.contains(pattern))
                || sounds(pattern, name)
        }
        What::Kind => facts.kinds.iter().any(|kind| is(kind)),
        What::Tag => facts.tags.iter().any(|tag| is(tag)),
        What::Case => {
            is(&facts.id) || (!pattern.contains(['*', '?']) && facts.id.contains(pattern))
        }
        What::Person => is(&facts.person),
        What::Known if pattern.is_empty() => !facts.known.is_empty(),
        What::Known => facts.known.iter().any(|id| is(id)),
        What::Proof => facts.proof,
        What::Matrix => facts.matrix,
        What::All => true,
        What::From | What::To => false,
    }
}

impl Settled {
    /// Whether the case is in the set.
    pub(super) fn holds(&self, facts: &Facts) -> bool {
        match self {
            Settled::Places(what, codes) => {
                let place = if *what == What::From {
                    facts.from
                } else {
                    facts.to
                };
                place.is_some_and(|place| codes.contains(&place))
            }
            Settled::Words(ask) => {
                let any = ask
                    .patterns
                    .iter()
                    .any(|pattern| fits(ask.what, pattern, facts));
                any || (ask.patterns.is_empty() && fits(ask.what, "", facts))
            }
            Settled::Not(inner) => !inner.holds(facts),
            Settled::And(left, right) => left.holds(facts) && right.holds(facts),
            Settled::Or(left, right) => left.holds(facts) || right.holds(facts),
        }
    }
}

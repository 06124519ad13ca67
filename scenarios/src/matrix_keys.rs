//! 矩阵写法 · Reads `matrix:` of `plan.yaml`: which pairs, which businesses, and what else is met pairwise.
//!
//! Why two kinds: without further dimensions each pair has every business and persons and institutions take turns, as shipped
//! plans do; with one of `credential`, `insutype`, `class`, `tier`, `business: pairwise` or `treatment: institutions` the
//! cases are drawn (`pairwise`). Called by `head`.

use crosswipe_domain::{Business, both};

use crate::allow::business;
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::{Node, Value};
use crate::pairwise::{CREDENTIALS, Dimension};
use crate::problem::{Problems, Said, noun};
use crate::words;

/// 要求 · What the matrix of a plan demands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    pub(crate) business: Vec<Business>,
    /// True: a pair needs one business only, and all of them meet everything else.
    pub(crate) in_turn: bool,
    /// True: each institution is a place of its own.
    pub(crate) by_institution: bool,
    /// What persons show.
    pub(crate) credentials: Vec<&'static str>,
    /// True: cases are drawn pairwise.
    pub(crate) drawn: bool,
    /// What no case may be.
    pub(crate) except: Vec<Except>,
}

/// 除外 · Values that do not go together here.
#[derive(Clone, Debug)]
pub(crate) struct Except {
    pub(crate) of: Vec<(Dimension, Vec<String>)>,
    /// As written, for people.
    pub(crate) text: String,
}

/// Reads the whole mapping.
pub(crate) fn read_matrix(
    node: &Node,
    plan: &Fields<'_>,
    cross_swipe: &[Business],
    problems: &Problems,
) -> Option<Said<Demand>> {
    let fields = Fields::of(node, noun("matrix", "matrix"), problems)?;
    one(&fields, "insured", &[("all", ())], problems);
    let places = [("all", false), ("institutions", true)];
    let by_institution = one(&fields, "treatment", &places, problems).unwrap_or_default();
    let mut demand = Demand {
        by_institution,
        ..Demand::default()
    };
    let credential = fields.optional("credential");
    demand.credentials = match credential {
        Some(node) => credentials(node, problems),
        None => vec![CREDENTIALS[0]],
    };
    let mut drawn = credential.is_some() || by_institution;
    for key in ["insutype", "class", "tier"] {
        if let Some(node) = fields.optional(key) {
            drawn = true;
            let said = words::word(node, problems);
            said.and_then(|said| {
                words::one_of(&said, noun(key, key), &[("pairwise", ())], problems)
            });
        }
    }
    // Where something else is pairwise, persons are so anyway.
    if !drawn || fields.has("person") {
        one(&fields, "person", &[("pairwise", ())], problems);
    } else {
        fields.optional("person");
    }
    let help = both!(
        "写上业务, 如 [outpatient, inpatient]; 每对只要一项的写 pairwise",
        "name the businesses, or write `pairwise` where one for each pair will do"
    );
    let named = fields.required("business", help);
    if let Some(node) = named {
        let said = words::words(node, problems);
        demand.in_turn = said.len() == 1 && said[0].value == "pairwise";
        demand.business = match demand.in_turn {
            true => cross_swipe.to_vec(),
            false => businesses(&said, cross_swipe, problems),
        };
    }
    if let Some(node) = fields.optional("except") {
        let list = items(node, problems).iter();
        demand.except = list.filter_map(|node| except(node, problems)).collect();
        drawn = true;
    }
    demand.drawn = drawn || demand.in_turn;
    fields.done();
    Some(Said {
        value: demand,
        at: plan.key_at("matrix").unwrap_or(&node.at).clone(),
    })
}

fn one<T: Copy>(
    fields: &Fields<'_>,
    key: &'static str,
    choices: &[(&str, T)],
    problems: &Problems,
) -> Option<T> {
    let only: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let first = only[0];
    let help = both!("写 `{key}: {first}`", "write `{key}: {first}`");
    let said = words::word(fields.required(key, help)?, problems)?;
    words::one_of(&said, noun(key, key), choices, problems)
}

fn businesses(
    said: &[Said<String>],
    cross_swipe: &[Business],
    problems: &Problems,
) -> Vec<Business> {
    words::report_duplicates(noun("业务", "business"), said, problems);
    for beyond in said.iter().filter(|said| {
        !cross_swipe.is_empty() && !cross_swipe.iter().any(|b| b.name() == said.value)
    }) {
        let message = both!(
            "matrix 要 `{}`, 但 cross_swipe 里没有写它",
            "the matrix asks for `{}`, but `cross_swipe` does not name it",
            beyond.value
        );
        problems.push(
            beyond
                .at
                .error(codes::ALLOW_BEYOND_CROSS_SWIPE, message)
                .help(both!(
                    "先在 cross_swipe 里写明",
                    "name it in `cross_swipe` first"
                )),
        );
    }
    said.iter()
        .filter_map(|said| business(said, problems))
        .collect()
}

/// `pairwise` is all of them.
fn credentials(node: &Node, problems: &Problems) -> Vec<&'static str> {
    let said = words::words(node, problems);
    if said.len() == 1 && said[0].value == "pairwise" {
        return CREDENTIALS.to_vec();
    }
    words::report_duplicates(noun("凭证", "credential"), &said, problems);
    let choices = CREDENTIALS.map(|word| (word, word));
    said.iter()
        .filter_map(|said| words::one_of(said, noun("凭证", "credential"), &choices, problems))
        .collect()
}

/// `{business: inpatient, credential: [e-voucher, card]}`: never all of it together.
fn except(node: &Node, problems: &Problems) -> Option<Except> {
    let fields = Fields::of(node, noun("除外", "except"), problems)?;
    let mut of = Vec::new();
    for dimension in Dimension::ALL {
        let Some(node) = fields.optional(dimension.name()) else {
            continue;
        };
        let said = words::words(node, problems);
        let known: &[&str] = match dimension {
            Dimension::Business => &["outpatient", "inpatient", "pharmacy", "filing"],
            Dimension::Insutype => &["310", "390"],
            Dimension::Credential => &CREDENTIALS,
            Dimension::Tier => &["1", "2", "3"],
        };
        let choices: Vec<(&str, &str)> = known.iter().map(|word| (*word, *word)).collect();
        let read = said.iter().filter_map(|said| {
            words::one_of(
                said,
                noun(dimension.name(), dimension.name()),
                &choices,
                problems,
            )
        });
        of.push((dimension, read.map(str::to_owned).collect::<Vec<String>>()));
    }
    let at = fields.at.clone();
    fields.done();
    if of.is_empty() {
        let help = both!(
            "写上 business、insutype、credential、tier 中的几项",
            "name some of business, insutype, credential, tier"
        );
        problems.push(
            at.error(
                codes::MISSING_KEY,
                both!("except: 一项也没有写", "except: nothing is named"),
            )
            .help(help),
        );
        return None;
    }
    let parts: Vec<String> = of
        .iter()
        .map(|(dimension, words)| format!("{} {}", dimension.name(), words.join("/")))
        .collect();
    debug_assert!(!matches!(node.value, Value::Empty));
    Some(Except {
        of,
        text: parts.join(", "),
    })
}

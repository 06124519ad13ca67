//! 选择 · Which cases of a plan are run: short flags for every day, `-E` for the rest.
//!
//! Why one way: a flag is the same question as in an expression (`--from 浙江` is `from(浙江)`), and all flags hold together.
//! A pattern that fits nothing in the plan is answered with the nearest; a selection that leaves nothing is an error of its
//! own: nothing checked is never clean.
//! Called by `run`. Not here: the language (`expr`), what is asked of a case (`facts`), names of places (`place`).

mod expr;
mod facts;
mod place;
mod rerun;
mod share;

use std::collections::BTreeSet;

use crosswipe_scenarios::Plan;

use crate::args::{Rerun, Run};
use crate::complain::Trouble;

use self::expr::{Ask, Expr, NAMES, Slip, What};
use self::facts::{Facts, settle};
pub(crate) use self::share::{SHARD, SIZES, Share, shard};

/// 选中 · What of a plan is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selected {
    /// Indices of its cases.
    pub(crate) cases: BTreeSet<usize>,
    /// Indices of its proofs, each played in a world of its own.
    pub(crate) proofs: BTreeSet<usize>,
    /// Which share of what was selected this is, where it was parted.
    pub(crate) share: Option<Share>,
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
    let of_cases: Vec<Facts> = plan
        .cases
        .iter()
        .map(|case| Facts::of(plan, case, false))
        .collect();
    let of_proofs: Vec<Facts> = plan
        .proofs
        .iter()
        .map(|proof| Facts::of(plan, &proof.case, true))
        .collect();
    let all: Vec<Facts> = of_cases.iter().chain(&of_proofs).cloned().collect();
    let wanted = settle(asked(args)?, plan, &all).map_err(Trouble::from)?;
    let chosen = |facts: &[Facts]| -> BTreeSet<usize> {
        let chosen = facts
            .iter()
            .enumerate()
            .filter(|(_, facts)| wanted.holds(facts));
        chosen.map(|(index, _)| index).collect()
    };
    let mut chosen = Selected {
        cases: chosen(&of_cases),
        proofs: chosen(&of_proofs),
        share: None,
    };
    if let Some(which) = args.rerun {
        let before = chosen.len();
        rerun::keep(plan, &mut chosen, which, args.of.as_deref())?;
        if before > 0 && chosen.len() == 0 {
            return Err(Trouble::Nothing {
                what: match which {
                    Rerun::Failed => "那次运行没有未通过的用例 · nothing that was selected failed in that run",
                    Rerun::Open => "那次运行没有未办完的用例 · nothing that was selected was left undone in that run",
                }
                .to_owned(),
                help: "crosswipe report RUN".to_owned(),
            });
        }
    }
    let awaited = plan.attended.iter().filter(|case| {
        let of_id = |text: &String| case.id.as_str().contains(text.as_str());
        args.expression.is_none() && (args.case.is_empty() || args.case.iter().any(of_id))
    });
    let awaited = awaited.count();
    if chosen.len() == 0 && awaited > 0 {
        return Err(Trouble::Nothing {
            what: format!(
                "选中的 {awaited} 例都由人和 HIS 来办 (human, await), run 不发它们的报文 · a person and a HIS carry out the {awaited} cases that are selected"
            ),
            help: format!("crosswipe serve {}", args.plan.display()),
        });
    }
    if let (Some(typed), true) = (&args.shard, chosen.len() > 0) {
        let share = share::keep(plan, &mut chosen, shard(typed)?);
        if chosen.len() == 0 {
            return Err(empty(&share));
        }
        chosen.share = Some(share);
    }
    if chosen.len() == 0 {
        let what = if plan.cases.is_empty() {
            "计划中没有用例 · the plan has no cases"
        } else {
            "没有用例符合选择 · no case matches the selection"
        };
        let help = nearest_case(plan, &args.case).map_or_else(
            || "用 --list 查看用例 · see the cases with --list".to_owned(),
            |near| format!("最接近的: {near} · nearest: {near}"),
        );
        return Err(Trouble::Nothing {
            what: what.to_owned(),
            help,
        });
    }
    Ok(chosen)
}

/// Nothing is wrong with an empty share, and yet nothing is checked in it.
fn empty(share: &Share) -> Trouble {
    let [(_, shard), (_, sizes)] = share.switches();
    Trouble::Nothing {
        what: format!("第 {shard} 片没有用例 · shard {shard} has no case"),
        help: format!(
            "各片用例数: {sizes}; 合并时不用它 · cases of each shard: {sizes}; `merge` does without it"
        ),
    }
}

/// 没有这个 · A pattern that fits nothing in the plan.
#[derive(Debug)]
struct Unknown {
    code: &'static str,
    what: String,
    help: String,
}

impl From<Unknown> for Trouble {
    fn from(unknown: Unknown) -> Trouble {
        Trouble::Usage {
            code: unknown.code,
            what: unknown.what,
            help: unknown.help,
        }
    }
}

/// All that was asked for, as one expression.
fn asked(args: &Run) -> Result<Expr, Trouble> {
    let flags = [
        (What::From, &args.from),
        (What::To, &args.to),
        (What::Hospital, &args.hospital),
        (What::Kind, &args.kind),
        (What::Tag, &args.tag),
        (What::Case, &args.case),
    ];
    let all = Expr::Ask(Ask {
        what: What::All,
        patterns: Vec::new(),
    });
    let flags = flags.into_iter().filter(|(_, typed)| !typed.is_empty());
    let flags = flags.map(|(what, typed)| {
        Expr::Ask(Ask {
            what,
            patterns: typed.clone(),
        })
    });
    let typed = args
        .expression
        .iter()
        .map(|text| expr::parse(text).map_err(|slip| misread(text, &slip)));
    let mut asked = flags.map(Ok).chain(typed);
    asked.try_fold(all, |all, one| Ok(Expr::And(Box::new(all), Box::new(one?))))
}

fn misread(text: &str, slip: &Slip) -> Trouble {
    let before = text.get(..slip.at.start).unwrap_or(text);
    let asked: Vec<String> = NAMES
        .iter()
        .map(|(en, zh, _)| format!("{en} {zh}"))
        .collect();
    let word = text.get(slip.at.clone()).unwrap_or_default();
    let near = NAMES.iter().flat_map(|(en, zh, _)| [*en, *zh]);
    let near = near
        .filter(|name| {
            !word.is_empty() && strsim::damerau_levenshtein(word, name) <= 2 && word.len() > 2
        })
        .min_by_key(|name| strsim::damerau_levenshtein(word, name));
    let near = near.map_or([String::new(), String::new()], |near| {
        [
            format!("是否想写 `{near}`? "),
            format!("did you mean `{near}`? "),
        ]
    });
    Trouble::Usage {
        code: "cli::selection",
        what: format!(
            "`{text}` 第 {1} 个字: {2} · {0}, at character {1} of `{text}`",
            slip.what.en,
            before.chars().count() + 1,
            slip.what.zh
        ),
        help: format!(
            "{}可问: {2} · {}what can be asked: {2}",
            near[0],
            near[1],
            asked.join(", ")
        ),
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

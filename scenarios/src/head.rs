//! 计划头 · The keys of `plan.yaml` that stand alone: names, rules, matrix, clauses.
//!
//! Why strict: `rollback` and `cross_swipe` decide whether real accounts are touched and whether every
//! trace goes, so they are never a default. Called by `load`.

use std::collections::BTreeSet;

use crosswipe_domain::{Business, both};

use crate::allow::business;
use crate::codes;
use crate::fields::Fields;
use crate::matrix_keys::{Demand, read_matrix};
use crate::node::Node;
use crate::problem::{Problems, Said, noun};
use crate::words;

/// What `plan.yaml` says by itself; `None` where it could not be read.
pub(crate) struct Head {
    pub(crate) id: Option<String>,
    pub(crate) title_zh: Option<String>,
    pub(crate) title_en: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) same_day: Option<bool>,
    pub(crate) cross_swipe: Vec<Business>,
    pub(crate) clauses: BTreeSet<String>,
    pub(crate) matrix: Option<Said<Demand>>,
    pub(crate) cannot_undo: Vec<String>,
    pub(crate) seed: Option<u64>,
}

impl Head {
    pub(crate) fn read(fields: &Fields<'_>, problems: &Problems) -> Head {
        let id = fields
            .required(
                "plan",
                both!("给计划起名, 同文件夹名", "name the plan like its folder"),
            )
            .and_then(|node| words::id(node, problems));
        let title = fields.required(
            "title",
            both!(
                "写上 title: {{zh: …, en: …}}",
                "give a title: `title: {{zh: …, en: …}}`"
            ),
        );
        let titles = title
            .and_then(|node| Fields::of(node, noun("标题", "title"), problems))
            .map(|title| titles(title, problems));
        let (title_zh, title_en) = titles.unwrap_or((None, None));
        let source = fields
            .required("source", both!("写上公告文号", "name the notice"))
            .and_then(|node| words::told(node, problems));
        read_rollback(fields, problems);
        let cross_swipe = read_cross_swipe(fields, problems);
        let matrix = fields
            .optional("matrix")
            .and_then(|node| read_matrix(node, fields, &cross_swipe, problems));
        Head {
            id: id.map(|said| said.value),
            title_zh,
            title_en,
            source: source.map(|said| said.value),
            same_day: read_test_net(fields, problems),
            cross_swipe,
            clauses: read_clauses(fields, problems),
            matrix,
            cannot_undo: fields
                .optional("cannot_undo")
                .map(|node| prose_list(node, problems))
                .unwrap_or_default(),
            seed: read_seed(fields, problems),
        }
    }
}

fn titles(title: Fields<'_>, problems: &Problems) -> (Option<String>, Option<String>) {
    let zh = title
        .required("zh", both!("写上中文标题", "give the Chinese title"))
        .and_then(|node| words::told(node, problems));
    let en = title
        .required("en", both!("写上英文标题", "give the English title"))
        .and_then(|node| words::told(node, problems));
    title.done();
    (zh.map(|said| said.value), en.map(|said| said.value))
}

fn prose_list(node: &Node, problems: &Problems) -> Vec<String> {
    crate::fields::items(node, problems)
        .iter()
        .filter_map(|node| words::told(node, problems))
        .map(|said| said.value)
        .collect()
}

fn read_rollback(fields: &Fields<'_>, problems: &Problems) {
    let help = both!(
        "回退规则没有默认值: 写 `rollback: all`",
        "never a default: write `rollback: all`"
    );
    if let Some(said) = fields
        .required("rollback", help)
        .and_then(|node| words::word(node, problems))
        && said.value != "all"
    {
        problems.push(
            said.at
                .error(
                    codes::UNKNOWN_WORD,
                    both!(
                        "没有 `{}` 这种回退规则",
                        "unknown rollback rule `{}`",
                        said.value
                    ),
                )
                .help(both!("只支持 all", "only `all` is possible")),
        );
    }
}

fn read_cross_swipe(fields: &Fields<'_>, problems: &Problems) -> Vec<Business> {
    let help = both!(
        "交叉刷卡的业务没有默认值: 写 `cross_swipe: [outpatient, inpatient]`",
        "never a default: write `cross_swipe: [outpatient, inpatient]`"
    );
    let Some(node) = fields.required("cross_swipe", help) else {
        return Vec::new();
    };
    let said = words::words(node, problems);
    words::report_duplicates(noun("业务", "business"), &said, problems);
    let read: Vec<Business> = said
        .iter()
        .filter_map(|said| business(said, problems))
        .collect();
    if read.len() < said.len() {
        // What the window lets pass is not known then.
        for code in [
            codes::OUTSIDE_WINDOW,
            codes::GATE_SAYS_OTHERWISE,
            codes::ALLOW_BEYOND_CROSS_SWIPE,
            codes::EMPTY_MATRIX_CELL,
        ] {
            problems.lost_some(code);
        }
    }
    read
}

/// R9: what a day means on which test swipes do not add up to zero.
fn read_test_net(fields: &Fields<'_>, problems: &Problems) -> Option<bool> {
    match fields.optional("test_net") {
        Some(node) => words::one_of(
            &words::word(node, problems)?,
            noun("不同日轧平的判法", "policy"),
            &[("same-day", true), ("net-zero", false)],
            problems,
        ),
        None => Some(true),
    }
}

fn read_seed(fields: &Fields<'_>, problems: &Problems) -> Option<u64> {
    let Some(node) = fields.optional("seed") else {
        return Some(1);
    };
    let said = words::word(node, problems)?;
    let seed = said.value.parse().ok();
    if seed.is_none() {
        let help = both!("写一个不大的正整数", "write a whole number");
        problems.push(
            said.at
                .error(
                    codes::UNKNOWN_WORD,
                    both!("`{}` 不能作种子", "`{}` is no seed", said.value),
                )
                .help(help),
        );
    }
    seed
}

/// `clauses: {ZJ1: quote, …}`: the clauses of the notice that cases may cover.
fn read_clauses(fields: &Fields<'_>, problems: &Problems) -> BTreeSet<String> {
    let clauses = fields
        .optional("clauses")
        .and_then(|node| Fields::of(node, noun("条款", "clauses"), problems));
    let mut ids = BTreeSet::new();
    for (key, quote) in clauses.iter().flat_map(Fields::others) {
        words::prose(quote, problems);
        ids.insert(key.value.clone());
    }
    ids
}

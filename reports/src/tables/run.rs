//! 总览、环境与参数、签字页 · The run as a whole: what it came to, how it was made, who signs.

use super::{Cell, Table, Tone};
use crate::story::{Mark, Story};
use crate::terminal::chain_groups;
use crate::wording::sentence::{
    not_checked, rule_name, statements, verdict, verdict_sentence, with_reasons,
};
use crate::wording::{Lang, review, terms};

use crosswipe_verify::{Held, Verdict};

/// Verdict and numbers, and below them the fourteen rules.
pub(super) fn summary(story: &Story, lang: Lang) -> Table {
    let mut table = Table::new("summary", lang.pick("总览", "Summary")).columns(
        &[
            ["规则", "rule"],
            ["名称", "name"],
            ["状态", "state"],
            ["证据级别", "evidence"],
            ["核对项", "compared"],
            ["未核原因", "why not checked"],
        ],
        lang,
    );
    let judgement = &story.judgement;
    let tone = match judgement.verdict {
        Verdict::Clean => Tone::Good,
        Verdict::Indeterminate => Tone::Doubt,
        Verdict::Violated => Tone::Bad,
    };
    let cases = story.case_counts();
    let counts = &judgement.counts;
    let number = |count: u64| Cell::Number(i64::try_from(count).unwrap_or(i64::MAX));
    table.about = vec![
        (lang.pick("运行", "run"), Cell::text(&judgement.run_id)),
        (
            lang.pick("计划", "plan"),
            Cell::text(format!("{} {}", story.header.plan.plan, title(story, lang))),
        ),
        (
            lang.pick("依据", "source"),
            Cell::text(&story.header.plan.source),
        ),
        (
            lang.pick("结论", "verdict"),
            Cell::State(verdict(story, lang).to_owned(), tone),
        ),
        (
            lang.pick("结论句", "in full"),
            Cell::text(verdict_sentence(story, lang)),
        ),
        (
            lang.pick("未核事项", "not checked"),
            Cell::text(
                with_reasons(story, not_checked(story, lang), lang).join(lang.pick("、", ", ")),
            ),
        ),
        (
            lang.pick("用例：计划", "cases planned"),
            Cell::number(cases.planned),
        ),
        (lang.pick("已执行", "run"), Cell::number(cases.run)),
        (lang.pick("通过", "passed"), Cell::number(cases.passed)),
        (lang.pick("失败", "failed"), Cell::number(cases.failed)),
        (lang.pick("错误", "error"), Cell::number(cases.error)),
        (lang.pick("阻塞", "blocked"), Cell::number(cases.blocked)),
        (lang.pick("跳过", "skipped"), Cell::number(cases.skipped)),
        (lang.pick("豁免", "waived"), Cell::number(cases.waived)),
        (
            lang.pick("交易：发起", "transactions intended"),
            number(counts.intended),
        ),
        (lang.pick("已回退", "reversed"), number(counts.reversed)),
        (
            lang.pick("从未生效", "never applied"),
            number(counts.never_applied),
        ),
        (lang.pick("未了结", "unresolved"), number(counts.unresolved)),
        (
            lang.pick("未回退笔数", "open transactions"),
            Cell::number(story.open.transactions.len()),
        ),
        (
            lang.pick("未回退金额", "open amount"),
            Cell::Money(story.open.amount.fen()),
        ),
    ];
    for rule in &judgement.rules {
        let tone = match rule.state {
            Held::Held => Tone::Good,
            Held::Violated => Tone::Bad,
            Held::NotChecked => Tone::Doubt,
        };
        table.row(vec![
            Cell::text(rule.rule.code()),
            Cell::text(rule_name(rule.rule, lang)),
            Cell::State(terms::rule_state(rule, lang), tone),
            Cell::text(rule.level),
            number(rule.compared),
            Cell::text(rule.why_not.as_deref().unwrap_or_default()),
        ]);
    }
    table
}

fn title(story: &Story, lang: Lang) -> &str {
    let plan = &story.header.plan;
    lang.pick(&plan.title_zh, &plan.title_en)
}

/// How the run was made, and what happened when.
pub(super) fn setting(story: &Story, lang: Lang) -> Table {
    let mut table = Table::new("setting", lang.pick("环境与参数", "Setting"))
        .columns(&[["项", "what"], ["内容", "value"], ["时间", "at"]], lang);
    let header = &story.header;
    let mut line = |what: &'static str, value: String| {
        table.row(vec![Cell::text(what), Cell::text(value)]);
    };
    line(
        lang.pick("版本", "version"),
        format!("crosswipe {}", header.tool_version),
    );
    line(lang.pick("时钟", "clock"), header.clock.clone());
    line(lang.pick("传输", "transport"), header.transport.clone());
    line(lang.pick("种子", "seed"), header.seed.to_string());
    for (fault, met) in &story.matched_faults {
        line(
            lang.pick("注入故障", "fault asked for"),
            format!("{fault} × {met}"),
        );
    }
    for (name, value) in &header.switches {
        line(lang.pick("开关", "switch"), format!("{name} = {value}"));
    }
    for (party, level) in &header.parties {
        line(
            lang.pick("取证", "evidence"),
            format!("{level} {}", story.names.party(party, lang)),
        );
    }
    for text in &header.plan.cannot_undo {
        line(
            lang.pick("任何账册都抹不掉的", "what no ledger undoes"),
            text.clone(),
        );
    }
    for text in statements(&story.judgement.statements, &story.names, lang) {
        line(lang.pick("具名说明", "statement"), text);
    }
    for (file, sum) in &header.files {
        line(
            lang.pick("计划文件", "plan file"),
            format!("{file} sha256 {sum}"),
        );
    }
    for stretch in &story.stretches {
        table.row(vec![
            Cell::text(lang.pick("阶段", "phase")),
            Cell::text(format!(
                "{} {}  {}",
                stretch.phase.id,
                terms::phase(stretch.phase.kind, lang),
                terms::allows(&stretch.phase.allow, lang)
            )),
            Cell::At(stretch.phase.from),
        ]);
    }
    for Mark { at, kind } in &story.marks {
        table.row(vec![
            Cell::text(lang.pick("时点", "instant")),
            Cell::text(terms::mark(kind, lang)),
            Cell::At(*at),
        ]);
    }
    table
}

/// 复核 · One row per line of the review; only where somebody said something.
pub(super) fn reviewed(story: &Story, lang: Lang) -> Table {
    let mut table = Table::new("review", lang.pick("复核", "Review")).columns(
        &[
            ["序号", "no."],
            ["时间", "at"],
            ["姓名", "name"],
            ["所指", "of what"],
            ["内容", "in words"],
            ["核对", "checked"],
        ],
        lang,
    );
    table.about = vec![(
        lang.pick("说明", "note"),
        Cell::text(lang.pick(
            "复核不改变结论；每行连着上一行，改动、抽去都能查出。",
            "The review changes no verdict; each line hangs on the one before, so that none is changed or taken out unseen.",
        )),
    )];
    for line in review::rows(&story.review, lang) {
        let tone = match line.state {
            Held::Held => Tone::Good,
            Held::Violated => Tone::Bad,
            Held::NotChecked => Tone::Doubt,
        };
        table.row(vec![
            Cell::number(line.number),
            Cell::At(line.at),
            Cell::text(line.by),
            Cell::text(line.on),
            Cell::text(line.told),
            Cell::State(terms::held(line.state, lang).to_owned(), tone),
        ]);
    }
    if let Some(broken) = review::broken(&story.review, lang) {
        table
            .below
            .push((lang.pick("复核链", "chain"), Cell::text(broken)));
    }
    table
}

/// The sentence that is signed, the chain that it stands for, and the boxes.
pub(super) fn signatures(story: &Story, lang: Lang) -> Table {
    let mut table = Table::new("signatures", lang.pick("签字页", "Signatures"))
        .columns(&[["角色", "role"]], lang)
        .filled(["姓名", "name"], [&[], &[]], lang)
        .filled(["签字", "signature"], [&[], &[]], lang)
        .filled(["日期", "date"], [&[], &[]], lang);
    let chain = |hash: &str| Cell::text(chain_groups(hash));
    table.about = vec![
        (lang.pick("结论", "verdict"), Cell::text(verdict_sentence(story, lang))),
        (lang.pick("链首", "chain head"), chain(&story.head)),
        (lang.pick("链尾", "chain tail"), chain(&story.tail)),
        (
            lang.pick("证书 SHA-256", "certificate SHA-256"),
            Cell::text(story.certificate.as_deref().unwrap_or_default()),
        ),
        (
            lang.pick("说明", "note"),
            Cell::text(lang.pick(
                "签字的是上面这句话，连同它写明的未核事项；人员以化名出现。",
                "What is signed is this sentence, with what it says was not checked; persons appear under pseudonyms.",
            )),
        ),
    ];
    for signed in review::signatures(&story.review, lang) {
        table
            .below
            .push((lang.pick("已签字", "signed"), Cell::text(signed)));
    }
    for [zh, en] in [
        ["经办人", "done by"],
        ["复核人", "checked by"],
        ["单位负责人", "head of the unit"],
        ["单位（公章）", "unit (stamp)"],
    ] {
        table.row(vec![Cell::text(lang.pick(zh, en))]);
    }
    table
}

//! 回退确认单 · What an institution or a region signs: every test transaction on its books, what went in, what came out again,
//! and the difference, which must be 0.00.
//!
//! Why so: who signs answers for his own books, so he sees his own transactions and no others; the sentence above them is that
//! of the whole run, with its level and what was not checked, and the hash is that of the evidence he may ask for.
//! Not here: the verdict (`verify`).

use std::collections::BTreeSet;

use crosswipe_domain::{Money, Party, Role, sha256_hex};
use crosswipe_verify::Verdict;

use super::Form;
use crate::Lang;
use crate::story::{Case, Chain, Rollback, Story};
use crate::tables::cases::{amount, of_rollback};
use crate::tables::{Cell, Table, Tone};
use crate::terminal::chain_groups;
use crate::wording::sentence::verdict_sentence;
use crate::wording::terms;

/// 单位 · Who signs: an institution, or a region for what it treated and what it insured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Institution(String),
    Region(String),
}

/// 回退确认单 · One per institution and one per region; `of` takes only the one with this code.
pub fn confirmations(stories: &[&Story], of: Option<&str>, lang: Lang) -> Form {
    let mut units = BTreeSet::new();
    for story in stories {
        let plan = &story.header.plan;
        let institutions = plan.institutions.iter();
        units.extend(institutions.map(|(code, ..)| Unit::Institution(code.clone())));
        let regions = plan.regions.iter();
        units.extend(regions.map(|(code, _)| Unit::Region(code.to_string())));
    }
    let wanted = |unit: &Unit| of.is_none_or(|of| of == unit.code());
    let tables = units
        .iter()
        .filter(|unit| wanted(unit))
        .filter_map(|unit| confirmation(unit, stories, lang));
    let runs: Vec<&str> = stories
        .iter()
        .map(|story| story.judgement.run_id.as_str())
        .collect();
    let tails: Vec<String> = stories
        .iter()
        .map(|story| chain_groups(&story.tail))
        .collect();
    Form {
        title: lang
            .pick("测试交易回退确认单", "Confirmation of roll-back")
            .to_owned(),
        about: format!("{} {}", lang.pick("运行", "run"), runs.join(" ")),
        proof: format!("{} {}", lang.pick("链尾", "tail"), tails.join(" / ")),
        tables: tables.collect(),
        lang,
    }
}

impl Unit {
    fn code(&self) -> &str {
        match self {
            Unit::Institution(code) | Unit::Region(code) => code,
        }
    }

    /// True where the books of this party are this unit's.
    fn keeps(&self, party: &Party) -> bool {
        match self {
            Unit::Institution(code) => party.role == Role::His && party.code == *code,
            Unit::Region(code) => {
                matches!(party.role, Role::Treatment | Role::Insured) && party.code == *code
            }
        }
    }

    /// True where a transaction is on its books, or was meant to be.
    fn has(&self, case: &Case, chain: &Chain) -> bool {
        let plan = &case.plan;
        let planned = match self {
            Unit::Institution(code) => plan.institution.as_ref() == Some(code),
            Unit::Region(code) => [&plan.insured, &plan.treatment]
                .into_iter()
                .flatten()
                .any(|region| region.as_str() == code),
        };
        let booked = chain
            .transaction
            .at_parties
            .iter()
            .any(|(party, standing)| {
                self.keeps(party) && (standing.applied > 0 || standing.reversed > 0)
            });
        planned || booked
    }

    fn name(&self, story: &Story) -> String {
        match self {
            Unit::Institution(code) => story.names.institution(code).to_owned(),
            Unit::Region(code) => story.names.region(code).to_owned(),
        }
    }
}

/// Nothing where no test transaction is on its books.
fn confirmation(unit: &Unit, stories: &[&Story], lang: Lang) -> Option<Table> {
    let first = stories.first()?;
    let named = stories
        .iter()
        .find(|story| unit.name(story) != unit.code())
        .map_or_else(|| unit.name(first), |story| unit.name(story));
    let title = format!("{} {named}", unit.code());
    let mut table = Table::new("confirmation", title).columns(
        &[
            ["序号", "no."],
            ["发出", "sent"],
            ["用例", "case"],
            ["交易", "transaction"],
            ["就诊ID", "visit id"],
            ["结算ID", "settlement id"],
            ["总额", "total"],
            ["基金", "fund"],
            ["账户", "account"],
            ["现金", "cash"],
            ["撤销时间", "undone at"],
            ["状态", "state"],
        ],
        lang,
    );
    // For the screen: whoever signs counts rows, and looks up ids elsewhere.
    table = table.beside_the_paper().columns(&[["编号", "id"]], lang);
    table.identity = table.place("编号");
    let mut number = 0;
    let (mut begun, mut undone) = (Money::from_fen(0), Money::from_fen(0));
    let mut open = 0;
    for story in stories {
        let all = story
            .cases
            .iter()
            .flat_map(|case| case.chains.iter().map(move |chain| (case, chain)));
        for (case, chain) in all.filter(|(case, chain)| unit.has(case, chain)) {
            let standing = story.standing(chain);
            if standing == Rollback::None {
                continue;
            }
            number += 1;
            let total = amount(chain, "medfee_sumamt").map_or(Money::from_fen(0), Money::from_fen);
            begun += total;
            match standing {
                Rollback::Closed => undone += total,
                _ => open += 1,
            }
            let mut cells = row(number, case, chain, standing, lang);
            cells.push(Cell::text(id(unit, story, chain)));
            table.row(cells);
        }
    }
    if number == 0 {
        return None;
    }
    table.about = about(unit, &named, stories, lang);
    let difference = begun.fen() - undone.fen();
    table.below = vec![
        (
            lang.pick("测试交易（笔）", "transactions"),
            Cell::number(number),
        ),
        (
            lang.pick("已结算总额", "settled in all"),
            Cell::Money(begun.fen()),
        ),
        (
            lang.pick("已撤销总额", "undone in all"),
            Cell::Money(undone.fen()),
        ),
        (
            lang.pick("相差（应为 0.00）", "difference (must be 0.00)"),
            Cell::Money(difference),
        ),
        (
            lang.pick("未回退或不明（笔）", "open or unknown"),
            Cell::number(open),
        ),
    ];
    table.signed = [
        ["经办人", "done by"],
        ["复核人", "checked by"],
        ["单位负责人", "head of the unit"],
        ["单位（公章）", "unit (stamp)"],
        ["日期", "date"],
    ]
    .map(|[zh, en]| lang.pick(zh, en))
    .to_vec();
    Some(table)
}

/// Of this transaction of this run on this paper: others sign for the same one on theirs.
fn id(unit: &Unit, story: &Story, chain: &Chain) -> String {
    let named = [
        unit.code(),
        story.judgement.run_id.as_str(),
        chain.transaction.txid.as_str(),
    ];
    format!("C-{}", &sha256_hex(named.join("\u{1f}").as_bytes())[..8])
}

fn row(number: usize, case: &Case, chain: &Chain, standing: Rollback, lang: Lang) -> Vec<Cell> {
    let transaction = &chain.transaction;
    let id = |name: &str| Cell::text(transaction.ids.get(name).map_or("", String::as_str));
    let money = |name: &str| Cell::money(amount(chain, name));
    let undone = chain
        .undo
        .iter()
        .filter_map(|message| message.ended_at)
        .max();
    vec![
        Cell::number(number),
        Cell::At(transaction.at),
        Cell::text(&case.plan.case),
        Cell::text(format!(
            "{} {}",
            transaction.infno,
            terms::transaction(&transaction.infno, lang)
        )),
        id("mdtrt_id"),
        id("setl_id"),
        money("medfee_sumamt"),
        money("fund_pay_sumamt"),
        money("acct_pay"),
        money("psn_cash_pay"),
        match (undone, &chain.undone_with) {
            (Some(at), _) => Cell::At(at),
            (None, Some(txid)) => Cell::text(format!("{} {txid}", lang.pick("随", "with"))),
            (None, None) => Cell::Blank,
        },
        Cell::State(
            terms::rollback(standing, lang).to_owned(),
            of_rollback(standing),
        ),
    ]
}

fn about(unit: &Unit, named: &str, stories: &[&Story], lang: Lang) -> Vec<(&'static str, Cell)> {
    let mut about = vec![(
        lang.pick("单位", "unit"),
        Cell::text(format!("{named}（{}）", unit.code())),
    )];
    for story in stories {
        let tone = match story.judgement.verdict {
            Verdict::Clean => Tone::Good,
            Verdict::Indeterminate => Tone::Doubt,
            Verdict::Violated => Tone::Bad,
        };
        let levels = story
            .header
            .parties
            .iter()
            .filter(|(party, _)| unit.keeps(party));
        let levels: BTreeSet<String> = levels.map(|(_, level)| level.to_string()).collect();
        let levels = levels.into_iter().collect::<Vec<_>>().join(" ");
        about.push((
            lang.pick("运行", "run"),
            Cell::text(format!(
                "{}  {} {}",
                story.judgement.run_id,
                lang.pick("链尾", "tail"),
                chain_groups(&story.tail)
            )),
        ));
        about.push((
            lang.pick("本单位账册的证据级别", "evidence of the unit's own books"),
            Cell::text(if levels.is_empty() {
                lang.pick("无", "none").to_owned()
            } else {
                levels
            }),
        ));
        about.push((
            lang.pick("整个运行的结论", "verdict of the whole run"),
            Cell::State(verdict_sentence(story, lang), tone),
        ));
    }
    about
}

//! 回退核验、未回退清单 · One row per transaction that booked something, with what undid it; and those that are open.

use crosswipe_domain::Money;

use super::cases::{amount, of_rollback};
use super::{Cell, Table, to_be_mended};
use crate::story::{Chain, Rollback, Story};
use crate::wording::{Lang, terms};

/// Every τ beside its undo and what showed it.
pub(super) fn chains(story: &Story, lang: Lang) -> Table {
    let table = Table::new("rollback", lang.pick("回退核验", "Rollback")).columns(
        &[
            ["交易", "transaction"],
            ["名称", "name"],
            ["发出", "sent"],
            ["结算ID", "settlement id"],
            ["答复", "outcome"],
            ["总额", "total"],
            ["撤销报文ID", "undone by message"],
            ["撤销时间", "undone at"],
            ["状态", "state"],
            ["核实", "shown by"],
        ],
        lang,
    );
    let mut table = table.beside_the_paper().columns(
        &[
            ["发现", "findings"],
            ["用例", "case"],
            ["编号", "number"],
            ["撤销交易", "undone by number"],
            ["人员（化名）", "person (pseudonym)"],
            ["就诊ID", "visit id"],
            ["报文ID", "message id"],
            ["基金", "fund"],
            ["账户", "account"],
            ["现金", "cash"],
            ["各方账册（入账/冲回）", "books (applied/reversed)"],
        ],
        lang,
    );
    let (mut settled, mut undone) = (Money::from_fen(0), Money::from_fen(0));
    for chain in all(story) {
        let transaction = &chain.transaction;
        let total = amount(chain, "medfee_sumamt").map(Money::from_fen);
        let standing = story.standing(chain);
        // What never took effect is nobody's; what nobody knows may stand. And what the hospital was told is not enough:
        // it must stand no more in anybody's books.
        if let Some(total) = total.filter(|_| standing != Rollback::None) {
            settled += total;
            if standing == Rollback::Closed {
                undone += total;
            }
        }
        let undo = chain.undo.last();
        let id = |name: &str| Cell::text(transaction.ids.get(name).map_or("", String::as_str));
        table.row(vec![
            Cell::text(&transaction.txid),
            Cell::text(terms::transaction(&transaction.infno, lang)),
            Cell::At(transaction.at),
            id("setl_id"),
            Cell::text(terms::outcome(&transaction.outcome, lang)),
            Cell::money(total.map(Money::fen)),
            Cell::text(
                transaction
                    .reversed_by
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
            ),
            undo.and_then(|message| message.ended_at)
                .map_or(Cell::Blank, Cell::At),
            state(story, chain, lang),
            Cell::text(shown(chain, lang)),
            Cell::text(classes(story, chain)),
            Cell::text(&transaction.case),
            Cell::text(&transaction.infno),
            Cell::text(undo.map_or_else(String::new, |message| message.infno.to_string())),
            Cell::text(
                transaction
                    .person
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
            ),
            id("mdtrt_id"),
            Cell::text(&transaction.msgid),
            Cell::money(amount(chain, "fund_pay_sumamt")),
            Cell::money(amount(chain, "acct_pay")),
            Cell::money(amount(chain, "psn_cash_pay")),
            Cell::text(books(chain)),
        ]);
    }
    table.about = vec![
        (
            lang.pick(
                "已结算总额（含结果未知）",
                "settled in all (unknown included)",
            ),
            Cell::Money(settled.fen()),
        ),
        (
            lang.pick("已撤销总额", "undone in all"),
            Cell::Money(undone.fen()),
        ),
        (
            lang.pick("相差（应为 0.00）", "difference (must be 0.00)"),
            Cell::Money(settled.fen() - undone.fen()),
        ),
    ];
    table
}

/// What stands, or may stand.
pub(super) fn open(story: &Story, lang: Lang) -> Table {
    let table = Table::new("open", lang.pick("未回退清单", "Open")).columns(
        &[
            ["交易", "transaction"],
            ["用例", "case"],
            ["编号", "number"],
            ["名称", "name"],
            ["状态", "state"],
            ["金额", "amount"],
            ["结算ID", "settlement id"],
            ["发现", "findings"],
            ["原因", "reason"],
            ["找谁", "whom to call"],
        ],
        lang,
    );
    let mut table = to_be_mended(table, lang);
    for chain in all(story) {
        let transaction = &chain.transaction;
        if !story.open.transactions.contains(&transaction.txid) {
            continue;
        }
        let amount = story.open.amounts.get(&transaction.txid);
        let unresolved = chain.unresolved.as_ref();
        table.row(vec![
            Cell::text(&transaction.txid),
            Cell::text(&transaction.case),
            Cell::text(&transaction.infno),
            Cell::text(terms::transaction(&transaction.infno, lang)),
            state(story, chain, lang),
            Cell::money(amount.map(|amount| amount.fen())),
            Cell::text(transaction.ids.get("setl_id").map_or("", String::as_str)),
            Cell::text(classes(story, chain)),
            Cell::text(unresolved.map_or("", |one| terms::detail(&one.reason, lang))),
            Cell::text(
                unresolved.map_or_else(String::new, |one| story.names.party(&one.owner, lang)),
            ),
        ]);
    }
    table.about = vec![
        (
            lang.pick("未回退笔数", "open transactions"),
            Cell::number(story.open.transactions.len()),
        ),
        (
            lang.pick("金额", "amount"),
            Cell::Money(story.open.amount.fen()),
        ),
        (
            lang.pick("金额不详（笔）", "of unknown amount"),
            Cell::number(story.open.unpriced),
        ),
        (
            lang.pick("另有账册差异（处）", "other differences in books"),
            Cell::number(story.open.places),
        ),
    ];
    table
}

fn all(story: &Story) -> impl Iterator<Item = &Chain> {
    story.cases.iter().flat_map(|case| &case.chains)
}

fn state(story: &Story, chain: &Chain, lang: Lang) -> Cell {
    let standing = story.standing(chain);
    Cell::State(
        terms::rollback(standing, lang).to_owned(),
        of_rollback(standing),
    )
}

fn classes(story: &Story, chain: &Chain) -> String {
    let classes = story.classes_about(&chain.transaction.txid);
    classes.into_iter().collect::<Vec<_>>().join(" ")
}

fn books(chain: &Chain) -> String {
    let parties = chain.transaction.at_parties.iter();
    let told: Vec<String> = parties
        .map(|(party, standing)| format!("{party} {}/{}", standing.applied, standing.reversed))
        .collect();
    told.join("  ")
}

fn shown(chain: &Chain, lang: Lang) -> String {
    let Some(verified) = &chain.verified else {
        let with = chain.undone_with.as_ref();
        return with.map_or_else(String::new, |txid| {
            format!("{} {txid}", lang.pick("随此笔撤销", "undone with"))
        });
    };
    let seen = verified.seen.iter();
    let seen: Vec<String> = seen
        .map(|(what, value)| format!("{what} = {value}"))
        .collect();
    seen.join("  ")
}

//! 对明细账 · 3202: the institution's lines against this platform's, settlement by settlement.
//!
//! The lines come in a file (9101), what differs goes back in one (9102): with its `msgid`, so that what only this
//! platform has can be reversed by 2601, and with both sides' word for it. A file without lines says that nothing
//! differs. What counts is what 3201 counts: records and their negative mirrors, and nothing that 2601 undid.
//! Not here: how files are kept and unpacked (`files`).

use std::collections::BTreeMap;

use crosswipe_domain::{Day, Money, Row};
use crosswipe_wire::{ObjectText, Refusal, RefusalCode, write_ok};

use super::files::{unzipped, zipped};
use super::{Ask, Region, must};
use crate::answer::{fact, money};
use crate::machine::{Answer, Step};

/// Columns of a line that an institution sends.
const COLUMNS: usize = 7;

/// 机构明细 · One line of the institution's file: `setl_id mdtrt_id psn_no medfee_sumamt fund_pay_sumamt acct_pay
/// refd_setl_flag`.
struct Theirs<'t> {
    mdtrt_id: &'t str,
    person: &'t str,
    refunded: &'t str,
    /// medfee, fund, account.
    amounts: [Money; 3],
}

const AMOUNTS: [&str; 3] = ["medfee_sumamt", "fund_pay_sumamt", "acct_pay"];

impl Region {
    /// 3202
    pub(super) fn reconcile_lines(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let ticket = must(&ask.node, "file_qury_no")?;
        let origin = &ask.hop.cause.origin;
        let text = unzipped(self.files.get(&ticket, origin, ask.now)?)?;
        let theirs = read(&text)?;
        check_totals(ask, &theirs)?;
        let ours = self.settled_lines(ask)?;
        let mut told = String::new();
        for (setl_id, row) in &ours {
            let (result, memo) = match theirs.get(setl_id) {
                None => ("000101", "中心多"),
                Some(theirs) if !agrees(row, theirs) => ("000103", "金额不一致"),
                Some(_) => continue,
            };
            let person = row.person.as_deref().unwrap_or_default();
            let shown = [
                person,
                fact(&row.facts, "mdtrt_id"),
                setl_id,
                fact(&row.facts, "medins_setl_id"),
                result,
                fact(&row.facts, "refd_setl_flag"),
                memo,
            ];
            told.push_str(&line(shown, AMOUNTS.map(|name| money(&row.amounts, name))));
        }
        let beyond = theirs.iter().filter(|(id, _)| !ours.contains_key(*id));
        for (setl_id, theirs) in beyond {
            let shown = [
                theirs.person,
                theirs.mdtrt_id,
                setl_id,
                "",
                "000102",
                theirs.refunded,
                "机构多",
            ];
            told.push_str(&line(shown, theirs.amounts));
        }
        let filename = format!("{origin}_{}.txt", ask.now.compact());
        let bytes = zipped(&filename, &told)?;
        let (ticket, until) = self.keep_file(ask.now, Some(origin), bytes);
        let node = ObjectText::new()
            .text("file_qury_no", &ticket)
            .text("filename", &filename)
            .text("dld_endtime", &until.wire())
            .finish();
        let receipt = self.desk.receipt(ask.now);
        let text = write_ok(&receipt, &[("fileinfo", node)]);
        Ok(Step::Reply(Answer::ok(text)))
    }

    /// This platform's records of the institution in the period, by id.
    fn settled_lines(&self, ask: &Ask<'_>) -> Result<BTreeMap<&str, &Row>, Refusal> {
        let day = |name: &str| {
            Day::parse(&must(&ask.node, name)?)
                .map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))
        };
        let (from, to) = (day("stmt_begndate")?, day("stmt_enddate")?);
        let rows: Vec<&Row> = self
            .treatment
            .rows_of_kind("settlement")
            .map(|held| &held.row)
            .filter(|row| row.cause.origin == ask.hop.cause.origin)
            .collect();
        let mirrored: Vec<&str> = rows
            .iter()
            .filter(|row| row.status == "reversal")
            .map(|row| fact(&row.facts, "original"))
            .collect();
        let (kind, flag) = (
            ask.node.text("clr_type"),
            ask.node
                .text("refd_setl_flag")
                .or_else(|| ask.node.text("REFD_SETL_FLAG")),
        );
        let is = |asked: Option<&str>, row: &Row, name: &str| {
            asked.is_none_or(|asked| fact(&row.facts, name) == asked)
        };
        let counts = |row: &&Row| {
            let stands = matches!(row.status.as_str(), "settled" | "reversal");
            let settled = fact(&row.facts, "setl_time").get(..10);
            (stands || mirrored.contains(&row.id.as_str()))
                && is(kind.as_deref(), row, "clr_type")
                && is(flag.as_deref(), row, "refd_setl_flag")
                && settled
                    .and_then(|text| Day::parse(text).ok())
                    .is_some_and(|day| from <= day && day <= to)
        };
        let counted = rows.into_iter().filter(counts);
        Ok(counted.map(|row| (row.id.as_str(), row)).collect())
    }
}

fn line(texts: [&str; 7], amounts: [Money; 3]) -> String {
    let amounts = amounts.map(|amount| amount.to_string());
    format!("{}\t{}\n", texts.join("\t"), amounts.join("\t"))
}

fn agrees(ours: &Row, theirs: &Theirs<'_>) -> bool {
    let amounts = AMOUNTS.map(|name| money(&ours.amounts, name));
    amounts == theirs.amounts && ours.person.as_deref().unwrap_or_default() == theirs.person
}

/// The lines of the file by settlement.
fn read(text: &str) -> Result<BTreeMap<&str, Theirs<'_>>, Refusal> {
    let mut lines = BTreeMap::new();
    let text = text.trim_start_matches('\u{feff}');
    let texts = text.lines().enumerate();
    for (number, line) in texts.filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |why: &str| {
            let why = format!("文件第 {} 行: {why}", number + 1);
            Refusal::new(RefusalCode::Field, why)
        };
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        // Whoever leaves the flag of an ordinary settlement empty may leave out its column.
        let [setl_id, mdtrt_id, person, medfee, fund, account, rest @ ..] = &columns[..] else {
            return Err(bad(&format!("应有 {COLUMNS} 列, 以 TAB 分隔")));
        };
        if rest.len() > 1 {
            return Err(bad(&format!("应有 {COLUMNS} 列, 以 TAB 分隔")));
        }
        let mut amounts = [Money::ZERO; 3];
        for (amount, text) in amounts.iter_mut().zip([medfee, fund, account]) {
            *amount = Money::parse(text).map_err(|_| bad(&format!("金额 {text}")))?;
        }
        let theirs = Theirs {
            mdtrt_id,
            person,
            refunded: rest.first().copied().unwrap_or_default(),
            amounts,
        };
        if setl_id.is_empty() || lines.insert(*setl_id, theirs).is_some() {
            return Err(bad("setl_id 为空或重复"));
        }
    }
    Ok(lines)
}

/// The message says how many lines and how much it sends.
fn check_totals(ask: &Ask<'_>, theirs: &BTreeMap<&str, Theirs<'_>>) -> Result<(), Refusal> {
    let said = |name: &str| {
        let amount = ask.node.money(name).map(Option::unwrap_or_default);
        amount.map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))
    };
    let of = |number: usize| {
        theirs
            .values()
            .map(|line| line.amounts[number])
            .sum::<Money>()
    };
    for (name, sum) in [("medfee_sumamt", of(0)), ("fund_pay_sumamt", of(1))] {
        if said(name)? != sum {
            let why = format!("{name}: 文件合计为 {sum}");
            return Err(Refusal::new(RefusalCode::Split, why));
        }
    }
    let count = must(&ask.node, "fixmedins_setl_cnt")?;
    if count.parse() != Ok(theirs.len()) {
        let why = format!("fixmedins_setl_cnt: 文件有 {} 行", theirs.len());
        return Err(Refusal::new(RefusalCode::Split, why));
    }
    Ok(())
}

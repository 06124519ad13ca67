//! 未撤 · What a HIS left standing on the parties' books: rows that are still open, balances that are not what they were.
//!
//! Why so: three settled and two undone is one open, and whoever tested wants to know which. Books as they were when the
//! door opened are held against those when it closed, cell by cell; nothing is inferred from messages.
//! What it means is the judge's to say (`conclude::certify`); this is for whoever has to clear up.

use std::collections::BTreeMap;
use std::time::Duration;

use crosswipe_domain::{CellKey, Export, Money, Party, Role, Row, ShownBooks};
use crosswipe_mocks::World;
use crosswipe_reports::Lang;
use crosswipe_runner::transport::{Call, Http, Transport};
use crosswipe_scenarios::Plan;
use serde_json::json;

use super::table;
use crate::complain::Trouble;

const PATIENCE: Duration = Duration::from_secs(10);
/// Lines of what is open that are shown on a terminal.
const SHOWN: usize = 20;

/// The books of every platform, as they are now. The mock hospitals' are left out: the HIS under test has its own.
pub(super) async fn books(plan: &Plan, world: &World) -> Result<BTreeMap<Party, Export>, Trouble> {
    let parties: Vec<Party> = (plan.topology.parties().into_iter())
        .filter(|party| party.role != Role::His)
        .collect();
    let known = parties.iter();
    let addresses = known.filter_map(|party| Some((party.clone(), world.address(party)?)));
    let http = Http::new(addresses.collect(), PATIENCE);
    let mut books = BTreeMap::new();
    for party in parties {
        let call = Call {
            path: format!("/__admin/export/{}", party.role.name()),
            context: None,
            body: None,
        };
        let failed =
            |why: String| Trouble::World(std::io::Error::other(format!("books of {party}: {why}")));
        let answer = http.exchange(&party, call).await;
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        // What was booked and taken back is in the log alone, which can be long.
        let export = ShownBooks::read(&answer.body).and_then(ShownBooks::without_log);
        books.insert(
            party.clone(),
            export.map_err(|error| failed(error.to_string()))?,
        );
    }
    Ok(books)
}

/// 未撤 · What stands that did not stand before.
pub(super) struct Left {
    /// Party, kind, id, test person, total, status.
    open: Vec<[String; 6]>,
    /// Cells that are not what they were, by party.
    moved: BTreeMap<String, u64>,
}

impl Left {
    pub(super) fn between(
        before: &BTreeMap<Party, Export>,
        after: &BTreeMap<Party, Export>,
        plan: &Plan,
    ) -> Left {
        let mut left = Left {
            open: Vec::new(),
            moved: BTreeMap::new(),
        };
        for (party, now) in after {
            let then = before.get(party);
            let known = |row: &Row| then.is_some_and(|then| then.rows.contains(row));
            let open = now
                .rows
                .iter()
                .filter(|row| !row.is_terminal() && !known(row));
            left.open.extend(open.map(|row| line(party, row, plan)));
            let moved = moved(then, now, plan.same_day);
            if moved > 0 {
                left.moved.insert(party.to_string(), moved);
            }
        }
        left
    }

    fn is_nothing(&self) -> bool {
        self.open.is_empty() && self.moved.is_empty()
    }

    /// Settlements at their treatment place: what somebody at the counter would call open.
    fn settlements(&self) -> usize {
        let settled =
            |line: &&[String; 6]| line[0].starts_with("treatment") && line[1] == "settlement";
        self.open.iter().filter(settled).count()
    }

    pub(super) fn told(&self, count: u64, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
        if count == 0 {
            let said = say(
                "没有收到报文, 什么也没核对",
                "no message came, so nothing was checked",
            );
            return format!("\n{said}\n");
        }
        if self.is_nothing() {
            let said = match lang {
                Lang::Zh => {
                    format!("收到 {count} 笔报文; 各平台账册与开门时逐格相同, 没有未撤的业务")
                }
                Lang::En => format!(
                    "{}; the platforms' books are what they were when the door opened, nothing stands",
                    many(count, "message")
                ),
            };
            return format!("\n{said}\n");
        }
        let head = match lang {
            Lang::Zh => format!(
                "收到 {count} 笔报文; 未撤: 结算 {} 笔, 各方记录共 {} 条",
                self.settlements(),
                self.open.len()
            ),
            Lang::En => format!(
                "{}; standing: {}, {} of all parties",
                many(count, "message"),
                many(self.settlements() as u64, "settlement"),
                many(self.open.len() as u64, "row")
            ),
        };
        let rows = &self.open[..self.open.len().min(SHOWN)];
        let rows = match rows.is_empty() {
            true => String::new(),
            false => table(
                [
                    say("哪一方", "party"),
                    say("记录", "row"),
                    say("编号", "id"),
                    say("测试人员", "test person"),
                    say("金额", "total"),
                    say("状态", "status"),
                ],
                rows,
            ),
        };
        let more = match self.open.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("… {} {more}\n", say("另有", "and")),
        };
        let moved: String = (self.moved.iter())
            .map(|(party, cells)| {
                format!(
                    "{party}: {}\n",
                    match lang {
                        Lang::Zh => format!("{cells} 格余额或计数与开门时不同"),
                        Lang::En => format!("{}, not as before", many(*cells, "cell")),
                    }
                )
            })
            .collect();
        format!("\n{head}\n{rows}{more}{moved}")
    }

    pub(super) fn json(&self, count: u64) -> serde_json::Value {
        let open: Vec<_> = (self.open.iter())
            .map(|[party, kind, id, person, total, status]| {
                json!({"party": party, "kind": kind, "id": id, "person": person, "total": total, "status": status})
            })
            .collect();
        json!({
            "schema": "crosswipe.front-left/1",
            "messages": count,
            "settlements": self.settlements(),
            "open": open,
            "moved": self.moved,
        })
    }
}

/// `1 message`, `2 messages`.
fn many(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn line(party: &Party, row: &Row, plan: &Plan) -> [String; 6] {
    let of_row =
        |persona: &&crosswipe_domain::Persona| row.person.as_deref() == Some(persona.no.reveal());
    let person = plan.registry.personas.iter().find(of_row);
    let total = row.amounts.get("medfee_sumamt");
    let total = total.or_else(|| row.amounts.get("det_item_fee_sumamt"));
    [
        party.to_string(),
        row.kind.to_string(),
        row.id.to_string(),
        person.map_or_else(|| "-".to_owned(), |persona| persona.label.clone()),
        total.map_or_else(|| "-".to_owned(), |fen| Money::from_fen(*fen).to_string()),
        row.status.to_string(),
    ]
}

/// How many cells are not what they were; totals of a day count only where the plan says so.
fn moved(then: Option<&Export>, now: &Export, same_day: bool) -> u64 {
    let mut cells: BTreeMap<&CellKey, i64> = BTreeMap::new();
    let counts = |key: &CellKey| same_day || key.kind != "reconciliation";
    for cell in now.cells.iter().filter(|cell| counts(&cell.key)) {
        *cells.entry(&cell.key).or_default() += cell.value;
    }
    for cell in then.iter().flat_map(|then| &then.cells) {
        if counts(&cell.key) {
            *cells.entry(&cell.key).or_default() -= cell.value;
        }
    }
    cells.values().filter(|left| **left != 0).count() as u64
}

//! 稽核 JSON · The contract `crosswipe.audit/1`: keys and words are never translated, amounts are whole fen.

use crosswipe_domain::Party;
use crosswipe_verify::audit::{Audit, Orphan, Said};
use serde_json::{Value, json};

use super::sentence::{not_compared, remarked, sentence};
use super::{LISTED, RowBook, RowWords, by_day, words};
use crate::Lang;

/// 稽核 JSON · `crosswipe.audit/1`, ending in a line feed.
pub fn audit_json(audit: &Audit, rows: &RowBook, exit: u8) -> String {
    let name = |party: usize| audit.parties[party].to_string();
    let findings: Vec<Value> = audit
        .orphans
        .iter()
        .take(LISTED)
        .map(|one| finding(audit, rows, one))
        .collect();
    let by_kind: serde_json::Map<String, Value> = audit
        .compared
        .iter()
        .map(|(kind, how_many)| (kind.clone(), json!(how_many)))
        .collect();
    let document = json!({
        "schema": "crosswipe.audit/1",
        "verdict": audit.verdict.name(),
        "exit": exit,
        "sentence": {"zh": sentence(audit, Lang::Zh), "en": sentence(audit, Lang::En)},
        "parties": audit.parties.iter().map(Party::to_string).collect::<Vec<_>>(),
        "sources": audit.sources.iter().map(|source| json!({
            "name": source.name,
            "party": name(source.party),
            "rows": source.rows,
            "totals": source.totals,
            "first_day": source.days.map(|(first, _)| first.to_string()),
            "last_day": source.days.map(|(_, last)| last.to_string()),
            "counts": source.counts,
        })).collect::<Vec<_>>(),
        "compared": {
            "records": audit.compared.iter().map(|(_, how_many)| how_many).sum::<u64>(),
            "by_book": by_kind,
            "totals": audit.totals_compared,
            "balances": audit.balances_compared,
        },
        "standing": audit.standing.iter().enumerate().map(|(party, (how_many, fen))| json!({
            "party": name(party), "settlements": how_many, "amount_fen": fen,
        })).collect::<Vec<_>>(),
        "by_day": by_day(audit).into_iter().map(|(day, (how_many, fen))| json!({
            "day": day.to_string(), "findings": how_many, "amount_fen": fen,
        })).collect::<Vec<_>>(),
        "causes": audit.orphans.iter().filter(|one| one.follows_from.is_none()).count(),
        "findings_total": audit.orphans.len(),
        "findings": findings,
        "uncovered": audit.uncovered.iter().map(|gap| json!({
            "party": name(gap.party), "day": gap.day.to_string(), "transactions": gap.transactions,
        })).collect::<Vec<_>>(),
        "notes": audit.remarks.iter().map(|remark| json!({
            "zh": remarked(*remark, Lang::Zh), "en": remarked(*remark, Lang::En),
        })).collect::<Vec<_>>(),
        "not_compared": {"zh": not_compared(Lang::Zh), "en": not_compared(Lang::En)},
    });
    serde_json::to_string_pretty(&document).expect("a tree of text keys") + "\n"
}

fn finding(audit: &Audit, rows: &RowBook, one: &Orphan) -> Value {
    let name = |party: usize| audit.parties[party].to_string();
    let row = one.row().and_then(|row| rows.get(&row));
    let text = |of: fn(&RowWords) -> &String| row.map(of).filter(|text| !text.is_empty());
    let with = |keeps: fn(&Said) -> bool| -> Vec<String> {
        one.witnesses
            .iter()
            .filter(|w| keeps(&w.said))
            .map(|w| name(w.party))
            .collect()
    };
    json!({
        "class": one.class,
        "cause": one.cause.code(),
        "severity": one.severity,
        "uncertain": one.uncertain,
        "book": one.book,
        "amount_fen": one.amount,
        "amount_yuan": one.amount.map(|fen| crosswipe_domain::Money::from_fen(fen).to_string()),
        "day": one.day.map(|day| day.to_string()),
        "field": one.field,
        "where": one.place,
        "id": text(|row| &row.id),
        "msgid": text(|row| &row.msgid),
        "visit": text(|row| &row.visit),
        "person": text(|row| &row.person),
        "place": text(|row| &row.place),
        "hop": one.hops.iter().map(|(from, to)| json!([name(*from), name(*to)])).collect::<Vec<_>>(),
        "has": with(|said| !matches!(said, Said::Nothing | Said::Undone)),
        "lacks": with(|said| matches!(said, Said::Nothing | Said::Undone)),
        "refunded": with(|said| matches!(said, Said::Undone | Said::PartRefunded(_) | Said::RefundAlone(_))),
        "says": one.witnesses.iter().map(|witness| {
            let row = witness.row.and_then(|row| rows.get(&row));
            json!({
                "party": name(witness.party),
                "says": words::said_name(witness.said),
                "amount_fen": match witness.said {
                    Said::PartRefunded(fen) | Said::RefundAlone(fen) | Said::Value(fen) | Said::LogSum(fen) => Some(fen),
                    _ => None,
                },
                "day": match witness.said { Said::On(day) => Some(day.to_string()), _ => None },
                "id": row.map(|row| &row.id),
                "place": row.map(|row| &row.place),
            })
        }).collect::<Vec<_>>(),
        "owner": one.owner.map(name),
        "likely": {"zh": words::likely(one.cause, Lang::Zh), "en": words::likely(one.cause, Lang::En)},
        "next": {"zh": words::next(one.cause, Lang::Zh), "en": words::next(one.cause, Lang::En)},
        "follows_from": one.follows_from,
    })
}

//! JSON · The same as `told`, for programs: keys and names are never translated.

use serde_json::{Value, json};

use super::told::{CampaignTold, Failed, Replay, SeedTold};

/// A campaign.
pub(super) fn campaign(told: &CampaignTold<'_>) -> String {
    let sums = told.sums;
    let mut sometimes = serde_json::Map::new();
    for ((group, name), times) in &sums.sometimes {
        let of_group = sometimes
            .entry((*group).to_owned())
            .or_insert_with(|| json!({}));
        of_group[name] = json!(times);
    }
    let rare = told.rare.iter();
    let rare: Vec<Value> = rare
        .map(|rare| json!({"group": rare.group, "name": rare.name, "times": rare.times}))
        .collect();
    let failed = told.failed.iter();
    let failed: Vec<Value> = failed.map(|failed| of(failed, &told.replay)).collect();
    let document = json!({
        "v": 1,
        "plan": told.plan.id,
        "seeds": {"from": told.seeds.start, "to": told.seeds.end, "played": sums.seeds},
        "shard": {"number": told.shard.number(), "of": told.shard.of()},
        "faults": told.mix,
        "digest": sums.digest.to_string(),
        "verdicts": sums.verdicts,
        "failures": sums.failures,
        "fired": sums.fired,
        "fired_and_clean": sums.fired_and_clean,
        "settled": sums.settled,
        "reversed": sums.reversed,
        "messages": sums.sent,
        "swipes": sums.swipes,
        "sometimes": sometimes,
        "rare": rare,
        "failed": failed,
    });
    format!("{document:#}\n")
}

fn of(failed: &Failed, replay: &Replay) -> Value {
    json!({
        "seed": failed.recipe.seed,
        "failure": failed.judged.failure.as_ref().map(|failure| failure.name()),
        "verdict": failed.judged.verdict.map(|verdict| verdict.name()),
        "classes": failed.judged.classes,
        "tries": failed.tries,
        "replay": replay.command(&failed.recipe),
    })
}

/// One seed.
pub(super) fn seed(told: &SeedTold<'_>) -> String {
    let (played, judged) = (told.played, told.judged);
    let cases = told.recipe.cases.iter();
    let cases: Vec<Value> = cases
        .map(|(number, case)| json!({"number": number, "case": told.plan.cases[*case].id}))
        .collect();
    let troubles = told.recipe.troubles.iter();
    let troubles: Vec<Value> = troubles
        .map(|(number, trouble)| {
            json!({
                "number": number,
                "kind": trouble.kind().name(),
                "met": played.met.get(number).copied().unwrap_or(0),
            })
        })
        .collect();
    let document = json!({
        "v": 1,
        "plan": told.plan.id,
        "seed": told.recipe.seed,
        "cases": cases,
        "troubles": troubles,
        "fault": told.recipe.fault.as_ref().map(|fault| fault.id()),
        "verdict": judged.verdict.map(|verdict| verdict.name()),
        "classes": judged.classes,
        "failure": judged.failure.as_ref().map(|failure| failure.name()),
        "fired": judged.fired,
        "lives": played.lives,
        "messages": played.sent,
        "records": played.rows.len(),
        "tail": played.rows.last().map(|row| row.sha256.as_str()),
        "replay": told.replay.command(told.recipe),
        "smaller": told.shrunk.map(|failed| of(failed, &told.replay)),
    });
    format!("{document:#}\n")
}

//! 行 · What stands on the sheets: per institution the swipes in their order, and who is needed there.
//!
//! Called by `sheets`; `page` and `workbook` write the same rows.

use std::collections::BTreeMap;

use crosswipe_domain::{BasketLine, Business, Moment, Persona};
use crosswipe_scenarios::{
    Call, Case, Expect, Expected, Plan, Shows, Slot, Step, Swipe, Timetable,
};

use super::expected::amounts;

/// 一家的任务单 · All swipes at one institution.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) region: String,
    pub(super) place: String,
    /// True: people swipe there.
    pub(super) manual: bool,
    /// In the order of the timetable.
    pub(super) tasks: Vec<Task>,
    /// Bills by their key, each line as it is charged.
    pub(super) bills: BTreeMap<String, Vec<BasketLine>>,
}

/// 一笔 · One row.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) case: String,
    pub(super) step: String,
    pub(super) label: String,
    /// Masked.
    pub(super) name: String,
    pub(super) insured: String,
    pub(super) business: &'static str,
    pub(super) credential: &'static str,
    pub(super) bill: String,
    /// Empty where nobody knows it.
    pub(super) total: String,
    pub(super) cash: String,
    /// What is to come of it, where that is not simply success.
    pub(super) note: String,
}

impl Task {
    /// The cells that are known before anybody swipes, in the order of the headings.
    pub(super) fn cells(&self, number: usize) -> [String; 12] {
        [
            number.to_string(),
            minute(self.from),
            self.case.clone(),
            self.step.clone(),
            self.label.clone(),
            self.name.clone(),
            self.insured.clone(),
            self.business.to_owned(),
            self.credential.to_owned(),
            self.bill.clone(),
            self.total.clone(),
            self.cash.clone(),
        ]
    }
}

/// `2017-06-02 09:00`
pub(super) fn minute(at: Moment) -> String {
    at.wire().chars().take(16).collect()
}

/// The sheets of all institutions where something is swiped, by code.
pub(super) fn sheets(plan: &Plan, table: &Timetable) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for institution in &plan.topology.institutions {
        let code = institution.code.as_str();
        let region = plan.topology.region(institution.region);
        let mut sheet = Sheet {
            code: code.to_owned(),
            name: institution.name.clone(),
            region: institution.region.to_string(),
            place: region.map_or_else(String::new, |region| region.name.clone()),
            manual: plan.timing.is_manual(&institution.code),
            tasks: Vec::new(),
            bills: BTreeMap::new(),
        };
        for slot in &table.slots {
            let case = &plan.cases[slot.case];
            for step in case.leaves() {
                let task = match step {
                    Step::Swipe(swipe) if swipe.institution.as_str() == code => {
                        swiped(plan, slot, case, swipe)
                    }
                    Step::Call(call) if call.institution.as_str() == code => {
                        called(plan, slot, case, call)
                    }
                    _ => None,
                };
                if let (Step::Swipe(swipe), Some(_)) = (step, &task)
                    && let Some(lines) = plan.registry.baskets.get(&swipe.basket)
                {
                    sheet.bills.insert(bill(&swipe.basket), lines.clone());
                }
                sheet.tasks.extend(task);
            }
        }
        if !sheet.tasks.is_empty() {
            sheets.push(sheet);
        }
    }
    sheets
}

fn swiped(plan: &Plan, slot: &Slot, case: &Case, swipe: &Swipe) -> Option<Task> {
    if matches!(swipe.expect.outcome, Expected::Gate { .. }) {
        return None;
    }
    let persona = plan.registry.persona(&swipe.persona)?;
    let [total, cash] = amounts(plan, swipe, persona);
    let mut note = expected(&swipe.expect);
    if let Some(until) = &swipe.until {
        push(&mut note, &format!("只办到 {until}"));
    }
    if let Some(of) = &swipe.continues {
        push(&mut note, &format!("续办步骤 {of}"));
    }
    if let Some(disease) = &swipe.disease {
        push(&mut note, &format!("慢特病 {disease}"));
    }
    if !swipe.account {
        push(&mut note, "不用个人账户");
    }
    if let Some(undo_at) = swipe.undo_at {
        push(&mut note, &format!("{} 撤销", minute(undo_at)));
    }
    let bill = bill(&swipe.basket);
    Some(Task {
        total,
        cash,
        business: match &swipe.disease {
            Some(_) => "门慢",
            None => business(swipe.business),
        },
        credential: match swipe.credential.shows {
            Shows::IdCard => "身份证",
            Shows::Voucher { .. } => "电子凭证",
            Shows::Card => "社保卡",
            Shows::Permit => "居住证",
        },
        bill,
        note,
        ..task(plan, slot, case, &swipe.name, Some(persona))
    })
}

fn called(plan: &Plan, slot: &Slot, case: &Case, call: &Call) -> Option<Task> {
    if matches!(call.expect.outcome, Expected::Gate { .. }) {
        return None;
    }
    let persona = call.persona.as_deref();
    let persona = persona.and_then(|label| plan.registry.persona(label));
    let mut note = format!("交易 {}", call.infno);
    if let Some(of) = &call.of {
        push(&mut note, &format!("对步骤 {of}"));
    }
    push(&mut note, &expected(&call.expect));
    Some(Task {
        business: call.infno.business().map_or("", business),
        note,
        ..task(plan, slot, case, &call.name, persona)
    })
}

fn task(plan: &Plan, slot: &Slot, case: &Case, step: &str, persona: Option<&Persona>) -> Task {
    let insured = persona.and_then(|persona| plan.topology.region(persona.insured));
    Task {
        from: slot.from,
        to: slot.to,
        case: case.id.to_string(),
        step: step.to_owned(),
        label: persona.map_or_else(String::new, |persona| persona.label.clone()),
        name: persona.map_or_else(String::new, masked_name),
        insured: insured.map_or_else(String::new, |region| region.name.clone()),
        business: "",
        credential: "",
        bill: String::new(),
        total: String::new(),
        cash: String::new(),
        note: String::new(),
    }
}

fn push(note: &mut String, more: &str) {
    if !note.is_empty() && !more.is_empty() {
        note.push('；');
    }
    note.push_str(more);
}

/// `basket/cold.yaml` is called `cold`.
fn bill(key: &str) -> String {
    let name = key.strip_prefix("basket/").unwrap_or(key);
    name.strip_suffix(".yaml").unwrap_or(name).to_owned()
}

fn expected(expect: &Expect) -> String {
    match &expect.outcome {
        Expected::Refused { code: Some(code) } => format!("应被平台拒绝 {code}"),
        Expected::Refused { code: None } => "应被平台拒绝".to_owned(),
        _ => String::new(),
    }
}

pub(super) fn business(business: Business) -> &'static str {
    crosswipe_reports::business_in_words(business, crosswipe_reports::Lang::Zh)
}

/// `测*甲 (尾号 12)`: enough to find the card, too little to name somebody.
fn masked_name(persona: &Persona) -> String {
    let characters: Vec<char> = persona.name.chars().collect();
    let name: String = match characters.as_slice() {
        [] => String::new(),
        [first] => first.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    };
    let shown = persona.id_number.to_string();
    let tail: String = shown
        .chars()
        .skip(shown.chars().count().saturating_sub(2))
        .collect();
    format!("{name} (尾号{tail})")
}

/// 名单的一行 · A person whose card is needed, in full.
pub(super) struct Named<'a> {
    pub(super) persona: &'a Persona,
    pub(super) insured: String,
    /// Codes of the institutions that need the card.
    pub(super) at: Vec<String>,
}

/// Everybody on these sheets, in the plan's order.
pub(super) fn roster<'a>(plan: &'a Plan, sheets: &[Sheet]) -> Vec<Named<'a>> {
    let needed = |persona: &Persona| -> Vec<String> {
        let at = sheets.iter().filter(|sheet| {
            let mut labels = sheet.tasks.iter().map(|task| &task.label);
            labels.any(|label| *label == persona.label)
        });
        at.map(|sheet| sheet.code.clone()).collect()
    };
    let people = plan.registry.personas.iter().map(|persona| Named {
        persona,
        insured: plan
            .topology
            .region(persona.insured)
            .map_or_else(String::new, |region| region.name.clone()),
        at: needed(persona),
    });
    people.filter(|named| !named.at.is_empty()).collect()
}

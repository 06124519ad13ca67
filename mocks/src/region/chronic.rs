//! 慢特病 · Chronic and special outpatient care (med_type 14 and 16): which disease a bill is for, and whether the insured
//! place pays for it.
//!
//! The treatment place reads the disease from the bill, its visit and its lines (one batch, one disease); the insured
//! place asks its own books for the registration (2503) and its policy for list, drugs and yearly quota. What the fund has
//! paid for a disease is a yearly accumulator of its own, so it comes back with the settlement.
//! Not here: the registration itself (`filing`), what is paid (`settlement`).

use crosswipe_domain::{Chronic, Day, Moment, Money, Name, Policy};
use crosswipe_wire::{Members, Refusal, RefusalCode};

use crate::answer::fact;
use crate::books::accumulator;
use crate::deed::{Bill, Disease, Hop};
use crate::ledger::{Facts, Held, Ledger};
use crate::setup::Setup;

/// 慢病 and 特病.
const KINDS: [&str; 2] = ["14", "16"];

/// The disease that a bill is for; `None` for any other kind of care.
///
/// # Errors
/// E-FIELD: no code, one of another form, or lines of another disease.
pub(super) fn disease_of<'l>(
    node: &Members<'_>,
    visit: &Facts,
    lines: impl Iterator<Item = &'l Facts>,
) -> Result<Option<Disease>, Refusal> {
    let kind = match node.text("med_type") {
        Some(kind) => kind.into_owned(),
        None => fact(visit, "med_type").to_owned(),
    };
    if !KINDS.contains(&kind.as_str()) {
        return Ok(None);
    }
    let refuse = |why: String| Err(Refusal::new(RefusalCode::Field, why));
    let code = match node.text("dise_codg") {
        Some(code) => code.into_owned(),
        None => fact(visit, "dise_codg").to_owned(),
    };
    if code.is_empty() {
        return refuse(format!("dise_codg: 医疗类别 {kind} 要写病种编码"));
    }
    if !Chronic::is_code(&code) {
        return refuse(format!("dise_codg {code}: 慢特病病种编码为 M 加 5 位数字"));
    }
    for facts in lines {
        let other = fact(facts, "dise_codg");
        if !other.is_empty() && other != code {
            return refuse(format!(
                "dise_codg {other}: 一批费用只能一个病种, 本批为 {code}"
            ));
        }
    }
    Ok(Some(Disease { kind, code }))
}

/// 额度 · Accumulator of what the pooled fund has paid for a disease in a year.
pub(super) fn quota_code(pool: &str, disease: &Disease) -> String {
    format!("{pool}_{}", disease.code)
}

/// Whether the insured place pays for the disease of a bill, and what is left of its yearly quota; `None` = no quota.
///
/// # Errors
/// E-DISEASE, E-CHRONIC, E-DRUG.
pub(super) fn entitled(
    (setup, ledger): (&Setup, &Ledger),
    policy: &Policy,
    (hop, bill): (&Hop, &Bill),
    pool: &str,
    now: Moment,
) -> Result<Option<Money>, Refusal> {
    let Some(disease) = &bill.disease else {
        return Ok(None);
    };
    let listed = policy.chronic.iter().find(|one| one.code == disease.code);
    if listed.is_none() && !policy.chronic.is_empty() {
        return Err(Refusal::new(
            RefusalCode::Disease,
            format!("dise_codg {}", disease.code),
        ));
    }
    let began = Moment::parse_wire(fact(&bill.facts, "begntime")).unwrap_or(now);
    if policy.chronic_filed && !is_filed(ledger, &hop.person, &disease.code, began.day()) {
        let why = format!("dise_codg {}, {}", disease.code, began.day());
        return Err(Refusal::new(RefusalCode::Chronic, why));
    }
    let Some(listed) = listed else {
        return Ok(None);
    };
    let stands = bill
        .lines
        .iter()
        .filter_map(|id| ledger.row("fee-detail", id))
        .map(|held| &held.row.facts);
    let sold = bill.sale.iter().flat_map(|sale| &sale.lines);
    for facts in stands.chain(sold.map(|line| &line.facts)) {
        let item = fact(facts, "med_list_codg");
        let is_drug = setup.tariff(item).is_some_and(|tariff| tariff.drug);
        if is_drug && !listed.drugs.is_empty() && !listed.drugs.iter().any(|drug| drug == item) {
            let why = format!("med_list_codg {item}, 病种 {} {}", listed.code, listed.name);
            return Err(Refusal::new(RefusalCode::Drug, why));
        }
    }
    let Some(quota) = listed.quota else {
        return Ok(None);
    };
    let year = now.day().year();
    let code = quota_code(pool, disease);
    let cell = accumulator(&hop.person, &bill.insutype, &year, &code);
    let used = Money::from_fen(ledger.value(&cell));
    Ok(Some((quota - used).max(Money::ZERO)))
}

/// Whether a person has a registration for a disease that holds on a day.
pub(super) fn is_filed(ledger: &Ledger, person: &str, disease: &str, on: Day) -> bool {
    let mut filings = ledger.standing_of_person("filing", person);
    filings.any(|held| holds(held, Some(disease), on))
}

/// Whether a registration is one for a disease (`None` = for any) that holds on a day.
fn holds(held: &Held, disease: Option<&str>, on: Day) -> bool {
    let facts = &held.row.facts;
    let date = |name: &str| Day::parse(fact(facts, name).get(..10)?).ok();
    !held.row.is_terminal()
        && held.row.cause.infno.starts_with("2503")
        && disease.is_none_or(|disease| fact(facts, "opsp_dise_code") == disease)
        && date("begndate").is_none_or(|from| from <= on)
        && date("enddate").is_none_or(|to| on <= to)
}

/// A registration may not go while a settlement stands that only it entitles to.
///
/// # Errors
/// E-SETTLED, with that settlement.
pub(super) fn may_unfile(ledger: &Ledger, hop: &Hop, filing: &str) -> Result<(), Refusal> {
    let Some(asked) = ledger.row("filing", filing) else {
        return Ok(());
    };
    let settled = ledger.standing_of_person("settlement", &hop.person);
    for one in settled.filter(|held| held.row.status == "settled") {
        let facts = &one.row.facts;
        if !KINDS.contains(&fact(facts, "med_type")) {
            continue;
        }
        // Of a bill whose visit and lines name no disease any registration may be the one.
        let disease = disease_on_books(ledger, fact(facts, "mdtrt_id"));
        let times = ["begntime", "setl_time"].into_iter();
        let mut times = times.filter_map(|name| Moment::parse_wire(fact(facts, name)).ok());
        let Some(on) = times.next().map(Moment::day) else {
            continue;
        };
        let rests_on = |held: &Held| holds(held, disease, on);
        let mut others = ledger
            .standing_of_person("filing", &hop.person)
            .filter(|held| held.row.id != filing);
        if rests_on(asked) && !others.any(rests_on) {
            let why = format!(
                "trt_dcla_detl_sn {filing}: 结算 {} 用着它, 先退该笔结算 (that settlement rests on it: undo it first)",
                one.row.id
            );
            return Err(Refusal::new(RefusalCode::Settled, why));
        }
    }
    Ok(())
}

/// What a visit or its lines say of the disease.
fn disease_on_books<'l>(ledger: &'l Ledger, mdtrt_id: &str) -> Option<&'l str> {
    let visit = ledger.row("visit", mdtrt_id);
    let lines = ledger.rows_of_visit("fee-detail", mdtrt_id);
    let mut said = visit.into_iter().chain(lines);
    said.find_map(|held| {
        held.row
            .facts
            .get("dise_codg")
            .filter(|code| !code.is_empty())
    })
    .map(Name::as_str)
}

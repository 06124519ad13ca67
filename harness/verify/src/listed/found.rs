//! 所查 · What is wrong between the papers: a party's own rows, two parties, two papers of one, rows that nobody claims.
//!
//! A party's own list that shows a settlement standing is a residue whatever others say; two parties that say otherwise are
//! R6; two papers of one party, or what a person typed and what a list says, are `evidence:conflict` and no choice is made.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Level, ListForm, ListRow, Listing, Money, Party, Role, RowSays, Rule};

use super::pair::near;
use super::views::{Seen, Views};
use crate::context::Context;
use crate::draft::finding;
use crate::judgement::Finding;
use crate::story::Tau;

/// Findings, and per rule how much was compared and on what level.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) compared: BTreeMap<Rule, (u64, Level)>,
}

impl Found {
    fn compared(&mut self, rule: Rule, level: Level) {
        let (number, lowest) = self.compared.entry(rule).or_insert((0, level));
        (*number, *lowest) = (*number + 1, level.min(*lowest));
    }
}

/// Asks everything that lists can answer.
pub(super) fn check(context: &Context<'_>, views: &Views<'_>) -> Found {
    let mut found = Found {
        findings: parties_without_papers(context, views),
        compared: BTreeMap::new(),
    };
    for (index, tau) in context.story.taus.iter().enumerate() {
        at_each_party(tau, index, views, &mut found);
        between_parties(context, (tau, index), views, &mut found);
        within_a_party(tau, index, views, &mut found);
    }
    reconciled(context, views, &mut found);
    stray(context, views, &mut found);
    found
}

/// Parties on the way of some τ that gave nothing that proves anything.
fn parties_without_papers(context: &Context<'_>, views: &Views<'_>) -> Vec<Finding> {
    let mut without: BTreeMap<&Party, Vec<String>> = BTreeMap::new();
    for (index, tau) in context.story.taus.iter().enumerate() {
        for party in &tau.intent.path {
            if views.seen(index, party) == Seen::Nothing {
                let of = without.entry(party).or_default();
                of.push(format!(
                    "{} {}",
                    tau.txid,
                    tau.intent.ids.get("setl_id").map_or("", String::as_str)
                ));
            }
        }
    }
    let told = without.into_iter().map(|(party, taus)| {
        let mut one = finding(Rule::R6, "evidence:missing")
            .at(party)
            .location("list")
            .values(format!("{} settlements in a list", taus.len()), "no list")
            .unsure();
        let more = taus.len() > 5;
        one.witness = taus
            .into_iter()
            .take(5)
            .map(|line| line.trim_end().to_owned())
            .collect();
        if more {
            one.witness.push("…".to_owned());
        }
        one
    });
    told.collect()
}

/// What a party's own rows say of a τ.
fn at_each_party(tau: &Tau<'_>, index: usize, views: &Views<'_>, found: &mut Found) {
    let seen: Vec<(&Party, Seen)> = tau
        .intent
        .path
        .iter()
        .map(|party| (party, views.seen(index, party)))
        .collect();
    let shown = seen
        .iter()
        .any(|(_, seen)| matches!(seen, Seen::Rows { .. }));
    let mut absent: Vec<&Party> = Vec::new();
    for (party, seen) in &seen {
        let lost = |why: String| {
            finding(Rule::R6, "evidence:missing")
                .about(tau)
                .at(party)
                .location("list")
                .values("a row of the settlement", why)
                .unsure()
        };
        match seen {
            Seen::Nothing => {}
            Seen::Elsewhere => found
                .findings
                .push(lost(format!("no list of {}", tau.at.day()))),
            Seen::Ambiguous => {
                let rows = views.ambiguous(index, party);
                let mut one = lost(format!("{} rows that fit several", rows.len()));
                one.witness = places(rows.iter().copied());
                found.findings.push(one);
            }
            Seen::Absent if shown => {
                absent.push(party);
                found.compared(Rule::R6, Level::L1);
            }
            // Nobody has it: a person typed what no list knows.
            Seen::Absent => found.findings.push(not_known(tau, index, views, party)),
            Seen::Rows { settled, undone } => {
                for rule in [Rule::R5, Rule::R6, Rule::R7] {
                    found.compared(rule, Level::L1);
                }
                of_rows(
                    tau,
                    index,
                    views,
                    (party, *settled, *undone),
                    &mut found.findings,
                );
            }
        }
    }
    let of = |wanted: fn(Seen) -> bool| -> Vec<&Party> {
        let fit = seen.iter().filter(|(_, seen)| wanted(*seen));
        fit.map(|(party, _)| *party).collect()
    };
    let having = of(|seen| matches!(seen, Seen::Rows { .. }));
    if !absent.is_empty() {
        let one = disagree(tau, "settlement", &absent, &having);
        found
            .findings
            .push(one.values("in all lists", told("not in", &absent)));
    }
    let (stands, undone) = (of(Seen::stands), of(Seen::is_undone));
    if !stands.is_empty() && !undone.is_empty() {
        let one = disagree(tau, "reversal", &stands, &undone);
        found
            .findings
            .push(one.values("undone in all lists", told("stands in", &stands)));
    }
}

fn told(how: &str, parties: &[&Party]) -> String {
    let names: Vec<String> = parties.iter().map(ToString::to_string).collect();
    format!("{how} {}", names.join(" "))
}

/// Parties of two minds: the single one that is alone is named.
fn disagree(tau: &Tau<'_>, about: &str, one: &[&Party], other: &[&Party]) -> Finding {
    let class = match (one, other) {
        ([alone], _) | (_, [alone]) => format!("one-sided:{}", alone.role.name()),
        _ => {
            let letters = |parties: &[&Party]| -> String {
                parties.iter().map(|party| party.role.letter()).collect()
            };
            let (a, b) = (letters(one), letters(other));
            let first = tau.intent.path.first();
            match one.first().copied() == first {
                true => format!("split:{a}|{b}"),
                false => format!("split:{b}|{a}"),
            }
        }
    };
    let mut made = finding(Rule::R6, class).about(tau).location(about);
    if let ([alone], _) | (_, [alone]) = (one, other) {
        made = made.at(alone);
    }
    made
}

fn not_known(tau: &Tau<'_>, index: usize, views: &Views<'_>, party: &Party) -> Finding {
    let mut one = finding(Rule::R6, "evidence:conflict")
        .about(tau)
        .at(party)
        .location("settlement")
        .values("in the list as on the sheet", "in no list")
        .unsure();
    let his = tau.intent.path.first().unwrap_or(party);
    one.witness = places(views.rows(index, his, ListForm::Sheet).iter().copied());
    one
}

fn of_rows(
    tau: &Tau<'_>,
    index: usize,
    views: &Views<'_>,
    (party, settled, undone): (&Party, u32, u32),
    findings: &mut Vec<Finding>,
) {
    let rows = views.rows(index, party, ListForm::List);
    let settling: Vec<&ListRow> = rows
        .iter()
        .copied()
        .filter(|row| row.says != RowSays::Mirror)
        .collect();
    let mirrors: Vec<&ListRow> = rows
        .iter()
        .copied()
        .filter(|row| row.says == RowSays::Mirror)
        .collect();
    let make = |rule: Rule, class: &str| finding(rule, class).about(tau).at(party);
    if settled == 0 {
        let mut one = make(Rule::R6, "evidence:missing").location("settlement");
        one.witness = places(mirrors.iter().copied());
        findings.push(
            one.values("a row of the settlement", "its refund alone")
                .unsure(),
        );
    }
    if settled > 1 {
        let mut one = make(Rule::R5, "duplicate-settle").location("settlement");
        one.witness = places(settling.iter().copied());
        findings.push(one.values(1, settled));
    }
    if settled > undone {
        let place = settling.first().map_or("3202", |row| row.cell("status"));
        let mut one = make(Rule::R7, "residue:settlement").location(place);
        one.witness = places(settling.iter().copied());
        let left = match undone {
            0 => "settled".to_owned(),
            _ => format!("settled {settled} times, undone {undone} times"),
        };
        findings.push(one.values("undone", left));
    }
    let once_each = settled.max(1);
    if undone > once_each {
        let mut one = make(Rule::R5, "double-reversal").location("reversal");
        one.witness = places(mirrors.iter().copied());
        findings.push(one.values(once_each, undone));
    }
    for mirror in &mirrors {
        let whole = settling.iter().find_map(|row| row.total);
        let (Some(whole), Some(back)) = (whole, mirror.total) else {
            continue;
        };
        if back != -whole {
            let class = match back.abs() < whole.abs() {
                true => "under-reversal",
                false => "over-reversal",
            };
            let mut one = make(Rule::R4, class).location(mirror.cell("total"));
            one.witness = places(settling.iter().copied().chain([*mirror]));
            findings.push(one.figures(crosswipe_domain::Unit::Fen, -whole, back));
        }
    }
}

/// The tuple of R6: what two parties both say of one τ.
fn between_parties(
    context: &Context<'_>,
    (tau, index): (&Tau<'_>, usize),
    views: &Views<'_>,
    found: &mut Found,
) {
    // Another number may be another form of the same person's: only two test persons are two for certain.
    let registered = |row: &ListRow| {
        let person = row.person.as_ref();
        person.is_some_and(|person| context.registered.contains_key(person.as_str()))
    };
    let mut first: Option<(&Party, &ListRow)> = None;
    for party in &tau.intent.path {
        let rows = views.rows(index, party, ListForm::List);
        let Some(row) = rows.iter().copied().find(|row| row.says != RowSays::Mirror) else {
            continue;
        };
        let Some((front, known)) = first else {
            first = Some((party, row));
            continue;
        };
        for difference in differences(known, row) {
            let class = match difference.field {
                "total" | "fund" | "account" | "cash" => "mismatch:amount",
                "person" if registered(known) && registered(row) => "mismatch:person",
                "person" | "time" => "evidence:conflict",
                _ => "mismatch:id",
            };
            let one = finding(Rule::R6, class)
                .about(tau)
                .at(party)
                .unsure_if(class == "evidence:conflict");
            found
                .findings
                .push(difference.told(one, [front, party], [known, row]));
        }
    }
}

/// Two papers of one party, and what was typed against what a list says.
fn within_a_party(tau: &Tau<'_>, index: usize, views: &Views<'_>, found: &mut Found) {
    let Some(his) = tau.intent.path.first() else {
        return;
    };
    let conflict = |party: &Party| {
        finding(Rule::R6, "evidence:conflict")
            .about(tau)
            .at(party)
            .unsure()
    };
    let sheets = views.rows(index, his, ListForm::Sheet);
    for party in &tau.intent.path {
        let rows = views.rows(index, party, ListForm::List);
        let settling: Vec<&ListRow> = rows
            .iter()
            .copied()
            .filter(|row| row.says != RowSays::Mirror)
            .collect();
        for (place, row) in settling.iter().enumerate() {
            for other in &settling[place + 1..] {
                if row.setl_id != other.setl_id {
                    continue;
                }
                for difference in differences(row, other) {
                    found.findings.push(difference.told(
                        conflict(party),
                        [party, party],
                        [row, other],
                    ));
                }
                if row.says != other.says {
                    let undone = [row, other].map(|row| row.says == RowSays::Undone);
                    let one = reversal(conflict(party), [row, other], undone);
                    found.findings.push(one);
                }
            }
        }
        let Some(row) = settling.first() else {
            continue;
        };
        let mirror = rows.iter().copied().find(|row| row.says == RowSays::Mirror);
        for sheet in sheets {
            for difference in differences(sheet, row) {
                found
                    .findings
                    .push(difference.told(conflict(party), [his, party], [sheet, row]));
            }
            let undone = row.says == RowSays::Undone || mirror.is_some();
            let typed = sheet.says == RowSays::Undone;
            if typed != undone {
                let one = reversal(conflict(party), [sheet, row], [typed, undone]);
                found.findings.push(one);
            }
            let Some(mirror) = mirror else { continue };
            let told =
                |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
            if told(&sheet.undone_by, &mirror.setl_id) {
                let ids = Difference {
                    field: "undone_by",
                    of_second: "id",
                    said: [sheet.undone_by.clone(), mirror.setl_id.clone()],
                };
                found
                    .findings
                    .push(ids.told(conflict(party), [his, party], [sheet, mirror]));
            }
            if let Some((one, other)) = sheet.undone_at.zip(mirror.time)
                && !near(one, other)
            {
                let times = Difference {
                    field: "undone_at",
                    of_second: "time",
                    said: [one.wire(), other.wire()],
                };
                found
                    .findings
                    .push(times.told(conflict(party), [his, party], [sheet, mirror]));
            }
        }
    }
    for (place, sheet) in sheets.iter().enumerate() {
        for other in &sheets[place + 1..] {
            for difference in differences(sheet, other) {
                found
                    .findings
                    .push(difference.told(conflict(his), [his, his], [sheet, other]));
            }
            if sheet.says != other.says {
                let undone = [sheet, other].map(|row| row.says == RowSays::Undone);
                let one = reversal(conflict(his), [sheet, other], undone);
                found.findings.push(one);
            }
        }
    }
}

/// One says undone and the other does not, by the row itself or by a mirror beside it.
fn reversal(one: Finding, rows: [&ListRow; 2], undone: [bool; 2]) -> Finding {
    let word = |undone| if undone { "undone" } else { "settled" };
    let mut one = one
        .location(format!(
            "{} | {}",
            rows[0].cell("status"),
            rows[1].cell("status")
        ))
        .values(word(undone[0]), word(undone[1]));
    one.witness = places(rows);
    one
}

/// One field that two rows both have and say otherwise.
struct Difference {
    field: &'static str,
    /// What the same is called in the second row.
    of_second: &'static str,
    said: [String; 2],
}

impl Difference {
    fn told(&self, one: Finding, parties: [&Party; 2], rows: [&ListRow; 2]) -> Finding {
        let cells = [rows[0].cell(self.field), rows[1].cell(self.of_second)];
        let mut one = one
            .location(format!("{} | {}", cells[0], cells[1]))
            .values(&self.said[0], &self.said[1]);
        one.witness = vec![
            format!("{} {} {}", parties[0], cells[0], self.said[0]),
            format!("{} {} {}", parties[1], cells[1], self.said[1]),
        ];
        one
    }
}

fn differences(one: &ListRow, other: &ListRow) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |field, said| {
        found.push(Difference {
            field,
            of_second: field,
            said,
        });
    };
    for (field, a, b) in [
        ("total", one.total, other.total),
        ("fund", one.fund, other.fund),
        ("account", one.account, other.account),
        ("cash", one.cash, other.cash),
    ] {
        if let Some((a, b)) = a.zip(b)
            && a != b
        {
            add(field, [a, b].map(|fen| Money::from_fen(fen).to_string()));
        }
    }
    for (field, a, b) in [
        ("id", &one.setl_id, &other.setl_id),
        ("visit", &one.mdtrt_id, &other.mdtrt_id),
        ("msgid", &one.msgid, &other.msgid),
    ] {
        if !a.is_empty() && !b.is_empty() && a != b {
            add(field, [a.clone(), b.clone()]);
        }
    }
    if let (Some(a), Some(b)) = (&one.person, &other.person)
        && a != b
    {
        add("person", [a.to_string(), b.to_string()]);
    }
    if let Some((a, b)) = one.time.zip(other.time)
        && !near(a, b)
    {
        add("time", [a.wire(), b.wire()]);
    }
    if !one.institution.is_empty()
        && !other.institution.is_empty()
        && one.institution != other.institution
    {
        add(
            "institution",
            [one.institution.clone(), other.institution.clone()],
        );
    }
    found
}

/// R9 as far as 3202 goes: the treatment place named nothing of the institutions where test persons were swiped.
fn reconciled(context: &Context<'_>, views: &Views<'_>, found: &mut Found) {
    let mut whole = !context.story.taus.is_empty();
    for (index, tau) in context.story.taus.iter().enumerate() {
        let treatment = tau
            .intent
            .path
            .iter()
            .find(|party| party.role == Role::Treatment);
        let Some(treatment) = treatment else {
            continue;
        };
        whole &= views.has(treatment, ListForm::Detail)
            && matches!(
                views.seen(index, treatment),
                Seen::Rows { .. } | Seen::Absent
            );
        for row in views.rows(index, treatment, ListForm::Detail) {
            found.findings.push(difference(treatment, row).about(tau));
        }
    }
    if whole {
        let number = context.story.taus.len() as u64;
        found.compared.insert(Rule::R9, (number, Level::L2));
    }
}

/// A line of a 3202 result.
fn difference(party: &Party, row: &ListRow) -> Finding {
    let (class, actual) = match row.says {
        RowSays::PlatformOnly => ("one-sided:treatment", "000101"),
        RowSays::InstitutionOnly => ("one-sided:his", "000102"),
        _ => ("mismatch:amount", "000103"),
    };
    let mut one = finding(Rule::R9, class)
        .at(party)
        .location(row.place.clone())
        .values("no difference", actual);
    one.witness = places([row]);
    one
}

/// Rows about test persons that no τ of the journal claims: whoever read them in would have taken them in.
fn stray(context: &Context<'_>, views: &Views<'_>, found: &mut Found) {
    let registered: BTreeSet<&str> = context.registered.keys().copied().collect();
    let tests = views.stray.iter().filter(|(_, row)| {
        let person = row.person.as_ref();
        person.is_some_and(|person| registered.contains(person.as_str()))
    });
    for (listing, row) in tests {
        let listing: &Listing = listing;
        let one = match row.says {
            RowSays::Settled => finding(Rule::R7, "residue:settlement").values("no row", "settled"),
            RowSays::Undone => finding(Rule::R11, format!("foreign:{}", listing.party.role.name()))
                .values("a row of the run", "undone")
                .unsure(),
            RowSays::Mirror => finding(Rule::R5, "empty-reversal")
                .values("the settlement that it undoes", "none")
                .unsure(),
            _ => difference(&listing.party, row),
        };
        let mut one = one
            .at(&listing.party)
            .of_person(row.person.as_ref().map(|person| person.as_str()))
            .location(row.cell("id"));
        one.witness = places([*row]);
        found.findings.push(one);
    }
}

/// Rows as a reader finds them: place, what it says, ids and amount.
fn places<'r>(rows: impl IntoIterator<Item = &'r ListRow>) -> Vec<String> {
    let line = |row: &ListRow| {
        let says = match row.says {
            RowSays::Settled => "settled",
            RowSays::Undone => "undone",
            RowSays::Mirror => "mirror",
            RowSays::PlatformOnly => "000101",
            RowSays::InstitutionOnly => "000102",
            RowSays::Differs => "000103",
        };
        let amount = row.total.map(|fen| Money::from_fen(fen).to_string());
        let words = [
            row.place.as_str(),
            says,
            &row.setl_id,
            amount.as_deref().unwrap_or_default(),
        ];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(" ")
    };
    rows.into_iter().map(line).collect()
}

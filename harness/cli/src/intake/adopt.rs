//! 认领 · Which swipes there were, by sheets and lists together, and the papers with everybody else's rows left out.
//!
//! Why so: a filled row of a sheet is a τ of its plan's step; a settlement of a test person that only a list knows is one too,
//! of a planned case where exactly one fits, else of a case of its own. Rows of people who are nobody of ours are counted and
//! not kept. Called by `command::import`. Not here: how the τ are written down (`keep`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{
    BasketLine, CaseId, Day, InfNo, Institution, InstitutionCode, LISTING_SCHEMA, ListForm,
    ListRow, ListSource, Listing, Moment, Money, Party, Persona, PseudonymKey, Role, RowSays, TxId,
    both,
};
use crosswipe_scenarios::{Expected, Plan, Step, Swipe};
use crosswipe_verify::audit::State;
use crosswipe_verify::{Claim, Paired, pair};

use super::people::{People, is_whole};
use super::sheet::{Filled, Sheets, personal};
use crate::books::{Flaw, Flaws, Paper, PaperRow};

/// 一笔 · One τ that was adopted.
pub(crate) struct Swiped<'p> {
    pub(crate) claim: Claim,
    pub(crate) txid: TxId,
    pub(crate) case: CaseId,
    pub(crate) step: String,
    /// The plan's step, where it is one.
    pub(crate) planned: Option<&'p Swipe>,
    pub(crate) persona: &'p Persona,
    pub(crate) institution: &'p Institution,
    pub(crate) infno: InfNo,
    /// The parties that book it.
    pub(crate) path: Vec<Party>,
    /// By interface name.
    pub(crate) amounts: BTreeMap<String, Money>,
    pub(crate) undone: bool,
    pub(crate) undone_at: Option<Moment>,
}

/// 所得 · Everything that a run folder is made of.
pub(crate) struct Adopted<'p> {
    pub(crate) swiped: Vec<Swiped<'p>>,
    pub(crate) papers: Vec<Listing>,
    /// Settlements that no sheet knew.
    pub(crate) unannounced: usize,
}

/// Joins sheets and papers.
///
/// # Errors
/// Papers whose party cannot be told, that are of another place, or in which nothing of the plan stands.
pub(crate) fn adopt<'p>(
    plan: &'p Plan,
    key: &PseudonymKey,
    people: &People<'p>,
    sheets: &Sheets<'_>,
    papers: &[Paper],
) -> Result<Adopted<'p>, Flaws> {
    let mut flaws = Flaws::default();
    let mut work = Work {
        plan,
        key,
        people,
        swiped: Vec::new(),
        unannounced: 0,
    };
    let mut listings: BTreeMap<(Party, ListForm), Listing> = BTreeMap::new();
    for source in &sheets.read {
        let party = Party::new(Role::His, source.institution.as_str());
        let known = listings.get(&(party.clone(), ListForm::Sheet));
        if known.is_some_and(|one| has_read(one, &source.sha256, &source.name)) {
            continue;
        }
        let rows: Vec<ListRow> = source.rows.iter().map(|row| work.of_sheet(row)).collect();
        let days: BTreeSet<Day> = rows
            .iter()
            .filter_map(|row| Some(row.time?.day()))
            .collect();
        let listing = listings.entry((party.clone(), ListForm::Sheet));
        let listing = listing.or_insert_with(|| empty(party, ListForm::Sheet));
        listing.sources.push(ListSource {
            name: source.name.clone(),
            sha256: source.sha256.clone(),
            rows: rows.len() as u64,
            days: days.into_iter().map(|day| (day, day)).collect(),
            names_persons: true,
            institution: Some(source.institution.clone()),
        });
        listing.rows.extend(rows);
    }
    let asked = Asked::of(&work.swiped);
    let mut whose: BTreeMap<(&str, &str), Party> = BTreeMap::new();
    for paper in papers {
        let Some((party, institution)) = work.party_of(paper, &mut flaws) else {
            continue;
        };
        let sheet = paper.name.split_once('!').map_or("", |(_, sheet)| sheet);
        let first = whose
            .entry((&paper.sha256, sheet))
            .or_insert_with(|| party.clone());
        // A city's platform is treatment place and insured place, and may have one list for both.
        if first.code != party.code {
            flaws.push(Flaw::new(
                paper.place.clone(),
                both!(
                    "与 {first} 的清单是同一个文件, 不能又算 {party} 的",
                    "the same file as the list of {first}: it cannot be that of {party} too"
                ),
                both!("各方的清单由各方自己给", "each party gives its own list"),
            ));
            continue;
        }
        let form = match paper.is_detail {
            true => ListForm::Detail,
            false => ListForm::List,
        };
        let known = listings.get(&(party.clone(), form));
        if known.is_some_and(|one| has_read(one, &paper.sha256, &paper.name)) {
            continue;
        }
        let Some((source, rows)) = work.of_paper(paper, institution, &asked, &mut flaws) else {
            continue;
        };
        let listing = listings.entry((party.clone(), form));
        let listing = listing.or_insert_with(|| empty(party, form));
        listing.sources.push(source);
        listing.rows.extend(rows);
    }
    if !flaws.is_empty() {
        return Err(flaws);
    }
    let mut papers: Vec<Listing> = listings.into_values().collect();
    for listing in &mut papers {
        once(&mut listing.rows);
    }
    // Lists before results that only differ from them, parties in the order in which a message passes them.
    papers.sort_by(|a, b| (a.form, &a.party).cmp(&(b.form, &b.party)));
    for listing in &papers {
        work.take_in(listing);
    }
    work.undone(&papers);
    Ok(Adopted {
        swiped: work.swiped,
        papers,
        unannounced: work.unannounced,
    })
}

fn empty(party: Party, form: ListForm) -> Listing {
    Listing {
        schema: LISTING_SCHEMA.to_owned(),
        party,
        form,
        sources: Vec::new(),
        rows: Vec::new(),
    }
}

/// One file under two names is one file, and each of its sheets is one paper.
fn has_read(listing: &Listing, sha256: &str, name: &str) -> bool {
    let sheet = |name: &str| name.split_once('!').map(|(_, sheet)| sheet.to_owned());
    let mut sources = listing.sources.iter();
    sources.any(|one| one.sha256 == sha256 && sheet(&one.name) == sheet(name))
}

/// The same row in two files is one.
fn once(rows: &mut Vec<ListRow>) {
    let mut kept: Vec<ListRow> = Vec::new();
    let mut known: BTreeMap<String, Vec<ListRow>> = BTreeMap::new();
    for row in rows.drain(..) {
        let bare = ListRow {
            place: String::new(),
            cells: BTreeMap::new(),
            ..row.clone()
        };
        let alike = known.entry(row.setl_id.clone()).or_default();
        // Without an id two equal rows may be two settlements.
        if row.setl_id.is_empty() || !alike.contains(&bare) {
            alike.push(bare);
            kept.push(row);
        }
    }
    *rows = kept;
}

/// By what a row of a stranger is asked for though it names no person of ours.
struct Asked {
    ids: BTreeSet<String>,
    totals: BTreeSet<i64>,
}

impl Asked {
    fn of(swiped: &[Swiped<'_>]) -> Asked {
        let claims = swiped.iter().map(|one| &one.claim);
        let ids = claims.clone().flat_map(|claim| {
            [&claim.setl_id, &claim.mdtrt_id, &claim.undone_by].map(String::clone)
        });
        Asked {
            ids: ids.filter(|id| !id.is_empty()).collect(),
            totals: claims.filter_map(|claim| claim.total).collect(),
        }
    }

    fn wants(&self, row: &PaperRow, named: bool) -> bool {
        let by_id = [&row.id, &row.original, &row.visit]
            .into_iter()
            .any(|id| self.ids.contains(id));
        let total = row.sums[0].map(i64::abs);
        by_id || !named && total.is_some_and(|total| self.totals.contains(&total))
    }
}

struct Work<'p, 'k> {
    plan: &'p Plan,
    key: &'k PseudonymKey,
    people: &'k People<'p>,
    swiped: Vec<Swiped<'p>>,
    unannounced: usize,
}

impl<'p> Work<'p, '_> {
    fn of_sheet(&mut self, row: &Filled) -> ListRow {
        let name = match &row.planned {
            Some((case, step)) => format!("{case}/{step}"),
            None => {
                let id = [&row.setl_id, &row.mdtrt_id]
                    .into_iter()
                    .find(|id| !id.is_empty());
                let id = id
                    .cloned()
                    .unwrap_or_else(|| (self.swiped.len() + 1).to_string());
                format!("import/{id}")
            }
        };
        let txid = txid(&name);
        if !self.swiped.iter().any(|one| one.txid == txid) {
            self.claim_of(row, txid.clone());
        }
        ListRow {
            place: row.place.clone(),
            cells: row.cells.clone(),
            says: match row.is_undone() {
                true => RowSays::Undone,
                false => RowSays::Settled,
            },
            txid: Some(txid),
            setl_id: row.setl_id.clone(),
            mdtrt_id: row.mdtrt_id.clone(),
            person: self.people.pseudonym(self.key, &row.label),
            institution: row.institution.clone(),
            time: row.time,
            undone_at: row.undone_at,
            undone_by: row.undone_by.clone(),
            total: row.total,
            ..ListRow::default()
        }
    }

    fn claim_of(&mut self, row: &Filled, txid: TxId) {
        let planned = row
            .planned
            .as_ref()
            .and_then(|(case, step)| self.step(case, step));
        let label = planned.map_or(row.label.as_str(), |(_, swipe)| &swipe.persona);
        let persona = self.people.find(label);
        let (Some(persona), Some(institution)) =
            (persona, institution(self.plan, &row.institution))
        else {
            return;
        };
        let claim = Claim {
            txid: txid.to_string(),
            setl_id: row.setl_id.clone(),
            mdtrt_id: row.mdtrt_id.clone(),
            undone_by: row.undone_by.clone(),
            person: Some(self.key.pseudonym(&persona.no).to_string()),
            institution: row.institution.clone(),
            total: row.total,
            time: row.time,
        };
        self.push(claim, txid, planned, persona, institution);
        if let Some(last) = self.swiped.last_mut() {
            (last.undone, last.undone_at) = (row.is_undone(), row.undone_at);
        }
    }

    fn push(
        &mut self,
        claim: Claim,
        txid: TxId,
        planned: Option<(&'p CaseId, &'p Swipe)>,
        persona: &'p Persona,
        institution: &'p Institution,
    ) {
        let infno = match planned {
            Some((_, swipe)) => settles(swipe),
            None if institution.code.is_pharmacy() => "2102",
            None => "2207",
        };
        let case = match planned {
            Some((case, _)) => case.clone(),
            None => CaseId::parse(txid.as_str()).expect("an id of a τ that was made here is short"),
        };
        let amounts = claim
            .total
            .map(|fen| ("medfee_sumamt".to_owned(), Money::from_fen(fen)));
        self.swiped.push(Swiped {
            step: planned.map_or_else(|| "settle".to_owned(), |(_, swipe)| swipe.name.clone()),
            planned: planned.map(|(_, swipe)| swipe),
            amounts: amounts.into_iter().collect(),
            undone: false,
            undone_at: None,
            infno: InfNo::new(infno),
            path: self.plan.topology.path(institution, persona.insured),
            claim,
            txid,
            case,
            persona,
            institution,
        });
    }

    fn step(&self, case: &CaseId, step: &str) -> Option<(&'p CaseId, &'p Swipe)> {
        let case = self.plan.cases.iter().find(|one| one.id == *case)?;
        case.leaves().find_map(|leaf| match leaf {
            Step::Swipe(swipe) if swipe.name == step => Some((&case.id, swipe)),
            _ => None,
        })
    }

    /// Whose paper it is, as a party of the plan; of a 3202 result also whose lines it answers.
    fn party_of(&self, paper: &Paper, flaws: &mut Flaws) -> Option<(Party, Option<String>)> {
        let named = |party: &Option<Party>| party.clone().filter(|party| party.code != "unnamed");
        let (party, institution) = match (paper.is_detail, named(&paper.party)) {
            (false, party) => (party, None),
            (true, Some(his)) if his.role == Role::His => (None, Some(his.code)),
            (true, party) => (party, paper.institution.clone()),
        };
        let party = match (&institution, party) {
            (Some(code), None) => institution_of(self.plan, code)
                .map(|one| Party::new(Role::Treatment, one.region.as_str())),
            (_, party) => party,
        };
        let parties = self.plan.topology.parties();
        let mut wrong = |what, mend| flaws.push(Flaw::new(paper.place.clone(), what, mend));
        if paper.is_detail && institution.is_none() {
            wrong(
                both!(
                    "不知道是哪家机构的 3202 结果",
                    "whose lines this result of a 3202 answers cannot be told"
                ),
                both!(
                    "写成 his:H33010000001=文件, 或在 --map 里写 institution",
                    "write his:H33010000001=FILE, or say institution in --map"
                ),
            );
            return None;
        }
        match party {
            Some(party) if parties.contains(&party) => Some((party, institution)),
            Some(party) => {
                wrong(
                    both!("计划里没有 {party} 这一方", "the plan has no party {party}"),
                    both!(
                        "看是不是交错了清单; 写成 his:机构代码=文件, 或在 --map 里写 party",
                        "see whether it is the right list; write his:CODE=FILE, or say party in --map"
                    ),
                );
                None
            }
            None => {
                wrong(
                    both!("不知道是哪一方的清单", "whose list this is cannot be told"),
                    both!(
                        "写成 his:H33010000001=文件 或 insured:330200=文件, 或在 --map 里写 party",
                        "write his:H33010000001=FILE or insured:330200=FILE, or say party in --map"
                    ),
                );
                None
            }
        }
    }

    /// The rows that matter, and what the paper is.
    fn of_paper(
        &self,
        paper: &Paper,
        institution: Option<String>,
        asked: &Asked,
        flaws: &mut Flaws,
    ) -> Option<(ListSource, Vec<ListRow>)> {
        if paper.is_detail && paper.days.is_none() {
            flaws.push(Flaw::new(
                paper.place.clone(),
                both!("不知道 3202 对的是哪几天: 没有差异的日子不留一行", "which days this 3202 compared cannot be told: a day without difference leaves no line"),
                both!("在 --map 里写 period: {{from: 2017-06-02, to: 2017-06-03}}", "say period: {{from: 2017-06-02, to: 2017-06-03}} in --map"),
            ));
            return None;
        }
        let mut rows = Vec::new();
        for row in &paper.rows {
            for (field, id) in [
                ("id", &row.id),
                ("original", &row.original),
                ("visit", &row.visit),
            ] {
                if self.people.is_a_person(id) {
                    flaws.push(personal(row.cells.get(field).unwrap_or(&row.place).clone()));
                    return None;
                }
            }
            if self.matters(row, paper.names_persons, asked) {
                rows.push(self.list_row(row));
            }
        }
        if rows.is_empty() && paper.days.is_none() {
            let number = paper.rows.len();
            flaws.push(Flaw::new(
                paper.place.clone(),
                match number {
                    0 => both!("是空表, 一笔也没有", "an empty list, not one settlement"),
                    _ => both!("{number} 笔里没有一笔是这份计划的: 不是测试人员, 不在窗口里, 编号也对不上", "of {number} rows none is this plan's: no test person, not in the window, no id that is known"),
                },
                both!("看是不是交错了清单; 确实没有的, 在 --map 里写明 period", "see whether it is the right list; if there truly are none, say its period in --map"),
            ));
            return None;
        }
        let days: BTreeSet<Day> = paper
            .rows
            .iter()
            .filter_map(|row| Some(row.time?.day()))
            .collect();
        let source = ListSource {
            name: paper.name.clone(),
            sha256: paper.sha256.clone(),
            rows: paper.rows.len() as u64,
            days: match paper.days {
                Some(days) => vec![days],
                None => days.into_iter().map(|day| (day, day)).collect(),
            },
            // Masked numbers name nobody.
            names_persons: paper.names_persons
                && paper
                    .rows
                    .iter()
                    .all(|row| is_whole(&row.person) || self.people.find(&row.person).is_some()),
            institution,
        };
        Some((source, rows))
    }

    /// A test person's within the window, or asked for by its ids.
    fn matters(&self, row: &PaperRow, named: bool, asked: &Asked) -> bool {
        let window = self.plan.window.latest();
        let within = row.time.is_none_or(|at| {
            window.start().is_none_or(|start| start.day().start() <= at)
                && window.end().is_none_or(|end| at < end.day().next().start())
        });
        asked.wants(row, named && is_whole(&row.person))
            || within && self.people.find(&row.person).is_some()
    }

    fn list_row(&self, row: &PaperRow) -> ListRow {
        let [total, fund, account, cash] = row.sums;
        ListRow {
            place: row.place.clone(),
            cells: row.cells.clone(),
            says: match (row.result.as_deref(), row.state) {
                (Some("000101"), _) => RowSays::PlatformOnly,
                (Some("000102"), _) => RowSays::InstitutionOnly,
                (Some(_), _) => RowSays::Differs,
                (None, State::Mirror) => RowSays::Mirror,
                (None, State::Undone) => RowSays::Undone,
                (None, _) => RowSays::Settled,
            },
            setl_id: row.id.clone(),
            original: row.original.clone(),
            mdtrt_id: row.visit.clone(),
            msgid: row.msgid.clone(),
            person: self.people.pseudonym(self.key, &row.person),
            institution: row.institution.clone(),
            time: row.time,
            total,
            fund,
            account,
            cash,
            ..ListRow::default()
        }
    }

    /// Pairs a listing with what is known, learns from it, and takes in what nobody knew.
    fn take_in(&mut self, listing: &Listing) {
        if listing.form == ListForm::Sheet {
            return;
        }
        let claims: Vec<Claim> = self.swiped.iter().map(|one| one.claim.clone()).collect();
        let pairs = pair(&claims, &listing.rows);
        for (row, paired) in listing.rows.iter().zip(pairs) {
            match paired {
                Paired::To(place) if row.says != RowSays::Mirror && !row.says.is_difference() => {
                    learn(&mut self.swiped[place], row);
                }
                Paired::Nobody if row.says != RowSays::Mirror => self.unannounced(listing, row),
                _ => {}
            }
        }
    }

    /// A settlement of a test person that no sheet knew.
    fn unannounced(&mut self, listing: &Listing, row: &ListRow) {
        let whose = row.person.as_ref();
        let persona = whose.and_then(|name| self.people.find(name.as_str()));
        let own = (listing.party.role == Role::His).then_some(listing.party.code.as_str());
        let answered = listing
            .sources
            .iter()
            .find_map(|source| source.institution.as_deref());
        let code = [
            row.institution.as_str(),
            own.or(answered).unwrap_or_default(),
        ];
        let code = code
            .into_iter()
            .find(|code| !code.is_empty())
            .unwrap_or_default();
        let (Some(persona), Some(institution)) = (persona, institution(self.plan, code)) else {
            return;
        };
        // Two rows of one list may be one settlement, seen twice.
        if !row.setl_id.is_empty()
            && self
                .swiped
                .iter()
                .any(|one| one.claim.setl_id == row.setl_id)
        {
            return;
        }
        let planned = self.only_step(persona, institution, row.total);
        let name = match planned {
            Some((case, swipe)) => format!("{case}/{}", swipe.name),
            None => {
                let id = [&row.setl_id, &row.mdtrt_id]
                    .into_iter()
                    .find(|id| !id.is_empty());
                let id = id
                    .cloned()
                    .unwrap_or_else(|| (self.swiped.len() + 1).to_string());
                format!("import/{id}")
            }
        };
        let claim = Claim {
            txid: name.clone(),
            person: whose.map(|name| name.to_string()),
            institution: institution.code.to_string(),
            ..Claim::default()
        };
        self.push(claim, txid(&name), planned, persona, institution);
        self.unannounced += 1;
        if let Some(last) = self.swiped.last_mut() {
            learn(last, row);
        }
    }

    /// The one step of the plan that this can be, if it is one and nobody has claimed it.
    fn only_step(
        &self,
        persona: &Persona,
        institution: &Institution,
        total: Option<i64>,
    ) -> Option<(&'p CaseId, &'p Swipe)> {
        let mut fit = self.plan.cases.iter().flat_map(|case| {
            case.leaves().filter_map(move |leaf| match leaf {
                Step::Swipe(swipe) => Some((&case.id, swipe)),
                _ => None,
            })
        });
        let mut fit = fit.by_ref().filter(|(case, swipe)| {
            let bill = self.plan.registry.baskets.get(&swipe.basket);
            let sum = bill.map(|lines| lines.iter().map(BasketLine::amount).sum::<Money>().fen());
            let claimed = self
                .swiped
                .iter()
                .any(|one| one.case == **case && one.step == swipe.name);
            swipe.persona == persona.label
                && swipe.institution == institution.code
                && swipe.expect.outcome == Expected::Ok
                && !claimed
                && (total.is_none() || sum.is_none() || total == sum)
        });
        let first = fit.next()?;
        fit.next().is_none().then_some(first)
    }

    /// What undid each, as far as any list says.
    fn undone(&mut self, papers: &[Listing]) {
        let claims: Vec<Claim> = self.swiped.iter().map(|one| one.claim.clone()).collect();
        for listing in papers.iter().filter(|one| one.form == ListForm::List) {
            for (row, paired) in listing.rows.iter().zip(pair(&claims, &listing.rows)) {
                let Paired::To(place) = paired else { continue };
                let one = &mut self.swiped[place];
                match row.says {
                    RowSays::Undone => one.undone = true,
                    RowSays::Mirror => {
                        one.undone = true;
                        one.undone_at = one.undone_at.or(row.time);
                        if one.claim.undone_by.is_empty() && row.setl_id != one.claim.setl_id {
                            one.claim.undone_by.clone_from(&row.setl_id);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// What a list says and nobody knew yet.
fn learn(one: &mut Swiped<'_>, row: &ListRow) {
    let claim = &mut one.claim;
    if claim.setl_id.is_empty() {
        claim.setl_id.clone_from(&row.setl_id);
    }
    if claim.mdtrt_id.is_empty() {
        claim.mdtrt_id.clone_from(&row.mdtrt_id);
    }
    claim.total = claim.total.or(row.total);
    claim.time = claim.time.or(row.time);
    for (name, fen) in row.amounts() {
        if let Some(fen) = fen {
            one.amounts
                .entry(name.to_owned())
                .or_insert(Money::from_fen(fen));
        }
    }
}

fn institution<'p>(plan: &'p Plan, code: &str) -> Option<&'p Institution> {
    plan.topology
        .institution(&InstitutionCode::parse(code).ok()?)
}

fn institution_of<'p>(plan: &'p Plan, code: &str) -> Option<&'p Institution> {
    institution(plan, code)
}

fn txid(name: &str) -> TxId {
    let short: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    TxId::parse(&short).expect("a name of a case or an id is not empty")
}

/// The message that would have settled it.
fn settles(swipe: &Swipe) -> &'static str {
    use crosswipe_domain::Business;
    match swipe.business {
        Business::Inpatient => "2304",
        Business::Pharmacy => "2102",
        _ => "2207",
    }
}

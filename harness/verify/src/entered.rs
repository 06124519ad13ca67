//! 补录 · What a party's log shows of treatment that was before go-live and was entered after it.
//!
//! When somebody was treated is what the fee lines say that a settlement covers (`fee_ocur_time`), else the settlement's
//! own `begntime`; when it was entered is the party's own stamp. Only what stands in the end counts: an entry that was
//! taken back is none. What an agency has paid back by hand (`setl_type` 1) is told apart: it comes when its papers come, and
//! stands against any settlement of the same treatment, late or not.
//! Read by R5 (the same entered twice) and R13 (entered out of turn). Not here: the run's own swipes, which are before
//! go-live altogether.

use std::collections::BTreeMap;

use crosswipe_domain::{CaseId, Entry, InfNo, LogRow, Moment, Name, Party, Role, Window};

use crate::context::{Context, Ledger, is_terminal};
use crate::story::Owner;

/// 补录的一笔 · One entry, as a party keeps it.
pub(crate) struct Entered<'a> {
    /// The row that was born.
    pub(crate) row: &'a LogRow,
    pub(crate) person: &'a str,
    /// Where he was treated.
    pub(crate) institution: &'a str,
    /// When he was treated.
    pub(crate) treated: Moment,
    /// The visit that it belongs to.
    pub(crate) visit: Option<&'a str>,
    /// A stay in hospital.
    pub(crate) is_stay: bool,
    /// 手工报销 · Paid back by the agency, and entered by no institution.
    pub(crate) by_hand: bool,
    /// 补录 · Treated before go-live and entered after it.
    pub(crate) late: bool,
    /// When the treatment began, as the settlement itself says.
    began: Option<Moment>,
}

impl Entered<'_> {
    /// Whether it is an institution's entry of what was before go-live.
    pub(crate) fn is_entry(&self) -> bool {
        self.late && !self.by_hand
    }

    /// 同一次就诊 · Whether both are of one treatment.
    pub(crate) fn is_the_same(&self, other: &Entered<'_>) -> bool {
        let is = |one: Moment, other: Moment| match self.is_stay {
            true => one.day() == other.day(),
            false => one == other,
        };
        let began = self.began.zip(other.began);
        (self.person, self.institution, self.is_stay)
            == (other.person, other.institution, other.is_stay)
            && (self.visit.is_none() || self.visit != other.visit)
            && (is(self.treated, other.treated)
                || ((self.by_hand || other.by_hand) && began.is_some_and(|(a, b)| is(a, b))))
    }
}

/// The party whose books decide: each insured place, and where none shows its books, each treatment place.
pub(crate) fn keepers<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = (&'a Party, &'c Ledger<'a>)> {
    let shows = |role: Role| {
        let mut ledgers = context.ledgers.iter();
        ledgers.any(|(party, ledger)| party.role == role && ledger.books.end().is_some())
    };
    let role = if shows(Role::Insured) {
        Role::Insured
    } else {
        Role::Treatment
    };
    let ledgers = context.ledgers.iter();
    ledgers
        .filter(move |(party, _)| party.role == role)
        .map(|(party, ledger)| (*party, ledger))
}

/// All entries that stand, in the order in which they were made; where something was paid back by hand, all other
/// settlements that stand beside it.
pub(crate) fn entered<'a>(context: &Context<'a>, ledger: &Ledger<'a>) -> Vec<Entered<'a>> {
    let Some(live) = context.last_window().and_then(Window::end) else {
        return Vec::new();
    };
    let late = ledger.books.last.last().is_some_and(|row| live <= row.at);
    let claims = ledger.books.last.iter().any(|row| is_by_hand(row));
    if !late && !claims {
        return Vec::new();
    }
    let treated = treated(ledger);
    let mut found = Vec::new();
    for row in &ledger.books.last {
        let Entry::Row {
            kind,
            id,
            was: None,
            status,
            facts,
            ..
        } = &row.entry
        else {
            continue;
        };
        let stands = kind == "settlement" && !is_terminal(status) && {
            let trail = ledger.tally.rows.get(&("settlement", id.as_str()));
            trail.is_some_and(|trail| !is_terminal(trail.status))
        };
        let when = treated.get(id.as_str()).copied().or_else(|| {
            let text = facts.get("begntime")?;
            Moment::parse_wire(text).ok()
        });
        let (Some(person), Some(when), true) = (row.person.as_deref(), when, stands) else {
            continue;
        };
        let late = live <= row.at && when < live;
        if !late && !claims {
            continue;
        }
        let by_hand = is_by_hand(row);
        let began = facts.get("begntime");
        let institution = facts
            .get("fixmedins_code")
            .map_or(row.cause.origin.as_str(), Name::as_str);
        found.push(Entered {
            row,
            person,
            institution,
            treated: when,
            visit: facts.get("mdtrt_id").map(Name::as_str),
            is_stay: InfNo::new(&row.cause.infno).base() == "2304"
                || (by_hand && facts.get("clr_type").is_some_and(|kind| kind == "21")),
            by_hand,
            late,
            began: began.and_then(|text| Moment::parse_wire(text).ok()),
        });
    }
    found
}

/// 手工报销 · Whether a row is a settlement that the agency itself has made.
fn is_by_hand(row: &LogRow) -> bool {
    matches!(&row.entry, Entry::Row { kind, was: None, facts, .. }
        if kind == "settlement" && facts.get("setl_type").is_some_and(|kind| kind == "1"))
}

/// By settlement: the earliest instant of the fee lines that it covers.
fn treated<'a>(ledger: &Ledger<'a>) -> BTreeMap<&'a str, Moment> {
    let mut lines: BTreeMap<&str, Moment> = BTreeMap::new();
    let mut first: BTreeMap<&str, Moment> = BTreeMap::new();
    for row in &ledger.books.last {
        let Entry::Row {
            kind, id, facts, ..
        } = &row.entry
        else {
            continue;
        };
        if kind != "fee-detail" {
            continue;
        }
        let at = facts.get("fee_ocur_time");
        if let Some(at) = at.and_then(|text| Moment::parse_wire(text).ok()) {
            lines.insert(id, at);
        }
        if let (Some(settlement), Some(at)) = (facts.get("setl_id"), lines.get(id.as_str())) {
            let earliest = first.entry(settlement).or_insert(*at);
            *earliest = (*earliest).min(*at);
        }
    }
    first
}

/// The case whose public traffic an entry is, if the plan played it.
pub(crate) fn case_of<'a>(context: &Context<'a>, row: &LogRow) -> Option<&'a CaseId> {
    match context.story.owner(&row.cause.origin, &row.cause.msgid) {
        Owner::Played(played) => Some(&context.story.played[played].1.case),
        _ => None,
    }
}

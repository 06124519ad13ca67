//! 起草 · How a rule writes a finding: what it must say first, what it can add after.
//!
//! Why so: fourteen rules write findings, and each knows another part of them. Severity comes from the
//! book or class in one place, so that two rules never rank one fault differently.
//! Not here: which finding follows from which (`causes`).

use crosswipe_domain::{
    CellKey, Entry, FindingClass, LogRow, Money, Name, Party, Pseudonym, Rule, Severity, Unit,
};

use crate::judgement::Finding;
use crate::story::Tau;

/// Rows that one finding shows at most: the smallest witness, not the whole log.
const WITNESSES: usize = 8;

/// A certain finding of this rule and class.
pub(crate) fn finding(rule: Rule, class: impl Into<String>) -> Finding {
    let class = FindingClass::new(class);
    Finding {
        severity: severity_of(class.as_str()),
        class,
        rule,
        uncertain: false,
        party: None,
        answered_by: None,
        txid: None,
        case: None,
        person: None,
        location: String::new(),
        unit: None,
        expected: String::new(),
        actual: String::new(),
        witness: Vec::new(),
        follows_from: None,
    }
}

impl Finding {
    pub(crate) fn at(mut self, party: &Party) -> Finding {
        self.party = Some(party.clone());
        self
    }

    pub(crate) fn about(mut self, tau: &Tau<'_>) -> Finding {
        self.txid = Some(tau.txid.clone());
        self.case = Some(tau.intent.case.clone());
        self.person = self.person.or_else(|| tau.intent.person.clone());
        self
    }

    pub(crate) fn of_person(mut self, person: Option<&str>) -> Finding {
        self.person = person.map(Pseudonym::from_evidence).or(self.person);
        self
    }

    pub(crate) fn location(mut self, location: impl Into<String>) -> Finding {
        self.location = location.into();
        self
    }

    pub(crate) fn values(mut self, expected: impl ToString, actual: impl ToString) -> Finding {
        self.expected = expected.to_string();
        self.actual = actual.to_string();
        self
    }

    /// Two figures of one unit: money as yuan, counts as they are.
    pub(crate) fn figures(mut self, unit: Unit, expected: i64, actual: i64) -> Finding {
        self.unit = Some(unit);
        self.values(figure(unit, expected), figure(unit, actual))
    }

    pub(crate) fn unsure(mut self) -> Finding {
        self.uncertain = true;
        self
    }

    pub(crate) fn unsure_if(mut self, uncertain: bool) -> Finding {
        self.uncertain = uncertain;
        self
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Finding {
        self.severity = severity;
        self
    }

    pub(crate) fn answered_by(mut self, party: Option<&Party>) -> Finding {
        self.answered_by = party.cloned();
        self
    }

    pub(crate) fn witness<'r>(
        mut self,
        party: &Party,
        rows: impl IntoIterator<Item = &'r LogRow>,
    ) -> Finding {
        for row in rows {
            if self.witness.len() == WITNESSES {
                self.witness.push("…".into());
                break;
            }
            self.witness.push(line(party, row));
        }
        self
    }
}

/// A figure as people read it: money as yuan, a count as it is.
pub(crate) fn figure(unit: Unit, value: i64) -> String {
    match unit {
        Unit::Fen | Unit::MemoFen => Money::from_fen(value).to_string(),
        Unit::Count => value.to_string(),
    }
}

/// What the posting of a row counts; rows that post nothing count nothing.
pub(crate) fn unit_of(row: &LogRow) -> Unit {
    match &row.entry {
        Entry::Posting { unit, .. } => *unit,
        Entry::Row { .. } | Entry::Fence { .. } => Unit::Count,
    }
}

/// One log row as one line, e.g. `insured:330300 #41 2207 accumulator[…] +5000`.
pub(crate) fn line(party: &Party, row: &LogRow) -> String {
    let head = format!(
        "{party} #{} {} {}",
        row.seq, row.cause.infno, row.cause.msgid
    );
    match &row.entry {
        Entry::Posting {
            cell,
            unit,
            amount,
            reverses,
        } => {
            let sign = if *amount > 0 { "+" } else { "" };
            let posted = format!("{head} {cell} {sign}{}", figure(*unit, *amount));
            match reverses {
                Some(of) => format!("{posted} reverses #{of}"),
                None => posted,
            }
        }
        Entry::Row {
            kind, id, status, ..
        } => format!("{head} {kind} {id} {status}"),
        Entry::Fence { msgid, state, .. } => format!(
            "{head} fence {msgid} {}",
            format!("{state:?}").to_lowercase()
        ),
    }
}

/// The person a cell belongs to, if it names one.
pub(crate) fn person_of(cell: &CellKey) -> Option<&str> {
    cell.dims.get("person").map(Name::as_str)
}

/// `residue:<kind>`.
pub(crate) fn residue(kind: &str) -> String {
    format!("residue:{kind}")
}

fn severity_of(class: &str) -> Severity {
    match class {
        "residue:pool-fund"
        | "residue:personal-account"
        | "residue:accumulator"
        | "residue:hold"
        | "residue:prefund"
        | "residue:clearing" => Severity::S1,
        "double-reversal" | "over-reversal" | "under-reversal" | "duplicate-settle"
        | "empty-reversal" | "late-apply" | "wrong-target" => Severity::S1,
        "audit:erased" | "audit:mutated" | "audit:gap" | "evidence:tampered" | "evidence:stale"
        | "journal:forked" => Severity::S1,
        "gate:window" | "gate:persona" | "mismatch:id" => Severity::S1,
        "evidence:missing" => Severity::S3,
        _ => Severity::S2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_book_is_a_residue_of_the_second_degree_and_a_fund_one_of_the_first() {
        assert_eq!(finding(Rule::R1, residue("points")).severity, Severity::S2);
        assert_eq!(
            finding(Rule::R1, residue("pool-fund")).severity,
            Severity::S1
        );
    }
}

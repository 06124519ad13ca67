//! 各方所见 · The rows of all papers sorted by τ and party, and what a party's rows come to for one τ.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Level, ListForm, ListRow, Listing, Moment, Party, Role, RowSays};

use super::pair::{Claim, Paired, pair};
use crate::context::Context;
use crate::story::Tau;

/// What a party's papers show of one τ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It gave no paper that could.
    Nothing,
    /// It gave papers that do not reach that day.
    Elsewhere,
    /// Its papers of that day do not have it.
    Absent,
    /// It cannot be told which rows are its.
    Ambiguous,
    /// Rows that settle, and how often it was undone.
    Rows {
        /// Rows of the settlement.
        settled: u32,
        /// Undoes: mirror records, or one where the row itself is called undone.
        undone: u32,
    },
}

impl Seen {
    pub(super) fn stands(self) -> bool {
        matches!(self, Seen::Rows { settled, undone } if settled > undone)
    }

    pub(super) fn is_undone(self) -> bool {
        matches!(self, Seen::Rows { settled, undone } if settled > 0 && undone >= settled)
    }
}

/// All rows by τ, party and form.
pub(super) struct Views<'a> {
    pub(super) papers: Vec<&'a Listing>,
    rows: BTreeMap<(usize, &'a Party, ListForm), Vec<&'a ListRow>>,
    ambiguous: BTreeMap<(usize, &'a Party), Vec<&'a ListRow>>,
    /// Rows that no τ claims.
    pub(super) stray: Vec<(&'a Listing, &'a ListRow)>,
    paths: Vec<(&'a [Party], &'a str, Moment)>,
    claims: Vec<Claim>,
}

impl<'a> Views<'a> {
    pub(super) fn of(context: &Context<'a>, papers: &[&'a Listing]) -> Views<'a> {
        let taus = &context.story.taus;
        let claims: Vec<Claim> = taus.iter().map(claim).collect();
        let mut views = Views {
            papers: papers.to_vec(),
            rows: BTreeMap::new(),
            ambiguous: BTreeMap::new(),
            stray: Vec::new(),
            paths: taus
                .iter()
                .map(|tau| {
                    (
                        tau.intent.path.as_slice(),
                        tau.intent.origin.as_str(),
                        tau.at,
                    )
                })
                .collect(),
            claims,
        };
        for listing in papers {
            let pairs = pair(&views.claims, &listing.rows);
            for (row, paired) in listing.rows.iter().zip(pairs) {
                match paired {
                    Paired::To(tau) => {
                        let key = (tau, &listing.party, listing.form);
                        views.rows.entry(key).or_default().push(row);
                    }
                    Paired::Ambiguous(taus) => {
                        for tau in taus {
                            let rows = views.ambiguous.entry((tau, &listing.party));
                            rows.or_default().push(row);
                        }
                    }
                    Paired::Nobody => views.stray.push((listing, row)),
                }
            }
        }
        views
    }

    /// A party's rows of one form about a τ.
    pub(super) fn rows<'b>(
        &'b self,
        tau: usize,
        party: &'b Party,
        form: ListForm,
    ) -> &'b [&'a ListRow] {
        self.rows
            .get(&(tau, party, form))
            .map_or(&[], Vec::as_slice)
    }

    /// Rows that may be a τ's and may be another's.
    pub(super) fn ambiguous<'b>(&'b self, tau: usize, party: &'b Party) -> &'b [&'a ListRow] {
        self.ambiguous.get(&(tau, party)).map_or(&[], Vec::as_slice)
    }

    /// Whether the party gave papers of a form.
    pub(super) fn has(&self, party: &Party, form: ListForm) -> bool {
        let mut papers = self.papers.iter();
        papers.any(|one| one.party == *party && one.form == form)
    }

    /// What the party's own papers show of a τ. A 3202 result speaks for the treatment place where the institution's list
    /// lies beside it: what is not named in it is there as the institution has it.
    pub(super) fn seen(&self, tau: usize, party: &Party) -> Seen {
        let own = self.listed(tau, party);
        if !matches!(own, Seen::Nothing | Seen::Elsewhere | Seen::Absent) {
            return own;
        }
        match self.by_detail(tau, party) {
            Seen::Nothing => own,
            by_detail => by_detail,
        }
    }

    fn covered(&self, tau: usize, party: &Party, form: ListForm) -> Option<bool> {
        let (_, origin, at) = self.paths[tau];
        let mut given = self
            .papers
            .iter()
            .filter(|one| one.party == *party && one.form == form)
            .peekable();
        given.peek()?;
        Some(given.any(|one| one.covers(at.day(), origin)))
    }

    fn listed(&self, tau: usize, party: &Party) -> Seen {
        let Some(covered) = self.covered(tau, party, ListForm::List) else {
            return Seen::Nothing;
        };
        let rows = self.rows(tau, party, ListForm::List);
        if rows.is_empty() {
            return match (self.ambiguous(tau, party).is_empty(), covered) {
                (false, _) => Seen::Ambiguous,
                (true, true) => Seen::Absent,
                (true, false) => Seen::Elsewhere,
            };
        }
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        // Several files of one party may show one record more than once.
        let ids = |fits: fn(RowSays) -> bool| -> BTreeSet<&str> {
            let rows = rows.iter().filter(|row| fits(row.says));
            rows.map(|row| row.setl_id.as_str()).collect()
        };
        let settled = ids(|says| says != RowSays::Mirror);
        let called = ids(|says| says == RowSays::Undone);
        let mirrors = rows.iter().filter(|row| row.says == RowSays::Mirror);
        let (mut named, mut nameless) = (BTreeSet::new(), 0);
        for mirror in mirrors {
            // A refund that bears the number of what it refunds has none of its own: two of them may be two.
            let id = mirror.setl_id.as_str();
            if id.is_empty() || settled.contains(id) || id == mirror.original {
                nameless += 1;
            } else {
                named.insert((id, mirror.time, mirror.total));
            }
        }
        Seen::Rows {
            settled: number(settled.len()),
            undone: number((named.len() + nameless).max(called.len())),
        }
    }

    fn by_detail(&self, tau: usize, party: &Party) -> Seen {
        if party.role != Role::Treatment {
            return Seen::Nothing;
        }
        let Some(covered) = self.covered(tau, party, ListForm::Detail) else {
            return Seen::Nothing;
        };
        let (path, ..) = self.paths[tau];
        let his = path.iter().find(|party| party.role == Role::His);
        let Some(his) = his.map(|his| self.listed(tau, his)) else {
            return Seen::Nothing;
        };
        let differs = self.rows(tau, party, ListForm::Detail);
        let of_it = |row: &&&ListRow| row.setl_id == self.claims[tau].setl_id;
        let says = |says: RowSays, of_settlement: bool| {
            let mut rows = differs.iter().filter(|row| row.says == says);
            rows.any(|row| of_it(&row) == of_settlement)
        };
        let (settled, undone) = match his {
            Seen::Rows { settled, undone } => (settled, undone),
            Seen::Absent => (0, 0),
            _ => return Seen::Elsewhere,
        };
        if !covered && differs.is_empty() {
            return Seen::Elsewhere;
        }
        if says(RowSays::InstitutionOnly, true) {
            return Seen::Absent;
        }
        let settled = settled.max(u32::from(says(RowSays::PlatformOnly, true)));
        let undone = match (
            says(RowSays::PlatformOnly, false),
            says(RowSays::InstitutionOnly, false),
        ) {
            (true, _) => undone.max(1),
            (false, true) => 0,
            (false, false) => undone,
        };
        match settled {
            0 => Seen::Absent,
            _ => Seen::Rows { settled, undone },
        }
    }

    /// The lowest level at which a party on a τ's path was seen; L0 where one was not.
    pub(super) fn level(&self, context: &Context<'_>) -> Level {
        let parties: BTreeSet<&Party> = context
            .story
            .taus
            .iter()
            .flat_map(|tau| &tau.intent.path)
            .collect();
        let level_of = |party: &Party| {
            let own = self.papers.iter().filter(|one| one.party == *party);
            own.map(|one| one.form.level()).max().unwrap_or(Level::L0)
        };
        parties.into_iter().map(level_of).min().unwrap_or(Level::L0)
    }

    /// Parties whose lists do not say whose their rows are.
    pub(super) fn nameless(&self) -> impl Iterator<Item = &'a Party> {
        let lists = self.papers.iter().filter(|one| one.form == ListForm::List);
        let nameless = lists.filter(|one| one.sources.iter().any(|source| !source.names_persons));
        nameless.map(|one| &one.party)
    }
}

/// What the journal knows of a τ.
fn claim(tau: &Tau<'_>) -> Claim {
    let id = |name: &str| tau.intent.ids.get(name).cloned().unwrap_or_default();
    Claim {
        txid: tau.txid.to_string(),
        setl_id: id("setl_id"),
        mdtrt_id: id("mdtrt_id"),
        undone_by: id("undone_by"),
        person: tau.intent.person.as_ref().map(|person| person.to_string()),
        institution: tau.intent.origin.clone(),
        total: tau
            .intent
            .amounts
            .get("medfee_sumamt")
            .map(|amount| amount.fen()),
        time: Moment::parse_wire(&id("setl_time")).ok(),
    }
}

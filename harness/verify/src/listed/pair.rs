//! 配对 · Which row of a list speaks of which τ: by its ids, else by person, place, amount and minute; never by guess.
//!
//! Why here and public: whoever reads papers in (`cli`) and whoever judges them must come to the same pairs, so that a row
//! nobody claimed at the one end is one that nobody claims at the other. Not here: what a pair amounts to (`found`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{ListRow, Moment, RowSays};

/// Clocks of two parties, and a person's hand, are a minute apart at most.
const MINUTE_MS: i64 = 60_000;

/// 主张 · What is known of a τ before a list is looked at; empty text and `None` = not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The τ.
    pub txid: String,
    /// 结算ID
    pub setl_id: String,
    /// 就诊ID
    pub mdtrt_id: String,
    /// Id of what undid it.
    pub undone_by: String,
    /// Pseudonym.
    pub person: Option<String>,
    /// Institution code.
    pub institution: String,
    /// 医疗费总额, fen.
    pub total: Option<i64>,
    /// When it was settled.
    pub time: Option<Moment>,
}

/// 配对结果 · Whose a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paired {
    /// The claim at this place.
    To(usize),
    /// It fits several claims, or others fit the same one: nobody chooses.
    Ambiguous(Vec<usize>),
    /// No claim's.
    Nobody,
}

/// Two times of one event: within a minute; a time at midnight sharp is a day.
pub fn near(one: Moment, other: Moment) -> bool {
    let is_day = |at: Moment| at.day().start() == at;
    if is_day(one) || is_day(other) {
        return one.day() == other.day();
    }
    (one.epoch_ms() - other.epoch_ms()).abs() <= MINUTE_MS
}

/// Finds for each row of one list whose it is.
pub fn pair(claims: &[Claim], rows: &[ListRow]) -> Vec<Paired> {
    let mut pairing = Pairing {
        claims,
        rows,
        of_row: vec![None; rows.len()],
        taken: BTreeSet::new(),
    };
    pairing.by_id(
        |claim| &claim.txid,
        |row| row.txid.as_ref().map_or("", |id| id.as_str()),
    );
    pairing.by_id(
        |claim| &claim.setl_id,
        |row| match row.says {
            RowSays::Mirror => &row.original,
            _ => &row.setl_id,
        },
    );
    pairing.by_id(
        |claim| &claim.undone_by,
        |row| match row.says {
            RowSays::Mirror => &row.setl_id,
            says if says.is_difference() => &row.setl_id,
            _ => "",
        },
    );
    // A refund that bears the number of what it refunds.
    pairing.by_id(
        |claim| &claim.setl_id,
        |row| match row.says {
            RowSays::Mirror => &row.setl_id,
            _ => "",
        },
    );
    let settled = |row: &ListRow| matches!(row.says, RowSays::Settled | RowSays::Undone);
    let mirror = |row: &ListRow| row.says == RowSays::Mirror;
    pairing.by_content(settled, |claim, row| {
        one_id_at_most(claim, row) && same_visit(claim, row)
    });
    pairing.by_content(settled, |claim, row| {
        one_id_at_most(claim, row)
            && same_place(claim, row)
            && same_total(claim, row)
            && when(claim, row)
    });
    // An id was mistyped: everything else is the same to the minute.
    pairing.by_content(settled, |claim, row| {
        same_place(claim, row) && same_total(claim, row) && to_the_minute(claim, row)
    });
    // An amount was: no two ids speak against it.
    pairing.by_content(settled, |claim, row| {
        one_id_at_most(claim, row) && same_place(claim, row) && to_the_minute(claim, row)
    });
    pairing.by_content(mirror, |claim, row| {
        row.original.is_empty() && same_visit(claim, row)
    });
    pairing.by_content(mirror, |claim, row| {
        let after = match (claim.time, row.time) {
            (Some(settled), Some(undone)) => settled < undone || near(settled, undone),
            _ => true,
        };
        let negated = row.total.is_some() && claim.total == row.total.map(|fen| -fen);
        row.original.is_empty() && same_place(claim, row) && negated && after
    });
    let pairs = pairing.of_row.into_iter();
    pairs.map(|pair| pair.unwrap_or(Paired::Nobody)).collect()
}

struct Pairing<'a> {
    claims: &'a [Claim],
    rows: &'a [ListRow],
    of_row: Vec<Option<Paired>>,
    /// Claims that have a row of a settlement (true) or of an undo (false).
    taken: BTreeSet<(usize, bool)>,
}

impl Pairing<'_> {
    fn take(&mut self, row: usize, claim: usize) {
        self.of_row[row] = Some(Paired::To(claim));
        let says = self.rows[row].says;
        self.taken
            .insert((claim, matches!(says, RowSays::Settled | RowSays::Undone)));
    }

    /// Every row with the id of a claim is that claim's.
    fn by_id(&mut self, of_claim: impl Fn(&Claim) -> &str, of_row: impl Fn(&ListRow) -> &str) {
        let mut owners: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, claim) in self.claims.iter().enumerate() {
            let id = of_claim(claim);
            if !id.is_empty() {
                owners.entry(id).or_default().push(place);
            }
        }
        for place in 0..self.rows.len() {
            if self.of_row[place].is_some() {
                continue;
            }
            let row = &self.rows[place];
            match owners.get(of_row(row)).map(Vec::as_slice) {
                Some([one]) => self.take(place, *one),
                // Two swipes that were given one id: who they are tells them apart, or nothing does.
                Some(several) => {
                    let mut fits = several
                        .iter()
                        .filter(|at| same_place(&self.claims[**at], row));
                    match (fits.next(), fits.next()) {
                        (Some(one), None) => self.take(place, *one),
                        _ => self.of_row[place] = Some(Paired::Ambiguous(several.to_vec())),
                    }
                }
                None => {}
            }
        }
    }

    /// A row and a claim that fit each other and nobody else.
    fn by_content(
        &mut self,
        is_asked: impl Fn(&ListRow) -> bool,
        fits: impl Fn(&Claim, &ListRow) -> bool,
    ) {
        let mut of_claim: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut of_row: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let open: Vec<usize> = (0..self.claims.len()).collect();
        for (place, row) in self.rows.iter().enumerate() {
            if self.of_row[place].is_some() || !is_asked(row) {
                continue;
            }
            let settles = row.says != RowSays::Mirror;
            for claim in &open {
                if !self.taken.contains(&(*claim, settles)) && fits(&self.claims[*claim], row) {
                    of_claim.entry(*claim).or_default().push(place);
                    of_row.entry(place).or_default().push(*claim);
                }
            }
        }
        for (place, claims) in of_row {
            match claims.as_slice() {
                [one] if of_claim[one].len() == 1 => self.take(place, *one),
                several => self.of_row[place] = Some(Paired::Ambiguous(several.to_vec())),
            }
        }
    }
}

fn one_id_at_most(claim: &Claim, row: &ListRow) -> bool {
    claim.setl_id.is_empty() || row.setl_id.is_empty()
}

fn same_visit(claim: &Claim, row: &ListRow) -> bool {
    !claim.mdtrt_id.is_empty() && claim.mdtrt_id == row.mdtrt_id
}

/// The same person, and no other institution.
fn same_place(claim: &Claim, row: &ListRow) -> bool {
    let place = row.institution.is_empty() || claim.institution == row.institution;
    let person = row.person.as_ref().map(|person| person.as_str());
    place && person.is_some() && person == claim.person.as_deref()
}

fn same_total(claim: &Claim, row: &ListRow) -> bool {
    claim.total.is_some() && claim.total == row.total
}

/// What is known of both times agrees.
fn when(claim: &Claim, row: &ListRow) -> bool {
    claim
        .time
        .zip(row.time)
        .is_none_or(|(one, other)| near(one, other))
}

/// Both times are known to the minute, and agree.
fn to_the_minute(claim: &Claim, row: &ListRow) -> bool {
    let known = |at: Moment| at.day().start() != at;
    let both = claim.time.zip(row.time);
    both.is_some_and(|(one, other)| known(one) && known(other) && near(one, other))
}

#[cfg(test)]
mod tests {
    use crosswipe_domain::Pseudonym;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn at(text: &str) -> Option<Moment> {
        Some(Moment::parse_wire(&format!("2030-03-02 {text}")).unwrap())
    }

    fn claim(number: usize, total: i64, time: &str) -> Claim {
        Claim {
            txid: format!("case/{number}"),
            setl_id: format!("S{number}"),
            mdtrt_id: format!("V{number}"),
            undone_by: format!("R{number}"),
            person: Some("P-1".into()),
            institution: "H1".into(),
            total: Some(total),
            time: at(time),
        }
    }

    /// What an honest list says of a claim: the settlement and its refund.
    fn rows(claim: &Claim) -> [ListRow; 2] {
        let settled = ListRow {
            setl_id: claim.setl_id.clone(),
            mdtrt_id: claim.mdtrt_id.clone(),
            person: claim.person.as_deref().map(Pseudonym::from_evidence),
            institution: claim.institution.clone(),
            total: claim.total,
            time: claim.time,
            ..ListRow::default()
        };
        let mirror = ListRow {
            says: RowSays::Mirror,
            setl_id: claim.undone_by.clone(),
            original: claim.setl_id.clone(),
            total: claim.total.map(|fen| -fen),
            ..settled.clone()
        };
        [settled, mirror]
    }

    fn bare(row: &mut ListRow) {
        (row.setl_id, row.original, row.mdtrt_id) = Default::default();
    }

    #[test]
    fn two_swipes_that_nothing_tells_apart_are_nobodys_guess() {
        let claims = [claim(1, 500, "09:00:00"), claim(2, 500, "09:00:30")];
        let mut list: Vec<ListRow> = claims.iter().flat_map(rows).collect();
        list.iter_mut().for_each(bare);
        for paired in pair(&claims, &list) {
            assert_eq!(paired, Paired::Ambiguous(vec![0, 1]));
        }
        // A minute apart they are two.
        let claims = [claim(1, 500, "09:00:00"), claim(2, 500, "09:03:00")];
        let mut list: Vec<ListRow> = claims.iter().flat_map(rows).collect();
        list.iter_mut().for_each(bare);
        let pairs = pair(&claims, &list);
        assert_eq!((&pairs[0], &pairs[2]), (&Paired::To(0), &Paired::To(1)));
    }

    #[rstest]
    #[case::another_person(|row: &mut ListRow| row.person = Some(Pseudonym::from_evidence("P-2")))]
    #[case::nobody(|row: &mut ListRow| row.person = None)]
    #[case::another_place(|row: &mut ListRow| row.institution = "H2".into())]
    #[case::an_hour_later(|row: &mut ListRow| row.time = at("10:00:00"))]
    #[case::another_day(|row: &mut ListRow| row.time = Some(Moment::parse_wire("2030-03-03 00:00:00").unwrap()))]
    fn without_ids_everything_must_agree(#[case] otherwise: fn(&mut ListRow)) {
        let claims = [claim(1, 500, "09:00:00")];
        let [mut row, _] = rows(&claims[0]);
        bare(&mut row);
        assert_eq!(pair(&claims, std::slice::from_ref(&row)), [Paired::To(0)]);
        otherwise(&mut row);
        assert_eq!(pair(&claims, &[row]), [Paired::Nobody]);
    }

    #[test]
    fn an_id_decides_over_everything_else() {
        let claims = [claim(1, 500, "09:00:00"), claim(2, 700, "11:00:00")];
        let [mut row, _] = rows(&claims[0]);
        row.setl_id = "S2".into();
        assert_eq!(pair(&claims, &[row]), [Paired::To(1)]);
    }

    proptest! {
        /// Honest rows in any order, some of their ids lost: whatever is paired is paired right.
        #[test]
        fn no_row_is_ever_given_to_another(
            amounts in prop::collection::vec(1i64..4, 1..8),
            minutes in prop::collection::vec(0u32..4, 8),
            lost in prop::collection::vec(any::<bool>(), 16),
            turn in 0usize..16,
        ) {
            let claims: Vec<Claim> = amounts
                .iter()
                .enumerate()
                .map(|(place, fen)| claim(place, *fen, &format!("09:{:02}:00", minutes[place])))
                .collect();
            let mut list: Vec<(usize, ListRow)> = Vec::new();
            for (place, claim) in claims.iter().enumerate() {
                list.extend(rows(claim).map(|row| (place, row)));
            }
            for (place, (_, row)) in list.iter_mut().enumerate() {
                if lost[place] {
                    bare(row);
                }
            }
            let length = list.len();
            list.rotate_left(turn % length);
            let only: Vec<ListRow> = list.iter().map(|(_, row)| row.clone()).collect();
            for ((owner, row), paired) in list.iter().zip(pair(&claims, &only)) {
                match paired {
                    // Refunds of one amount may be anybody's where no id is left.
                    Paired::To(place) if row.says == RowSays::Mirror && row.original.is_empty() => {
                        prop_assert_eq!(claims[place].total, claims[*owner].total);
                    }
                    Paired::To(place) => prop_assert_eq!(place, *owner),
                    Paired::Ambiguous(places) => prop_assert!(places.contains(owner) || row.says == RowSays::Mirror),
                    Paired::Nobody => prop_assert!(row.setl_id.is_empty()),
                }
            }
        }
    }
}

//! 分片 · Which of N shares of a plan a case is in: cases that share a person are never parted.
//!
//! Why so: two shares are run at the same time, on two machines, and one person must not have two swipes open at once. So
//! cases are put together by their persons first, selection or none, and what belongs together goes where the hash of its
//! name says: adding a case moves no other. A share may be empty; RUN says how many each has, so that `merge` can tell an
//! empty share from one that is missing.
//! Called by `select`. Not here: which cases are run side by side in one process (`runner::lanes`).

use std::collections::BTreeMap;

use crosswipe_domain::sha256_hex;
use crosswipe_scenarios::{Case, Plan};
use crosswipe_sim::Shard;

use super::Selected;
use crate::complain::Trouble;

/// The switch of RUN that names the share, e.g. `2/4`.
pub(crate) const SHARD: &str = "shard";
/// The switch of RUN that says how many selected cases each share has, e.g. `12 0 7 5`.
pub(crate) const SIZES: &str = "shard-cases";

/// 一片 · One share of a selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Which of how many.
    pub(crate) shard: Shard,
    /// Selected cases of each share, the first first.
    pub(crate) sizes: Vec<usize>,
}

impl Share {
    /// What RUN says of it.
    pub(crate) fn switches(&self) -> [(String, String); 2] {
        let sizes: Vec<String> = self.sizes.iter().map(usize::to_string).collect();
        [
            (
                SHARD.to_owned(),
                format!("{}/{}", self.shard.number(), self.shard.of()),
            ),
            (SIZES.to_owned(), sizes.join(" ")),
        ]
    }
}

/// Reads `2/4`.
///
/// # Errors
/// No two numbers, or not 1 ≤ I ≤ N.
pub(crate) fn shard(typed: &str) -> Result<Shard, Trouble> {
    let parsed = typed
        .split_once('/')
        .and_then(|(number, of)| Shard::new(number.parse().ok()?, of.parse().ok()?));
    parsed.ok_or_else(|| Trouble::Usage {
        code: "cli::shard",
        what: format!("`{typed}` 不是分片的写法 · `{typed}` is no shard"),
        help: "形如 2/8: 八片中的第二片 · write it like 2/8, the second of eight".to_owned(),
    })
}

/// Keeps of a selection what is in the share.
pub(super) fn keep(plan: &Plan, selected: &mut Selected, shard: Shard) -> Share {
    let proofs = plan.proofs.iter().map(|proof| &proof.case);
    let all: Vec<&Case> = plan.cases.iter().chain(proofs).collect();
    let places = places(&all, shard.of());
    let first_proof = plan.cases.len();
    let of_case = |index: &usize| places[*index];
    let of_proof = |index: &usize| places[first_proof + *index];
    let count = |number: u64| {
        let cases = selected.cases.iter().filter(|i| of_case(i) == number);
        let proofs = selected.proofs.iter().filter(|i| of_proof(i) == number);
        cases.count() + proofs.count()
    };
    let sizes = (1..=shard.of()).map(count).collect();
    selected.cases.retain(|i| of_case(i) == shard.number());
    selected.proofs.retain(|i| of_proof(i) == shard.number());
    Share { shard, sizes }
}

/// Of each case its share, from 1.
fn places(cases: &[&Case], of: u64) -> Vec<u64> {
    let mut companies: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut company_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        let mut met: Vec<usize> = case
            .people()
            .filter_map(|person| company_of.get(person).copied())
            .collect();
        met.sort_unstable();
        met.dedup();
        let company = met.first().copied().unwrap_or(index);
        for other in met.into_iter().skip(1) {
            let moved = companies.remove(&other).unwrap_or_default();
            companies.entry(company).or_default().extend(moved);
            company_of
                .values_mut()
                .filter(|of| **of == other)
                .for_each(|of| *of = company);
        }
        companies.entry(company).or_default().push(index);
        company_of.extend(case.people().map(|person| (person, company)));
    }
    let mut places = vec![1; cases.len()];
    for members in companies.values() {
        let place = place(name(cases, members), of);
        members.iter().for_each(|index| places[*index] = place);
    }
    places
}

/// What belongs together is called after its first person in order of letters; what is about nobody, after its case.
fn name<'a>(cases: &[&'a Case], members: &[usize]) -> &'a str {
    let people = members.iter().flat_map(|index| cases[*index].people());
    let ids = members.iter().map(|index| cases[*index].id.as_str());
    people.min().or_else(|| ids.min()).unwrap_or_default()
}

fn place(name: &str, of: u64) -> u64 {
    let hash = sha256_hex(name.as_bytes());
    let number = u64::from_str_radix(&hash[..15], 16).expect("fifteen hexadecimal digits");
    number % of + 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn plans() -> Vec<Plan> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        ["pair-demo", "campaign", "zhejiang-2017", "harbin-2021"]
            .iter()
            .map(|name| crosswipe_scenarios::load(&folder.join(name)).unwrap())
            .collect()
    }

    fn all(plan: &Plan) -> Selected {
        Selected {
            cases: (0..plan.cases.len()).collect(),
            proofs: (0..plan.proofs.len()).collect(),
            share: None,
        }
    }

    #[test]
    fn every_case_is_in_one_share_and_no_person_in_two() {
        let mut parted = 0;
        for plan in plans() {
            for of in [1, 2, 3, 4, 16] {
                let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
                let (mut cases, mut proofs) = (BTreeSet::new(), BTreeSet::new());
                for number in 1..=of {
                    let mut selected = all(&plan);
                    let share = keep(&plan, &mut selected, Shard::new(number, of).unwrap());
                    assert_eq!(share.sizes.iter().sum::<usize>(), all(&plan).len());
                    assert_eq!(share.sizes[number as usize - 1], selected.len());
                    parted += usize::from(selected.len() > 0 && of > 1);
                    let people = selected.cases.iter().map(|index| &plan.cases[*index]);
                    let of_proofs = selected
                        .proofs
                        .iter()
                        .map(|index| &plan.proofs[*index].case);
                    for person in people.chain(of_proofs).flat_map(Case::people) {
                        assert_eq!(*seen.entry(person).or_insert(number), number, "{person}");
                    }
                    for index in &selected.cases {
                        assert!(cases.insert(*index), "in two shares");
                    }
                    for index in &selected.proofs {
                        assert!(proofs.insert(*index), "in two shares");
                    }
                }
                assert_eq!((cases, proofs), (all(&plan).cases, all(&plan).proofs));
            }
        }
        assert!(parted > 20, "{parted} shares had cases");
    }

    #[test]
    fn a_selection_or_another_case_moves_none() {
        for plan in plans() {
            let shard = Shard::new(2, 3).unwrap();
            let mut whole = all(&plan);
            keep(&plan, &mut whole, shard);
            let mut odd = all(&plan);
            odd.cases.retain(|index| index % 2 == 1);
            let wanted: BTreeSet<usize> = odd.cases.intersection(&whole.cases).copied().collect();
            keep(&plan, &mut odd, shard);
            assert_eq!(odd.cases, wanted);
            // Without the plan's last case all others are where they were, unless it tied persons together.
            let mut shorter = plan.clone();
            let gone = shorter.cases.pop().unwrap();
            let last = shorter.cases.len();
            if gone.people().collect::<BTreeSet<_>>().len() > 1 {
                continue;
            }
            let mut rest = all(&shorter);
            keep(&shorter, &mut rest, shard);
            whole.cases.remove(&last);
            assert_eq!(rest.cases, whole.cases);
        }
    }
}

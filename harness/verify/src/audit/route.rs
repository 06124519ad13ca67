//! 路由 · Which parties of the set a transaction must have passed.
//!
//! Why so: the hospital's book holds its own patients alone and an insured place its own people, so a row
//! is missing only where it should have been. The way follows from institution and insured place: a code
//! of an institution holds its division; a list that says neither is taken as one that holds everything.
//! Not here: whether the row is there (`settlement`, `other`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Party, Role};

use super::take::{Names, Take};

/// Who is on which way.
pub(crate) struct Route {
    parties: Vec<Party>,
    /// Institution → treatment places whose books name it.
    learnt: BTreeMap<u32, BTreeSet<usize>>,
    ways: BTreeMap<(u32, u32), Vec<bool>>,
}

impl Route {
    /// Learns from the books which treatment place serves which institution.
    pub(crate) fn learn(parties: &[Party], takes: &[(usize, Take)]) -> Route {
        let mut learnt: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for (party, take) in takes {
            if parties[*party].role != Role::Treatment {
                continue;
            }
            let mut last = 0;
            for print in &take.prints {
                if print.institution != last && print.institution != 0 {
                    last = print.institution;
                    learnt.entry(last).or_default().insert(*party);
                }
            }
        }
        Route {
            parties: parties.to_vec(),
            learnt,
            ways: BTreeMap::new(),
        }
    }

    /// True for a code that is a platform of this set and so no institution.
    pub(crate) fn is_platform(&self, code: &str) -> bool {
        self.parties
            .iter()
            .any(|party| party.role != Role::His && party.code == code)
    }

    /// For each party whether a transaction of this institution and insured place must have passed it.
    pub(crate) fn way(&mut self, names: &Names, institution: u32, insured: u32) -> &[bool] {
        if !self.ways.contains_key(&(institution, insured)) {
            let way = self.find(names.text(institution), institution, names.text(insured));
            self.ways.insert((institution, insured), way);
        }
        &self.ways[&(institution, insured)]
    }

    fn find(&self, institution: &str, number: u32, insured: &str) -> Vec<bool> {
        let place = division_of(institution);
        let of_role = |role: Role| self.of_role(role);
        let mut way = vec![false; self.parties.len()];
        let his = pick(
            of_role(Role::His),
            |code| code == institution,
            institution.is_empty(),
        );
        let treatment = match self.learnt.get(&number).filter(|_| number != 0) {
            Some(known) => known.iter().copied().collect(),
            None => pick(
                of_role(Role::Treatment),
                |code| place.is_some_and(|place| serves(code, place)),
                place.is_none(),
            ),
        };
        let insurer = pick(
            of_role(Role::Insured),
            |code| serves(code, insured),
            insured.is_empty(),
        );
        let treated_in = place
            .map(str::to_owned)
            .or_else(|| self.only_code(&treatment));
        let insured_in = if insured.is_empty() {
            self.only_code(&insurer)
        } else {
            Some(insured.to_owned())
        };
        let hubs: Vec<(usize, &str)> = of_role(Role::Hub).collect();
        let hub = match (treated_in, insured_in) {
            (Some(from), Some(to)) if pooled(&from) == pooled(&to) => Vec::new(),
            (Some(from), Some(to)) if hubs.len() > 1 => {
                let same = from.get(..2) == to.get(..2);
                let wanted = |code: &str| {
                    if same {
                        code.get(..2) == from.get(..2)
                    } else {
                        national(code)
                    }
                };
                pick(hubs.into_iter(), wanted, false)
            }
            // A way that nobody can tell leads over the hub only where the hub says so itself.
            (Some(_), Some(_)) => hubs.iter().map(|(at, _)| *at).collect(),
            _ => Vec::new(),
        };
        for at in his.into_iter().chain(treatment).chain(hub).chain(insurer) {
            way[at] = true;
        }
        way
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = (usize, &str)> + Clone {
        self.parties
            .iter()
            .enumerate()
            .filter(move |(_, party)| party.role == role)
            .map(|(at, party)| (at, party.code.as_str()))
    }

    fn only_code(&self, of: &[usize]) -> Option<String> {
        match of {
            [one] if is_division(&self.parties[*one].code) => Some(self.parties[*one].code.clone()),
            _ => None,
        }
    }
}

/// Those that fit; where the list does not say, or the party has no code of its own, the only one there is.
fn pick<'c>(
    parties: impl Iterator<Item = (usize, &'c str)> + Clone,
    fits: impl Fn(&str) -> bool,
    unsaid: bool,
) -> Vec<usize> {
    let found: Vec<usize> = parties
        .clone()
        .filter(|(_, code)| fits(code))
        .map(|(at, _)| at)
        .collect();
    if !found.is_empty() {
        return found;
    }
    let all: Vec<(usize, &str)> = parties.collect();
    match all.as_slice() {
        [(at, code)] if unsaid || *code == UNNAMED || odd(code) => vec![*at],
        _ => Vec::new(),
    }
}

/// A platform's code that is no division says nothing about whom it serves.
fn odd(code: &str) -> bool {
    !is_division(code) && division_of(code).is_none() && code.len() < 12
}

/// The code of a party whose list does not say who it is.
pub(crate) const UNNAMED: &str = "unnamed";

/// `H33010000001` → `330100`: the national code of an institution holds its division.
fn division_of(institution: &str) -> Option<&str> {
    let digits = institution.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    (digits.len() >= 6 && digits.len() < institution.len())
        .then(|| &digits[..6])
        .filter(|code| is_division(code))
}

fn is_division(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())
}

/// A platform serves its own division and those below it: 330100 serves 330106, 330000 serves 330100.
fn serves(platform: &str, division: &str) -> bool {
    let narrow = platform.trim_end_matches('0');
    let narrow = narrow.len().next_multiple_of(2);
    platform == division
        || (is_division(platform)
            && is_division(division)
            && platform[..narrow] == division[..narrow])
}

/// The pooling area: the prefecture.
fn pooled(code: &str) -> &str {
    code.get(..4).unwrap_or(code)
}

fn national(code: &str) -> bool {
    !code.starts_with(|c: char| ('1'..='8').contains(&c)) || code == "100000"
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("330100", "330106", true)]
    #[case("330100", "330200", false)]
    #[case("330000", "330200", true)]
    #[case("310000", "310115", true)]
    #[case("330200", "330200", true)]
    fn a_platform_serves_its_own_division_and_those_below(
        #[case] platform: &str,
        #[case] division: &str,
        #[case] so: bool,
    ) {
        assert_eq!(serves(platform, division), so);
    }

    #[rstest]
    #[case("H33010000001", Some("330100"))]
    #[case("P33010600012", Some("330106"))]
    #[case("YY001", None)]
    #[case("330100", None)]
    fn the_code_of_an_institution_holds_its_division(
        #[case] code: &str,
        #[case] division: Option<&str>,
    ) {
        assert_eq!(division_of(code), division);
    }
}

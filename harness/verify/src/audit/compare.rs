//! 比对 · From what each party says to class, hop and words: one against all, two camps, and where it stopped.

use crosswipe_domain::{FindingClass, Party};

use super::orphan::{Said, Witness};

/// Groups of parties that say the same, in path order of their first member.
pub(crate) fn camps<T: PartialEq + Copy>(words: &[(usize, T)]) -> Vec<(T, Vec<usize>)> {
    let mut camps: Vec<(T, Vec<usize>)> = Vec::new();
    for (party, word) in words {
        match camps.iter_mut().find(|(said, _)| said == word) {
            Some((_, members)) => members.push(*party),
            None => camps.push((*word, vec![*party])),
        }
    }
    camps
}

/// `one-sided:insured` where one party stands against all others, else `split:HT|NI`.
pub(crate) fn class<T: PartialEq + Copy>(
    parties: &[Party],
    camps: &[(T, Vec<usize>)],
) -> FindingClass {
    let lone = match camps {
        [(_, one), (_, rest)] if one.len() == 1 && rest.len() > 1 => Some(one[0]),
        [(_, rest), (_, one)] if one.len() == 1 && rest.len() > 1 => Some(one[0]),
        _ => None,
    };
    match lone {
        Some(party) => FindingClass::new(format!("one-sided:{}", parties[party].role.name())),
        None => {
            let letters = |members: &Vec<usize>| -> String {
                members
                    .iter()
                    .map(|at| parties[*at].role.letter())
                    .collect()
            };
            let groups: Vec<String> = camps.iter().map(|(_, members)| letters(members)).collect();
            FindingClass::new(format!("split:{}", groups.join("|")))
        }
    }
}

/// Neighbours between whom the word changes.
pub(crate) fn hops(witnesses: &[Witness]) -> Vec<(usize, usize)> {
    witnesses
        .windows(2)
        .filter(|pair| pair[0].said != pair[1].said)
        .map(|pair| (pair[0].party, pair[1].party))
        .collect()
}

/// Where parties of one role hold other numbers for one thing, nothing is gained by more words than these.
pub(crate) fn same(witnesses: &[Witness]) -> bool {
    witnesses
        .windows(2)
        .all(|pair| pair[0].said == pair[1].said)
}

/// True where this word means that nothing is left.
pub(crate) fn nothing_left(said: Said) -> bool {
    matches!(said, Said::Nothing | Said::Undone)
}

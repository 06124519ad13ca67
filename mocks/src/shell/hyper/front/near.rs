//! 最近 · The known number nearest to one that nobody knows, for a HIS engineer who mistyped it.

use crosswipe_wire::catalogue;

/// Further off than this is another thing.
const FURTHEST: usize = 2;

/// The transaction whose number is nearest, with its name.
pub(super) fn transaction(unknown: &str) -> Option<(&'static str, &'static str)> {
    let all = catalogue().transactions();
    // Two digits the other way round are a slip of the finger like no other.
    let turned = |infno: &str| digits(infno) != digits(unknown);
    let near = all.map(|one| {
        let off = distance(unknown, one.infno);
        (off, turned(one.infno), one.infno, one.zh)
    });
    let (off, _, infno, zh) = near.min()?;
    (off <= FURTHEST).then_some((infno, zh))
}

/// Its characters in order of size.
fn digits(text: &str) -> Vec<char> {
    let mut digits: Vec<char> = text.chars().take(16).collect();
    digits.sort_unstable();
    digits
}

/// How many characters to change, add or leave out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().take(16).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = corner + usize::from(left != *right);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_nonsense_is_not() {
        for (typed, near) in [
            ("2270", Some("2207")),
            ("9010", Some("9001")),
            ("22077", Some("2207")),
            ("S000123", None),
        ] {
            assert_eq!(transaction(typed).map(|(infno, _)| infno), near, "{typed}");
        }
    }
}

//! 锚定 · Compares the ends of a journal's chain, and of its review's, with what somebody noted on paper.
//!
//! Why so: whoever holds all files of a run could write all of them anew, chain and sums included, or take a whole review
//! away. What he cannot change is the note that a reviewer took of head, tail and review. Notes are typed by
//! tired people, so blanks, line breaks, dashes, upper case and the words beside the digits are all taken.
//! Called by `command::verify` and `command::close`. Not here: whether the chain itself holds (`journal`).

use std::collections::BTreeMap;

use crosswipe_domain::FindingClass;
use crosswipe_journal::{History, Payload};
use crosswipe_reports::chain_groups;
use crosswipe_verify::{Finding, Remark, Review};

use crate::command::verify::tampered;
use crate::complain::Trouble;

/// Digits of eight groups of four, as printed.
const NOTED: usize = 32;
/// Digits of a whole hash.
const WHOLE: usize = 64;

/// Words that say that what follows is the end of the review.
const OF_REVIEW: [&str; 2] = ["复核", "review"];

/// 抄件 · Up to three hashes as noted, lower case, each of 32 or 64 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// Every way to read the digits; the first is the likeliest.
    readings: Vec<Noted>,
}

/// 读法 · Which hash is which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Noted {
    /// Head, tail, or one of them.
    chain: Vec<String>,
    /// Last of the review.
    review: Option<String>,
}

/// How a note compares: head, tail, review.
type Ends = [End; 3];
/// What they are called.
const NAMES: [&str; 3] = ["head", "tail", "review"];

/// How one end of the chain compares.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Agrees,
    /// The note names an inner record: the run went on (was resumed) after it was taken.
    GrownSince(u64),
    Differs(String),
    NotNoted,
}

impl Anchor {
    /// Reads a note.
    ///
    /// # Errors
    /// Something other than one or two hashes.
    pub(crate) fn parse(text: &str) -> Result<Anchor, Trouble> {
        let wrong = |what: String| {
            Trouble::Usage {
            code: "cli::anchor",
            what,
            help: "抄八组、每组四位, 或完整的 64 位; 先链首后链尾, 复核链尾写在「复核」之后 · eight groups of four digits or the whole 64, head first, then tail, the review's end behind the word «review»"
                .to_owned(),
        }
        };
        let lower = text.to_lowercase();
        let named = OF_REVIEW.iter().filter_map(|word| lower.find(word)).min();
        let (chain, review) = lower.split_at(named.unwrap_or(lower.len()));
        let (chain, review) = (hex(chain).map_err(wrong)?, hex(review).map_err(wrong)?);
        let cuts = |tokens: &[String], most: usize| {
            let digits = tokens.concat();
            let mut begin = 0;
            let mut middles = Vec::new();
            for token in tokens {
                middles.extend((token.len() == WHOLE).then_some(begin + NOTED));
                begin += token.len();
            }
            // A whole hash that was copied in one piece is no two short ones.
            let unbroken = |hashes: &Vec<String>| {
                let mut end = 0;
                hashes.iter().all(|hash| {
                    end += hash.len();
                    !middles.contains(&end)
                })
            };
            let mut cuts = cut(&digits, most);
            cuts.retain(unbroken);
            (digits.len(), cuts)
        };
        let readings: Vec<Noted> = match named {
            None => {
                let (digits, cuts) = cuts(&chain, 3);
                if cuts.is_empty() {
                    return Err(wrong(miscounted(digits)));
                }
                let noted = |mut chain: Vec<String>| {
                    let review = (chain.len() == 3).then(|| chain.pop()).flatten();
                    Noted { chain, review }
                };
                cuts.into_iter().map(noted).collect()
            }
            Some(_) => {
                let (digits, mut ends) = cuts(&review, 1);
                let review = ends.pop().and_then(|mut end| end.pop());
                if review.is_none() {
                    return Err(wrong(miscounted(digits)));
                }
                let (digits, mut cuts) = cuts(&chain, 2);
                match (cuts.is_empty(), digits) {
                    (true, 0) => cuts.push(Vec::new()),
                    (true, _) => return Err(wrong(miscounted(digits))),
                    (false, _) => {}
                }
                let noted = |chain: Vec<String>| Noted {
                    chain,
                    review: review.clone(),
                };
                cuts.into_iter().map(noted).collect()
            }
        };
        Ok(Anchor { readings })
    }

    /// How many hashes the likeliest reading names.
    pub(crate) fn ends(&self) -> usize {
        let noted = &self.readings[0];
        noted.chain.len() + usize::from(noted.review.is_some())
    }

    /// What the note says about a run: a remark where it agrees, a finding for each end that differs.
    pub(crate) fn compare(
        &self,
        history: &History,
        review: &Review,
    ) -> Result<Remark, Vec<Finding>> {
        let compared: Vec<Ends> = self
            .readings
            .iter()
            .map(|noted| noted.compare(history, review))
            .collect();
        let agrees = |ends: &&Ends| !ends.iter().any(|end| matches!(end, End::Differs(_)));
        if let Some(ends) = compared.iter().find(agrees) {
            let facts = NAMES
                .into_iter()
                .zip(ends)
                .map(|(name, end)| (name.to_owned(), end.said()))
                .collect::<BTreeMap<_, _>>();
            return Ok(Remark {
                code: "anchor-agrees".to_owned(),
                txid: None,
                facts,
            });
        }
        let last = review.lines.last().map(|line| line.sha256.as_str());
        let actual = [
            Some(history.records[0].sha256.as_str()),
            Some(history.last().sha256.as_str()),
            last,
        ];
        let places = ["chain head", "chain tail", "review chain end"];
        let ends = places.into_iter().zip(&compared[0]).zip(actual);
        let findings = ends.filter_map(|((place, end), actual)| {
            let End::Differs(noted) = end else {
                return None;
            };
            let actual = match actual {
                None => "no review".to_owned(),
                Some(actual) if noted.len() > NOTED => grouped(actual),
                Some(actual) => chain_groups(actual),
            };
            Some(Finding {
                class: FindingClass::new("evidence:tampered"),
                expected: format!("noted {}", grouped(noted)),
                actual,
                ..tampered(place)
            })
        });
        Err(findings.collect())
    }
}

impl Noted {
    fn compare(&self, history: &History, review: &Review) -> Ends {
        let end = |noted: &String| of_review(noted, review);
        let said = self.review.as_ref().map_or(End::NotNoted, end);
        let [head, tail] = ends(&self.chain, history);
        // One hash alone may be that of the review.
        match (&*self.chain, &head, &said) {
            ([alone], End::Differs(_), End::NotNoted) => match of_review(alone, review) {
                End::Differs(_) => [head, tail, said],
                said => [End::NotNoted, tail, said],
            },
            _ => [head, tail, said],
        }
    }
}

/// The digits of a note, word by word.
fn hex(text: &str) -> Result<Vec<String>, String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut tokens = Vec::new();
    for token in words.filter(|token| !token.is_empty()) {
        if matches!(
            token,
            "head"
                | "tail"
                | "chain"
                | "and"
                | "review"
                | "end"
                | "of"
                | "the"
                | "note"
                | "it"
                | "on"
                | "paper"
        ) {
            continue;
        }
        if !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!(
                "`{token}` in the anchor is not hexadecimal (0-9, a-f)"
            ));
        }
        tokens.push(token.to_owned());
    }
    Ok(tokens)
}

fn miscounted(digits: usize) -> String {
    format!(
        "the anchor has {digits} digits; one hash has 32 (eight groups of four) or 64: head, tail and the review's end make up to three of them"
    )
}

/// Every way to cut digits into hashes of 32 or 64, `most` at most; short ones first.
fn cut(digits: &str, most: usize) -> Vec<Vec<String>> {
    let mut cuts = Vec::new();
    for length in [NOTED, WHOLE] {
        let Some((first, rest)) = digits.split_at_checked(length).filter(|_| most > 0) else {
            continue;
        };
        if rest.is_empty() {
            cuts.push(vec![first.to_owned()]);
            continue;
        }
        for mut more in cut(rest, most - 1) {
            more.insert(0, first.to_owned());
            cuts.push(more);
        }
    }
    cuts
}

impl End {
    fn said(&self) -> String {
        match self {
            End::Agrees => "agrees".to_owned(),
            End::GrownSince(seq) => format!("agrees up to record {seq}"),
            End::Differs(_) => "differs".to_owned(),
            End::NotNoted => "not noted".to_owned(),
        }
    }
}

fn ends(reading: &[String], history: &History) -> [End; 2] {
    let head = &history.records[0].sha256;
    let at_head = |noted: &str| {
        if head.starts_with(noted) {
            End::Agrees
        } else {
            End::Differs(noted.to_owned())
        }
    };
    match reading {
        // One hash alone is the head, unless it is seen to be the tail.
        [noted] if !head.starts_with(noted.as_str()) => match at_tail(noted, history) {
            End::Differs(_) => [at_head(noted), End::NotNoted],
            tail => [End::NotNoted, tail],
        },
        [noted] => [at_head(noted), End::NotNoted],
        [first, second] => [at_head(first), at_tail(second, history)],
        _ => [End::NotNoted, End::NotNoted],
    }
}

/// The last line, or an earlier one after which somebody still spoke.
fn of_review(noted: &str, review: &Review) -> End {
    let mut lines = review.lines.iter();
    let is_noted = |line: &crosswipe_verify::ReviewLine| line.sha256.starts_with(noted);
    match lines.position(is_noted) {
        Some(place) if place + 1 == review.lines.len() => End::Agrees,
        Some(place) => End::GrownSince(place as u64 + 1),
        None => End::Differs(noted.to_owned()),
    }
}

/// The last record, or an earlier one after which the run still went on: nothing follows a certificate.
fn at_tail(noted: &str, history: &History) -> End {
    let is_noted = |sha256: &str| sha256.starts_with(noted);
    if is_noted(&history.last().sha256) {
        return End::Agrees;
    }
    let inner = history
        .records
        .iter()
        .take_while(|record| !matches!(record.payload, Payload::Cert(_)))
        .skip(1)
        .find(|record| is_noted(&record.sha256));
    match inner {
        Some(record) => End::GrownSince(record.seq),
        None => End::Differs(noted.to_owned()),
    }
}

/// Digits in groups of four.
fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HEAD: &str = "0123456789abcdef0123456789abcdef00000000000000000000000000000001";
    const TAIL: &str = "fedcba9876543210fedcba987654321000000000000000000000000000000002";
    const GROUPS: &str = "0123 4567 89ab cdef 0123 4567 89ab cdef";

    #[track_caller]
    fn reads(text: &str) -> Vec<Vec<String>> {
        let all = |noted: Noted| noted.chain.into_iter().chain(noted.review).collect();
        let readings = Anchor::parse(text).unwrap().readings;
        readings.into_iter().map(all).collect()
    }

    #[rstest]
    #[case("", 0)]
    #[case("head tail", 2)]
    #[case("head", 1)]
    fn the_end_of_the_review_is_read_behind_its_name(#[case] ends: &str, #[case] chain: usize) {
        let before: Vec<&str> = ends.split_whitespace().map(|_| GROUPS).collect();
        let before = before.join("\n");
        for name in [
            "复核链尾（请抄在纸上）",
            "Review",
            "end of the review chain (note it on paper)",
        ] {
            let anchor = Anchor::parse(&format!("{before} {name} {}", &TAIL[..32])).unwrap();
            let noted = &anchor.readings[0];
            assert_eq!(noted.review.as_deref(), Some(&TAIL[..32]), "{name}");
            assert_eq!(noted.chain.len(), chain, "{name}");
            assert_eq!(anchor.ends(), chain + 1);
        }
    }

    #[test]
    fn three_short_hashes_are_head_tail_and_review() {
        let text = format!("{GROUPS} {} {}", &TAIL[..32], &HEAD[..32]);
        let three = &Anchor::parse(&text).unwrap().readings[0];
        assert_eq!(three.chain, [&HEAD[..32], &TAIL[..32]]);
        assert_eq!(three.review.as_deref(), Some(&HEAD[..32]));
    }

    #[rstest]
    #[case(GROUPS.to_owned())]
    #[case(GROUPS.replace(' ', "-").to_uppercase())]
    #[case(GROUPS.replace(' ', "\n"))]
    #[case(GROUPS.replace(' ', ""))]
    #[case(format!("链首 chain head {GROUPS}"))]
    #[case(format!("  HEAD: {GROUPS}.\n"))]
    fn one_hash_is_read_however_it_was_noted(#[case] text: String) {
        assert_eq!(reads(&text), [[HEAD[..32].to_owned()]]);
    }

    #[test]
    fn a_whole_hash_is_one_and_sixteen_groups_may_be_two() {
        assert_eq!(reads(HEAD), [[HEAD.to_owned()]]);
        let both = format!("{GROUPS}\nfedc-ba98-7654-3210-fedc-ba98-7654-3210");
        let two = vec![HEAD[..32].to_owned(), TAIL[..32].to_owned()];
        assert_eq!(reads(&both)[0], two);
        assert_eq!(
            reads(&format!("链首 {HEAD} 链尾 {TAIL}")),
            [[HEAD.to_owned(), TAIL.to_owned()]]
        );
        assert_eq!(
            reads(&format!("{HEAD} fedc ba98 7654 3210 fedc ba98 7654 3210")),
            [[HEAD.to_owned(), TAIL[..32].to_owned()]]
        );
    }

    #[rstest]
    #[case("")]
    #[case("head")]
    #[case("0123 4567")]
    #[case("0123 4567 89ab cdef 0123 4567 89ab cde")]
    #[case("0123 4567 89ab cdef 0123 4567 89ab cdeO")]
    #[case("review")]
    #[case("review 0123 4567")]
    #[case("0123 4567 review 0123 4567 89ab cdef 0123 4567 89ab cdef")]
    #[case(
        "review 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef"
    )]
    fn what_is_no_hash_is_said(#[case] text: &str) {
        assert!(Anchor::parse(text).is_err(), "{text}");
    }
}

//! 锚定 · Compares the ends of a journal's chain with what somebody noted on paper.
//!
//! Why so: whoever holds all files of a run could write all of them anew, chain and sums included. What he
//! cannot change is the note that a reviewer took of head and tail while the run went on. Notes are typed by
//! tired people, so blanks, line breaks, dashes, upper case and the words beside the digits are all taken.
//! Called by `command::verify` and `command::close`. Not here: whether the chain itself holds (`journal`).

use std::collections::BTreeMap;

use crosswipe_domain::FindingClass;
use crosswipe_journal::{History, Payload};
use crosswipe_reports::chain_groups;
use crosswipe_verify::{Finding, Remark};

use crate::command::verify::tampered;
use crate::complain::Trouble;

/// Digits of eight groups of four, as printed.
const NOTED: usize = 32;
/// Digits of a whole hash.
const WHOLE: usize = 64;

/// 抄件 · One or two hashes as noted, lower case, each of 32 or 64 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// Every way to read the digits; the first is the likeliest.
    readings: Vec<Vec<String>>,
}

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
            help: "抄八组、每组四位, 或完整的 64 位; 先链首后链尾 · eight groups of four digits or the whole 64, head first, then tail"
                .to_owned(),
        }
        };
        let mut tokens = Vec::new();
        for token in text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|token| !token.is_empty())
        {
            let token = token.to_ascii_lowercase();
            if matches!(token.as_str(), "head" | "tail" | "chain" | "and") {
                continue;
            }
            if !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(wrong(format!(
                    "`{token}` in the anchor is not hexadecimal (0-9, a-f)"
                )));
            }
            tokens.push(token);
        }
        let digits = tokens.concat();
        let cut = |first: usize| -> Vec<String> {
            let (head, tail) = digits.split_at(first);
            [head, tail]
                .into_iter()
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let in_one_piece = tokens.iter().any(|token| token.len() == WHOLE);
        let readings = match digits.len() {
            NOTED => vec![cut(NOTED)],
            // A whole hash in groups looks like two short ones.
            WHOLE if in_one_piece => vec![cut(WHOLE)],
            WHOLE => vec![cut(NOTED), cut(WHOLE)],
            96 if in_one_piece && tokens[0].len() == WHOLE => vec![cut(WHOLE)],
            96 => vec![cut(NOTED), cut(WHOLE)],
            128 => vec![cut(WHOLE)],
            other => {
                return Err(wrong(format!(
                    "the anchor has {other} digits; one hash has 32 (eight groups of four) or 64, two have twice that"
                )));
            }
        };
        Ok(Anchor { readings })
    }

    /// How many ends of a chain the likeliest reading names.
    pub(crate) fn ends(&self) -> usize {
        self.readings[0].len()
    }

    /// What the note says about a chain: a remark where it agrees, a finding for each end that differs.
    pub(crate) fn compare(&self, history: &History) -> Result<Remark, Vec<Finding>> {
        let compared: Vec<(End, End)> = self
            .readings
            .iter()
            .map(|reading| ends(reading, history))
            .collect();
        let agrees = |(head, tail): &&(End, End)| {
            !matches!(head, End::Differs(_)) && !matches!(tail, End::Differs(_))
        };
        if let Some((head, tail)) = compared.iter().find(agrees) {
            let facts = [("head", head), ("tail", tail)]
                .map(|(name, end)| (name.to_owned(), end.said()))
                .into_iter()
                .collect::<BTreeMap<_, _>>();
            return Ok(Remark {
                code: "anchor-agrees".to_owned(),
                txid: None,
                facts,
            });
        }
        let (head, tail) = &compared[0];
        let one = |name: &str, end: &End, actual: &str| match end {
            End::Differs(noted) => {
                let mut found = tampered(name);
                found.class = FindingClass::new("evidence:tampered");
                found.expected = format!("noted {}", grouped(noted));
                found.actual = if noted.len() > NOTED {
                    grouped(actual)
                } else {
                    chain_groups(actual)
                };
                Some(found)
            }
            _ => None,
        };
        Err([
            one("chain head", head, &history.records[0].sha256),
            one("chain tail", tail, &history.last().sha256),
        ]
        .into_iter()
        .flatten()
        .collect())
    }
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

fn ends(reading: &[String], history: &History) -> (End, End) {
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
            End::Differs(_) => (at_head(noted), End::NotNoted),
            tail => (End::NotNoted, tail),
        },
        [noted] => (at_head(noted), End::NotNoted),
        [first, second] => (at_head(first), at_tail(second, history)),
        _ => (End::NotNoted, End::NotNoted),
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
        Anchor::parse(text).unwrap().readings
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
    fn what_is_no_hash_is_said(#[case] text: &str) {
        assert!(Anchor::parse(text).is_err(), "{text}");
    }
}

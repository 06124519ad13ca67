//! 复核簿 · What named persons say of a certified run, in `review.jsonl`: a chain of its own beside the journal.
//!
//! Why beside it: the journal ends with its certificate, and who explains a stranger's row does so days later.
//! The first line names the tail of the journal, each further one the line before it, so that no line can be
//! changed, taken out or moved to another run unseen; how far the chain went stands in `review.head`, so that none is
//! cut off its end. Written by `cli`; read by `judge`, which hears explanations and nothing else (`act`).
//! Not here: what an explanation is good for (`strangers`), whether the rest fits the run (`held`).

mod act;
mod held;

use crosswipe_domain::{Moment, canonical_json, sha256_hex};
use serde::{Deserialize, Serialize};

pub use act::{Explained, ReviewAct, Signature, SignedAs, Target};
pub use held::{
    Matter, Overridden, ReviewDefect, ReviewHeld, ReviewNow, Said, finding_id, may_override,
    open_matters, review_held,
};

/// 复核行 · One statement of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewLine {
    /// From 0, no gap.
    pub seq: u64,
    /// Real time at which it was said.
    pub at: Moment,
    /// By whom: a name that can be asked.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What is said.
    pub act: ReviewAct,
    /// `sha256` of the line before; for the first the tail hash of the journal.
    pub prev_sha256: String,
    /// SHA-256 over the canonical JSON of all other members.
    pub sha256: String,
}

/// 复核簿 · The lines that hold together, and the first that does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// From the first on, as far as the chain holds.
    pub lines: Vec<ReviewLine>,
    /// First line (from 1) that does not hold, and why.
    pub defect: Option<(u64, &'static str)>,
}

/// 复核簿之尾 · How far the chain went when it was last written: the text of `review.head`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Lines of the chain.
    lines: u64,
    /// `sha256` of the last of them.
    sha256: String,
}

impl ReviewLine {
    /// The next line after `before` (the lines so far) of a run whose journal ends with `tail`.
    pub fn seal(
        before: &[ReviewLine],
        tail: &str,
        (at, by, reason): (Moment, &str, &str),
        act: ReviewAct,
    ) -> ReviewLine {
        let mut line = ReviewLine {
            seq: before.len() as u64,
            at,
            by: by.to_owned(),
            reason: reason.to_owned(),
            act,
            prev_sha256: before
                .last()
                .map_or_else(|| tail.to_owned(), |line| line.sha256.clone()),
            sha256: String::new(),
        };
        line.sha256 = line.digest();
        line
    }

    /// The line as it stands in the file, with its line feed.
    pub fn to_text(&self) -> String {
        canonical_json(self) + "\n"
    }

    fn digest(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a line has text keys");
        if let Some(members) = value.as_object_mut() {
            members.remove("sha256");
        }
        sha256_hex(canonical_json(&value).as_bytes())
    }
}

impl Review {
    /// Reads the file of a run whose journal ends with `tail`.
    pub fn read(text: &[u8], tail: &str) -> Review {
        let mut review = Review::default();
        let mut prev = tail.to_owned();
        for (place, text) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            match line(text, place as u64, &prev) {
                Ok(line) => {
                    prev.clone_from(&line.sha256);
                    review.lines.push(line);
                }
                Err(why) => {
                    review.defect = Some((place as u64 + 1, why));
                    return review;
                }
            }
        }
        review
    }

    /// The text of `review.head` for these lines; nothing where there is none.
    pub fn head(&self) -> Option<String> {
        let last = self.lines.last()?;
        let head = Head {
            lines: self.lines.len() as u64,
            sha256: last.sha256.clone(),
        };
        Some(canonical_json(&head) + "\n")
    }

    /// Holds the chain against the text of `review.head`. The chain may have gone on since: whoever writes both writes the
    /// head last, and may have died in between.
    #[must_use]
    pub fn kept_to(mut self, head: &[u8]) -> Review {
        if self.defect.is_some() {
            return self;
        }
        let after = self.lines.len() as u64 + 1;
        let kept: Option<Head> = serde_json::from_slice(head)
            .ok()
            .filter(|kept: &Head| (canonical_json(kept) + "\n").as_bytes() == head);
        self.defect = match kept {
            None => Some((after, "review.head is unreadable")),
            Some(kept) if kept.lines >= after => Some((after, "lines were cut off")),
            Some(kept) => {
                let at = usize::try_from(kept.lines).ok();
                let line = at.and_then(|at| self.lines.get(at.checked_sub(1)?));
                let same = line.is_some_and(|line| line.sha256 == kept.sha256);
                (!same).then_some((kept.lines, "not the line that review.head names"))
            }
        };
        self
    }

    /// True where it says something that the judge hears, or cannot be relied on.
    pub fn is_heard(&self) -> bool {
        let explains = |line: &ReviewLine| matches!(line.act, ReviewAct::ExplainForeign(_));
        self.defect.is_some() || self.lines.iter().any(explains)
    }
}

fn line(text: &[u8], seq: u64, prev: &str) -> Result<ReviewLine, &'static str> {
    let line: ReviewLine = serde_json::from_slice(text).map_err(|_| "unreadable")?;
    // No byte without meaning: what is not written as we write it was written by somebody else.
    if line.to_text().as_bytes() != text {
        Err("not canonical")
    } else if line.seq != seq || line.prev_sha256 != prev {
        Err("does not follow the line before it")
    } else if line.digest() != line.sha256 {
        Err("hash differs")
    } else if line.by.trim().is_empty()
        || line.act.wants_a_reason() && line.reason.trim().is_empty()
    {
        Err("says neither who nor why")
    } else {
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act() -> ReviewAct {
        ReviewAct::ExplainForeign(Explained {
            party: crosswipe_domain::Party::try_from("insured:330200".to_owned()).unwrap(),
            origin: "H33010000001".into(),
            msgid: "by-hand".into(),
            infno: "2207".into(),
            rows: vec![7, 8],
            rows_sha256: "ab".repeat(32),
        })
    }

    fn two_lines() -> String {
        let at = Moment::parse("2017-06-05T09:00:00+08:00").unwrap();
        let first = ReviewLine::seal(&[], "tail", (at, "张三", "急诊"), act());
        let second = ReviewLine::seal(
            std::slice::from_ref(&first),
            "tail",
            (at.plus_ms(1), "李四", "误刷"),
            act(),
        );
        first.to_text() + &second.to_text()
    }

    #[test]
    fn what_was_sealed_is_read_and_belongs_to_one_run() {
        let text = two_lines();
        let review = Review::read(text.as_bytes(), "tail");
        assert_eq!((review.lines.len(), review.defect), (2, None));
        let other = Review::read(text.as_bytes(), "another run's tail");
        assert_eq!((other.lines.len(), other.defect.unwrap().0), (0, 1));
        assert_eq!(Review::read(b"", "tail"), Review::default());
    }

    #[test]
    fn every_changed_byte_is_found_and_nothing_behind_it_counts() {
        let text = two_lines();
        let first = text.find('\n').unwrap();
        let mut found = 0;
        for place in 0..text.len() {
            for flip in [1u8, 0x20] {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= flip;
                let review = Review::read(&bytes, "tail");
                assert!(review.defect.is_some(), "byte {place} ^ {flip}");
                assert!(review.lines.len() <= usize::from(place > first));
                found += 1;
            }
        }
        println!("{found} flips, all found");
        assert!(found > 1_000);
    }

    #[test]
    fn a_line_taken_out_or_torn_is_found() {
        let text = two_lines();
        let second = &text[text.find('\n').unwrap() + 1..];
        assert!(Review::read(second.as_bytes(), "tail").defect.is_some());
        let torn = &text[..text.len() - 1];
        let review = Review::read(torn.as_bytes(), "tail");
        assert_eq!((review.lines.len(), review.defect.unwrap().0), (1, 2));
    }

    #[test]
    fn a_chain_cut_at_its_end_is_found_by_its_head_and_one_that_went_on_is_not() {
        let text = two_lines();
        let whole = Review::read(text.as_bytes(), "tail");
        let head = whole.head().unwrap();
        assert_eq!(whole.clone().kept_to(head.as_bytes()).defect, None);
        let first = text.find('\n').unwrap() + 1;
        let cut = Review::read(&text.as_bytes()[..first], "tail");
        let behind = cut.head().unwrap();
        assert_eq!(
            cut.kept_to(head.as_bytes()).defect,
            Some((2, "lines were cut off"))
        );
        assert_eq!(whole.clone().kept_to(behind.as_bytes()).defect, None);
        let none = Review::default().kept_to(head.as_bytes());
        assert_eq!(none.defect, Some((1, "lines were cut off")));
        for place in 0..head.len() {
            let mut bent = head.clone().into_bytes();
            bent[place] ^= 1;
            assert!(
                whole.clone().kept_to(&bent).defect.is_some(),
                "byte {place}"
            );
        }
    }

    /// The first thing that is wrong stays the first thing that is told: behind it nothing can be relied on, a head least.
    #[test]
    fn a_broken_chain_is_told_by_where_it_broke_whatever_its_head_says() {
        let text = two_lines();
        let whole = Review::read(text.as_bytes(), "tail");
        let second = text.find('\n').unwrap() + 1;
        let torn = Review::read(&text.as_bytes()[..text.len() - 1], "tail");
        let broke = torn.defect;
        assert_eq!(broke.map(|(line, _)| line), Some(2));
        let behind = Review::read(&text.as_bytes()[..second], "tail");
        for head in [whole.head(), behind.head(), Some("{}".to_owned())] {
            let kept = torn.clone().kept_to(head.unwrap().as_bytes());
            assert_eq!((kept.lines.len(), kept.defect), (1, broke));
        }
        assert_eq!(Review::default().head(), None, "nothing said, nothing kept");
        assert!(!Review::default().is_heard());
    }
}

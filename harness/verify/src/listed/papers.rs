//! 可信的清单 · The papers as the journal vouches for them: what differs from its digest is not read further.

use crosswipe_domain::{ListForm, Listing, Rule};
use crosswipe_journal::{Listed, Payload};

use crate::draft::finding;
use crate::evidence::Evidence;
use crate::judgement::Finding;

/// The papers that count, and what is wrong with the others and with the journal.
pub(super) fn vouched(evidence: &Evidence) -> (Vec<&Listing>, Vec<Finding>) {
    let mut findings = Vec::new();
    if let Some(defect) = &evidence.journal.defect {
        let class = defect.split_whitespace().next();
        let class = class.filter(|word| word.starts_with("journal:"));
        findings.push(
            finding(Rule::R2, class.unwrap_or("journal:corrupt"))
                .location("journal")
                .values("intact", defect)
                .unsure(),
        );
    }
    if let Some((line, why)) = evidence.review.defect {
        findings.push(
            finding(Rule::R11, "evidence:tampered")
                .location(format!("review.jsonl line {line}"))
                .values("as sealed", why),
        );
    }
    let mut papers = Vec::new();
    let named = evidence
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::Listed(Listed { papers }) => Some(papers),
            _ => None,
        });
    for (name, digest) in named.flatten() {
        let party = ListForm::of_file(name).map(|(party, _)| party);
        let told = |class: &str| {
            let one = finding(Rule::R6, class).location(name.clone());
            match &party {
                Some(party) => one.at(party),
                None => one,
            }
        };
        let Some(file) = evidence.papers.get(name) else {
            findings.push(told("evidence:missing").values("file", "absent").unsure());
            continue;
        };
        if file.sha256 != digest.sha256 {
            findings.push(told("evidence:tampered").values(&digest.sha256, &file.sha256));
            continue;
        }
        match &file.listing {
            Ok(listing) if listing.form.file_of(&listing.party) == *name => papers.push(listing),
            Ok(listing) => findings
                .push(told("evidence:tampered").values(name, listing.form.file_of(&listing.party))),
            Err(why) => findings.push(told("evidence:missing").values("listing", why).unsure()),
        }
    }
    (papers, findings)
}

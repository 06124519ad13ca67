//! 约定对文件 · Reads the pairs that may be swiped while regions still connect and debug.
//!
//! Why so: before the cross tests begin, the notice lets only pairs swipe that were arranged one by one.
//! The order of rows means nothing, so the pairs are sorted.

use std::sync::Arc;

use crosswipe_domain::{AdmDivision, Topology};

use crate::persons::region;
use crate::problem::{Problems, Said, noun};
use crate::source::Source;
use crate::table::{Column, read_table};
use crate::words;

/// The arranged pairs of the file, sorted: insured place and institution.
pub(crate) fn read_pairs(
    source: &Arc<Source>,
    topology: &Topology,
    problems: &Problems,
) -> Vec<(AdmDivision, String)> {
    const PAIRS: [Column; 2] = [
        Column {
            en: "insured",
            zh: "参保地",
        },
        Column {
            en: "institution",
            zh: "医疗机构",
        },
    ];
    let rows = read_table(source, &PAIRS, problems);
    let said: Vec<Said<String>> = rows
        .iter()
        .map(|row| Said {
            value: format!("{} → {}", row.cells[0].value, row.cells[1].value),
            at: row.at.clone(),
        })
        .collect();
    words::report_duplicates(noun("约定对", "pair"), &said, problems);
    let mut pairs: Vec<(AdmDivision, String)> = rows
        .iter()
        .filter_map(|row| {
            let insured = region(&row.cells[0], topology, problems);
            let institution = crate::seats::institution(&row.cells[1], topology, problems);
            Some((insured?, institution?.to_string()))
        })
        .collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

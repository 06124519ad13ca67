//! 起步 · The plan that `crosswipe init` writes: a small one that passes at once, to be changed into one's own.
//!
//! Why so: nobody begins on an empty page. Its files stand in `scenarios/starter`, and are those of the binary; only the two
//! days of its window are moved. Called by `cli`. Not here: the workbook form of it (`workbook`).

use std::collections::BTreeMap;

use crosswipe_domain::Day;

/// The days that the files speak of.
const DAYS: [&str; 2] = ["2030-03-01", "2030-03-02"];

const FILES: [(&str, &str); 10] = [
    ("plan.yaml", include_str!("../starter/plan.yaml")),
    ("topology.yaml", include_str!("../starter/topology.yaml")),
    ("persons.csv", include_str!("../starter/persons.csv")),
    ("contacts.csv", include_str!("../starter/contacts.csv")),
    ("catalogue.csv", include_str!("../starter/catalogue.csv")),
    (
        "outpatient.yaml",
        include_str!("../starter/outpatient.yaml"),
    ),
    ("inpatient.yaml", include_str!("../starter/inpatient.yaml")),
    ("bounds.yaml", include_str!("../starter/bounds.yaml")),
    (
        "basket/cold.yaml",
        include_str!("../starter/basket/cold.yaml"),
    ),
    (
        "basket/stay.yaml",
        include_str!("../starter/basket/stay.yaml"),
    ),
];
const PROBE: (&str, &str) = (
    "basket/probe.yaml",
    include_str!("../starter/basket/probe.yaml"),
);

/// The files of the plan, by path; its window begins on `first` and ends on the day after; `id` is its name.
pub fn starter(id: &str, first: Day) -> BTreeMap<String, Vec<u8>> {
    let files = FILES.into_iter().chain([PROBE]);
    let moved = files.map(|(path, text)| {
        let text = text
            .replace(DAYS[1], &first.next().to_string())
            .replace(DAYS[0], &first.to_string())
            .replace("plan: starter", &format!("plan: {id}"));
        (path.to_owned(), text.into_bytes())
    });
    moved.collect()
}

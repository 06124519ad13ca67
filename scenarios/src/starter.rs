//! 起步 · The plan that `crosswipe init` writes: a small one that passes at once, to be changed into one's own.
//!
//! Why so: nobody begins on an empty page. Its files stand in `scenarios/starter`, and are those of the binary; only the two
//! days of its window are moved. Called by `cli`. Not here: the workbook form of it (`workbook`).

use std::collections::BTreeMap;

use crosswipe_domain::Day;

use crate::schema::{SCHEMAS, modeline};

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

/// A YAML file with the line by which an editor finds its schema.
fn shown_to_editors(path: &str, text: &str) -> String {
    let kind = match path {
        "plan.yaml" => "plan",
        "topology.yaml" => "topology",
        _ if path.starts_with("basket/") => "basket",
        _ if path.ends_with(".yaml") => "scenario",
        _ => return text.to_owned(),
    };
    let up = if path.contains('/') { "../" } else { "" };
    modeline(kind, up) + text
}

/// The schemas that those lines name, by path.
pub fn starter_schemas() -> BTreeMap<String, Vec<u8>> {
    let files = SCHEMAS.iter().map(|(kind, text)| {
        let path = format!("schema/{kind}.schema.json");
        (path, text.as_bytes().to_vec())
    });
    files.collect()
}

/// The files of the plan, by path; its window begins on `first` and ends on the day after; `id` is its name.
pub fn starter(id: &str, first: Day) -> BTreeMap<String, Vec<u8>> {
    let files = FILES.into_iter().chain([PROBE]);
    let moved = files.map(|(path, text)| {
        let text = shown_to_editors(path, text);
        let text = text
            .replace(DAYS[1], &first.next().to_string())
            .replace(DAYS[0], &first.to_string())
            .replace("plan: starter", &format!("plan: {id}"));
        (path.to_owned(), text.into_bytes())
    });
    moved.collect()
}

//! 增长图 · The committed picture of how cost grows is what the bench draws of the committed figures, and README shows it.

use std::path::Path;

use serde_json::Value;

#[path = "../../benches/speed/growth.rs"]
mod drawn;

#[test]
fn the_picture_is_drawn_from_its_figures_and_the_readme_shows_it() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let figures = std::fs::read_to_string(here.join("benches/growth.json")).unwrap();
    let figures: Vec<Value> = serde_json::from_str(&figures).unwrap();
    let points: Vec<_> = figures
        .iter()
        .map(|point| drawn::Point {
            cases: usize::try_from(point["cases"].as_u64().unwrap()).unwrap(),
            per_second: point["cases_per_second_hundredths"]
                .as_u64()
                .unwrap()
                .into(),
            peak_kb: point["peak_kb"].as_u64(),
        })
        .collect();
    assert!(points.len() >= 4, "four sizes at least");
    let svg = drawn::svg(&points);
    if std::env::var_os("CROSSWIPE_ACCEPT").is_some() {
        std::fs::write(here.join("benches/growth.svg"), &svg).unwrap();
    }
    let kept = std::fs::read_to_string(here.join("benches/growth.svg")).unwrap();
    assert_eq!(kept, svg, "CROSSWIPE_ACCEPT=1 draws it anew");
    let readme = std::fs::read_to_string(here.join("../../README.md")).unwrap();
    assert!(readme.contains("(harness/cli/benches/growth.svg)"));
}

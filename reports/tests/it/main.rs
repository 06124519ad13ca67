//! 报告的门 · What goes through the public door of the reports: samples, contract, width, hostile text.

mod runs;

use crosswipe_reports::{Lang, html, json, junit, terminal};

#[test]
fn show() {
    println!("{}", terminal(&runs::violated().story(), Lang::Zh, 100));
    println!(
        "{}",
        terminal(&runs::indeterminate().story(), Lang::En, 100)
    );
    println!(
        "{}",
        terminal(&runs::eleven_cities().story(), Lang::Zh, 100)
    );
    for (name, run) in [
        ("clean", runs::clean()),
        ("violated", runs::violated()),
        ("ind", runs::indeterminate()),
        ("eleven", runs::eleven_cities()),
    ] {
        std::fs::write(format!("/tmp/{name}.html"), html(&run.story(), Lang::Zh)).unwrap();
    }
    println!("{}", json(&runs::indeterminate().story()));
    println!("{}", junit(&runs::violated().story()));
}

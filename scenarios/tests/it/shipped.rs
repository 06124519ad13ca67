//! 随附计划 · The plans that we ship load without a word, and say what their notice says.

use std::path::{Path, PathBuf};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn tmp() {
    for name in ["zhejiang-2017", "pair-demo"] {
        let (plan, problems) = crosswipe_scenarios::check(&shipped(name));
        for p in &problems {
            println!(
                "{:?} {} {}: {} [{}] {:?}",
                p.severity,
                p.file,
                p.line_column()
                    .map_or(String::new(), |(l, c)| format!("{l}:{c}")),
                p.message,
                p.code,
                p.help
            );
        }
        assert!(plan.is_some());
        let plan = plan.unwrap();
        for c in plan.cases.iter().filter(|c| !c.matrix) {
            println!("{} {:?} {}", c.id, c.start, c.title);
        }
        println!("{}", plan.cases.len());
    }
}

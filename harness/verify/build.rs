//! 判定规则的版本 · Names the rules that this judge is built from: a digest of its sources, told in each certificate's
//! record.
//!
//! Why so: a certificate computed again by other rules may read otherwise though nobody touched the evidence. A number
//! kept by hand would be forgotten; the sources cannot be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What decides how a run is judged: the judge, the words and data that it is told in, and how the journal is read.
const SOURCES: [&str; 3] = ["src", "../domain/src", "../journal/src"];

fn main() -> io::Result<()> {
    let mut digest = Fnv::new();
    for folder in SOURCES {
        println!("cargo::rerun-if-changed={folder}");
        for file in sources(Path::new(folder))? {
            digest.add(file.display().to_string().replace('\\', "/").as_bytes());
            // A checkout with other line ends is the same judge.
            digest.add(fs::read_to_string(&file)?.replace('\r', "").as_bytes());
        }
    }
    println!("cargo::rustc-env=CROSSWIPE_JUDGE_RULES={:016x}", digest.0);
    Ok(())
}

/// Rust files below a folder, without those that only tests see, in order of their names.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        match name {
            Some("tests" | "testkit" | "tests.rs") | None => {}
            Some(_) if path.is_dir() => found.extend(sources(&path)?),
            Some(name) if name.ends_with(".rs") => found.push(path),
            Some(_) => {}
        }
    }
    found.sort();
    Ok(found)
}

/// FNV-1a with 64 bits: it tells versions apart, it guards nothing.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        // The length keeps two files from running into one another.
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

//! 证据包 · A run as one zip: made twice it is the same, verified where nothing else of the run lies, bent it is found.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use rstest::rstest;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Bench, classes, crosswipe};

type Parts = Vec<(String, Vec<u8>)>;

fn bundled() -> Bench {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let run = bench.text("run");
    crosswipe(&["report", &run, "--format", "bundle"]).must_end(0);
    bench
}

fn parts(path: &Path) -> Parts {
    let mut zip = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut all = Parts::new();
    for place in 0..zip.len() {
        let mut part = zip.by_index(place).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        all.push((name, bytes));
    }
    all
}

fn pack(path: &Path, parts: &Parts) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_bundle_is_verified_alone_and_made_alike_each_time() {
    let bench = bundled();
    let run = bench.text("run");
    let bundle = bench.path("run").join("bundle.zip");
    let first = fs::read(&bundle).unwrap();
    crosswipe(&["report", &run, "--format", "bundle"]).must_end(0);
    assert_eq!(fs::read(&bundle).unwrap(), first, "the same bytes");
    let names: Vec<String> = parts(&bundle).into_iter().map(|(name, _)| name).collect();
    for needed in [
        "journal.db",
        "certificate.json",
        "SHA256SUMS",
        "report.html",
        "BUNDLE.sha256",
    ] {
        assert!(
            names.iter().any(|name| name == needed),
            "{needed}: {names:?}"
        );
    }
    assert!(names.iter().any(|name| name.starts_with("exports/")));
    assert!(
        !names
            .iter()
            .any(|name| name.contains("private") || name.contains("parties"))
    );

    let whole = bench.verify("run").must_end(0).json();
    let alone = bench.path("mailed.zip");
    fs::copy(&bundle, &alone).unwrap();
    fs::remove_dir_all(bench.path("run")).unwrap();
    let mut told = bench.verify("mailed.zip").must_end(0).json();
    assert!(told["dir"].as_str().unwrap().ends_with("mailed.zip"));
    told["dir"] = whole["dir"].clone();
    assert_eq!(told, whole, "the same judgement");
}

#[test]
fn one_changed_byte_in_any_part_is_found_and_a_part_taken_out_too() {
    let bench = bundled();
    let path = bench.path("bent.zip");
    let whole = parts(&bench.path("run").join("bundle.zip"));
    let must_be_found = |all: &Parts, why: &str| {
        pack(&path, all);
        let ended = crosswipe(&["verify", &bench.text("bent.zip"), "--json"]).must_be_civil();
        assert_ne!(ended.code, Some(0), "{why}");
        if ended.code == Some(1) && !ended.out.is_empty() {
            let found = classes(&ended.json());
            let names = |class: &str| found.iter().any(|one| one == class);
            assert!(
                names("evidence:tampered") || names("evidence:missing"),
                "{why}: {found:?}"
            );
        }
    };
    for which in [
        "exports/",
        "journal.db",
        "certificate.json",
        "report.html",
        "BUNDLE.sha256",
    ] {
        let mut bent = whole.clone();
        let part = bent.iter_mut().find(|(name, _)| name.starts_with(which));
        let bytes = &mut part.unwrap().1;
        let place = bytes.len() - 2;
        bytes[place] ^= 1;
        must_be_found(&bent, which);
        bent.retain(|(name, _)| !name.starts_with(which));
        must_be_found(&bent, &format!("{which} taken out"));
    }
    pack(&path, &whole);
    bench.verify("bent.zip").must_end(0);
}

#[rstest]
#[case::up("../outside")]
#[case::inner_up("exports/../../outside")]
#[case::root("/outside")]
#[case::private("private/pseudonym.key")]
#[case::deep("exports/a/b.json")]
#[case::backslash("exports\\..\\outside")]
#[case::drive("exports/C:outside")]
#[case::other("readme.txt")]
fn a_part_that_no_bundle_has_is_named_and_nothing_is_written(#[case] name: &str) {
    let bench = Bench::new();
    let all = vec![(name.to_owned(), b"x".to_vec())];
    pack(&bench.path("trick.zip"), &all);
    crosswipe(&["verify", &bench.text("trick.zip")])
        .must_end(64)
        .must_say(&["cli::bundle", "trick.zip"]);
    assert!(!bench.path("outside").exists());
}

#[test]
fn what_is_no_whole_bundle_or_unpacks_to_too_much_is_told() {
    let bench = bundled();
    let bundle = fs::read(bench.path("run").join("bundle.zip")).unwrap();
    let file = bench.path("other.zip");
    let must_be_told = |bytes: &[u8], why: &str| {
        fs::write(&file, bytes).unwrap();
        let ended = crosswipe(&["verify", &bench.text("other.zip")]).must_be_civil();
        assert_eq!(ended.code, Some(64), "{why}: {}", ended.err);
        ended.must_say(&["cli::bundle", "other.zip"]);
    };
    must_be_told(b"", "empty");
    must_be_told(b"no zip at all", "no zip");
    must_be_told(&bundle[..bundle.len() / 2], "cut off");
    let zeros = vec![("exports/a.json".to_owned(), vec![0; 40 << 20])];
    pack(&file, &zeros);
    let bomb = fs::read(&file).unwrap();
    assert!(bomb.len() < 1 << 20);
    must_be_told(&bomb, "a bomb");

    // A run that has not ended is not bundled.
    fs::create_dir_all(bench.path("none")).unwrap();
    crosswipe(&["report", &bench.text("none"), "--format", "bundle"]).must_end(64);
}

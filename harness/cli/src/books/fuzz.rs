//! 账册模糊测试 · Lists and exports of strangers, bent: read, or refused with their places.
//!
//! The same drive as in `tests/fuzz`; here because nobody outside this room reads tables.

#[path = "../../tests/fuzz/drive.rs"]
mod drive;
#[path = "../../tests/fuzz/mutate.rs"]
mod mutate;

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crosswipe_reports::{Lang, audit_json, audit_shown, audit_terminal};
use crosswipe_verify::audit::audit;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Flaws, gather};
use drive::drive;
use mutate::corpus;

const WORDS: &[&str] = &[
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\"",
    "\"\"",
    "\u{feff}",
    "=1+1",
    "2030-03-02",
    "2030/3/2",
    "20300302",
    "44622",
    "1,234.50",
    "(5.00)",
    "￥",
    "金额",
    "结算",
    "人员编号",
    "<c r=\"XFD1048576\"><v>1</v></c>",
    "<c r=\"A0\">",
    "<row r=\"99999999999\">",
    "t=\"s\"",
    "<v>999999999</v>",
    "</row>",
    "<sheetData>",
    "&amp;",
    "<!--",
    "{",
    "}",
    "[",
    "]",
    "null",
    "\"rows\":",
    "\"lsn\":",
    "\"amounts\":{",
];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/audit")
}

fn of_kind(end: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(samples()).unwrap() {
        let dir = entry.unwrap().path();
        for entry in std::fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            found.extend(
                path.to_string_lossy()
                    .ends_with(end)
                    .then(|| std::fs::read(&path).unwrap()),
            );
        }
    }
    found.sort();
    found
}

/// A folder with one file of this name, and the honest files that it is compared with.
fn audited(dir: &Path, name: &str, bytes: &[u8]) -> bool {
    std::fs::write(dir.join(name), bytes).unwrap();
    match gather(&[dir.to_owned()], None) {
        Err(Flaws { told, .. }) => {
            assert!(
                told.iter()
                    .all(|flaw| !flaw.what.en.is_empty() && !flaw.mend.zh.is_empty())
            );
            false
        }
        Ok(mut books) => {
            let result = audit(std::mem::take(&mut books.takes));
            let words = books.words(&audit_shown(&result, true));
            let _ = (
                audit_json(&result, &words, 0),
                audit_terminal(&result, &words, Lang::Zh, 100),
            );
            true
        }
    }
}

fn beside(sample: &str, without: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(samples().join(sample)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(without) {
            std::fs::copy(&path, dir.path().join(name)).unwrap();
        }
    }
    dir
}

#[test]
fn no_csv_list_makes_its_reader_panic() {
    let dir = beside("six-days-61-apart", "收费明细.csv");
    let name = "医院H33010000001收费明细.csv";
    println!(
        "{:?}",
        drive("csv", &of_kind(".csv"), 200, WORDS, |bytes| audited(
            dir.path(),
            name,
            bytes
        ))
        .must_be_calm()
    );
}

#[test]
fn no_export_of_a_stranger_makes_its_reader_panic() {
    let dir = beside("leftover-blocks-admission", "hub-330000.json");
    let tried = drive("delivered", &of_kind(".json"), 90, WORDS, |bytes| {
        audited(dir.path(), "hub-330000.json", bytes)
    });
    println!("{:?}", tried.must_be_calm());
}

/// The parts of a workbook one after the other, each behind its name: what is bent are the parts, not their packing.
fn unpacked(book: &[u8]) -> Vec<u8> {
    let mut parts = ZipArchive::new(Cursor::new(book)).unwrap();
    let mut flat = Vec::new();
    for place in 0..parts.len() {
        let mut part = parts.by_index(place).unwrap();
        flat.extend_from_slice(format!("\u{1}{}\u{2}", part.name().unwrap()).as_bytes());
        part.read_to_end(&mut flat).unwrap();
    }
    flat
}

fn packed(flat: &[u8]) -> Vec<u8> {
    let mut book = ZipWriter::new(Cursor::new(Vec::new()));
    for part in flat
        .split(|byte| *byte == 1)
        .filter(|part| !part.is_empty())
    {
        let end = part.iter().position(|byte| *byte == 2).unwrap_or(0);
        let name = String::from_utf8_lossy(&part[..end]).into_owned();
        // Names that are there twice are refused by the packer itself.
        if book.start_file(name, SimpleFileOptions::default()).is_ok() {
            book.write_all(&part[(end + 1).min(part.len())..]).unwrap();
        }
    }
    book.finish().unwrap().into_inner()
}

#[test]
fn no_workbook_makes_its_reader_panic() {
    let books = of_kind(".xlsx");
    let flat: Vec<Vec<u8>> = books.iter().map(|book| unpacked(book)).collect();
    let dir = beside("payment-lost-at-his", ".xlsx");
    let name = "两地平台.xlsx";
    let parts = drive("workbook", &flat, 120, WORDS, |flat| {
        audited(dir.path(), name, &packed(flat))
    });
    let packing = drive(
        "packing",
        &books,
        100,
        &["PK\u{3}\u{4}", "\0\0\0\0"],
        |book| audited(dir.path(), name, book),
    );
    println!("{parts:?}\n{packing:?}");
    assert!(parts.panics.is_empty() && parts.understood > 2, "{parts:?}");
    assert!(
        packing.panics.is_empty() && packing.understood > 0,
        "{packing:?}"
    );
}

#[test]
fn what_stumbled_once_is_read_or_refused() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/workbook");
    for (place, book) in corpus(&kept).iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            !audited(dir.path(), "stumbled.xlsx", book),
            "number {place}"
        );
    }
}

/// Goal: a table of seventeen thousand million cells is refused in words. Method: one cell in the last corner.
#[test]
fn a_cell_in_the_last_corner_is_no_table() {
    let book = of_kind(".xlsx").remove(0);
    let flat = String::from_utf8(unpacked(&book)).unwrap();
    let corner = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
    let flat = flat.replacen("</sheetData>", corner, 1);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("corner.xlsx"), packed(flat.as_bytes())).unwrap();
    let flaws = gather(&[dir.path().to_owned()], None).err().unwrap();
    assert!(
        flaws.told[0].what.en.contains("cells lie in a table of"),
        "{flaws:?}"
    );
}

#[test]
fn a_workbook_that_unpacks_a_thousandfold_is_not_unpacked() {
    let mut book = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated =
        SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    book.start_file("xl/worksheets/sheet1.xml", deflated)
        .unwrap();
    for _ in 0..64 {
        book.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let bytes = book.finish().unwrap().into_inner();
    assert!(bytes.len() < 200_000, "{}", bytes.len());
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bomb.xlsx"), bytes).unwrap();
    let flaws = gather(&[dir.path().to_owned()], None).err().unwrap();
    assert!(
        flaws.told[0].what.en.contains("unpacks to too much"),
        "{flaws:?}"
    );
}

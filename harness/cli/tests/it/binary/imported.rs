//! 导入 · `crosswipe import`: honest papers are clean at their level, and one change anywhere is named by its cell.
//!
//! The papers are made from a world: pair-demo is run once, its parties' books give the lists, its task sheets are filled in
//! from them. Then one thing at a time is changed.

mod forms;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use crosswipe_domain::{Export, Money, PersonNo, PseudonymKey};
use crosswipe_sheets::{Table, read_book};
use rstest::rstest;
use serde_json::Value;

use super::known::{SUM_OFF, failing};
use super::{Bench, Ended, crosswipe, plan};

type Rows = Vec<Vec<String>>;

/// Sheets by institution and lists by party, as rows of text.
#[derive(Clone)]
struct Papers {
    sheets: BTreeMap<String, Rows>,
    lists: BTreeMap<String, Rows>,
}

const HEAD: [&str; 11] = [
    "结算ID",
    "原结算ID",
    "就诊ID",
    "人员编号",
    "定点医药机构编号",
    "参保地",
    "结算时间",
    "医疗费总额",
    "基金支付总额",
    "个人账户支出",
    "个人现金支出",
];
const ID: usize = 0;
const ORIGINAL: usize = 1;
const VISIT: usize = 2;
const PERSON: usize = 3;
const TIME: usize = 6;
const TOTAL: usize = 7;
const FUND: usize = 8;
// Columns of a task sheet.
const S_CASE: usize = 2;
const S_LABEL: usize = 4;
const S_VISIT: usize = 12;
const S_ID: usize = 13;
const S_TIME: usize = 14;
const S_TOTAL: usize = 15;
const S_UNDO: usize = 16;
const S_UNDONE: usize = 17;
/// First row of a sheet below its headings.
const FIRST: usize = 4;

const HIS: &str = "his-H33010000001";
const TREATMENT: &str = "treatment-330100";
const HUB: &str = "hub-330000";
const INSURED: &str = "insured-330200";
const SHEET: &str = "H33010000001";

/// Papers of a world in which everything was undone.
fn honest() -> Papers {
    static MADE: OnceLock<Papers> = OnceLock::new();
    MADE.get_or_init(made).clone()
}

fn made() -> Papers {
    let bench = Bench::new();
    bench.run("runs/mock", &["-q"]).must_end(0);
    let key = fs::read(bench.path("runs/private/pair-demo.key")).unwrap();
    let key = PseudonymKey::new(key.try_into().unwrap());
    let mut people = BTreeMap::new();
    let mut registry = Table::csv(&Path::new(&plan("pair-demo")).join("persons.csv")).unwrap();
    while let Some(line) = registry.line().unwrap() {
        let cells: Vec<String> = line.cells().map(|cell| cell.words().into_owned()).collect();
        let name = key.pseudonym(&PersonNo::new(&cells[1]));
        people.insert(name.to_string(), cells);
    }
    let mut lists = BTreeMap::new();
    for entry in fs::read_dir(bench.path("runs/mock/exports")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(party) = name.strip_suffix(".t2.json") else {
            continue;
        };
        let export: Export = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let rows: Rows = export
            .rows
            .iter()
            .filter(|row| row.kind == "settlement")
            .filter_map(|row| {
                let person = people.get(row.person.as_deref()?)?;
                let fact = |name: &str| {
                    row.facts
                        .get(name)
                        .map_or_else(String::new, |fact| fact.to_string())
                };
                let yuan = |name: &str| {
                    Money::from_fen(row.amounts.get(name).copied().unwrap_or(0)).to_string()
                };
                Some(vec![
                    row.id.to_string(),
                    fact("original"),
                    fact("mdtrt_id"),
                    person[1].clone(),
                    row.cause.origin.clone(),
                    person[4].clone(),
                    fact("setl_time"),
                    yuan("medfee_sumamt"),
                    yuan("fund_pay_sumamt"),
                    yuan("acct_pay"),
                    yuan("psn_cash_pay"),
                ])
            })
            .collect();
        if !rows.is_empty() {
            lists.insert(party.to_owned(), rows);
        }
    }
    let sheets = bench.text("sheets");
    crosswipe(&["plan", &plan("pair-demo"), "--sheets", &sheets, "-q"]).must_end(0);
    let labels: BTreeMap<&str, &str> = people
        .values()
        .map(|cells| (cells[1].as_str(), cells[0].as_str()))
        .collect();
    let mut filled = BTreeMap::new();
    for code in ["H33010000001", "H33020000001"] {
        let book = read_book(&bench.path(&format!("sheets/刷卡任务单_{code}.xlsx"))).unwrap();
        let sheet = &book[0];
        let mut rows: Rows = (0..sheet.height())
            .map(|row| {
                (0..20)
                    .map(|at| {
                        sheet
                            .cell(row, at)
                            .map_or_else(String::new, |cell| cell.words())
                    })
                    .collect()
            })
            .collect();
        let list = &lists[&format!("his-{code}")];
        let mut used: Vec<&str> = Vec::new();
        for row in rows.iter_mut().skip(FIRST + 1) {
            let settled = list
                .iter()
                .find(|one| {
                    labels[one[PERSON].as_str()] == row[S_LABEL]
                        && one[TOTAL] == row[10]
                        && !used.contains(&one[ID].as_str())
                })
                .unwrap_or_else(|| panic!("no settlement for {row:?}"));
            used.push(&settled[ID]);
            let undone = list
                .iter()
                .find(|one| one[ORIGINAL] == settled[ID])
                .unwrap();
            row[S_VISIT].clone_from(&settled[VISIT]);
            row[S_ID].clone_from(&settled[ID]);
            row[S_TIME].clone_from(&settled[TIME]);
            row[S_TOTAL].clone_from(&settled[TOTAL]);
            row[S_UNDO].clone_from(&undone[ID]);
            row[S_UNDONE].clone_from(&undone[TIME]);
        }
        filled.insert(code.to_owned(), rows);
    }
    assert_eq!(
        lists.len(),
        7,
        "every party but the hospitals without cases"
    );
    Papers {
        sheets: filled,
        lists,
    }
}

fn text(rows: &Rows) -> String {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    rows.iter()
        .map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n")
        .collect()
}

/// A party's list; who made it stands in a column of its own, so that no two parties give the same bytes.
fn listed(party: &str, rows: &Rows) -> String {
    let mut whole = vec![HEAD.map(str::to_owned).to_vec()];
    whole.extend(rows.iter().cloned());
    whole
        .iter_mut()
        .for_each(|row| row.push(format!("制表 {party}")));
    text(&whole)
}

impl Papers {
    /// Writes all of them; names of the files.
    fn write(&self, bench: &Bench) -> Vec<String> {
        let mut files = Vec::new();
        for (code, rows) in &self.sheets {
            fs::write(bench.path(&format!("单-{code}.csv")), text(rows)).unwrap();
            files.push(bench.text(&format!("单-{code}.csv")));
        }
        for (party, rows) in &self.lists {
            fs::write(bench.path(&format!("{party}.csv")), listed(party, rows)).unwrap();
            files.push(bench.text(&format!("{party}.csv")));
        }
        files
    }

    fn import(&self, bench: &Bench, more: &[&str]) -> Ended {
        import(bench, &self.write(bench), more)
    }

    /// The row of a list that undoes its first settlement.
    fn undo(&mut self, party: &str) -> usize {
        let rows = &self.lists[party];
        rows.iter()
            .position(|row| row[ORIGINAL] == rows[0][ID])
            .unwrap()
    }

    fn list(&mut self, party: &str) -> &mut Rows {
        self.lists.get_mut(party).unwrap()
    }

    /// The row of the sheet about the first settlement of the hospital's list.
    fn typed(&mut self) -> &mut Vec<String> {
        let id = self.lists[HIS][0][ID].clone();
        let rows = self.sheets.get_mut(SHEET).unwrap();
        rows.iter_mut().find(|row| row[S_ID] == id).unwrap()
    }
}

fn import(bench: &Bench, files: &[String], more: &[&str]) -> Ended {
    let (plan, out) = (plan("pair-demo"), bench.text("runs/in"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    crosswipe(&[&["import", &plan, "--out", &out], files.as_slice(), more].concat())
}

fn judged(ended: &Ended) -> (String, Vec<(String, String)>) {
    let report = ended.json();
    let found = report["findings"].as_array().unwrap().iter().map(|one| {
        let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let witness = one["witness"].to_string();
        (word("class"), format!("{} {witness}", word("where")))
    });
    (
        report["verdict"].as_str().unwrap().to_owned(),
        found.collect(),
    )
}

#[test]
fn honest_papers_are_clean_at_their_level_and_say_so() {
    let bench = Bench::new();
    let papers = honest();
    let ended = papers.import(&bench, &["--json"]).must_end(0);
    let report = ended.json();
    assert_eq!(report["verdict"], "clean", "{report:#}");
    assert_eq!(report["level"], "L1");
    assert_eq!(report["cases"]["passed"], 6, "{}", report["cases"]);
    let sentence = report["sentence"]["zh"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let run = bench.text("runs/in");
    let told = crosswipe(&["verify", &run]).must_end(0);
    let told = told.out.replace("\n      ", "");
    for words in [
        "可核验部分全部回退（7 笔交易）",
        "最低证据级别 L1",
        "未核：基金科目、清分、流水完整性、旁人账务",
    ] {
        assert!(told.contains(words), "{words} in {sentence} {told}");
    }
    // Nobody is named: neither in evidence nor in reports.
    for file in super::files(&bench.path("runs/in"), &["private"]) {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for row in papers.lists.values().flatten() {
            assert!(
                !text.contains(&row[PERSON]),
                "{} in {}",
                row[PERSON],
                file.display()
            );
        }
    }
    for format in ["html", "xlsx", "csv", "junit", "json", "md", "events"] {
        crosswipe(&["report", &run, "--format", format, "-q"]).must_end(0);
    }
    let page = fs::read_to_string(bench.path("runs/in/report.html")).unwrap();
    assert!(page.contains("verdict partial"), "hatched, not green");
    let closed = crosswipe(&[
        "close",
        &plan("pair-demo"),
        &run,
        "--out",
        &bench.text("window"),
        "--json",
    ]);
    let closed = closed.json();
    assert_eq!(closed["coverage"]["passed"], 6, "{}", closed["coverage"]);
    assert_eq!(closed["verdict"], "clean", "{closed:#}");
}

/// As in any run: shown as waived, owner and date beside it, never passed; nothing of the books is waived, and not after its day.
#[rstest]
#[case::known(SUM_OFF.to_owned(), "waived", 0)]
#[case::overdue(SUM_OFF.replace("T19:00", "T09:00"), "failed", 1)]
#[case::of_another(SUM_OFF.replace("medfee_sumamt", "acct_pay"), "failed", 1)]
fn a_known_issue_waives_what_papers_fail_and_hides_nothing(
    #[case] known: String,
    #[case] result: &str,
    #[case] code: i32,
) {
    let bench = Bench::new();
    let plan = failing(&bench, &known);
    // A sheet is of the plan that it was made of; lists are of any.
    let papers = Papers {
        sheets: BTreeMap::new(),
        ..honest()
    };
    let files = papers.write(&bench);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let out = bench.text("runs/in");
    let args = [
        &["import", &plan, "--out", &out, "--json"],
        files.as_slice(),
    ]
    .concat();
    let report = crosswipe(&args).must_end(code).json();
    assert_eq!(report["verdict"], "clean", "{report:#}");
    let counts = &report["cases"];
    assert_eq!(counts[result], 2, "{counts}");
    assert_eq!(counts["passed"], 4, "{counts}");
    let known = &report["known_issues"][0];
    assert_eq!(known["id"], "KI-7");
    assert_eq!(
        known["waived"].as_array().map(Vec::len),
        Some(2 * usize::from(result == "waived")),
        "{known}"
    );
    let told = crosswipe(&["verify", &out, "--lang", "zh"]).must_end(code);
    assert!(
        told.out.contains("KI-7") && told.out.contains("某厂商"),
        "{}",
        told.out
    );
}

#[test]
fn what_was_typed_proves_nothing_by_itself() {
    let bench = Bench::new();
    let papers = Papers {
        lists: BTreeMap::new(),
        ..honest()
    };
    let ended = papers.import(&bench, &["--json"]).must_end(2);
    let (verdict, found) = judged(&ended);
    assert_eq!(verdict, "indeterminate");
    assert!(
        found.iter().all(|(class, _)| class == "evidence:missing"),
        "{found:?}"
    );
    assert_eq!(ended.json()["level"], "L0");
    let page = fs::read_to_string(bench.path("runs/in/report.html")).unwrap();
    assert!(page.contains("verdict typed") && page.contains("未核验"));
}

#[test]
fn lists_alone_are_adopted_into_the_cases_that_they_fit() {
    let bench = Bench::new();
    let papers = Papers {
        sheets: BTreeMap::new(),
        ..honest()
    };
    let report = papers.import(&bench, &["--json"]).must_end(0).json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["cases"]["passed"], 6, "{}", report["cases"]);
}

fn undo_gone(papers: &mut Papers, party: &str) {
    let at = papers.undo(party);
    papers.list(party).remove(at);
}

fn second_undo(papers: &mut Papers) {
    let at = papers.undo(HUB);
    let mut again = papers.list(HUB)[at].clone();
    again[ID] = "330100203003029900000000000099".into();
    papers.list(HUB).push(again);
}

fn one_more(papers: &mut Papers) {
    let mut more = papers.list(HIS)[0].clone();
    more[ID] = "330100203003029900000000000077".into();
    more[VISIT] = "330100203003029900000000000076".into();
    more[TIME] = "2030-03-02 14:30:00".into();
    papers.list(HIS).push(more);
}

/// What is changed, the exit code, the class that must be found, and a text that its place or witness holds.
#[rstest]
#[case::his_stands(|p: &mut Papers| undo_gone(p, HIS), 1, "one-sided:his", "")]
#[case::his_residue(|p: &mut Papers| undo_gone(p, HIS), 1, "residue:settlement", "his-H33010000001.csv")]
#[case::insured_stands(|p: &mut Papers| undo_gone(p, INSURED), 1, "one-sided:insured", "")]
#[case::treatment_stands(|p: &mut Papers| undo_gone(p, TREATMENT), 1, "residue:settlement", "treatment-330100.csv")]
#[case::insured_never_heard(|p: &mut Papers| { undo_gone(p, INSURED); p.list(INSURED).remove(0); }, 1, "one-sided:insured", "")]
#[case::settlement_row_gone(|p: &mut Papers| drop(p.list(INSURED).remove(0)), 2, "evidence:missing", "insured-330200.csv")]
#[case::no_list_of_the_hub(|p: &mut Papers| drop(p.lists.remove(HUB)), 2, "evidence:missing", "list")]
#[case::too_little_back(|p: &mut Papers| { let at = p.undo(TREATMENT); p.list(TREATMENT)[at][TOTAL] = "-21915.05".into(); }, 1, "under-reversal", "treatment-330100.csv!H")]
#[case::too_much_back(|p: &mut Papers| { let at = p.undo(TREATMENT); p.list(TREATMENT)[at][TOTAL] = "-21915.07".into(); }, 1, "over-reversal", "treatment-330100.csv!H")]
#[case::undone_twice(second_undo, 1, "double-reversal", "hub-330000.csv")]
#[case::another_total(|p: &mut Papers| p.list(INSURED)[0][TOTAL] = "21915.07".into(), 1, "mismatch:amount", "insured-330200.csv!H2")]
#[case::another_fund(|p: &mut Papers| p.list(HUB)[0][FUND] = "8869.29".into(), 1, "mismatch:amount", "hub-330000.csv!I2")]
#[case::another_visit(|p: &mut Papers| p.list(HUB)[0][VISIT] = "330100203003029900000000000001".into(), 1, "mismatch:id", "hub-330000.csv!C2")]
#[case::another_id(|p: &mut Papers| { let at = p.undo(INSURED); p.list(INSURED)[0][ID] = "330100203003020900000000000993".into(); p.list(INSURED)[at][ORIGINAL] = String::new(); }, 1, "mismatch:id", "insured-330200.csv!A2")]
#[case::another_person(|p: &mut Papers| p.list(INSURED)[0][PERSON] = "99993301000000000000000039".into(), 1, "mismatch:person", "insured-330200.csv!D2")]
#[case::another_time(|p: &mut Papers| p.list(INSURED)[0][TIME] = "2030-03-02 09:05:00".into(), 2, "evidence:conflict", "insured-330200.csv!G2")]
#[case::one_that_nobody_knew(one_more, 1, "residue:settlement", "his-H33010000001.csv")]
#[case::typed_total(|p: &mut Papers| p.typed()[S_TOTAL] = "21915.60".into(), 1, "evidence:conflict", "单-H33010000001.csv!P")]
#[case::typed_id(|p: &mut Papers| { let id = &mut p.typed()[S_ID]; let end = id.len() - 1; id.replace_range(end.., "8"); }, 2, "evidence:conflict", "单-H33010000001.csv!N")]
#[case::typed_visit(|p: &mut Papers| p.typed()[S_VISIT] = "330100203003020900000000000999".into(), 2, "evidence:conflict", "单-H33010000001.csv!M")]
#[case::typed_time(|p: &mut Papers| p.typed()[S_TIME] = "2030-03-02 08:50:00".into(), 2, "evidence:conflict", "单-H33010000001.csv!O")]
#[case::typed_no_undo(|p: &mut Papers| { p.typed()[S_UNDO].clear(); p.typed()[S_UNDONE].clear(); }, 2, "evidence:conflict", "单-H33010000001.csv!R")]
#[case::typed_undo_id(|p: &mut Papers| p.typed()[S_UNDO] = "330100203003020900000000000555".into(), 2, "evidence:conflict", "单-H33010000001.csv!Q")]
#[case::typed_undo_time(|p: &mut Papers| p.typed()[S_UNDONE] = "2030-03-02 11:00:00".into(), 2, "evidence:conflict", "单-H33010000001.csv!R")]
#[case::never_swiped(|p: &mut Papers| { for party in [HIS, TREATMENT, HUB, INSURED] { undo_gone(p, party); p.list(party).remove(0); } }, 2, "evidence:conflict", "单-H33010000001.csv")]
fn one_change_is_named_by_its_cell(
    #[case] slip: fn(&mut Papers),
    #[case] code: i32,
    #[case] class: &str,
    #[case] place: &str,
) {
    let bench = Bench::new();
    let mut papers = honest();
    slip(&mut papers);
    let ended = papers.import(&bench, &["--json"]).must_end(code);
    let (verdict, found) = judged(&ended);
    assert_ne!(verdict, "clean");
    assert!(
        found
            .iter()
            .any(|(known, at)| known == class && at.contains(place)),
        "no {class} at {place}: {found:#?}"
    );
    // Judged again from the folder alone it is the same.
    let again = bench.verify("runs/in").must_end(code);
    assert_eq!(judged(&again), (verdict, found));
}

#[test]
fn a_file_given_twice_counts_once_and_ids_are_not_needed_where_nothing_else_fits() {
    let bench = Bench::new();
    let mut papers = honest();
    for rows in papers.sheets.values_mut() {
        for row in rows.iter_mut().skip(FIRST + 1) {
            row[S_ID].clear();
            row[S_VISIT].clear();
            row[S_UNDO].clear();
        }
    }
    let mut files = papers.write(&bench);
    for file in files.clone() {
        let copy = file.replace(".csv", " (2).csv");
        fs::copy(&file, &copy).unwrap();
        files.push(copy);
    }
    let ended = import(&bench, &files, &["--json"]);
    let report = ended.json();
    assert_eq!(
        report["counts"]["intended"]
            .as_u64()
            .or(report["transactions"]["intended"].as_u64()),
        Some(7),
        "{report:#}"
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// What is written into which cell of the sheet, and what must be said.
#[rstest]
#[case::scientific(S_ID, "3.30100203003020E+29", &["!N", "科学计数"])]
#[case::no_amount(S_TOTAL, "两万", &["!P", "不是金额"])]
#[case::three_decimals(S_TOTAL, "21915.065", &["!P"])]
#[case::negative(S_TOTAL, "-21915.06", &["!P", "负数"])]
#[case::midnight(S_TIME, "2030-03-02 24:00", &["!O", "次日"])]
#[case::no_time(S_TIME, "昨天下午", &["!O", "不是日期"])]
#[case::a_person(S_ID, "999999198904120393", &["!N", "人员的号码"])]
#[case::before(S_UNDONE, "2030-03-02 08:00", &["!R", "撤销早于结算"])]
#[case::grey_case(S_CASE, "outpatient/nowhere", &["!C", "没有用例"])]
#[case::grey_person(S_LABEL, "hangzhou-resident", &["!E", "灰格被改"])]
fn a_cell_that_cannot_be_read_is_named_and_nothing_is_left(
    #[case] column: usize,
    #[case] written: &str,
    #[case] said: &[&str],
) {
    let bench = Bench::new();
    let mut papers = honest();
    papers.typed()[column] = written.to_owned();
    let ended = papers.import(&bench, &[]).must_end(64).must_say(said);
    assert!(ended.err.contains("单-H33010000001.csv"), "{ended:?}");
    assert!(!bench.path("runs").exists(), "nothing is half read");
    let english = papers.import(&bench, &["--lang", "en"]).must_end(64);
    assert!(english.err.contains("= help: "), "{english:?}");
}

/// Wrong papers as a whole.
#[rstest]
#[case::another_plan(|p: &mut Papers| p.sheets.get_mut(SHEET).unwrap()[0][1] = "zhejiang-2017".into(), &["zhejiang-2017", "任务单"])]
#[case::another_digest(|p: &mut Papers| p.sheets.get_mut(SHEET).unwrap()[0][4] = "0".repeat(64), &["摘要不符", "!E1"])]
#[case::another_institution(|p: &mut Papers| p.sheets.get_mut(SHEET).unwrap()[1][1] = "H33010000002".into(), &["不在这家"])]
#[case::one_id_twice(|p: &mut Papers| { let id = p.typed()[S_ID].clone(); let rows = p.sheets.get_mut(SHEET).unwrap(); for row in rows.iter_mut().skip(FIRST + 1) { row[S_ID].clone_from(&id); } }, &["结算ID 与"])]
#[case::half_filled(|p: &mut Papers| { let row = p.typed(); for at in [S_ID, S_VISIT, S_TIME] { row[at].clear(); } }, &["填了一半"])]
#[case::column_gone(|p: &mut Papers| p.sheets.get_mut(SHEET).unwrap()[FIRST][S_TOTAL] = "总数".into(), &["少了列", "总额实际"])]
#[case::nobody_of_ours(|p: &mut Papers| for row in p.list(HUB) { row[ID] = format!("9{}", row[ID]); row[VISIT].clear(); row[ORIGINAL].clear(); row[PERSON] = "33010000000000000000000001".into(); }, &["没有一笔", "hub-330000.csv"])]
#[case::empty_list(|p: &mut Papers| p.list(HUB).clear(), &["hub-330000.csv", "空表"])]
#[case::unknown_party(|p: &mut Papers| { let rows = p.lists.remove(HUB).unwrap(); p.lists.insert("hub-420000".into(), rows); }, &["没有 hub:420000"])]
#[case::numbers_as_ids(|p: &mut Papers| p.list(HIS)[0][VISIT] = "999999198904120393".into(), &["his-H33010000001.csv!C2", "人员的号码"])]
fn wrong_papers_are_refused_whole(#[case] slip: fn(&mut Papers), #[case] said: &[&str]) {
    let bench = Bench::new();
    let mut papers = honest();
    slip(&mut papers);
    papers.import(&bench, &[]).must_end(64).must_say(said);
    assert!(!bench.path("runs").exists(), "nothing is half read");
}

#[test]
fn one_file_is_not_the_evidence_of_two_parties() {
    let bench = Bench::new();
    let mut files = honest().write(&bench);
    files.retain(|file| !file.contains(HUB));
    files.push(format!("hub:330000={}", bench.text(&format!("{HIS}.csv"))));
    files.retain(|file| !file.ends_with(&format!("/{HIS}.csv")) || file.starts_with("hub"));
    let copy = bench.text("his-H33010000001 (2).csv");
    fs::copy(bench.path(&format!("{HIS}.csv")), &copy).unwrap();
    files.push(copy);
    import(&bench, &files, &[])
        .must_end(64)
        .must_say(&["是同一个文件", "不能又算"]);
    assert!(!bench.path("runs").exists());
}

#[test]
fn evidence_that_was_changed_afterwards_is_tampered() {
    let bench = Bench::new();
    honest().import(&bench, &["-q"]).must_end(0);
    let path = bench.path("runs/in/exports/insured-330200.list.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("2191506", "2191507", 1)).unwrap();
    let ended = bench.verify("runs/in").must_end(1);
    let (_, found) = judged(&ended);
    assert!(
        found.iter().any(|(class, _)| class == "evidence:tampered"),
        "{found:?}"
    );
    let _: Value = ended.json();
}

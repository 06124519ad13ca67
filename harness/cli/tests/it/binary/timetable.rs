//! 排程与人工 · What `plan` says of hours and hands, and that a run keeps to it: people's cases are theirs.

use std::fs;

use serde_json::Value;

use super::{Bench, crosswipe, plan};

/// The plan to start from with a schedule, and with people at one hospital.
fn scheduled(bench: &Bench, schedule: &str) -> String {
    let dir = bench.copied_plan("starter");
    let append = |file: &str, text: &str| {
        let path = bench.path("plan").join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + text).unwrap();
    };
    append("plan.yaml", &format!("schedule: {{{schedule}}}\n"));
    let topology = bench.path("plan").join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let people = text.replacen(
        "宁波虚构第一医院, tier: 3",
        "宁波虚构第一医院, tier: 3, hands: manual",
        1,
    );
    assert_ne!(people, text);
    fs::write(topology, people).unwrap();
    dir
}

const HOURS: &str = "staffed: [\"13:00-17:30\"], agreed: {institution: 1}, travel: {minutes: 90}";

#[test]
fn what_people_swipe_is_left_to_them() {
    let bench = Bench::new();
    let dir = scheduled(&bench, HOURS);
    let told = crosswipe(&["plan", &dir, "--json"]).must_end(0).json();
    let slots = told["timetable"]["slots"].as_array().unwrap().clone();
    let by_hand: Vec<&Value> = slots
        .iter()
        .filter(|slot| slot["by_hand"] == true)
        .collect();
    assert_eq!(by_hand.len(), 2, "{slots:?}");
    let ran = bench.run_plan(&dir, "run", &["--json"]).must_end(0);
    let ran = ran.must_say(&["人工 2 例", "--sheets"]);
    let cases = &ran.json()["cases"];
    assert_eq!(cases["run"], 4, "{cases}");
    assert_eq!(cases["passed"], 4);
    // The rest goes when the timetable says, not when the window opens.
    let listed = crosswipe(&["run", &dir, "--list"]).must_end(0);
    for slot in slots.iter().filter(|slot| slot["by_hand"] == false) {
        let id = slot["case"].as_str().unwrap();
        let line = listed.out.lines().find(|line| line.contains(id)).unwrap();
        let from = slot["from"].as_str().unwrap();
        assert!(
            line.starts_with(&format!("{} {}", &from[5..10], &from[11..16])),
            "{line}: {from}"
        );
    }
    // Nothing else was asked for: nothing is left to be sent.
    let only = ["--hospital", "H33020000001", "--kind", "住院"];
    bench
        .run_plan(&dir, "none", &only)
        .must_end(5)
        .must_say(&["1 例由人工", "--sheets"]);
    assert!(!bench.path("none").exists());
    // A window is not closed while people have not done theirs.
    let out = bench.text("window");
    crosswipe(&["close", &dir, &bench.text("run"), "--out", &out]).must_end(2);
}

#[test]
fn what_does_not_fit_is_told_and_not_sent() {
    let bench = Bench::new();
    let dir = scheduled(
        &bench,
        "staffed: [\"13:00-13:01\"], agreed: {institution: 1}, travel: {minutes: 90}",
    );
    let told = crosswipe(&["plan", &dir]).must_end(0).out;
    assert!(
        told.contains("排不下 3 例")
            && told.contains("时段：H33020000001")
            && told.contains("并发：H33010000001"),
        "{told}"
    );
    let english = crosswipe(&["plan", &dir, "--lang", "en", "--order"])
        .must_end(0)
        .out;
    assert!(
        english.contains("3 cases do not fit")
            && english.contains("hours: nobody is at H33020000001"),
        "{english}"
    );
    let ran = bench.run_plan(&dir, "run", &["--json"]).must_end(0);
    let ran = ran.must_say(&["排不下 1 例", "并发"]);
    assert_eq!(ran.json()["cases"]["run"], 3);
}

/// The nation's 992 pairs, twice: the same bytes.
#[test]
fn the_same_plan_has_the_same_timetable() {
    let shipped = plan("national-rehearsal");
    let once = crosswipe(&["plan", &shipped, "--json"]).must_end(0);
    let again = crosswipe(&["plan", &shipped, "--json"]).must_end(0);
    assert_eq!(once.out, again.out);
    let told = &once.json()["timetable"];
    assert_eq!(told["slots"].as_array().unwrap().len(), 992);
    assert_eq!(told["pairs"]["covered"], 992);
}

/// All texts of the first sheet, row by row.
fn rows(path: &std::path::Path) -> (String, Vec<Vec<String>>) {
    let book = crosswipe_sheets::read_book(path).unwrap_or_else(|flaw| panic!("{flaw:?}"));
    let sheet = &book[0];
    let rows = (0..sheet.height()).map(|row| {
        let mut cells = vec![String::new(); 20];
        for (column, cell) in sheet.row(row) {
            assert!(
                matches!(cell, crosswipe_sheets::Cell::Text(_)),
                "{cell:?} is text"
            );
            cells[column as usize] = cell.words();
        }
        cells
    });
    (sheet.name.clone(), rows.collect())
}

/// The headings are a contract with whoever reads a filled sheet; full numbers stand in a file of their own.
#[test]
fn sheets_for_people_hold_their_swipes_and_no_numbers() {
    let bench = Bench::new();
    let dir = scheduled(&bench, HOURS);
    let out = bench.text("sheets");
    crosswipe(&["plan", &dir, "--sheets", &out])
        .must_end(0)
        .must_say(&["2 家机构", "4 笔"]);
    let (name, told) = rows(&bench.path("sheets/刷卡任务单_H33020000001.xlsx"));
    assert_eq!(name, "任务单");
    assert_eq!(told[0][..2], ["计划", "starter"]);
    assert_eq!(
        told[1][..5],
        ["机构", "H33020000001", "", "名称", "宁波虚构第一医院"]
    );
    let head = told.iter().position(|row| row[0] == "序号").unwrap();
    assert_eq!(
        told[head].join(", "),
        "序号, 时间, 用例, 步骤, 人员, 姓名, 参保地, 业务, 凭证, 费用清单, 总额预期, 现金预期, 就诊ID, 结算ID, 结算时间, 总额实际, 撤销结算ID, 撤销时间, 经办人, 备注"
    );
    let slots = crosswipe(&["plan", &dir, "--json"]).must_end(0).json();
    let slots = slots["timetable"]["slots"].as_array().unwrap();
    let here: Vec<&Value> = slots
        .iter()
        .filter(|slot| slot["institutions"][0] == "H33020000001")
        .collect();
    let tasks = &told[head + 1..];
    assert_eq!(tasks.len(), here.len());
    for (number, (task, slot)) in tasks.iter().zip(here).enumerate() {
        assert_eq!(task[0], (number + 1).to_string());
        assert_eq!(task[2], slot["case"].as_str().unwrap());
        assert_eq!(
            task[1].replace(' ', "T"),
            slot["from"].as_str().unwrap()[..16]
        );
        let total = match task[7].as_str() {
            "门诊" => "567.95",
            _ => "21915.06",
        };
        assert_eq!((task[8].as_str(), task[10].as_str()), ("身份证", total));
        assert!(
            task[11].contains('.'),
            "mock platforms have a model: {task:?}"
        );
        assert!(
            task[12..19].iter().all(String::is_empty),
            "to be filled in: {task:?}"
        );
    }
    // Nobody's number or whole name, in either form.
    let persons = fs::read_to_string(bench.path("plan/persons.csv")).unwrap();
    let files: Vec<_> = fs::read_dir(bench.path("sheets"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 6, "{files:?}");
    for path in &files {
        let text = match path.extension().and_then(|end| end.to_str()) {
            Some("html") => fs::read_to_string(path).unwrap(),
            _ => crosswipe_sheets::read_book(path)
                .unwrap()
                .iter()
                .flat_map(|sheet| {
                    (0..sheet.height()).flat_map(|row| {
                        sheet
                            .row(row)
                            .map(|(_, cell)| cell.words())
                            .collect::<Vec<_>>()
                    })
                })
                .collect::<Vec<String>>()
                .join("\n"),
        };
        for row in persons.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            for private in &cells[1..4] {
                assert!(
                    !text.contains(private),
                    "{} shows {private}",
                    path.display()
                );
            }
        }
    }
    // What may be filled in is not written over.
    crosswipe(&["plan", &dir, "--sheets", &out])
        .must_end(64)
        .must_say(&["cli::sheets"]);
    // One site, with the list that was asked for.
    let one = bench.text("one");
    crosswipe(&[
        "plan",
        &dir,
        "--sheets",
        &one,
        "--site",
        "H33020000001",
        "--with-numbers",
    ])
    .must_end(0);
    let (_, people) = rows(&bench.path("one/测试人员名单_未脱敏_H33020000001.xlsx"));
    assert!(
        people
            .iter()
            .any(|row| row[3].starts_with("999999") && row[3].len() == 18),
        "{people:?}"
    );
    assert!(!bench.path("one/刷卡任务单_H33010000001.html").exists());
    let nowhere = bench.text("nowhere");
    crosswipe(&["plan", &dir, "--sheets", &nowhere, "--site", "H33020000009"])
        .must_end(64)
        .must_say(&["cli::sheets", "H3302000000"]);
    crosswipe(&["plan", &dir, "--sheets", &nowhere, "--site", "H33020000002"]).must_end(5);
    assert!(!bench.path("nowhere").exists());
}

/// A site's folder lints and runs by itself, at the instants of the whole.
#[test]
fn a_site_runs_its_share() {
    let bench = Bench::new();
    let dir = scheduled(&bench, HOURS);
    let out = bench.text("sites");
    crosswipe(&["plan", &dir, "--by-site", &out])
        .must_end(0)
        .must_say(&["6 / 6 例"]);
    let site = bench.text("sites/H33010000001");
    crosswipe(&["lint", &site]).must_end(0);
    let ran = bench.run_plan(&site, "run", &["--json"]).must_end(0).json();
    assert_eq!(ran["verdict"], "clean");
    assert_eq!(ran["cases"]["passed"], ran["cases"]["planned"]);
    let ids = |listed: &str| -> Vec<String> { listed.lines().map(str::to_owned).collect() };
    let own = ids(&crosswipe(&["run", &site, "--list"]).must_end(0).out);
    let whole = ids(&crosswipe(&["run", &dir, "--list"]).must_end(0).out);
    assert!(
        !own.is_empty() && own.iter().all(|line| whole.contains(line)),
        "{own:?} {whole:?}"
    );
    crosswipe(&["plan", &dir, "--by-site", &out])
        .must_end(64)
        .must_say(&["cli::output_busy"]);
}

/// What a sheet expects a person to pay is what the mock platforms then make him pay.
#[test]
fn the_cash_on_a_sheet_is_that_of_the_run() {
    let bench = Bench::new();
    let dir = bench.copied_plan("pair-demo");
    let (sheets, parted) = (bench.text("sheets"), bench.text("parted"));
    crosswipe(&["plan", &dir, "--sheets", &sheets]).must_end(0);
    crosswipe(&["plan", &dir, "--by-site", &parted]).must_end(0);
    let mut planted = 0;
    for site in fs::read_dir(&parted)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let code = site.file_name().unwrap().to_string_lossy().into_owned();
        let sheet = bench.path("sheets").join(format!("刷卡任务单_{code}.xlsx"));
        if !sheet.exists() {
            continue;
        }
        for task in rows(&sheet).1.iter().filter(|task| task[11].contains('.')) {
            let (scenario, case) = task[2].split_once('/').unwrap();
            let file = site.join(format!("{scenario}.yaml"));
            let text = fs::read_to_string(&file).unwrap();
            let lines = text.lines().map(|line| {
                let here =
                    line.contains(&format!("case: \"{case}\"")) && !line.contains("psn_cash_pay");
                planted += usize::from(here);
                match here {
                    true => line.replacen(
                        "outcome: \"ok\"",
                        &format!("outcome: \"ok\", setlinfo.psn_cash_pay: \"{}\"", task[11]),
                        1,
                    ),
                    false => line.to_owned(),
                }
            });
            let text: Vec<String> = lines.collect();
            fs::write(&file, text.join("\n") + "\n").unwrap();
        }
        let ran = bench
            .run_plan(&site.display().to_string(), &code, &["--json"])
            .must_end(0)
            .json();
        assert_eq!(ran["cases"]["failed"], 0, "{code}");
    }
    assert!(planted >= 4, "{planted}");
}

/// Where one business is enough for a pair, a pair with one that passed is covered: in the run and in the window.
#[test]
fn one_business_covers_a_pair_where_they_take_turns() {
    let bench = Bench::new();
    let dir = bench.copied_plan("starter");
    let path = bench.path("plan").join("plan.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let (before, _) = text.split_once("matrix:").unwrap();
    let matrix = "matrix: {insured: all, treatment: all, business: pairwise, credential: [id-card, e-voucher]}\n";
    fs::write(&path, format!("{before}{matrix}")).unwrap();
    let told = crosswipe(&["plan", &dir, "--json"]).must_end(0).json();
    let design = &told["timetable"]["pairwise"];
    assert_eq!(
        (&design["filled"], &design["met"]),
        (&design["cells"], &design["value_pairs"])
    );
    let ran = bench.run_plan(&dir, "run", &["--json"]).must_end(0).json();
    assert_eq!(ran["matrix"]["pairs"], 2, "{}", ran["matrix"]);
    assert_eq!(ran["matrix"]["covered"], 2, "{}", ran["matrix"]);
    let out = bench.text("window");
    let closed = crosswipe(&["close", &dir, &bench.text("run"), "--out", &out, "--json"])
        .must_end(0)
        .json();
    assert_eq!(
        closed["coverage"]["pairs_covered"], 2,
        "{}",
        closed["coverage"]
    );
    // A pair of which nothing was swiped is not.
    let half = bench
        .run_plan(&dir, "half", &["--from", "330100", "--json"])
        .must_end(0)
        .json();
    assert_eq!(half["matrix"]["covered"], 1, "{}", half["matrix"]);
}

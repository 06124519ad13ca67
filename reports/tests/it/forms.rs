//! 表单 · Read back by another library: days that add up, words of people that survive, problems that are counted once.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use crosswipe_domain::Moment;
use rstest::rstest;
use rust_xlsxwriter::Workbook;

use crosswipe_reports::{
    Form, Grid, Interval, Lang, NotThisForm, Notes, Pace, Reporter, Story, acceptance,
    confirmations, merged_register, period, register, workbook,
};

use crate::runs;

/// All sheets as texts, as `cli` reads them.
pub(crate) fn grids(bytes: &[u8]) -> Vec<Grid> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let names = book.sheet_names();
    let sheets = names.into_iter().map(|sheet| {
        let range = book.worksheet_range(&sheet).expect("a sheet");
        let rows = range.rows().map(|row| row.iter().map(text).collect());
        Grid {
            rows: rows.collect(),
            sheet,
        }
    });
    sheets.collect()
}

fn text(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        cell => cell.to_string(),
    }
}

pub(crate) fn read(form: &Form) -> Vec<Grid> {
    grids(&form.xlsx().expect("few rows"))
}

pub(crate) fn sheet<'a>(grids: &'a [Grid], name: &str) -> &'a Grid {
    let found = grids.iter().find(|grid| grid.sheet == name);
    found.unwrap_or_else(|| panic!("no sheet {name} in {grids:?}"))
}

/// A figure in hundredths, as a spreadsheet writes it.
pub(crate) fn hundredths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    let of: i64 = whole.parse().ok()?;
    Some(of * 100 + if whole.starts_with('-') { -part } else { part })
}

/// The figures of a row: this interval, until now.
fn figure(grid: &Grid, at: usize) -> [i64; 2] {
    let row = &grid.rows[at];
    [2, 3].map(|column| hundredths(&row[column]).unwrap_or(0))
}

pub(crate) fn instant(text: &str) -> Moment {
    Moment::parse_wire(text).unwrap()
}

fn day(from: Moment, to: Moment, stories: &[&Story]) -> Grid {
    let form = period(
        Pace::Daily,
        &Interval { from, to },
        stories,
        &Notes::default(),
        Lang::Zh,
    );
    sheet(&read(&form), "日报").clone()
}

/// Rows whose figures are counts of different places: they do not add up.
const PLACES: [&str; 4] = ["计划用例", "参保地", "就医地", "医疗机构"];

#[rstest]
#[case(runs::clean())]
#[case(runs::violated())]
#[case(runs::indeterminate())]
fn intervals_add_up_wherever_they_are_cut(#[case] run: runs::Run) {
    let story = run.story();
    let stories = [&story];
    let begin = instant("2017-05-01 00:00:00");
    let end = instant("2017-07-01 00:00:00");
    let whole = day(begin, end, &stories);
    let mut moved = 0;
    let mut cuts: Vec<Moment> = run.records.iter().map(|record| record.at).collect();
    cuts.dedup();
    let every = cuts.len().div_ceil(8);
    for cut in cuts.into_iter().step_by(every) {
        let (first, second) = (day(begin, cut, &stories), day(cut, end, &stories));
        for at in 0..whole.rows.len() {
            let label = whole.rows[at].first().cloned().unwrap_or_default();
            if whole.rows[at].len() < 4 || PLACES.contains(&label.as_str()) || label.is_empty() {
                continue;
            }
            let [a, b, all] = [&first, &second, &whole].map(|grid| figure(grid, at));
            if label.starts_with("问题") && label != "问题：新增" {
                continue;
            }
            assert!(a[0] + b[0] == all[0], "{label} cut at {}", cut.wire());
            assert!(a[0] == a[1], "{label}: nothing was before {}", begin.wire());
            assert!(b[1] == all[1], "{label} until the end");
            moved += i32::from(a[0] != 0 && b[0] != 0);
        }
    }
    assert!(moved > 0, "no cut parted anything");
}

#[test]
fn an_undo_counts_when_it_was_answered_and_not_when_the_swipe_was_sent() {
    let run = runs::clean();
    let story = run.story();
    let undone = run
        .records
        .iter()
        .find(|record| matches!(&record.payload, crosswipe_journal::Payload::CompOutcome(_)));
    let at = undone.expect("an undo").at;
    let before = day(instant("2017-05-01 00:00:00"), at, &[&story]);
    let of = |label: &str| {
        let row = before.rows.iter().position(|row| row[0] == label);
        figure(&before, row.unwrap_or_else(|| panic!("no {label}")))[1]
    };
    assert!(
        of("测试交易") > 0,
        "something was sent before {}",
        at.wire()
    );
    assert_eq!(of("已回退"), 0);
    assert_eq!(of("未回退（本期为增减）"), of("测试交易"));
}

#[test]
fn the_figures_are_those_of_the_run() {
    let run = runs::violated();
    let story = run.story();
    let report: serde_json::Value = serde_json::from_str(&crosswipe_reports::json(&story)).unwrap();
    let grid = day(
        instant("2017-05-01 00:00:00"),
        instant("2017-07-01 00:00:00"),
        &[&story],
    );
    let of = |label: &str| {
        let at = grid.rows.iter().position(|row| row[0] == label);
        figure(&grid, at.unwrap_or_else(|| panic!("no {label}")))[1]
    };
    let counts = &report["cases"];
    for (label, key) in [
        ("已执行", "run"),
        ("通过", "passed"),
        ("失败", "failed"),
        ("错误", "error"),
    ] {
        assert_eq!(
            Some(of(label)),
            counts[key].as_i64().map(|count| count * 100),
            "{label} {counts}"
        );
    }
    assert_eq!(
        of("测试交易") - of("已回退"),
        of("未回退（本期为增减）"),
        "what is open is what was begun, less what was undone"
    );
    assert!(of("未回退（本期为增减）") > 0);
}

/// Writes a text into the row of a table that begins with `id`, or into the line of that label, and gives the workbook back.
fn written(grids: &[Grid], table: &str, id: &str, heading: Option<&str>, text: &str) -> Vec<Grid> {
    let mut grids = grids.to_vec();
    let grid = grids
        .iter_mut()
        .find(|grid| grid.sheet == table)
        .expect("a sheet");
    let column = heading.map_or(1, |heading| {
        let mut heads = grid
            .rows
            .iter()
            .filter_map(|row| row.iter().position(|cell| cell == heading));
        heads
            .next()
            .unwrap_or_else(|| panic!("no heading {heading}"))
    });
    let row = grid
        .rows
        .iter_mut()
        .find(|row| row[0] == id)
        .expect("a row");
    row.resize(row.len().max(column + 1), String::new());
    row[column] = text.to_owned();
    // As a workbook again: what is read is a file, not our memory of it.
    let mut book = Workbook::new();
    for grid in &grids {
        let sheet = book.add_worksheet();
        sheet.set_name(&grid.sheet).unwrap();
        for (at, row) in (0u32..).zip(&grid.rows) {
            for (column, text) in (0u16..).zip(row) {
                sheet.write_string(at, column, text).unwrap();
            }
        }
    }
    self::grids(&book.save_to_buffer().unwrap())
}

#[rstest]
#[case(Lang::Zh, "问题清单", "处理状态", "责任单位", "日报", "下一步计划")]
#[case(Lang::En, "Problems", "progress", "owner", "Day", "next")]
fn what_people_wrote_stands_in_the_next_form(
    #[case] lang: Lang,
    #[case] list: &str,
    #[case] state: &str,
    #[case] owner: &str,
    #[case] figures: &str,
    #[case] next: &str,
) {
    let run = runs::violated();
    let story = run.story();
    let interval = Interval {
        from: instant("2017-05-01 00:00:00"),
        to: instant("2017-07-01 00:00:00"),
    };
    let made = |notes: &Notes| period(Pace::Daily, &interval, &[&story], notes, lang);
    let form = made(&Notes::default());
    let grids = read(&form);
    let id = problem(&grids, list);
    let filled = written(&grids, list, &id, Some(state), "处理中（厂商）");
    let filled = written(&filled, list, &id, Some(owner), "网络");
    let filled = written(&filled, figures, next, None, "周一复测 11 家");
    let notes = form.read(&filled).unwrap();
    let again = read(&made(&notes));
    let row = |grids: &[Grid]| {
        let grid = sheet(grids, list);
        grid.rows.iter().find(|row| row[0] == id).unwrap().clone()
    };
    assert_eq!(row(&again), row(&filled));
    let line = sheet(&again, figures)
        .rows
        .iter()
        .find(|row| row[0] == next)
        .unwrap();
    assert_eq!(line[1], "周一复测 11 家");
    // And once more: nothing is doubled, nothing lost.
    assert_eq!(read(&made(&form.read(&again).unwrap())), again);
}

/// Id of the first problem.
fn problem(grids: &[Grid], list: &str) -> String {
    let rows = &sheet(grids, list).rows;
    let found = rows.iter().find(|row| row[0].starts_with("P-"));
    found.expect("a problem")[0].clone()
}

fn solved_row(form: &Form, id: &str) -> Vec<String> {
    let grids = read(form);
    let rows = &sheet(&grids, "问题清单").rows;
    rows.iter()
        .find(|row| row[0] == id)
        .expect("the problem")
        .clone()
}

#[test]
fn one_problem_of_three_runs_is_one_row_and_comes_back_after_it_was_solved() {
    let run = runs::violated();
    let mut later = runs::violated();
    let days = 86_400_000;
    for record in &mut later.records {
        record.at = record.at.plus_ms(days);
    }
    for transaction in &mut later.judgement.transactions {
        transaction.at = transaction.at.plus_ms(days);
    }
    later.judgement.run_id = crosswipe_domain::RunId::parse("zhejiang-2017-r02").unwrap();
    let (first, second) = (run.story(), later.story());
    let alone = register(&[&first], &Notes::default(), None, Lang::Zh);
    let id = problem(&read(&alone), "问题清单");
    let both = register(&[&first, &second], &Notes::default(), None, Lang::Zh);
    let count = |form: &Form| {
        let grids = read(form);
        let rows = &sheet(&grids, "问题清单").rows;
        rows.iter().filter(|row| row[0].starts_with("P-")).count()
    };
    assert_eq!(count(&alone), count(&both), "the same problems, seen twice");
    let times = |row: &[String]| row[10].parse::<u64>().unwrap();
    let once = solved_row(&alone, &id);
    let twice = solved_row(&both, &id);
    assert_eq!(times(&twice), 2 * times(&once));
    assert_eq!(twice[8], once[8], "first seen");
    assert!(twice[9] > once[9], "last seen: {twice:?}");

    // Solved after the first day, met again on the second.
    let filled = written(&read(&alone), "问题清单", &id, Some("处理状态"), "已解决");
    let notes = alone.read(&filled).unwrap();
    let same = solved_row(&register(&[&first], &notes, None, Lang::Zh), &id);
    assert_eq!(same[13], "已解决");
    let again = solved_row(&register(&[&first, &second], &notes, None, Lang::Zh), &id);
    assert_eq!(again[13], "复发");
    assert_eq!(times(&again), times(&twice), "no run counts twice");
    let apart = solved_row(&register(&[&second], &notes, None, Lang::Zh), &id);
    assert_eq!(
        times(&apart),
        times(&twice),
        "the sheet speaks of a run that is not given any more"
    );
    // Before the second day nobody has met it again.
    let cut = Some(instant("2017-06-03 00:00:00"));
    let before = solved_row(&register(&[&first, &second], &notes, cut, Lang::Zh), &id);
    assert_eq!(
        (before[13].as_str(), times(&before)),
        ("已解决", times(&once))
    );
}

#[test]
fn what_people_add_to_the_register_stays_and_is_one_row_in_many_sheets() {
    let run = runs::violated();
    let story = run.story();
    let form = register(&[&story], &Notes::default(), None, Lang::Zh);
    let mut grids = read(&form);
    let list = grids
        .iter_mut()
        .find(|grid| grid.sheet == "问题清单")
        .unwrap();
    let mut typed = vec![String::new(); 16];
    for (at, text) in [
        (1, "宁波市第一医院"),
        (5, "读卡器读不出社保卡"),
        (12, "院内"),
        (13, "新增"),
    ] {
        typed[at] = text.to_owned();
    }
    list.rows.push(typed);
    let notes = form.read(&grids).unwrap();
    let again = register(&[&story], &notes, None, Lang::Zh);
    let known = read(&again);
    let row = sheet(&known, "问题清单")
        .rows
        .iter()
        .find(|row| row[5] == "读卡器读不出社保卡");
    let row = row.expect("it stays").clone();
    assert!(row[0].starts_with("M-"), "it has an id now: {row:?}");
    assert_eq!((row[12].as_str(), row[13].as_str()), ("院内", "新增"));

    // Two institutions hand in the same sheet, a third nothing, a fourth too early.
    let unit = |code: &str, grids: &[Grid]| {
        let filled = written(grids, "问题清单", "机构编号", None, code);
        form.read(&filled).unwrap()
    };
    let until = instant("2017-06-03 15:00:00");
    let early = instant("2017-06-02 15:00:00");
    let sheets = [
        (unit("H1", &known), Some(until)),
        (unit("H2", &known), Some(until)),
        (unit("H4", &known), Some(early)),
    ];
    let expected: Vec<Reporter> = ["H1", "H2", "H3", "H4"]
        .map(|code| Reporter {
            code: code.to_owned(),
            name: format!("医院 {code}"),
        })
        .to_vec();
    let (merged, late) = merged_register(&sheets, &expected, Some(until), Lang::Zh);
    let told: Vec<(&str, Option<Moment>)> = late
        .iter()
        .map(|late| (late.who.code.as_str(), late.until))
        .collect();
    assert_eq!(told, [("H3", None), ("H4", Some(early))]);
    let merged = read(&merged);
    let body = |grids: &[Grid]| {
        let rows = sheet(grids, "问题清单").rows.iter();
        let rows = rows.filter(|row| row[0].starts_with("P-") || row[0].starts_with("M-"));
        let mut rows: Vec<Vec<String>> = rows.cloned().collect();
        rows.sort();
        rows
    };
    assert_eq!(
        body(&merged),
        body(&known),
        "each problem once, to the letter"
    );
    assert_eq!(sheet(&merged, "未报机构").rows.last().unwrap()[0], "H4");
}

#[test]
fn another_workbook_is_not_taken_for_the_form() {
    let run = runs::violated();
    let story = run.story();
    let form = register(&[&story], &Notes::default(), None, Lang::Zh);
    let other = read(&workbook(&story, Lang::Zh));
    // It has a sheet of this name, with other headings.
    assert!(
        matches!(form.read(&other), Err(NotThisForm::NoHeadings { .. })),
        "{other:?}"
    );
    let renamed = vec![Grid {
        sheet: "Sheet1".to_owned(),
        rows: vec![],
    }];
    assert_eq!(
        form.read(&renamed),
        Err(NotThisForm::NoSheet(vec!["问题清单".to_owned()]))
    );
    let mut moved = read(&form);
    for row in &mut moved[0].rows {
        row.reverse();
        row.resize(16, String::new());
        row.reverse();
    }
    assert!(form.read(&moved).is_ok());
}

#[rstest]
#[case(runs::clean())]
#[case(runs::violated())]
#[case(runs::indeterminate())]
fn who_signs_sees_his_own_transactions_and_what_is_left_of_them(#[case] run: runs::Run) {
    let story = run.story();
    let all = confirmations(&[&story], None, Lang::Zh);
    let grids = read(&all);
    assert!(!grids.is_empty());
    let mut open = 0;
    for grid in &grids {
        let code = grid.sheet.split(' ').next().unwrap();
        let alone = read(&confirmations(&[&story], Some(code), Lang::Zh));
        assert_eq!(alone, std::slice::from_ref(grid), "its own page alone");
        let value = |label: &str| -> i64 {
            let row = grid.rows.iter().find(|row| row[0] == label);
            hundredths(&row.unwrap_or_else(|| panic!("no {label}"))[1]).unwrap()
        };
        let head = grid.rows.iter().position(|row| row[0] == "序号").unwrap();
        let rows: Vec<&Vec<String>> = grid.rows[head + 1..]
            .iter()
            .take_while(|row| row[0].parse::<u32>().is_ok())
            .collect();
        // Nobody signs for a swipe that is not his.
        for row in &rows {
            let plan = &run.header.plan;
            let case = plan.cases.iter().find(|case| case.case.as_str() == row[2]);
            let case = case.expect("a planned case");
            let places = [&case.insured, &case.treatment].into_iter().flatten();
            let mut places = places.map(|place| place.as_str());
            let his = case.institution.as_deref() == Some(code) || places.any(|one| one == code);
            assert!(his, "{} on the page of {code}", row[2]);
        }
        assert_eq!(
            rows.len() * 100,
            usize::try_from(value("测试交易（笔）")).unwrap()
        );
        let total: i64 = rows.iter().filter_map(|row| hundredths(&row[6])).sum();
        assert_eq!(total, value("已结算总额"), "{code}");
        let difference = value("已结算总额") - value("已撤销总额");
        assert_eq!(difference, value("相差（应为 0.00）"));
        open += value("未回退或不明（笔）");
        for label in ["经办人", "单位（公章）"] {
            assert!(grid.rows.iter().any(|row| row[0] == label), "{label}");
        }
    }
    assert_eq!(
        open > 0,
        run.exit != 0,
        "what is open stands on somebody's page"
    );
    assert!(confirmations(&[&story], Some("H99999999999"), Lang::Zh).is_empty());
}

#[rstest]
#[case(Lang::Zh)]
#[case(Lang::En)]
fn a_form_is_the_same_bytes_and_speaks_one_language(#[case] lang: Lang) {
    let run = runs::violated();
    let story = run.story();
    let form = || register(&[&story], &Notes::default(), None, lang);
    assert!(form().xlsx().unwrap() == form().xlsx().unwrap());
    let page = form().html();
    assert_eq!(page, form().html());
    assert!(page.contains("Content-Security-Policy") && !page.contains("<script"));
    assert!(form().markdown().starts_with("## "));
    assert_eq!(page.contains("处理状态"), lang == Lang::Zh);
    assert_eq!(page.contains(">progress<"), lang == Lang::En);
}

/// What the records say of one institution and number: ok, refused, unknown.
fn sent(run: &runs::Run, code: &str, number: &str) -> [usize; 3] {
    use crosswipe_domain::Outcome;
    use crosswipe_journal::Payload;
    let mut of = std::collections::BTreeMap::new();
    for record in &run.records {
        let (msgid, infno) = match &record.payload {
            Payload::Intent(one) => (&one.msgid, &one.infno),
            Payload::CompIntent(one) => (&one.msgid, &one.infno),
            _ => continue,
        };
        if msgid.as_str().starts_with(code) && infno.as_str() == number {
            of.insert(msgid.clone(), 2);
        }
    }
    for record in &run.records {
        let (Payload::Outcome(ended) | Payload::CompOutcome(ended)) = &record.payload else {
            continue;
        };
        if let Some(place) = of.get_mut(&ended.msgid) {
            *place = match &ended.outcome {
                Outcome::Ok { .. } => 0,
                Outcome::Refused { .. } => 1,
                Outcome::Unknown { .. } => 2,
            };
        }
    }
    let mut counted = [0; 3];
    of.into_values()
        .for_each(|place: usize| counted[place] += 1);
    counted
}

#[rstest]
#[case::clean(runs::clean())]
#[case::violated(runs::violated())]
#[case::indeterminate(runs::indeterminate())]
fn an_acceptance_counts_what_the_institution_itself_sent(#[case] run: runs::Run) {
    let story = run.story();
    let form = acceptance(&[&story], None, Lang::Zh);
    let mut seen = 0;
    for (code, name, _) in &run.header.plan.institutions {
        let grids = read(&form);
        let grid = sheet(&grids, &format!("{code} {name}"));
        let prefix = format!("{code}-");
        for row in grid.rows.iter().filter(|row| row[0].starts_with(&prefix)) {
            let counted = sent(&run, code, &row[0][prefix.len()..]);
            let told = [4, 5, 6].map(|at| row[at].parse::<f64>().unwrap_or(0.0) as usize);
            assert_eq!(told, counted, "{code} {}", row[1]);
            let all: usize = counted.iter().sum();
            assert_eq!(row[9].contains("未测"), all == 0, "{row:?}");
            assert!(
                !row[9].contains('✓') || counted[0] > 0 && row[8].is_empty(),
                "{row:?}"
            );
            seen += all;
        }
    }
    assert!(seen > 0, "something was sent");
}

#[test]
fn an_acceptance_passes_nothing_that_has_an_open_problem_and_keeps_what_people_wrote() {
    let blamed = |role: crosswipe_domain::Role| {
        let mut run = runs::violated();
        let cases = run.header.plan.cases.clone();
        for finding in &mut run.judgement.findings {
            let of = cases.iter().find(|case| {
                let txid = finding.txid.as_ref();
                txid.is_some_and(|txid| txid.as_str().starts_with(case.case.as_str()))
            });
            let code = of.and_then(|case| case.institution.clone());
            let code = code.unwrap_or_else(|| "330100".to_owned());
            finding.party = Some(crosswipe_domain::Party::new(role, code));
        }
        run
    };
    let clean = runs::clean();
    let [others, own] = [crosswipe_domain::Role::Insured, crosswipe_domain::Role::His].map(blamed);
    let (clean, others, own) = (clean.story(), others.story(), own.story());
    let results = |story: &Story| {
        let form = acceptance(&[story], None, Lang::Zh);
        let grids = read(&form);
        let rows = grids.iter().flat_map(|grid| grid.rows.clone());
        rows.filter(|row| row.first().is_some_and(|id| id.contains("-22")))
            .map(|row| row[9].clone())
            .collect::<Vec<_>>()
    };
    let of = |story: &Story, word: &str| {
        let all = results(story);
        all.iter().filter(|result| result.contains(word)).count()
    };
    assert!(of(&clean, "✓ 通过") > 0);
    // At another party it is neither this system's fault nor its success.
    assert_eq!((of(&clean, "不明"), of(&clean, "不通过")), (0, 0));
    assert!(of(&others, "不明") > 0);
    assert!(
        of(&others, "不通过") > 0,
        "a check of its own answer failed"
    );
    assert!(of(&own, "不通过") > of(&others, "不通过"));

    let form = acceptance(&[&clean], None, Lang::Zh);
    let mut grids = read(&form);
    let grid = grids
        .iter_mut()
        .find(|grid| grid.rows.iter().any(|row| row[0].contains("-22")))
        .unwrap();
    let row = grid
        .rows
        .iter_mut()
        .find(|row| row[0].contains("-22"))
        .unwrap();
    row[11] = "改了读卡".into();
    let id = row[0].clone();
    let notes = form.read(&grids).unwrap();
    let mut again = acceptance(&[&clean, &others], None, Lang::Zh);
    again.fill(&notes);
    let grids = read(&again);
    let rows: Vec<_> = grids
        .iter()
        .flat_map(|grid| &grid.rows)
        .filter(|row| row.iter().any(|cell| cell == "改了读卡"))
        .collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][0], id);
}

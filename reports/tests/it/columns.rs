//! 选列 · Columns that an office chose, moved, added or took out: what people wrote stays, and no sum goes without a word.

use crosswipe_domain::Moment;
use rstest::rstest;
use serde_json::{Value, json};

use crosswipe_reports::{
    BadColumn, Columns, Deadline, Form, Grid, Interval, Lang, Leads, Mappings, NotThisForm, Notes,
    Pace, RegisteredPerson, Reporter, Story, acceptance, catalogue, confirmations, countdown,
    leads, merged_register, period, persons, register, workbook,
};

use crate::forms::{hundredths, instant, read, sheet};
use crate::runs;

const LIST: &str = "问题清单";

fn columns(value: Value) -> Columns {
    serde_json::from_value(value).expect("a choice of columns")
}

/// As `cli` makes it: with what was written, then only what was chosen.
fn made(form: impl Fn(&Notes) -> Form, wanted: &Columns, notes: &Notes) -> Form {
    let mut form = form(notes).with_own_columns(wanted, notes);
    form.fill(notes);
    form.choose(wanted).expect("it can be followed");
    form
}

/// As `cli` reads it back.
fn kept(
    form: impl Fn(&Notes) -> Form,
    wanted: &Columns,
    notes: &Notes,
    grids: &[Grid],
) -> Result<Notes, NotThisForm> {
    let bare = form(&Notes::default()).with_own_columns(wanted, notes);
    let mut notes = notes.clone();
    notes.absorb(bare.read(grids)?);
    Ok(notes)
}

fn titles(grid: &Grid) -> Vec<String> {
    let head = grid
        .rows
        .iter()
        .find(|row| row.contains(&"编号".to_owned()));
    head.expect("a head").clone()
}

/// The row of this id: its cells by their headings.
#[track_caller]
fn cell(grid: &Grid, id: &str, heading: &str) -> String {
    let titles = titles(grid);
    let at = titles.iter().position(|title| title == heading);
    let at = at.unwrap_or_else(|| panic!("no {heading} in {titles:?}"));
    let key = titles.iter().position(|title| title == "编号").unwrap();
    let row = grid.rows.iter().find(|row| row[key] == id);
    row.unwrap_or_else(|| panic!("no {id}"))[at].clone()
}

fn problem(grid: &Grid) -> String {
    let ids = grid.rows.iter().flatten();
    let mut ids = ids.filter(|cell| cell.starts_with("P-"));
    ids.next().expect("a problem").clone()
}

#[test]
fn what_people_wrote_stays_through_every_change_of_columns() {
    let run = runs::violated();
    let story = run.story();
    let form = |notes: &Notes| register(&[&story], notes, None, Lang::Zh);
    let narrow = columns(json!({"problems":
        [{"fill": "院内工单号"}, "现象", "编号", "progress", {"fill": "轻重", "choices": ["重", "轻"]}]}));
    let none = Columns::default();

    // Filled in as an office's own shape, identity in the middle.
    let first = read(&made(form, &narrow, &Notes::default()));
    let list = sheet(&first, LIST);
    assert_eq!(
        titles(list)[..5],
        ["院内工单号", "现象", "编号", "处理状态", "轻重"]
    );
    let id = problem(list);
    let mut filled = first.clone();
    for (heading, text) in [
        ("院内工单号", "000123"),
        ("处理状态", "已解决"),
        ("轻重", "重"),
    ] {
        let grid = filled.iter_mut().find(|grid| grid.sheet == LIST).unwrap();
        let at = titles(grid)
            .iter()
            .position(|title| title == heading)
            .unwrap();
        let row = grid.rows.iter_mut().find(|row| row[2] == id).unwrap();
        row[at] = text.to_owned();
    }
    let notes = kept(form, &narrow, &Notes::default(), &filled).unwrap();
    let again = read(&made(form, &narrow, &notes));
    assert_eq!(sheet(&again, LIST).rows, {
        let mut rows = sheet(&filled, LIST).rows.clone();
        for row in &mut rows {
            // Solved and left follow from what was written.
            match row[0].as_str() {
                "已解决" => row[1] = "1".to_owned(),
                "遗留" => row[1] = (row[1].parse::<i32>().unwrap() - 1).to_string(),
                _ => {}
            }
        }
        rows
    });

    // In the usual shape, and from there with yet another one: nothing is lost on the way.
    let usual = read(&made(form, &none, &notes));
    for (heading, text) in [
        ("院内工单号", "000123"),
        ("处理状态", "已解决"),
        ("轻重", "重"),
    ] {
        assert_eq!(cell(sheet(&usual, LIST), &id, heading), text);
    }
    let notes = kept(form, &none, &notes, &usual).unwrap();
    let other = columns(json!({"problems": ["编号", "次数", {"fill": "轻重"}]}));
    let other = read(&made(form, &other, &notes));
    let list = sheet(&other, LIST);
    assert_eq!(cell(list, &id, "轻重"), "重");
    let left = list.rows.iter().find(|row| row[0] == "未列出的列").unwrap();
    for told in ["院内工单号（手填 1 格，留存）", "处理状态（手填", "现象"] {
        assert!(left[1].contains(told), "{told} in {left:?}");
    }
    let notes = kept(form, &none, &notes, &other).unwrap();
    let back = read(&made(form, &narrow, &notes));
    assert_eq!(sheet(&back, LIST).rows, sheet(&again, LIST).rows);
}

#[test]
fn a_column_that_somebody_added_in_the_workbook_is_kept_under_its_heading() {
    let run = runs::violated();
    let story = run.story();
    let form = |notes: &Notes| register(&[&story], notes, None, Lang::Zh);
    let none = Columns::default();
    let mut grids = read(&made(form, &none, &Notes::default()));
    let list = grids.iter_mut().find(|grid| grid.sheet == LIST).unwrap();
    let id = problem(list);
    let head = list.rows.iter().position(|row| row[0] == "编号").unwrap();
    for row in &mut list.rows {
        row.insert(1, String::new());
    }
    list.rows[head][1] = " 领导批示 ".to_owned();
    list.rows.iter_mut().find(|row| row[0] == id).unwrap()[1] = "速办".to_owned();
    let notes = kept(form, &none, &Notes::default(), &grids).unwrap();
    let again = read(&made(form, &none, &notes));
    assert_eq!(cell(sheet(&again, LIST), &id, "领导批示"), "速办");
    // Sheets that are put together keep it as well.
    let (merged, _) = merged_register(&[(notes, None)], &[], None, Lang::Zh);
    assert_eq!(cell(sheet(&read(&merged), LIST), &id, "领导批示"), "速办");

    // The run's own workbook is a form like any other.
    let own = |_: &Notes| workbook(&story, Lang::Zh);
    let mut grids = read(&own(&Notes::default()));
    let cases = grids
        .iter_mut()
        .find(|grid| grid.sheet == "用例明细")
        .unwrap();
    let head = cases.rows.iter().position(|row| row[0] == "用例").unwrap();
    cases.rows[head].push("复测人".to_owned());
    cases.rows[head + 1].push("王五".to_owned());
    let case = cases.rows[head + 1][0].clone();
    let notes = kept(own, &none, &Notes::default(), &grids).unwrap();
    let again = read(&made(own, &none, &notes));
    let row = sheet(&again, "用例明细")
        .rows
        .iter()
        .find(|row| row[0] == case);
    assert!(row.unwrap().contains(&"王五".to_owned()));
}

type Change = fn(&mut Grid, usize);

#[rstest]
#[case::shortened(|grid: &mut Grid, head: usize| rename(grid, head, "处理状态", "状态"), "Renamed")]
#[case::added_to(|grid: &mut Grid, head: usize| rename(grid, head, "现象", "问题现象"), "Renamed")]
#[case::identity(|grid: &mut Grid, head: usize| rename(grid, head, "编号", "号"), "NoHeadings")]
#[case::copied(|grid: &mut Grid, head: usize| rename(grid, head, "进展", "处理状态"), "Twice")]
#[case::beside(|grid: &mut Grid, head: usize| { let row = &mut grid.rows[head + 1]; row.resize(20, String::new()); row[18] = "看这里".into(); }, "NoHeading")]
fn what_would_have_to_be_guessed_is_refused(#[case] change: Change, #[case] told: &str) {
    let run = runs::violated();
    let story = run.story();
    let form = register(&[&story], &Notes::default(), None, Lang::Zh);
    let mut grids = read(&form);
    let list = grids.iter_mut().find(|grid| grid.sheet == LIST).unwrap();
    let head = list.rows.iter().position(|row| row[0] == "编号").unwrap();
    for row in &mut list.rows[head + 1..] {
        row.resize(16, String::new());
        row[14] = "在办".to_owned();
    }
    change(list, head);
    let refused = form.read(&grids).expect_err("nobody can know");
    let name = format!("{refused:?}");
    assert_eq!(name.split([' ', '(']).next(), Some(told), "{refused}");
    let both = refused.both();
    assert!(both.zh.contains(LIST) && both.en.contains(LIST), "{both}");
}

fn rename(grid: &mut Grid, head: usize, from: &str, to: &str) {
    let cell = grid.rows[head].iter_mut().find(|cell| *cell == from);
    to.clone_into(cell.expect("the heading"));
}

#[test]
fn an_amount_that_is_left_out_is_named_with_its_sum() {
    let run = runs::violated();
    let story = run.story();
    let form = |_: &Notes| confirmations(&[&story], None, Lang::Zh);
    let whole = read(&form(&Notes::default()));
    let wanted =
        columns(json!({"confirmation": ["状态", "用例", "fund", "编号", {"fill": "备注"}]}));
    let cut = made(form, &wanted, &Notes::default());
    let grids = read(&cut);
    for grid in &whole {
        let head = grid.rows.iter().position(|row| row[0] == "序号").unwrap();
        let rows = grid.rows[head + 1..].iter();
        let rows = rows.take_while(|row| row[0].parse::<u32>().is_ok());
        let sum = |column: usize| {
            rows.clone()
                .map(|row| hundredths(&row[column]).unwrap_or(0))
                .sum::<i64>()
        };
        let small = sheet(&grids, &grid.sheet);
        let left = small
            .rows
            .iter()
            .find(|row| row[0] == "未列出的列")
            .unwrap();
        for (column, title) in [(6, "总额"), (8, "账户"), (9, "现金")] {
            let all = sum(column);
            assert!(all > 0 || title == "账户", "{title}");
            let yuan = format!("{}.{:02}", all / 100, all % 100);
            let told = left[1].replace(',', "");
            assert!(told.contains(&format!("{title}（合计 {yuan}）")), "{told}");
        }
        assert!(
            !left[1].contains("基金") && !left[1].contains("编号"),
            "{left:?}"
        );
        // The totals that are signed stand as before.
        let of = |grid: &Grid| {
            let row = grid.rows.iter().find(|row| row[0] == "相差（应为 0.00）");
            row.unwrap()[1].clone()
        };
        assert_eq!(of(small), of(grid));
    }
    let page = cut.html();
    assert!(
        page.contains("<th>备注</th>")
            && page.contains("未列出的列")
            && !page.contains("<th>总额</th>")
    );

    // A remark on a confirmation survives, row by row.
    let list = &grids[0];
    let id = list
        .rows
        .iter()
        .find_map(|row| row.get(3).filter(|id| id.starts_with("C-")));
    let id = id.expect("an id").clone();
    let mut filled = grids.clone();
    let row = filled[0]
        .rows
        .iter_mut()
        .find(|row| row.get(3) == Some(&id))
        .unwrap();
    row[4] = "已电话核实".to_owned();
    let notes = kept(form, &wanted, &Notes::default(), &filled).unwrap();
    let again = read(&made(form, &wanted, &notes));
    assert_eq!(cell(&again[0], &id, "备注"), "已电话核实");
}

#[rstest]
#[case(json!({"problem": ["编号"]}), "NoTable")]
#[case(json!({"problems": ["编号", "现像"]}), "NoColumn")]
#[case(json!({"problems": ["编号", "现象", "what is seen"]}), "Twice")]
#[case(json!({"problems": ["编号", {"fill": "甲"}, {"fill": " 甲 "}]}), "Twice")]
#[case(json!({"problems": [{"fill": "编号"}]}), "Taken")]
#[case(json!({"problems": [{"fill": "owner"}]}), "Taken")]
#[case(json!({"problems": ["编号", {"fill": " "}]}), "Taken")]
#[case(json!({"problems": ["现象", {"fill": "甲"}]}), "NoIdentity")]
#[case(json!({"problems": ["现象", "进展"]}), "NoIdentity")]
#[case(json!({"problems": []}), "Empty")]
#[case(json!({"problems": ["编号", {"fill": "甲", "choices": ["一,二"]}]}), "Choices")]
#[case(json!({"problems": ["编号", {"fill": "甲", "choices": ["长".repeat(256)]}]}), "Choices")]
fn what_cannot_be_followed_is_told_and_changes_nothing(#[case] wanted: Value, #[case] told: &str) {
    let run = runs::violated();
    let story = run.story();
    let wanted = columns(wanted);
    let form = register(&[&story], &Notes::default(), None, Lang::Zh);
    let mut form = form.with_own_columns(&wanted, &Notes::default());
    let before = form.clone();
    let bad: Vec<BadColumn> = form.choose(&wanted).expect_err("it cannot be");
    let names: Vec<String> = bad
        .iter()
        .map(|one| {
            format!("{one:?}")
                .split('(')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(names, [told]);
    assert_eq!(form, before);
}

#[test]
fn columns_for_looking_need_no_identity() {
    let run = runs::violated();
    let story = run.story();
    let mut form = register(&[&story], &Notes::default(), None, Lang::Zh);
    form.choose(&columns(json!({"problems": ["现象", "次数"]})))
        .unwrap();
    assert_eq!(
        form.offered()[0].columns,
        [["现象", "what is seen"], ["次数", "times"]]
    );
}

/// What every form offers can be chosen as it stands, and its rows know their own columns again.
#[rstest]
fn every_table_of_every_form_takes_a_choice(#[values(Lang::Zh, Lang::En)] lang: Lang) {
    let run = runs::violated();
    let story = run.story();
    let stories: [&Story; 1] = [&story];
    let at = |text| Moment::parse_wire(text).unwrap();
    let interval = Interval {
        from: instant("2017-05-01 00:00:00"),
        to: instant("2017-07-01 00:00:00"),
    };
    let notes = Notes::default();
    let late = [Reporter {
        code: "H9".into(),
        name: "第九医院".into(),
    }];
    let mut mapped = Mappings::of_runs(&[]);
    mapped.add_table(&[crosswipe_reports::CatalogueLine {
        institution: "H1".into(),
        local: "1".into(),
        kind: "101".into(),
        code: "X".into(),
        ..Default::default()
    }]);
    let due = |what: &str| Deadline {
        at: at("2017-06-01 00:00:00"),
        what: crosswipe_domain::Both::same(what),
        who: crosswipe_domain::Both::same(""),
        clause: "1".into(),
        quote: String::new(),
    };
    let one = Leads {
        code: "330100".into(),
        name: "杭州".into(),
        department: String::new(),
        business: Default::default(),
        systems: Default::default(),
    };
    let person = RegisteredPerson {
        label: "zj-1".into(),
        name: "甲".into(),
        psn_no: "1".into(),
        certno: "2".into(),
        insured: "杭州".into(),
        class: "310".into(),
        valid: String::new(),
    };
    let forms = [
        period(Pace::Daily, &interval, &stories, &notes, lang),
        register(&stories, &notes, None, lang),
        merged_register(&[], &late, None, lang).0,
        confirmations(&stories, None, lang),
        acceptance(&stories, None, lang),
        catalogue(&mapped, None, lang),
        leads("p", &[one], lang),
        persons("p", "w", &[person], lang),
        countdown(
            "p",
            &[due("甲"), due("甲"), due("乙")],
            at("2017-06-02 00:00:00"),
            lang,
        ),
    ];
    let mut known = std::collections::BTreeSet::new();
    for form in forms {
        for offered in form.offered() {
            known.insert(offered.table.clone());
            let mut names: Vec<Value> = offered.columns.iter().map(|[zh, _]| json!(zh)).collect();
            names.push(json!({"fill": "手填甲"}));
            let wanted = columns(json!({offered.table.clone(): names}));
            let own = form.clone().with_own_columns(&wanted, &notes);
            let mut chosen = own.clone();
            chosen
                .choose(&wanted)
                .unwrap_or_else(|bad| panic!("{bad:?}"));
            // A word in each row comes back to the row that it was written into, and to no other.
            let mut grids = read(&chosen);
            let mut count = 0;
            for grid in &mut grids {
                let heads = grid.rows.iter().enumerate();
                let mut heads = heads.filter_map(|(row, cells)| {
                    Some((row, cells.iter().position(|cell| cell == "手填甲")?))
                });
                let Some((head, column)) = heads.next() else {
                    continue;
                };
                for row in &mut grid.rows[head + 1..] {
                    if row.iter().all(String::is_empty) {
                        break;
                    }
                    row.resize(row.len().max(column + 1), String::new());
                    row[column] = format!("字{count}");
                    count += 1;
                }
            }
            let read_back = own
                .read(&grids)
                .unwrap_or_else(|why| panic!("{}: {why}", offered.table));
            let mut again = own.clone();
            again.fill(&read_back);
            again.choose(&wanted).unwrap();
            let words = |grids: &[Grid]| {
                let cells = grids.iter().flat_map(|grid| grid.rows.iter().flatten());
                let words = cells.filter(|cell| cell.starts_with('字'));
                words.cloned().collect::<Vec<_>>()
            };
            assert_eq!(words(&read(&again)), words(&grids), "{}", offered.table);
            assert_eq!(words(&grids).len(), count);
        }
    }
    assert_eq!(known.len(), 10, "{known:?}");
}

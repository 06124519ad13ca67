//! 多页 · A run that is too large for one page: an index and a page per place of care, which together hold all of it once.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::CaseId;
use crosswipe_reports::{Lang, ONE_PAGE, html, html_pages};

use crate::page::{between, data, half};
use crate::runs::{self, Run};

/// Eleven cities of which one left something behind, one failed, and messages stand outside the cases.
fn large() -> Run {
    let mut run = runs::eleven_cities();
    run.fails(13);
    run.spread();
    let crosswipe_journal::Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    // A city of the matrix in which nothing was planned has no page.
    let bare = crosswipe_domain::AdmDivision::parse("331200").unwrap();
    header.plan.regions.push((bare, "空市".into()));
    run
}

fn pages(run: &Run) -> BTreeMap<String, String> {
    html_pages(&run.story(), Lang::Zh, 50).into_iter().collect()
}

/// Where links of a page lead: the page and the fragment.
fn links(page: &str) -> Vec<(String, String)> {
    let plain = page.split("<script").next().unwrap().replace("&#x2f;", "/");
    let links = plain.split("href=\"").skip(1);
    links
        .map(|rest| {
            let (page, fragment) = rest
                .split('"')
                .next()
                .unwrap()
                .split_once('#')
                .unwrap_or((rest.split('"').next().unwrap(), ""));
            (page.to_owned(), fragment.to_owned())
        })
        .collect()
}

#[test]
fn up_to_so_many_cases_it_is_one_page_and_above_an_index_and_one_per_place() {
    let run = runs::eleven_cities();
    let story = run.story();
    let one = html_pages(&story, Lang::En, run.planned());
    assert_eq!(one, [("report.html".to_owned(), html(&story, Lang::En))]);
    let cut = html_pages(&story, Lang::En, run.planned() - 1);
    let names: Vec<&str> = cut.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 1 + 11);
    assert_eq!(
        names[..3],
        ["report.html", "report/330100.html", "report/330200.html"]
    );
    assert_eq!(
        cut,
        html_pages(&story, Lang::En, run.planned() - 1),
        "the same bytes"
    );
    const { assert!(ONE_PAGE == 20_000) };
}

#[test]
fn every_case_is_on_the_page_of_its_place_and_on_no_other() {
    let run = large();
    let mut seen = BTreeSet::new();
    for (name, page) in pages(&run) {
        let block = data(&page);
        if name == "report.html" {
            assert!(block["columns"].is_null() && block["full"].as_object().unwrap().is_empty());
            assert!(!block["cells"]["party"].as_array().unwrap().is_empty());
            continue;
        }
        assert!(block["cells"]["party"].as_array().unwrap().is_empty());
        for id in block["columns"]["id"].as_array().unwrap() {
            let id = id.as_str().unwrap();
            let case = run
                .header
                .plan
                .cases
                .iter()
                .find(|one| one.case.as_str() == id)
                .unwrap();
            assert_eq!(name, format!("report/{}.html", case.treatment.unwrap()));
            assert!(seen.insert(CaseId::parse(id).unwrap()), "{id} twice");
        }
    }
    assert_eq!(seen.len(), run.planned());
}

#[test]
fn the_index_has_what_the_run_comes_to_and_its_lines_add_up() {
    let run = large();
    let pages = pages(&run);
    let (index, whole) = (&pages["report.html"], html(&run.story(), Lang::Zh));
    for tongue in ["zh", "en"] {
        let (index, whole) = (half(index, tongue), half(&whole, tongue));
        for name in [
            "open", "bad", "matrix", "timeline", "rules", "books", "counts", "files", "sign",
        ] {
            let section = |page: &str| {
                between(page, &format!("id=\"{tongue}-{name}\""), "</section>")
                    .replace("report&#x2f;", "")
                    .replace("report/", "")
            };
            let mut index = section(&index);
            for (code, _) in runs::CITIES {
                index = index.replace(&format!("{code}.html#"), "#");
            }
            // Where links lead is asked by itself; a city without a page has none.
            let bare = |text: &str| -> String {
                let parts = text.split("<a ");
                let rest = parts.map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
                rest.collect::<String>().replace("</a>", "")
            };
            assert_eq!(
                bare(&index),
                bare(&section(&whole)),
                "{name} is that of the run"
            );
        }
        let table = between(&index, &format!("id=\"{tongue}-places\""), "</section>");
        let lines: Vec<&str> = table.split("<tr>").skip(2).collect();
        assert_eq!(lines.len(), 11);
        let sum = |column: usize| -> usize {
            let number = |line: &&str| {
                let cell = line.split("<td").nth(column + 1).unwrap();
                let text = cell.split_once('>').unwrap().1.split('<').next().unwrap();
                text.replace([',', '.'], "").parse::<usize>().unwrap()
            };
            lines.iter().map(number).sum()
        };
        assert_eq!(
            [1, 2, 3, 4].map(sum),
            [run.planned(), run.planned() - 1, 1, 0]
        );
    }
}

#[test]
fn links_lead_from_page_to_page_and_back_and_every_page_names_run_and_chain() {
    let run = large();
    let pages = pages(&run);
    let tail = &run.records[run.records.len() - 1].sha256[..4];
    for (name, page) in &pages {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (to, _) in links(page) {
            let target = match (to.as_str(), folder) {
                ("", _) => name.clone(),
                (to, "") => to.to_owned(),
                (to, _) => to.strip_prefix("../").unwrap_or("nowhere").to_owned(),
            };
            assert!(pages.contains_key(&target), "{name} → {to}");
        }
        let footer = between(page, "<footer class=\"run\">", "</footer>");
        assert!(
            footer.contains("zj2017-0001") && footer.contains(tail),
            "{footer}"
        );
        if !folder.is_empty() {
            assert!(links(page).iter().any(|(to, _)| to == "../report.html"));
            assert!(!page.contains("zh-sign\" class"), "signed is the run");
            assert!(page.contains("本页只列这一就医地的用例"));
        }
    }
    let wrong = run.case(13);
    let index = half(&pages["report.html"], "zh").replace("&#x2f;", "/");
    let link = format!("report/{}.html#case=", wrong.treatment.unwrap());
    let bad = between(&index, "id=\"zh-bad\"", "</section>");
    assert!(bad.contains(&link), "{bad}");
}

#[test]
fn a_page_counts_its_own_cases_and_nobody_elses() {
    let run = large();
    let wrong = run.case(13).treatment.unwrap();
    for (name, page) in pages(&run) {
        let Some(code) = name
            .strip_prefix("report/")
            .and_then(|name| name.strip_suffix(".html"))
        else {
            continue;
        };
        let number = |label: &str| {
            let (_, rest) = page.split_once(&format!("<span>{label}</span><b")).unwrap();
            rest.split_once('>')
                .unwrap()
                .1
                .split('<')
                .next()
                .unwrap()
                .to_owned()
        };
        let own = run.header.plan.cases.iter();
        let own = own.filter(|case| case.treatment.is_some_and(|place| place.as_str() == code));
        assert_eq!(number("用例"), own.count().to_string(), "{code}");
        assert_eq!(
            number("失败"),
            usize::from(code == wrong.as_str()).to_string(),
            "{code}"
        );
    }
}

//! 浏览器 · The page in a real browser, its network cut: what filters and links show, what the console says, what is printed.
//!
//! Without Chromium these tests say that they were skipped; where `CI` is set they fail instead.

use std::path::Path;
use std::process::{Command, Stdio};

use crosswipe_reports::{Lang, html};
use rstest::rstest;

use crate::runs;

/// The browser's name on this machine; nothing where there is none.
fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let there = |name: &&&str| {
        let mut asked = Command::new(name);
        asked
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    };
    let found = names.iter().find(there).copied();
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "no browser: install chromium"
    );
    if found.is_none() {
        eprintln!("SKIPPED: no browser (chromium) on this machine");
    }
    found
}

struct Page {
    dir: tempfile::TempDir,
    browser: &'static str,
}

impl Page {
    fn of(run: &runs::Run, lang: Lang) -> Option<Page> {
        let browser = browser()?;
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("report.html"), html(&run.story(), lang)).unwrap();
        Some(Page { dir, browser })
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// The page admits no script but its own; this copy admits the test's, too.
    fn admit(&self, script: &str) {
        let path = self.path("report.html");
        let html = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = html.split_once("script-src ").unwrap();
        let (_, after) = rest.split_once("; base-uri").unwrap();
        let html = format!("{before}script-src 'unsafe-inline'; base-uri{after}");
        std::fs::write(&path, html.replace("</body>", script)).unwrap();
    }

    /// What the browser prints when it opens the page at this fragment, and what it says beside it.
    fn ask(&self, what: &[&str], fragment: &str) -> (String, String) {
        self.ask_of("report.html", what, fragment)
    }

    fn ask_of(&self, file: &str, what: &[&str], fragment: &str) -> (String, String) {
        let mut all: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            // Time that leaps to whatever the script waits for: slow machines see the same.
            "--virtual-time-budget=4000",
        ]
        .map(str::to_owned)
        .to_vec();
        all.push(format!("--user-data-dir={}", self.path("profile")));
        all.extend(what.iter().map(|one| (*one).to_owned()));
        all.push(format!("file://{}#{fragment}", self.path(file)));
        let told = Command::new(self.browser).args(all).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(told.stdout), text(told.stderr))
    }

    /// The page as it stands after its script ran; the console must be silent.
    fn dom(&self, fragment: &str) -> String {
        self.dom_of("report.html", fragment)
    }

    /// The same of another file beside it.
    fn dom_of(&self, file: &str, fragment: &str) -> String {
        let (dom, said) = self.ask_of(file, &["--dump-dom"], fragment);
        let console: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .collect();
        assert!(console.is_empty(), "{console:?}");
        assert!(dom.contains("</html>"), "{said}");
        dom
    }
}

/// Rows that the table made: their case ids.
fn rows(dom: &str) -> Vec<String> {
    let made = dom.split("class=\"row").skip(1);
    let id = |row: &str| {
        let (_, rest) = row.split_once("class=\"code\"")?;
        Some(rest.split_once('>')?.1.split('<').next()?.to_owned())
    };
    made.filter_map(id).collect()
}

/// `3 / 7`: rows that fit, and all.
fn count(dom: &str) -> &str {
    let (_, rest) = dom.split_once("id=\"shown\">").expect("the count");
    rest.split('<').next().unwrap_or_default()
}

/// The case below the table.
fn case(dom: &str) -> &str {
    let (_, rest) = dom.split_once("<section id=\"case\"").expect("its place");
    rest.split("</section>").next().unwrap_or_default()
}

#[rstest]
#[case(Lang::Zh)]
#[case(Lang::En)]
fn a_link_reproduces_what_was_looked_at(#[case] lang: Lang) {
    let run = runs::violated();
    let Some(page) = Page::of(&run, lang) else {
        return;
    };
    let whole = page.dom("");
    assert_eq!((rows(&whole).len(), count(&whole)), (7, "7 / 7"));
    assert!(case(&whole).starts_with(" hidden"), "no case is open");

    let only = page.dom("only=bad");
    assert_eq!(rows(&only).len(), 2, "{}", count(&only));
    let none = page.dom("q=no-such-word");
    assert_eq!((rows(&none).len(), count(&none)), (0, "0 / 7"));
    // By the first letters of a city's name, by a message's id, and by its code in the lists.
    let letters = page.dom("q=wzs");
    assert!(
        (1..7).contains(&rows(&letters).len()),
        "{}",
        count(&letters)
    );
    let msgid = &run.judgement.transactions[4].msgid;
    assert_eq!(count(&page.dom(&format!("q={msgid}"))), "1 / 7");
    assert_eq!(count(&page.dom("f=330100")), "3 / 7");
    assert_eq!(count(&page.dom("r=open&c=residue%3Aaccumulator")), "1 / 7");
    // Sorted the other way, in groups, with other columns.
    let sorted = rows(&page.dom("sort=-n"));
    let mut again = sorted.clone();
    again.sort();
    again.reverse();
    assert_eq!(sorted, again);
    let groups = page.dom("group=f&cols=nxz");
    assert_eq!(groups.matches("class=\"row group\"").count(), 3);
    assert_eq!(groups.matches("data-sort=").count(), 3);
    // A broken link shows everything, and no error.
    assert_eq!(
        count(&page.dom("q=%E6%9&only=maybe&sort=17&case=none&zh-open")),
        "7 / 7"
    );

    let bad = run.case(4).case;
    let deep = page.dom(&format!("case={}", bad.as_str().replace('/', "%2F")));
    let inside = case(&deep);
    assert!(inside.contains(bad.as_str()) && inside.contains("class=\"sequence\""));
    assert!(
        inside.contains("\"infno\":\"2207\"") || inside.contains("&quot;infno"),
        "its messages"
    );
    // A good case that is not told in full names the command that writes its page.
    let other = run.case(5).case;
    let facts = page.dom(&format!("case={other}"));
    let command = format!("crosswipe report runs/zj2017-0001 --case {other} --format html");
    assert!(case(&facts).contains(&command));
}

#[test]
fn the_switch_of_language_leaves_no_word_of_the_other() {
    let Some(page) = Page::of(&runs::violated(), Lang::Zh) else {
        return;
    };
    let bad = runs::violated().case(4).case;
    for (fragment, here, gone) in [
        (format!("case={bad}"), "全部用例", "All cases"),
        (format!("lang=en&case={bad}"), "All cases", "全部用例"),
    ] {
        let dom = page.dom(&fragment);
        // The table and the case are made in the language that is shown; the halves are hidden by the style.
        let (_, rest) = dom.split_once("<section id=\"cases\"").unwrap();
        let made = rest.split("<div class=\"only-").next().unwrap();
        assert!(made.contains(here) && !made.contains(gone));
        let class = dom.split("class=\"").nth(1).unwrap();
        let tongue = if fragment.starts_with("lang=en") {
            "en"
        } else {
            "zh"
        };
        assert!(
            class
                .split('"')
                .next()
                .unwrap()
                .split(' ')
                .any(|one| one == tongue),
            "{class}"
        );
        if tongue == "en" {
            let mut left = made.to_owned();
            for name in [
                "参保人在",
                "第一医院门诊",
                "第一医院",
                "杭州市",
                "宁波市",
                "温州市",
                "迁移结束前不得测试刷卡",
            ] {
                left = left.replace(name, "");
            }
            let left: String = left
                .chars()
                .filter(|sign| ('\u{4e00}'..='\u{9fff}').contains(sign))
                .collect();
            assert_eq!(left, "", "Chinese in what the script makes");
        }
    }
}

#[test]
fn what_was_said_is_a_column_a_choice_and_stands_in_the_case() {
    let run = runs::reviewed();
    let Some(page) = Page::of(&run, Lang::Zh) else {
        return;
    };
    let whole = page.dom("");
    assert!(whole.contains("data-sort=\"m\""), "the column is shown");
    assert_eq!(count(&page.dom("m=override")), "2 / 7");
    assert_eq!(count(&page.dom("m=known-issue")), "1 / 7");
    let wrong = run.case(1).case.as_str().replace('/', "%2F");
    let case = case(&page.dom(&format!("case={wrong}"))).to_owned();
    assert!(
        case.contains("按「通过」看待") && case.contains("✗ 失败"),
        "{case}"
    );
    let clean = Page::of(&runs::clean(), Lang::Zh).unwrap().dom("");
    assert!(!clean.contains("data-sort=\"m\""), "nobody said anything");
}

#[test]
fn cells_of_a_party_are_shown_by_a_link_and_those_at_rest_where_they_are_wanted() {
    let Some(page) = Page::of(&runs::violated(), Lang::Zh) else {
        return;
    };
    let cells = |fragment: &str| {
        let dom = page.dom(fragment);
        let place = dom.split_once("id=\"zh-cells\"").unwrap().1.to_owned();
        place.split("</section>").next().unwrap().to_owned()
    };
    assert!(!cells("").contains("<tbody>"), "no party is chosen");
    let moved = cells("books=insured%3A330300");
    assert_eq!(moved.matches("class=\"whole\"").count(), 3);
    assert_eq!(moved.matches("class=\"cell\"").count(), 3);
    assert!(
        moved.contains("✗ 319.74") && moved.contains("4,319.74"),
        "{moved}"
    );
    let all = cells("books=insured%3A330300&rest=1");
    assert_eq!(all.matches("class=\"cell\"").count(), 6);
    assert!(!cells("books=insured%3Anowhere").contains("<tbody>"));
}

#[test]
fn an_index_and_the_page_of_a_place_open_without_a_word_on_the_console() {
    let Some(page) = Page::of(&runs::violated(), Lang::Zh) else {
        return;
    };
    std::fs::create_dir(page.path("report")).unwrap();
    for (name, text) in crosswipe_reports::html_pages(&runs::violated().story(), Lang::Zh, 3) {
        std::fs::write(page.path(&name), text).unwrap();
    }
    let index = page.dom("books=insured%3A330300");
    assert!(index.contains("class=\"courses\"") && !index.contains("id=\"cases\""));
    let place = page.dom_of("report/330100.html", "only=bad");
    assert_eq!(count(&place), "1 / 2");
    let english = page.dom_of("report/330100.html", "lang=en");
    assert!(english.contains("&lt;- the whole run"));
}

#[test]
fn ten_thousand_rows_open_and_are_filtered() {
    let Some(page) = Page::of(&runs::ten_thousand(), Lang::Zh) else {
        return;
    };
    let whole = page.dom("");
    assert_eq!(count(&whole), "10011 / 10011");
    assert!(
        (10..200).contains(&rows(&whole).len()),
        "only what is in sight is made"
    );
    let some = page.dom("q=nbs%20330300&only=bad&sort=-k");
    let (fits, all) = count(&some).split_once(" / ").unwrap();
    let fits: usize = fits.parse().unwrap();
    assert!((1..101).contains(&fits) && all == "10011", "{fits}");
}

/// Notes how wide the page is beside its window, and at which element.
const WIDTH: &str = "<script>(function () {
  var tries = 0;
  function look() {
    if (!document.documentElement.classList.contains('filled')) { tries += 1; if (tries < 200) { setTimeout(look, 20); } return; }
    var root = document.documentElement, wide = [root.scrollWidth - root.clientWidth];
    // What reaches beyond, to mend it; what a box of its own holds back does not count.
    if (wide[0]) { Array.prototype.forEach.call(document.querySelectorAll('body *'), function (one) {
      if (one.getBoundingClientRect().right > root.clientWidth && wide.length < 4 && !one.closest('.list')) { wide.push(one.outerHTML.slice(0, 80).replace(/[<>&]/g, ' ')); }
    }); }
    root.setAttribute('data-wide', wide.join(' | '));
  }
  look();
})();</script></body>";

#[rstest]
#[case::in_both_languages(Lang::Zh, "1280,900")]
#[case::narrow(Lang::En, "1024,768")]
fn names_of_any_length_keep_to_the_page(#[case] lang: Lang, #[case] size: &str) {
    let mut run = runs::reviewed();
    let long = "新疆维吾尔自治区".repeat(12);
    let crosswipe_journal::Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header.plan.regions[1].1 = long.clone();
    header.plan.institutions[2].1 = format!("{long}<>&\"'");
    header.plan.title_zh = long.clone();
    header.plan.title_en = "W".repeat(300);
    header.plan.cases[4].title = "x".repeat(400);
    run.judgement.findings[0].actual = "9".repeat(500);
    let Some(page) = Page::of(&run, lang) else {
        return;
    };
    page.admit(WIDTH);
    let case = run.case(4).case;
    let window = format!("--window-size={size}");
    let (dom, _) = page.ask(
        &["--dump-dom", &window],
        &format!("case={case}&books=insured:330300"),
    );
    let wide = dom.split_once("data-wide=\"").expect("it was measured").1;
    assert_eq!(wide.split('"').next().unwrap(), "0");
}

/// What a hand does, played by a script of the test's own after the page is filled; what it notes stands in `data-noted`.
const PLAY: &str = "<script>(function () {
  var noted = [], tries = 0;
  function key(name, at) { (at || document.body).dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true })); }
  function note() { noted.push(location.hash + ' ' + document.documentElement.className.replace('live filled', '').trim() + ' ' + document.querySelectorAll('#case:not([hidden]) h2').length); }
  function play() {
    if (!document.documentElement.classList.contains('filled')) { tries += 1; if (tries < 200) { setTimeout(play, 20); } return; }
    key('n'); note(); key('n'); note(); key('p'); note(); key('l'); note(); key('o'); note();
    key('/'); noted.push(document.activeElement.id);
    document.activeElement.value = 'wzs'; document.activeElement.dispatchEvent(new Event('input', { bubbles: true })); note();
    key('Escape', document.activeElement);
    document.querySelector('[data-sort=n]').click(); document.querySelector('[data-sort=n]').click(); note();
    var blobs = [], make = URL.createObjectURL;
    URL.createObjectURL = function (blob) { blobs.push(blob); return make.call(URL, blob); };
    document.querySelector('[data-act=export]').click();
    blobs[0].arrayBuffer().then(function (bytes) {
      noted.push('csv ' + Array.prototype.slice.call(new Uint8Array(bytes), 0, 3).join(','));
      return blobs[0].text();
    }).then(function (text) {
      noted.push('lines ' + text.trim().split('\\r\\n').length + ' ' + (text.indexOf(\"'=danger\") >= 0));
      document.documentElement.setAttribute('data-noted', noted.join(' | '));
    });
  }
  play();
})();</script></body>";

#[test]
fn keys_search_sort_and_export_do_what_the_help_says() {
    let mut run = runs::violated();
    let crosswipe_journal::Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header.plan.cases[4].title = "=danger()".into();
    let Some(page) = Page::of(&run, Lang::Zh) else {
        return;
    };
    page.admit(PLAY);
    let dom = page.dom("");
    let noted = dom.split_once("data-noted=\"").expect("it was played").1;
    let noted: Vec<&str> = noted.split('"').next().unwrap().split(" | ").collect();
    let [one, two] = [1, 4].map(|index| run.case(index).case.as_str().replace('/', "%2F"));
    let expected = [
        format!("#case={one} zh 1"),
        format!("#case={two} zh 1"),
        format!("#case={one} zh 1"),
        format!("#lang=en&amp;case={one} en 1"),
        "#lang=en en 0".to_owned(),
        "q".to_owned(),
        "#lang=en&amp;q=wzs en 0".to_owned(),
        "#lang=en&amp;q=wzs&amp;sort=-n en 0".to_owned(),
        "csv 239,187,191".to_owned(),
    ];
    assert_eq!(noted[..expected.len()], expected);
    let (fits, _) = count(&dom).split_once(" / ").unwrap();
    let lines: usize = fits.parse().unwrap();
    assert_eq!(noted[expected.len()], format!("lines {} true", lines + 1));
}

#[test]
fn on_paper_the_verdict_and_what_is_open_stand_on_the_first_page() {
    let run = runs::violated();
    let Some(page) = Page::of(&run, Lang::Zh) else {
        return;
    };
    let pdf = page.path("report.pdf");
    page.ask(
        &["--no-pdf-header-footer", &format!("--print-to-pdf={pdf}")],
        "",
    );
    let bytes = std::fs::read(Path::new(&pdf)).expect("a PDF");
    assert!(bytes.starts_with(b"%PDF-"));
    let read = Command::new("pdftotext")
        .args(["-l", "1", &pdf, "-"])
        .output();
    let Ok(read) = read else {
        assert!(
            std::env::var_os("CI").is_none(),
            "no pdftotext: install poppler-utils"
        );
        eprintln!("SKIPPED: no pdftotext on this machine");
        return;
    };
    let text: String = String::from_utf8_lossy(&read.stdout)
        .split_whitespace()
        .collect();
    for words in ["违反", "未回退", "用例", "未回退清单"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    // Each page says of which run it is, and by which chain that is proved; the last one is signed.
    let all = Command::new("pdftotext")
        .args([&pdf, "-"])
        .output()
        .unwrap();
    let all = String::from_utf8_lossy(&all.stdout).into_owned();
    let sheets: Vec<&str> = all.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(sheets.len() > 2, "{}", sheets.len());
    let tail = run.records[run.records.len() - 1].sha256[..4].to_owned();
    for sheet in &sheets {
        assert!(
            sheet.contains("zj2017-0001") && sheet.contains(&tail),
            "{sheet}"
        );
    }
    assert!(
        sheets
            .iter()
            .any(|sheet| sheet.contains("单位负责人") && sheet.contains("公章"))
    );
    assert!(!all.contains("导出所见各行"), "no button on paper");
    assert!(
        all.contains("outpatient/330200-330300"),
        "good cases are listed too"
    );
}

#[test]
fn each_sheet_of_a_province_names_its_run_once_the_one_that_lies_across_too() {
    let run = runs::eleven_cities();
    let Some(page) = Page::of(&run, Lang::En) else {
        return;
    };
    let pdf = page.path("report.pdf");
    page.ask(
        &["--no-pdf-header-footer", &format!("--print-to-pdf={pdf}")],
        "",
    );
    let Ok(read) = Command::new("pdftotext").args([&pdf, "-"]).output() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "no pdftotext: install poppler-utils"
        );
        return;
    };
    let all = String::from_utf8_lossy(&read.stdout).into_owned();
    let sheets: Vec<&str> = all.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(sheets.len() > 4, "{}", sheets.len());
    assert!(
        sheets
            .iter()
            .any(|sheet| sheet.contains("Cross matrix") && !sheet.contains("All cases"))
    );
    let named = format!(
        "run zj2017-0001 · chain tail {}",
        &run.records[run.records.len() - 1].sha256[..4]
    );
    for sheet in sheets {
        assert_eq!(sheet.matches(&named).count(), 1, "{sheet}");
    }
}

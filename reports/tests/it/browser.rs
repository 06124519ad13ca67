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

    /// What the browser prints when it opens the page at this fragment, and what it says beside it.
    fn ask(&self, what: &[&str], fragment: &str) -> (String, String) {
        let mut all: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=4000",
        ]
        .map(str::to_owned)
        .to_vec();
        all.push(format!("--user-data-dir={}", self.path("profile")));
        all.extend(what.iter().map(|one| (*one).to_owned()));
        all.push(format!("file://{}#{fragment}", self.path("report.html")));
        let told = Command::new(self.browser).args(all).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(told.stdout), text(told.stderr))
    }

    /// The page as it stands after its script ran; the console must be silent.
    fn dom(&self, fragment: &str) -> String {
        let (dom, said) = self.ask(&["--dump-dom"], fragment);
        let console: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .collect();
        assert!(console.is_empty(), "{console:?}");
        assert!(dom.contains("</html>"), "{said}");
        dom
    }
}

/// Rows of cases as opened tags: all of them, and those that are shown.
fn rows(dom: &str) -> (Vec<&str>, Vec<&str>) {
    let all: Vec<&str> = dom
        .split("<details class=\"case")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .collect();
    let shown = all.iter().filter(|tag| !tag.contains(" hidden"));
    (all.clone(), shown.copied().collect())
}

fn count(dom: &str) -> &str {
    let (_, rest) = dom.split_once("id=\"shown\">").expect("the count");
    rest.split('<').next().unwrap_or_default()
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
    let (all, shown) = rows(&whole);
    assert!(all.len() > 1 && shown.len() == all.len(), "{all:?}");
    assert_eq!(count(&whole), format!("{0} / {0}", all.len()));
    let bad: Vec<&&str> = all
        .iter()
        .filter(|tag| tag.contains("data-good=\"0\""))
        .collect();
    assert!(!bad.is_empty() && bad.len() < all.len());

    let only = page.dom("q=&only=bad");
    assert_eq!(rows(&only).1.len(), bad.len());
    let none = page.dom("q=no-such-word&only=all");
    assert_eq!(
        (rows(&none).1.len(), count(&none)),
        (0, format!("0 / {}", all.len()).as_str())
    );
    // By the first letters of a city's name, and by its place in the lists.
    let letters = page.dom("q=nb&only=all");
    assert!(
        (1..all.len()).contains(&rows(&letters).1.len()),
        "{}",
        count(&letters)
    );
    let by = page.dom("q=&only=all&f=%E6%9D%AD%E5%B7%9E%E5%B8%82");
    let from = all
        .iter()
        .filter(|tag| tag.contains("data-f=\"杭州市\""))
        .count();
    assert_eq!(rows(&by).1.len(), from);
    // A broken link shows everything, and no error.
    assert_eq!(rows(&page.dom("q=%E6%9&only=maybe")).1.len(), all.len());

    let (_, rest) = bad[0].split_once("id=\"").unwrap();
    let id = rest.split('"').next().unwrap();
    let deep = page.dom(id);
    let opened = rows(&deep)
        .0
        .iter()
        .filter(|tag| tag.ends_with("open=\"\""))
        .count();
    assert_eq!(opened, 1, "{id}");
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
}

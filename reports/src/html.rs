//! 网页 · One self-contained page: the verdict first, then what is open, then everything else.
//!
//! Why so: office computers are old and offline, and a reviewer prints. So: one file, no network (the
//! page forbids it to itself by a strict CSP), plain HTML that can be read and printed before any
//! script runs, nothing newer than Chromium 86. All cases lie in one compressed block, from which the
//! script makes a table; both languages stand in the page, one is shown. Whatever others wrote (peer
//! texts, names) is escaped by the template engine, never by hand; style and script are admitted by
//! their digest alone.
//! Not here: live pages (`serve`).

mod cases;
mod courses;
mod data;
mod fields;
mod findings;
mod index;
mod lists;
mod marked;
mod matrix;
mod review;
mod scope;
mod sequence;
mod ticket;
mod view;
mod visible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, Value};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crosswipe_domain::CaseId;

use self::scope::Scope;
use self::visible::visible;
use crate::Lang;
use crate::story::Story;

const TEMPLATES: [(&str, &str); 4] = [
    ("page.html", include_str!("html/page.html")),
    ("upper.html", include_str!("html/upper.html")),
    ("lower.html", include_str!("html/lower.html")),
    ("case.html", include_str!("html/case.html")),
];
const STYLE: &str = concat!(
    include_str!("html/page.css"),
    include_str!("html/list.css"),
    include_str!("html/print.css")
);
const SCRIPT: &str = concat!(
    "\"use strict\";\n(function () {\n",
    include_str!("html/script/data.js"),
    include_str!("html/script/list.js"),
    include_str!("html/script/tools.js"),
    include_str!("html/script/one.js"),
    include_str!("html/script/books.js"),
    include_str!("html/script/main.js"),
    "})();\n"
);

/// Both languages, the one that is shown first told apart by the page alone.
const BOTH: [Lang; 2] = [Lang::Zh, Lang::En];

/// What the page is made of before its two halves in each language.
#[derive(Serialize)]
struct Shell {
    tag: &'static str,
    first: &'static str,
    policy: String,
    style: &'static str,
    script: &'static str,
    title: String,
    /// Each language: its tag, class, title, and what stands above and below the table of cases.
    tongues: Vec<Tongue>,
    /// The compressed block; on the page of one case it holds names of fields alone.
    data: String,
    /// Whether there is a table of cases.
    table: bool,
}

#[derive(Serialize)]
struct Tongue {
    tag: &'static str,
    class: &'static str,
    title: String,
    upper: String,
    lower: String,
}

/// Cases that one page holds; of more, old computers would show nothing for a while.
pub const ONE_PAGE: usize = 20_000;

/// 网页 · One self-contained page of a run; `lang` is shown first, the other is one switch away.
pub fn html(story: &Story, lang: Lang) -> String {
    page(&environment(), story, lang, Scope::Whole)
}

/// 各页 · The pages of a run by their names in its folder: `report.html` alone for at most `most` cases, else that as an index
/// and `report/330100.html` for each place of care, with links to and fro that are relative.
pub fn html_pages(story: &Story, lang: Lang, most: usize) -> Vec<(String, String)> {
    let environment = environment();
    let cut = story.cases.len() > most;
    let first = if cut { Scope::Index } else { Scope::Whole };
    let mut pages = vec![(
        scope::INDEX.to_owned(),
        page(&environment, story, lang, first),
    )];
    for (place, _) in scope::places(story).into_iter().filter(|_| cut) {
        let text = page(&environment, story, lang, Scope::Place(place));
        pages.push((scope::file(place), text));
    }
    pages
}

/// 用例页 · The page of one case with all that is known of it; `None` where the run has no such case. The story must have been
/// gathered for it ([`Story::of_case`]), or its messages are missing.
pub fn case_html(story: &Story, case: &CaseId, lang: Lang) -> Option<String> {
    let mut all = story.cases.iter();
    let case = all.find(|one| one.plan.case == *case)?;
    Some(page(&environment(), story, lang, Scope::Case(case)))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    for (name, text) in TEMPLATES {
        environment
            .add_template(name, text)
            .expect("a shipped template parses");
    }
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_formatter(|out, state, value| match value.as_str() {
        // What is safe was written by a template of ours, value by value.
        Some(text) if !value.is_safe() => {
            let shown = Value::from(visible(text).into_owned());
            minijinja::escape_formatter(out, state, &shown)
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    environment
}

fn render<S: Serialize>(environment: &Environment<'_>, name: &str, values: S) -> String {
    let template = environment.get_template(name).expect("added above");
    template
        .render(minijinja::value::Serde(values))
        .expect("the view has every name of the template")
}

fn page(environment: &Environment<'_>, story: &Story, lang: Lang, scope: Scope<'_>) -> String {
    let tongue = |lang: Lang| {
        let half = view::half(story, lang, scope, environment);
        Tongue {
            tag: lang.tag(),
            class: lang.pick("zh", "en"),
            title: half.window_title(),
            upper: render(environment, "upper.html", &half),
            lower: render(environment, "lower.html", &half),
        }
    };
    let tongues: Vec<Tongue> = BOTH.into_iter().map(tongue).collect();
    let first = lang.pick("zh", "en");
    let title = tongues.iter().find(|tongue| tongue.class == first);
    let shell = Shell {
        tag: lang.tag(),
        first,
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        title: title.map(|tongue| tongue.title.clone()).unwrap_or_default(),
        tongues,
        data: data::block(story, scope, environment),
        table: matches!(scope, Scope::Whole | Scope::Place(_)),
    };
    render(environment, "page.html", shell)
}

/// The policy of the page: nothing may be loaded, and no style or script but ours may run.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

/// The policy of a page without any script.
pub(crate) fn policy_of_style(style: &str) -> String {
    format!(
        "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'",
        digest(style)
    )
}

fn digest(text: &str) -> String {
    format!(
        "'sha256-{}'",
        STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}

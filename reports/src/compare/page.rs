//! 网页 · A comparison as one page for print: no script, no network.

use minijinja::Environment;
use serde::Serialize;

use super::Comparison;
use super::told::{sections, sentence, sides};
use crate::html::policy_of_style;
use crate::wording::Lang;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("../window/statement.css");

#[derive(Serialize)]
struct Page {
    tag: &'static str,
    policy: String,
    style: &'static str,
    title: &'static str,
    class: &'static str,
    sentence: String,
    sides: Vec<String>,
    lists: Vec<List>,
}

#[derive(Serialize)]
struct List {
    title: &'static str,
    none: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    class: &'static str,
    cells: Vec<String>,
}

/// HTML · One page, complete in itself.
pub fn comparison_html(comparison: &Comparison, lang: Lang) -> String {
    let lists = sections(comparison, lang).into_iter().map(|section| List {
        title: section.title,
        none: section.none,
        head: section.head,
        rows: section
            .rows
            .into_iter()
            .map(|row| Row {
                class: if row.bad { "bad" } else { "" },
                cells: row.cells,
            })
            .collect(),
    });
    let page = Page {
        tag: lang.tag(),
        policy: policy_of_style(STYLE),
        style: STYLE,
        title: lang.pick("两次运行的比较", "Two runs compared"),
        class: match (comparison.is_empty(), comparison.is_worse()) {
            (true, _) => "",
            (_, true) => "bad",
            (_, false) => "good",
        },
        sentence: sentence(comparison, lang),
        sides: sides(comparison, lang),
        lists: lists.collect(),
    };
    let mut templates = Environment::new();
    templates
        .add_template("page.html", PAGE)
        .expect("the template is a template");
    let template = templates.get_template("page.html").expect("just added");
    template
        .render(minijinja::value::Serde(page))
        .expect("the view has every name of the template")
}

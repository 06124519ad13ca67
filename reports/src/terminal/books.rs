//! 账册与规则 · Books at t0, peak and after the rollback; rules R1–R14.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Style};

use crate::amount::{count, figure};
use crate::terminal::Page;
use crate::wording::sentence::{plain, rule_name};
use crate::wording::{Word, terms};

pub(crate) fn books(page: &Page<'_>) -> String {
    let books = &page.story.judgement.books;
    if books.is_empty() {
        return String::new();
    }
    let mut builder = Builder::default();
    builder.push_record(
        [
            Word::party,
            Word::book,
            Word::at_t0,
            Word::at_peak,
            Word::at_t1,
            Word::difference,
        ]
        .map(|word| page.say(word)),
    );
    for book in books {
        let difference = book.t1 - book.t0;
        builder.push_record([
            terms::role_name(&book.role, page.lang).to_owned(),
            terms::book(&book.book, page.lang).to_owned(),
            figure(book, book.t0),
            figure(book, book.peak),
            figure(book, book.t1),
            format!(
                "{} {}",
                if difference == 0 { '✓' } else { '✗' },
                figure(book, difference)
            ),
        ]);
    }
    let table = builder
        .build()
        .with(Style::psql())
        .with(Modify::new(Columns::new(2..)).with(Alignment::right()))
        .to_string();
    format!("■ {}\n{}\n", page.say(Word::books), trimmed(&table))
}

pub(crate) fn rules(page: &Page<'_>) -> String {
    let mut builder = Builder::default();
    builder.push_record([
        page.say(Word::rule),
        "",
        page.say(Word::state),
        page.say(Word::level),
        page.say(Word::compared),
        "",
    ]);
    for rule in &page.story.judgement.rules {
        builder.push_record([
            rule.rule.code().to_owned(),
            rule_name(rule.rule, page.lang).to_owned(),
            terms::held(rule.state, page.lang).to_owned(),
            rule.level.to_string(),
            count(i64::try_from(rule.compared).unwrap_or(i64::MAX)),
            rule.why_not
                .as_deref()
                .map(|why| plain(page.story, why, page.lang))
                .unwrap_or_default(),
        ]);
    }
    let table = builder
        .build()
        .with(Style::psql())
        .with(Modify::new(Columns::one(4)).with(Alignment::right()))
        .to_string();
    format!("■ {}\n{}\n", page.say(Word::rules), trimmed(&table))
}

fn trimmed(table: &str) -> String {
    table
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

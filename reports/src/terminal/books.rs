//! 账册与规则 · Books at t0, peak and after the rollback; rules R1–R14.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Style};

use crate::amount::{count, figure};
use crate::terminal::Page;
use crate::wording::sentence::rule_name;
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
    builder.push_record(
        [Word::rule, Word::state, Word::level, Word::compared].map(|word| page.say(word)),
    );
    for rule in &page.story.judgement.rules {
        builder.push_record([
            format!("{:<3} {}", rule.rule, rule_name(rule.rule, page.lang)),
            terms::held(rule.state, page.lang).to_owned(),
            rule.level.to_string(),
            count(i64::try_from(rule.compared).unwrap_or(i64::MAX)),
        ]);
    }
    let table = builder
        .build()
        .with(Style::psql())
        .with(Modify::new(Columns::one(3)).with(Alignment::right()))
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

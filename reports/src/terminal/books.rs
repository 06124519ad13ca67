//! 账册与规则 · Books at t0, peak and after the rollback; rules R1–R14.

use crosswipe_verify::BookTotal;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Style};
use unicode_width::UnicodeWidthStr;

use crate::amount::{count, figure};
use crate::terminal::Page;
use crate::wording::sentence::rule_name;
use crate::wording::{Word, terms};

/// Money first, then what is counted: two tables, because a column of both is as wide as the wider.
pub(crate) fn books(page: &Page<'_>) -> String {
    let books = &page.story.judgement.books;
    let (counts, money): (Vec<&BookTotal>, Vec<&BookTotal>) =
        books.iter().partition(|book| book.unit == "count");
    let tables = [(Word::books_money, money), (Word::books_counts, counts)]
        .map(|(heading, books)| table(page, heading, &books));
    let note = if page.story.moved_by_others() {
        super::wrapped(page.say(Word::others_moved), page.width, 2, 4)
    } else {
        String::new()
    };
    let told: Vec<String> = tables
        .into_iter()
        .filter(|table| !table.is_empty())
        .collect();
    told.join("\n") + &note
}

fn table(page: &Page<'_>, heading: Word, books: &[&BookTotal]) -> String {
    if books.is_empty() {
        return String::new();
    }
    let head = [
        Word::party,
        Word::book,
        Word::at_t0,
        Word::at_peak,
        Word::at_t1,
        Word::difference,
    ]
    .map(|word| page.say(word));
    let rows: Vec<[String; 6]> = books.iter().map(|book| row(page, book)).collect();
    let mut builder = Builder::default();
    builder.push_record(head);
    rows.iter().for_each(|row| builder.push_record(row));
    let table = builder
        .build()
        .with(Style::psql())
        .with(Modify::new(Columns::new(2..)).with(Alignment::right()))
        .to_string();
    if table.lines().all(|line| line.width() <= page.width) {
        return format!("■ {}\n{}\n", page.say(heading), trimmed(&table));
    }
    // Amounts too long for columns are told line by line.
    let line = |row: &[String; 6]| {
        let figures: Vec<String> = (2..6)
            .map(|column| format!("{} {}", head[column], row[column]))
            .collect();
        format!("{} {}  {}", row[0], row[1], figures.join(" · "))
    };
    page.section(
        page.say(heading),
        &rows.iter().map(line).collect::<Vec<_>>(),
    )
}

fn row(page: &Page<'_>, book: &BookTotal) -> [String; 6] {
    [
        terms::role_name(&book.role, page.lang).to_owned(),
        terms::book(&book.book, page.lang).to_owned(),
        figure(book, book.t0),
        figure(book, book.peak),
        figure(book, book.t1),
        format!("{} {}", terms::even(book), figure(book, book.left())),
    ]
}

pub(crate) fn rules(page: &Page<'_>) -> String {
    let mut builder = Builder::default();
    builder.push_record(
        [Word::rule, Word::state, Word::level, Word::compared].map(|word| page.say(word)),
    );
    for rule in &page.story.judgement.rules {
        builder.push_record([
            format!("{:<3} {}", rule.rule, rule_name(rule.rule, page.lang)),
            terms::rule_state(rule, page.lang),
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

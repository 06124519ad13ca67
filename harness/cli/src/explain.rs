//! 词条 · The pages behind `crosswipe explain`: one per code, both languages, embedded.
//!
//! The text lies in `explain/pages.md`, that of findings about messages in `explain/conformance.md`, that of
//! reachability in `explain/preflight.md`, of hours and cards in `explain/schedule.md`, that of faults in `explain/faults/`, one file per group of the catalogue: `## code`, then a line `zh: title` with its paragraphs and a line `en: title` with its
//! paragraphs. A code with a part after `:` falls back to its family (`residue:cash` → `residue`).
//! Tests see to it that every code of the program and every fault has a page.

use crosswipe_reports::Lang;

/// 词条文件 · Codes first, then faults in the order of their groups.
const FILES: [&str; 13] = [
    include_str!("explain/pages.md"),
    include_str!("explain/conformance.md"),
    include_str!("explain/preflight.md"),
    include_str!("explain/schedule.md"),
    include_str!("explain/faults/overview.md"),
    include_str!("explain/faults/a-network.md"),
    include_str!("explain/faults/b-treatment.md"),
    include_str!("explain/faults/c-hub.md"),
    include_str!("explain/faults/d-insured.md"),
    include_str!("explain/faults/e-his.md"),
    include_str!("explain/faults/f-clock.md"),
    include_str!("explain/faults/g-gates.md"),
    include_str!("explain/faults/h-evidence.md"),
];

/// 词条 · One page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) code: &'static str,
    zh: Half,
    en: Half,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Half {
    title: &'static str,
    body: &'static str,
}

impl Page {
    /// What the code means, in a few words.
    pub(crate) fn title(&self, lang: Lang) -> &'static str {
        self.half(lang).title
    }

    /// Cause, example, remedy.
    pub(crate) fn body(&self, lang: Lang) -> &'static str {
        self.half(lang).body
    }

    fn half(&self, lang: Lang) -> Half {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// All pages, in file order.
pub(crate) fn pages() -> impl Iterator<Item = Page> {
    FILES
        .iter()
        .flat_map(|file| file.split("\n## ").skip(1))
        .filter_map(parse)
}

/// The page of a code, or of its family.
pub(crate) fn page(code: &str) -> Option<Page> {
    let family = code.split_once(':').map_or(code, |(family, _)| family);
    pages()
        .find(|page| page.code == code)
        .or_else(|| pages().find(|page| page.code == family))
}

fn parse(text: &'static str) -> Option<Page> {
    let (code, rest) = text.split_once('\n')?;
    let (zh, en) = rest.split_once("\nen: ")?;
    let (_, zh) = zh.split_once("zh: ")?;
    Some(Page {
        code: code.trim(),
        zh: half(zh),
        en: half(en),
    })
}

fn half(text: &'static str) -> Half {
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    Half {
        title: title.trim(),
        body: body.trim(),
    }
}

#[cfg(test)]
mod tests;

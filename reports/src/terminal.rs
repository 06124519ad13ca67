//! 终端 · The report as a terminal shows it: read from the bottom, where the verdict stands.
//!
//! Why so: symbols and words, never colour alone; every line fits the width, also with Chinese names,
//! because columns are counted as a terminal shows them and not as bytes or characters.
//! Called by `cli` (`run`, `verify`, `report`). Not here: progress lines (`cli`).

mod books;
mod findings;
mod known;
mod matrix;
mod timeline;
pub(crate) mod wrap;

use crosswipe_verify::ReviewHeld;

use crate::Lang;
use crate::amount::count;
use crate::story::Story;
use crate::wording::sentence::{not_checked, open, statements, verdict_sentence, with_reasons};
use crate::wording::{Word, review};

pub(crate) use findings::is_bad;
pub(crate) use known::{came_to, lines as known_lines};
pub(crate) use wrap::wrapped;

/// Narrower than this nothing can be told; it is the width of a phone's shell.
const NARROWEST: usize = 60;

/// 终端 · The whole report for a terminal of `width` columns, ending in a line feed.
pub fn terminal(story: &Story, lang: Lang, width: usize) -> String {
    let page = Page {
        story,
        lang,
        width: width.max(NARROWEST),
    };
    let sections = [
        page.heading(),
        timeline::section(&page),
        matrix::section(&page),
        page.counts(),
        books::books(&page),
        books::rules(&page),
        findings::section(&page),
        findings::failed_checks(&page),
        known::section(&page),
        page.statements(),
        page.review(),
        findings::notes(&page),
        page.open_list(),
        page.not_checked(),
        page.files(),
        page.verdict(),
    ];
    let told: Vec<String> = sections
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect();
    told.join("\n")
}

/// What every section needs.
pub(crate) struct Page<'a> {
    story: &'a Story,
    lang: Lang,
    width: usize,
}

impl Page<'_> {
    fn say(&self, word: Word) -> &'static str {
        word.say(self.lang)
    }

    /// A heading and its lines, each line broken to fit.
    fn section(&self, heading: &str, lines: &[String]) -> String {
        let mut text = format!("■ {heading}\n");
        for line in lines {
            text += &wrapped(line, self.width, 2, 6);
        }
        text
    }

    fn heading(&self) -> String {
        let header = &self.story.header;
        let plan = &header.plan;
        let title = self.lang.pick(&plan.title_zh, &plan.title_en);
        let mut lines = vec![format!(
            "{} {}  {} {}  {}/{} seed {}  crosswipe {}",
            self.say(Word::run),
            header.run_id,
            self.say(Word::source),
            plan.source,
            header.clock,
            header.transport,
            header.seed,
            header.tool_version
        )];
        for (fault, times) in &self.story.matched_faults {
            let met = self.say(Word::faults_met).replace("{}", &times.to_string());
            lines.push(format!("{} {fault}  {met}", self.say(Word::faults)));
        }
        self.section(
            &format!("{}  {title} ({})", self.say(Word::report), plan.plan),
            &lines,
        )
    }

    fn counts(&self) -> String {
        let [of_cases, of_transactions] = counted(self.story);
        let number = |(word, value): &(Word, u64)| {
            format!(
                "{} {}",
                self.say(*word),
                count(i64::try_from(*value).unwrap_or(i64::MAX))
            )
        };
        let line = |word: Word, numbers: &[(Word, u64)]| {
            format!(
                "{}  {}",
                self.say(word),
                numbers.iter().map(number).collect::<Vec<_>>().join(" · ")
            )
        };
        self.section(
            self.say(Word::counts),
            &[
                line(Word::cases, &of_cases),
                line(Word::transactions, &of_transactions),
            ],
        )
    }

    fn open_list(&self) -> String {
        if self.story.open.is_empty() {
            return String::new();
        }
        self.section(
            &format!(
                "{}  {}",
                self.say(Word::open_list),
                open(self.story, self.lang)
            ),
            &findings::open_lines(self),
        )
    }

    fn statements(&self) -> String {
        let lines = statements(
            &self.story.judgement.statements,
            &self.story.names,
            self.lang,
        );
        if lines.is_empty() {
            String::new()
        } else {
            self.section(self.say(Word::statements), &lines)
        }
    }

    fn review(&self) -> String {
        let lines = review::lines(&self.story.review, self.lang);
        if lines.is_empty() {
            String::new()
        } else {
            self.section(self.say(Word::review), &lines)
        }
    }

    fn not_checked(&self) -> String {
        let list = with_reasons(self.story, not_checked(self.story, self.lang), self.lang);
        if list.is_empty() {
            String::new()
        } else {
            self.section(self.say(Word::not_checked), &list)
        }
    }

    fn files(&self) -> String {
        let dir = self.story.dir.trim_end_matches('/');
        let file = |word: Word, name: &str| format!("{} {dir}/{name}", self.say(word));
        let mut lines = vec![
            file(Word::page, "report.html"),
            format!("{dir}/report.json  {dir}/junit.xml"),
        ];
        let chain = |hash: &str, word: Word| format!("{} {}", self.say(word), chain_groups(hash));
        let ends = |head: &str, tail: &str, records: usize| {
            let records = count(i64::try_from(records).unwrap_or(i64::MAX));
            let records = format!("({records} {})", self.say(Word::records));
            [
                chain(head, Word::head),
                format!("{}  {records}", chain(tail, Word::tail)),
            ]
        };
        if self.story.parts.is_empty() {
            lines.push(file(Word::journal, "journal.db") + "  " + &file(Word::exports, "exports/"));
            if self.story.certificate.is_some() {
                lines.push(file(Word::certificate, "certificate.json"));
            }
            let (head, tail) = (&self.story.head, &self.story.tail);
            lines.extend(ends(head, tail, self.story.length));
        }
        for part in &self.story.parts {
            lines.push(format!("{} {}", self.say(Word::part), part.dir));
            lines.extend(ends(&part.head, &part.tail, part.records));
        }
        lines.push(self.say(Word::anchor).to_owned());
        self.section(self.say(Word::files), &lines)
    }

    fn verdict(&self) -> String {
        self.section(
            self.say(Word::verdict),
            &[verdict_sentence(self.story, self.lang)],
        )
    }
}

/// 复核 · The whole review of a run in words, a line each; nothing where nobody said anything.
pub fn review_terminal(review: &ReviewHeld, lang: Lang, width: usize) -> String {
    let lines = review::chain(review, lang);
    lines
        .iter()
        .map(|line| wrapped(line, width.max(NARROWEST), 0, 4))
        .collect()
}

/// The first 32 hex digits of a hash in eight groups of four, as a reviewer notes them on paper.
pub fn chain_groups(hash: &str) -> String {
    let digits: Vec<char> = hash.chars().take(32).collect();
    digits
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Counts of cases and of transactions, each with its word.
pub(crate) fn counted(story: &Story) -> [Vec<(Word, u64)>; 2] {
    let (cases, transactions) = (story.case_counts(), &story.judgement.counts);
    let of_cases = [
        (Word::planned, cases.planned),
        (Word::ran, cases.run),
        (Word::passed, cases.passed),
        (Word::failed, cases.failed),
        (Word::error, cases.error),
        (Word::blocked, cases.blocked),
        (Word::skipped, cases.skipped),
        (Word::waived, cases.waived),
    ];
    let of_transactions = [
        (Word::intended, transactions.intended),
        (Word::ok, transactions.ok),
        (Word::refused, transactions.refused),
        (Word::unknown, transactions.unknown),
        (Word::never_applied, transactions.never_applied),
        (Word::reversed, transactions.reversed),
        (Word::unresolved, transactions.unresolved),
    ];
    [
        of_cases.map(|(word, value)| (word, value as u64)).to_vec(),
        of_transactions.to_vec(),
    ]
}

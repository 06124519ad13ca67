//! 数据块 · All cases as one compressed block: a row each, and in full those that are told in full.
//!
//! Why so: ten thousand cases as HTML in two languages are a hundred megabytes; as columns with every word once, compressed,
//! they are two. A word is a number into `strings`: one text, or a pair where the languages differ, with the key by which a
//! link names it. Read by `script/data.js`.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use minijinja::Environment;
use serde::Serialize;

use crosswipe_domain::{Money, Outcome};

use super::cases::{Text, clock, inside, texts};
use super::courses::{Cells, cells};
use super::fields::Fields;
use super::review;
use super::scope::Scope;
use super::visible::visible;
use super::{BOTH, render};
use crate::json::{result_name, rollback_name};
use crate::names::initials;
use crate::story::{Case, Ending, Story};
use crate::wording::{Lang, Word, classes, terms};

/// Number of a word in `strings`.
type Id = usize;

/// 数据 · Columns of equal length, one entry per case in the order of the plan.
#[derive(Serialize)]
struct Data<'a> {
    run: &'a str,
    dir: &'a str,
    words: BTreeMap<&'static str, [&'static str; 2]>,
    strings: Vec<Text2>,
    /// First letters in pinyin, by number of the name.
    letters: BTreeMap<Id, String>,
    /// None on an index.
    columns: Option<Columns>,
    /// Cases in full, by row.
    full: BTreeMap<usize, Full>,
    /// By row: what named persons said of it, and which known issues it met, in both languages.
    said: BTreeMap<usize, [Vec<String>; 2]>,
    cells: Cells,
    fields: Fields,
}

/// 字段 · All that the page of one case has packed: its messages stand in it as they are.
#[derive(Serialize)]
struct OneCase {
    fields: Fields,
}

/// 词 · Text in both languages, and the key that names it in links.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
#[serde(untagged)]
enum Text2 {
    One(String),
    Keyed(String, String, String),
}

#[derive(Serialize, Default)]
struct Columns {
    id: Vec<String>,
    title: Vec<Id>,
    ending: Vec<Id>,
    rollback: Vec<Id>,
    good: Vec<u8>,
    undone: Vec<u8>,
    business: Vec<Id>,
    from: Vec<Id>,
    to: Vec<Id>,
    institution: Vec<Id>,
    person: Vec<Id>,
    tags: Vec<Vec<Id>>,
    classes: Vec<Vec<Id>>,
    codes: Vec<Vec<Id>>,
    /// Kinds of what was said of it.
    review: Vec<Vec<Id>>,
    visits: Vec<String>,
    settlements: Vec<String>,
    messages: Vec<String>,
    /// Whole fen that its settlements came to; nothing where it settled nothing.
    amount: Vec<Option<i64>>,
    /// Whole fen that are not rolled back.
    open: Vec<i64>,
    began: Vec<String>,
    took: Vec<u64>,
}

/// A case in full: its inside in both languages, and its messages once.
#[derive(Serialize)]
struct Full {
    inside: [String; 2],
    texts: Vec<Text>,
}

/// Every word once.
#[derive(Default)]
pub(super) struct Strings {
    numbers: BTreeMap<Text2, Id>,
    list: Vec<Text2>,
}

impl Strings {
    fn put(&mut self, text: Text2) -> Id {
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let number = self.list.len();
        self.numbers.insert(text.clone(), number);
        self.list.push(text);
        number
    }

    fn one(&mut self, text: &str) -> Id {
        self.put(Text2::One(visible(text).into_owned()))
    }

    pub(super) fn keyed(&mut self, key: &str, text: impl Fn(Lang) -> String) -> Id {
        let [zh, en] = BOTH.map(|lang| visible(&text(lang)).into_owned());
        self.put(Text2::Keyed(zh, en, key.to_owned()))
    }
}

/// The block as it stands in the page: JSON, gzip, base64. The same bytes for the same story.
pub(super) fn block(story: &Story, scope: Scope<'_>, environment: &Environment<'_>) -> String {
    if let Scope::Case(case) = scope {
        return block_of_case(story, case);
    }
    let mut strings = Strings::default();
    let mut columns = Columns::default();
    let mut letters = BTreeMap::new();
    let (mut full, mut said) = (BTreeMap::new(), BTreeMap::new());
    let mut fields = Fields::default();
    let rows = match scope {
        Scope::Index => Vec::new(),
        scope => scope.cases(story),
    };
    for (row, case) in rows.into_iter().enumerate() {
        put_row(story, case, &mut columns, &mut strings, &mut letters);
        let remarks = BOTH.map(|lang| review::of_case(story, case, lang));
        let kinds = review::kinds(story, case).into_iter();
        let kinds = kinds.map(|kind| strings.keyed(kind, |lang| review::kind(kind, lang)));
        columns.review.push(kinds.collect());
        if !remarks[0].is_empty() {
            let shown = |one: review::Remark| visible(&one.text).into_owned();
            let texts = |all: Vec<review::Remark>| all.into_iter().map(shown).collect();
            said.insert(row, remarks.map(texts));
        }
        if case.full {
            let inside =
                BOTH.map(|lang| render(environment, "case.html", inside(story, case, lang, false)));
            let texts = texts(story, case);
            fields.add(&texts);
            full.insert(row, Full { inside, texts });
        }
    }
    let cells = match scope.is_of_run() {
        true => cells(story, &mut strings),
        false => Cells::default(),
    };
    let data = Data {
        run: story.header.run_id.as_str(),
        dir: &story.dir,
        words: Word::ALL
            .iter()
            .map(|word| (word.name(), BOTH.map(|lang| word.say(lang))))
            .collect(),
        cells,
        strings: strings.list,
        letters,
        columns: (!matches!(scope, Scope::Index)).then_some(columns),
        full,
        said,
        fields,
    };
    packed(&data)
}

/// The block of the page of one case.
fn block_of_case(story: &Story, case: &Case) -> String {
    let mut fields = Fields::default();
    fields.add(&texts(story, case));
    packed(&OneCase { fields })
}

fn packed<S: Serialize>(data: &S) -> String {
    let mut packed = GzBuilder::new().write(Vec::new(), Compression::new(6));
    serde_json::to_writer(&mut packed, data).expect("a memory takes what is written");
    packed.flush().expect("a memory takes what is written");
    STANDARD.encode(packed.finish().expect("a memory takes what is written"))
}

fn put_row(
    story: &Story,
    case: &Case,
    columns: &mut Columns,
    strings: &mut Strings,
    letters: &mut BTreeMap<Id, String>,
) {
    let plan = &case.plan;
    columns.id.push(plan.case.to_string());
    columns.title.push(strings.one(&plan.title));
    columns.ending.push(match case.planned {
        true => strings.keyed(ending_key(case.ending), |lang| {
            terms::ending(case.ending, lang).to_owned()
        }),
        false => strings.keyed("other", |lang| Word::other_messages.say(lang).to_owned()),
    });
    columns
        .rollback
        .push(strings.keyed(rollback_name(case.rollback), |lang| {
            terms::rollback(case.rollback, lang).to_owned()
        }));
    columns.good.push(u8::from(case.is_good()));
    columns.undone.push(u8::from(case.is_undone()));
    columns.business.push(match plan.business {
        Some(business) => strings.keyed(business.name(), |lang| {
            terms::business(business, lang).to_owned()
        }),
        None => strings.one(""),
    });
    let mut named = |code: Option<&str>, name: fn(&Story, &str) -> String| -> Id {
        let Some(code) = code else {
            return strings.one("");
        };
        let name = name(story, code);
        let found = initials(&name);
        let number = strings.keyed(code, |_| name.clone());
        if !found.is_empty() {
            letters.insert(number, found);
        }
        number
    };
    let region = |story: &Story, code: &str| story.names.region(code).to_owned();
    let from = named(plan.insured.as_ref().map(|code| code.as_str()), region);
    let to = named(plan.treatment.as_ref().map(|code| code.as_str()), region);
    let institution = named(plan.institution.as_deref(), |story, code| {
        story.names.institution(code).to_owned()
    });
    columns.from.push(from);
    columns.to.push(to);
    columns.institution.push(institution);
    let person = plan.person.as_ref().map(ToString::to_string);
    columns
        .person
        .push(strings.one(&person.unwrap_or_default()));
    columns
        .tags
        .push(plan.covers.iter().map(|tag| strings.one(tag)).collect());
    let found = case.findings.iter();
    let mut found: Vec<_> = found
        .map(|index| &story.judgement.findings[*index].class)
        .collect();
    found.sort();
    found.dedup();
    let found = found.into_iter();
    columns.classes.push(
        found
            .map(|class| strings.keyed(class.as_str(), |lang| classes::name(class, lang)))
            .collect(),
    );
    columns.codes.push(
        refusals(case)
            .iter()
            .map(|code| strings.one(code))
            .collect(),
    );
    put_messages(story, case, columns);
}

/// What its messages bring: ids, money and time.
fn put_messages(story: &Story, case: &Case, columns: &mut Columns) {
    let ids = |name: &str| {
        let mut ids: Vec<&str> = case
            .messages()
            .filter_map(|message| message.id(name))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        visible(&ids.join(" ")).into_owned()
    };
    columns.visits.push(ids("mdtrt_id"));
    columns.settlements.push(ids("setl_id"));
    let mut sent: Vec<_> = case.messages().collect();
    sent.sort_by_key(|message| message.seq);
    let msgids: Vec<&str> = sent.iter().map(|message| message.msgid.as_str()).collect();
    columns.messages.push(msgids.join(" "));
    let amounts: Vec<Money> = case
        .chains
        .iter()
        .filter_map(|chain| chain.amount())
        .collect();
    columns
        .amount
        .push((!amounts.is_empty()).then(|| amounts.into_iter().sum::<Money>().fen()));
    let open = case.chains.iter();
    let open = open.filter_map(|chain| story.open.amounts.get(&chain.transaction.txid));
    columns.open.push(open.copied().sum::<Money>().fen());
    columns.began.push(
        sent.first()
            .map(|message| clock(message.at))
            .unwrap_or_default(),
    );
    columns.took.push(case.took_ms());
}

/// Codes with which peers refused, each once.
fn refusals(case: &Case) -> Vec<&str> {
    let mut codes: Vec<&str> = case
        .messages()
        .filter_map(|message| match &message.outcome {
            Some(Outcome::Refused { code, .. }) => Some(code.as_str()),
            _ => None,
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// How links name an end; each of its own, however it counts.
fn ending_key(ending: Ending) -> &'static str {
    match ending {
        Ending::Finished(result) => result_name(result),
        Ending::Unchecked => "unchecked",
        Ending::CutOff => "cut-off",
        Ending::NotStarted => "not-started",
    }
}

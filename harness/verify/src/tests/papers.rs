//! 清单之试 · Papers in place of books, made up by hand: what is told of each, word for word, in `papers.txt`.
//!
//! Goal: nothing that a list can show, and nothing that it cannot, is called otherwise unseen. Method: honest papers of
//! every party about a few swipes, each time bent in one way; the text is to be read as its reader would. How to change it:
//! put in what the failing test says is told now, if every line of it is better than the one it replaces.

mod bent;

use std::collections::BTreeMap;

use crosswipe_domain::{
    LISTING_SCHEMA, Level, ListForm, ListRow, ListSource, Listing, Moment, Money, Party, Pseudonym,
    RowSays, TxId, canonical_json, sha256_hex,
};
use crosswipe_journal::{Listed, PaperDigest, Payload, Purpose, UndoPlan};

use self::bent::BENT;
use super::word_for_word::{counted, hold, whole};
use crate::IMPORTED;
use crate::evidence::{Evidence, PaperFile};
use crate::judgement::Verdict;
use crate::testkit::{HIS, History, OTHER, PERSON, at, his, hub, insured, path, plan, treatment};
use crate::tests::judged;

/// A swipe that was settled and undone: its letter, person, total in fen, and when.
type Swipe = (&'static str, &'static str, i64, &'static str);

const TWO: &[Swipe] = &[
    ("a", PERSON, 10_000, "2017-06-02T10:00:30+08:00"),
    ("b", OTHER, 20_000, "2017-06-02T11:00:30+08:00"),
];
/// Nothing but their ids tells these apart.
const TWINS: &[Swipe] = &[
    ("a", PERSON, 10_000, "2017-06-02T10:00:30+08:00"),
    ("b", PERSON, 10_000, "2017-06-02T10:00:50+08:00"),
];
const FIVE: &[Swipe] = &[
    ("a", PERSON, 100, "2017-06-02T10:00:30+08:00"),
    ("b", PERSON, 200, "2017-06-02T11:00:30+08:00"),
    ("c", PERSON, 300, "2017-06-02T12:00:30+08:00"),
    ("d", PERSON, 400, "2017-06-02T13:00:30+08:00"),
    ("e", PERSON, 500, "2017-06-02T14:00:30+08:00"),
];
const SIX: &[Swipe] = &[
    FIVE[0],
    FIVE[1],
    FIVE[2],
    FIVE[3],
    FIVE[4],
    ("f", PERSON, 600, "2017-06-02T15:00:30+08:00"),
];

const FIELDS: [&str; 13] = [
    "id",
    "visit",
    "msgid",
    "person",
    "institution",
    "time",
    "status",
    "total",
    "fund",
    "account",
    "cash",
    "undone_by",
    "undone_at",
];

/// A row with a cell of its own for each field.
fn placed(place: String, row: ListRow) -> ListRow {
    let cells = FIELDS.map(|field| (field.to_owned(), format!("{place}.{field}")));
    ListRow {
        cells: cells.into(),
        place,
        ..row
    }
}

/// The settlement of a swipe and what undid it, as an honest list has them.
fn rows(file: &str, place: usize, (letter, person, total, when): &Swipe) -> [ListRow; 2] {
    let settled = ListRow {
        setl_id: format!("S-{letter}"),
        mdtrt_id: format!("M-{letter}"),
        person: Some(Pseudonym::from_evidence(person)),
        institution: HIS.to_owned(),
        time: Some(at(when)),
        total: Some(*total),
        fund: Some(total / 2),
        account: Some(total / 4),
        cash: Some(total / 4),
        ..ListRow::default()
    };
    let mirror = ListRow {
        says: RowSays::Mirror,
        setl_id: format!("R-{letter}"),
        original: settled.setl_id.clone(),
        time: Some(at(when).plus_ms(600_000)),
        total: Some(-total),
        fund: Some(-total / 2),
        account: Some(-total / 4),
        cash: Some(-total / 4),
        ..settled.clone()
    };
    [
        placed(format!("{file}:{}", 2 * place + 2), settled),
        placed(format!("{file}:{}", 2 * place + 3), mirror),
    ]
}

fn listing(party: &Party, form: ListForm, rows: Vec<ListRow>) -> Listing {
    let day = |text: &str| at(text).day();
    Listing {
        schema: LISTING_SCHEMA.to_owned(),
        party: party.clone(),
        form,
        sources: vec![ListSource {
            name: format!("{}.csv", party.role.name()),
            sha256: "ab".repeat(32),
            rows: rows.len() as u64,
            days: vec![(day("2017-06-01T00:00+08:00"), day("2017-06-04T00:00+08:00"))],
            names_persons: true,
            institution: None,
        }],
        rows,
    }
}

/// The journal of swipes that were read in, and papers of each party.
struct Papers {
    history: History,
    lists: Vec<Listing>,
    swipes: &'static [Swipe],
}

impl Papers {
    fn of(swipes: &'static [Swipe]) -> Papers {
        let mut history = History::begin(plan());
        if let Payload::Run(header) = &mut history.evidence.records[0].payload {
            header.transport = IMPORTED.to_owned();
        }
        for (letter, person, total, when) in swipes {
            history.now = at(when);
            let plan = UndoPlan::Cancel {
                infno: crosswipe_domain::InfNo::new("2208"),
            };
            let intent = history.intent(letter, "2207", "2207", person, Purpose::Business, plan);
            let last = history.evidence.records.len() - 1;
            if let Payload::Intent(intent) = &mut history.evidence.records[last].payload {
                let ids = [
                    ("setl_id", format!("S-{letter}")),
                    ("mdtrt_id", format!("M-{letter}")),
                    ("undone_by", format!("R-{letter}")),
                    ("setl_time", at(when).wire()),
                ];
                intent.ids = ids.map(|(name, id)| (name.to_owned(), id)).into();
                let total = ("medfee_sumamt".to_owned(), Money::from_fen(*total));
                intent.amounts = [total].into();
            }
            history.ok(&intent, &[], &[]);
            let comp = history.compensation(&intent, "2208");
            history.undone(&comp);
        }
        let parties = path();
        let lists = parties.iter().map(|party| {
            let file = format!("{}.csv", party.role.name());
            let of = |(place, swipe)| rows(&file, place, swipe);
            let rows = swipes.iter().enumerate().flat_map(of).collect();
            listing(party, ListForm::List, rows)
        });
        let lists = lists.collect();
        Papers {
            history,
            lists,
            swipes,
        }
    }

    fn list(&mut self, party: &Party) -> &mut Vec<ListRow> {
        let mut lists = self.lists.iter_mut();
        let list = lists.find(|list| list.party == *party && list.form == ListForm::List);
        &mut list.unwrap().rows
    }

    /// What the counter typed: the settlement of each swipe, called undone, by what and when.
    fn sheet(&mut self) -> &mut Vec<ListRow> {
        let typed = self.swipes.iter().enumerate().map(|(place, swipe)| {
            let [settled, mirror] = rows("sheet.xlsx!1", place, swipe);
            ListRow {
                says: RowSays::Undone,
                txid: Some(TxId::parse(&format!("{}/2207", swipe.0)).unwrap()),
                undone_by: mirror.setl_id,
                undone_at: mirror.time,
                ..settled
            }
        });
        let rows = typed.collect();
        self.lists.push(listing(&his(), ListForm::Sheet, rows));
        &mut self.lists.last_mut().unwrap().rows
    }

    /// A 3202 in place of the treatment place's list.
    fn detail(&mut self, rows: &[(RowSays, &str)]) {
        self.lists.retain(|list| list.party != treatment());
        let rows = rows.iter().enumerate().map(|(place, (says, id))| {
            let row = ListRow {
                says: *says,
                setl_id: (*id).to_owned(),
                person: Some(Pseudonym::from_evidence(PERSON)),
                ..ListRow::default()
            };
            placed(format!("3202.zip:{}", place + 1), row)
        });
        let rows = rows.collect();
        self.lists
            .push(listing(&treatment(), ListForm::Detail, rows));
    }

    fn evidence(self) -> Evidence {
        let mut history = self.history;
        let mut papers = BTreeMap::new();
        for listing in self.lists {
            let sha256 = sha256_hex(canonical_json(&listing).as_bytes());
            let name = listing.form.file_of(&listing.party);
            let digest = PaperDigest {
                sha256: sha256.clone(),
                rows: listing.rows.len() as u64,
                sources: BTreeMap::new(),
            };
            papers.insert(name.clone(), digest);
            let listing = Ok(listing);
            let file = PaperFile { sha256, listing };
            history.evidence.papers.insert(name, file);
        }
        history.write(Payload::Listed(Listed { papers }));
        history.evidence
    }
}

fn bent(swipes: &'static [Swipe], bend: fn(&mut Papers)) -> Evidence {
    let mut papers = Papers::of(swipes);
    bend(&mut papers);
    papers.evidence()
}

/// A name, and what was done to the files after the journal had named them.
type Damage = (&'static str, fn(&mut BTreeMap<String, PaperFile>, &str));

const DAMAGED: &[Damage] = &[
    ("a file is gone", |files, name| drop(files.remove(name))),
    ("a file is another", |files, name| {
        files.get_mut(name).unwrap().sha256 = "0".repeat(64);
    }),
    ("a file cannot be read", |files, name| {
        files.get_mut(name).unwrap().listing = Err("line 1".to_owned());
    }),
    ("a file holds another party's list", |files, name| {
        let party = insured();
        files.get_mut(name).unwrap().listing.as_mut().unwrap().party = party;
    }),
    ("a file that the journal does not name", |files, name| {
        let again = files[name].clone();
        files.insert("hub-999999.list.json".to_owned(), again);
    }),
];

#[test]
fn what_papers_show_is_told_word_for_word() {
    let mut now: Vec<(String, String)> = Vec::new();
    for (name, swipes, bend) in BENT {
        let judgement = judged(&bent(swipes, *bend));
        let rules = judgement.rules.iter();
        let levels: Vec<String> = rules
            .filter(|rule| rule.compared > 0)
            .map(|rule| format!("{} {:?} {:?}", rule.rule, rule.state, rule.level))
            .collect();
        let lines = [
            whole(&judgement),
            format!("{:?}", judgement.level),
            levels.join(", "),
        ];
        let lines = [&lines[..], &[counted(&judgement)]].concat();
        let lines: Vec<&str> = lines
            .iter()
            .flat_map(|text| text.lines())
            .map(str::trim_end)
            .collect();
        now.push(((*name).to_owned(), lines.join("\n")));
    }
    for (name, damage) in DAMAGED {
        let mut evidence = bent(TWO, |_| {});
        damage(&mut evidence.papers, &ListForm::List.file_of(&hub()));
        now.push(((*name).to_owned(), whole(&judged(&evidence))));
    }
    hold(include_str!("papers.txt"), &now);
}

/// What is wrong on paper never becomes clean, and honest papers are.
#[test]
fn only_honest_papers_are_clean() {
    let clean = bent(TWO, |_| {});
    let judgement = judged(&clean);
    assert_eq!(
        (judgement.verdict, judgement.level),
        (Verdict::Clean, Level::L1)
    );
    for (name, damage) in &DAMAGED[..4] {
        let mut evidence = clean.clone();
        damage(&mut evidence.papers, &ListForm::List.file_of(&hub()));
        assert_ne!(judged(&evidence).verdict, Verdict::Clean, "{name}");
    }
    let certified = crate::certificate(&clean, &judgement);
    let value: serde_json::Value = serde_json::from_str(&certified).unwrap();
    let papers = value["papers"][0]["papers"].as_object().unwrap();
    assert_eq!(papers.len(), 4, "the certificate names all papers");
}

/// The same papers read from files, as whoever reads a folder hands them in.
#[test]
fn papers_are_read_from_the_files_that_bear_their_names() {
    let evidence = bent(TWO, |papers| {
        papers.sheet();
    });
    for (name, file) in &evidence.papers {
        let text = canonical_json(file.listing.as_ref().unwrap());
        let read = crate::read_paper(name, text.as_bytes()).unwrap();
        assert_eq!((&read.sha256, &read.listing), (&file.sha256, &file.listing));
        assert!(crate::read_paper("his-H1.t0.json", text.as_bytes()).is_none());
        let cut = crate::read_paper(name, &text.as_bytes()[1..]).unwrap();
        assert!(cut.listing.is_err() && cut.sha256 != file.sha256);
    }
    let times: Vec<Moment> = evidence.records.iter().map(|record| record.at).collect();
    assert!(times.is_sorted(), "a history goes forward");
}

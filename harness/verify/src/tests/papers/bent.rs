//! 清单之曲 · The ways in which honest papers are bent, each with what a reader may call it.

use crosswipe_domain::{ListRow, Party, Pseudonym, RowSays, TxId};

use super::{FIVE, Papers, SIX, Swipe, TWINS, TWO, placed};
use crate::Review;
use crate::testkit::{BYSTANDER, OTHER, at, his, hub, insured, path, treatment};

/// A name, the swipes, and how their honest papers are bent.
pub(super) type Bent = (&'static str, &'static [Swipe], fn(&mut Papers));

fn undone_not_shown(papers: &mut Papers, by: &[Party]) {
    for party in by {
        papers.list(party).remove(1);
    }
}

pub(super) const BENT: &[Bent] = &[
    ("all well", TWO, |_| {}),
    ("all well, and a sheet says the same", TWO, |papers| {
        papers.sheet();
    }),
    ("the undo called by the row itself", TWO, |papers| {
        for party in path() {
            let list = papers.list(&party);
            list.remove(1);
            list[0].says = RowSays::Undone;
        }
    }),
    ("one party has not undone it", TWO, |papers| {
        undone_not_shown(papers, &[insured()])
    }),
    ("two have not, the institution among them", TWO, |papers| {
        undone_not_shown(papers, &[his(), treatment()]);
    }),
    ("two have not, the institution has", TWO, |papers| {
        undone_not_shown(papers, &[hub(), insured()]);
    }),
    ("three have not", TWO, |papers| {
        undone_not_shown(papers, &[his(), treatment(), hub()])
    }),
    ("nobody has", TWO, |papers| {
        undone_not_shown(papers, &path())
    }),
    ("settled twice", TWO, |papers| {
        let mut again = papers.list(&hub())[0].clone();
        (again.setl_id, again.place) = ("S-a2".to_owned(), "hub.csv:9".to_owned());
        again.txid = Some(TxId::parse("a/2207").unwrap());
        papers.list(&hub()).push(again);
    }),
    ("one row in two files of one party", TWO, |papers| {
        let again = papers.list(&hub())[0].clone();
        papers.list(&hub()).push(again);
    }),
    ("settled twice, one of them called undone", TWO, |papers| {
        let list = papers.list(&hub());
        list.remove(1);
        let mut again = list[0].clone();
        (again.setl_id, again.place) = ("S-a2".to_owned(), "hub.csv:9".to_owned());
        again.txid = Some(TxId::parse("a/2207").unwrap());
        again.says = RowSays::Undone;
        list.push(again);
    }),
    ("settled twice and undone twice", TWO, |papers| {
        let list = papers.list(&hub());
        let [mut settled, mut mirror] = [list[0].clone(), list[1].clone()];
        settled.txid = Some(TxId::parse("a/2207").unwrap());
        (settled.setl_id, settled.place) = ("S-a2".to_owned(), "hub.csv:8".to_owned());
        mirror.txid = settled.txid.clone();
        (mirror.setl_id, mirror.place) = ("R-a2".to_owned(), "hub.csv:9".to_owned());
        list.extend([settled, mirror]);
    }),
    ("one refund in two files of one party", TWO, |papers| {
        let again = papers.list(&hub())[1].clone();
        papers.list(&hub()).push(again);
    }),
    (
        "two refunds under one number, of two amounts",
        TWO,
        |papers| {
            let mut again = papers.list(&hub())[1].clone();
            again.total = Some(-9_999);
            papers.list(&hub()).push(again);
        },
    ),
    (
        "two refunds that bear the number of what they refund",
        TWO,
        |papers| {
            let mirror = &mut papers.list(&hub())[1];
            mirror.setl_id = mirror.original.clone();
            let again = mirror.clone();
            papers.list(&hub()).push(again);
        },
    ),
    ("two refunds that bear no number", TWO, |papers| {
        papers.list(&hub())[1].setl_id.clear();
        let again = papers.list(&hub())[1].clone();
        papers.list(&hub()).push(again);
    }),
    ("undone twice", TWO, |papers| {
        let mut again = papers.list(&hub())[1].clone();
        (again.setl_id, again.place) = ("R-a2".to_owned(), "hub.csv:9".to_owned());
        papers.list(&hub()).push(again);
    }),
    ("one fen too little came back", TWO, |papers| {
        papers.list(&hub())[1].total = Some(-9_999)
    }),
    ("one fen too much came back", TWO, |papers| {
        papers.list(&hub())[1].total = Some(-10_001)
    }),
    ("it came back with the wrong sign", TWO, |papers| {
        papers.list(&hub())[1].total = Some(10_000)
    }),
    ("its refund alone", TWO, |papers| {
        drop(papers.list(&hub()).remove(0))
    }),
    (
        "a refund that bears the number of what it refunds",
        TWO,
        |papers| {
            let mirror = &mut papers.list(&hub())[1];
            mirror.setl_id = std::mem::take(&mut mirror.original);
        },
    ),
    ("a refund that names only the visit", TWO, |papers| {
        let mirror = &mut papers.list(&hub())[1];
        (mirror.setl_id, mirror.original) = ("X".to_owned(), String::new());
    }),
    ("a refund that names nothing", TWO, |papers| {
        let mirror = &mut papers.list(&hub())[1];
        (mirror.setl_id, mirror.original) = ("X".to_owned(), String::new());
        mirror.mdtrt_id.clear();
    }),
    (
        "a refund of nothing, before what it should refund",
        TWO,
        |papers| {
            let mirror = &mut papers.list(&hub())[1];
            (mirror.setl_id, mirror.original) = ("X".to_owned(), String::new());
            mirror.mdtrt_id.clear();
            mirror.time = Some(at("2017-06-02T09:30:30+08:00"));
        },
    ),
    ("rows that name only the visit", TWO, |papers| {
        papers
            .list(&hub())
            .iter_mut()
            .for_each(|row| row.setl_id.clear());
    }),
    ("rows that name nothing", TWO, |papers| {
        for row in papers.list(&hub()) {
            row.setl_id.clear();
            row.mdtrt_id.clear();
        }
    }),
    ("a number mistyped", TWO, |papers| {
        let row = &mut papers.list(&hub())[0];
        (row.setl_id, row.mdtrt_id) = ("S-x".to_owned(), String::new());
    }),
    (
        "an amount mistyped in a row without numbers",
        TWO,
        |papers| {
            let row = &mut papers.list(&hub())[0];
            (row.setl_id, row.mdtrt_id, row.total) = (String::new(), String::new(), Some(1));
        },
    ),
    ("a number and an amount mistyped", TWO, |papers| {
        let row = &mut papers.list(&hub())[0];
        (row.setl_id, row.total) = ("S-x".to_owned(), Some(1));
    }),
    ("one number given to two", TWO, |papers| {
        papers.list(&hub())[2].setl_id = "S-a".to_owned()
    }),
    ("twins without numbers", TWINS, |papers| {
        for row in papers.list(&hub()) {
            (row.setl_id, row.mdtrt_id, row.original) = Default::default();
        }
    }),
    ("no list of one party", TWO, |papers| {
        papers.lists.retain(|list| list.party != hub())
    }),
    ("five without a list", FIVE, |papers| {
        papers.lists.retain(|list| list.party != hub())
    }),
    ("six without a list", SIX, |papers| {
        papers.lists.retain(|list| list.party != hub())
    }),
    ("no papers at all", TWO, |papers| papers.lists.clear()),
    ("a sheet alone", TWO, |papers| {
        papers.lists.clear();
        papers.sheet();
    }),
    ("a list of another day", TWO, |papers| {
        let days = &mut papers.lists[2].sources[0].days;
        let day = at("2017-06-03T00:00+08:00").day();
        *days = vec![(day, day)];
        papers.lists[2].rows.clear();
    }),
    ("a list of another institution", TWO, |papers| {
        papers.lists[2].sources[0].institution = Some("H99999999999".to_owned());
        papers.lists[2].rows.clear();
    }),
    ("not in one list", TWO, |papers| {
        drop(papers.list(&hub()).drain(..2))
    }),
    ("not in two lists", TWO, |papers| {
        for party in [hub(), insured()] {
            papers.list(&party).drain(..2);
        }
    }),
    ("in one list alone", TWO, |papers| {
        for party in [treatment(), hub(), insured()] {
            papers.list(&party).drain(..2);
        }
    }),
    ("on the sheet and in no list", TWO, |papers| {
        for party in path() {
            papers.list(&party).drain(..2);
        }
        papers.sheet();
    }),
    ("a list that names no persons", TWO, |papers| {
        papers.lists[3].sources[0].names_persons = false;
    }),
    ("amounts of two parties differ", TWO, |papers| {
        let row = &mut papers.list(&insured())[0];
        (row.total, row.fund) = (Some(10_001), Some(5_001));
        (row.account, row.cash) = (Some(2_501), Some(2_499));
    }),
    ("numbers of two parties differ", TWO, |papers| {
        papers.list(&his())[0].msgid = "m-1".to_owned();
        let row = &mut papers.list(&insured())[0];
        (row.mdtrt_id, row.msgid) = ("M-x".to_owned(), "m-2".to_owned());
        row.institution = "H99999999999".to_owned();
    }),
    ("what a party does not say does not differ", TWO, |papers| {
        let row = &mut papers.list(&insured())[0];
        (row.total, row.fund, row.account, row.cash) = (None, None, None, None);
        (row.mdtrt_id, row.institution) = (String::new(), String::new());
        (row.person, row.time) = (None, None);
    }),
    ("two test persons", TWO, |papers| {
        papers.list(&insured())[0].person = Some(Pseudonym::from_evidence(OTHER));
    }),
    ("a test person and another number", TWO, |papers| {
        papers.list(&insured())[0].person = Some(Pseudonym::from_evidence(BYSTANDER));
    }),
    ("times a minute apart", TWO, |papers| {
        papers.list(&insured())[0].time = Some(at("2017-06-02T10:01:30+08:00"));
    }),
    ("times more than a minute apart", TWO, |papers| {
        papers.list(&insured())[0].time = Some(at("2017-06-02T10:01:31+08:00"));
    }),
    ("the day alone", TWO, |papers| {
        papers.list(&insured())[0].time = Some(at("2017-06-02T00:00:00+08:00"));
    }),
    ("another day alone", TWO, |papers| {
        papers.list(&insured())[0].time = Some(at("2017-06-03T00:00:00+08:00"));
    }),
    ("two papers of one party say otherwise", TWO, |papers| {
        let mut again = papers.list(&hub())[0].clone();
        (again.place, again.says, again.total) =
            ("hub2.csv:1".to_owned(), RowSays::Undone, Some(10_001));
        papers.list(&hub()).push(again);
    }),
    (
        "the sheet says another amount than every list",
        TWO,
        |papers| {
            papers.sheet()[0].total = Some(10_100);
        },
    ),
    ("the sheet calls it settled", TWO, |papers| {
        papers.sheet()[0].says = RowSays::Settled
    }),
    (
        "the sheet calls undone what one list has standing",
        TWO,
        |papers| {
            undone_not_shown(papers, &[hub()]);
            papers.sheet();
        },
    ),
    ("the sheet names another undo", TWO, |papers| {
        let row = &mut papers.sheet()[0];
        (row.undone_by, row.undone_at) = ("R-x".to_owned(), Some(at("2017-06-02T10:20:00+08:00")));
    }),
    ("the sheet names no undo", TWO, |papers| {
        let row = &mut papers.sheet()[0];
        (row.undone_by, row.undone_at) = (String::new(), None);
    }),
    ("one swipe typed twice, and otherwise", TWO, |papers| {
        let mut again = papers.sheet()[0].clone();
        (again.place, again.says, again.cash) =
            ("sheet.xlsx!2:2".to_owned(), RowSays::Settled, Some(1));
        papers.lists.last_mut().unwrap().rows.push(again);
    }),
    ("3202 finds no difference", TWO, |papers| papers.detail(&[])),
    (
        "3202: the platform alone has the settlement",
        TWO,
        |papers| {
            papers.detail(&[(RowSays::PlatformOnly, "S-a")]);
        },
    ),
    ("3202: the platform alone has the refund", TWO, |papers| {
        papers.detail(&[(RowSays::PlatformOnly, "R-a")]);
    }),
    (
        "3202: the institution alone has the settlement",
        TWO,
        |papers| {
            papers.detail(&[(RowSays::InstitutionOnly, "S-a")]);
        },
    ),
    (
        "3202: the institution alone has the refund",
        TWO,
        |papers| {
            papers.detail(&[(RowSays::InstitutionOnly, "R-a")]);
        },
    ),
    ("3202: both have it and say otherwise", TWO, |papers| {
        papers.detail(&[(RowSays::Differs, "S-a")]);
    }),
    (
        "3202: the platform has what the institution lost",
        TWO,
        |papers| {
            papers.list(&his()).drain(..2);
            papers.detail(&[(RowSays::PlatformOnly, "S-a")]);
        },
    ),
    ("3202 without the institution's list", TWO, |papers| {
        papers.detail(&[]);
        papers.lists.retain(|list| list.party != his());
    }),
    ("3202 of another day", TWO, |papers| {
        papers.detail(&[]);
        let day = at("2017-06-03T00:00+08:00").day();
        papers.lists.last_mut().unwrap().sources[0].days = vec![(day, day)];
    }),
    (
        "3202 of another day that names it all the same",
        TWO,
        |papers| {
            papers.detail(&[(RowSays::PlatformOnly, "R-a")]);
            let day = at("2017-06-03T00:00+08:00").day();
            papers.lists.last_mut().unwrap().sources[0].days = vec![(day, day)];
        },
    ),
    ("3202 beside a list of the treatment place", TWO, |papers| {
        let list = papers.lists[1].clone();
        papers.detail(&[(RowSays::InstitutionOnly, "S-a")]);
        papers.lists.push(list);
    }),
    ("rows of test persons that no swipe claims", TWO, |papers| {
        for (place, says) in [
            RowSays::Settled,
            RowSays::Undone,
            RowSays::Mirror,
            RowSays::PlatformOnly,
            RowSays::InstitutionOnly,
            RowSays::Differs,
        ]
        .into_iter()
        .enumerate()
        {
            let row = ListRow {
                says,
                setl_id: format!("S-{place}"),
                person: Some(Pseudonym::from_evidence(OTHER)),
                total: Some(1),
                ..ListRow::default()
            };
            papers
                .list(&hub())
                .push(placed(format!("hub.csv:{}", 90 + place), row));
        }
    }),
    ("a row of somebody else", TWO, |papers| {
        let row = ListRow {
            setl_id: "S-9".to_owned(),
            person: Some(Pseudonym::from_evidence(BYSTANDER)),
            ..ListRow::default()
        };
        papers
            .list(&hub())
            .push(placed("hub.csv:90".to_owned(), row));
    }),
    ("settled before any test may be", TWO, |papers| {
        all_times(
            papers,
            "2017-06-02T08:59:59+08:00",
            "2017-06-02T10:10:30+08:00",
        );
    }),
    ("settled as the window opens", TWO, |papers| {
        all_times(
            papers,
            "2017-06-02T09:00:00+08:00",
            "2017-06-02T10:10:30+08:00",
        );
    }),
    ("undone as the window ends", TWO, |papers| {
        all_times(
            papers,
            "2017-06-02T10:00:30+08:00",
            "2017-06-04T18:00:00+08:00",
        );
    }),
    ("undone just before the window ends", TWO, |papers| {
        all_times(
            papers,
            "2017-06-02T10:00:30+08:00",
            "2017-06-04T17:59:59+08:00",
        );
    }),
    (
        "on a day when no test may be, at no known time",
        TWO,
        |papers| {
            all_times(
                papers,
                "2017-06-01T00:00:00+08:00",
                "2017-06-05T00:00:00+08:00",
            );
        },
    ),
    ("the journal itself is damaged", TWO, |papers| {
        papers.history.evidence.journal.defect =
            Some("journal:torn seq 3: hash differs".to_owned());
    }),
    (
        "the journal is damaged in words that name no class",
        TWO,
        |papers| {
            papers.history.evidence.journal.defect = Some("no chain".to_owned());
        },
    ),
    ("the review was tampered with", TWO, |papers| {
        papers.history.evidence.review = Review {
            lines: Vec::new(),
            defect: Some((2, "hash differs")),
        };
    }),
    ("nothing was swiped", &[], |_| {}),
];

/// The first swipe at all parties at other times.
fn all_times(papers: &mut Papers, settled: &str, undone: &str) {
    for party in path() {
        let list = papers.list(&party);
        list[0].time = Some(at(settled));
        list[1].time = Some(at(undone));
    }
}

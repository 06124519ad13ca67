//! 在外的世界 · A `crosswipe serve` of the test's own, and what its parties show to whoever asks them directly.
//!
//! Asked with a plain socket: what a test compares must not come through the harness that it tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use crosswipe_domain::{CellKey, Entry, Export, Party};
use crosswipe_runner::clock::Stopwatch;

use super::{DEADLINE, PAUSE, Started, plan, start};

/// A served world; its process ends with it.
pub(crate) struct World {
    pub(crate) books: PathBuf,
    pub(crate) parties: BTreeMap<Party, SocketAddr>,
    started: Started,
}

impl World {
    /// pair-demo, served from this folder.
    #[track_caller]
    pub(crate) fn serve(books: PathBuf) -> World {
        World::serve_plan(books, &plan("pair-demo"))
    }

    /// Any plan, served from this folder.
    #[track_caller]
    pub(crate) fn serve_plan(books: PathBuf, plan: &str) -> World {
        World::serve_with(books, plan, &[])
    }

    /// With more of its options.
    #[track_caller]
    pub(crate) fn serve_with(books: PathBuf, plan: &str, more: &[&str]) -> World {
        let dir = books.display().to_string();
        let args = ["serve", plan, "--books", &dir, "--json"];
        let mut started = start(&[&args, more].concat());
        let begun = Stopwatch::start();
        while !started.said("out").ends_with("}\n") {
            assert!(
                started.lives() && begun.elapsed() < DEADLINE,
                "{}",
                started.said("err")
            );
            std::thread::sleep(PAUSE);
        }
        let said: serde_json::Value = serde_json::from_str(&started.said("out")).unwrap();
        let parties = serde_json::from_value(said["parties"].clone()).unwrap();
        World {
            books,
            parties,
            started,
        }
    }

    pub(crate) fn dir(&self) -> String {
        self.books.display().to_string()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.started.child.id()
    }

    /// SIGKILL, and started again on the same books.
    #[track_caller]
    pub(crate) fn killed_and_served_again(self) -> World {
        let (books, parties) = (self.books, self.parties);
        self.started.kill();
        let again = World::serve(books);
        assert_eq!(
            again.parties, parties,
            "the same parties at the same addresses"
        );
        again
    }

    /// SIGKILL.
    #[track_caller]
    pub(crate) fn kill(self) -> PathBuf {
        self.started.kill();
        self.books
    }

    /// What a party says to a GET.
    #[track_caller]
    fn get(&self, party: &Party, path: &str) -> String {
        let mut stream = TcpStream::connect(self.parties[party]).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: books\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        body.to_owned()
    }

    /// What any party says to a POST.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        let at = self.parties.values().next().unwrap();
        let mut stream = TcpStream::connect(at).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: books\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// All books as they stand; when they were looked at is no part of them.
    #[track_caller]
    pub(crate) fn look(&self) -> Books {
        let shown = self.parties.keys().map(|party| {
            let path = format!("/__admin/export/{}", party.role.name());
            let export: Export = serde_json::from_str(&self.get(party, &path)).unwrap();
            (party.clone(), export)
        });
        Books(shown.collect())
    }

    /// Whether any party knows of a message.
    #[track_caller]
    pub(crate) fn knows(&self, msgid: &str) -> bool {
        self.parties.keys().any(|party| {
            let path = format!("/__admin/log/{}?from=0", party.role.name());
            self.get(party, &path).contains(msgid)
        })
    }
}

/// The books of all parties at one time.
pub(crate) struct Books(pub(crate) BTreeMap<Party, Export>);

impl Books {
    /// Rows of all logs together.
    pub(crate) fn rows(&self) -> u64 {
        self.0.values().map(|export| export.lsn).sum()
    }

    /// Every balance is as it was, history has only grown, nothing born since stands open, and no posting was
    /// negated twice. Says how many settlements were reversed since, at the insured places, and how many postings differ.
    #[track_caller]
    pub(crate) fn must_be_rolled_back_to(&self, before: &Books, what: &str) -> u64 {
        let mut reversals = 0;
        for (party, now) in &self.0 {
            let was = &before.0[party];
            assert_eq!(cells(now), cells(was), "{what}: balances of {party}");
            let known = was.log.len();
            assert!(now.log[..known] == was.log[..], "{what}: log of {party}");
            let old: BTreeSet<_> = was.rows.iter().map(|row| (&row.kind, &row.id)).collect();
            for row in &now.rows {
                if !old.contains(&(&row.kind, &row.id)) {
                    assert!(row.is_terminal(), "{what}: {party} {} {}", row.kind, row.id);
                }
            }
            let (mut negated, mut settlements) = (BTreeSet::new(), BTreeSet::new());
            for row in &now.log {
                if let Entry::Posting {
                    reverses: Some(original),
                    ..
                } = &row.entry
                {
                    let first = negated.insert(*original);
                    assert!(first, "{what}: {party} #{original} negated twice");
                    let settled = matches!(
                        now.log[*original as usize].cause.infno.as_str(),
                        "2207" | "2304"
                    );
                    if settled && row.seq >= known as u64 {
                        settlements.insert(row.group);
                    }
                }
            }
            if party.role == crosswipe_domain::Role::Insured {
                reversals += settlements.len() as u64;
            }
        }
        reversals
    }
}

/// Balances that are not nothing.
fn cells(export: &Export) -> BTreeMap<&CellKey, i64> {
    let cells = export.cells.iter().map(|cell| (&cell.key, cell.value));
    cells.filter(|(_, value)| *value != 0).collect()
}

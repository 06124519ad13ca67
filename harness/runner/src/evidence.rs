//! 取证 · Looks at the parties' books: whole exports at t0, t1 and t2, log tails at tm.
//!
//! Why so: what a party shows is kept as it was shown, with one change: person numbers become
//! pseudonyms before anything is written. The digest of the bytes on disk goes into the journal, so
//! that a changed file shows. Not here: how books are read (`books`), what they should hold (`verify`).

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;

use bytes::Bytes;
use crosswipe_domain::{
    CaseId, LogRow, Look, Party, ShownLook, canonical_json, sha256_hex, with_rows,
};
use crosswipe_journal::{ExportDigest, Payload, Snapshot, TailDigest, Tails};
use crosswipe_rollback::Fold;

use crate::books::Looked;
use crate::desk::{Desk, Halt, lock};
use crate::transport::{Call, Transport};

/// Which look at the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instant {
    T0,
    T1,
    T2,
}

impl Instant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Instant::T0 => "t0",
            Instant::T1 => "t1",
            Instant::T2 => "t2",
        }
    }
}

impl<T: Transport> Desk<T> {
    /// Takes the exports of all parties, writes them, and records their digests. Says who did not answer.
    pub(crate) async fn snapshot(
        self: &Arc<Self>,
        instant: Instant,
    ) -> Result<BTreeMap<Party, String>, Halt> {
        let parties: Vec<Party> = self.looked.keys().cloned().collect();
        let one_by_one = Arc::new(tokio::sync::Mutex::new(()));
        let tasks: Vec<_> = parties
            .into_iter()
            .map(|party| {
                let desk = Arc::clone(self);
                let turn = self.sparing.then(|| Arc::clone(&one_by_one));
                tokio::spawn(async move {
                    let _turn = match &turn {
                        Some(turn) => Some(turn.lock().await),
                        None => None,
                    };
                    (desk.keep_export(&party, instant).await, party)
                })
            })
            .collect();
        let mut snapshot = Snapshot {
            exports: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        for task in tasks {
            let (kept, party) = task.await.map_err(|error| Halt::Bug(error.to_string()))?;
            match kept? {
                Ok(digest) => snapshot.exports.insert(party, digest).map(drop),
                Err(why) => snapshot.missing.insert(party, why).map(drop),
            };
        }
        let missing = snapshot.missing.clone();
        self.must_still_be_there(&missing).await?;
        let payload = match instant {
            Instant::T0 => Payload::Snap0(snapshot),
            Instant::T1 => Payload::Snap1(snapshot),
            Instant::T2 => Payload::Snap2(snapshot),
        };
        self.record(payload, None).await?;
        Ok(missing)
    }

    /// t0 of all parties, once; whoever does not answer ends the run.
    pub(crate) async fn first_look(self: &Arc<Self>) -> Result<(), Halt> {
        if !self.begins_to_look() {
            return Ok(());
        }
        let missing = self.snapshot(Instant::T0).await?;
        match missing.into_iter().next() {
            Some((party, why)) => Err(Halt::Unreachable {
                party: party.to_string(),
                why,
            }),
            None => Ok(()),
        }
    }

    /// One party's export on disk, and its digest; the inner error is the party's, the outer ours.
    async fn keep_export(
        &self,
        party: &Party,
        instant: Instant,
    ) -> Result<Result<ExportDigest, String>, Halt> {
        let path = format!("/__admin/export/{}", party.role.name());
        let body = match self.get(party, path).await {
            Ok(body) => body,
            Err(why) => return Ok(Err(why)),
        };
        let mut looked = self.looked[party].lock().await;
        let books = match self.books(party, body, &mut looked) {
            Ok(books) => books,
            Err(why) => return Ok(Err(why)),
        };
        if instant == Instant::T0 {
            for row in &books.log()? {
                self.msgids.is_taken(&row.cause.origin, &row.cause.msgid);
            }
            looked.next = books.lsn;
        } else if self.fold(Fold::may_be_late) {
            let log = books.log()?;
            let late = self.fold(|fold| fold.late(&log));
            lock(&self.late).extend(late.into_iter().map(|txid| (txid, party.clone())));
        }
        self.still_ours()?;
        let name = format!("{}.{}.json", party.file_stem(), instant.name());
        self.config.shelf.write(&name, books.text.as_bytes())?;
        let digest = ExportDigest {
            sha256: sha256_hex(books.text.as_bytes()),
            lsn: books.lsn,
            taken_at: books.taken_at,
        };
        looked.books = (instant == Instant::T1 && looked.remembers()).then_some(books);
        Ok(Ok(digest))
    }

    /// tm: the log tails of a case's parties since the last look at each.
    pub(crate) async fn look(&self, case: &CaseId, parties: &[Party]) -> Result<(), Halt> {
        let mut tails = Tails {
            case: case.clone(),
            looks: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        for party in parties {
            match self.look_at(case, party).await? {
                Ok(digest) => tails.looks.insert(party.clone(), digest).map(drop),
                Err(why) => tails.missing.insert(party.clone(), why).map(drop),
            };
        }
        self.must_still_be_there(&tails.missing).await?;
        self.record(Payload::Snapm(tails), None).await.map(drop)
    }

    async fn look_at(
        &self,
        case: &CaseId,
        party: &Party,
    ) -> Result<Result<TailDigest, String>, Halt> {
        let Some(looked) = self.looked.get(party) else {
            return Ok(Err("not a party of the plan".to_owned()));
        };
        if self.is_short_of_room() {
            // The room that is left is for the records of the undo.
            return Ok(Err("disk-full".to_owned()));
        }
        let mut looked = looked.lock().await;
        let path = format!("/__admin/log/{}?from={}", party.role.name(), looked.next);
        let body = match self.get(party, path).await {
            Ok(body) => body,
            Err(why) => return Ok(Err(why)),
        };
        let (line, from, lsn) = match self.look_kept(case, party, &body, &mut looked) {
            Ok(kept) => kept,
            Err(error) => return Ok(Err(format!("unreadable: {error}"))),
        };
        self.still_ours()?;
        let name = format!("{}.tm.jsonl", party.file_stem());
        match self.config.shelf.append(&name, &line) {
            Ok(()) => {}
            // A look that finds no room is a look that was not taken: what it was to precede, the undo, goes on.
            Err(Halt::File { source, .. }) if source.kind() == ErrorKind::StorageFull => {
                self.ran_out_of_room();
                return Ok(Err("disk-full".to_owned()));
            }
            Err(halt) => return Err(halt),
        }
        let digest = TailDigest {
            from,
            lsn,
            sha256: sha256_hex(line.as_bytes()),
        };
        looked.next = lsn;
        Ok(Ok(digest))
    }

    /// A look as it is kept, and where it begins and ends; what is late in it is noted.
    fn look_kept(
        &self,
        case: &CaseId,
        party: &Party,
        body: &Bytes,
        looked: &mut Looked,
    ) -> Result<(String, u64, u64), serde_json::Error> {
        let shown = ShownLook::read(body)?;
        let (from, lsn) = (shown.from, shown.lsn);
        let sent = shown.rows.clone();
        let rows = sent.iter().map(|row| serde_json::from_str(row));
        let rows: Vec<Arc<LogRow>> = rows.collect::<Result<_, _>>()?;
        let late = self.fold(|fold| fold.late(&rows));
        lock(&self.late).extend(late.into_iter().map(|txid| (txid, party.clone())));
        let start = usize::try_from(from).unwrap_or(usize::MAX);
        let texts = rows.into_iter().zip(&sent).enumerate();
        let texts: Vec<String> = texts
            .map(|(nth, (mut row, sent))| {
                let (place, sent) = (start.saturating_add(nth), body.slice_ref(sent.as_bytes()));
                self.kept_row(&mut looked.rows, place, sent, Arc::make_mut(&mut row))
            })
            .collect();
        let outside = Look {
            case: case.to_string(),
            ..shown.with(Vec::new())
        };
        let texts = texts.iter().map(String::as_str);
        Ok((
            with_rows(&canonical_json(&outside), "rows", texts),
            from,
            lsn,
        ))
    }

    pub(crate) async fn get(&self, party: &Party, path: String) -> Result<bytes::Bytes, String> {
        let context = Some(self.context(self.clock.now()));
        let answer = self
            .transport
            .exchange(
                party,
                Call {
                    path,
                    context,
                    body: None,
                },
            )
            .await;
        match answer {
            Ok(answer) if answer.status == 200 => Ok(answer.body),
            Ok(answer) => Err(format!("status {}", answer.status)),
            Err(lost) => Err(lost.to_string()),
        }
    }
}

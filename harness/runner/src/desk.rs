//! 工作台 · What all tasks of a run share: plan, clock, journal, fold, network, and the one way to write a record.
//!
//! Why one place: every event gets its number and instant under one lock, and work goes on only after
//! its start is recorded. No lock is held while anything waits.
//! Not here: what is written (`deliver`, `compensate`, `case`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{
    CaseId, Channel, InstitutionCode, Moment, MsgId, Party, PersonNo, Persona, Pseudonym,
    PseudonymKey, RunId, TxId,
};
use crosswipe_journal::{
    Check, CompIntent, Draft, History, Intent, Interrupted, Journal, JournalError, Note, Payload,
    Record, UndoPlan,
};
use crosswipe_rollback::{Fold, Patience};
use crosswipe_scenarios::{Live, Operator, Plan};
use crosswipe_wire::{Context, Masker};
use tokio::sync::oneshot;

use crate::books::Looked;
use crate::caps::Spent;
use crate::clock::{Busy, Clock, Lease, Patient};
use crate::driven::Driven;
use crate::given::Given;
use crate::msgid::{MsgIds, Turn};
use crate::notice::{Bulletin, Notice};
use crate::session::Sessions;
use crate::shelf::Shelf;
use crate::transport::Transport;

/// The harness could not do its work: not a finding, an end.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The journal cannot be written: nothing more is sent.
    #[error("the journal cannot be written: {0}")]
    Journal(#[source] Arc<JournalError>),
    /// Another process took the run over: nothing more is sent or written.
    #[error("{0}")]
    TakenOver(Arc<JournalError>),
    /// A file of the run directory cannot be written.
    #[error("cannot write `{path}`: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No party answered the first look at the books.
    #[error("`{party}` does not answer: {why}")]
    Unreachable {
        /// Who.
        party: String,
        /// What was seen.
        why: String,
    },
    /// 外接 HIS 不在 · A hospital's own system is not there, or knows nothing of the run; what is open can be undone when it
    /// is back.
    #[error("the HIS of `{institution}` is not there: {why}")]
    HisGone {
        /// Whose.
        institution: String,
        /// What was seen.
        why: String,
    },
    /// The disk is full: no new business was started, and what was open is undone as far as its records found room.
    #[error(
        "the disk is full, `{path}` cannot be written; no new business was started, {open} transactions are still open"
    )]
    DiskFull {
        /// What found no room.
        path: PathBuf,
        /// Transactions that nothing proves to be undone.
        open: usize,
    },
    /// Something is open, the window has ended, and nobody allowed undo after its end: nothing more is sent.
    #[error("the window ended at `{ended}` and something is still open: nothing more is sent")]
    WindowOver {
        /// When it ended.
        ended: Moment,
    },
    /// Another task failed first; its error is the one to read.
    #[error("another task stopped the run")]
    Stopped,
    /// A bug of ours.
    #[error("internal error: {0}")]
    Bug(String),
}

impl Halt {
    /// Whether free space is all that it takes to go on.
    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            Halt::DiskFull { .. } => true,
            Halt::Journal(error) => error.is_full(),
            _ => false,
        }
    }
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Halt {
        match error {
            JournalError::TakenOver { .. } => Halt::TakenOver(Arc::new(error)),
            error => Halt::Journal(Arc::new(error)),
        }
    }
}

/// 进度 · What a run tells at once to whoever watches it.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A record is durable: cases begin and end, swipes open and close.
    Durable(&'a Record),
    /// By a wall clock nothing happens before this instant.
    WaitsUntil(Moment),
}

/// 看客 · Whoever watches a run. Called between commits, so it must not take long.
pub type Watcher = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// Real waits that are shorter are not worth a word.
const WORTH_A_WORD_MS: i64 = 10_000;

/// 许可 · A named person lets what is open be undone after the window's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What a run needs to know.
pub struct RunConfig {
    /// Where exports and looks are kept.
    pub shelf: Shelf,
    /// The run.
    pub run_id: RunId,
    /// The plan, persons in full.
    pub plan: Plan,
    /// Indices of the plan's cases that are to be run.
    pub selected: BTreeSet<usize>,
    /// Makes pseudonyms.
    pub key: PseudonymKey,
    /// Which process this is of all that ever sent to the same parties.
    pub turn: Turn,
    /// Most cases in flight; `None` = as many as there are independent chains of persons.
    pub jobs: Option<usize>,
    /// 真实目标 · `Some`: the parties are real systems, with what the plan declares of them; `None`: mock parties.
    pub live: Option<Live>,
    /// 外接 HIS · Hospitals whose own systems are driven; the others are mocks or, in a live run, targets.
    pub driven: BTreeMap<Party, Driven>,
    /// How long to wait and how often to try.
    pub patience: Patience,
    /// Who allowed undo after the window's end, if anybody did.
    pub after_window: Option<Permit>,
    /// True: the first look at the books is taken only when the first case has swiped, which makes the proof worthless:
    /// so that it can be seen that nobody believes it.
    pub first_look_late: bool,
    /// 来文 · Where bounds that are moved meanwhile come from; `None` = only those that the plan has.
    pub bulletin: Option<Bulletin>,
    /// Is told how it goes.
    pub progress: Watcher,
}

/// 工作台 · Shared by all tasks.
pub(crate) struct Desk<T> {
    pub(crate) config: RunConfig,
    /// The window as it stands.
    pub(crate) notice: Notice,
    /// The first look at the books has begun.
    looked_first: AtomicBool,
    pub(crate) clock: Arc<Clock>,
    pub(crate) journal: Journal,
    pub(crate) transport: T,
    pub(crate) masker: Masker,
    pub(crate) msgids: MsgIds,
    pub(crate) sessions: tokio::sync::Mutex<Sessions>,
    /// What was settled at real systems, against the plan's caps.
    pub(crate) spent: Mutex<Spent>,
    /// 经办人 · Who sends.
    pub(crate) operator: Operator,
    /// How far each party's books were seen; the lock keeps looks at one party in order.
    pub(crate) looked: BTreeMap<crosswipe_domain::Party, tokio::sync::Mutex<Looked>>,
    pub(crate) first_probes: Mutex<BTreeMap<Pseudonym, Probed>>,
    /// I10 on undo answers, by case, until the case takes them.
    pub(crate) undo_checks: Mutex<BTreeMap<CaseId, Vec<Check>>>,
    /// Masked texts of messages that may have to be sent again, until their τ is closed.
    sent_texts: Mutex<BTreeMap<TxId, String>>,
    /// Undos that may have to be sent again, with their masked texts, until their τ is closed.
    sent_undos: Mutex<BTreeMap<TxId, Vec<(CompIntent, String)>>>,
    /// Closed τ that the look being taken shows standing, and where.
    pub(crate) late: Mutex<BTreeMap<TxId, crosswipe_domain::Party>>,
    /// Set once it is in the journal that the window has ended: with the permit to undo all the same, or without one.
    pub(crate) permitted: tokio::sync::OnceCell<()>,
    /// Of the mock world's strangers: none of them is ever a number of ours.
    pub(crate) strange_msgids: MsgIds,
    pub(crate) halted: AtomicBool,
    /// No room was found for a file beside the journal, so none is to be expected for its records either.
    short_of_room: AtomicBool,
    /// It was written down that no new business begins.
    told_short: AtomicBool,
    lease: Lease,
    /// What this run is called towards parties: its id and the head of its chain, since ids are folders' names and may repeat.
    called: String,
    own_numbers: AtomicU64,
    /// Ids that answers gave.
    pub(crate) given: Given,
    fold: Arc<Mutex<Fold>>,
    personas: BTreeMap<Pseudonym, usize>,
    /// Names of the plan's persons by number: asked for on every log row.
    names: BTreeMap<PersonNo, Pseudonym>,
    /// Held while a record gets its instant and its place in the journal's queue.
    order: Mutex<()>,
    /// 省 · Books are looked at one after the other, and nothing of a look is remembered: it goes on for as long as
    /// somebody wants, and may need no more room than what was booked.
    pub(crate) sparing: bool,
}

/// 探针 · Where a person's probe was made, so that the last one is made alike.
#[derive(Clone, Debug)]
pub(crate) struct Probed {
    pub(crate) label: String,
    pub(crate) institution: InstitutionCode,
    pub(crate) channel: Channel,
}

impl<T: Transport> Desk<T> {
    pub(crate) fn new(
        config: RunConfig,
        clock: Arc<Clock>,
        journal: Journal,
        transport: T,
    ) -> Desk<T> {
        let personas = &config.plan.registry.personas;
        let names: BTreeMap<PersonNo, Pseudonym> = personas
            .iter()
            .map(|persona| (persona.no.clone(), config.key.pseudonym(&persona.no)))
            .collect();
        let numbered = personas
            .iter()
            .enumerate()
            .map(|(index, persona)| (names[&persona.no].clone(), index))
            .collect();
        let parties = config.plan.topology.parties();
        let shows = |party: &Party| match &config.live {
            Some(live) => live.books.contains_key(party),
            None => config.driven.get(party).is_none_or(|one| one.books),
        };
        let looked = parties
            .into_iter()
            .filter(shows)
            .map(|party| (party, tokio::sync::Mutex::default()))
            .collect();
        let live = config.live.as_ref();
        let operator = live.map_or_else(Operator::of_mocks, |live| live.operator.clone());
        let called = format!("{}@{:.12}", config.run_id, journal.head_of_chain());
        Desk {
            masker: masker(personas, &operator, &config.key),
            operator,
            msgids: MsgIds::of(config.turn),
            strange_msgids: MsgIds::of_strangers(config.turn),
            fold: Arc::new(Mutex::new(Fold::new(config.patience))),
            notice: Notice::of(&config.plan),
            config,
            looked_first: AtomicBool::new(false),
            clock,
            journal,
            transport,
            sessions: tokio::sync::Mutex::default(),
            spent: Mutex::default(),
            looked,
            first_probes: Mutex::default(),
            undo_checks: Mutex::default(),
            sent_texts: Mutex::default(),
            sent_undos: Mutex::default(),
            late: Mutex::default(),
            permitted: tokio::sync::OnceCell::new(),
            halted: AtomicBool::new(false),
            short_of_room: AtomicBool::new(false),
            told_short: AtomicBool::new(false),
            lease: Lease::begin(),
            called,
            own_numbers: AtomicU64::new(0),
            given: Given::default(),
            personas: numbered,
            names,
            order: Mutex::new(()),
            sparing: false,
        }
    }

    /// From now on little is remembered.
    pub(crate) fn spare(&mut self) {
        self.sparing = true;
        for looked in self.looked.values_mut() {
            *looked = tokio::sync::Mutex::new(Looked::sparing());
        }
    }

    /// Whether whoever asks is to take the first look at the books: true once.
    pub(crate) fn begins_to_look(&self) -> bool {
        !self.looked_first.swap(true, Ordering::SeqCst)
    }

    /// Takes in what a journal held before this process: what is open, which msgids are used up, how far each log was seen.
    pub(crate) async fn recall(&self, history: &History) {
        for record in &history.records {
            lock(&self.fold).apply(record);
            let sent = match &record.payload {
                Payload::Intent(intent) => Some((&intent.origin, &intent.msgid)),
                Payload::CompIntent(comp) => Some((&comp.origin, &comp.msgid)),
                Payload::Played(played) => Some((&played.origin, &played.msgid)),
                _ => None,
            };
            if let Some((origin, msgid)) = sent {
                self.msgids.is_taken(origin, msgid.as_str());
            }
            if let (Payload::Intent(intent), Some(text)) =
                (&record.payload, history.messages.get(&record.seq))
            {
                self.keep_sent(intent, text);
            }
            match &record.payload {
                Payload::CompIntent(comp) => {
                    if let Some(text) = history.messages.get(&record.seq) {
                        self.keep_undo(comp, text);
                    }
                }
                Payload::Window(moved) => self.notice.is_written(&moved.amendment),
                Payload::Verified(verified) => self.forget_sent(&verified.txid),
                Payload::Outcome(ended) => self.recall_session(ended).await,
                Payload::Snap0(snapshot) => {
                    for (party, digest) in &snapshot.exports {
                        self.seen_up_to(party, digest.lsn).await;
                    }
                }
                Payload::Snapm(tails) => {
                    for (party, digest) in &tails.looks {
                        self.seen_up_to(party, digest.lsn).await;
                    }
                }
                _ => {}
            }
        }
    }

    /// What was sent for a τ, to the byte, if it can be had again.
    pub(crate) fn sent_again(&self, intent: &Intent, persona: &Persona) -> Option<String> {
        let masked = lock(&self.sent_texts).get(&intent.txid).cloned()?;
        self.unmasked(&masked, &intent.digest, persona)
    }

    /// An undo as it was sent, to the byte, and its last COMP_INTENT. What a message carries may have changed since
    /// (a sign-in number), and the same msgid with other bytes is refused where the bytes are remembered.
    pub(crate) fn undo_sent_again(
        &self,
        txid: &TxId,
        msgid: &MsgId,
        persona: &Persona,
    ) -> Option<(CompIntent, String)> {
        let (comp, masked) = {
            let sent = lock(&self.sent_undos);
            let mut undos = sent.get(txid)?.iter();
            undos.find(|(comp, _)| comp.msgid == *msgid).cloned()?
        };
        let body = self.unmasked(&masked, &comp.digest, persona)?;
        Some((comp, body))
    }

    /// A kept text with the person's values put back, if its digest agrees.
    fn unmasked(&self, masked: &str, digest: &str, persona: &Persona) -> Option<String> {
        let shown = self.pseudonym(&persona.no);
        let with = |id: &str| {
            let body = masked
                .replace(&format!("{shown}-ID"), id)
                .replace(OPERATOR_NAME, &self.operator.name)
                .replace(&format!("{shown}-CARD"), &persona.card_sn)
                .replace(&format!("{shown}-NAME"), &persona.name)
                .replace(shown.as_str(), persona.no.reveal());
            (self.config.key.digest(body.as_bytes()) == digest).then_some(body)
        };
        // The check character may have been sent as a small letter.
        let id = persona.id_number.reveal();
        with(id).or_else(|| with(&id.to_ascii_lowercase()))
    }

    /// Keeps the masked text of a message that may have to be sent again.
    pub(crate) fn keep_sent(&self, intent: &Intent, masked: &str) {
        if intent.undo != UndoPlan::Nothing && !intent.infno.reversible() {
            lock(&self.sent_texts).insert(intent.txid.clone(), masked.to_owned());
        }
    }

    /// Keeps an undo that may have to be sent again.
    pub(crate) fn keep_undo(&self, comp: &CompIntent, masked: &str) {
        let mut sent = lock(&self.sent_undos);
        let undos = sent.entry(comp.txid.clone()).or_default();
        undos.retain(|(known, _)| known.msgid != comp.msgid);
        undos.push((comp.clone(), masked.to_owned()));
    }

    /// A closed τ is never sent again.
    pub(crate) fn forget_sent(&self, txid: &TxId) {
        lock(&self.sent_texts).remove(txid);
        lock(&self.sent_undos).remove(txid);
    }

    async fn seen_up_to(&self, party: &crosswipe_domain::Party, lsn: u64) {
        if let Some(looked) = self.looked.get(party) {
            let mut looked = looked.lock().await;
            looked.next = looked.next.max(lsn);
        }
    }

    /// Writes a record and waits until it is durable and folded.
    pub(crate) async fn record(
        &self,
        payload: Payload,
        message: Option<String>,
    ) -> Result<Moment, Halt> {
        let (at, durable) = self.submit(payload, message);
        durable
            .await
            .map_err(|_| Halt::Bug("the journal's writer is gone".to_owned()))??;
        // Whoever waited for a record that took the reserve tells the others before anything else is done.
        self.is_short_of_room();
        Ok(at)
    }

    /// Writes a record that may become durable with the next commit.
    pub(crate) fn record_lazily(&self, payload: Payload, message: Option<String>) -> Moment {
        let _order = lock(&self.order);
        let at = self.clock.now();
        self.journal.append_lazily(Draft {
            at,
            payload,
            message,
        });
        at
    }

    /// Puts a record into the journal's queue; its instant is that of the queue. The receiver yields when it is durable.
    fn submit(
        &self,
        payload: Payload,
        message: Option<String>,
    ) -> (Moment, oneshot::Receiver<Result<(), Halt>>) {
        let (tell, told) = oneshot::channel();
        let fold = Arc::clone(&self.fold);
        let watcher = Arc::clone(&self.config.progress);
        let _order = lock(&self.order);
        let at = self.clock.now();
        self.journal.append(
            Draft {
                at,
                payload,
                message,
            },
            move |written: Result<Record, JournalError>| {
                let result = written.map(|record| {
                    lock(&fold).apply(&record);
                    watcher(Progress::Durable(&record));
                });
                // Whoever waited may be gone; the record stands all the same.
                let _ = tell.send(result.map_err(Halt::from));
            },
        );
        (at, told)
    }

    /// After the first failure of any task nobody sends anything more.
    pub(crate) fn stop_all_if_failed(&self, ended: Result<(), Halt>) -> Result<(), Halt> {
        if ended.is_err() {
            self.halted.store(true, Ordering::Relaxed);
        }
        ended
    }

    /// Asked before each message, and again right before its first byte: after a failed commit nothing leaves, not even
    /// what needs no durable record.
    pub(crate) fn may_send(&self) -> Result<(), Halt> {
        if let Some(failed) = self.journal.failed() {
            return Err(Halt::from(failed));
        }
        if self.halted.load(Ordering::Relaxed) {
            Err(Halt::Stopped)
        } else {
            Ok(())
        }
    }

    /// 磁盘满 · True once room has run out: no new business begins, what is open is undone. Said once in the journal.
    pub(crate) fn is_short_of_room(&self) -> bool {
        let short =
            self.short_of_room.load(Ordering::Relaxed) || self.journal.disk_full().is_some();
        if short && !self.told_short.swap(true, Ordering::Relaxed) {
            self.clock.interrupt();
            let interrupted = Interrupted {
                by: "disk-full".to_owned(),
            };
            self.record_lazily(Payload::Interrupted(interrupted), None);
        }
        short
    }

    /// A file beside the journal found no room: from now on only compensation.
    pub(crate) fn ran_out_of_room(&self) {
        self.short_of_room.store(true, Ordering::Relaxed);
        self.is_short_of_room();
    }

    /// Asked right before bytes leave and before a file is written: a process that was stopped may wake up to find
    /// that the run is another's. After a pause longer than the lease the journal itself is asked.
    pub(crate) fn still_ours(&self) -> Result<(), Halt> {
        let asked = match self.lease.ran_out() {
            true => self.journal.still_newest(),
            false => self.journal.still_ours(),
        };
        self.stop_all_if_failed(asked.map_err(Halt::from))
    }

    /// Reads the fold.
    pub(crate) fn fold<R>(&self, read: impl FnOnce(&Fold) -> R) -> R {
        read(&lock(&self.fold))
    }

    /// A line in the journal that never changes a verdict.
    pub(crate) async fn note(
        &self,
        code: &str,
        txid: Option<crosswipe_domain::TxId>,
        facts: BTreeMap<String, String>,
    ) -> Result<(), Halt> {
        self.record(
            Payload::Note(Note {
                code: code.to_owned(),
                txid,
                facts,
            }),
            None,
        )
        .await
        .map(drop)
    }

    /// The persona behind a pseudonym.
    pub(crate) fn persona(&self, pseudonym: &Pseudonym) -> Option<&Persona> {
        self.personas
            .get(pseudonym)
            .map(|index| &self.config.plan.registry.personas[*index])
    }

    /// The name of a person in evidence.
    pub(crate) fn pseudonym(&self, person: &PersonNo) -> Pseudonym {
        let known = self.names.get(person).cloned();
        known.unwrap_or_else(|| self.config.key.pseudonym(person))
    }

    /// The context header of a message sent at `now`.
    pub(crate) fn context(&self, now: Moment) -> String {
        Context {
            run: self.called.clone(),
            epoch: self.journal.epoch(),
            now: Some(now),
        }
        .to_text()
    }

    /// What this run is called towards parties.
    pub(crate) fn called(&self) -> &str {
        &self.called
    }

    /// The context header of a message that the mock world sends of its own accord: it names no run.
    pub(crate) fn context_of_the_world(&self, now: Moment) -> String {
        Context {
            run: String::new(),
            epoch: 0,
            now: Some(now),
        }
        .to_text()
    }

    /// Waits for an instant of the plan or of the proof, and says so where that takes real time.
    pub(crate) async fn wait(&self, busy: &Busy, until: Moment, patient: Patient) {
        let left = until.ms_since(self.clock.now());
        if self.clock.is_wall() && left > WORTH_A_WORD_MS {
            (self.config.progress)(Progress::WaitsUntil(until));
        }
        busy.sleep_until(until, patient).await;
    }

    /// A number for the institution's own visit numbers, 0–9999 in turn.
    pub(crate) fn own_number(&self) -> u64 {
        self.own_numbers.fetch_add(1, Ordering::Relaxed) % 10_000
    }

    /// People who have something open.
    pub(crate) fn people_with_open(&self) -> BTreeSet<Option<Pseudonym>> {
        self.fold(|fold| fold.people_with_open().into_iter().collect())
    }
}

/// Locks whatever happened before: compensation must go on after somebody's panic.
pub(crate) fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is shown of whoever sends.
const OPERATOR_NAME: &str = "OPERATOR-NAME";

/// Every value that names a person of the plan or who sends to real systems, and what is shown instead. The operator's
/// number is no secret: it may be part of any other number.
fn masker(personas: &[Persona], operator: &Operator, key: &PseudonymKey) -> Masker {
    let known = personas.iter().flat_map(|persona| {
        let shown = key.pseudonym(&persona.no).to_string();
        [
            (persona.no.reveal().to_owned(), shown.clone()),
            (persona.id_number.reveal().to_owned(), format!("{shown}-ID")),
            (persona.name.clone(), format!("{shown}-NAME")),
            (persona.card_sn.clone(), format!("{shown}-CARD")),
        ]
    });
    let sends = (*operator != Operator::of_mocks())
        .then(|| (operator.name.clone(), OPERATOR_NAME.to_owned()));
    Masker::new(known.chain(sends))
}

//! 案卷 · What every rule is given: the journal indexed, the books vouched for, the logs added up.
//!
//! Why so: joined once, so that a rule is only its question. Also says of a τ, from one party's last
//! log, whether it never took effect there, stands, or was reversed.
//! Called by `judge`. Not here: any judgement.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{Level, LogRow, Moment, Party, PersonClass, ResolvedPlan, Window};

use crate::anew::adopt;
use crate::books::{Books, gather};
use crate::bounds::Bounds;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Finding;
use crate::story::{MessageKey, Owner, Story, Tau};
use crate::strangers::{Known, Strangers, strangers};
use crate::tally::{Account, Tally};

/// Books of one party with their sums.
pub(crate) struct Ledger<'a> {
    pub(crate) books: Books<'a>,
    /// The log as last seen, added up.
    pub(crate) tally: Tally<'a>,
    /// The log as first seen, added up; `None` where it is the same rows.
    early: Option<Tally<'a>>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn early(&self) -> &Tally<'a> {
        self.early.as_ref().unwrap_or(&self.tally)
    }
}

/// Where one τ stands at one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// No effect in its log.
    Never,
    /// Applied and not undone.
    Stands,
    /// Applied and undone.
    Reversed,
}

/// 案卷 · Everything joined.
pub(crate) struct Context<'a> {
    pub(crate) story: Story<'a>,
    pub(crate) ledgers: BTreeMap<&'a Party, Ledger<'a>>,
    /// Rows that belong to no run and should: by party and message.
    pub(crate) strangers: BTreeMap<&'a Party, Strangers<'a>>,
    /// What `gather` could not vouch for.
    pub(crate) unvouched: Vec<Finding>,
    /// Registered persons by pseudonym, with class.
    pub(crate) registered: BTreeMap<&'a str, PersonClass>,
    /// Codes of listed institutions.
    pub(crate) institutions: BTreeSet<&'a str>,
    /// The window as it was at each instant; none without a plan.
    bounds: Option<Bounds>,
    /// Business time of the question.
    pub(crate) now: Option<Moment>,
}

impl<'a> Context<'a> {
    pub(crate) fn join(evidence: &'a Evidence) -> Context<'a> {
        let mut story = Story::read(evidence);
        let (books, unvouched) = gather(evidence, &story);
        adopt(&mut story, &books);
        let ledgers: BTreeMap<&Party, Ledger<'_>> = books
            .into_iter()
            .map(|(party, books)| (party, ledger(books, &story)))
            .collect();
        let plan = story.header.map(|header| &header.plan);
        let registered: BTreeMap<&str, PersonClass> = plan
            .iter()
            .flat_map(|plan| &plan.personas)
            .map(|p| (p.pseudonym.as_str(), p.class))
            .collect();
        let institutions: BTreeSet<&str> = plan
            .iter()
            .flat_map(|plan| &plan.institutions)
            .map(|(code, _, _)| code.as_str())
            .collect();
        let bounds = plan.map(|plan| Bounds::of(&plan.window, &story.moved));
        let now = evidence.as_of.max(story.last_record);
        let known = Known {
            registered: &registered,
            institutions: &institutions,
        };
        let strangers = ledgers
            .iter()
            .filter_map(|(party, ledger)| {
                let found = strangers(
                    bounds.as_ref()?,
                    &known,
                    &evidence.review,
                    &ledger.books,
                    &ledger.tally,
                );
                (!found.is_empty()).then_some((*party, found))
            })
            .collect();
        Context {
            story,
            ledgers,
            strangers,
            unvouched,
            registered,
            institutions,
            bounds,
            now,
        }
    }

    pub(crate) fn plan(&self) -> Option<&'a ResolvedPlan> {
        self.story.header.map(|header| &header.plan)
    }

    /// The window that held at an instant.
    pub(crate) fn window_at(&self, at: Moment) -> Option<&Window> {
        self.bounds.as_ref().map(|bounds| bounds.at(at))
    }

    /// The window as it ended, after all its bounds had moved.
    pub(crate) fn last_window(&self) -> Option<&Window> {
        self.bounds.as_ref().map(Bounds::last)
    }

    /// Lowest level among all parties that keep books; L0 without any.
    pub(crate) fn level(&self) -> Level {
        self.ledgers
            .values()
            .map(|ledger| ledger.books.level)
            .min()
            .unwrap_or(Level::L0)
    }

    /// True once the window has ended at the time of the question.
    pub(crate) fn window_has_ended(&self) -> bool {
        let over = |now| {
            let end = self.window_at(now).and_then(Window::end);
            end.is_some_and(|end| now >= end)
        };
        self.now.is_some_and(over)
    }

    /// The parties of a τ's path that showed books after the business, with their sums.
    pub(crate) fn seen_on_path<'c>(
        &'c self,
        tau: &'c Tau<'a>,
    ) -> impl Iterator<Item = (&'a Party, &'c Ledger<'a>)> {
        let found = tau
            .intent
            .path
            .iter()
            .filter_map(|party| self.ledgers.get(party).map(|ledger| (party, ledger)));
        found.filter(|(_, ledger)| ledger.books.end().is_some())
    }

    /// 旧平台 · Platforms of before the cutover, off the τ's path, that know it all the same.
    pub(crate) fn old_that_know<'c>(
        &'c self,
        tau: usize,
    ) -> impl Iterator<Item = (&'a Party, &'c Ledger<'a>)> {
        let path = &self.story.taus[tau].intent.path;
        let old = self.ledgers.iter().filter(move |(party, ledger)| {
            let account = ledger.tally.account(tau);
            party.is_old_platform()
                && !path.contains(*party)
                && account.is_some_and(|account| !account.is_weightless())
        });
        old.map(|(party, ledger)| (*party, ledger))
    }

    /// Where a τ stands in one party's last log.
    pub(crate) fn status(&self, tau: usize, ledger: &Ledger<'a>) -> Status {
        let Some(account) = ledger.tally.account(tau) else {
            return Status::Never;
        };
        if account.applies.is_empty() {
            return Status::Never;
        }
        let undone = if account.postings().next().is_some() {
            account
                .applies
                .iter()
                .filter(|apply| !apply.postings.is_empty())
                .all(|apply| account.first_negation(apply).is_some())
        } else if account.is_weightless() {
            self.is_dropped(tau, account, ledger)
        } else {
            self.rows_are_closed(account, ledger)
        };
        if undone {
            Status::Reversed
        } else {
            Status::Stands
        }
    }

    /// A message without postings or rows stands no more once it is flagged, undone by name, or its root is gone.
    fn is_dropped(&self, tau: usize, account: &Account<'a>, ledger: &Ledger<'a>) -> bool {
        let last = account.applies.last().map_or(0, |apply| apply.row.seq);
        let after = |row: &Option<&LogRow>| row.is_some_and(|row| row.seq > last);
        let this = &self.story.taus[tau];
        let root_is_gone = match self.story.root_of(this) {
            Some(root) if root != tau => match ledger.tally.account(root) {
                Some(root_account) if !root_account.is_weightless() => {
                    self.status(root, ledger) != Status::Stands
                }
                Some(root_account) => {
                    after(&root_account.flagged_reversed) || after(&root_account.undo_seen)
                }
                None => true,
            },
            _ => false,
        };
        let books_nothing = matches!(this.intent.undo, crosswipe_journal::UndoPlan::Nothing);
        books_nothing
            || root_is_gone
            || after(&account.flagged_reversed)
            || after(&account.undo_seen)
    }

    fn rows_are_closed(&self, account: &Account<'a>, ledger: &Ledger<'a>) -> bool {
        account.births.iter().all(|birth| match &birth.entry {
            crosswipe_domain::Entry::Row { kind, id, .. } => ledger
                .tally
                .rows
                .get(&(kind.as_str(), id.as_str()))
                .is_some_and(|trail| is_terminal(trail.status)),
            _ => true,
        })
    }

    /// The τ that a log row belongs to by the message that caused it.
    pub(crate) fn tau_of_row(&self, row: &LogRow) -> Option<usize> {
        match self.story.owner(&row.cause.origin, &row.cause.msgid) {
            Owner::Tau(tau) => Some(tau),
            Owner::Comp(comp) => self.story.comps[comp].tau,
            _ => None,
        }
    }

    /// By when a row was in a party's log at the latest: when the first look that shows it was written down.
    pub(crate) fn seen_by(&self, ledger: &Ledger<'a>, row: &LogRow) -> Option<Moment> {
        let shows = |rows: &[Arc<LogRow>]| {
            let place = rows.binary_search_by_key(&row.seq, |other| other.seq);
            place.is_ok_and(|place| *rows[place] == *row)
        };
        // Each look goes on where the one before it ended.
        let looks = &ledger.books.looks;
        let first = looks.get(looks.partition_point(|(_, look)| look.lsn <= row.seq));
        let first = first.filter(|(_, look)| shows(&look.rows));
        let looked = first.map(|(place, _)| self.story.looked_at[*place]);
        let wholes = [Instant::T1, Instant::T2]
            .into_iter()
            .filter_map(|instant| {
                let export = ledger.books.at(instant).filter(|export| shows(&export.log));
                export
                    .and(self.story.taken.get(&instant))
                    .map(|[_, at]| *at)
            });
        looked.into_iter().chain(wholes).min()
    }

    /// True for a stranger's message at a party that nobody has explained.
    pub(crate) fn is_unexplained(&self, party: &Party, message: MessageKey<'_>) -> bool {
        let found = self
            .strangers
            .get(party)
            .and_then(|found| found.get(&message));
        found.is_some_and(|foreign| foreign.explained.is_none())
    }

    /// 起点账晚了 · True where t0 was taken when the run had begun to book: then it is no beginning.
    pub(crate) fn began_late(&self) -> bool {
        let first = self.story.first_booking;
        let taken = self.story.snapshots.get(&Instant::T0);
        first
            .zip(taken)
            .is_some_and(|(first, (seq, _))| *seq > first)
    }

    /// True where the journal speaks of this instant at all.
    pub(crate) fn has(&self, instant: Instant) -> bool {
        self.story.snapshots.contains_key(&instant)
    }
}

/// A status at which nothing is left to undo.
pub(crate) fn is_terminal(status: &str) -> bool {
    matches!(status, "cancelled" | "reversed" | "reversal" | "red-letter")
}

fn ledger<'a>(books: Books<'a>, story: &Story<'a>) -> Ledger<'a> {
    let born = books.born_from();
    // Rows that two looks show alike are mostly one row in memory; only others are compared.
    let alike = |(a, b): (&&LogRow, &&LogRow)| std::ptr::eq(*a, *b) || a == b;
    let same =
        books.early.len() == books.last.len() && books.early.iter().zip(&books.last).all(alike);
    let early = (!same).then(|| Tally::of(&books.early, born, story));
    Ledger {
        tally: Tally::of(&books.last, born, story),
        early,
        books,
    }
}

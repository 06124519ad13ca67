//! 记数 · One party's log added up per τ: what applied it, what negated it, what was left over.
//!
//! Why so: «exactly once», «each posting negated» and «all parties agree» are questions about the same
//! few facts. They are gathered in one pass over the log, by following `reverses` and the journal's
//! index of messages alone: no knowledge of what a message number books.
//! Called by `context`, read by most rules. Not here: whether what stands is right (`rules`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, Entry, FenceState, LogRow};

use crate::story::{MessageKey, Owner, Story};

/// 落账 · One posting group that put a τ into force.
pub(crate) struct Apply<'a> {
    pub(crate) group: u64,
    /// Its first row.
    pub(crate) row: &'a LogRow,
    pub(crate) postings: Vec<&'a LogRow>,
}

/// 一笔在一方 · What one log shows of one τ.
#[derive(Default)]
pub(crate) struct Account<'a> {
    pub(crate) applies: Vec<Apply<'a>>,
    /// Rows of other books that the τ gave birth to.
    pub(crate) births: Vec<&'a LogRow>,
    /// By `seq` of the posting negated: the postings that name it.
    pub(crate) negations: BTreeMap<u64, Vec<&'a LogRow>>,
    /// Postings by its undo messages that name no posting.
    pub(crate) strays: Vec<&'a LogRow>,
    pub(crate) flagged_reversed: Option<&'a LogRow>,
    pub(crate) tombstone: Option<&'a LogRow>,
    pub(crate) refused: Option<&'a LogRow>,
    /// First trace of an undo message for it, other than a refusal.
    pub(crate) undo_seen: Option<&'a LogRow>,
}

impl<'a> Account<'a> {
    /// How often one apply was negated: by the number of distinct groups that name one of its postings.
    pub(crate) fn reversals_of(&self, apply: &Apply<'a>) -> u32 {
        let groups = |posting: &&LogRow| {
            self.negations.get(&posting.seq).map_or(0, |rows| {
                rows.iter()
                    .map(|row| row.group)
                    .collect::<BTreeSet<_>>()
                    .len()
            })
        };
        u32::try_from(apply.postings.iter().map(groups).max().unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// First row that negates a posting of this apply.
    pub(crate) fn first_negation(&self, apply: &Apply<'a>) -> Option<&'a LogRow> {
        let first = |posting: &&LogRow| {
            self.negations
                .get(&posting.seq)
                .and_then(|rows| rows.first().copied())
        };
        apply
            .postings
            .iter()
            .filter_map(first)
            .min_by_key(|row| row.seq)
    }

    /// True where no posting and no row of it exists: a message that is only noted as seen.
    pub(crate) fn is_weightless(&self) -> bool {
        self.births.is_empty() && self.applies.iter().all(|apply| apply.postings.is_empty())
    }

    pub(crate) fn postings(&self) -> impl Iterator<Item = &'a LogRow> {
        self.applies
            .iter()
            .flat_map(|apply| apply.postings.iter().copied())
    }
}

/// An undo of the run that names a posting it may not undo.
pub(crate) struct Misdirected<'a> {
    pub(crate) row: &'a LogRow,
    /// The posting named, if it exists.
    pub(crate) target: Option<&'a LogRow>,
    /// The τ that the message was sent for.
    pub(crate) meant: Option<usize>,
    /// The τ that it hit.
    pub(crate) hit: Option<usize>,
}

/// One movement of a cell since t0.
#[derive(Clone, Copy)]
pub(crate) struct Move<'a> {
    pub(crate) row: &'a LogRow,
    pub(crate) amount: i64,
    /// The τ it belongs to, by cause or by what it reverses.
    pub(crate) tau: Option<usize>,
    /// True if a message of the run caused it.
    pub(crate) by_run: bool,
    /// True if it reverses, or comes from an undo message.
    pub(crate) undo: bool,
}

/// 流水合计 · One log added up.
#[derive(Default)]
pub(crate) struct Tally<'a> {
    pub(crate) accounts: BTreeMap<usize, Account<'a>>,
    pub(crate) moves: BTreeMap<&'a CellKey, Vec<Move<'a>>>,
    pub(crate) misdirected: Vec<Misdirected<'a>>,
    /// Rows that reads, trials or sessions of the run caused, by place in `Story::sent`.
    pub(crate) silent: Vec<(usize, &'a LogRow)>,
    /// Rows of nobody we know since t0, by message.
    pub(crate) strangers: BTreeMap<MessageKey<'a>, Vec<&'a LogRow>>,
    /// Rows of played public traffic, by place in `Story::played`.
    pub(crate) played: BTreeMap<usize, Vec<&'a LogRow>>,
    /// Rows of other books as the log last left them, by kind and id, with all who touched them.
    pub(crate) rows: BTreeMap<(&'a str, &'a str), RowTrail<'a>>,
    /// Messages of the run that left any trace.
    pub(crate) seen: BTreeSet<MessageKey<'a>>,
    /// Sum of the fen postings of each group that the run caused, with its first row.
    pub(crate) fen_by_group: BTreeMap<u64, (&'a LogRow, i64)>,
}

/// The trail of one row through the log.
pub(crate) struct RowTrail<'a> {
    /// The entry that it began with.
    born: &'a LogRow,
    pub(crate) status: &'a str,
    pub(crate) last: &'a LogRow,
    pub(crate) touched_by_others: bool,
    /// Messages of nobody we know that touched it since t0.
    pub(crate) strange: Vec<MessageKey<'a>>,
}

impl<'a> Tally<'a> {
    /// Adds up a log. `born_from` is the first `seq` after t0: earlier rows are nobody's movement.
    pub(crate) fn of(log: &[&'a LogRow], born_from: Option<u64>, story: &Story<'a>) -> Tally<'a> {
        let mut tally = Tally::default();
        let mut earlier = Earlier::of(log);
        // Rows of one message stand together: it is looked up once for all of them.
        let mut last: Option<(MessageKey<'_>, Owner)> = None;
        for (place, row) in log.iter().enumerate() {
            earlier.add(row);
            let born = born_from.is_some_and(|first| row.seq >= first);
            let message = (row.cause.origin.as_str(), row.cause.msgid.as_str());
            let known = last.filter(|(before, _)| *before == message);
            let (_, named) = known.unwrap_or_else(|| (message, story.owner(message.0, message.1)));
            last = Some((message, named));
            let owner = match named {
                // Books are opened before t0: who books under that word afterwards is nobody we know.
                Owner::Opening if born => Owner::Stranger,
                owner => owner,
            };
            if known.is_none() && owner.is_run() {
                tally.seen.insert(message);
            }
            tally.note_owner(row, owner, born);
            match &row.entry {
                Entry::Posting {
                    cell,
                    amount,
                    reverses,
                    ..
                } => {
                    let tau = match reverses {
                        Some(target) => {
                            tally.reverse(row, owner, earlier.get(place, *target), story)
                        }
                        None => tally.post(row, owner, story),
                    };
                    if born {
                        let undo = reverses.is_some()
                            || matches!(owner, Owner::Comp(_) | Owner::UndoStep(_));
                        tally.moves.entry(cell).or_default().push(Move {
                            row,
                            amount: *amount,
                            tau,
                            by_run: owner.is_run(),
                            undo,
                        });
                    }
                }
                Entry::Row { .. } => tally.row(row, owner, born, story),
                Entry::Fence {
                    origin,
                    msgid,
                    state,
                    ..
                } => tally.fence(row, story.owner(origin, msgid), *state, story),
            }
        }
        tally
    }

    pub(crate) fn account(&self, tau: usize) -> Option<&Account<'a>> {
        self.accounts.get(&tau)
    }

    fn note_owner(&mut self, row: &'a LogRow, owner: Owner, born: bool) {
        let message = (row.cause.origin.as_str(), row.cause.msgid.as_str());
        let books = !matches!(row.entry, Entry::Fence { .. });
        if owner.is_run()
            && let Entry::Posting {
                unit: crosswipe_domain::Unit::Fen,
                amount,
                ..
            } = &row.entry
        {
            let (_, sum) = self.fen_by_group.entry(row.group).or_insert((row, 0));
            *sum = sum.saturating_add(*amount);
        }
        match owner {
            Owner::Silent(index) if books => self.silent.push((index, row)),
            Owner::Stranger if born && books => {
                self.strangers.entry(message).or_default().push(row)
            }
            Owner::Played(index) if born && books => {
                self.played.entry(index).or_default().push(row)
            }
            _ => {}
        }
    }

    fn apply(&mut self, tau: usize, row: &'a LogRow) -> &mut Account<'a> {
        let account = self.accounts.entry(tau).or_default();
        // A group is booked together, so its rows stand together: only the newest can be continued.
        if account
            .applies
            .last()
            .is_none_or(|apply| apply.group != row.group)
        {
            account.applies.push(Apply {
                group: row.group,
                row,
                postings: Vec::new(),
            });
        }
        account
    }

    fn post(&mut self, row: &'a LogRow, owner: Owner, story: &Story<'a>) -> Option<usize> {
        match owner {
            Owner::Tau(tau) => {
                let account = self.apply(tau, row);
                account
                    .applies
                    .last_mut()
                    .expect("apply has just made sure of one")
                    .postings
                    .push(row);
                Some(tau)
            }
            Owner::Comp(comp) => {
                let tau = story.comps[comp].tau?;
                let account = self.accounts.entry(tau).or_default();
                account.undo_seen.get_or_insert(row);
                account.strays.push(row);
                Some(tau)
            }
            _ => None,
        }
    }

    fn reverse(
        &mut self,
        row: &'a LogRow,
        owner: Owner,
        target: Option<&'a LogRow>,
        story: &Story<'a>,
    ) -> Option<usize> {
        let meant = match owner {
            Owner::Comp(comp) => story.comps[comp].tau,
            Owner::Tau(tau) => Some(tau),
            _ => None,
        };
        if let (Owner::Comp(_), Some(tau)) = (owner, meant) {
            self.accounts
                .entry(tau)
                .or_default()
                .undo_seen
                .get_or_insert(row);
        }
        let original =
            target.filter(|target| matches!(target.entry, Entry::Posting { reverses: None, .. }));
        let hit = original.and_then(|target| {
            match story.owner(&target.cause.origin, &target.cause.msgid) {
                Owner::Tau(tau) => Some(tau),
                _ => None,
            }
        });
        if let (Some(tau), Some(original)) = (hit, original) {
            self.accounts
                .entry(tau)
                .or_default()
                .negations
                .entry(original.seq)
                .or_default()
                .push(row);
        }
        if owner.is_run() && !may_undo(owner, hit, story) {
            self.misdirected.push(Misdirected {
                row,
                target,
                meant,
                hit,
            });
        }
        hit.or(meant)
    }

    fn row(&mut self, row: &'a LogRow, owner: Owner, since_t0: bool, story: &Story<'a>) {
        let Entry::Row {
            kind,
            id,
            status,
            was,
            ..
        } = &row.entry
        else {
            return;
        };
        let newborn = was.is_none();
        match owner {
            Owner::Tau(tau) => {
                let account = self.apply(tau, row);
                if newborn {
                    account.births.push(row);
                }
            }
            Owner::Comp(comp) => {
                if let Some(tau) = story.comps[comp].tau {
                    self.accounts
                        .entry(tau)
                        .or_default()
                        .undo_seen
                        .get_or_insert(row);
                }
            }
            _ => {}
        }
        let trail = self.rows.entry((kind, id)).or_insert(RowTrail {
            born: row,
            status,
            last: row,
            touched_by_others: false,
            strange: Vec::new(),
        });
        trail.status = status;
        trail.last = row;
        if newborn {
            // Ids come twice too.
            trail.born = row;
        }
        let born = trail.born;
        trail.touched_by_others |= matches!(owner, Owner::Stranger | Owner::Played(_));
        if owner == Owner::Stranger && since_t0 {
            trail
                .strange
                .push((row.cause.origin.as_str(), row.cause.msgid.as_str()));
        }
        self.closed_of_another(row, owner, born, story);
    }

    /// An undo that turns a row of somebody else: what one person's message closes is that person's.
    fn closed_of_another(
        &mut self,
        row: &'a LogRow,
        owner: Owner,
        born: &'a LogRow,
        story: &Story<'a>,
    ) {
        let (sent_for, meant) = match owner {
            Owner::Comp(comp) => (&story.comps[comp].intent.person, story.comps[comp].tau),
            Owner::UndoStep(step) => (&story.sent[step].intent.person, None),
            _ => return,
        };
        let (Some(person), Some(of)) = (sent_for, born.person.as_deref()) else {
            return;
        };
        if person.as_str() == of {
            return;
        }
        let hit = match story.owner(&born.cause.origin, &born.cause.msgid) {
            Owner::Tau(tau) => Some(tau),
            _ => None,
        };
        self.misdirected.push(Misdirected {
            row,
            target: Some(born),
            meant,
            hit,
        });
    }

    fn fence(&mut self, row: &'a LogRow, owner: Owner, state: FenceState, story: &Story<'a>) {
        match (owner, state) {
            (Owner::Tau(tau), FenceState::Applied) => {
                self.apply(tau, row);
            }
            (Owner::Tau(tau), FenceState::Refused) => {
                self.accounts.entry(tau).or_default().refused = Some(row)
            }
            (Owner::Tau(tau), FenceState::Reversed) => {
                self.accounts.entry(tau).or_default().flagged_reversed = Some(row)
            }
            (Owner::Tau(tau), FenceState::Tombstone) => {
                self.accounts
                    .entry(tau)
                    .or_default()
                    .tombstone
                    .get_or_insert(row);
            }
            (Owner::Comp(comp), FenceState::Applied) => {
                if let Some(tau) = story.comps[comp].tau {
                    self.accounts
                        .entry(tau)
                        .or_default()
                        .undo_seen
                        .get_or_insert(row);
                }
            }
            _ => {}
        }
    }
}

/// 先前各行 · The rows up to one place of a log, by number: a row undoes an earlier one.
enum Earlier<'l, 'a> {
    /// Numbers rise, so a row is found where it stands.
    Rising(&'l [&'a LogRow]),
    /// Numbers come twice where a backup was restored: then the newest counts.
    Restored(BTreeMap<u64, &'a LogRow>),
}

impl<'l, 'a> Earlier<'l, 'a> {
    fn of(log: &'l [&'a LogRow]) -> Earlier<'l, 'a> {
        if log.is_sorted_by(|one, next| one.seq < next.seq) {
            Earlier::Rising(log)
        } else {
            Earlier::Restored(BTreeMap::new())
        }
    }

    fn add(&mut self, row: &'a LogRow) {
        if let Earlier::Restored(rows) = self {
            rows.insert(row.seq, row);
        }
    }

    /// The row of this number among those up to a place, that place included.
    fn get(&self, place: usize, seq: u64) -> Option<&'a LogRow> {
        match self {
            Earlier::Rising(log) => {
                let so_far = &log[..=place];
                let found = so_far.binary_search_by_key(&seq, |row| row.seq).ok()?;
                Some(so_far[found])
            }
            Earlier::Restored(rows) => rows.get(&seq).copied(),
        }
    }
}

/// Whether a message of the run may undo a posting of the τ it hit.
fn may_undo(owner: Owner, hit: Option<usize>, story: &Story<'_>) -> bool {
    let Some(hit) = hit else { return false };
    let tau = &story.taus[hit];
    match owner {
        Owner::Comp(comp) => {
            let comp = &story.comps[comp];
            let Some(meant) = comp.tau else { return false };
            let same_visit = || {
                // One cancellation of a stay's fee lines (2302, 0000) takes all its uploads.
                let visit = comp.intent.ids.get("mdtrt_id");
                comp.intent.infno.base() == "2302"
                    && tau.intent.infno.base() == "2301"
                    && visit.is_some()
                    && tau.intent.ids.get("mdtrt_id") == visit
            };
            meant == hit || story.root_of(tau) == Some(meant) || same_visit()
        }
        Owner::UndoStep(step) => {
            let intent = story.sent[step].intent;
            let named = |name: &str| intent.ids.get(name).map(String::as_str);
            let of_tau = |name: &str| story.outcome(tau).and_then(|(_, outcome)| outcome.id(name));
            let same = |name: &str| {
                named(name).is_none() || of_tau(name).is_none() || named(name) == of_tau(name)
            };
            let by_msgid = named("omsgid").is_none_or(|omsgid| {
                tau.messages
                    .iter()
                    .any(|m| story.sent[*m].intent.msgid.as_str() == omsgid)
            });
            same("setl_id") && same("mdtrt_id") && by_msgid
        }
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use crosswipe_domain::{Cause, Moment, Unit};

    use super::*;

    /// A posting of this number; `group` tells rows of one number apart.
    pub(crate) fn row(seq: u64, group: u64) -> LogRow {
        LogRow {
            seq,
            at: Moment::from_epoch_ms(0),
            cause: Arc::new(Cause {
                origin: "H33010000001".to_owned(),
                msgid: "m".to_owned(),
                infno: "2207".to_owned(),
            }),
            group,
            person: None,
            entry: Entry::Posting {
                cell: CellKey::new("cash", []),
                unit: Unit::Fen,
                amount: 1,
                reverses: None,
            },
        }
    }

    /// All sequences of this length of the numbers below `of`.
    pub(crate) fn sequences(length: usize, of: u64) -> Vec<Vec<u64>> {
        (0..length).fold(vec![Vec::new()], |shorter, _| {
            let longer = shorter.iter().flat_map(|sequence| {
                (0..of).map(move |next| [sequence.as_slice(), &[next]].concat())
            });
            longer.collect()
        })
    }

    #[test]
    fn an_earlier_row_is_the_newest_of_its_number_up_to_there() {
        for seqs in sequences(4, 5) {
            let rows: Vec<LogRow> = (0..).zip(&seqs).map(|(n, seq)| row(*seq, n)).collect();
            let log: Vec<&LogRow> = rows.iter().collect();
            let (mut earlier, mut by_map) = (Earlier::of(&log), BTreeMap::new());
            for (place, row) in log.iter().enumerate() {
                earlier.add(row);
                by_map.insert(row.seq, *row);
                for seq in 0..5 {
                    let found = earlier.get(place, seq);
                    assert_eq!(found, by_map.get(&seq).copied(), "{seqs:?} at {place}");
                }
            }
        }
    }
}

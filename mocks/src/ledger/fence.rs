//! 栅 · What a party remembers of the messages that it has booked, refused or been told to forget: by origin and msgid.
//!
//! Why several under one number: an institution whose serials began anew sends another message under a number that is
//! used. It is carried out, being another message, and both stand here, told apart by their bytes; a reversal that names
//! the number then means nobody, unless the transaction says which. The same bytes again are the same message.
//! Read by `desk::passage`, `rules` and `books`. Not here: what a repetition meets (`desk`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Cause, FenceState, InfNo};

/// What the fence knows of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fenced {
    /// What became of it.
    pub state: FenceState,
    /// Transaction number of the message that first wrote here: its own, or 2601 for a tombstone.
    pub infno: String,
    /// Group whose postings stand for it while it is applied.
    pub group: u64,
    /// Group that first spoke of it.
    pub born: u64,
    /// What is answered to a repetition: `seq` of the log row that keeps it.
    pub reply: Option<u64>,
    /// Digest of its bytes, where the party was given them.
    pub digest: Option<String>,
}

/// 原报文 · What a reversal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original<'f> {
    /// Nothing that was ever heard of.
    Unheard,
    /// One message.
    One(&'f Fenced),
    /// So many messages of the same number and kind: nobody can say which is meant.
    Several(usize),
}

impl<'f> Original<'f> {
    /// The message, if it is one.
    pub fn one(self) -> Option<&'f Fenced> {
        match self {
            Original::One(known) => Some(known),
            Original::Unheard | Original::Several(_) => None,
        }
    }
}

/// 栅 · By origin and msgid, oldest first.
#[derive(Default)]
pub(super) struct Fence(BTreeMap<(String, String), Vec<Fenced>>);

/// 一条 · What a log row says of a message.
pub(super) struct Word<'w> {
    /// The message itself wrote the row.
    pub(super) own: bool,
    pub(super) state: FenceState,
    pub(super) infno: &'w str,
    pub(super) group: u64,
    /// `seq` of the row, if it keeps what is sent again.
    pub(super) reply: Option<u64>,
    /// Groups of which the row's group has negated something.
    pub(super) touched: &'w BTreeSet<u64>,
}

impl Fence {
    /// All messages of a number.
    pub(super) fn under(&self, origin: &str, msgid: &str) -> &[Fenced] {
        let key = (origin.to_owned(), msgid.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn are_several(&self, origin: &str, msgid: &str) -> bool {
        self.under(origin, msgid).len() > 1
    }

    /// Takes a row of the log.
    pub(super) fn note(&mut self, (origin, msgid): (&str, &str), word: Word<'_>) {
        let key = (origin.to_owned(), msgid.to_owned());
        let known = self.0.entry(key).or_default();
        let again = word.own && matches!(word.state, FenceState::Applied | FenceState::Refused);
        let is_another = known.last().is_none_or(|last| {
            // A number that was only forbidden is this one's.
            again && last.state != FenceState::Tombstone
        });
        if is_another {
            // Mostly there is one for ever.
            known.reserve_exact(1);
            known.push(Fenced {
                state: word.state,
                infno: word.infno.to_owned(),
                group: word.group,
                born: word.group,
                reply: word.reply,
                digest: None,
            });
            return;
        }
        let at = meant(known, &word);
        let one = &mut known[at];
        one.state = word.state;
        if word.state != FenceState::Reversed {
            one.group = word.group;
        }
        one.reply = word.reply.or(one.reply);
    }

    /// The digest of the message that was noted last, or by a group. Of bytes that are known already it is the same
    /// message once more.
    pub(super) fn remember(
        &mut self,
        (origin, msgid): (&str, &str),
        digest: String,
        group: Option<u64>,
    ) {
        let key = (origin.to_owned(), msgid.to_owned());
        let Some(known) = self.0.get_mut(&key) else {
            return;
        };
        let lacking =
            |one: &Fenced| one.digest.is_none() && group.is_none_or(|group| one.born == group);
        let Some(at) = known.iter().rposition(lacking) else {
            return;
        };
        let same = known[..at]
            .iter()
            .position(|one| one.digest.as_ref() == Some(&digest));
        match same {
            Some(first) => {
                let again = known.remove(at);
                let one = &mut known[first];
                one.state = again.state;
                one.group = again.group;
                one.reply = again.reply.or(one.reply);
            }
            None => known[at].digest = Some(digest),
        }
    }

    /// The same message: of bytes that are not known on either side, the transaction alone can tell.
    pub(super) fn known(&self, cause: &Cause, digest: Option<&str>) -> Option<&Fenced> {
        let all = self.under(&cause.origin, &cause.msgid);
        let by_bytes = |one: &&Fenced| digest.is_some() && one.digest.as_deref() == digest;
        let same_kind =
            |one: &&Fenced| one.state == FenceState::Tombstone || one.infno == cause.infno;
        let unsure = |one: &&Fenced| (one.digest.is_none() || digest.is_none()) && same_kind(one);
        let exact = all.iter().rev().find(|one| by_bytes(one) && same_kind(one));
        exact.or_else(|| all.iter().rev().find(unsure))
    }

    pub(super) fn original(&self, origin: &str, omsgid: &str, oinfno: &str) -> Original<'_> {
        let all = self.under(origin, omsgid);
        let (Some(last), true) = (all.last(), all.len() > 1) else {
            return all.last().map_or(Original::Unheard, Original::One);
        };
        let base = |infno: &str| InfNo::new(infno).base().to_owned();
        let of_kind =
            |one: &&Fenced| one.state != FenceState::Refused && base(&one.infno) == base(oinfno);
        let of_kind: Vec<&Fenced> = all.iter().filter(of_kind).collect();
        let mut bytes: Vec<&str> = of_kind
            .iter()
            .filter_map(|one| one.digest.as_deref())
            .collect();
        bytes.dedup();
        match (bytes.len(), of_kind.last()) {
            (0 | 1, Some(one)) => Original::One(one),
            (0 | 1, None) => Original::One(last),
            (several, _) => Original::Several(several),
        }
    }
}

/// Which of the messages of a number a row speaks of: the one that it negates, else the newest that it can be about.
fn meant(known: &[Fenced], word: &Word<'_>) -> usize {
    let newest = known.len() - 1;
    let negated = known
        .iter()
        .rposition(|one| word.touched.contains(&one.group));
    let former = match word.state {
        FenceState::Reversed => FenceState::Applied,
        _ => FenceState::Reversed,
    };
    let fitting = || known.iter().rposition(|one| one.state == former);
    match word.own {
        true => newest,
        false => negated.or_else(fitting).unwrap_or(newest),
    }
}

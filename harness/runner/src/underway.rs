//! 在办就诊 · A visit as far as it was walked: what later steps go on with, undo in part, or name.
//!
//! Why so: a case may stop in the midst of a visit, and go on after it has withdrawn a line, refunded or changed
//! something; what is paid then is paid for what stands. Whether a message stands is asked of the fold, never kept here.
//! Made by `swipe`, kept by `captures`. Not here: which message comes next (`swipe`).

use std::collections::BTreeMap;

use crosswipe_domain::{InfNo, MsgId, TxId};
use crosswipe_wire::LineAmounts;

use crate::desk::Desk;
use crate::message::{SPLIT, Visit};
use crate::transport::Transport;

/// 在办就诊 · A visit as far as it was walked, so that a later step can go on with it or undo part of it.
#[derive(Clone, Debug)]
pub(crate) struct Underway<'a> {
    pub(crate) visit: Visit<'a>,
    /// The newest message of each number that was answered with success.
    pub(crate) sent: BTreeMap<&'static str, (TxId, MsgId)>,
    /// The split of the lines by their serials, as the treatment place answered it.
    pub(crate) lines: Vec<(String, LineAmounts)>,
    /// 中途结算 · Settlements in the midst of the stay, from before the bill that is being made, oldest first.
    pub(crate) earlier: Vec<TxId>,
}

impl Underway<'_> {
    /// An id of the visit by interface name; of settlements the newest that stands.
    pub(crate) fn id<T: Transport>(&self, desk: &Desk<T>, name: &str) -> Option<String> {
        let visit = &self.visit;
        let id = match name {
            "mdtrt_id" => visit.mdtrt_id.clone(),
            "ipt_otp_no" => visit.own_no.clone(),
            "chrg_bchno" => visit.batch.clone(),
            "setl_id" => {
                let settled = self.settled().into_iter().chain(self.earlier.iter().rev());
                let all: Vec<&TxId> = settled.collect();
                return desk.fold(|fold| {
                    let open = all.iter().find(|txid| fold.is_open(txid));
                    let id = fold.id(open.or(all.first())?, name);
                    id.map(str::to_owned)
                });
            }
            _ => return None,
        };
        (!id.is_empty()).then_some(id)
    }

    /// The settlement of the bill that is being made.
    fn settled(&self) -> Option<&TxId> {
        let mut numbers = self.sent.iter();
        let (_, (settled, _)) = numbers.find(|(number, _)| InfNo::new(number).settles())?;
        Some(settled)
    }

    /// A walk goes on: what was paid in the midst of the stay is left as it is, and a new bill begins, in a batch of its
    /// own.
    pub(crate) fn go_on<T: Transport>(&mut self, desk: &Desk<T>, batch: impl FnOnce() -> String) {
        let paid = self.settled().filter(|_| self.visit.mid_stay).cloned();
        let Some(paid) = paid.filter(|paid| desk.fold(|fold| fold.is_open(paid))) else {
            return;
        };
        self.earlier.push(paid);
        for number in ["2301", "2303", "2304"] {
            self.sent.remove(number);
        }
        self.visit.batch = batch();
    }

    /// A line was withdrawn by its serial: what is paid later is paid for the others.
    pub(crate) fn withdraw(&mut self, serial: &str) {
        self.visit.withdrawn.insert(serial.to_owned());
        self.add_up();
    }

    /// The split of the lines that stand.
    pub(crate) fn standing(&self) -> Vec<LineAmounts> {
        let lines = self.lines.iter();
        let stand = lines.filter(|(serial, _)| !self.visit.withdrawn.contains(serial));
        stand.map(|(_, line)| line.clone()).collect()
    }

    /// Sums of the lines that stand, for the settlement.
    pub(crate) fn add_up(&mut self) {
        let lines = self.standing();
        let sum = |name: &str| {
            let of_lines = lines.iter().filter_map(|line| line.amounts.get(name));
            of_lines.copied().sum()
        };
        let of_line = |name: &'static str| match name {
            "overlmt_selfpay" => "overlmt_amt",
            name => name,
        };
        let split = SPLIT.into_iter().map(|name| (name, sum(of_line(name))));
        self.visit.split = split.collect();
    }
}

//! 记账 · What each party books for a deed, by its role.
//!
//! Why here: one deed, four books. A deed is booked as one group: rows, counts, money, day totals and
//! the fence entry, together or not at all. Undo deeds do not compute: they negate what the log says.
//! A party that never heard of what is undone books the fence entry alone.
//! Called by `his`, `hub` and `region` once a deed is definite. Not here: whether it may happen (`rules`).

use crosswipe_domain::{Cause, CellKey, Entry, FenceState, InfNo, Moment, Name, Role};

use crate::deed::{Bill, Deed, Hop, Line, Sale, Unbill};
use crate::his::dispense;
use crate::ledger::{Amounts, Draft, Facts, Held, Ledger, Original};

/// Books a completed deed with the answer that was given to it.
pub(crate) fn book(ledger: &mut Ledger, hop: &Hop, now: Moment, reply: Option<String>) {
    // What an institution keeps of its own is about nobody.
    let person = Some(hop.person.as_str()).filter(|person| !person.is_empty());
    let mut draft = Draft::new(now, hop.cause.clone(), person);
    match &hop.deed {
        Deed::Register {
            mdtrt_id,
            insutype,
            facts,
        } => register(hop, mdtrt_id, insutype, facts, &mut draft),
        Deed::Describe { mdtrt_id, facts } => describe(ledger, mdtrt_id, facts, &mut draft),
        Deed::Charge { mdtrt_id, lines } => lines
            .iter()
            .for_each(|line| charge(hop, mdtrt_id, line, &mut draft)),
        Deed::Withdraw { lines, .. } => withdraw(ledger, "fee-detail", lines, &mut draft),
        Deed::Map { rows } => map(hop, rows, &mut draft),
        Deed::Confirm { lines } => {
            for (id, facts, amounts) in lines {
                draft.born(CLEARED, id, "confirmed", facts.clone(), amounts.clone());
            }
        }
        Deed::Unconfirm { otransid } => unconfirm(ledger, &hop.cause.origin, otransid, &mut draft),
        Deed::Unmap { mapping } => {
            withdraw(ledger, MAPPING, std::slice::from_ref(mapping), &mut draft)
        }
        Deed::Discharge { mdtrt_id, facts } => discharge(ledger, hop, mdtrt_id, facts, &mut draft),
        Deed::Readmit { mdtrt_id } => {
            undo_turn(ledger, "visit", mdtrt_id, "discharged", &mut draft)
        }
        Deed::Cancel { mdtrt_id } => drop_birth(ledger, "visit", mdtrt_id, &mut draft),
        Deed::Settle(bill) => settle(ledger, hop, bill, &mut draft),
        Deed::Unsettle(unbill) => unsettle(ledger, hop, unbill, &mut draft),
        Deed::Reverse { omsgid, oinfno } => {
            reverse(ledger, &hop.cause.origin, omsgid, oinfno, &mut draft)
        }
        Deed::File { filing, facts } => file(hop, filing, facts, &mut draft),
        Deed::Unfile { filing } => drop_birth(ledger, "filing", filing, &mut draft),
        Deed::Ask | Deed::Seek | Deed::Migrate { .. } => {}
    }
    draft.fence(FenceState::Applied, reply);
    ledger.commit(draft);
}

/// 仅接收 · Books that a message was taken and not looked into, with the answer, so that a repetition meets the same.
pub(crate) fn book_received(ledger: &mut Ledger, cause: &Cause, now: Moment, reply: String) {
    let mut draft = Draft::new(now, cause.clone(), None);
    draft.fence(FenceState::Applied, Some(reply));
    ledger.commit(draft);
}

/// Books that a message was refused, with the answer, so that a repetition meets the same answer.
pub(crate) fn book_refusal(
    ledger: &mut Ledger,
    cause: &Cause,
    person: Option<String>,
    now: Moment,
    reply: String,
) {
    let mut draft = Draft::new(now, cause.clone(), person.as_deref());
    draft.fence(FenceState::Refused, Some(reply));
    ledger.commit(draft);
}

fn register(hop: &Hop, mdtrt_id: &str, insutype: &str, facts: &Facts, draft: &mut Draft) {
    let inpatient = hop.infno().base() == "2401";
    let mut facts = facts.clone();
    facts.insert("mdtrt_id", mdtrt_id);
    facts.insert("insutype", insutype);
    facts.insert("insuplc_admdvs", hop.insured.as_str());
    draft.born(
        "visit",
        mdtrt_id,
        if inpatient { "admitted" } else { "registered" },
        facts,
        Amounts::new(),
    );
    draft.move_count(of_person("visit", hop), 1);
    if inpatient {
        draft.move_count(of_person("in-hospital", hop), 1);
    }
}

fn describe(ledger: &Ledger, mdtrt_id: &str, facts: &Facts, draft: &mut Draft) {
    if let Some(held) = ledger.row("visit", mdtrt_id) {
        draft.turned(&held.row, &held.row.status, facts.clone());
    }
}

fn charge(hop: &Hop, mdtrt_id: &str, line: &Line, draft: &mut Draft) {
    born_line(hop, mdtrt_id, line, "charged", draft);
}

fn born_line(hop: &Hop, mdtrt_id: &str, line: &Line, status: &str, draft: &mut Draft) {
    let mut facts = line.facts.clone();
    facts.insert("mdtrt_id", mdtrt_id);
    let split = line.split;
    let amounts = [
        ("det_item_fee_sumamt", split.amount),
        ("fulamt_ownpay_amt", split.full),
        ("overlmt_amt", split.over),
        ("preselfpay_amt", split.upfront),
        ("inscp_scp_amt", split.scope),
    ];
    let amounts = amounts
        .into_iter()
        .map(|(name, money)| (name, money.fen()))
        .collect();
    draft.born("fee-detail", &line.id, status, facts, amounts);
    draft.move_count(of_person("fee-detail", hop), 1);
}

fn withdraw(ledger: &Ledger, kind: &str, ids: &[Name], draft: &mut Draft) {
    let mut births: Vec<&Held> = Vec::new();
    for held in ids.iter().filter_map(|id| ledger.row(kind, id)) {
        ledger.negate_birth(held, draft);
        births.push(held);
    }
    // The upload itself is undone once its last line is withdrawn.
    let mut groups: Vec<u64> = births.iter().map(|held| held.born).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let of_group = |held: &&&Held| held.born == group;
        let cause = &births
            .iter()
            .find(of_group)
            .expect("the group comes from these births")
            .row
            .cause;
        let born = ledger.rows_born_in(group, kind);
        let left = born.filter(|held| !held.row.is_terminal()).count();
        if left == births.iter().filter(of_group).count() {
            draft.fence_other(&cause.origin, &cause.msgid, FenceState::Reversed);
        }
    }
}

/// 清分 · Kind of its rows.
pub(crate) const CLEARED: &str = "clearing";

/// The whole confirmation is taken back.
fn unconfirm(ledger: &Ledger, origin: &str, otransid: &str, draft: &mut Draft) {
    let known = ledger.original(origin, otransid, "3261").one();
    if let Some(known) = known.filter(|known| known.state == FenceState::Applied) {
        ledger.negate(known.group, draft);
        draft.fence_other(origin, otransid, FenceState::Reversed);
    }
}

/// 目录对照 · Kind of its rows.
pub(crate) const MAPPING: &str = "catalogue-mapping";

fn map(hop: &Hop, rows: &[(String, Facts)], draft: &mut Draft) {
    let of_institution = [("institution", hop.cause.origin.as_str())];
    for (id, facts) in rows {
        draft.born(MAPPING, id, "active", facts.clone(), Amounts::new());
        draft.move_count(CellKey::new(MAPPING, of_institution), 1);
    }
}

fn discharge(ledger: &Ledger, hop: &Hop, mdtrt_id: &str, facts: &Facts, draft: &mut Draft) {
    if let Some(held) = ledger.row("visit", mdtrt_id) {
        draft.turned(&held.row, "discharged", facts.clone());
        draft.move_count(of_person("in-hospital", hop), -1);
    }
}

/// Negates the group that brought a row into `status`, if it stands there.
fn undo_turn(ledger: &Ledger, kind: &str, id: &str, status: &str, draft: &mut Draft) {
    let Some(held) = ledger
        .row(kind, id)
        .filter(|held| held.row.status == status)
    else {
        return;
    };
    ledger.negate(held.turned, draft);
    if let Some(cause) = ledger.group(held.turned).first().map(|row| &row.cause) {
        draft.fence_other(&cause.origin, &cause.msgid, FenceState::Reversed);
    }
}

fn file(hop: &Hop, filing: &str, facts: &Facts, draft: &mut Draft) {
    let mut facts = facts.clone();
    facts.insert("trt_dcla_detl_sn", filing);
    facts.insert("insuplc_admdvs", hop.insured.as_str());
    draft.born("filing", filing, "active", facts, Amounts::new());
    draft.move_count(of_person("filing", hop), 1);
}

/// Negates the group that a row was born in, if it stands: a visit or filing with all that came with it.
fn drop_birth(ledger: &Ledger, kind: &str, id: &str, draft: &mut Draft) {
    let Some(held) = ledger.row(kind, id).filter(|held| !held.row.is_terminal()) else {
        return;
    };
    ledger.negate(held.born, draft);
    draft.fence_other(
        &held.row.cause.origin,
        &held.row.cause.msgid,
        FenceState::Reversed,
    );
}

fn settle(ledger: &Ledger, hop: &Hop, bill: &Bill, draft: &mut Draft) {
    let Some(settled) = &bill.settled else { return };
    let mut facts = bill.facts.clone();
    facts.extend([
        ("mdtrt_id", bill.mdtrt_id.clone()),
        ("setl_id", bill.setl_id.clone()),
        ("insutype", bill.insutype.clone()),
        ("insuplc_admdvs", hop.insured.as_str().to_owned()),
        ("medins_setl_id", hop.cause.msgid.clone()),
        ("clr_type", bill.business.clearing_type().to_owned()),
        ("refd_setl_flag", "0".to_owned()),
        (
            "balc",
            crosswipe_domain::Money::from_fen(settled.balance).to_string(),
        ),
    ]);
    if let Some(sale) = &bill.sale {
        sell(hop, bill, sale, draft);
    }
    draft.born(
        "settlement",
        &bill.setl_id,
        "settled",
        facts,
        settled.amounts.clone(),
    );
    draft.move_count(of_person("settlement", hop), 1);
    move_money(ledger.party().role, hop, bill, &settled.amounts, draft);
    if ledger.party().role == Role::Insured {
        accumulate(hop, bill, &settled.accumulators, draft);
        hold(hop, bill, settled.held, draft);
    }
    reconcile(hop, bill, &settled.amounts, draft);
    if ledger.party().role == Role::His {
        invoice(bill, &settled.amounts, draft);
        dispense(ledger, bill, draft);
    }
    for held in bill
        .lines
        .iter()
        .filter_map(|id| ledger.row("fee-detail", id))
    {
        draft.turned(
            &held.row,
            "settled",
            Facts::from([("setl_id", bill.setl_id.clone())]),
        );
    }
}

/// 购药 · Visit and lines of a sale, born settled.
fn sell(hop: &Hop, bill: &Bill, sale: &Sale, draft: &mut Draft) {
    register(hop, &bill.mdtrt_id, &bill.insutype, &sale.visit, draft);
    for line in &sale.lines {
        let mut line = line.clone();
        line.facts.insert("setl_id", bill.setl_id.clone());
        born_line(hop, &bill.mdtrt_id, &line, "settled", draft);
    }
}

fn invoice(bill: &Bill, amounts: &Amounts, draft: &mut Draft) {
    let facts = Facts::from([
        ("mdtrt_id", bill.mdtrt_id.clone()),
        ("setl_id", bill.setl_id.clone()),
    ]);
    let total = Amounts::from([("medfee_sumamt", amount(amounts, "medfee_sumamt"))]);
    draft.born(
        "invoice",
        &format!("INV-{}", bill.setl_id),
        "valid",
        facts,
        total,
    );
    draft.move_count(CellKey::new("invoice", []), 1);
}

fn move_money(role: Role, hop: &Hop, bill: &Bill, amounts: &Amounts, draft: &mut Draft) {
    let insurers = amount(amounts, "fund_pay_sumamt")
        + amount(amounts, "acct_pay")
        + amount(amounts, "acct_mulaid_pay");
    let (insured, treatment, period) = (
        hop.insured.as_str(),
        hop.treatment.as_str(),
        draft.at.day().month(),
    );
    let clearing = CellKey::new(
        "clearing",
        [
            ("insured", insured),
            ("treatment", treatment),
            ("period", &period),
        ],
    );
    match role {
        Role::His => {
            draft.move_money(CellKey::new("cash", []), amount(amounts, "psn_cash_pay"));
            draft.move_money(CellKey::new("receivable", []), insurers);
            let revenue = amount(amounts, "medfee_sumamt") - amount(amounts, "hosp_part_amt");
            draft.move_money(CellKey::new("revenue", []), -revenue);
        }
        Role::Treatment => {
            draft.move_money(
                CellKey::new("payable", [("institution", &hop.cause.origin)]),
                -insurers,
            );
            draft.move_money(clearing, insurers);
        }
        Role::Hub => {
            draft.move_money(CellKey::new("prefund", [("insured", insured)]), -insurers);
            draft.move_money(clearing, insurers);
        }
        Role::Insured => {
            for (name, fen) in amounts {
                if let Some(fund) = name.strip_prefix("fund:") {
                    draft.move_money(
                        CellKey::new("pool-fund", [("insutype", &bill.insutype), ("fund", fund)]),
                        -fen,
                    );
                }
            }
            let account = CellKey::new(
                "personal-account",
                [("person", &hop.person), ("insutype", &bill.insutype)],
            );
            draft.move_money(
                account,
                -amount(amounts, "acct_pay") - amount(amounts, "acct_mulaid_pay"),
            );
            draft.move_money(clearing, insurers);
        }
    }
}

/// 冻结 · What the account has paid stays held as long as the settlement stands; its undo frees it.
fn hold(hop: &Hop, bill: &Bill, held: i64, draft: &mut Draft) {
    if held == 0 {
        return;
    }
    let facts = Facts::from([
        ("mdtrt_id", bill.mdtrt_id.clone()),
        ("setl_id", bill.setl_id.clone()),
    ]);
    let amounts = Amounts::from([("acct_pay", held)]);
    let id = format!("HOLD-{}", bill.setl_id);
    draft.born("hold", &id, "active", facts, amounts);
    let of_account = [
        ("person", hop.person.as_str()),
        ("insutype", &bill.insutype),
    ];
    draft.move_memo(CellKey::new("hold", of_account), held);
}

/// What a settlement adds to the yearly sums.
pub(crate) fn accumulate(hop: &Hop, bill: &Bill, accumulators: &Amounts, draft: &mut Draft) {
    let year = draft.at.day().year();
    for (code, by) in accumulators {
        let cell = accumulator(&hop.person, &bill.insutype, &year, code);
        if code.starts_with('C') {
            draft.move_count(cell, *by)
        } else {
            draft.move_memo(cell, *by)
        }
    }
}

/// The cell of a yearly accumulator.
pub(crate) fn accumulator(person: &str, insutype: &str, year: &str, code: &str) -> CellKey {
    CellKey::new(
        "accumulator",
        [
            ("person", person),
            ("insutype", insutype),
            ("year", year),
            ("code", code),
        ],
    )
}

fn reconcile(hop: &Hop, bill: &Bill, amounts: &Amounts, draft: &mut Draft) {
    let day = draft.at.day().to_string();
    let cell = |item: &str| {
        let (institution, clr_type) = (hop.cause.origin.as_str(), bill.business.clearing_type());
        let dims = [
            ("day", day.as_str()),
            ("institution", institution),
            ("insutype", &bill.insutype),
            ("clr_type", clr_type),
            ("item", item),
        ];
        CellKey::new("reconciliation", dims)
    };
    draft.move_memo(cell("medfee"), amount(amounts, "medfee_sumamt"));
    draft.move_memo(cell("fund"), amount(amounts, "fund_pay_sumamt"));
    draft.move_memo(cell("acct"), amount(amounts, "acct_pay"));
    draft.move_count(cell("count"), 1);
}

fn unsettle(ledger: &Ledger, hop: &Hop, unbill: &Unbill, draft: &mut Draft) {
    undo_turn(ledger, "settlement", &unbill.setl_id, "settled", draft);
    let mut facts = unbill.facts.clone();
    facts.extend([
        ("mdtrt_id", unbill.mdtrt_id.clone()),
        ("setl_id", unbill.mirror.clone()),
        ("original", unbill.setl_id.clone()),
        ("medins_setl_id", hop.cause.msgid.clone()),
        ("refd_setl_flag", "1".to_owned()),
        (
            "balc",
            crosswipe_domain::Money::from_fen(unbill.balance).to_string(),
        ),
    ]);
    draft.born(
        "settlement",
        &unbill.mirror,
        "reversal",
        facts,
        unbill.amounts.clone(),
    );
}

fn reverse(ledger: &Ledger, origin: &str, omsgid: &str, oinfno: &str, draft: &mut Draft) {
    match ledger.original(origin, omsgid, oinfno) {
        Original::One(known) if known.state == FenceState::Applied => {
            ledger.negate(known.group, draft);
            draft.fence_other(origin, omsgid, FenceState::Reversed);
            if matches!(InfNo::new(oinfno).base(), "2208" | "2305" | "2103") {
                reinstate(ledger, known.group, draft);
            }
        }
        Original::Unheard => draft.fence_other(origin, omsgid, FenceState::Tombstone),
        Original::One(_) | Original::Several(_) => {}
    }
}

/// The undo is undone: the message it had undone stands again.
fn reinstate(ledger: &Ledger, group: u64, draft: &mut Draft) {
    for row in ledger.group(group) {
        if let Entry::Fence {
            origin,
            msgid,
            state: FenceState::Reversed,
            ..
        } = &row.entry
        {
            draft.fence_other(origin, msgid, FenceState::Applied);
        }
    }
}

fn of_person(kind: &str, hop: &Hop) -> CellKey {
    CellKey::new(kind, [("person", &hop.person)])
}

fn amount(amounts: &Amounts, name: &str) -> i64 {
    amounts.get(name).copied().unwrap_or(0)
}

//! 报文 · Inputs of the messages that the runner writes, one file per business family.
//!
//! Why so: a message is a function of what is known about the visit, nothing else, so that a resend
//! has the same bytes. Field names are the interface's own; needs and lengths stand in `wire`'s catalogue.
//! Not here: the envelope (`deliver`), what an answer means (`wire::classify`).

pub(crate) mod inpatient;
pub(crate) mod outpatient;
pub(crate) mod pharmacy;
pub(crate) mod query;
pub(crate) mod shown;
pub(crate) mod undo;

use std::collections::BTreeSet;

use crosswipe_domain::{BasketLine, Moment, Money, Persona, VoucherUse};
use crosswipe_scenarios::Credential;
use crosswipe_wire::ObjectText;

/// Nodes of a message: node id and JSON text.
pub(crate) type Nodes = Vec<(&'static str, String)>;

/// 就诊 · What the runner knows of a visit while it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Visit<'a> {
    pub(crate) persona: &'a Persona,
    pub(crate) insutype: String,
    /// The institution's own number for the visit; unique, so that an unread registration can be found.
    pub(crate) own_no: String,
    /// The institution's batch number of the fee lines.
    pub(crate) batch: String,
    /// Issued by the treatment place; empty before registration.
    pub(crate) mdtrt_id: String,
    pub(crate) basket: &'a [BasketLine],
    pub(crate) account: bool,
    /// 中途结算 · What it settles next is settled in the midst of the stay.
    pub(crate) mid_stay: bool,
    /// 慢特病 · The disease that it is for; `None` = ordinary outpatient care.
    pub(crate) disease: Option<String>,
    /// 凭证 · What the person shows.
    pub(crate) credential: Credential,
    /// 出示时间 · When a message is made: a token is shown anew for each.
    pub(crate) now: Moment,
    pub(crate) began: Moment,
    /// Sums of the split that the treatment place answered, by interface name.
    pub(crate) split: Vec<(&'static str, Money)>,
    /// Serials of lines that were withdrawn one by one.
    pub(crate) withdrawn: BTreeSet<String>,
}

/// The four split sums that a settlement repeats.
pub(crate) const SPLIT: [&str; 4] = [
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
];

const DEPARTMENT: (&str, &str) = ("A03", "内科");
const DOCTOR: (&str, &str) = ("D330100000001", "测试医师");

impl Visit<'_> {
    /// 医疗费总额 · The total of the lines that stand.
    pub(crate) fn total(&self) -> Money {
        let stands = |number: usize| !self.withdrawn.contains(&self.serial(number + 1));
        let lines = self.basket.iter().enumerate();
        lines
            .filter(|(number, _)| stands(*number))
            .map(|(_, line)| line.amount())
            .sum()
    }

    /// Starts a node with the ids that every message of a visit repeats.
    fn node(&self) -> ObjectText {
        ObjectText::new()
            .text("mdtrt_id", &self.mdtrt_id)
            .text("psn_no", self.persona.no.reveal())
    }

    /// 医疗类别 · Of an outpatient visit.
    fn med_type(&self) -> &'static str {
        match self.disease {
            Some(_) => "14",
            None => "11",
        }
    }

    /// Adds the credential for a business; unless the scenario says so, the identity card (02), which works across
    /// regions.
    fn credential(&self, node: ObjectText, business: VoucherUse) -> ObjectText {
        let shown = (&self.credential, business, self.now);
        node.text("mdtrt_cert_type", shown::kind(&self.credential))
            .text(
                "mdtrt_cert_no",
                &shown::number(self.persona, shown, &self.own_no),
            )
    }

    /// Adds what 2206, 2207, 2303 and 2304 share; a purchase has a form of its own (`pharmacy`).
    fn settlement(&self, way: SplitSent) -> ObjectText {
        let node = self.credential(self.node(), VoucherUse::Settlement);
        let mut node = node
            .money("medfee_sumamt", self.total())
            .text("psn_setlway", "01")
            .text("insutype", &self.insutype)
            .text("acct_used_flag", if self.account { "1" } else { "0" });
        if way == SplitSent::Yes {
            for (name, amount) in &self.split {
                node = node.money(name, *amount);
            }
        }
        node
    }

    /// 费用明细流水号 · Serial of a line of the bill, from 1.
    pub(crate) fn serial(&self, line: usize) -> String {
        format!("{}-{line:03}", self.batch)
    }

    /// Fee lines as 2204 and 2301 take them; `extra` adds what only one of them has.
    fn fee_lines(&self, extra: impl Fn(ObjectText) -> ObjectText) -> String {
        crosswipe_wire::list_text(self.basket.iter().enumerate().map(|(index, line)| {
            let mut node = ObjectText::new()
                .text("feedetl_sn", &self.serial(index + 1))
                .text("mdtrt_id", &self.mdtrt_id)
                .text("psn_no", self.persona.no.reveal());
            if let Some(refunded) = line.refunds {
                node = node.text("init_feedetl_sn", &self.serial(refunded));
            }
            extra(node)
                .text("fee_ocur_time", &self.began.wire())
                .text("med_list_codg", &line.code)
                .text("medins_list_codg", &line.code)
                .money("det_item_fee_sumamt", line.amount())
                .number("cnt", line.count)
                .number("pric", line.price)
                .text("bilg_dept_codg", DEPARTMENT.0)
                .text("bilg_dept_name", DEPARTMENT.1)
                .text("bilg_dr_codg", DOCTOR.0)
                .text("bilg_dr_name", DOCTOR.1)
                .text("hosp_appr_flag", "1")
                .finish()
        }))
    }

    /// One diagnosis, as 2203, 2401 and 2402 take it.
    fn diagnosis(&self, with_person: bool) -> String {
        let mut node = ObjectText::new();
        if with_person {
            // An admission has no visit id to repeat yet.
            node = match self.mdtrt_id.is_empty() {
                true => ObjectText::new().text("psn_no", self.persona.no.reveal()),
                false => self.node(),
            };
            node = node.text("maindiag_flag", "1");
        }
        let node = node
            .text("diag_type", "1")
            .number("diag_srt_no", 1)
            .text("diag_code", "J18.900")
            .text("diag_name", "肺炎")
            .text("diag_dept", DEPARTMENT.1)
            .text("dise_dor_no", DOCTOR.0)
            .text("dise_dor_name", DOCTOR.1)
            .text("diag_time", &self.began.wire());
        let node = if with_person {
            node
        } else {
            node.text("vali_flag", "1")
        };
        crosswipe_wire::list_text([node.finish()])
    }
}

/// Whether a settlement repeats the split that the treatment place answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SplitSent {
    Yes,
    No,
}

//! 住院 · Inputs of 2401, 2403, 2301, 2402, 2303 and 2304.

use crosswipe_domain::{Moment, VoucherUse};
use crosswipe_wire::ObjectText;

use super::{DEPARTMENT, DOCTOR, Nodes, SplitSent, Visit, shown};

/// 2401 入院
pub(crate) fn admit(visit: &Visit<'_>) -> Nodes {
    let node = ObjectText::new()
        .text("psn_no", visit.persona.no.reveal())
        .text("insutype", &visit.insutype);
    let node = node.text("begntime", &visit.began.wire());
    let node = visit
        .credential(node, VoucherUse::Registration)
        .text("med_type", "21")
        .text("ipt_no", &visit.own_no)
        .text("atddr_no", DOCTOR.0)
        .text("chfpdr_name", DOCTOR.1)
        .text("adm_diag_dscr", "肺炎")
        .text("adm_dept_codg", DEPARTMENT.0)
        .text("adm_dept_name", DEPARTMENT.1)
        .text("adm_bed", "01")
        .text("dscg_maindiag_code", "J18.900")
        .text("dscg_maindiag_name", "肺炎");
    vec![
        ("mdtrtinfo", node.finish()),
        ("diseinfo", visit.diagnosis(true)),
    ]
}

/// 2403 变更: what 2401 said, but for what `node` holds instead.
pub(crate) fn change(visit: &Visit<'_>, node: ObjectText) -> Nodes {
    let node = node
        .text("mdtrt_id", &visit.mdtrt_id)
        .text("psn_no", visit.persona.no.reveal())
        .text("begntime", &visit.began.wire())
        .text("mdtrt_cert_type", shown::kind(&visit.credential))
        .text("med_type", "21")
        .text("ipt_otp_no", &visit.own_no)
        .text("atddr_no", DOCTOR.0)
        .text("chfpdr_name", DOCTOR.1)
        .text("adm_diag_dscr", "肺炎")
        .text("adm_dept_codg", DEPARTMENT.0)
        .text("adm_dept_name", DEPARTMENT.1)
        .text("adm_bed", "01")
        .text("dscg_maindiag_code", "J18.900")
        .text("dscg_maindiag_name", "肺炎");
    vec![
        ("adminfo", node.finish()),
        ("diseinfo", visit.diagnosis(true)),
    ]
}

/// 2301 费用明细
pub(crate) fn charge(visit: &Visit<'_>) -> Nodes {
    vec![(
        "feedetail",
        visit.fee_lines(|node| node.text("med_type", "21")),
    )]
}

/// 2402 出院
pub(crate) fn discharge(visit: &Visit<'_>, at: Moment) -> Nodes {
    let node = visit
        .node()
        .text("insutype", &visit.insutype)
        .text("endtime", &at.wire())
        .text("dscg_dept_codg", DEPARTMENT.0)
        .text("dscg_dept_name", DEPARTMENT.1)
        .text("dscg_way", "1");
    vec![
        ("dscginfo", node.finish()),
        ("diseinfo", visit.diagnosis(true)),
    ]
}

/// 2303 预结算
pub(crate) fn price(visit: &Visit<'_>) -> Nodes {
    settlement(visit)
}

/// 2304 结算
pub(crate) fn settle(visit: &Visit<'_>) -> Nodes {
    settlement(visit)
}

/// A trial says what its settlement will say.
fn settlement(visit: &Visit<'_>) -> Nodes {
    let node = visit
        .settlement(SplitSent::Yes)
        .text("mid_setl_flag", if visit.mid_stay { "1" } else { "0" });
    vec![("data", node.finish())]
}

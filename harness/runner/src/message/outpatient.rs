//! 门诊 · Inputs of 2201, 2203, 2204, 2206 and 2207.

use crosswipe_domain::VoucherUse;
use crosswipe_wire::ObjectText;

use super::{DEPARTMENT, DOCTOR, Nodes, SplitSent, Visit};

/// 2201 挂号
pub(crate) fn register(visit: &Visit<'_>) -> Nodes {
    let node = ObjectText::new()
        .text("psn_no", visit.persona.no.reveal())
        .text("insutype", &visit.insutype);
    let node = node.text("begntime", &visit.began.wire());
    let node = visit
        .credential(node, VoucherUse::Registration)
        .text("ipt_otp_no", &visit.own_no)
        .text("atddr_no", DOCTOR.0)
        .text("dr_name", DOCTOR.1)
        .text("dept_code", DEPARTMENT.0)
        .text("dept_name", DEPARTMENT.1)
        .text("caty", "A03");
    vec![("data", node.finish())]
}

/// 2203 就诊信息
pub(crate) fn diagnose(visit: &Visit<'_>) -> Nodes {
    let visit_node = visit
        .node()
        .text("med_type", visit.med_type())
        .text("begntime", &visit.began.wire())
        .opt_text("dise_codg", visit.disease.as_deref());
    vec![
        ("mdtrtinfo", visit_node.finish()),
        ("diseinfo", visit.diagnosis(false)),
    ]
}

/// 2204 费用明细
pub(crate) fn charge(visit: &Visit<'_>) -> Nodes {
    let lines = visit.fee_lines(|node| {
        node.text("chrg_bchno", &visit.batch)
            .text("rxno", &visit.batch)
            .text("rx_circ_flag", "0")
            .opt_text("dise_codg", visit.disease.as_deref())
    });
    vec![("feedetail", lines)]
}

/// 2206 预结算
pub(crate) fn price(visit: &Visit<'_>) -> Nodes {
    let node = visit
        .settlement(SplitSent::No)
        .text("med_type", visit.med_type())
        .text("chrg_bchno", &visit.batch);
    vec![("data", node.finish())]
}

/// 2207 结算
pub(crate) fn settle(visit: &Visit<'_>) -> Nodes {
    let node = visit
        .settlement(SplitSent::Yes)
        .text("med_type", visit.med_type())
        .text("chrg_bchno", &visit.batch);
    vec![("data", node.finish())]
}

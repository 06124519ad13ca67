//! 通知 · The window of the Zhejiang switch, as its notice has it.

use super::*;

fn phase(
    id: &str,
    kind: PhaseKind,
    from: &str,
    to: Option<&str>,
    allow: Vec<Allow>,
    public: Public,
    quote: &str,
) -> Phase {
    Phase {
        id: id.into(),
        kind,
        from: at(from),
        to: to.map(at),
        allow,
        public,
        reads: None,
        quote: quote.into(),
    }
}

fn allow(business: &[Business], scope: Scope) -> Allow {
    Allow {
        business: business.to_vec(),
        scope,
        classes: vec![],
        institutions: vec![],
        channels: vec![],
    }
}

pub(super) fn window() -> Window {
    use PhaseKind::*;
    use Public::*;
    let cross = allow(
        &[Business::Outpatient, Business::Inpatient],
        Scope::CrossRegion,
    );
    Window {
        phases: vec![
            phase(
                "frozen",
                Frozen,
                "2017-05-31T18:00+08:00",
                Some("2017-06-01T09:00+08:00"),
                vec![],
                Closed,
                "停止刷卡结算",
            ),
            phase(
                "joint",
                Joint,
                "2017-06-01T09:00+08:00",
                Some("2017-06-02T09:00+08:00"),
                vec![allow(&[], Scope::Arranged)],
                Closed,
                "接入和联调测试",
            ),
            phase(
                "cross",
                Verify,
                "2017-06-02T09:00+08:00",
                Some("2017-06-04T18:00+08:00"),
                vec![cross],
                Closed,
                "组织各地市进行交叉测试",
            ),
            phase(
                "live",
                Live,
                "2017-06-04T18:00+08:00",
                None,
                vec![],
                Open,
                "",
            ),
        ],
        margin_ms: 7_200_000,
        no_refund: None,
        no_self_pay: None,
        suspended: Vec::new(),
        amended: Vec::new(),
    }
}

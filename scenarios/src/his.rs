//! 外接 HIS · Reads `his:` of an institution: where a hospital's own system stands that a run drives.
//!
//! Why on loopback only: its platform is a mock of the run, and mocks show full person numbers, so they stand on loopback
//! and are reached from there alone. A system elsewhere is a real one: `live:` says who may be sent to, and how much.
//! Called by `topology`. Not here: what is said to it (`mocks/his-adapter.json`), how it is driven (`cli`, `runner`).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crosswipe_domain::{Both, both};

use crate::codes;
use crate::node::Node;
use crate::problem::{Problems, Said};
use crate::words;

const HELP: Both = Both::new(
    "写适配口的本机 IP 与端口, 如 127.0.0.1:9101; 别的机器上的系统写进 live",
    "write IP and port of its adapter on this machine, e.g. 127.0.0.1:9101; a system elsewhere belongs in `live`",
);

/// The address of a hospital's adapter.
pub(crate) fn read_his(node: &Node, problems: &Problems) -> Option<Said<SocketAddr>> {
    let said = words::word(node, problems)?;
    let read = said.value.parse().ok();
    let read = read.filter(|at: &SocketAddr| at.ip().is_loopback() && at.port() != 0);
    if read.is_none() {
        let message = both!(
            "`{}` 不是本机 HIS 适配口的地址",
            "`{}` is no address of a HIS on this machine",
            said.value
        );
        problems.push(said.at.error(codes::BAD_HIS, message).help(HELP));
    }
    Some(Said {
        value: read?,
        at: said.at,
    })
}

/// One adapter speaks for one institution: the books at an address are somebody's.
pub(crate) fn report_shared<'a>(
    all: impl Iterator<Item = &'a Said<SocketAddr>>,
    problems: &Problems,
) {
    let mut seen = BTreeMap::new();
    for said in all {
        if seen.insert(said.value, ()).is_some() {
            let message = both!(
                "`{}` 已是另一家机构的 HIS",
                "`{}` is the HIS of another institution",
                said.value
            );
            let help = both!("每家机构一个适配口", "one adapter for each institution");
            problems.push(said.at.error(codes::BAD_HIS, message).help(help));
        }
    }
}

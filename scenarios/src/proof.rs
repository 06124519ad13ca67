//! 反证 · A case that shows that a breach of the notice is found: played alone, in a world that commits it.
//!
//! Why apart from the plan's cases: a run that is to end clean cannot hold a breach, and a gate or a judge that has never
//! met one proves little by keeping silent. So `proves:` names what a party does wrong and what must be found of it; the
//! steps say what an honest platform would answer, and the world of the proof is the only one that does otherwise.
//! Read by `cases`, played by `cli`. Not here: which faults there are (`mocks`; `cli` holds the words against them).

use crosswipe_domain::{Both, FindingClass, both};

use crate::Case;
use crate::codes;
use crate::fields::Fields;
use crate::node::Node;
use crate::problem::{Problems, noun};
use crate::words;

/// 反证 · A case with what goes wrong in its world, and what must be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What is played.
    pub case: Case,
    /// Faults of parties in the words of the command line, e.g. `old-platform-still-open`; at least one.
    pub faults: Vec<String>,
    /// Classes of which each must be found, and of which alone all else may follow; at least one.
    pub findings: Vec<FindingClass>,
}

/// `proves:` of a case, before its steps are read.
#[derive(Clone, Debug)]
pub(crate) struct Proves {
    faults: Vec<String>,
    findings: Vec<FindingClass>,
}

impl Proves {
    pub(crate) fn of(self, case: Case) -> Proof {
        Proof {
            case,
            faults: self.faults,
            findings: self.findings,
        }
    }
}

/// Reads `proves: {fault: …, finding: …}`; each is a word or a list.
pub(crate) fn read_proves(node: &Node, problems: &Problems) -> Option<Proves> {
    let fields = Fields::of(node, noun("反证", "proves"), problems)?;
    let said = |key: &'static str, help: Both| {
        let node = fields.required(key, help)?;
        let said = words::words(node, problems);
        let texts: Vec<String> = said.into_iter().map(|said| said.value).collect();
        (!texts.is_empty()).then_some(texts)
    };
    let faults = said(
        "fault",
        both!(
            "写上哪一方做错什么, 如 old-platform-still-open",
            "say what a party does wrong, e.g. old-platform-still-open"
        ),
    );
    let findings = said(
        "finding",
        both!(
            "写上必须查出的类别, 如 gate:window",
            "say which class must be found, e.g. gate:window"
        ),
    );
    fields.done();
    let (faults, findings) = (faults?, findings?);
    if let Some(strange) = findings.iter().find(|class| !is_class(class)) {
        let message = both!(
            "`{strange}` 不是发现的类别",
            "`{strange}` is no class of findings"
        );
        let help = both!(
            "形如 gate:window、duplicate-settle; 见 crosswipe explain classes",
            "write it like gate:window, duplicate-settle; see crosswipe explain classes"
        );
        problems.push(node.at.error(codes::UNKNOWN_WORD, message).help(help));
        return None;
    }
    Some(Proves {
        faults,
        findings: findings.into_iter().map(FindingClass::new).collect(),
    })
}

/// Lower-case words, the family before a colon or a blank; what stands behind it may be any book, side or reason.
fn is_class(text: &str) -> bool {
    let (family, rest) = text.split_once([':', ' ']).unwrap_or((text, "-"));
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    !family.is_empty() && family.bytes().all(plain) && !rest.is_empty()
}

//! 凭证写法 · `credential:` of a swipe: what the person shows, and what of it an old client or a careless one gets wrong.
//!
//! Why so small: what breaks across regions is told by words (`card_sn: none`, `number: wrong-check`), never by numbers,
//! so that no scenario holds a number that names somebody; the runner makes the values from the person on the registry.
//! Not here: what a platform says to it (`mocks`), how a token is made (`domain::Voucher`).

use crosswipe_domain::{Moment, VoucherUse, both};

use crate::codes;
use crate::fields::Fields;
use crate::node::{Node, Value};
use crate::problem::{Problems, noun};
use crate::words;

/// 凭证 · What a person shows at the counter. The default is the identity card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credential {
    /// What kind.
    pub shows: Shows,
    /// `psn_name` of 1101, where it is not the name on the registry.
    pub name: Option<String>,
    /// How the number is written.
    pub number: Written,
    /// `card_sn` of 1101, where it is not the one on the registry; empty = the library reads none.
    pub card_sn: Option<String>,
    /// `psn_cert_type` of 1101, where it is not that of the registry.
    pub document: Option<String>,
}

/// 出示 · The kind of a credential (`mdtrt_cert_type`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shows {
    /// 02 居民身份证
    #[default]
    IdCard,
    /// 01 医保电子凭证
    Voucher {
        /// When its token was shown; `None` = anew for each message. Two swipes that name one instant show one token.
        issued: Option<Moment>,
        /// For which business it was shown; `None` = for that of each message.
        business: Option<VoucherUse>,
    },
    /// 03 社会保障卡
    Card,
    /// 17 港澳台居民居住证
    Permit,
}

/// 号码写法 · How a number is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// As on the registry.
    #[default]
    AsIs,
    /// Its check character as a small letter.
    Small,
    /// With a wrong check character.
    WrongCheck,
}

#[derive(Clone, Copy)]
enum Kind {
    IdCard,
    Voucher,
    Card,
    Permit,
}

const KINDS: [(&str, Kind); 8] = [
    ("id-card", Kind::IdCard),
    ("e-voucher", Kind::Voucher),
    ("card", Kind::Card),
    ("residence-permit", Kind::Permit),
    ("身份证", Kind::IdCard),
    ("电子凭证", Kind::Voucher),
    ("社保卡", Kind::Card),
    ("居住证", Kind::Permit),
];
const USES: [(&str, VoucherUse); 6] = [
    ("registration", VoucherUse::Registration),
    ("settlement", VoucherUse::Settlement),
    ("pharmacy", VoucherUse::Pharmacy),
    ("挂号", VoucherUse::Registration),
    ("结算", VoucherUse::Settlement),
    ("购药", VoucherUse::Pharmacy),
];
const WRITTEN: [(&str, Written); 4] = [
    ("small-x", Written::Small),
    ("wrong-check", Written::WrongCheck),
    ("小写", Written::Small),
    ("校验位错", Written::WrongCheck),
];
const NONE: &str = "none";

/// Reads `credential: e-voucher`, or a mapping with `type` and what differs.
pub(crate) fn read_credential(node: &Node, problems: &Problems) -> Option<Credential> {
    let kind = |node: &Node| {
        let said = words::word(node, problems)?;
        words::one_of(&said, noun("凭证", "credential"), &KINDS, problems)
    };
    let Value::Map(_) = &node.value else {
        let shows = match kind(node)? {
            Kind::IdCard => Shows::IdCard,
            Kind::Card => Shows::Card,
            Kind::Permit => Shows::Permit,
            Kind::Voucher => Shows::Voucher {
                issued: None,
                business: None,
            },
        };
        return Some(Credential {
            shows,
            ..Credential::default()
        });
    };
    let fields = Fields::of(node, noun("凭证", "credential"), problems)?;
    let kind = match fields.optional("type") {
        Some(node) => kind(node)?,
        None => Kind::IdCard,
    };
    let text = |key: &'static str| match fields.optional(key) {
        Some(node) => words::prose(node, problems).map(|said| Some(said.value)),
        None => Some(None),
    };
    let (name, card_sn, document) = (text("name"), text("card_sn"), text("psn_cert_type"));
    let number = match fields.optional("number") {
        Some(node) => {
            let said = words::word(node, problems)?;
            words::one_of(&said, noun("号码", "number"), &WRITTEN, problems)
        }
        None => Some(Written::AsIs),
    };
    let issued = match fields.optional("issued") {
        Some(node) => words::instant(node, problems).map(|said| Some(said.value)),
        None => Some(None),
    };
    let business = match fields.optional("for") {
        Some(node) => {
            let said = words::word(node, problems)?;
            words::one_of(&said, noun("for", "for"), &USES, problems).map(Some)
        }
        None => Some(None),
    };
    let misplaced = [
        ("issued", matches!(kind, Kind::Voucher)),
        ("for", matches!(kind, Kind::Voucher)),
        ("card_sn", matches!(kind, Kind::Card)),
    ];
    let mut fits = true;
    for (key, belongs) in misplaced {
        if let Some(at) = fields.key_at(key).filter(|_| !belongs) {
            let message = both!(
                "`{key}` 不用于这种凭证",
                "`{key}` says nothing of this kind of credential"
            );
            let help = both!(
                "issued、for 只用于 e-voucher, card_sn 只用于 card",
                "`issued` and `for` go with e-voucher, `card_sn` with card"
            );
            problems.push(at.error(codes::WRONG_SHAPE, message).help(help));
            fits = false;
        }
    }
    fields.done();
    let (issued, business) = (issued?, business?);
    let shows = match kind {
        Kind::IdCard => Shows::IdCard,
        Kind::Card => Shows::Card,
        Kind::Permit => Shows::Permit,
        Kind::Voucher => Shows::Voucher { issued, business },
    };
    let read = Credential {
        shows,
        name: name?,
        number: number?,
        card_sn: card_sn?.map(|sn| if sn == NONE { String::new() } else { sn }),
        document: document?,
    };
    fits.then_some(read)
}

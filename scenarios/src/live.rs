//! 真实目标 · Reads `live:` of a plan: the only addresses beyond its own mock parties that a run may ever send to.
//!
//! Why a file of its own, and why so much of it: whatever stands here books on somebody's live books. So a target is
//! an address, never a name that may lead elsewhere tomorrow; the registry is vouched for by its digest, so that a
//! list somebody has touched since it was checked sends nothing; and what may be settled is capped in number and
//! amount. Any of them missing is a problem of the plan, and nothing is sent.
//! Called by `load`. Not here: whether the window is open and somebody has confirmed (`cli`), the counting (`runner`).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crosswipe_domain::{
    Both, Caps, InstitutionCode, Money, Party, Role, Topology, both, sha256_hex,
};
use crosswipe_wire::without_strangers;

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::{Noun, Problems, Said, noun};
use crate::words;

/// 真实目标 · Where a run against real systems sends, what it may settle there at most, and who shows books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Test system or the one that everybody uses.
    pub environment: Environment,
    /// SHA-256 of the persons file, lower-case hex, as whoever checked the list wrote it down.
    pub registry: String,
    /// 上限 · What one run may settle at most.
    pub caps: Caps,
    /// Where each institution sends.
    pub institutions: BTreeMap<InstitutionCode, SocketAddr>,
    /// 出账方 · Parties that show their whole books, and where; the evidence of all others is their answers alone.
    pub books: BTreeMap<Party, SocketAddr>,
    /// Whether the targets understand the header with run, epoch and business time; strangers do not.
    pub context: bool,
    /// Who sends, as the targets' own lists have him.
    pub operator: Operator,
}

/// 经办人 · Who a message says has sent it: in every envelope, and at the sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `opter`, `opter_no`: his number at the institution; at most 30 characters.
    pub no: String,
    /// `opter_name`: at most 50 characters. It stands in no evidence.
    pub name: String,
    /// `mac` of the workstation, at the sign-in.
    pub mac: String,
    /// `ip` of the workstation, at the sign-in.
    pub ip: IpAddr,
}

impl Operator {
    /// The one that mock platforms hear of: nobody.
    pub fn of_mocks() -> Operator {
        Operator {
            no: "0001".to_owned(),
            name: "crosswipe".to_owned(),
            mac: "00-00-00-00-00-00".to_owned(),
            ip: Ipv4Addr::LOCALHOST.into(),
        }
    }
}

/// 环境 · What is behind the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// 测试环境 · Made for tests.
    Test,
    /// 生产环境 · Live books.
    Production,
}

impl Environment {
    const ALL: [(&'static str, Environment); 2] = [
        ("test", Environment::Test),
        ("production", Environment::Production),
    ];

    /// `test` or `production`, as plans write it.
    pub fn name(self) -> &'static str {
        match self {
            Environment::Test => "test",
            Environment::Production => "production",
        }
    }
}

const ADDRESS_HELP: Both = Both::new(
    "写 IP 与端口, 如 10.8.1.2:8080; 不写域名, 域名明天可能指向别处",
    "write IP and port, e.g. 10.8.1.2:8080; no name, which may lead elsewhere tomorrow",
);

const OPERATOR_HELP: Both = Both::new(
    "写报文里的经办人, 如 `operator: {no: \"0001\", name: 张三}`; 可加签到的 mac 与 ip",
    "say who the messages come from, e.g. `operator: {{no: \"0001\", name: Li}}`; `mac` and `ip` of the sign-in may be added",
);

/// Reads the whole file; `persons` are the bytes of the persons file, where it could be read.
pub(crate) fn read_live(
    node: &Node,
    topology: Option<&Topology>,
    persons: Option<&[u8]>,
    problems: &Problems,
) -> Option<Live> {
    let before = problems.len();
    let fields = Fields::of(node, noun("live", "live"), problems)?;
    let reading = Reading { topology, problems };
    let environment = fields
        .required(
            "environment",
            both!("写 test 或 production", "write test or production"),
        )
        .and_then(|node| words::word(node, problems))
        .and_then(|said| {
            words::one_of(
                &said,
                noun("环境", "environment"),
                &Environment::ALL,
                problems,
            )
        });
    let registry = fields
        .required(
            "registry",
            both!(
                "写名册文件核对时的 SHA-256 (sha256sum persons.csv)",
                "write the SHA-256 that the checked persons file had (sha256sum persons.csv)"
            ),
        )
        .and_then(|node| words::word(node, problems));
    if let (Some(said), Some(persons)) = (&registry, persons) {
        reading.must_be_the_checked_one(said, persons);
    }
    let caps = fields
        .required(
            "caps",
            both!(
                "写上限, 如 `caps: {{settlements: 12, amount: 600.00}}`",
                "cap what may be settled, e.g. `caps: {{settlements: 12, amount: 600.00}}`"
            ),
        )
        .and_then(|node| reading.caps(node));
    let listed = fields.required(
        "institutions",
        both!("列出发往哪里", "list where each institution sends"),
    );
    let listed = listed.map_or(&[][..], |node| items(node, problems));
    let institutions: Vec<(Said<String>, SocketAddr)> = listed
        .iter()
        .filter_map(|node| reading.institution(node))
        .collect();
    words::report_duplicates(
        noun("机构", "institution"),
        institutions.iter().map(|(code, _)| code),
        problems,
    );
    if listed.is_empty() && fields.has("institutions") {
        let problem = fields.at.error(
            codes::BAD_LIVE,
            both!("一家发送的机构也没有列", "no institution is a target"),
        );
        problems.push(problem.help(both!(
            "列出至少一家, 或去掉 live",
            "list one at least, or drop `live`"
        )));
    }
    let shown = fields
        .optional("books")
        .map_or(&[][..], |node| items(node, problems));
    let shown: Vec<(Said<String>, SocketAddr)> = shown
        .iter()
        .filter_map(|node| reading.keeper(node))
        .collect();
    words::report_duplicates(
        noun("一方", "party"),
        shown.iter().map(|(party, _)| party),
        problems,
    );
    let context = fields
        .optional("context")
        .and_then(|node| words::yes_no(node, problems))
        .unwrap_or_default();
    let operator = fields
        .required("operator", OPERATOR_HELP)
        .and_then(|node| reading.operator(node));
    fields.done();
    let live = Live {
        environment: environment?,
        registry: registry?.value,
        caps: caps?,
        institutions: institutions
            .into_iter()
            .filter_map(|(code, at)| Some((InstitutionCode::parse(&code.value).ok()?, at)))
            .collect(),
        books: shown
            .into_iter()
            .filter_map(|(party, at)| Some((Party::try_from(party.value).ok()?, at)))
            .collect(),
        context,
        operator: operator?,
    };
    (problems.len() == before).then_some(live)
}

struct Reading<'a> {
    topology: Option<&'a Topology>,
    problems: &'a Problems,
}

impl Reading<'_> {
    /// A list that was touched after somebody checked it sends nothing.
    fn must_be_the_checked_one(&self, said: &Said<String>, persons: &[u8]) {
        let is = sha256_hex(persons);
        if said.value.eq_ignore_ascii_case(&is) {
            return;
        }
        let message = both!(
            "名册文件不是核对过的那一份: SHA-256 不同",
            "the persons file is not the one that was checked: its SHA-256 is another"
        );
        let help = both!(
            "重新核对名册, 再写上它的摘要: {is}",
            "check the list again, then write its digest: {is}"
        );
        self.problems
            .push(said.at.error(codes::BAD_LIVE, message).help(help));
    }

    fn caps(&self, node: &Node) -> Option<Caps> {
        let fields = Fields::of(node, noun("caps", "caps"), self.problems)?;
        let many = both!(
            "写最多几笔结算, 1 至 9999",
            "how many settlements at most, 1 to 9999"
        );
        let settlements = fields
            .required("settlements", many.clone())
            .and_then(|node| words::word(node, self.problems))
            .and_then(|said| {
                let read = said
                    .value
                    .parse()
                    .ok()
                    .filter(|most| (1..=9999).contains(most));
                if read.is_none() {
                    let message = both!(
                        "`{}` 不是笔数",
                        "`{}` is no number of settlements",
                        said.value
                    );
                    self.problems
                        .push(said.at.error(codes::BAD_LIVE, message).help(many));
                }
                read
            });
        let much = both!(
            "写费用总额上限, 如 600.00",
            "the most that all fees may come to, e.g. 600.00"
        );
        let amount = fields
            .required("amount", much.clone())
            .and_then(|node| words::word(node, self.problems))
            .and_then(|said| {
                let help = words::AMOUNT_HELP;
                let read =
                    words::parsed(&said, codes::BAD_LIVE, help, Money::parse, self.problems)?;
                if read.value <= Money::ZERO {
                    let problem = said.at.error(
                        codes::BAD_LIVE,
                        both!("上限为零, 一笔也不能结算", "nothing may be settled"),
                    );
                    self.problems.push(problem.help(much));
                    return None;
                }
                Some(read.value)
            });
        fields.done();
        Some(Caps {
            settlements: settlements?,
            amount: amount?,
        })
    }

    /// Who sends: what the interface has room for, and no identity number, which the evidence would keep.
    fn operator(&self, node: &Node) -> Option<Operator> {
        let fields = Fields::of(node, noun("经办人", "operator"), self.problems)?;
        let no = fields
            .required("no", OPERATOR_HELP)
            .and_then(|node| words::word(node, self.problems))
            .filter(|said| {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                let fits = said.value.len() <= 30 && said.value.chars().all(plain);
                let names_somebody = without_strangers(&said.value) != said.value.as_str();
                let what = match (fits && !said.value.is_empty(), names_somebody) {
                    (true, false) => return true,
                    (false, _) => noun("不是工号", "no operator's number"),
                    (true, true) => noun(
                        "是身份证号码, 不是工号",
                        "somebody's identity number, and no operator's",
                    ),
                };
                self.bad(
                    said,
                    what,
                    both!(
                        "写工号, 至多 30 位字母数字",
                        "his number at the institution, at most 30 letters and digits"
                    ),
                );
                false
            });
        let name = fields
            .required("name", OPERATOR_HELP)
            .and_then(|node| words::prose(node, self.problems))
            .filter(|said| {
                let many = said.value.chars().count();
                let fits = (1..=50).contains(&many) && !said.value.chars().any(char::is_control);
                if !fits {
                    let problem = said.at.error(
                        codes::BAD_LIVE,
                        both!("经办人没有姓名", "no operator's name"),
                    );
                    self.problems
                        .push(problem.help(both!("写 1 至 50 个字", "1 to 50 characters")));
                }
                fits
            });
        let mac = fields.optional("mac").map(|node| {
            let said = words::word(node, self.problems)?;
            let pairs: Vec<&str> = said.value.split(['-', ':']).collect();
            let hex = |pair: &&str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
            if pairs.len() == 6 && pairs.iter().all(hex) {
                return Some(said.value);
            }
            self.bad(
                &said,
                noun("不是 MAC 地址", "no MAC address"),
                both!("形如 00-1A-2B-3C-4D-5E", "write it like 00-1A-2B-3C-4D-5E"),
            );
            None
        });
        let ip = fields.optional("ip").map(|node| {
            let said = words::word(node, self.problems)?;
            let read = said.value.parse().ok();
            if read.is_none() {
                self.bad(
                    &said,
                    noun("不是 IP 地址", "no IP address"),
                    both!("形如 10.8.1.20", "write it like 10.8.1.20"),
                );
            }
            read
        });
        fields.done();
        let nobody = Operator::of_mocks();
        Some(Operator {
            no: no?.value,
            name: name?.value,
            mac: mac.unwrap_or(Some(nobody.mac))?,
            ip: ip.unwrap_or(Some(nobody.ip))?,
        })
    }

    fn bad(&self, said: &Said<String>, what: Noun, help: Both) {
        let Noun { zh, en } = what;
        let message = both!("`{}` {zh}", "`{}` is {en}", without_strangers(&said.value));
        self.problems
            .push(said.at.error(codes::BAD_LIVE, message).help(help));
    }

    fn institution(&self, node: &Node) -> Option<(Said<String>, SocketAddr)> {
        let fields = Fields::of(node, noun("机构", "institution"), self.problems)?;
        let code = fields
            .required("code", both!("写机构编号", "write the institution's code"))
            .and_then(|node| words::word(node, self.problems))
            .filter(|said| self.is_institution(said));
        let address = self.address(&fields);
        fields.done();
        Some((code?, address?))
    }

    fn is_institution(&self, said: &Said<String>) -> bool {
        let Some(topology) = self.topology else {
            return InstitutionCode::parse(&said.value).is_ok();
        };
        let mut all = topology.institutions.iter().map(|one| one.code.as_str());
        let known = all.clone().any(|code| code == said.value);
        if !known {
            let message = both!(
                "拓扑里没有机构 `{}`",
                "the topology has no institution `{}`",
                said.value
            );
            let help = crate::nearest::nearest(&said.value, all.by_ref()).map_or_else(
                || both!("先写进拓扑文件", "put it into the topology first"),
                |near| both!("是否想写 `{near}`?", "did you mean `{near}`?"),
            );
            self.problems
                .push(said.at.error(codes::BAD_LIVE, message).help(help));
        }
        known
    }

    fn keeper(&self, node: &Node) -> Option<(Said<String>, SocketAddr)> {
        let fields = Fields::of(node, noun("账册", "books"), self.problems)?;
        let party = fields
            .required(
                "party",
                both!("写哪一方, 如 hub:330000", "whose books, e.g. hub:330000"),
            )
            .and_then(|node| words::word(node, self.problems))
            .filter(|said| self.is_party(said));
        let address = self.address(&fields);
        fields.done();
        Some((party?, address?))
    }

    fn is_party(&self, said: &Said<String>) -> bool {
        let Some(topology) = self.topology else {
            return true;
        };
        let all: Vec<String> = topology.parties().iter().map(Party::to_string).collect();
        let known = all.contains(&said.value);
        if !known {
            let message = both!(
                "`{}` 不是本计划的一方",
                "`{}` is no party of this plan",
                said.value
            );
            let roles = [Role::His, Role::Treatment, Role::Hub, Role::Insured];
            let forms: Vec<&str> = roles.iter().map(|role| role.name()).collect();
            let near = crate::nearest::nearest(&said.value, all.iter().map(String::as_str));
            let help = near.map_or_else(
                || {
                    both!(
                        "形如 角色:代码, 角色有 {}",
                        "role:code, roles are {}",
                        forms.join(", ")
                    )
                },
                |near| both!("是否想写 `{near}`?", "did you mean `{near}`?"),
            );
            self.problems
                .push(said.at.error(codes::BAD_LIVE, message).help(help));
        }
        known
    }

    fn address(&self, fields: &Fields<'_>) -> Option<SocketAddr> {
        let said = words::word(fields.required("address", ADDRESS_HELP)?, self.problems)?;
        let read = said.value.parse().ok().filter(|at: &SocketAddr| {
            let ip = at.ip();
            at.port() != 0 && !ip.is_unspecified() && !ip.is_multicast()
        });
        if read.is_none() {
            let message = both!(
                "`{}` 不是可以发往的地址",
                "`{}` is no address that can be sent to",
                said.value
            );
            self.problems
                .push(said.at.error(codes::BAD_LIVE, message).help(ADDRESS_HELP));
        }
        read
    }
}

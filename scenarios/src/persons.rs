//! 名册文件 · Reads the persons file.
//!
//! Why so strict: whoever stands here is swiped. Identity numbers must lie in an area code that belongs
//! to nobody and carry a right check character; person numbers, identity numbers and names are masked
//! in everything that is shown of the file, messages included.

use std::ops::Range;
use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, BadIdNumber, Certificate, Enrolment, IdNumber, Money, PersonClass, PersonNo,
    Persona, Region, Topology, both,
};

use crate::codes;
use crate::nearest::nearest;
use crate::problem::{At, Noun, Problem, Problems, Said, noun};
use crate::source::Source;
use crate::table::{Column, Row, has_column, read_table};
use crate::words;

/// 参保状态
const STATUS: Column = Column {
    en: "status",
    zh: "参保状态",
};
/// Where the person was insured once.
const FORMER: Column = Column {
    en: "former",
    zh: "原参保地",
};
/// 证件类型
const CERTIFICATE: Column = Column {
    en: "cert_type",
    zh: "证件类型",
};
/// 卡识别码 of the social-security card.
const CARD_SN: Column = Column {
    en: "card_sn",
    zh: "卡识别码",
};
/// Columns that a file may leave out.
const OPTIONAL: [Column; 4] = [STATUS, FORMER, CERTIFICATE, CARD_SN];
const CERTIFICATES: [(&str, Certificate); 3] = [
    ("01", Certificate::IdCard),
    ("07", Certificate::PermanentResidence),
    ("17", Certificate::ResidencePermit),
];
const ENROLMENTS: [(&str, Enrolment); 6] = [
    ("正常", Enrolment::Normal),
    ("暂停", Enrolment::Suspended),
    ("终止", Enrolment::Ended),
    ("normal", Enrolment::Normal),
    ("suspended", Enrolment::Suspended),
    ("ended", Enrolment::Ended),
];

const COLUMNS: [Column; 10] = [
    Column {
        en: "label",
        zh: "标识",
    },
    Column {
        en: "psn_no",
        zh: "人员编号",
    },
    Column {
        en: "id_number",
        zh: "证件号码",
    },
    Column {
        en: "name",
        zh: "姓名",
    },
    Column {
        en: "insured",
        zh: "参保地",
    },
    Column {
        en: "insutype",
        zh: "险种",
    },
    Column {
        en: "balance",
        zh: "账户余额",
    },
    Column {
        en: "deductible_used",
        zh: "起付线已用",
    },
    Column {
        en: "pool_paid",
        zh: "统筹已付",
    },
    Column {
        en: "use",
        zh: "用途",
    },
];
/// Columns that are never shown.
const PRIVATE: [usize; 3] = [1, 2, 3];

/// What a person of the file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// 矩阵 · A registered test person who fills the matrix.
    Matrix,
    /// 专用 · A registered test person whom cases name.
    Named,
    /// 公众 · Somebody of the mock world's public, not registered.
    Public,
}

/// A person and what for.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) persona: Persona,
    pub(crate) purpose: Use,
}

/// All persons of the file, in file order.
pub(crate) fn read_persons(
    source: &Arc<Source>,
    topology: &Topology,
    problems: &Problems,
) -> Vec<Person> {
    // What a file does not say is as usual: enrolled, and nowhere else before.
    let says = |column: &Column| has_column(&source.text, column);
    let more = OPTIONAL.into_iter().filter(says);
    let columns: Vec<Column> = COLUMNS.into_iter().chain(more).collect();
    // Read once for the places of private cells, so that no problem is ever drawn with them.
    let silent = Problems::default();
    let readable = read_table(source, &columns, &silent);
    source.mask(&private_ranges(source, &readable));
    let before = problems.len();
    let rows = read_table(source, &columns, problems);
    if problems.len() > before {
        problems.lost_some(codes::UNKNOWN_PERSON);
    }
    let before = problems.len();
    words::report_duplicates(
        noun("人员", "person"),
        rows.iter().map(|row| &row.cells[0]),
        problems,
    );
    if problems.len() > before {
        // One of the two had a name of its own, which cases may use.
        problems.lost_some(codes::UNKNOWN_PERSON);
    }
    for (column, what) in [
        (1, noun("人员编号", "person number")),
        (2, noun("证件号码", "identity number")),
    ] {
        report_private_duplicates(what, rows.iter().map(|row| &row.cells[column]), problems);
    }
    let read = rows.iter().filter_map(|row| {
        let read = person(row, &columns, topology, problems);
        match row.cells[0].value.as_str() {
            "" => problems.lost_some(codes::UNKNOWN_PERSON),
            label if read.is_none() => problems.lost(label),
            _ => {}
        }
        read
    });
    read.collect()
}

/// The private cells of rows that can be read, and every other row as a whole; never the head line.
fn private_ranges(source: &Source, readable: &[Row]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let end = start + line.len();
        match readable
            .iter()
            .find(|row| (start..end).contains(&row.at.span.start))
        {
            Some(row) => ranges.extend(PRIVATE.map(|column| row.cells[column].at.span.clone())),
            None if start > 0 => ranges.push(start..end),
            None => {}
        }
        start = end;
    }
    ranges.sort_by_key(|range| range.start);
    ranges
}

fn person(
    row: &Row,
    columns: &[Column],
    topology: &Topology,
    problems: &Problems,
) -> Option<Person> {
    const USES: [(&str, Use); 6] = [
        ("matrix", Use::Matrix),
        ("named", Use::Named),
        ("public", Use::Public),
        ("矩阵", Use::Matrix),
        ("专用", Use::Named),
        ("公众", Use::Public),
    ];
    const CLASSES: [(&str, PersonClass); 2] = [
        ("310", PersonClass::Employee),
        ("390", PersonClass::Resident),
    ];
    let [
        label,
        psn_no,
        id_number,
        name,
        insured,
        insutype,
        balance,
        deductible_used,
        pool_paid,
        purpose,
        ..,
    ] = row.cells.as_slice()
    else {
        return None;
    };
    let no = person_no(psn_no, problems);
    let id_number = id_number_of(id_number, problems);
    let insured = region(insured, topology, problems);
    let class = words::one_of(insutype, noun("险种", "insurance type"), &CLASSES, problems);
    let [balance, deductible_used, pool_paid] =
        [balance, deductible_used, pool_paid].map(|cell| amount(cell, problems));
    let purpose = words::one_of(purpose, noun("用途", "use"), &USES, problems)?;
    let optional = |column: &Column| {
        let place = columns.iter().position(|one| one.en == column.en)?;
        let cell = row.cells.get(place)?;
        (!cell.value.is_empty()).then_some(cell)
    };
    let enrolment = match optional(&STATUS) {
        Some(cell) => words::one_of(cell, noun("参保状态", "enrolment"), &ENROLMENTS, problems),
        None => Some(Enrolment::Normal),
    };
    let former = match optional(&FORMER) {
        Some(cell) => region(cell, topology, problems).map(Some),
        None => Some(None),
    };
    let certificate = match optional(&CERTIFICATE) {
        Some(cell) => words::one_of(
            cell,
            noun("证件类型", "certificate"),
            &CERTIFICATES,
            problems,
        ),
        None => Some(Certificate::IdCard),
    };
    let card_sn = match optional(&CARD_SN) {
        Some(cell) => card_sn(cell, problems),
        None => Some(String::new()),
    };
    let (enrolment, former, certificate, card_sn) = (enrolment?, former?, certificate?, card_sn?);
    if label.value.is_empty() {
        problems.push(
            row.at
                .error(
                    codes::BAD_ID,
                    both!("这个人没有标识", "a person has no label"),
                )
                .help(both!("填上标识", "give a label")),
        );
        return None;
    }
    let document = &row.cells[2];
    let id_number = id_number?;
    if !certificate.fits(&id_number) {
        let (zh, en) = (certificate.zh(), certificate.en());
        let message = both!(
            "证件号码 `{}` 与证件类型 {} ({zh}) 不符",
            "identity number `{}` is none of a document {} ({en})",
            PersonNo::new(&document.value),
            certificate.code()
        );
        let help = both!(
            "01、07 用 999999 开头, 17 用 819999、829999、839999 开头",
            "01 and 07 begin with 999999, 17 with 819999, 829999 or 839999"
        );
        problems.push(document.at.error(codes::BAD_ID_NUMBER, message).help(help));
        return None;
    }
    let persona = Persona {
        label: label.value.clone(),
        no: no?,
        id_number,
        certificate,
        card_sn,
        name: name.value.clone(),
        insured: insured?,
        enrolment,
        former,
        class: class?,
        balance: balance?,
        deductible_used: deductible_used?,
        pool_paid: pool_paid?,
        registered: purpose != Use::Public,
    };
    Some(Person { persona, purpose })
}

fn person_no(cell: &Said<String>, problems: &Problems) -> Option<PersonNo> {
    let fits = !cell.value.is_empty()
        && cell.value.len() <= 30
        && cell.value.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        let message = both!(
            "`{}` 不是人员编号",
            "`{}` is no person number",
            PersonNo::new(&cell.value)
        );
        problems.push(cell.at.error(codes::BAD_ID, message).help(both!(
            "不超过 30 位的数字或字母",
            "at most 30 letters or digits"
        )));
    }
    fits.then(|| PersonNo::new(&cell.value))
}

/// A card's own code: letters and digits, at most 32.
fn card_sn(cell: &Said<String>, problems: &Problems) -> Option<String> {
    let sn = &cell.value;
    let fits = sn.len() <= 32 && sn.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        let message = both!("这不是卡识别码", "this is no card identification code");
        let help = both!("不超过 32 位的数字或字母", "at most 32 letters or digits");
        problems.push(cell.at.error(codes::BAD_ID, message).help(help));
    }
    fits.then(|| sn.clone())
}

fn id_number_of(cell: &Said<String>, problems: &Problems) -> Option<IdNumber> {
    let masked = PersonNo::new(&cell.value);
    let problem = match IdNumber::parse(&cell.value) {
        Ok(number) if number.belongs_to_nobody() => return Some(number),
        Ok(_) => cell
            .at
            .error(
                codes::REAL_ID_NUMBER,
                both!(
                    "证件号码 `{masked}` 可能是真人的",
                    "identity number `{masked}` may belong to somebody"
                ),
            )
            .help(both!(
                "测试人员用保留地区码 999999 开头的号码",
                "test persons have numbers in the reserved area 999999"
            )),
        Err(BadIdNumber::Checksum) => cell
            .at
            .error(
                codes::BAD_ID_NUMBER,
                both!(
                    "证件号码 `{masked}` 的末位校验码不对",
                    "the check character of identity number `{masked}` is wrong"
                ),
            )
            .help(both!(
                "核对末位校验码 (GB 11643)",
                "look at its last character (GB 11643)"
            )),
        Err(BadIdNumber::Form) => cell
            .at
            .error(
                codes::BAD_ID_NUMBER,
                both!(
                    "证件号码 `{masked}` 不是 17 位数字加 1 位校验码",
                    "identity number `{masked}` is not 17 digits and a check character"
                ),
            )
            .help(both!(
                "17 位数字加 1 位校验码",
                "17 digits and a check character"
            )),
    };
    problems.push(problem);
    None
}

fn amount(cell: &Said<String>, problems: &Problems) -> Option<Money> {
    let money = words::parsed(
        cell,
        codes::BAD_AMOUNT,
        words::AMOUNT_HELP,
        Money::parse,
        problems,
    )?;
    if money.value.fen() < 0 {
        problems.push(
            money
                .at
                .error(
                    codes::BAD_AMOUNT,
                    both!("`{}` 小于零", "`{}` is below zero", money.value),
                )
                .help(both!(
                    "期初金额不为负",
                    "amounts at the start are not negative"
                )),
        );
        return None;
    }
    Some(money.value)
}

/// A region of the topology.
pub(crate) fn region(
    said: &Said<String>,
    topology: &Topology,
    problems: &Problems,
) -> Option<AdmDivision> {
    let called = |region: &&Region| region.name == said.value.trim_end_matches('市');
    if let Some(region) = topology.regions.iter().find(called) {
        let (code, name) = (region.code, &region.name);
        let message = both!(
            "这里要代码, 不要地名 `{name}`",
            "a code belongs here, not the name `{name}`"
        );
        let help = both!("写成 `{code}`", "write `{code}`");
        let fix = said.at.mend(&said.value, code.to_string());
        let problem = said.at.error(codes::UNKNOWN_DIVISION, message);
        problems.push(problem.help(help).fix(fix));
        return None;
    }
    let code = words::division(said, problems)?.value;
    if topology.region(code).is_none() {
        problems.push(unknown_region(said, topology));
        return None;
    }
    Some(code)
}

fn unknown_region(said: &Said<String>, topology: &Topology) -> Problem {
    let codes: Vec<String> = topology
        .regions
        .iter()
        .map(|region| region.code.to_string())
        .collect();
    let regions = &topology.regions;
    let near = nearest(&said.value, codes.iter().map(String::as_str));
    let near = near.and_then(|near| regions.iter().find(|one| one.code.as_str() == near));
    let help = match near {
        Some(Region { code, name, .. }) => {
            both!(
                "是否想写 `{code}` ({name})?",
                "did you mean `{code}` ({name})?"
            )
        }
        None => {
            let all: Vec<String> = regions
                .iter()
                .take(6)
                .map(|one| format!("{} {}", one.code, one.name))
                .collect();
            let more = if regions.len() > 6 { ", …" } else { "" };
            both!(
                "拓扑里有: {}{more}",
                "the topology has: {}{more}",
                all.join(", ")
            )
        }
    };
    let message = both!(
        "`{}` 不是拓扑里的统筹区",
        "unknown administrative division `{}`: no region of the topology",
        said.value
    );
    said.at.error(codes::UNKNOWN_DIVISION, message).help(help)
}

fn report_private_duplicates<'a>(
    what: Noun,
    cells: impl Iterator<Item = &'a Said<String>>,
    problems: &Problems,
) {
    let mut seen: std::collections::BTreeMap<&str, &At> = std::collections::BTreeMap::new();
    for cell in cells {
        match seen.get(cell.value.as_str()) {
            Some(first) => problems.push(words::duplicate(
                what,
                &PersonNo::new(&cell.value).to_string(),
                &cell.at,
                first,
            )),
            None => {
                seen.insert(&cell.value, &cell.at);
            }
        }
    }
}

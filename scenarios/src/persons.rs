//! 名册文件 · Reads the persons file.
//!
//! Why so strict: whoever stands here is swiped. Identity numbers must lie in an area code that belongs
//! to nobody and carry a right check character; person numbers, identity numbers and names are masked
//! in everything that is shown of the file, messages included.

use std::ops::Range;
use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, BadIdNumber, Certificate, Enrolment, IdNumber, Money, PersonClass, PersonNo,
    Persona, Topology,
};

use crate::codes;
use crate::nearest::suggest;
use crate::problem::{At, Problem, Problems, Said};
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
    words::report_duplicates("person", rows.iter().map(|row| &row.cells[0]), problems);
    for (column, what) in [(1, "person number"), (2, "identity number")] {
        report_private_duplicates(what, rows.iter().map(|row| &row.cells[column]), problems);
    }
    let read = rows.iter().filter_map(|row| {
        let read = person(row, &columns, topology, problems);
        if read.is_none() {
            problems.lost(&row.cells[0].value);
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
    let class = words::one_of(insutype, "insurance type", &CLASSES, problems);
    let [balance, deductible_used, pool_paid] =
        [balance, deductible_used, pool_paid].map(|cell| amount(cell, problems));
    let purpose = words::one_of(purpose, "use", &USES, problems)?;
    let optional = |column: &Column| {
        let place = columns.iter().position(|one| one.en == column.en)?;
        let cell = row.cells.get(place)?;
        (!cell.value.is_empty()).then_some(cell)
    };
    let enrolment = match optional(&STATUS) {
        Some(cell) => words::one_of(cell, "enrolment", &ENROLMENTS, problems),
        None => Some(Enrolment::Normal),
    };
    let former = match optional(&FORMER) {
        Some(cell) => region(cell, topology, problems).map(Some),
        None => Some(None),
    };
    let certificate = match optional(&CERTIFICATE) {
        Some(cell) => words::one_of(cell, "certificate", &CERTIFICATES, problems),
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
                .error(codes::BAD_ID, "a person has no label")
                .help("填上标识 · give a label"),
        );
        return None;
    }
    let document = &row.cells[2];
    let id_number = id_number?;
    if !certificate.fits(&id_number) {
        let message = format!(
            "identity number `{}` is none of a document {} ({})",
            PersonNo::new(&document.value),
            certificate.code(),
            certificate.zh()
        );
        let help = "01、07 用 999999 开头, 17 用 819999、829999、839999 开头 · 01 and 07 begin with 999999, 17 with 819999, 829999 or 839999";
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
        let message = format!("`{}` is no person number", PersonNo::new(&cell.value));
        problems.push(
            cell.at
                .error(codes::BAD_ID, message)
                .help("不超过 30 位的数字或字母 · at most 30 letters or digits"),
        );
    }
    fits.then(|| PersonNo::new(&cell.value))
}

/// A card's own code: letters and digits, at most 32.
fn card_sn(cell: &Said<String>, problems: &Problems) -> Option<String> {
    let sn = &cell.value;
    let fits = sn.len() <= 32 && sn.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        let message = "this is no card identification code";
        let help = "不超过 32 位的数字或字母 · at most 32 letters or digits";
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
            .error(codes::REAL_ID_NUMBER, format!("identity number `{masked}` may belong to somebody"))
            .help("测试人员用保留地区码 999999 开头的号码 · test persons have numbers in the reserved area 999999"),
        Err(BadIdNumber::Checksum) => cell
            .at
            .error(codes::BAD_ID_NUMBER, format!("the check character of identity number `{masked}` is wrong"))
            .help("核对末位校验码 (GB 11643) · look at its last character (GB 11643)"),
        Err(BadIdNumber::Form) => cell
            .at
            .error(codes::BAD_ID_NUMBER, format!("identity number `{masked}` is not 17 digits and a check character"))
            .help("17 位数字加 1 位校验码 · 17 digits and a check character"),
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
                    format!("`{}` is below zero", money.value),
                )
                .help("期初金额不为负 · amounts at the start are not negative"),
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
    let message = format!(
        "unknown administrative division `{}`: no region of the topology",
        said.value
    );
    said.at
        .error(codes::UNKNOWN_DIVISION, message)
        .maybe_help(suggest(&said.value, codes.iter().map(String::as_str)))
}

fn report_private_duplicates<'a>(
    what: &str,
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

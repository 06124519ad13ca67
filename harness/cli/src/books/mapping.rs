//! 映射 · Which column holds what: by the usual headings, or as a mapping file says.
//!
//! A plain list needs no mapping: headings are compared without blanks, brackets and width, Chinese or
//! English. Where a heading is unusual, one line of YAML names it. A heading that could mean two things
//! is a problem, never a choice.

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_domain::{Day, Party, both};
use serde::Deserialize;

use super::Flaw;
use crosswipe_sheets::plain;

/// 字段 · What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Id,
    Original,
    Visit,
    Msgid,
    Person,
    Institution,
    Insured,
    Insutype,
    ClrType,
    Time,
    Total,
    Fund,
    Account,
    Cash,
    Status,
    Refund,
    Origin,
    Count,
}

impl Field {
    /// Its name in a mapping file and the usual headings, best first.
    const ALL: [(Field, &'static str, &'static [&'static str]); 18] = [
        (
            Field::Id,
            "id",
            &[
                "结算ID",
                "结算id",
                "setl_id",
                "结算号",
                "结算流水号",
                "结算编号",
                "医保结算号",
                "医保结算流水号",
                "结算单号",
                "交易流水号",
                "支付流水号",
                "流水号",
                "id",
                "settlement id",
                "settlement",
            ],
        ),
        (
            Field::Original,
            "original",
            &[
                "原结算ID",
                "原结算号",
                "原结算流水号",
                "原流水号",
                "原交易流水号",
                "原单号",
                "被冲结算号",
                "original",
                "original id",
                "original settlement",
            ],
        ),
        (
            Field::Visit,
            "visit",
            &[
                "就诊ID",
                "就诊id",
                "mdtrt_id",
                "就诊号",
                "就诊流水号",
                "住院号",
                "门诊号",
                "住院/门诊号",
                "visit",
                "visit id",
            ],
        ),
        (
            Field::Msgid,
            "msgid",
            &[
                "发送方报文ID",
                "报文ID",
                "报文号",
                "报文编号",
                "msgid",
                "message id",
                "message",
            ],
        ),
        (
            Field::Person,
            "person",
            &[
                "人员编号",
                "psn_no",
                "个人编号",
                "医保号",
                "医保卡号",
                "身份证号",
                "身份证号码",
                "证件号码",
                "证件号",
                "certno",
                "社会保障号",
                "person",
                "person number",
            ],
        ),
        (
            Field::Institution,
            "institution",
            &[
                "定点医药机构编号",
                "fixmedins_code",
                "机构编号",
                "机构编码",
                "医疗机构编号",
                "医疗机构代码",
                "医院编号",
                "医院编码",
                "医院代码",
                "institution",
                "hospital",
            ],
        ),
        (
            Field::Insured,
            "insured",
            &[
                "参保地医保区划",
                "insuplc_admdvs",
                "参保地",
                "参保地区划",
                "参保地编码",
                "insured",
                "insured place",
            ],
        ),
        (
            Field::Insutype,
            "insutype",
            &["险种类型", "insutype", "险种", "保险类型", "insurance type"],
        ),
        (
            Field::ClrType,
            "clr_type",
            &[
                "清算类别",
                "clr_type",
                "清算类型",
                "清分类别",
                "clearing type",
            ],
        ),
        (
            Field::Time,
            "time",
            &[
                "结算时间",
                "setl_time",
                "结算日期",
                "收费时间",
                "收费日期",
                "交易时间",
                "交易日期",
                "支付时间",
                "退费时间",
                "入院时间",
                "就诊时间",
                "日期",
                "时间",
                "对账日期",
                "day",
                "date",
                "time",
            ],
        ),
        (
            Field::Total,
            "total",
            &[
                "医疗费总额",
                "medfee_sumamt",
                "费用总额",
                "总费用",
                "总金额",
                "合计金额",
                "医疗总费用",
                "医疗费用总额",
                "收费金额",
                "交易金额",
                "结算金额",
                "应收金额",
                "金额",
                "total",
                "amount",
            ],
        ),
        (
            Field::Fund,
            "fund",
            &[
                "基金支付总额",
                "fund_pay_sumamt",
                "基金支付",
                "统筹支付",
                "统筹基金支付",
                "医保基金支付",
                "基金",
                "fund",
            ],
        ),
        (
            Field::Account,
            "account",
            &[
                "个人账户支出",
                "个人账户支付",
                "acct_pay",
                "账户支付",
                "个人账户",
                "个账支付",
                "account",
            ],
        ),
        (
            Field::Cash,
            "cash",
            &[
                "个人现金支出",
                "个人现金支付",
                "psn_cash_pay",
                "现金支付",
                "个人支付",
                "个人自付",
                "现金",
                "自费金额",
                "cash",
            ],
        ),
        (
            Field::Status,
            "status",
            &[
                "状态",
                "结算状态",
                "交易状态",
                "就诊状态",
                "记录状态",
                "status",
            ],
        ),
        (
            Field::Refund,
            "refund",
            &[
                "退费结算标志",
                "refd_setl_flag",
                "退费标志",
                "退款标志",
                "冲正标志",
                "是否退费",
                "退费",
                "refund",
                "refund flag",
            ],
        ),
        (
            Field::Origin,
            "origin",
            &[
                "发送方",
                "来源",
                "渠道",
                "办理渠道",
                "来源系统",
                "origin",
                "source",
            ],
        ),
        (
            Field::Count,
            "count",
            &[
                "笔数",
                "结算笔数",
                "交易笔数",
                "人次",
                "count",
                "transactions",
            ],
        ),
    ];

    fn named(name: &str) -> Option<Field> {
        Field::ALL
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(field, ..)| *field)
    }

    pub(super) fn name(self) -> &'static str {
        Field::ALL
            .iter()
            .find(|(field, ..)| *field == self)
            .map_or("", |(_, name, _)| name)
    }
}

/// 映射文件 · `--map FILE.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    /// One entry per list or sheet.
    #[serde(default)]
    lists: Vec<Entry>,
}

/// One list or sheet; what is left out is found by the usual headings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// File name, `*` stands for any text; left out: every list.
    pub(super) file: Option<String>,
    /// Sheet name; left out: every sheet.
    pub(super) sheet: Option<String>,
    /// `his:H33010000001`, or a role alone.
    pub(super) party: Option<String>,
    /// `settlement`, `visit`, `payment`, `clearing`, `total`; `detail`: a 3202 result.
    pub(super) kind: Option<String>,
    /// Of a 3202 result: whose lines it answers.
    pub(super) institution: Option<String>,
    /// Line of the headings, from 1.
    pub(super) header: Option<u32>,
    /// What the list covers.
    pub(super) period: Option<Period>,
    /// Field → heading.
    #[serde(default)]
    pub(super) columns: BTreeMap<String, String>,
    /// Field → word in the list → our word.
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, String>>,
    /// True: the sheet is not read.
    #[serde(default)]
    pub(super) skip: bool,
}

/// First and last day, both included.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    from: String,
    to: String,
}

impl Period {
    fn days(&self) -> Option<(Day, Day)> {
        let (from, to) = (Day::parse(&self.from).ok()?, Day::parse(&self.to).ok()?);
        (from <= to).then_some((from, to))
    }
}

impl Mapping {
    /// Reads and checks a mapping file.
    pub(crate) fn read(path: &Path) -> Result<Mapping, Flaw> {
        const MEND: &str =
            "样例见 scenarios/audit/README.md · an example is in scenarios/audit/README.md";
        let text = std::fs::read_to_string(path).map_err(|error| {
            Flaw::of_file(
                path,
                format!("读不出: {error} · could not be read: {error}"),
                MEND,
            )
        })?;
        let mapping: Mapping = serde_saphyr::from_str(&text).map_err(|error| {
            let words = error.to_string();
            let first = words
                .lines()
                .find(|line| !line.trim().is_empty())
                .unwrap_or("")
                .to_owned();
            Flaw::of_file(
                path,
                format!("映射文件不对: {first} · the mapping is wrong: {first}"),
                MEND,
            )
        })?;
        for entry in &mapping.lists {
            let unknown = entry
                .columns
                .keys()
                .chain(entry.values.keys())
                .find(|name| Field::named(name).is_none());
            if let Some(name) = unknown {
                let known: Vec<&str> = Field::ALL.iter().map(|(_, name, _)| *name).collect();
                return Err(Flaw::of_file(
                    path,
                    format!("没有字段 `{name}` · there is no field `{name}`"),
                    both!("可用: {}", "known: {}", known.join(" ")),
                ));
            }
            let kinds = [
                "settlement",
                "visit",
                "payment",
                "clearing",
                "total",
                "detail",
            ];
            if let Some(kind) = entry.kind.as_deref().filter(|kind| !kinds.contains(kind)) {
                return Err(Flaw::of_file(
                    path,
                    format!("没有类型 `{kind}` · there is no kind `{kind}`"),
                    both!("可用: {}", "known: {}", kinds.join(" ")),
                ));
            }
            if entry
                .period
                .as_ref()
                .is_some_and(|period| period.days().is_none())
            {
                return Err(Flaw::of_file(
                    path,
                    "period 写得不对 · the period is wrong",
                    "period: {from: 2026-05-01, to: 2026-05-06}",
                ));
            }
            if let Some(party) = &entry.party
                && party_of(party).is_none()
            {
                return Err(Flaw::of_file(
                    path,
                    format!("`{party}` 不是一方 · `{party}` is no party"),
                    "his:H33010000001 treatment:330100 hub:330000 insured:330200",
                ));
            }
        }
        Ok(mapping)
    }

    /// What the mapping says of a file and sheet.
    pub(super) fn entry(&self, file: &str, sheet: &str) -> Entry {
        let fits = |entry: &&Entry| {
            entry
                .file
                .as_deref()
                .is_none_or(|pattern| like(pattern, file))
                && entry
                    .sheet
                    .as_deref()
                    .is_none_or(|name| plain(name) == plain(sheet))
        };
        self.lists.iter().find(fits).cloned().unwrap_or_default()
    }
}

impl Entry {
    pub(super) fn days(&self) -> Option<(Day, Day)> {
        self.period.as_ref().and_then(Period::days)
    }
}

/// `his:H33010000001`; a role alone has no code.
pub(super) fn party_of(text: &str) -> Option<Party> {
    let full = if text.contains(':') {
        text.to_owned()
    } else {
        format!("{text}:unnamed")
    };
    Party::try_from(full).ok()
}

fn like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|left| {
            (0..=left.len())
                .filter(|at| left.is_char_boundary(*at))
                .any(|at| like(rest, &left[at..]))
        }),
    }
}

/// Where each field stands in a line, and which amounts are in fen.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    places: BTreeMap<Field, usize>,
    fen: Vec<usize>,
}

impl Columns {
    pub(super) fn place(&self, field: Field) -> Option<usize> {
        self.places.get(&field).copied()
    }

    pub(super) fn in_fen(&self, place: usize) -> bool {
        self.fen.contains(&place)
    }

    pub(super) fn known(&self) -> usize {
        self.places.len()
    }

    /// Finds the columns of a heading line; what is named in the mapping and missing, or stands twice, is said.
    pub(super) fn find(
        headings: &[String],
        entry: &Entry,
    ) -> Result<Columns, Vec<(String, String)>> {
        let bare: Vec<String> = headings.iter().map(|heading| bare(heading)).collect();
        let mut columns = Columns::default();
        let mut wrong = Vec::new();
        for (field, name, usual) in Field::ALL {
            if let Some(heading) = entry.columns.get(name) {
                match bare.iter().position(|known| *known == self::bare(heading)) {
                    Some(place) => drop(columns.places.insert(field, place)),
                    None => wrong.push((
                        format!("没有列 `{heading}` · there is no column `{heading}`"),
                        format!("有这些列 · columns are: {}", headings.join(" | ")),
                    )),
                }
                continue;
            }
            for heading in usual {
                let heading = self::bare(heading);
                let mut places = (0..bare.len()).filter(|place| bare[*place] == heading);
                let Some(place) = places.next() else {
                    continue;
                };
                if places.next().is_some() {
                    wrong.push((
                        format!(
                            "列 `{}` 有两个 · column `{}` stands twice",
                            headings[place], headings[place]
                        ),
                        "改掉一个列名 · rename one of them".to_owned(),
                    ));
                }
                columns.places.insert(field, place);
                break;
            }
        }
        // A heading that the mapping gives to one field is nobody else's.
        let mapped: Vec<usize> = entry
            .columns
            .keys()
            .filter_map(|name| columns.place(Field::named(name)?))
            .collect();
        columns.places.retain(|field, place| {
            entry.columns.contains_key(field.name()) || !mapped.contains(place)
        });
        for (place, heading) in headings.iter().enumerate() {
            let heading = plain(heading);
            if heading.contains("(分)") {
                columns.fen.push(place);
            } else if heading.contains("万元") {
                wrong.push((
                    format!("列 `{heading}` 以万元计 · column `{heading}` is in ten thousands"),
                    "按元导出 · export it in yuan".to_owned(),
                ));
            }
        }
        if wrong.is_empty() {
            Ok(columns)
        } else {
            Err(wrong)
        }
    }
}

/// A heading without blanks, width, case and what stands in brackets.
fn bare(heading: &str) -> String {
    let plain = plain(heading);
    let outside = plain.split('(').next().unwrap_or_default();
    outside
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '*')
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn usual_headings_need_no_mapping() {
        let line = "结算号,就诊号,结算 时间,总金额（元）,姓名,基金支付(分),退费标志";
        let columns = Columns::find(&headings(line), &Entry::default()).unwrap();
        let place = |field| columns.place(field);
        assert_eq!(
            (place(Field::Id), place(Field::Visit), place(Field::Time)),
            (Some(0), Some(1), Some(2))
        );
        assert_eq!(
            (
                place(Field::Total),
                place(Field::Fund),
                place(Field::Refund)
            ),
            (Some(3), Some(5), Some(6))
        );
        assert!(columns.in_fen(5) && !columns.in_fen(3));
        assert_eq!(columns.known(), 6, "a name is nobody's business");
    }

    #[test]
    fn a_mapping_overrules_the_usual_headings() {
        let entry = Entry {
            columns: [
                ("total".to_owned(), "实收".to_owned()),
                ("id".to_owned(), "单据".to_owned()),
            ]
            .into(),
            ..Entry::default()
        };
        let columns = Columns::find(&headings("单据,金额,实收"), &entry).unwrap();
        assert_eq!(
            (columns.place(Field::Id), columns.place(Field::Total)),
            (Some(0), Some(2))
        );
        assert!(Columns::find(&headings("单据,金额"), &entry).is_err());
    }

    #[test]
    fn two_columns_of_one_name_are_no_choice() {
        assert!(Columns::find(&headings("结算号,金额,金额"), &Entry::default()).is_err());
    }

    #[test]
    fn file_patterns_stand_for_any_text() {
        assert!(
            like("医院*.csv", "医院五月.csv") && like("*", "x") && !like("医院*.csv", "city.csv")
        );
    }
}

//! 目录与费用清单 · Reads the catalogue table and the baskets, and holds the one against the other.
//!
//! Why here together: a basket line whose item no treatment place can price, or a refund that mirrors
//! nothing, would be refused in the middle of a run. Not here: how a line is split (`mocks`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::{
    BasketLine, Both, ItemClass, Money, Quantity, Ratio, Tariff, UnitPrice, both,
};

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::{Node, read_yaml};
use crate::problem::{At, Problems, Said, noun};
use crate::source::Source;
use crate::table::{Column, Row, has_column, read_table};
use crate::words;

const COLUMNS: [Column; 5] = [
    Column {
        en: "code",
        zh: "项目编码",
    },
    Column {
        en: "name",
        zh: "项目名称",
    },
    Column {
        en: "class",
        zh: "等级",
    },
    Column {
        en: "ceiling",
        zh: "限价",
    },
    Column {
        en: "selfpay",
        zh: "先行自付比例",
    },
];

/// A column that may be missing: then nothing is known to lie on a shelf.
const KIND: Column = Column {
    en: "kind",
    zh: "类别",
};
/// A column that may be missing: then everything has its national code.
const CODED: Column = Column {
    en: "national_code",
    zh: "国家标码",
};

const PRICE_HELP: Both = Both::new(
    "单价最多六位小数, 不为负",
    "a price has at most six decimals and is not negative",
);
const COUNT_HELP: Both = Both::new(
    "数量最多四位小数, 不为零",
    "a quantity has at most four decimals and is not zero",
);
const RATIO_HELP: Both = Both::new(
    "比例在 0 与 1 之间, 最多四位小数, 如 0.05",
    "a ratio lies between 0 and 1, e.g. 0.05",
);

/// The catalogue of a file, in file order.
pub(crate) fn read_catalogue(source: &Arc<Source>, problems: &Problems) -> Vec<Tariff> {
    let before = problems.len();
    let says = |column: &Column| has_column(&source.text, column);
    let more: Vec<Column> = [KIND, CODED].into_iter().filter(says).collect();
    let (says_kind, says_coded) = (says(&KIND), says(&CODED));
    let columns: Vec<Column> = COLUMNS.into_iter().chain(more).collect();
    let rows = read_table(source, &columns, problems);
    if problems.len() > before {
        problems.lost_some(codes::UNKNOWN_ITEM);
    }
    words::report_duplicates(
        noun("项目", "item"),
        rows.iter().map(|row| &row.cells[0]),
        problems,
    );
    let read = rows.iter().filter_map(|row| {
        let read = tariff(row, (says_kind, says_coded), problems);
        if read.is_none() {
            problems.lost(&row.cells[0].value);
        }
        read
    });
    read.collect()
}

fn tariff(row: &Row, (kind, coded): (bool, bool), problems: &Problems) -> Option<Tariff> {
    const CLASSES: [(&str, ItemClass); 6] = [
        ("01", ItemClass::A),
        ("02", ItemClass::B),
        ("03", ItemClass::C),
        ("甲", ItemClass::A),
        ("乙", ItemClass::B),
        ("丙", ItemClass::C),
    ];
    const KINDS: [(&str, bool); 5] = [
        ("", false),
        ("service", false),
        ("诊疗", false),
        ("drug", true),
        ("药品", true),
    ];
    const CODES: [(&str, bool); 5] = [
        ("", true),
        ("有", true),
        ("无", false),
        ("yes", true),
        ("no", false),
    ];
    let [code, name, class, ceiling, selfpay, more @ ..] = row.cells.as_slice() else {
        return None;
    };
    let drug = match more.first().filter(|_| kind) {
        Some(kind) => words::one_of(kind, noun("种类", "kind"), &KINDS, problems),
        None => Some(false),
    };
    let coded = match more.get(usize::from(kind)).filter(|_| coded) {
        Some(coded) => words::one_of(coded, noun("国家编码", "national code"), &CODES, problems),
        None => Some(true),
    };
    let class = words::one_of(class, noun("等级", "class"), &CLASSES, problems);
    let ceiling = match ceiling.value.as_str() {
        "" => Some(None),
        _ => words::parsed(ceiling, codes::BAD_AMOUNT, PRICE_HELP, price, problems)
            .map(|said| Some(said.value)),
    };
    let selfpay = match selfpay.value.as_str() {
        "" => Some(Ratio::ZERO),
        _ => words::parsed(selfpay, codes::BAD_AMOUNT, RATIO_HELP, ratio, problems)
            .map(|said| said.value),
    };
    if code.value.is_empty() {
        problems.push(
            row.at
                .error(
                    codes::BAD_ID,
                    both!("有一项没有项目编码", "an item has no code"),
                )
                .help(both!("填上项目编码", "give its code")),
        );
        return None;
    }
    Some(Tariff {
        code: code.value.clone(),
        name: name.value.clone(),
        class: class?,
        ceiling: ceiling?,
        selfpay: selfpay?,
        coded: coded?,
        drug: drug?,
    })
}

fn price(text: &str) -> Result<UnitPrice, Both> {
    match UnitPrice::parse(text) {
        Ok(_) if text.starts_with('-') => Err(both!("`{text}` 小于零", "`{text}` is below zero")),
        read => read.map_err(Both::from),
    }
}

fn ratio(text: &str) -> Result<Ratio, Both> {
    match Ratio::parse(text) {
        Ok(ratio) if ratio < Ratio::ZERO || ratio > Ratio::from_scaled(10_000) => Err(both!(
            "`{text}` 不在 0 与 1 之间",
            "`{text}` does not lie between 0 and 1"
        )),
        read => read.map_err(Both::from),
    }
}

fn count(text: &str) -> Result<Quantity, Both> {
    match Quantity::parse(text) {
        Ok(count) if count.scaled() == 0 => Err(both!("这一行数量为零", "a line of nothing")),
        read => read.map_err(Both::from),
    }
}

/// The lines of a basket file.
pub(crate) fn read_basket(
    source: &Arc<Source>,
    tariffs: &[Tariff],
    problems: &Problems,
) -> Vec<BasketLine> {
    let Some(node) = read_yaml(source, problems) else {
        return Vec::new();
    };
    let Some(fields) = Fields::of(&node, noun("清单", "basket"), problems) else {
        return Vec::new();
    };
    // The title is for whoever opens the file.
    fields
        .optional("title")
        .and_then(|node| words::prose(node, problems));
    let listed = fields
        .required("lines", both!("列出费用明细", "list the lines"))
        .map_or(&[][..], |node| items(node, problems));
    let lines: Vec<(BasketLine, At)> = listed
        .iter()
        .filter_map(|node| line(node, tariffs, problems))
        .collect();
    if lines.len() == listed.len() {
        let before = problems.len();
        report_refunds(&lines, problems);
        if problems.len() == before {
            report_total(&fields.at, &lines, problems);
        }
    }
    fields.done();
    lines.into_iter().map(|(line, _)| line).collect()
}

fn line(node: &Node, tariffs: &[Tariff], problems: &Problems) -> Option<(BasketLine, At)> {
    let fields = Fields::of(node, noun("清单行", "basket line"), problems)?;
    let item = fields
        .required("item", both!("写上项目编码", "give the item's code"))
        .and_then(|node| words::word(node, problems));
    let tariff = item.as_ref().and_then(|item| {
        let found = tariffs.iter().find(|tariff| tariff.code == item.value);
        if found.is_none() {
            let known = tariffs.iter().map(|tariff| tariff.code.as_str());
            problems.push(words::unknown(
                codes::UNKNOWN_ITEM,
                noun("项目", "item"),
                item,
                known,
            ));
        }
        found
    });
    let price_node = fields
        .required("price", both!("写上单价", "give the unit price"))
        .and_then(|node| words::word(node, problems));
    let price = price_node
        .and_then(|said| words::parsed(&said, codes::BAD_AMOUNT, PRICE_HELP, price, problems));
    let count_node = fields
        .required("count", both!("写上数量", "give the quantity"))
        .and_then(|node| words::word(node, problems));
    let count = count_node
        .and_then(|said| words::parsed(&said, codes::BAD_AMOUNT, COUNT_HELP, count, problems));
    let refunds = fields
        .optional("refunds")
        .and_then(|node| words::word(node, problems))
        .and_then(|said| {
            let number = said
                .value
                .parse::<usize>()
                .ok()
                .filter(|number| *number > 0);
            if number.is_none() {
                let message = both!("`{}` 不是行号", "`{}` is no line number", said.value);
                problems.push(said.at.error(codes::BAD_REFUND, message).help(both!(
                    "写被退的行号, 从 1 起",
                    "the line it refunds, from 1"
                )));
            }
            number
        });
    fields.done();
    let (item, tariff, price, count) = (item?, tariff?, price?.value, count?.value);
    if Money::of(price, count).is_none() {
        let message = both!(
            "`{price}` 乘 `{count}` 的整数部分超过 14 位",
            "`{price}` times `{count}` has more than 14 digits before the point"
        );
        problems.push(node.at.error(codes::BAD_AMOUNT, message).help(COUNT_HELP));
        return None;
    }
    Some((
        BasketLine {
            code: item.value,
            name: tariff.name.clone(),
            price,
            count,
            refunds,
        },
        node.at.clone(),
    ))
}

/// A refund mirrors an earlier charge: same item, same price, and not more than was charged.
fn report_refunds(lines: &[(BasketLine, At)], problems: &Problems) {
    let mut left: BTreeMap<usize, i128> = BTreeMap::new();
    for (index, (line, at)) in lines.iter().enumerate() {
        let Both { zh, en } = match (line.refunds, line.count.is_negative()) {
            (None, false) => {
                left.insert(index + 1, i128::from(line.count.scaled()));
                continue;
            }
            (None, true) => both!(
                "数量为负, 没有写 `refunds`",
                "a negative quantity without `refunds`"
            ),
            (Some(_), false) => both!(
                "写了 `refunds`, 数量却不为负",
                "`refunds` with a positive quantity"
            ),
            (Some(target), true) => match (lines.get(target - 1), left.get_mut(&target)) {
                (Some((charged, _)), Some(rest))
                    if charged.code == line.code && charged.price == line.price =>
                {
                    *rest += i128::from(line.count.scaled());
                    if *rest >= 0 {
                        continue;
                    }
                    both!(
                        "退的比第 {target} 行收的多",
                        "refunds more than line {target} charged"
                    )
                }
                (Some(_), Some(_)) => both!(
                    "第 {target} 行是别的项目或单价",
                    "line {target} has another item or price"
                ),
                _ => both!(
                    "第 {target} 行不是前面的收费行",
                    "line {target} is no earlier charge"
                ),
            },
        };
        let help = both!(
            "退费行: 数量为负, refunds 指向前面同项目同单价的行",
            "a refund has a negative quantity, and its `refunds` names an earlier line of the same item and price"
        );
        problems.push(
            at.error(
                codes::BAD_REFUND,
                both!(
                    "这行退费对不上收费: {zh}",
                    "this refund mirrors no charge: {en}"
                ),
            )
            .help(help),
        );
    }
}

fn report_total(at: &At, lines: &[(BasketLine, At)], problems: &Problems) {
    let mut amounts = lines.iter().map(|(line, _)| line.amount());
    let total = amounts.try_fold(Money::ZERO, Money::plus);
    let Some(total) = total else {
        let message = both!(
            "清单合计的整数部分超过 14 位",
            "the basket adds up to more than 14 digits before the point"
        );
        problems.push(at.error(codes::BAD_AMOUNT, message).help(COUNT_HELP));
        return;
    };
    // 无费 · What was charged and is given back to the last fen costs nothing, and that can be meant.
    let given_back = || lines.iter().any(|(line, _)| line.amount() < Money::ZERO);
    if total.fen() < 0 || (total.fen() == 0 && !given_back()) {
        let message = both!("清单合计为 `{total}`", "the basket adds up to `{total}`");
        problems.push(
            at.error(codes::BAD_AMOUNT, message)
                .help(both!("费用合计要大于零", "the total must be above zero")),
        );
    }
}

/// Reads each basket once, by the path that names it.
pub(crate) struct Baskets<'a> {
    pub(crate) folder: &'a crate::folder::Folder,
    pub(crate) tariffs: &'a [Tariff],
    pub(crate) read: BTreeMap<String, Vec<BasketLine>>,
}

impl Baskets<'_> {
    /// The key of the basket that `said` names, read if it was not yet.
    pub(crate) fn key(&mut self, said: &Said<String>, problems: &Problems) -> Option<String> {
        let path = self.folder.inside(said, problems)?;
        if !self.read.contains_key(&path) {
            let source = self.folder.open(&path, Some(&said.at), problems)?;
            let lines = read_basket(&source, self.tariffs, problems);
            self.read.insert(path.clone(), lines);
        }
        Some(path)
    }
}

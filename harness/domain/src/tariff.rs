//! 目录 · What a treatment place's catalogue says of an item, and the lines of a basket.
//!
//! Used by `scenarios` (which reads them) and `mocks` (which split fee lines by them).

use crate::{Money, Quantity, Ratio, UnitPrice};

/// 收费项目等级 · Class of an item (`chrgitm_lv`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemClass {
    /// 甲类 01: wholly inside the scope.
    A,
    /// 乙类 02: a share is paid up front by the person.
    B,
    /// 丙类 03: wholly self-financed.
    C,
}

impl ItemClass {
    /// `01`, `02`, `03`.
    pub const fn code(self) -> &'static str {
        match self {
            ItemClass::A => "01",
            ItemClass::B => "02",
            ItemClass::C => "03",
        }
    }

    /// Reads `01`, `02`, `03`.
    pub fn parse(text: &str) -> Option<ItemClass> {
        [ItemClass::A, ItemClass::B, ItemClass::C]
            .into_iter()
            .find(|class| class.code() == text)
    }
}

/// 目录条目 · How a treatment place prices one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// 医疗目录编码 · `med_list_codg`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Class A, B or C.
    pub class: ItemClass,
    /// 最高限价; `None` = no ceiling.
    pub ceiling: Option<UnitPrice>,
    /// 先行自付比例 of class B.
    pub selfpay: Ratio,
    /// 贯标 · True: it has a national code. What has none is paid by no fund and no personal account.
    pub coded: bool,
    /// 药品 · True: boxes of it lie on a shelf, each with a trace code; what is settled has left it.
    pub drug: bool,
}

/// 费用明细 · One line that a scenario charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasketLine {
    /// 医疗目录编码 · `med_list_codg`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// 单价
    pub price: UnitPrice,
    /// 数量; negative on a refund line.
    pub count: Quantity,
    /// For a refund line: the 1-based line of this basket that it refunds.
    pub refunds: Option<usize>,
}

impl BasketLine {
    /// 明细项目费用总额 · `round2(pric × cnt)`.
    ///
    /// # Panics
    /// Beyond 14 digits before the point; whoever reads a basket refuses such a line.
    pub fn amount(&self) -> Money {
        Money::of(self.price, self.count).expect("a basket's lines were read within the limits")
    }
}

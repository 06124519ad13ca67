//! 目录与字典 · 1201 institutions, 1312 items of the catalogue, 1901 code lists: what a HIS loads before it swipes.
//!
//! Read from what the platform was told before it started; nothing here is a book. Pages are counted from 1.
//! Not here: files of the whole catalogue (`files`), which of its own items a HIS maps to them (`mapping`).

use crosswipe_domain::{Institution, Tariff};
use crosswipe_wire::{ObjectText, Refusal, RefusalCode, catalogue, list_text, write_ok};

use super::{Ask, Region, must};
use crate::machine::{Answer, Step};

/// Items on one page at most.
const LARGEST_PAGE: usize = 100;

impl Region {
    pub(super) fn look_up(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let nodes = match ask.request.infno.base() {
            "1201" => vec![("medinsinfo", self.institutions(ask))],
            "1901" => vec![("list", code_list(ask)?)],
            _ => self.items(ask)?,
        };
        let receipt = self.desk.receipt(ask.now);
        Ok(Step::Reply(Answer::ok(write_ok(&receipt, &nodes))))
    }

    /// 1201: of the asked kind, by code, and by any part of the name.
    fn institutions(&self, ask: &Ask<'_>) -> String {
        let kind = ask.node.text("fixmedins_type");
        let (code, name) = (
            ask.node.text("fixmedins_code"),
            ask.node.text("fixmedins_name"),
        );
        let asked = |place: &&Institution| {
            kind.as_deref().is_none_or(|kind| kind == kind_of(place))
                && code
                    .as_deref()
                    .is_none_or(|code| code == place.code.as_str())
                && name.as_deref().is_none_or(|name| place.name.contains(name))
        };
        let places = self.setup.topology.institutions.iter().filter(asked);
        list_text(places.map(|place| {
            ObjectText::new()
                .text("fixmedins_code", place.code.as_str())
                .text("fixmedins_name", &place.name)
                .text("uscc", "")
                .text("fixmedins_type", kind_of(place))
                .text("hosp_lv", &format!("{:02}", place.tier))
                .finish()
        }))
    }

    /// 1312: one page of the items that fit.
    fn items(&self, ask: &Ask<'_>) -> Result<Vec<(&'static str, String)>, Refusal> {
        let (page, size) = (number(ask, "page_num")?.max(1), number(ask, "page_size")?);
        let size = match size {
            0 => LARGEST_PAGE,
            size => size.min(LARGEST_PAGE),
        };
        let asked = |name: &str| ask.node.text(name);
        let (code, named) = (asked("hilist_code"), asked("hilist_name"));
        let (level, kind) = (asked("chrgitm_lv"), asked("list_type"));
        let fits = |item: &&Tariff| {
            code.as_deref().is_none_or(|code| code == item.code)
                && named.as_deref().is_none_or(|name| item.name.contains(name))
                && level
                    .as_deref()
                    .is_none_or(|level| level == item.class.code())
                && kind.as_deref().is_none_or(|kind| kind == list_type(item))
        };
        let items: Vec<&Tariff> = self.setup.topology.tariffs.iter().filter(fits).collect();
        let pages = items.len().div_ceil(size);
        let begins = page.saturating_sub(1).saturating_mul(size);
        let shown: Vec<String> = items
            .iter()
            .skip(begins)
            .take(size)
            .map(|i| self.item(i))
            .collect();
        let counts = [
            ("recordCounts", items.len()),
            ("pages", pages),
            ("pageNum", page),
            ("pageSize", size),
            ("startRow", begins.min(items.len())),
            ("size", shown.len()),
        ];
        let counts = counts.map(|(name, count)| (name, count.to_string()));
        let ends = [("firstPage", page == 1), ("lastPage", page >= pages)];
        let ends = ends.map(|(name, is)| (name, is.to_string()));
        let mut nodes = vec![("data", list_text(shown))];
        nodes.extend(counts.into_iter().chain(ends));
        Ok(nodes)
    }

    fn item(&self, item: &Tariff) -> String {
        let since = self.setup.opened_at.day().to_string();
        let year = since.get(..4).unwrap_or("2000").to_owned();
        let (first, now) = (format!("{year}-01-01"), self.setup.opened_at.wire());
        ObjectText::new()
            .text("hilist_code", &item.code)
            .text("hilist_name", &item.name)
            .text("insu_admdvs", self.code.as_str())
            .text("begndate", &first)
            .null("enddate")
            .text("med_chrgitm_type", "14")
            .text("chrgitm_lv", item.class.code())
            .text("lmt_used_flag", "0")
            .text("list_type", list_type(item))
            .text("med_use_flag", "1")
            .text("matn_used_flag", "0")
            .text("hilist_use_type", "1")
            .text("lmt_cpnd_type", "0")
            .text("vali_flag", "1")
            .text("rid", &item.code)
            .text("updt_time", &now)
            .text("crte_time", &now)
            .text("crte_optins_no", self.code.as_str())
            .finish()
    }
}

/// 定点类型 · 1 a hospital, 2 a pharmacy.
fn kind_of(place: &Institution) -> &'static str {
    match place.code.is_pharmacy() {
        true => "2",
        false => "1",
    }
}

/// 目录类别 · A drug, or a service.
fn list_type(item: &Tariff) -> &'static str {
    match item.drug {
        true => "101",
        false => "201",
    }
}

/// A count; absent counts as 0.
fn number(ask: &Ask<'_>, name: &str) -> Result<usize, Refusal> {
    let Some(text) = ask.node.text(name) else {
        return Ok(0);
    };
    let whole = text.strip_suffix(".00").unwrap_or(&text);
    whole
        .parse()
        .map_err(|_| Refusal::new(RefusalCode::Field, format!("data.{name} {text}")))
}

/// 1901: the values of one code list; `type` is its name, in either case.
fn code_list(ask: &Ask<'_>) -> Result<String, Refusal> {
    let asked = must(&ask.node, "type")?;
    let key = asked.to_lowercase();
    let list = catalogue()
        .list(&key)
        .ok_or_else(|| Refusal::new(RefusalCode::Field, format!("data.type {asked}: 无此字典")))?;
    let parent = ask.node.text("parentValue");
    let values = list.values.iter().enumerate();
    Ok(list_text(values.map(|(number, (value, zh, _))| {
        ObjectText::new()
            .text("type", &asked)
            .text("label", zh)
            .text("value", value)
            .text("parentValue", parent.as_deref().unwrap_or(""))
            .number("sort", number + 1)
            .text("valiFlag", "1")
            .null("createUser")
            .null("createDate")
            .text("version", "1.0")
            .finish()
    })))
}

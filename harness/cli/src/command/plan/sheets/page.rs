//! 打印页 · The sheets as pages for A4: heads on every page, no colour needed, nothing from any network.
//!
//! Called by `sheets`; `workbook` writes the same rows.

use std::collections::BTreeMap;

use crosswipe_reports::Lang;
use crosswipe_scenarios::Plan;

use super::rows::{Sheet, minute};
use super::{HEADINGS, workbook};
use crate::command::plan::page::escaped;
use crate::served::digest;

/// The columns of 刷卡排班表.
pub(super) const ROTA: [&str; 6] = [
    "时段",
    "机构",
    "名称",
    "经手",
    "笔数",
    "刷什么（时间 业务 人员）",
];

const STYLE: &str = "\
@page{size:A4 landscape;margin:9mm}\
*{box-sizing:border-box}\
body{font:11px/1.35 \"Microsoft YaHei\",\"PingFang SC\",\"Noto Sans CJK SC\",\"WenQuanYi Micro Hei\",sans-serif;color:#111;margin:0 auto;max-width:279mm;padding:4mm 0}\
header{border-bottom:3px solid #111;margin-bottom:6px;padding-bottom:4px}\
h1{font-size:19px;margin:0}h1 b{float:right;border:2px solid #111;padding:0 10px;font-size:15px}\
h2{font-size:13px;margin:10px 0 3px;border-left:6px solid #111;padding-left:6px}\
p{margin:2px 0}code{font-family:Consolas,\"DejaVu Sans Mono\",monospace;font-size:10px;word-break:break-all}\
table{border-collapse:collapse;width:100%;table-layout:fixed}\
th,td{border:1px solid #555;padding:2px 3px;text-align:left;vertical-align:middle;word-wrap:break-word}\
th{background:#e8e8e8;text-align:center;font-weight:bold}thead{display:table-header-group}tr{page-break-inside:avoid}\
td.known{background:#f4f4f4}td.fill{height:11mm}td.amount,td.count{text-align:right}td.amount{white-space:nowrap;font-size:10px}\
.bill{max-width:180mm}.sign{margin-top:12px;font-size:13px}.sign span{display:inline-block;min-width:60mm;border-bottom:1px solid #111;margin-right:8mm}\
footer{margin-top:6px;border-top:1px solid #777;font-size:10px;color:#333}";

fn document(title: &str, lang: Lang, body: &str) -> String {
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
         <title>{}</title><style>{STYLE}</style></head><body>\n{body}</body></html>\n",
        lang.pick("zh-CN", "en"),
        escaped(title),
    )
}

fn head(plan: &Plan, what: &str, mark: &str, more: &str, lang: Lang) -> String {
    format!(
        "<header><h1><b>{}</b>{} · {}</h1><p>{}</p><p>{} <strong>{}</strong>　<code>{}</code></p></header>\n",
        escaped(mark),
        escaped(what),
        escaped(lang.pick(&plan.title_zh, &plan.title_en)),
        more,
        lang.pick("计划", "plan"),
        escaped(&plan.id),
        digest(plan),
    )
}

/// 刷卡任务单 · One institution's page.
pub(super) fn tasks(plan: &Plan, of: &Sheet, lang: Lang) -> String {
    let what = lang.pick("刷卡任务单", "Swipe task sheet");
    let mark = match of.manual {
        true => lang.pick("人工", "by hand"),
        false => lang.pick("自动", "driven"),
    };
    let more = format!(
        "{} <strong>{}</strong> {}　{}　{} {}",
        lang.pick("机构", "institution"),
        escaped(&of.code),
        escaped(&of.name),
        escaped(&of.place),
        of.tasks.len(),
        lang.pick(
            "笔。灰格已定，白格手填；每笔当场撤销，撤销后再刷下一张。",
            "swipes. Grey is fixed, white is filled in; undo each before the next card."
        ),
    );
    let mut body = head(plan, what, mark, &more, lang);
    // Widths in per cent, by column.
    let widths = [3, 5, 9, 4, 7, 6, 4, 4, 5, 4, 6, 6, 6, 6, 5, 5, 6, 4, 4, 6];
    body += "<table><colgroup>";
    for width in widths {
        body += &format!("<col style=\"width:{width}%\">");
    }
    body += "</colgroup><thead><tr>";
    for name in HEADINGS {
        body += &format!("<th>{name}</th>");
    }
    body += "</tr></thead><tbody>\n";
    for (number, task) in (1usize..).zip(&of.tasks) {
        body += "<tr>";
        let known = task.cells(number);
        for (at, text) in known.iter().enumerate() {
            let class = if at == 10 || at == 11 {
                "known amount"
            } else {
                "known"
            };
            // The year stands in the plan; the page has no room for it.
            let text = if at == 1 {
                text.get(5..).unwrap_or(text)
            } else {
                text
            };
            body += &format!("<td class=\"{class}\">{}</td>", escaped(text));
        }
        for _ in known.len()..HEADINGS.len() - 1 {
            body += "<td class=\"fill\"></td>";
        }
        body += &format!("<td class=\"fill\">{}</td></tr>\n", escaped(&task.note));
    }
    body += "</tbody></table>\n";
    for (bill, lines) in &of.bills {
        body += &format!(
            "<h2>{} {}</h2><table class=\"bill\"><thead><tr><th style=\"width:6%\">{}</th><th>{}</th><th style=\"width:40%\">{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
            lang.pick("费用清单", "bill"),
            escaped(bill),
            lang.pick("行", "line"),
            lang.pick("项目编码", "code"),
            lang.pick("项目名称", "item"),
            lang.pick("单价", "price"),
            lang.pick("数量", "count"),
            lang.pick("金额", "amount"),
        );
        for (number, line) in (1usize..).zip(lines) {
            body += &format!(
                "<tr><td class=\"count\">{number}</td><td>{}</td><td>{}</td><td class=\"amount\">{}</td><td class=\"amount\">{}</td><td class=\"amount\">{}</td></tr>",
                escaped(&line.code),
                escaped(&line.name),
                line.price,
                line.count,
                line.amount(),
            );
        }
        body += "</tbody></table>\n";
    }
    body += &format!(
        "<p class=\"sign\">{} <span></span>{} <span></span>{} <span></span></p>\n<footer>{}</footer>\n",
        lang.pick("经办人", "done by"),
        lang.pick("复核人", "checked by"),
        lang.pick("日期", "date"),
        lang.pick(
            "姓名已遮盖，凭标识和尾号找卡；证件号码在单独的名单里。填好的工作簿用 crosswipe import 读回。",
            "Names are masked: find the card by label and last digits; full numbers are in a list of their own. A filled workbook is read back by crosswipe import.",
        ),
    );
    document(&format!("{what} {}", of.code), lang, &body)
}

/// The rows of 刷卡排班表: hour, institution, how many, what.
pub(super) fn rota_rows(all: &[Sheet]) -> Vec<[String; 6]> {
    let mut hours: BTreeMap<(String, &str), (&Sheet, Vec<String>)> = BTreeMap::new();
    for sheet in all {
        for task in &sheet.tasks {
            let what = format!(
                "{} {} {}",
                minute(task.from).get(11..).unwrap_or_default(),
                task.business,
                task.label
            );
            let of = hours.entry((workbook::hour(task.from), sheet.code.as_str()));
            of.or_insert_with(|| (sheet, Vec::new())).1.push(what);
        }
    }
    let row = |((hour, code), (sheet, what)): ((String, &str), (&Sheet, Vec<String>))| {
        [
            format!("{hour} 时"),
            code.to_owned(),
            sheet.name.clone(),
            if sheet.manual { "人工" } else { "自动" }.to_owned(),
            what.len().to_string(),
            what.join("；"),
        ]
    };
    hours.into_iter().map(row).collect()
}

/// 刷卡排班表 · All institutions by hour.
pub(super) fn rota(plan: &Plan, all: &[Sheet], site: Option<&str>, lang: Lang) -> String {
    let what = lang.pick("刷卡排班表", "Swipe rota");
    let swipes: usize = all.iter().map(|sheet| sheet.tasks.len()).sum();
    let ends = all
        .iter()
        .flat_map(|sheet| sheet.tasks.iter().map(|task| task.to));
    let ends = ends.max().map_or_else(String::new, minute);
    let more = match lang {
        Lang::Zh => format!("{} 家机构，{swipes} 笔，最后一笔 {ends} 办完", all.len()),
        Lang::En => format!(
            "{} institutions, {swipes} swipes, the last is done at {ends}",
            all.len()
        ),
    };
    let mut body = head(
        plan,
        what,
        site.unwrap_or(lang.pick("全部机构", "all")),
        &more,
        lang,
    );
    body += "<table><colgroup>";
    for width in [10, 11, 19, 5, 5, 50] {
        body += &format!("<col style=\"width:{width}%\">");
    }
    body += "</colgroup><thead><tr>";
    for name in ROTA {
        body += &format!("<th>{name}</th>");
    }
    body += "</tr></thead><tbody>\n";
    let mut before = String::new();
    for row in rota_rows(all) {
        let [hour, rest @ ..] = row;
        let shown = if hour == before { "〃" } else { hour.as_str() };
        body += &format!("<tr><td class=\"known\">{}</td>", escaped(shown));
        for text in &rest {
            body += &format!("<td>{}</td>", escaped(text));
        }
        body += "</tr>\n";
        before = hour;
    }
    body += "</tbody></table>\n";
    document(what, lang, &body)
}

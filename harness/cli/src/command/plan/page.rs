//! 卡页 · The role card as one page for print: A4, black and white will do, nothing from any network.

use crosswipe_reports::Lang;

use super::card::{Card, Line};
use super::text;

const STYLE: &str = "\
@page{size:A4;margin:12mm}\
*{box-sizing:border-box}\
body{font:13px/1.45 \"Microsoft YaHei\",\"PingFang SC\",\"Noto Sans CJK SC\",\"WenQuanYi Micro Hei\",sans-serif;color:#111;max-width:186mm;margin:0 auto;padding:6mm 0}\
header{border-bottom:3px solid #111;padding-bottom:6px;margin-bottom:8px}\
h1{font-size:20px;margin:0}h1 b{float:right;border:2px solid #111;padding:0 10px}\
h2{font-size:14px;margin:12px 0 4px;border-left:6px solid #111;padding-left:6px}\
p{margin:2px 0}ul{list-style:none;margin:0;padding:0}li{padding:2px 0 2px 22px;text-indent:-22px}\
li:before{display:inline-block;width:22px;text-indent:0;font-weight:bold}\
.yes li:before{content:\"✓\"}.no li:before{content:\"✗\"}\
.two{display:table;width:100%;table-layout:fixed}.two section{display:table-cell;vertical-align:top;padding-right:10px}\
.next{font-size:16px;font-weight:bold;border:2px solid #111;padding:6px 10px;margin:8px 0}\
table{border-collapse:collapse;width:100%}td,th{border:1px solid #777;padding:2px 6px;text-align:left;vertical-align:top}\
th{background:#eee}td.when{white-space:nowrap}.late{font-weight:bold;text-decoration:underline}\
footer{margin-top:10px;border-top:1px solid #777;font-size:11px;color:#333}\
tr,li{page-break-inside:avoid}";

/// The card as a whole document.
pub(super) fn page(card: &Card<'_>, lang: Lang) -> String {
    let title = lang.pick(&card.plan.title_zh, &card.plan.title_en);
    let role = text::role(card.role, lang);
    let tag = lang.pick("zh-CN", "en");
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
         <title>{} · {role}</title><style>{STYLE}</style></head><body>\n\
         <header><h1><b>{role}</b>{}</h1><p>{}</p><p>{} <strong>{}</strong>　{}{}</p></header>\n",
        escaped(title),
        escaped(title),
        escaped(&card.plan.source),
        lang.pick("时刻", "at"),
        card.at.wire(),
        lang.pick("阶段：", "phase: "),
        escaped(&text::phase(card, lang)),
    );
    if let Some(next) = card.bounds.first() {
        html += &format!(
            "<p class=\"next\">{} {} ({})　{}</p>\n",
            lang.pick("下一个时刻", "next bound"),
            next.at.short(),
            text::left(card.at, next.at, lang),
            escaped(next.what.say(lang)),
        );
    }
    html += "<div class=\"two\">";
    html += &list(
        lang.pick("现在可以", "Allowed now"),
        "yes",
        &card.allowed,
        lang,
    );
    html += &list(
        lang.pick("现在不可以", "Forbidden now"),
        "no",
        &card.forbidden,
        lang,
    );
    html += "</div>\n";
    let rows: Vec<[String; 2]> = card
        .bounds
        .iter()
        .skip(1)
        .map(|bound| {
            let when = format!(
                "{} ({})",
                bound.at.short(),
                text::left(card.at, bound.at, lang)
            );
            [when, bound.what.say(lang).to_owned()]
        })
        .collect();
    html += &table(lang.pick("随后", "After that"), &rows);
    let rows: Vec<[String; 2]> = card
        .duties
        .iter()
        .map(|duty| {
            let what = match duty.quote.is_empty() {
                true => format!("{} ({})", duty.text, duty.clause),
                false => format!("{} ({} 「{}」)", duty.text, duty.clause, duty.quote),
            };
            [text::due(card, duty, lang), what]
        })
        .collect();
    html += &table(lang.pick("待办", "Duties"), &rows);
    let rows: Vec<[String; 2]> = card
        .contacts
        .iter()
        .map(|called| [called.name.clone(), text::leads(called.contact, lang)])
        .collect();
    html += &table(lang.pick("找谁", "Whom to call"), &rows);
    if !card.open_points.is_empty() {
        let points = card.open_points.iter().map(|point| match lang {
            Lang::Zh => format!("{} {}：取 {}", point.clause, point.text, point.chosen),
            Lang::En => format!("{} {}: taken as {}", point.clause, point.text, point.chosen),
        });
        let points: Vec<String> = points.collect();
        html += &format!(
            "<footer>{}{}</footer>\n",
            lang.pick("存疑：", "Open: "),
            escaped(&points.join(lang.pick("；", "; "))),
        );
    }
    html + "</body></html>\n"
}

fn list(title: &str, class: &str, lines: &[Line], lang: Lang) -> String {
    let items: String = lines
        .iter()
        .map(|line| format!("<li>{}</li>", escaped(line.say(lang))))
        .collect();
    format!("<section><h2>{title}</h2><ul class=\"{class}\">{items}</ul></section>")
}

fn table(title: &str, rows: &[[String; 2]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: String = rows
        .iter()
        .map(|[when, what]| {
            format!(
                "<tr><td class=\"when\">{}</td><td>{}</td></tr>",
                escaped(when),
                escaped(what)
            )
        })
        .collect();
    format!("<h2>{title}</h2><table>{rows}</table>\n")
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

//! 画 · A tally as lines: one for the whole, one per place of care.

use std::time::Duration;

use crosswipe_domain::Money;
use crosswipe_reports::Lang;
use unicode_width::UnicodeWidthStr as _;

use super::tally::{Lane, Tally};

/// Cells of a bar.
const CELLS: usize = 24;

/// The whole first, then at most `most` lanes in the order of their codes: where there are more, those that are under
/// way go before those that are not, most money first; the others are one lane. A run in one place has no lanes.
pub(super) fn bars(tally: &Tally, most: usize, lang: Lang) -> Vec<String> {
    let whole = tally.whole();
    let lanes: Vec<(String, Lane)> = tally
        .lanes()
        .map(|(name, lane)| (name.unwrap_or(nowhere(lang)).to_owned(), lane))
        .collect();
    let (shown, others) = chosen(&lanes, most);
    let mut rows = vec![(lang.pick("合计", "all").to_owned(), whole)];
    if lanes.len() > 1 {
        rows.extend(shown.into_iter().map(|index| lanes[index].clone()));
    }
    if !others.is_empty() {
        let name = match lang {
            Lang::Zh => format!("其余 {} 地", others.len()),
            Lang::En => format!("{} others", others.len()),
        };
        let sum = others.iter().map(|index| lanes[*index].1);
        rows.push((name, sum.fold(Lane::default(), Lane::and)));
    }
    let widest = rows.iter().map(|(name, _)| name.width()).max();
    let widest = widest.unwrap_or_default();
    let digits = whole.total.to_string().len();
    let line = |(name, lane): &(String, Lane)| {
        let pad = " ".repeat(widest - name.width());
        format!("{name}{pad} {}", bar(lane, digits, lang))
    };
    rows.iter().map(line).collect()
}

/// One line that stands by itself.
pub(super) fn plain(tally: &Tally, elapsed: Duration, lang: Lang) -> String {
    let whole = tally.whole();
    let mut text = format!("+{} s", elapsed.as_secs());
    if whole.total > 0 {
        text += &format!(
            " · {} {}/{}",
            lang.pick("用例", "cases"),
            whole.done,
            whole.total
        );
    }
    if whole.bad > 0 {
        text += &format!(" · {}", bad(&whole, lang));
    }
    text + " · " + &open(&whole, lang)
}

/// Indices of the lanes shown, and of the others, each in order.
fn chosen(lanes: &[(String, Lane)], most: usize) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    if lanes.len() > most {
        order.sort_by_key(|index| {
            let lane = &lanes[*index].1;
            (!lane.is_busy(), -lane.open_fen, *index)
        });
    }
    let mut others = order.split_off(order.len().min(most));
    order.sort_unstable();
    others.sort_unstable();
    (order, others)
}

fn bar(lane: &Lane, digits: usize, lang: Lang) -> String {
    let mut parts = Vec::new();
    if let Some(full) = (CELLS * lane.done).checked_div(lane.total) {
        parts.push(format!(
            "{}{} {:>digits$}/{:<digits$}",
            "█".repeat(full),
            "░".repeat(CELLS - full),
            lane.done,
            lane.total
        ));
    }
    parts.push(open(lane, lang));
    if lane.bad > 0 {
        parts.push(bad(lane, lang));
    }
    parts.join("  ")
}

fn open(lane: &Lane, lang: Lang) -> String {
    let money = Money::from_fen(lane.open_fen);
    let more = if lane.unpriced > 0 { "+?" } else { "" };
    match lang {
        Lang::Zh => format!("未回退 {} 笔 ¥{money}{more}", lane.open),
        Lang::En => format!("open {} ¥{money}{more}", lane.open),
    }
}

fn bad(lane: &Lane, lang: Lang) -> String {
    format!("{} {}", lang.pick("不通过", "not passed"), lane.bad)
}

fn nowhere(lang: Lang) -> &'static str {
    lang.pick("不分地区", "no place")
}

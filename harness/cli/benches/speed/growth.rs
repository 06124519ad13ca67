//! 增长 · What ten times the cases cost: cases per second and peak memory, as a table and as a picture.
//!
//! Drawn by hand as SVG: two curves over the number of cases, both axes in powers of ten, so that a cost per case that
//! stays the same is a flat line. Whole numbers only. The process holds the harness and all parties of the plan, so memory is
//! that of both, their books included.

use std::fmt::Write as _;

/// One size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) cases: usize,
    /// Hundredths of a case per second.
    pub(crate) per_second: u128,
    /// Peak of the process while the cases ran; `None` where the system does not tell.
    pub(crate) peak_kb: Option<u64>,
}

const WIDTH: u128 = 640;
const HEIGHT: u128 = 300;
const LEFT: u128 = 70;
const RIGHT: u128 = 70;
const TOP: u128 = 46;
const BOTTOM: u128 = 44;
/// Where a figure stands from its point: one curve's below, the other's above, so that both can be read where they meet.
const BELOW: i64 = 17;
const ABOVE: i64 = -7;

/// The picture.
pub(crate) fn svg(points: &[Point]) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" fill=\"#1f5fa8\">每秒用例 cases/s</text>\n\
         <text x=\"{}\" y=\"20\" text-anchor=\"end\" fill=\"#a8501f\">内存峰值 peak memory, MB</text>\n",
        WIDTH - RIGHT
    );
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        text.push_str("</svg>\n");
        return text;
    };
    let (from, to) = (
        power(first.cases as u128),
        power(last.cases as u128).max(power(first.cases as u128) + 1_000),
    );
    let x =
        |cases: usize| LEFT + (power(cases as u128) - from) * (WIDTH - LEFT - RIGHT) / (to - from);
    let rates = Axis::of(points.iter().map(|point| point.per_second / 100));
    let peaks = Axis::of(
        points
            .iter()
            .filter_map(|point| Some(u128::from(point.peak_kb?) / 1_000)),
    );
    for point in points {
        let at = x(point.cases);
        let _ = writeln!(
            text,
            "<path d=\"M{at} {TOP}V{}\" stroke=\"#ddd\"/><text x=\"{at}\" y=\"{}\" text-anchor=\"middle\" fill=\"#333\">{}</text>",
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM + 18,
            point.cases
        );
    }
    let _ = writeln!(
        text,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#333\">用例 cases</text>",
        WIDTH / 2,
        HEIGHT - 8
    );
    let rate = points
        .iter()
        .map(|point| (x(point.cases), point.per_second / 100));
    curve(
        &mut text,
        &rates,
        rate.collect(),
        "#1f5fa8",
        (LEFT - 8, "end"),
        BELOW,
    );
    let peak = points
        .iter()
        .filter_map(|point| Some((x(point.cases), u128::from(point.peak_kb?) / 1_000)));
    curve(
        &mut text,
        &peaks,
        peak.collect(),
        "#a8501f",
        (WIDTH - RIGHT + 8, "start"),
        ABOVE,
    );
    text.push_str("</svg>\n");
    text
}

/// From one power of ten to another, in thousandths of a decade.
struct Axis {
    from: u128,
    to: u128,
}

impl Axis {
    fn of(figures: impl Iterator<Item = u128> + Clone) -> Axis {
        let from = power(figures.clone().min().unwrap_or(1)) / 1_000 * 1_000;
        let to = power(figures.max().unwrap_or(1)).div_ceil(1_000) * 1_000;
        Axis {
            from,
            to: to.max(from + 1_000),
        }
    }

    fn y(&self, figure: u128) -> u128 {
        let place = power(figure).clamp(self.from, self.to) - self.from;
        HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM) / (self.to - self.from)
    }
}

fn curve(
    text: &mut String,
    axis: &Axis,
    points: Vec<(u128, u128)>,
    colour: &str,
    (side, anchor): (u128, &str),
    offset: i64,
) {
    for power_of_ten in axis.from / 1_000..=axis.to / 1_000 {
        let figure = 10_u128.pow(u32::try_from(power_of_ten).expect("a small power"));
        let y = axis.y(figure) + 4;
        let _ = writeln!(
            text,
            "<text x=\"{side}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{figure}</text>"
        );
    }
    let line: Vec<String> = points
        .iter()
        .map(|(x, figure)| format!("{x},{}", axis.y(*figure)))
        .collect();
    let _ = writeln!(
        text,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        line.join(" ")
    );
    for (x, figure) in points {
        let y = axis.y(figure);
        let _ = writeln!(
            text,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" fill=\"{colour}\">{figure}</text>",
            i64::try_from(y).expect("within the picture") + offset
        );
    }
}

/// Thousandths of the power of ten that a number is: 100 → 2000. Between two powers a straight line per third of a
/// decade, which no eye tells from the curve.
fn power(number: u128) -> u128 {
    let number = number.max(1);
    let whole = number.ilog10();
    let digits = number * 1_000 / 10_u128.pow(whole);
    // log10 of 1, 2.15, 4.64 and 10.
    let steps = [(1_000, 0), (2_154, 333), (4_642, 667), (10_000, 1_000)];
    let pair = steps
        .windows(2)
        .find(|pair| digits <= pair[1].0)
        .expect("a digit is below ten");
    let within = (digits - pair[0].0) * (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0);
    u128::from(whole) * 1_000 + pair[0].1 + within
}

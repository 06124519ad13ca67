//! 表 · One row per figure: what it came to, how far its rounds lie apart, and its ratio to the limit of the same run.
//!
//! Why a ratio per round: whatever else runs on the machine slows both halves of a round alike, so the median of the rounds'
//! ratios is steadier than the ratio of two medians. Whole numbers only; ratios are thousandths.

use serde_json::{Value, json};

/// 一行 · One figure.
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    ours: Vec<u128>,
    /// Of the bare limit, round by round as `ours`; empty where there is none.
    limit: Vec<u128>,
    asked: Asked,
    /// What belongs beside it: exact counters, sizes.
    beside: Vec<(&'static str, String)>,
    /// Why there is no figure.
    unmeasured: Option<String>,
}

/// 所求 · What a figure must come to.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    /// More is better: so many thousandths of the limit at least.
    Share(u128),
    /// Less is better: so many thousandths of the limit at most.
    Times(u128),
    /// Less is better: so much at most.
    AtMost(u128),
    /// More is better: so much at least.
    AtLeast(u128),
}

impl Row {
    /// Ours and the limit, round by round.
    pub(crate) fn paired(
        name: impl Into<String>,
        unit: &'static str,
        rounds: Vec<(u128, u128)>,
        asked: Asked,
    ) -> Row {
        let (ours, limit) = rounds.into_iter().unzip();
        Row {
            name: name.into(),
            unit,
            ours,
            limit,
            asked,
            beside: Vec::new(),
            unmeasured: None,
        }
    }

    /// A figure that is held against a number.
    pub(crate) fn alone(
        name: impl Into<String>,
        unit: &'static str,
        ours: Vec<u128>,
        asked: Asked,
    ) -> Row {
        Row {
            ours,
            ..Row::paired(name, unit, Vec::new(), asked)
        }
    }

    /// A figure that is not there, and why.
    pub(crate) fn unmeasured(name: impl Into<String>, why: impl Into<String>) -> Row {
        Row {
            unmeasured: Some(why.into()),
            ..Row::paired(name, "", Vec::new(), Asked::Share(0))
        }
    }

    /// Says something beside the figure.
    pub(crate) fn with(mut self, what: &'static str, value: impl ToString) -> Row {
        self.beside.push((what, value.to_string()));
        self
    }

    /// Thousandths: the median of the rounds' ratios.
    fn ratio(&self) -> Option<u128> {
        let pairs = self.ours.iter().zip(&self.limit);
        let ratios: Vec<u128> = pairs
            .map(|(ours, limit)| ours * 1_000 / (*limit).max(1))
            .collect();
        median(&ratios)
    }

    fn reached(&self) -> Option<bool> {
        if self.unmeasured.is_some() {
            return None;
        }
        match self.asked {
            Asked::Share(asked) => Some(self.ratio()? >= asked),
            Asked::Times(asked) => Some(self.ratio()? <= asked),
            Asked::AtMost(asked) => Some(median(&self.ours)? <= asked),
            Asked::AtLeast(asked) => Some(median(&self.ours)? >= asked),
        }
    }

    fn asked(&self) -> String {
        match self.asked {
            Asked::Share(asked) => format!(">= {}", thousandths(asked)),
            Asked::Times(asked) => format!("<= {}", thousandths(asked)),
            Asked::AtMost(asked) => format!("<= {asked}"),
            Asked::AtLeast(asked) => format!(">= {asked}"),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.reached() {
            Some(true) => "reached",
            Some(false) => "short",
            None => "not measured",
        }
    }

    fn json(&self) -> Value {
        let beside: serde_json::Map<String, Value> = self
            .beside
            .iter()
            .map(|(what, value)| ((*what).to_owned(), json!(value)))
            .collect();
        json!({
            "figure": self.name, "unit": self.unit, "rounds": self.ours, "limit_rounds": self.limit,
            "median": median(&self.ours), "limit_median": median(&self.limit), "spread_percent": spread(&self.ours),
            "ratio_thousandths": self.ratio(), "asked": self.asked(), "verdict": self.verdict(),
            "not_measured": self.unmeasured, "beside": beside,
        })
    }
}

/// Writes all rows for people.
pub(crate) fn shown(rows: &[Row]) -> String {
    let head = [
        "figure", "unit", "median", "spread", "limit", "spread", "ratio", "asked", "verdict",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    for row in rows {
        let or_dash =
            |figure: Option<u128>| figure.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let percent =
            |figure: Option<u128>| figure.map_or_else(|| "-".to_owned(), |n| format!("{n}%"));
        lines.push([
            row.name.clone(),
            row.unit.to_owned(),
            or_dash(median(&row.ours)),
            percent(spread(&row.ours)),
            or_dash(median(&row.limit)),
            percent(spread(&row.limit)),
            row.ratio().map_or_else(|| "-".to_owned(), thousandths),
            if row.unmeasured.is_some() {
                "-".to_owned()
            } else {
                row.asked()
            },
            row.verdict().to_owned(),
        ]);
    }
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            lines
                .iter()
                .map(|line| line[column].len())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            match column {
                0 | 1 | 8 => text.push_str(&format!("{cell:<width$}  ")),
                _ => text.push_str(&format!("{cell:>width$}  ")),
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        let Some(row) = number.checked_sub(1).map(|row| &rows[row]) else {
            continue;
        };
        let beside = row
            .beside
            .iter()
            .map(|(what, value)| format!("{what} {value}"));
        let beside: Vec<String> = row.unmeasured.iter().cloned().chain(beside).collect();
        if !beside.is_empty() {
            text.push_str(&format!("    {}\n", beside.join(" · ")));
        }
    }
    text
}

/// All rows for programs.
pub(crate) fn json_of(rows: &[Row]) -> Vec<Value> {
    rows.iter().map(Row::json).collect()
}

/// The middle one; of an even number the upper of the two.
pub(crate) fn median(figures: &[u128]) -> Option<u128> {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// Between the least and the most, in percent of the median; one round alone has none.
fn spread(figures: &[u128]) -> Option<u128> {
    let (least, most) = (figures.iter().min()?, figures.iter().max()?);
    (figures.len() > 1).then(|| (most - least) * 100 / median(figures).unwrap_or(1).max(1))
}

fn thousandths(figure: u128) -> String {
    format!("{}.{:02}", figure / 1_000, figure % 1_000 / 10)
}

//! 词义 · Turns the text of a value into what it means, once, with a message for each usual slip.
//!
//! Why so: text becomes a type at the edge and nowhere else (instants, amounts, codes). Codes keep their
//! text: `0310` never becomes 310. Called by the readers of each file.

use std::collections::BTreeSet;

use crosswipe_domain::{AdmDivision, Both, Day, Moment, both};
use crosswipe_wire::without_strangers;

use crate::Problem;
use crate::codes;
use crate::fields::{items, wrong_shape};
use crate::nearest::suggest;
use crate::node::{Node, Value};
use crate::problem::{At, Noun, Problems, Said, noun};

/// 文字 · Prose: any text.
pub(crate) fn prose(node: &Node, problems: &Problems) -> Option<Said<String>> {
    match &node.value {
        Value::Text(text) if !text.trim().is_empty() => Some(Said {
            value: text.trim().to_owned(),
            at: node.at.clone(),
        }),
        _ => {
            let wanted = both!("这里应是文字", "text belongs here");
            let help = both!(
                "写一个值, 不写成列表或 `键: 值`",
                "write one value, no list and no `key: value`"
            );
            problems.push(wrong_shape(node, wanted).help(help));
            None
        }
    }
}

/// 话 · Prose that is shown to people and kept: what names somebody by its form, an identity number say, is left out.
pub(crate) fn told(node: &Node, problems: &Problems) -> Option<Said<String>> {
    let said = prose(node, problems)?;
    Some(Said {
        value: without_strangers(&said.value).into_owned(),
        at: said.at,
    })
}

/// 代码 · Text that a machine reads: no full-width characters, no blanks inside.
pub(crate) fn word(node: &Node, problems: &Problems) -> Option<Said<String>> {
    let said = prose(node, problems)?;
    half_width(&said, problems).then_some(said)
}

/// Whether `said` is free of full-width characters; if not, that is reported with what was meant.
pub(crate) fn half_width(said: &Said<String>, problems: &Problems) -> bool {
    let Some(wide) = said.value.chars().find(|c| narrow(*c).is_some()) else {
        return true;
    };
    let meant: String = said.value.chars().map(|c| narrow(c).unwrap_or(c)).collect();
    problems.push(
        said.at
            .error(
                codes::FULL_WIDTH,
                both!(
                    "`{}` 里有全角字符 `{wide}`",
                    "full-width `{wide}` in `{}`",
                    said.value
                ),
            )
            .help(both!("切换到半角输入: `{meant}`", "write `{meant}`"))
            .fix(
                said.at
                    .mend(&said.value, &meant)
                    .filter(|_| !meant.contains(['"', '\''])),
            ),
    );
    false
}

fn narrow(character: char) -> Option<char> {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        '\u{3000}' => Some(' '),
        '“' | '”' => Some('"'),
        '‘' | '’' => Some('\''),
        '。' => Some('.'),
        '、' => Some(','),
        '—' | '–' => Some('-'),
        _ => None,
    }
}

/// A list of words; a single word is a list of one.
pub(crate) fn words(node: &Node, problems: &Problems) -> Vec<Said<String>> {
    match &node.value {
        Value::Text(_) => word(node, problems).into_iter().collect(),
        _ => items(node, problems)
            .iter()
            .filter_map(|item| word(item, problems))
            .collect(),
    }
}

/// One of the words that are possible here.
pub(crate) fn one_of<T: Copy>(
    said: &Said<String>,
    what: Noun,
    choices: &[(&str, T)],
    problems: &Problems,
) -> Option<T> {
    let found = choices
        .iter()
        .find(|(name, _)| *name == said.value)
        .map(|(_, value)| *value);
    if found.is_none() {
        problems.push(unknown(
            codes::UNKNOWN_WORD,
            what,
            said,
            choices.iter().map(|(name, _)| *name),
        ));
    }
    found
}

/// `what` is not among `candidates`.
pub(crate) fn unknown<'a>(
    code: &'static str,
    what: Noun,
    said: &Said<String>,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Problem {
    let Noun { zh, en } = what;
    said.at
        .error(
            code,
            both!("不认得的{zh} `{}`", "unknown {en} `{}`", said.value),
        )
        .help(suggest(&said.value, candidates).unwrap_or_else(|| {
            both!(
                "这里一个{zh}也没有: 先写上再用",
                "there is no {en} at all: write one first"
            )
        }))
}

/// 条款 · A clause that the plan's `clauses` do not name.
pub(crate) fn report_clause(said: &Said<String>, clauses: &BTreeSet<String>, problems: &Problems) {
    if clauses.contains(&said.value) {
        return;
    }
    let known = clauses.iter().map(String::as_str);
    let unknown = unknown(codes::UNKNOWN_CLAUSE, noun("条款", "clause"), said, known);
    let help = both!(
        "先在 plan.yaml 的 clauses 里写上",
        "write it under `clauses` of plan.yaml first"
    );
    problems.push(if clauses.is_empty() {
        unknown.help(help)
    } else {
        unknown
    });
}

/// 是否 · `yes` or `no`.
pub(crate) fn yes_no(node: &Node, problems: &Problems) -> Option<bool> {
    const CHOICES: [(&str, bool); 6] = [
        ("yes", true),
        ("no", false),
        ("true", true),
        ("false", false),
        ("是", true),
        ("否", false),
    ];
    one_of(
        &word(node, problems)?,
        noun("是否", "answer"),
        &CHOICES,
        problems,
    )
}

/// Reads by a parser that says what is wrong.
pub(crate) fn parsed<T, E: Into<Both>>(
    said: &Said<String>,
    code: &'static str,
    help: Both,
    parse: impl Fn(&str) -> Result<T, E>,
    problems: &Problems,
) -> Option<Said<T>> {
    match parse(&said.value) {
        Ok(value) => Some(Said {
            value,
            at: said.at.clone(),
        }),
        Err(error) => {
            problems.push(said.at.error(code, error.into()).help(help));
            None
        }
    }
}

/// What helps with an amount.
pub(crate) const AMOUNT_HELP: Both = Both::new(
    "金额写到分, 如 12.50",
    "amounts have at most two decimals, e.g. 12.50",
);

/// 时刻 · An instant with its offset; hour 24 and a missing offset have messages of their own.
pub(crate) fn instant(node: &Node, problems: &Problems) -> Option<Said<Moment>> {
    let said = word(node, problems)?;
    match Moment::parse(&said.value) {
        Ok(value) => Some(Said { value, at: said.at }),
        Err(_) => {
            problems.push(bad_instant(&said.value, &said.at));
            None
        }
    }
}

fn bad_instant(text: &str, at: &At) -> Problem {
    if let Some((day, rest)) = text.split_once('T').or_else(|| text.split_once(' '))
        && let Ok(day) = Day::parse(day)
    {
        if rest.starts_with("24") {
            return at
                .error(
                    codes::HOUR_24,
                    both!(
                        "`{text}` 写了24时, 可以读成当天, 也可以读成次日",
                        "`{text}` says hour 24, which reads both as this day and as the next"
                    ),
                )
                .help(both!(
                    "N日24时写成次日零点 `{0}T00:00+08:00`",
                    "write the next day's `{0}T00:00+08:00`",
                    day.next()
                ))
                .fix(
                    at.mend(text, format!("{}T00:00+08:00", day.next()))
                        .filter(|_| is_midnight(rest)),
                );
        }
        let with_offset = format!("{day}T{rest}+08:00");
        if Moment::parse(&with_offset).is_ok() {
            return at
                .error(
                    codes::MISSING_OFFSET,
                    both!("`{text}` 没有写时区", "`{text}` has no offset"),
                )
                .help(both!("写成 `{with_offset}`", "write `{with_offset}`"))
                .fix(at.mend(text, with_offset));
        }
    }
    if let Some(meant) = office_instant(text) {
        let message = both!(
            "`{text}` 不是时刻的写法",
            "`{text}` is not how an instant is written"
        );
        return at
            .error(codes::BAD_INSTANT, message)
            .help(both!("写成 `{meant}`", "write `{meant}`"))
            .fix(at.mend(text, meant));
    }
    at.error(
        codes::BAD_INSTANT,
        both!("`{text}` 不是时刻", "`{text}` is no instant"),
    )
    .help(both!(
        "形如 `2017-06-02T09:00+08:00`",
        "write it like `2017-06-02T09:00+08:00`"
    ))
}

/// `2030年3月1日18时30分`, `2030/3/1 18:30` as an instant; a day without its hour is none, and hour 24 is none.
fn office_instant(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_digit() || " T:/-.年月日时点分秒".contains(c);
    let numbers: Vec<u32> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let (&[year, month, day, hour], rest) = numbers.split_first_chunk::<4>()?;
    if !text.chars().all(plain) || year < 1000 || rest.len() > 2 {
        return None;
    }
    let [minute, second] = [0, 1].map(|at| rest.get(at).copied().unwrap_or(0));
    let mut meant = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}");
    if second > 0 {
        meant += &format!(":{second:02}");
    }
    meant += "+08:00";
    Moment::parse(&meant).is_ok().then_some(meant)
}

/// Hour 24 and nothing after it.
fn is_midnight(time: &str) -> bool {
    let digits = time.trim_end_matches("+08:00");
    digits
        .bytes()
        .filter(u8::is_ascii_digit)
        .skip(2)
        .all(|digit| digit == b'0')
}

/// 时长 · A length of time such as `2h`, `30m`, `90s`, in milliseconds.
pub(crate) fn duration_ms(node: &Node, problems: &Problems) -> Option<Said<i64>> {
    let said = word(node, problems)?;
    let parsed = length_ms(&said.value);
    if parsed.is_none() {
        let help = both!(
            "形如 `2h`、`30m`、`90s`",
            "write it like `2h`, `30m`, `90s`"
        );
        problems.push(
            said.at
                .error(
                    codes::BAD_DURATION,
                    both!("`{}` 不是时长", "`{}` is no length of time", said.value),
                )
                .help(help),
        );
    }
    parsed.map(|value| Said { value, at: said.at })
}

/// `2h`, `30m`, `90s`, `3d` in milliseconds.
pub(crate) fn length_ms(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit_ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let digits = &text[..at];
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits
        .then(|| digits.parse::<i64>().ok()?.checked_mul(unit_ms))
        .flatten()
}

/// 行政区划 · A six-digit division, known or not.
pub(crate) fn division(said: &Said<String>, problems: &Problems) -> Option<Said<AdmDivision>> {
    match AdmDivision::parse(&said.value) {
        Ok(value) => Some(Said {
            value,
            at: said.at.clone(),
        }),
        Err(_) => {
            let meant: String = said
                .value
                .chars()
                .map(|c| if matches!(c, 'O' | 'o') { '0' } else { c })
                .collect();
            let help = if AdmDivision::parse(&meant).is_ok() {
                both!(
                    "行政区划代码是 6 位数字: 把字母 O 改成数字 0, `{meant}`",
                    "six digits: write 0, not the letter O: `{meant}`"
                )
            } else {
                both!(
                    "行政区划代码是 6 位数字, 如 330100",
                    "six digits, e.g. 330100"
                )
            };
            let message = both!(
                "`{}` 不是行政区划代码",
                "unknown administrative division `{}`",
                said.value
            );
            let fix = AdmDivision::parse(&meant)
                .ok()
                .and_then(|_| said.at.mend(&said.value, &meant));
            let problem = said.at.error(codes::UNKNOWN_DIVISION, message).help(help);
            problems.push(problem.fix(fix));
            None
        }
    }
}

/// 名号 · An id made of letters, digits and `-_.:`, of any script.
pub(crate) fn id(node: &Node, problems: &Problems) -> Option<Said<String>> {
    let said = word(node, problems)?;
    let fits = said
        .value
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
    if !fits || said.value.chars().count() > 48 {
        let help = both!(
            "只用文字、数字和 - _ . :, 不超过 48 字",
            "letters, digits and - _ . : only, at most 48"
        );
        problems.push(
            said.at
                .error(
                    codes::BAD_ID,
                    both!("`{}` 不能作标识", "`{}` cannot be an id", said.value),
                )
                .help(help),
        );
        return None;
    }
    Some(said)
}

/// Reports each value that was said before, `what` being what it names; gives those said for the first time.
pub(crate) fn report_duplicates<'a>(
    what: Noun,
    said: impl IntoIterator<Item = &'a Said<String>>,
    problems: &Problems,
) {
    let mut seen: std::collections::BTreeMap<&str, &At> = std::collections::BTreeMap::new();
    for one in said {
        match seen.get(one.value.as_str()) {
            Some(first) => problems.push(duplicate(what, &one.value, &one.at, first)),
            None => {
                seen.insert(&one.value, &one.at);
            }
        }
    }
}

/// `what` `shown` stands twice.
pub(crate) fn duplicate(what: Noun, shown: &str, at: &At, first: &At) -> Problem {
    let line = crate::fields::line_of(first);
    let Noun { zh, en } = what;
    let told = if std::sync::Arc::ptr_eq(&at.source, &first.source) {
        both!(
            "{zh} `{shown}` 重复, 前一处在第 {line} 行",
            "{en} `{shown}` stands twice, first in line {line}"
        )
    } else {
        let file = &first.source.shown_path;
        both!(
            "{zh} `{shown}` 重复, 前一处在 {file}:{line}",
            "{en} `{shown}` stands twice, first in {file}:{line}"
        )
    };
    at.error(codes::DUPLICATE_ID, told)
        .help(both!("改名, 或删去重复的一处", "rename one or drop it"))
}

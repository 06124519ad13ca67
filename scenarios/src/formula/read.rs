//! 读公式 · The grammar of expected amounts, and what can be wrong with one.
//!
//! `sum := product (± product)*`, `product := one (×÷ one)*`, `one := -one | number[%] | name | $step.path | f(sum[, sum]) |
//! (sum)`. A bare number is an amount beside an amount and a factor beside `*` `/`; `70%` is always a share. An amount
//! times an amount is nothing, and a share is no amount: such slips are told when the plan is read, not in the window.
//! Called by `expect`. Not here: values (`super`).

use std::ops::Range;

use crosswipe_domain::{Both, InfNo, both};

use super::exact::{Exact, Rounding};
use super::{AmountAt, Formula, NoValue, Sign, Term};
use crate::codes;
use crate::interface;
use crate::nearest::{nearest, suggest};
use crate::problem::{Problems, Said};
use crate::scope::Scope;

/// Short names of what every settlement says, in both languages.
pub(crate) const SHORT: [([&str; 3], &str); 4] = [
    (["total", "总额", "总费用"], "setlinfo.medfee_sumamt"),
    (["fund", "基金", "基金支付"], "setlinfo.fund_pay_sumamt"),
    (["account", "账户", "个人账户"], "setlinfo.acct_pay"),
    (["cash", "现金", "个人现金"], "setlinfo.psn_cash_pay"),
];

/// What can be called: rounding to the fen, and the smaller or larger of two.
const CALLS: [(&str, &str, Call); 6] = [
    ("half_up", "四舍五入", Call::Round(Rounding::HalfUp)),
    ("half_even", "四舍六入", Call::Round(Rounding::HalfEven)),
    ("floor", "向下取整", Call::Round(Rounding::Floor)),
    ("ceiling", "向上取整", Call::Round(Rounding::Ceiling)),
    ("min", "较小", Call::Of(Sign::Least)),
    ("max", "较大", Call::Of(Sign::Most)),
];

/// Brackets within brackets.
const DEEPEST: usize = 24;
/// Characters of a formula.
const LONGEST: usize = 400;

#[derive(Clone, Copy)]
enum Call {
    Round(Rounding),
    Of(Sign),
}

/// Where the names of a formula are looked up.
pub(crate) struct Names<'a> {
    /// Whose answer the expectation speaks of.
    pub(crate) infno: Option<&'a InfNo>,
    /// The node on the left: a bare field is one of its.
    pub(crate) node: &'a str,
    /// What earlier steps were answered.
    pub(crate) scope: &'a Scope,
}

/// The path behind a short name.
pub(crate) fn short(name: &str) -> Option<&'static str> {
    let found = SHORT.iter().find(|(names, _)| names.contains(&name));
    found.map(|(_, path)| *path)
}

/// Whether a text that is no amount is meant as a formula: it has an operator in it or begins with a name.
pub(crate) fn is_formula(text: &str) -> bool {
    let mut rest = text.chars();
    let first = rest.next().unwrap_or(' ');
    let operator = |c: char| "+*/×÷()%$".contains(c);
    let named = first.is_ascii_alphabetic() || short(text).is_some();
    named || text.contains(operator) || rest.any(|c| c == '-')
}

/// Reads a formula; what is wrong with it is told.
pub(crate) fn read_formula(
    said: &Said<String>,
    names: &Names<'_>,
    problems: &Problems,
) -> Option<Formula> {
    let mut reader = Reader {
        text: &said.value,
        at: 0,
        depth: 0,
        said,
        names,
        problems,
    };
    let read = if said.value.chars().count() > LONGEST {
        Err(Some(Slip {
            code: codes::BAD_FORMULA,
            message: both!(
                "公式超过 {LONGEST} 字",
                "a formula of more than {LONGEST} characters"
            ),
            help: both!("分成几条预期", "make several expectations of it"),
        }))
    } else {
        reader.whole()
    };
    match read {
        Ok(term) => Some(Formula {
            text: said.value.clone(),
            term,
        }),
        Err(slip) => {
            if let Some(Slip {
                code,
                message,
                help,
            }) = slip
            {
                problems.push(said.at.error(code, message).help(help));
            }
            None
        }
    }
}

/// A formula that may come to a fraction of a fen can equal no amount then.
pub(crate) fn report_unrounded(formula: &Formula, said: &Said<String>, problems: &Problems) {
    if !formula.term.splits_fen() {
        return;
    }
    let message = both!(
        "`{}` 可能算出不足一分的零头, 没有写怎样取整",
        "`{}` may come to a fraction of a fen, and how to round it is not said",
        formula.text
    );
    let help = both!(
        "写 half_up(…) 四舍五入, 或 half_even(…), floor(…), ceiling(…)",
        "write half_up(…), or half_even(…), floor(…), ceiling(…)"
    );
    let problem = said.at.error(codes::UNROUNDED_AMOUNT, message).help(help);
    problems.push(problem.into_warning());
}

/// A formula without a name in it is an amount: as text, to the fen.
pub(crate) fn constant(formula: &Formula) -> Option<String> {
    let value = formula
        .term
        .is_constant()
        .then(|| formula.value(&|_| None).ok());
    value.flatten().map(|value| value.to_string())
}

/// What is wrong; `None` = it was told already.
type Told = Option<Slip>;

struct Slip {
    code: &'static str,
    message: Both,
    help: Both,
}

/// What a part of a formula measures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Yuan.
    Amount,
    /// A share or a factor.
    Share,
    /// A bare number, which is either.
    Either,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    said: &'a Said<String>,
    names: &'a Names<'a>,
    problems: &'a Problems,
}

impl Reader<'_> {
    fn whole(&mut self) -> Result<Term, Told> {
        let (term, unit) = self.sum()?;
        self.blanks();
        if let Some(more) = self.rest().chars().next() {
            return Err(self.misplaced(&format!("`{more}`")));
        }
        if unit == Unit::Share {
            let message = both!(
                "`{}` 算出的是比例, 不是金额",
                "`{}` comes to a share and no amount",
                self.text
            );
            return Err(units(message));
        }
        match term.is_constant().then(|| term.value(&|_| None)) {
            None => Ok(term),
            Some(Err(NoValue::DividedByZero)) => Err(self.by_zero()),
            Some(Err(_)) => Err(self.too_large()),
            Some(Ok(value)) if value.is_whole_fen() => Ok(term),
            Some(Ok(value)) => Err(Some(Slip {
                code: codes::BAD_AMOUNT,
                message: both!(
                    "`{}` 等于 {value}, 不是到分的金额",
                    "`{}` is {value}, no amount to the fen",
                    self.text
                ),
                help: crate::words::AMOUNT_HELP.to_owned(),
            })),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes one of these signs, if it comes next.
    fn take(&mut self, signs: &[char]) -> Option<char> {
        self.blanks();
        let next = self.rest().chars().next().filter(|c| signs.contains(c))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn sum(&mut self) -> Result<(Term, Unit), Told> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&['+', '-', '−']) {
            let right = self.product()?;
            let sign = if sign == '+' { Sign::Plus } else { Sign::Less };
            left = self.alike(sign, left, right)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<(Term, Unit), Told> {
        let mut left = self.one()?;
        while let Some(sign) = self.take(&['*', '×', '/', '÷']) {
            let right = self.one()?;
            let over = matches!(sign, '/' | '÷');
            let unit = match (left.1, over, right.1) {
                (Unit::Amount, false, Unit::Amount) => {
                    let message =
                        both!("金额乘金额没有意义", "an amount times an amount is nothing");
                    return Err(units(message));
                }
                (Unit::Share, true, Unit::Amount) => {
                    let message = both!(
                        "比例除以金额没有意义",
                        "a share of an amount's inverse is nothing"
                    );
                    return Err(units(message));
                }
                (Unit::Amount | Unit::Either, true, Unit::Amount) => Unit::Share,
                (Unit::Amount, _, _) | (_, false, Unit::Amount) => Unit::Amount,
                (Unit::Either, _, _) | (_, false, Unit::Either) => Unit::Either,
                (Unit::Share, ..) => Unit::Share,
            };
            let zero = right.0.is_constant()
                && matches!(right.0.value(&|_| None), Ok(value) if value.is_zero());
            if over && zero {
                return Err(self.by_zero());
            }
            let sign = if over { Sign::Over } else { Sign::Times };
            left = (Term::Two(sign, Box::new([left.0, right.0])), unit);
        }
        Ok(left)
    }

    /// Two that are put together or compared measure the same.
    fn alike(
        &self,
        sign: Sign,
        left: (Term, Unit),
        right: (Term, Unit),
    ) -> Result<(Term, Unit), Told> {
        let unit = match (left.1, right.1) {
            (Unit::Amount, Unit::Share) | (Unit::Share, Unit::Amount) => {
                let message = both!(
                    "比例不能与金额相加减、比大小",
                    "a share is neither added to nor compared with an amount"
                );
                return Err(units(message));
            }
            (Unit::Amount, _) | (_, Unit::Amount) => Unit::Amount,
            (Unit::Share, _) | (_, Unit::Share) => Unit::Share,
            (Unit::Either, Unit::Either) => Unit::Either,
        };
        if unit == Unit::Amount {
            for (term, of) in [&left, &right] {
                if let (Term::Number(number), Unit::Either) = (term, of)
                    && !number.is_whole_fen()
                {
                    return Err(Some(Slip {
                        code: codes::BAD_AMOUNT,
                        message: both!(
                            "`{number}` 作金额超过两位小数",
                            "`{number}` is an amount with more than two decimals"
                        ),
                        help: crate::words::AMOUNT_HELP.to_owned(),
                    }));
                }
            }
        }
        Ok((Term::Two(sign, Box::new([left.0, right.0])), unit))
    }

    fn one(&mut self) -> Result<(Term, Unit), Told> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Some(Slip {
                code: codes::BAD_FORMULA,
                message: both!("括号超过 {DEEPEST} 层", "brackets more than {DEEPEST} deep"),
                help: both!("分成几条预期", "make several expectations of it"),
            }));
        }
        let read = self.inner();
        self.depth -= 1;
        read
    }

    fn inner(&mut self) -> Result<(Term, Unit), Told> {
        if self.take(&['-', '−']).is_some() {
            let (term, unit) = self.one()?;
            let term = match term {
                Term::Number(number) => match Exact::whole(0).less(number) {
                    Some(number) => Term::Number(number),
                    None => return Err(self.too_large()),
                },
                other => Term::Minus(Box::new(other)),
            };
            return Ok((term, unit));
        }
        if self.take(&['(']).is_some() {
            let inner = self.sum()?;
            self.closes()?;
            return Ok(inner);
        }
        self.blanks();
        match self.rest().chars().next() {
            Some(c) if c.is_ascii_digit() => self.number(),
            Some('$') => self.captured(),
            Some(c) if c.is_alphabetic() || c == '_' => self.named(),
            Some(c) => Err(self.misplaced(&format!("`{c}`"))),
            None => Err(Some(Slip {
                code: codes::BAD_FORMULA,
                message: both!(
                    "公式没有写完: `{}`",
                    "the formula ends too early: `{}`",
                    self.text
                ),
                help: grammar(),
            })),
        }
    }

    fn closes(&mut self) -> Result<(), Told> {
        match self.take(&[')']) {
            Some(_) => Ok(()),
            None => Err(Some(Slip {
                code: codes::BAD_FORMULA,
                message: both!(
                    "括号没有闭合: `{}`",
                    "a bracket is not closed: `{}`",
                    self.text
                ),
                help: grammar(),
            })),
        }
    }

    fn number(&mut self) -> Result<(Term, Unit), Told> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let text = rest[..length].to_owned();
        self.at += length;
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let part = part.trim_end_matches('0');
        let digits: Option<i128> = (whole.len() <= 14 && part.len() <= 6 && !text.ends_with('.'))
            .then(|| format!("{whole}{part}").parse().ok())
            .flatten();
        let scale = 10_i128.pow(u32::try_from(part.len().min(6)).unwrap_or(0));
        let percent = self.rest().starts_with('%');
        self.at += usize::from(percent);
        let below = if percent { scale * 100 } else { scale };
        let Some(number) = digits.and_then(|digits| Exact::new(digits, below)) else {
            return Err(Some(Slip {
                code: codes::BAD_AMOUNT,
                message: both!(
                    "`{text}` 不是这里能写的数",
                    "`{text}` is no number that can stand here"
                ),
                help: both!(
                    "整数最多 14 位, 小数最多 6 位; 金额两位",
                    "at most 14 digits before the point and 6 after it; amounts have two"
                ),
            }));
        };
        let unit = if percent { Unit::Share } else { Unit::Either };
        Ok((Term::Number(number), unit))
    }

    fn word(&self, from: usize) -> Range<usize> {
        let rest = &self.text[from..];
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len());
        from..from + length
    }

    /// A function, a short name, a field of the same node, or node and field.
    fn named(&mut self) -> Result<(Term, Unit), Told> {
        let span = self.word(self.at);
        let name = self.text[span.clone()].to_owned();
        self.at = span.end;
        if self.take(&['(']).is_some() {
            return self.call(&name);
        }
        let path = match short(&name) {
            Some(path) => path.to_owned(),
            None if name.contains('.') => name,
            None => format!("{}.{name}", self.names.node),
        };
        let known = SHORT.iter().flat_map(|(names, _)| *names);
        let near = nearest(&self.text[span], known);
        self.amount(self.names.infno.cloned(), None, path, near)
    }

    fn call(&mut self, name: &str) -> Result<(Term, Unit), Told> {
        let found = CALLS.iter().find(|(en, zh, _)| *en == name || *zh == name);
        let Some((.., call)) = found else {
            let known = CALLS.iter().flat_map(|(en, zh, _)| [*en, *zh]);
            return Err(Some(Slip {
                code: codes::BAD_FORMULA,
                message: both!("没有 `{name}(…)` 这个算法", "there is no `{name}(…)`"),
                help: suggest(name, known).unwrap_or_else(grammar),
            }));
        };
        let first = self.sum()?;
        let read = match call {
            Call::Round(how) if first.1 == Unit::Share => {
                let _ = how;
                let message = both!(
                    "只有金额取整到分, 比例不取",
                    "amounts are rounded to the fen, shares are not"
                );
                return Err(units(message));
            }
            Call::Round(how) => (Term::Rounded(*how, Box::new(first.0)), Unit::Amount),
            Call::Of(sign) => {
                if self.take(&[',', ';']).is_none() {
                    return Err(Some(Slip {
                        code: codes::BAD_FORMULA,
                        message: both!(
                            "`{name}` 要两个数, 用逗号隔开",
                            "`{name}` takes two, with a comma between"
                        ),
                        help: both!(
                            "如 {name}(total, 100.00); 含逗号的公式整个加引号",
                            "e.g. {name}(total, 100.00); quote a formula that has a comma in it"
                        ),
                    }));
                }
                let second = self.sum()?;
                self.alike(*sign, first, second)?
            }
        };
        self.closes()?;
        Ok(read)
    }

    /// `$visit.setlinfo.fund_pay_sumamt`, `$visit.fund`: an amount that an earlier step was answered.
    fn captured(&mut self) -> Result<(Term, Unit), Told> {
        let start = self.at + 1;
        let scope = self.names.scope;
        let text = &self.text[start..];
        // Names may have full stops and hyphens in them: the longest that fits is meant.
        let fits = |name: &&String| {
            let rest = text.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let known = scope
            .names
            .iter()
            .filter(fits)
            .max_by_key(|name| name.len());
        let (step, path) = match known {
            Some(name) => (name.clone(), self.word(start + name.len() + 1)),
            None => {
                let word = self.word(start);
                let step = self.text[word.clone()]
                    .split('.')
                    .next()
                    .unwrap_or_default();
                let step = step.to_owned();
                let from = (start + step.len() + 1).min(word.end);
                (step, from..word.end)
            }
        };
        self.at = path.end;
        let path = self.text[path].to_owned();
        if scope.broken.contains(&step) {
            return Err(None); // told where it stands
        }
        let Some(infno) = scope.answers.get(&step) else {
            if scope.gives.contains_key(&step) {
                return Err(Some(Slip {
                    code: codes::UNKNOWN_CAPTURE,
                    message: both!(
                        "步骤 `{step}` 没有可引用的应答",
                        "step `{step}` has no answer to look into"
                    ),
                    help: both!(
                        "引用预期办成的 swipe、continue 或 call",
                        "name a swipe, continue or call that is expected to succeed"
                    ),
                }));
            }
            scope.unknown_step(self.said, &step, self.problems);
            return Err(None);
        };
        let path = match short(&path) {
            Some(path) => path.to_owned(),
            None => path,
        };
        self.amount(Some(infno.clone()), Some(step), path, None)
    }

    /// An amount of the answer to `infno`; anything else is told.
    fn amount(
        &self,
        infno: Option<InfNo>,
        step: Option<String>,
        path: String,
        near: Option<&str>,
    ) -> Result<(Term, Unit), Told> {
        let infno = infno.ok_or(None)?;
        let said = Said {
            value: path.clone(),
            at: self.said.at.clone(),
        };
        match interface::expected(&infno, &said) {
            Ok(interface::Expected::Amount) => {
                Ok((Term::Amount(AmountAt { step, path }), Unit::Amount))
            }
            Ok(interface::Expected::Other) => {
                Err(units(both!("`{path}` 不是金额", "`{path}` is no amount")))
            }
            Err(problem) => {
                self.problems.push(match near {
                    Some(near) => {
                        problem.help(both!("是否想写 `{near}`?", "did you mean `{near}`?"))
                    }
                    None => *problem,
                });
                Err(None)
            }
        }
    }

    fn misplaced(&self, what: &str) -> Told {
        let place = self.text[..self.at].chars().count() + 1;
        Some(Slip {
            code: codes::BAD_FORMULA,
            message: both!(
                "第 {place} 个字 {what} 不该在这里: `{}`",
                "{what} does not belong at character {place} of `{}`",
                self.text
            ),
            help: grammar(),
        })
    }

    fn by_zero(&self) -> Told {
        Some(Slip {
            code: codes::DIVISION_BY_ZERO,
            message: both!("`{}` 除以零", "`{}` divides by zero", self.text),
            help: both!("改正除数", "mend the divisor"),
        })
    }

    fn too_large(&self) -> Told {
        Some(Slip {
            code: codes::BAD_AMOUNT,
            message: both!("`{}` 大得不是金额", "`{}` is beyond all amounts", self.text),
            help: crate::words::AMOUNT_HELP.to_owned(),
        })
    }
}

fn units(message: Both) -> Told {
    Some(Slip {
        code: codes::FORMULA_UNITS,
        message,
        help: both!(
            "金额只与金额加减; 乘除用比例 (70%) 或倍数 (2)",
            "amounts are added to amounts; they are multiplied by shares (70%) or factors (2)"
        ),
    })
}

fn grammar() -> Both {
    both!(
        "形如 half_up(total * 70%) - 10.00, total - fund, $visit.cash",
        "write it like half_up(total * 70%) - 10.00, total - fund, $visit.cash"
    )
}

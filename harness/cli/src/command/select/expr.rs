//! 选择语言 · `-E 'from(33*) & kind(住院 + 门慢) & not proof()'` as a tree.
//!
//! Why so: the habit of test runners that people know, with the names of this field: sets of cases, put together by `&`, `|`
//! (or `+`), `-` and `not`. Chinese words and full-width brackets do as well. Nothing here knows a plan.
//! Called by `select`. Not here: what a pattern matches (`facts`).

use std::ops::Range;

use crosswipe_domain::{Both, both};

/// 式 · A set of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    /// `kind(住院 + 门慢)`
    Ask(Ask),
    /// `not …`
    Not(Box<Expr>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either.
    Or(Box<Expr>, Box<Expr>),
}

/// 问 · One question to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) what: What,
    /// Any of these will do; empty where the question has none.
    pub(super) patterns: Vec<String>,
}

/// 问什么 · What can be asked of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    From,
    To,
    Hospital,
    Kind,
    Tag,
    Case,
    Person,
    Proof,
    Matrix,
    Known,
    All,
}

/// Every question, by its names.
pub(super) const NAMES: [(&str, &str, What); 11] = [
    ("from", "参保地", What::From),
    ("to", "就医地", What::To),
    ("hospital", "机构", What::Hospital),
    ("kind", "业务", What::Kind),
    ("tag", "标签", What::Tag),
    ("case", "用例", What::Case),
    ("person", "人员", What::Person),
    ("proof", "反证", What::Proof),
    ("matrix", "矩阵", What::Matrix),
    ("known-issue", "已知问题", What::Known),
    ("all", "全部", What::All),
];

impl What {
    /// Whether it wants patterns; `None` = as one likes.
    fn takes_patterns(self) -> Option<bool> {
        match self {
            What::Known => None,
            What::Proof | What::Matrix | What::All => Some(false),
            _ => Some(true),
        }
    }
}

/// 笔误 · What cannot be understood, and where, in bytes of the typed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) at: Range<usize>,
    pub(super) what: Both,
}

/// Reads an expression.
///
/// # Errors
/// The first thing that cannot be understood.
pub(super) fn parse(text: &str) -> Result<Expr, Slip> {
    let mut reader = Reader { text, at: 0 };
    let expr = reader.either()?;
    reader.blanks();
    match reader.rest().chars().next() {
        None => Ok(expr),
        Some(more) => Err(reader.slip(
            more.len_utf8(),
            both!("`{more}` 不属于任何一问", "`{more}` belongs to nothing"),
        )),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn slip(&self, length: usize, what: Both) -> Slip {
        Slip {
            at: self.at..(self.at + length).min(self.text.len()),
            what,
        }
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes one of these signs, if it comes next; a word only where it ends there.
    fn take(&mut self, signs: &[&str]) -> bool {
        self.blanks();
        let rest = self.rest();
        let found = signs.iter().find(|sign| {
            let after = rest.strip_prefix(**sign);
            let word = sign.chars().all(char::is_alphanumeric);
            after.is_some_and(|after| !word || !after.starts_with(is_of_name))
        });
        let length = found.map_or(0, |sign| sign.len());
        self.at += length;
        length > 0
    }

    fn either(&mut self) -> Result<Expr, Slip> {
        let mut left = self.both()?;
        while self.take(&["|", "｜", "+", "＋", "or", "或"]) {
            left = Expr::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expr, Slip> {
        let mut left = self.one()?;
        loop {
            if self.take(&["&", "＆", "and", "且"]) {
                left = Expr::And(Box::new(left), Box::new(self.one()?));
            } else if self.take(&["-", "－"]) {
                left = Expr::And(Box::new(left), Box::new(Expr::Not(Box::new(self.one()?))));
            } else {
                return Ok(left);
            }
        }
    }

    fn one(&mut self) -> Result<Expr, Slip> {
        if self.take(&["not", "!", "！", "非"]) {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        if self.take(&["(", "（"]) {
            let inner = self.either()?;
            if !self.take(&[")", "）"]) {
                return Err(self.slip(0, both!("括号没有闭合", "a bracket is not closed")));
            }
            return Ok(inner);
        }
        self.ask()
    }

    fn ask(&mut self) -> Result<Expr, Slip> {
        self.blanks();
        let rest = self.rest();
        let plain = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
        // A hyphen takes away, except in a question's own name.
        let hyphened = NAMES.iter().map(|(en, ..)| *en).find(|en| {
            en.contains('-')
                && (rest.strip_prefix(en)).is_some_and(|after| !after.starts_with(is_of_name))
        });
        let length = hyphened.map_or(plain, str::len);
        let name = rest[..length].to_owned();
        if name.is_empty() {
            let word = rest
                .chars()
                .next()
                .map_or("the end".to_owned(), |c| format!("`{c}`"));
            return Err(self.slip(
                1,
                both!(
                    "这里应是一问, 如 from(…), 写的却是 {word}",
                    "a question such as `from(…)` belongs here, not {word}"
                ),
            ));
        }
        let found = NAMES.iter().find(|(en, zh, _)| *en == name || *zh == name);
        let Some((en, _, what)) = found else {
            return Err(self.slip(
                length,
                both!("没有 `{name}` 这一问", "unknown question `{name}`"),
            ));
        };
        self.at += length;
        if !self.take(&["(", "（"]) {
            return Err(self.slip(
                1,
                both!(
                    "`{en}` 后面要括号: `{en}(…)`",
                    "`{en}` wants brackets: `{en}(…)`"
                ),
            ));
        }
        let rest = self.rest();
        let Some(end) = rest.find([')', '）']) else {
            return Err(self.slip(0, both!("括号没有闭合", "a bracket is not closed")));
        };
        let patterns: Vec<String> = rest[..end]
            .split(['+', '＋', '、', '，', ','])
            .map(|pattern| pattern.trim().to_owned())
            .filter(|pattern| !pattern.is_empty())
            .collect();
        if what.takes_patterns() == Some(patterns.is_empty()) {
            let message = match patterns.is_empty() {
                true => both!("`{en}()` 没有写问什么", "`{en}()` asks for nothing"),
                false => both!(
                    "`{en}()` 括号里不写东西",
                    "`{en}()` has nothing in its brackets"
                ),
            };
            return Err(self.slip(end.max(1), message));
        }
        self.at += end;
        self.take(&[")", "）"]);
        Ok(Expr::Ask(Ask {
            what: *what,
            patterns,
        }))
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The tree in the shortest words.
    fn told(expr: &Expr) -> String {
        match expr {
            Expr::Ask(ask) => format!("{:?}[{}]", ask.what, ask.patterns.join(" ")),
            Expr::Not(inner) => format!("!{}", told(inner)),
            Expr::And(left, right) => format!("({} & {})", told(left), told(right)),
            Expr::Or(left, right) => format!("({} | {})", told(left), told(right)),
        }
    }

    #[rstest]
    #[case(
        "from(33*) & kind(住院 + 门慢) & not proof()",
        "((From[33*] & Kind[住院 门慢]) & !Proof[])"
    )]
    #[case("from(a) | to(b) & case(c)", "(From[a] | (To[b] & Case[c]))")]
    #[case("(from(a) + to(b)) - matrix()", "((From[a] | To[b]) & !Matrix[])")]
    #[case("参保地（浙江）且 非 反证（）", "(From[浙江] & !Proof[])")]
    #[case("not not all()", "!!All[]")]
    #[case("tag(跨省、跨市)", "Tag[跨省 跨市]")]
    fn an_expression_is_read(#[case] typed: &str, #[case] wanted: &str) {
        assert_eq!(parse(typed).map(|expr| told(&expr)), Ok(wanted.to_owned()));
    }

    #[rstest]
    #[case("", 0, "a question")]
    #[case("form(33*)", 0, "unknown question `form`")]
    #[case("from(33*) &", 11, "belongs here")]
    #[case("from 33", 5, "wants brackets")]
    #[case("from(33", 5, "not closed")]
    #[case("from()", 5, "asks for nothing")]
    #[case("proof(x)", 6, "nothing in its brackets")]
    #[case("(from(a)", 8, "not closed")]
    #[case("from(a) to(b)", 8, "`t` belongs to nothing")]
    fn a_slip_is_told_at_its_place(#[case] typed: &str, #[case] at: usize, #[case] wanted: &str) {
        let slip = parse(typed).expect_err("cannot be read");
        assert_eq!(slip.at.start, at, "{}", slip.what);
        assert!(slip.what.en.contains(wanted), "{}", slip.what);
    }
}

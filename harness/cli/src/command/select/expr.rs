//! 选择语言 · `-E 'from(33*) & kind(住院 + 门慢) & not proof()'` as a tree.
//!
//! Why so: the habit of test runners that people know, with the names of this field: sets of cases, put together by `&`, `|`
//! (or `+`), `-` and `not`. Chinese words and full-width brackets do as well. Nothing here knows a plan.
//! Called by `select`. Not here: what a pattern matches (`facts`).

use std::ops::Range;

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
    All,
}

/// Every question, by its names.
pub(super) const NAMES: [(&str, &str, What); 10] = [
    ("from", "参保地", What::From),
    ("to", "就医地", What::To),
    ("hospital", "机构", What::Hospital),
    ("kind", "业务", What::Kind),
    ("tag", "标签", What::Tag),
    ("case", "用例", What::Case),
    ("person", "人员", What::Person),
    ("proof", "反证", What::Proof),
    ("matrix", "矩阵", What::Matrix),
    ("all", "全部", What::All),
];

impl What {
    fn takes_patterns(self) -> bool {
        !matches!(self, What::Proof | What::Matrix | What::All)
    }
}

/// 笔误 · What cannot be understood, and where, in bytes of the typed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) at: Range<usize>,
    pub(super) what: String,
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
        Some(more) => Err(reader.slip(more.len_utf8(), format!("`{more}` belongs to nothing"))),
    }
}

/// `31*` and `?`: any text, any one character; everything else is itself.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            starts.any(|at| matches(rest, &text[at..]))
        }
        _ => {
            let mut characters = text.chars();
            let next = characters.next();
            next.is_some_and(|next| first == '?' || first == next)
                && matches(rest, characters.as_str())
        }
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

    fn slip(&self, length: usize, what: String) -> Slip {
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
                return Err(self.slip(0, "a bracket is not closed".to_owned()));
            }
            return Ok(inner);
        }
        self.ask()
    }

    fn ask(&mut self) -> Result<Expr, Slip> {
        self.blanks();
        let rest = self.rest();
        let length = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
        let name = rest[..length].to_owned();
        if name.is_empty() {
            let word = rest
                .chars()
                .next()
                .map_or("the end".to_owned(), |c| format!("`{c}`"));
            return Err(self.slip(
                1,
                format!("a question such as `from(…)` belongs here, not {word}"),
            ));
        }
        let found = NAMES.iter().find(|(en, zh, _)| *en == name || *zh == name);
        let Some((en, _, what)) = found else {
            return Err(self.slip(length, format!("unknown question `{name}`")));
        };
        self.at += length;
        if !self.take(&["(", "（"]) {
            return Err(self.slip(1, format!("`{en}` wants brackets: `{en}(…)`")));
        }
        let rest = self.rest();
        let Some(end) = rest.find([')', '）']) else {
            return Err(self.slip(0, "a bracket is not closed".to_owned()));
        };
        let patterns: Vec<String> = rest[..end]
            .split(['+', '＋', '、', '，', ','])
            .map(|pattern| pattern.trim().to_owned())
            .filter(|pattern| !pattern.is_empty())
            .collect();
        if patterns.is_empty() == what.takes_patterns() {
            let message = match what.takes_patterns() {
                true => format!("`{en}()` asks for nothing"),
                false => format!("`{en}()` has nothing in its brackets"),
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
        assert!(slip.what.contains(wanted), "{}", slip.what);
    }

    #[rstest]
    #[case("33*", "330100", true)]
    #[case("33*", "320100", false)]
    #[case("*宁*", "南宁市", true)]
    #[case("33?100", "330100", true)]
    #[case("", "", true)]
    #[case("a", "", false)]
    #[case("*", "", true)]
    fn a_pattern_matches(#[case] pattern: &str, #[case] text: &str, #[case] wanted: bool) {
        assert_eq!(matches(pattern, text), wanted);
    }
}

//! 接口发现 · What is worth saying about one message: where, expected, actual.
//!
//! Why so: facts with a stable code and no sentence, so that reports can word them in two languages; what is asked for and
//! what stands there are values, or few words in both.
//! A value of a personal field is never repeated, only its length. Made by `request` and `check`.

use std::borrow::Cow;
use std::fmt;

/// 发现 · One thing about a message that a regular message has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, e.g. `mandatory-missing`.
    pub code: &'static str,
    /// How much it weighs in the mode asked for.
    pub weight: Weight,
    /// Where.
    pub path: FieldPath,
    /// What the interface asks for.
    pub expected: Said,
    /// What stands there; a personal value only by its length.
    pub actual: Said,
}

/// 说法 · A value, which is the same in every language, or a few words in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    zh: Cow<'static, str>,
    en: Option<Cow<'static, str>>,
}

impl Said {
    /// Words, Chinese and English.
    pub fn words(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Said {
        Said {
            zh: zh.into(),
            en: Some(en.into()),
        }
    }

    /// So many characters of a value that is not repeated.
    pub fn length(characters: usize) -> Said {
        Said::words(
            format!("{characters} 位"),
            format!("{characters} characters"),
        )
    }

    /// As a Chinese reader sees it.
    pub fn zh(&self) -> &str {
        &self.zh
    }

    /// As an English reader sees it.
    pub fn en(&self) -> &str {
        self.en.as_ref().unwrap_or(&self.zh)
    }
}

impl From<&str> for Said {
    fn from(value: &str) -> Said {
        Said::from(value.to_owned())
    }
}

impl From<String> for Said {
    fn from(value: String) -> Said {
        Said {
            zh: value.into(),
            en: None,
        }
    }
}

impl From<&String> for Said {
    fn from(value: &String) -> Said {
        Said::from(value.clone())
    }
}

/// 分量 · How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// 提示 · Forgiven: the message is answered normally.
    Note,
    /// 缺陷 · The message breaks the interface.
    Defect,
}

/// 位置 · A field of a node, e.g. `feedetail[2].pric`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath {
    /// Node id; empty for the envelope.
    pub node: String,
    /// Which element, from 0, where the node is a list.
    pub index: Option<usize>,
    /// Field name; empty if the node itself is meant.
    pub field: String,
    /// Chinese name of the field, if the catalogue knows it.
    pub zh: &'static str,
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        if !self.node.is_empty() && !self.field.is_empty() {
            f.write_str(".")?;
        }
        f.write_str(&self.field)?;
        if self.zh.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.zh)
        }
    }
}

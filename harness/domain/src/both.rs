//! 两种话 · One sentence in Chinese and in English.
//!
//! Why so: who reads a message may have either language, so neither may be forgotten. There is no way to make
//! one half alone, and [`both!`](crate::both) refuses a value that only one of the two sentences says.
//! Called by whoever tells a person what is wrong (`scenarios`, `sheets`, `cli`). Not here: which language is
//! wanted (`reports::Lang`); the words of reports (`reports::wording`).

use std::borrow::Cow;
use std::fmt::{self, Arguments};

/// 两种话 · One sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Both {
    /// 中文.
    pub zh: Cow<'static, str>,
    /// The same in English.
    pub en: Cow<'static, str>,
}

impl Both {
    /// A sentence without values in it.
    pub const fn new(zh: &'static str, en: &'static str) -> Both {
        Both {
            zh: Cow::Borrowed(zh),
            en: Cow::Borrowed(en),
        }
    }

    /// What is written the same in both languages: a command, a name, a value.
    pub fn same(text: impl Into<String>) -> Both {
        let text = text.into();
        Both {
            zh: Cow::Owned(text.clone()),
            en: Cow::Owned(text),
        }
    }

    /// What [`both!`](crate::both) makes.
    pub fn of(zh: Arguments<'_>, en: Arguments<'_>) -> Both {
        let one = |told: Arguments<'_>| match told.as_str() {
            Some(fixed) => Cow::Borrowed(fixed),
            None => Cow::Owned(told.to_string()),
        };
        Both {
            zh: one(zh),
            en: one(en),
        }
    }
}

/// 两语同行 · `中文 · English` in one text, as lists of files, forms and options write it; without ` · ` it is the same in
/// both.
impl From<&str> for Both {
    fn from(line: &str) -> Both {
        let (zh, en) = line.split_once(" · ").unwrap_or((line, line));
        Both {
            zh: Cow::Owned(zh.to_owned()),
            en: Cow::Owned(en.to_owned()),
        }
    }
}

impl From<String> for Both {
    fn from(line: String) -> Both {
        Both::from(line.as_str())
    }
}

/// Both in one line, where a reader's language is not known.
impl fmt::Display for Both {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zh == self.en {
            true => f.write_str(&self.zh),
            false => write!(f, "{} · {}", self.zh, self.en),
        }
    }
}

/// `both!("没有 `{}`", "no `{}`", name)`: a sentence in Chinese, the same in English, and the values that both say.
#[macro_export]
macro_rules! both {
    ($zh:literal, $en:literal $(,)?) => {
        $crate::Both::of(format_args!($zh), format_args!($en))
    };
    ($zh:literal, $en:literal, $($values:tt)+) => {
        $crate::Both::of(format_args!($zh, $($values)+), format_args!($en, $($values)+))
    };
}

#[cfg(test)]
mod tests {
    use super::Both;

    #[test]
    fn values_may_stand_in_another_order_in_each_language() {
        let (from, to) = ("甲", "乙");
        let told = both!("从 {from} 到 {}", "to {} from {from}", to);
        assert_eq!((&*told.zh, &*told.en), ("从 甲 到 乙", "to 乙 from 甲"));
        assert_eq!(both!("好", "good"), Both::new("好", "good"));
        assert_eq!(Both::from("好 · good"), Both::new("好", "good"));
        assert_eq!(Both::from("好 · good").to_string(), "好 · good");
        assert_eq!(Both::from("1 2").to_string(), "1 2");
        assert_eq!(Both::same("lint").zh, Both::same("lint").en);
    }
}

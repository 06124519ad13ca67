//! 渠道 · Through what a message was sent: `opter_type` of the envelope.
//!
//! Why a word of its own: a notice reopens counters first and mobile payment days later (`WZ7`), and stops online services
//! while counters go on (`QJ5`). Whoever speaks of a channel asks what the message itself says of it.
//! Not here: the operator's number and name, which say nothing of it.

use serde::{Deserialize, Serialize};

/// 渠道 · Counter, self-service terminal or mobile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// 窗口 · A clerk: `opter_type` 1.
    #[default]
    Counter,
    /// 自助机 · 2.
    SelfService,
    /// 移动支付 · 3.
    Mobile,
    /// Any other value: no rule that names channels lets it through, and no suspension that does means it.
    Unknown,
}

impl Channel {
    /// Those that a plan can name.
    pub const ALL: [Channel; 3] = [Channel::Counter, Channel::SelfService, Channel::Mobile];

    /// `counter`, `self-service`, `mobile`.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Counter => "counter",
            Channel::SelfService => "self-service",
            Channel::Mobile => "mobile",
            Channel::Unknown => "unknown",
        }
    }

    /// What the envelope says.
    pub const fn opter_type(self) -> &'static str {
        match self {
            Channel::Counter => "1",
            Channel::SelfService => "2",
            Channel::Mobile => "3",
            Channel::Unknown => "",
        }
    }

    /// What an envelope's `opter_type` means.
    pub fn of_opter_type(text: &str) -> Channel {
        let mut all = Channel::ALL.into_iter();
        all.find(|one| one.opter_type() == text.trim())
            .unwrap_or(Channel::Unknown)
    }

    /// The usual one, of which records say nothing.
    pub fn is_counter(&self) -> bool {
        *self == Channel::Counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_what_its_message_says() {
        for one in Channel::ALL {
            assert_eq!(Channel::of_opter_type(one.opter_type()), one);
        }
        for text in ["", "0", "4", "01", "x"] {
            assert_eq!(Channel::of_opter_type(text), Channel::Unknown, "{text}");
        }
    }
}

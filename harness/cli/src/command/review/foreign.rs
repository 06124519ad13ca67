//! 来历说明 · Which of a stranger's rows somebody names, and who says why; of a run, or of rows between two runs (`close`).
//!
//! Without a name and a reason nothing is explained, and what is not a stranger's is not explained at all.
//! Not here: what an explanation is good for (`verify`).

use crosswipe_verify::{Explained, ForeignRows, ReviewAct};

use super::speak::{NAME, TEXT, worded};
use crate::complain::Trouble;

/// Who says why, as it is kept.
pub(crate) struct Said {
    pub(crate) by: String,
    pub(crate) reason: String,
}

impl Said {
    /// Nothing where nothing is explained.
    pub(crate) fn of(
        explained: &[String],
        by: &Option<String>,
        reason: &Option<String>,
    ) -> Result<Option<Said>, Trouble> {
        if explained.is_empty() {
            return Ok(None);
        }
        let [by, reason] = [by, reason].map(|typed| typed.as_deref().unwrap_or(""));
        for (option, typed) in [("--by", by), ("--reason", reason)] {
            if typed.trim().is_empty() {
                return Err(Trouble::Usage {
                    code: "cli::review_nameless",
                    what: format!(
                        "`{option}` 是空的: 说明要写姓名和原因 · `{option}` is empty: an explanation needs a name and a reason"
                    ),
                    help: "--by 姓名 --reason 原因 · --by NAME --reason TEXT".to_owned(),
                });
            }
        }
        Ok(Some(Said {
            by: worded("--by", by, NAME, true)?,
            reason: worded("--reason", reason, TEXT, true)?,
        }))
    }
}

/// The stranger's messages that were named: by row number at one party; or by msgid, or by the person they are about,
/// at one party or at `all`.
pub(crate) fn chosen(
    all: &[ForeignRows],
    party: &str,
    row: &str,
) -> Result<Vec<ForeignRows>, Trouble> {
    let number: Option<u64> = row.trim_start_matches('#').parse().ok();
    let named = |rows: &ForeignRows| {
        let by_number = party != "all" && number.is_some_and(|number| rows.rows.contains(&number));
        let by_name = rows.msgid == row || rows.person.as_deref() == Some(row);
        (party == "all" || rows.party.to_string() == party) && (by_number || by_name)
    };
    let found: Vec<ForeignRows> = all.iter().filter(|rows| named(rows)).cloned().collect();
    if found.is_empty() {
        let known: Vec<String> = all.iter().take(3).map(place).collect();
        let help = if known.is_empty() {
            "这里没有来历不明的行 · no row here is a stranger's".to_owned()
        } else {
            format!("来历不明的有 · strangers' rows: {}", known.join(", "))
        };
        return Err(Trouble::Usage {
            code: "cli::not_foreign",
            what: format!(
                "`{party}` `{row}` 不是他人的行: 本次运行的、计划里公众的, 都不用说明 · `{party}` `{row}` is no stranger's row: rows of the run, and public traffic that the plan plays, are not explained away"
            ),
            help,
        });
    }
    Ok(found)
}

pub(crate) fn act(rows: ForeignRows) -> ReviewAct {
    ReviewAct::ExplainForeign(Explained {
        party: rows.party,
        origin: rows.origin,
        msgid: rows.msgid,
        infno: rows.infno,
        rows: rows.rows,
        rows_sha256: rows.rows_sha256,
    })
}

pub(super) fn place(rows: &ForeignRows) -> String {
    let first = rows.rows.first().copied().unwrap_or_default();
    format!("{} #{first}", rows.party)
}

//! 稽核终端 · An audit as a terminal shows it, read from the bottom, where the verdict stands.
//!
//! Alike findings are told once with their number and sum; a whole province is told by role.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::Role;
use crosswipe_verify::audit::{Audit, Orphan, Said, Source, Witness};

use super::sentence::{not_compared, number, remarked, sentence};
use super::{DAYS, RowBook, SHOWN, by_day, following, sorts, words};
use crate::Lang;
use crate::amount::{count, yuan};
use crate::terminal::wrapped;
use crate::wording::{classes, terms};

/// More files than this are told by role.
const MANY: usize = 12;

/// 稽核终端 · The report for a terminal of `width` columns, ending in a line feed.
pub fn audit_terminal(audit: &Audit, rows: &RowBook, lang: Lang, width: usize) -> String {
    let page = Page {
        audit,
        rows,
        lang,
        width: width.max(60),
    };
    [
        page.sources(),
        page.compared(),
        page.findings(),
        page.by_day(),
        page.uncovered(),
        page.notes(),
        page.verdict(),
    ]
    .into_iter()
    .filter(|section| !section.is_empty())
    .collect::<Vec<_>>()
    .join("\n")
}

struct Page<'a> {
    audit: &'a Audit,
    rows: &'a RowBook,
    lang: Lang,
    width: usize,
}

impl Page<'_> {
    fn line(&self, text: &str, indent: usize) -> String {
        wrapped(text, self.width, indent, indent + 2)
    }

    fn section(&self, heading: &str, lines: &[String]) -> String {
        if lines.is_empty() {
            return String::new();
        }
        let body: String = lines.iter().map(|line| self.line(line, 2)).collect();
        format!("■ {heading}\n{body}")
    }

    fn party(&self, party: usize) -> String {
        let party = &self.audit.parties[party];
        format!("{} {party}", terms::role(party.role, self.lang))
    }

    /// One line per file; of a whole province one line per role.
    fn sources(&self) -> String {
        let heading = self.lang.pick(
            "稽核：各方账册互相核对",
            "Audit: parties' books against each other",
        );
        if self.audit.sources.len() > MANY {
            return self.section(heading, &self.by_role());
        }
        let lines: Vec<String> = self
            .audit
            .sources
            .iter()
            .map(|source| self.source(source))
            .collect();
        self.section(heading, &lines)
    }

    fn source(&self, source: &Source) -> String {
        let lang = self.lang;
        let mut line = format!(
            "{}  {}  {} {}",
            self.party(source.party),
            source.name,
            number(source.rows),
            lang.pick("行", "rows")
        );
        if source.totals > 0 {
            line += &format!(
                " + {} {}",
                number(source.totals),
                lang.pick("项合计", "totals")
            );
        }
        match source.days {
            Some((first, last)) if first == last => line += &format!("  {first}"),
            Some((first, last)) => line += &format!("  {first} … {last}"),
            None => {}
        }
        if !source.counts {
            line += lang.pick(
                "  （有更新的一份，此份不计）",
                "  (a newer one counts instead)",
            );
        }
        line
    }

    fn by_role(&self) -> Vec<String> {
        let mut roles: BTreeMap<Role, (BTreeSet<usize>, u64, u64)> = BTreeMap::new();
        for source in self.audit.sources.iter().filter(|source| source.counts) {
            let (parties, rows, totals) = roles
                .entry(self.audit.parties[source.party].role)
                .or_default();
            parties.insert(source.party);
            *rows += source.rows;
            *totals += source.totals;
        }
        let line = |(role, (parties, rows, totals)): (Role, (BTreeSet<usize>, u64, u64))| {
            let (name, parties, rows, totals) = (
                terms::role(role, self.lang),
                parties.len(),
                number(rows),
                number(totals),
            );
            match self.lang {
                Lang::Zh => format!("{name}  {parties} 方  {rows} 行 + {totals} 项合计"),
                Lang::En => format!("{name}  {parties} parties  {rows} rows + {totals} totals"),
            }
        };
        roles.into_iter().map(line).collect()
    }

    fn compared(&self) -> String {
        let lang = self.lang;
        if self.audit.nothing_compared() {
            return String::new();
        }
        let mut parts: Vec<String> = self
            .audit
            .compared
            .iter()
            .map(|(kind, how_many)| format!("{} {}", terms::book(kind, lang), number(*how_many)))
            .collect();
        if self.audit.totals_compared > 0 {
            parts.push(format!(
                "{} {}",
                lang.pick("合计", "totals"),
                number(self.audit.totals_compared)
            ));
        }
        if self.audit.balances_compared > 0 {
            parts.push(format!(
                "{} {}",
                lang.pick("余额", "balances"),
                number(self.audit.balances_compared)
            ));
        }
        let mut lines = vec![parts.join(" · ")];
        let all = self.audit.standing.iter().enumerate();
        let shown = self.audit.parties.len() <= MANY;
        for (party, (how_many, fen)) in all.filter(|(_, (how_many, _))| shown || *how_many > 0) {
            lines.push(format!(
                "{}  {} {}  {}",
                self.party(party),
                lang.pick("在账结算笔数", "settlements that stand"),
                number(*how_many),
                yuan(*fen)
            ));
        }
        self.section(lang.pick("比对了什么", "What was compared"), &lines)
    }

    fn findings(&self) -> String {
        let sorts = sorts(self.audit);
        if sorts.is_empty() {
            return String::new();
        }
        let lang = self.lang;
        let heads: usize = sorts.values().map(Vec::len).sum();
        let more = self.audit.orphans.len() - heads;
        let mut heading = match lang {
            Lang::Zh => format!("发现  {heads} 个起因"),
            Lang::En => format!("Findings  {heads} causes"),
        };
        if more > 0 {
            heading += &match lang {
                Lang::Zh => format!("，由此引出 {more} 处"),
                Lang::En => format!(", {more} follow from them"),
            };
        }
        let body: Vec<String> = sorts.values().map(|sort| self.sort(sort)).collect();
        format!("■ {heading}\n{}", body.join("\n"))
    }

    fn sort(&self, places: &[usize]) -> String {
        let lang = self.lang;
        let first = &self.audit.orphans[places[0]];
        let mark = if first.uncertain { '?' } else { '✗' };
        let sum: i64 = places
            .iter()
            .filter_map(|at| self.audit.orphans[*at].amount)
            .sum();
        let mut title = format!(
            "{mark} S{} {}  {}  {}",
            first.severity as u8 + 1,
            classes::name(&first.class, lang),
            first.class,
            terms::book(&first.book, lang),
        );
        if places.len() > 1 {
            title += &match lang {
                Lang::Zh => format!("  {} 笔", places.len()),
                Lang::En => format!("  {} of them", places.len()),
            };
        }
        if first.amount.is_some() {
            title += &format!("  {} {}", yuan(sum), lang.pick("元", "yuan"));
        }
        let mut text = self.line(&title, 2);
        if first.book == "reconciliation" {
            text += &self.totals(places);
        } else {
            for place in places.iter().take(SHOWN) {
                text += &self.one(&self.audit.orphans[*place], *place);
            }
            if places.len() > SHOWN {
                let rest = places.len() - SHOWN;
                text += &self.line(
                    &match lang {
                        Lang::Zh => format!("另有同类 {rest} 笔，全部见 --json"),
                        Lang::En => format!("and {rest} more of this sort; --json lists them"),
                    },
                    4,
                );
            }
        }
        let hops: Vec<String> = first
            .hops
            .iter()
            .map(|(from, to)| format!("{} → {}", self.party(*from), self.party(*to)))
            .collect();
        if !hops.is_empty() {
            text += &self.line(
                &format!("{}{}", lang.pick("停在：", "stopped at: "), hops.join(", ")),
                4,
            );
            if let Some(between) = self.unseen_between(first) {
                text += &self.line(&between, 4);
            }
        }
        text += &self.line(
            &format!(
                "{}{}",
                lang.pick("可能原因：", "likely cause: "),
                words::likely(first.cause, lang)
            ),
            4,
        );
        text += &self.line(
            &format!(
                "{}{}",
                lang.pick("下一步：", "next step: "),
                words::next(first.cause, lang)
            ),
            4,
        );
        if let Some(owner) = first.owner {
            text += &self.line(
                &format!("{}{}", lang.pick("责任方：", "owner: "), self.party(owner)),
                4,
            );
        }
        text + &self.line(&format!("crosswipe explain {}", first.cause.code()), 4)
    }

    /// Where parties between two neighbours delivered nothing, the hop is only as fine as the set.
    fn unseen_between(&self, one: &Orphan) -> Option<String> {
        let roles: BTreeSet<_> = self.audit.parties.iter().map(|party| party.role).collect();
        let (from, to) = one.hops.first()?;
        let (from, to) = (self.audit.parties[*from].role, self.audit.parties[*to].role);
        let unseen: Vec<&str> = [Role::Treatment, Role::Hub]
            .into_iter()
            .filter(|role| !roles.contains(role) && *role > from && *role < to)
            .map(|role| terms::role(role, self.lang))
            .collect();
        (!unseen.is_empty()).then(|| match self.lang {
            Lang::Zh => format!(
                "（{}的账没有交来，停在其间哪一段说不出）",
                unseen.join("、")
            ),
            Lang::En => format!(
                "(no books of {}: which hop between them cannot be told)",
                unseen.join(", ")
            ),
        })
    }

    fn one(&self, one: &Orphan, place: usize) -> String {
        let lang = self.lang;
        let mut about: Vec<String> = Vec::new();
        let row = one.row().and_then(|row| self.rows.get(&row));
        if let Some(row) = row {
            let mut put = |zh: &str, en: &str, text: &str| {
                if !text.is_empty() {
                    about.push(format!("{} {text}", lang.pick(zh, en)));
                }
            };
            put("编号", "id", &row.id);
            put(
                "就诊",
                "visit",
                if row.visit == row.id { "" } else { &row.visit },
            );
            put("报文", "message", &row.msgid);
            put("人员", "person", &row.person);
        }
        about.extend(one.place.clone());
        about.extend(one.day.map(|day| day.to_string()));
        let mut text = self.line(&about.join("  "), 4);
        let says: Vec<String> = one
            .witnesses
            .iter()
            .map(|witness| format!("{} {}", self.party(witness.party), self.says(one, witness)))
            .collect();
        text += &self.line(&says.join(" · "), 6);
        if let Some(field) = &one.field {
            text += &self.line(&format!("{} {field}", lang.pick("字段", "field")), 6);
        }
        if let Some(row) = row.filter(|row| !row.place.is_empty()) {
            text += &self.line(&format!("{} {}", lang.pick("见", "see"), row.place), 6);
        }
        let follow = following(self.audit, place);
        if !follow.is_empty() {
            let parts: Vec<String> = follow
                .iter()
                .map(|(book, how_many)| format!("{} {how_many}", terms::book(book, lang)))
                .collect();
            text += &self.line(
                &format!(
                    "{}{}",
                    lang.pick("由此引出：", "follows from it: "),
                    parts.join(" · ")
                ),
                6,
            );
        }
        text
    }

    fn says(&self, one: &Orphan, witness: &Witness) -> String {
        if let (Said::Text(_), Some(row)) = (
            witness.said,
            witness.row.and_then(|row| self.rows.get(&row)),
        ) {
            return format!("{} {} {}", row.id, row.msgid, row.person)
                .trim()
                .to_owned();
        }
        words::said(
            witness.said,
            one.field.as_deref() == Some("count"),
            self.lang,
        )
    }

    /// A row whose amount is the whole difference of its day: perhaps the one that the other side lacks.
    fn makes_it(&self, one: &Orphan) -> String {
        let rows = one.witnesses.iter().filter_map(|witness| {
            let row = self
                .rows
                .get(&witness.row?)
                .filter(|row| !row.id.is_empty())?;
            Some(match self.lang {
                Lang::Zh => format!(
                    "{} 恰有一笔等于差额：编号 {}  见 {}",
                    self.party(witness.party),
                    row.id,
                    row.place
                ),
                Lang::En => format!(
                    "{} has one row that is the whole difference: id {}  see {}",
                    self.party(witness.party),
                    row.id,
                    row.place
                ),
            })
        });
        rows.map(|line| self.line(&line, 6)).collect()
    }

    /// Totals: a line per day with both values.
    fn totals(&self, places: &[usize]) -> String {
        let lang = self.lang;
        let mut text = String::new();
        let mut net = 0_i64;
        let mut days = BTreeSet::new();
        for (shown, place) in places.iter().enumerate() {
            let one = &self.audit.orphans[*place];
            let counted = one.field.as_deref() == Some("count");
            let values: Vec<i64> = one
                .witnesses
                .iter()
                .filter_map(|witness| match witness.said {
                    Said::Value(value) => Some(value),
                    _ => None,
                })
                .collect();
            if let [near, far] = values.as_slice() {
                net = net.saturating_add(far.saturating_sub(*near));
                days.extend(one.day);
                if shown < DAYS {
                    let figure = |value: i64| if counted { count(value) } else { yuan(value) };
                    text += &self.line(
                        &format!(
                            "{}  {}  {} / {}  {} {}",
                            one.place.as_deref().unwrap_or(""),
                            one.field.as_deref().unwrap_or(""),
                            figure(*near),
                            figure(*far),
                            lang.pick("差", "difference"),
                            figure(far.saturating_sub(*near))
                        ),
                        4,
                    );
                }
            }
        }
        for place in places.iter().take(DAYS) {
            text += &self.makes_it(&self.audit.orphans[*place]);
        }
        let first = &self.audit.orphans[places[0]];
        let sides: Vec<String> = first
            .witnesses
            .iter()
            .map(|witness| self.party(witness.party))
            .collect();
        if first.amount.is_some() && days.len() > 1 {
            text += &self.line(
                &match lang {
                    Lang::Zh => format!(
                        "{} 天不等，合计相差 {} 元（{}）",
                        days.len(),
                        yuan(net),
                        sides.join(" / ")
                    ),
                    Lang::En => format!(
                        "{} days differ, {} apart in all ({})",
                        days.len(),
                        yuan(net),
                        sides.join(" / ")
                    ),
                },
                4,
            );
        } else {
            text += &self.line(&sides.join(" / "), 4);
        }
        text
    }

    /// What the found transactions make of each day's total.
    fn by_day(&self) -> String {
        let days = by_day(self.audit);
        if days.len() < 2 {
            return String::new();
        }
        let lang = self.lang;
        let sum: i64 = days.values().map(|(_, fen)| fen).sum();
        let mut lines: Vec<String> = days
            .iter()
            .take(DAYS)
            .map(|(day, (how_many, fen))| match lang {
                Lang::Zh => format!("{day}  {how_many} 笔  {}", yuan(*fen)),
                Lang::En => format!("{day}  {how_many} transactions  {}", yuan(*fen)),
            })
            .collect();
        lines.push(match lang {
            Lang::Zh => format!("{} 天合计相差 {} 元", days.len(), yuan(sum)),
            Lang::En => format!("{} days, {} apart in all", days.len(), yuan(sum)),
        });
        self.section(
            lang.pick(
                "按日的差额（上列各笔所致）",
                "Difference by day (made by the transactions above)",
            ),
            &lines,
        )
    }

    fn uncovered(&self) -> String {
        let lang = self.lang;
        let mut lines: Vec<String> = self
            .audit
            .uncovered
            .iter()
            .take(DAYS)
            .map(|gap| match lang {
                Lang::Zh => format!(
                    "? {}  {}：别方有 {} 笔，该方的清单没有到这一天",
                    self.party(gap.party),
                    gap.day,
                    gap.transactions
                ),
                Lang::En => format!(
                    "? {}  {}: others have {} transactions, its list does not reach this day",
                    self.party(gap.party),
                    gap.day,
                    gap.transactions
                ),
            })
            .collect();
        if !lines.is_empty() {
            lines.push(lang.pick(
                "是丢了还是清单本来不含这几天，只有交清单的人知道：请交含这几天的清单，或在映射文件里写明 period。",
                "Lost, or not part of the list? Only whoever delivered it knows: ask for a list with these days, or say `period` in the mapping.",
            ).to_owned());
        }
        self.section(
            lang.pick("没有比对的日子", "Days that could not be compared"),
            &lines,
        )
    }

    fn notes(&self) -> String {
        let mut lines: Vec<String> = self
            .audit
            .remarks
            .iter()
            .map(|remark| remarked(*remark, self.lang))
            .collect();
        lines.push(not_compared(self.lang).to_owned());
        self.section(self.lang.pick("附注", "Notes"), &lines)
    }

    fn verdict(&self) -> String {
        self.section(
            self.lang.pick("结论", "Verdict"),
            &[sentence(self.audit, self.lang)],
        )
    }
}

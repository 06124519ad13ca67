//! 文字 · The timeline and the card on a terminal, and both as JSON (`crosswipe.plan/1`).

use crosswipe_domain::Moment;
use crosswipe_reports::{Lang, allows_in_words, phase_in_words};
use crosswipe_scenarios::{Audience, Duty, Plan, Timetable};
use serde_json::{Value, json};

use super::card::{Card, Line, part};

/// The role in people's words.
pub(crate) fn role(role: Option<Audience>, lang: Lang) -> &'static str {
    match role {
        None => lang.pick("全部", "everybody"),
        Some(Audience::Province) => lang.pick("省平台", "province"),
        Some(Audience::Agency) => lang.pick("医保经办", "agency"),
        Some(Audience::Hospital) => lang.pick("医院", "hospital"),
        Some(Audience::Pharmacy) => lang.pick("药店", "pharmacy"),
        Some(Audience::Employer) => lang.pick("用人单位、税务", "employers and tax"),
        Some(Audience::Public) => lang.pick("参保人", "the insured"),
    }
}

/// Phases, suspensions and how much is planned.
pub(super) fn timeline(plan: &Plan, lang: Lang) -> String {
    let title = lang.pick(&plan.title_zh, &plan.title_en);
    let mut text = format!("■ {title} ({})\n  {}\n\n", plan.id, plan.source);
    text += lang.pick("■ 时间轴（北京时间）\n", "■ Timeline (+08:00)\n");
    for phase in &plan.window.phases {
        let public = match phase.public {
            crosswipe_domain::Public::Open => lang.pick("公众可刷", "public served"),
            crosswipe_domain::Public::Closed => lang.pick("公众停刷", "public not served"),
        };
        let until = phase.to.map_or_else(|| "…".to_owned(), day_and_time);
        text += &format!(
            "  {} → {until}  {} {}  {} · {public}\n",
            day_and_time(phase.from),
            phase_in_words(phase.kind, lang),
            phase.id,
            allows_in_words(&phase.allow, lang),
        );
        if !phase.quote.is_empty() {
            text += &format!("      「{}」\n", phase.quote);
        }
    }
    for one in &plan.window.suspended {
        let until = one.to.map_or_else(|| "…".to_owned(), day_and_time);
        text += &format!(
            "  {} → {until}  {}{} ({})\n",
            day_and_time(one.from),
            lang.pick("停办：", "stands still: "),
            part(plan, one, lang),
            one.clause,
        );
    }
    for one in &plan.window.amended {
        text += &format!(
            "  {} {} {} → {}  ({}, {}; {} {})\n",
            lang.pick("改期：", "amended:"),
            one.bound,
            day_and_time(one.was),
            day_and_time(one.to),
            one.source,
            one.who,
            lang.pick("得知于", "known"),
            day_and_time(one.known),
        );
    }
    let (cases, proofs) = (plan.cases.len(), plan.proofs.len());
    let cells = plan.cases.iter().filter(|case| case.matrix).count();
    text += &match lang {
        Lang::Zh => format!(
            "\n■ 用例 {cases}，其中矩阵 {cells}；反证 {proofs}；待办 {}；存疑 {}\n",
            plan.duties.len(),
            plan.open_points.len()
        ),
        Lang::En => format!(
            "\n■ {cases} cases, {cells} of them of the matrix; {proofs} proofs; {} duties; {} open points\n",
            plan.duties.len(),
            plan.open_points.len()
        ),
    };
    if !plan.attended.is_empty() {
        text += &match lang {
            Lang::Zh => format!(
                "  另有 {} 例由人和 HIS 来办（crosswipe serve）\n",
                plan.attended.len()
            ),
            Lang::En => format!(
                "  and {} that a person and a HIS carry out (crosswipe serve)\n",
                plan.attended.len()
            ),
        };
    }
    for point in &plan.open_points {
        text += &match lang {
            Lang::Zh => format!(
                "  ? {} {}\n      本计划取：{}；另可读作：{}\n",
                point.clause, point.text, point.chosen, point.other
            ),
            Lang::En => format!(
                "  ? {} {}\n      taken as: {}; or else: {}\n",
                point.clause, point.text, point.chosen, point.other
            ),
        };
    }
    text
}

/// `2017-06-02 09:00`.
fn day_and_time(at: Moment) -> String {
    at.wire().chars().take(16).collect()
}

/// One page.
pub(super) fn card(card: &Card<'_>, lang: Lang) -> String {
    let title = lang.pick(&card.plan.title_zh, &card.plan.title_en);
    let mut text = format!(
        "■ {title} · {} · {}\n  {}{}\n",
        role(card.role, lang),
        card.at.wire(),
        lang.pick("阶段：", "phase: "),
        phase(card, lang)
    );
    let section = |title: &str, mark: &str, lines: &[Line]| {
        let mut text = format!("\n■ {title}\n");
        for line in lines {
            text += &format!("  {mark} {}\n", line.say(lang));
        }
        text
    };
    text += &section(lang.pick("现在可以", "Allowed now"), "✓", &card.allowed);
    text += &section(
        lang.pick("现在不可以", "Forbidden now"),
        "✗",
        &card.forbidden,
    );
    text += lang.pick("\n■ 下一个时刻\n", "\n■ Next bounds\n");
    for bound in &card.bounds {
        let left = left(card.at, bound.at, lang);
        text += &format!(
            "  {} ({left})  {}\n",
            bound.at.short(),
            bound.what.say(lang)
        );
    }
    if card.bounds.is_empty() {
        text += lang.pick("  没有了\n", "  none\n");
    }
    text += lang.pick("\n■ 待办\n", "\n■ Duties\n");
    for duty in &card.duties {
        text += &format!(
            "  {}  {} ({})\n",
            due(card, duty, lang),
            duty.text,
            duty.clause
        );
    }
    if card.duties.is_empty() {
        text += lang.pick("  没有\n", "  none\n");
    }
    text += lang.pick("\n■ 找谁\n", "\n■ Whom to call\n");
    for called in &card.contacts {
        text += &format!("  {}  {}\n", called.name, leads(called.contact, lang));
    }
    if card.contacts.is_empty() {
        text += lang.pick(
            "  计划没有联系人表 (contacts: contacts.csv)\n",
            "  the plan has no table of contacts (contacts: contacts.csv)\n",
        );
    }
    text
}

/// Both leads of a place; who is missing is said.
pub(super) fn leads(contact: &crosswipe_scenarios::Contact, lang: Lang) -> String {
    let one = |zh: &str, en: &str, lead: &crosswipe_scenarios::Lead| {
        let what = lang.pick(zh, en);
        match lead.is_named() {
            true => format!("{what} {} {}", lead.name, lead.phone),
            false => format!("{what} {}", lang.pick("缺", "missing")),
        }
    };
    format!(
        "{}  {}",
        one("业务", "business", &contact.business),
        one("信息", "systems", &contact.systems)
    )
}

/// Kind and name of the phase, or that there is none.
pub(super) fn phase(card: &Card<'_>, lang: Lang) -> String {
    let window = &card.plan.window;
    match card.phase {
        Some(phase) => {
            let until = phase
                .to
                .map_or_else(String::new, |to| format!(" → {}", to.short()));
            format!(
                "{} {}  {}{until}",
                phase_in_words(phase.kind, lang),
                phase.id,
                phase.from.short()
            )
        }
        None if window.start().is_some_and(|start| card.at < start) => lang
            .pick("窗口还没有开始", "the window has not begun")
            .to_owned(),
        None => lang.pick("窗口已经结束", "the window is over").to_owned(),
    }
}

/// When a duty is due, in days; what has not begun says when it does.
pub(super) fn due(card: &Card<'_>, duty: &Duty, lang: Lang) -> String {
    if let Some(from) = duty.from.filter(|from| card.at < *from) {
        return format!("{} {}", from.short(), lang.pick("起", "on"));
    }
    let Some(days) = card.days_left(duty) else {
        return lang.pick("不限期", "no date").to_owned();
    };
    let due = duty.due.map_or_else(String::new, Moment::short);
    let before = lang.pick("前", "latest");
    let left = match (days, lang) {
        (..0, _) => lang.pick("已到期", "past due").to_owned(),
        (0, _) => duty
            .due
            .map_or_else(String::new, |due| left(card.at, due, lang)),
        (days, Lang::Zh) => format!("还有 {days} 天"),
        (days, Lang::En) => format!("{days} days left"),
    };
    format!("{due} {before} · {left}")
}

/// How long it is until then, in the two largest units.
pub(super) fn left(now: Moment, then: Moment, lang: Lang) -> String {
    let minutes = (then.epoch_ms() - now.epoch_ms()).max(0) / 60_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, lang) {
        (0, 0, Lang::Zh) => format!("{minutes} 分后"),
        (0, _, Lang::Zh) => format!("{hours} 时 {minutes} 分后"),
        (_, _, Lang::Zh) => format!("{days} 天 {hours} 时后"),
        (0, 0, Lang::En) => format!("in {minutes} min"),
        (0, _, Lang::En) => format!("in {hours} h {minutes} min"),
        (_, _, Lang::En) => format!("in {days} d {hours} h"),
    }
}

/// `crosswipe.plan/1`: the phases, the timetable unless a role was asked for, the card where an instant was.
pub(super) fn json(plan: &Plan, card: Option<&Card<'_>>, table: Option<&Timetable>) -> String {
    let phases: Vec<Value> = (plan.window.phases.iter())
        .map(|phase| {
            json!({"id": phase.id, "kind": phase.kind, "from": phase.from, "to": phase.to,
                "public": phase.public, "allow": phase.allow, "quote": phase.quote})
        })
        .collect();
    let document = json!({
        "schema": "crosswipe.plan/1",
        "plan": plan.id,
        "title_zh": plan.title_zh,
        "title_en": plan.title_en,
        "source": plan.source,
        "phases": phases,
        "suspended": plan.window.suspended,
        "amended": plan.window.amended,
        "cases": plan.cases.len(),
        "proofs": plan.proofs.len(),
        "attended": plan.attended.len(),
        "timetable": table.map(|table| super::order::json(plan, table)),
        "card": card.map(of_card),
    });
    format!("{document:#}\n")
}

fn of_card(card: &Card<'_>) -> Value {
    let both = |line: &Line| json!({"zh": line.zh, "en": line.en});
    let duties: Vec<Value> = (card.duties.iter())
        .map(|duty| {
            json!({"clause": duty.clause, "text": duty.text, "from": duty.from, "due": duty.due,
                "days_left": card.days_left(duty), "quote": duty.quote, "covers": duty.covers,
                "unseen": duty.unseen})
        })
        .collect();
    let contacts: Vec<Value> = (card.contacts.iter())
        .map(|called| {
            let lead = |lead: &crosswipe_scenarios::Lead| json!({"name": lead.name, "phone": lead.phone});
            json!({"place": called.contact.place, "name": called.name, "department": called.contact.department,
                "business": lead(&called.contact.business), "systems": lead(&called.contact.systems)})
        })
        .collect();
    json!({
        "role": card.role.map(Audience::name),
        "at": card.at,
        "phase": card.phase.map(|phase| &phase.id),
        "allowed": card.allowed.iter().map(both).collect::<Vec<_>>(),
        "forbidden": card.forbidden.iter().map(both).collect::<Vec<_>>(),
        "bounds": card.bounds.iter().map(|bound| json!({"at": bound.at, "what": both(&bound.what)})).collect::<Vec<_>>(),
        "duties": duties,
        "contacts": contacts,
    })
}

//! 复核发言 · What somebody typed as a line of the review: of what, whether it may be said, in which words.
//!
//! Why so: a name and a sentence may outlive everybody who could be asked, so nothing is written that speaks of no case or
//! finding, that takes an open rollback for good, or that a signer of an unclean run was not shown.
//! Texts are kept without what names a stranger by its form. Called by `command::review`. Not here: the chain (`verify`).

use std::path::Path;

use crosswipe_domain::CaseId;
use crosswipe_journal::{History, Payload};
use crosswipe_runner::clock::real_now;
use crosswipe_verify::{
    Evidence, Finding, Held, Judgement, Matter, Overridden, ReviewAct, ReviewHeld, ReviewLine,
    Said, Signature, Target, Verdict, certificate, finding_id, judge, may_override, open_matters,
};
use crosswipe_wire::without_likely_strangers;

use crate::args::review::{Act, On, Override, Sign};
use crate::command::select::nearest;
use crate::command::verify::{held_review, signed_digest};
use crate::complain::{Trouble, to_stderr};

/// Characters of a name or a unit.
pub(super) const NAME: usize = 40;
/// Characters of a text.
pub(super) const TEXT: usize = 500;
/// What is named of a list; the rest is counted.
const SHOWN: usize = 5;

/// Adds what was typed to the review, unless it stands there already.
pub(super) fn spoken(
    dir: &Path,
    history: &History,
    evidence: &mut Evidence,
    act: &Act,
) -> Result<(), Trouble> {
    let judgement = judge(evidence);
    let certificate = certificate(evidence, &judgement);
    let review = held_review(dir, history, evidence, (&judgement, &certificate))?;
    let run = Run {
        evidence,
        judgement: &judgement,
        review: &review,
    };
    let by = worded("--by", &act.speaker().by, NAME, true)?;
    let (reason, act) = match act {
        Act::Comment(comment) => {
            let on = match &comment.transaction {
                Some(txid) => run.transaction(txid)?,
                None => run.target(&comment.on)?.unwrap_or(Target::Run),
            };
            let text = worded("--text", &comment.text, TEXT, true)?;
            (text, ReviewAct::Comment { on })
        }
        Act::Override(otherwise) => {
            let text = worded("--reason", &otherwise.reason, TEXT, true)?;
            (text, run.otherwise(otherwise)?)
        }
        Act::Sign(sign) => {
            let text = worded("--text", &sign.text, TEXT, false)?;
            let digest = signed_digest(dir, evidence, &certificate)?;
            let signature = run.signature(sign, digest)?;
            if review.said.iter().any(|said| stands(said, &by, &signature)) {
                to_stderr(
                    "已经这样签过, 其后没有变化 · signed so already, and nothing has changed since\n",
                );
                return Ok(());
            }
            (text, ReviewAct::Sign(signature))
        }
        // Whoever explains names rows and nothing else (`foreign`).
        Act::Explain(_) => return Ok(()),
    };
    let said = (real_now(), by.as_str(), reason.as_str());
    let line = ReviewLine::seal(&evidence.review.lines, &evidence.journal.tail, said, act);
    evidence.review.lines.push(line);
    Ok(())
}

/// The same person has signed the same, and nobody has said anything since.
fn stands(said: &Said, by: &str, signature: &Signature) -> bool {
    let same = matches!(&said.line.act, ReviewAct::Sign(signed) if signed == signature);
    same && said.line.by == by && said.state == Held::Held && said.since == 0
}

/// What somebody wrote, as it is kept.
pub(super) fn worded(
    option: &str,
    typed: &str,
    most: usize,
    needed: bool,
) -> Result<String, Trouble> {
    let typed = typed.trim();
    let refused =
        |code: &'static str, what: String, help: String| Err(Trouble::Usage { code, what, help });
    if needed && typed.is_empty() {
        return refused(
            "cli::review_nameless",
            format!("`{option}` 是空的 · `{option}` is empty"),
            "复核要写姓名和一句话 · a review needs a name and a sentence".to_owned(),
        );
    }
    let length = typed.chars().count();
    if length > most {
        return refused(
            "cli::review_text",
            format!("`{option}` 有 {length} 字, 最多 {most} 字 · `{option}` has {length} characters, {most} at most"),
            "长的写在附件里, 这里写一句 · put the long text into a file of its own and say it in a sentence".to_owned(),
        );
    }
    if typed.chars().any(char::is_control) {
        return refused(
            "cli::review_text",
            format!(
                "`{option}` 里有换行或控制符 · `{option}` has a line break or control characters in it"
            ),
            "写成一行 · write it in one line".to_owned(),
        );
    }
    let kept = without_likely_strangers(typed);
    if kept != typed {
        to_stderr("文中的证件号、电话已遮去 · numbers that name a person were masked\n");
    }
    Ok(kept.into_owned())
}

/// The run that is spoken of.
struct Run<'a> {
    evidence: &'a Evidence,
    judgement: &'a Judgement,
    review: &'a ReviewHeld,
}

impl Run<'_> {
    fn target(&self, on: &On) -> Result<Option<Target>, Trouble> {
        match (&on.case, &on.finding) {
            (Some(case), _) => self.case(case).map(Some),
            (None, Some(finding)) => self.finding(finding).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn case(&self, typed: &str) -> Result<Target, Trouble> {
        let cases = self.cases();
        let known = cases.iter().find(|case| case.as_str() == typed);
        match known {
            Some(case) => Ok(Target::Case((*case).clone())),
            None => Err(no_such(
                "用例",
                "case",
                typed,
                cases.iter().map(|case| case.as_str()),
            )),
        }
    }

    /// Planned ones, and whatever else began.
    fn cases(&self) -> Vec<&CaseId> {
        let records = self.evidence.records.iter();
        let mut cases: Vec<&CaseId> = records
            .flat_map(|record| match &record.payload {
                Payload::Run(header) => header.plan.cases.iter().map(|case| &case.case).collect(),
                Payload::CaseStarted(started) => vec![&started.case],
                _ => Vec::new(),
            })
            .collect();
        cases.sort();
        cases.dedup();
        cases
    }

    fn transaction(&self, typed: &str) -> Result<Target, Trouble> {
        let all = || self.judgement.transactions.iter().map(|one| &one.txid);
        match all().find(|txid| txid.as_str() == typed) {
            Some(txid) => Ok(Target::Transaction(txid.clone())),
            None => Err(no_such(
                "交易",
                "transaction",
                typed,
                all().map(|txid| txid.as_str()),
            )),
        }
    }

    /// By id, or by a class that one finding alone has.
    fn finding(&self, typed: &str) -> Result<Target, Trouble> {
        let all: Vec<(String, &Finding)> = self
            .judgement
            .findings
            .iter()
            .map(|finding| (finding_id(finding), finding))
            .collect();
        let target = |(id, finding): &(String, &Finding)| Target::Finding {
            id: id.clone(),
            class: finding.class.clone(),
        };
        if let Some(one) = all.iter().find(|(id, _)| id == typed) {
            return Ok(target(one));
        }
        let mut alike: Vec<Target> = all
            .iter()
            .filter(|(_, finding)| finding.class.as_str() == typed)
            .map(target)
            .collect();
        alike.sort();
        alike.dedup();
        match alike.as_slice() {
            [one] => Ok(one.clone()),
            [] => {
                let names = all.iter();
                let names = names.flat_map(|(id, finding)| [id.as_str(), finding.class.as_str()]);
                Err(no_such("发现", "finding", typed, names))
            }
            several => {
                let ids = shortened(several.iter().map(Target::id));
                Err(Trouble::Usage {
                    code: "cli::review_target",
                    what: format!(
                        "`{typed}` 有 {0} 处 · {0} findings are `{typed}`",
                        several.len()
                    ),
                    help: format!("写编号: {ids} · name one by its id: {ids}"),
                })
            }
        }
    }

    fn otherwise(&self, typed: &Override) -> Result<ReviewAct, Trouble> {
        let says = typed.says.map(|says| says.name());
        let (on, says) = match (self.target(&typed.on)?, says) {
            (Some(on @ Target::Finding { .. }), _) => (on, "accepted"),
            (Some(on @ Target::Case(_)), Some(says)) => (on, says),
            (Some(_), _) => {
                return Err(Trouble::Usage {
                    code: "cli::review_target",
                    what: "没有说看作什么结果 · nothing says as what the case is taken".to_owned(),
                    help: "--as passed|failed|error|blocked|skipped|waived".to_owned(),
                });
            }
            (None, _) => {
                return Err(Trouble::Usage {
                    code: "cli::review_target",
                    what: "没有说改判哪一个 · nothing says what is overridden".to_owned(),
                    help: "--case 用例 --as 结果, 或 --finding 编号 · --case CASE --as RESULT, or --finding ID".to_owned(),
                });
            }
        };
        match may_override(self.evidence, self.judgement, &on, says) {
            Overridden::May(was) => Ok(ReviewAct::Override {
                on,
                was,
                says: says.to_owned(),
            }),
            refused => Err(may_not(&on, says, &refused)),
        }
    }

    fn signature(&self, sign: &Sign, certificate_sha256: String) -> Result<Signature, Trouble> {
        let open = open_matters(self.evidence, self.judgement, self.review);
        let named = named(sign, &open)?;
        let clean = self.judgement.verdict == Verdict::Clean;
        let unnamed = open.iter().map(Matter::name);
        let unnamed: Vec<&str> = unnamed
            .filter(|name| !named.iter().any(|known| known == name))
            .collect();
        if !(sign.with_findings || unnamed.is_empty() && (clean || !open.is_empty())) {
            return Err(not_named(self.judgement.verdict, &unnamed));
        }
        Ok(Signature {
            role: sign.role,
            unit: worded("--unit", &sign.unit, NAME, false)?,
            certificate_sha256,
            journal_tail: self.evidence.journal.tail.clone(),
            verdict: self.judgement.verdict,
            level: self.judgement.level,
            open: open.len() as u64,
            named,
            with_findings: sign.with_findings && !(clean && open.is_empty()),
        })
    }
}

/// What of the open matters the signer named, each once.
fn named(sign: &Sign, open: &[Matter]) -> Result<Vec<String>, Trouble> {
    let mut named = Vec::new();
    let of = |typed: &str, is_finding: bool| -> Vec<String> {
        let alike = open.iter().filter(|matter| match matter {
            Matter::Finding(id, class) => is_finding && (id == typed || class == typed),
            Matter::Case(case, _) => !is_finding && case == typed,
        });
        alike.map(|matter| matter.name().to_owned()).collect()
    };
    let findings = sign.finding.iter().map(|typed| (typed, true));
    for (typed, is_finding) in findings.chain(sign.case.iter().map(|typed| (typed, false))) {
        let found = of(typed, is_finding);
        if found.is_empty() {
            let names = open.iter().map(Matter::name);
            return Err(no_such("未了事项", "open matter", typed, names));
        }
        named.extend(found);
    }
    named.sort();
    named.dedup();
    Ok(named)
}

fn not_named(verdict: Verdict, unnamed: &[&str]) -> Trouble {
    let (count, verdict) = (unnamed.len(), verdict.name());
    let what = match count {
        0 => format!("结论是 {verdict}, 不是已回退干净 · the verdict is {verdict}, and not clean"),
        _ => {
            let names = shortened(unnamed.iter().copied());
            format!(
                "还有 {count} 项没有点名, 也没有改判: {names} · {count} open matters are neither named nor overridden: {names}"
            )
        }
    };
    Trouble::Usage {
        code: "cli::review_open",
        what,
        help: "逐项 --finding、--case 点名, 或带问题签字 --with-findings · name each with --finding or --case, or sign --with-findings".to_owned(),
    }
}

/// Why something may not be taken otherwise, in one sentence.
fn may_not(on: &Target, says: &str, why: &Overridden) -> Trouble {
    let id = on.id();
    let (code, what, help) = match why {
        Overridden::Open(what) => (
            "cli::review_good",
            format!(
                "`{id}` 不能看作 {says}: 回退未了、失败或不明 ({what}) · `{id}` is not taken as {says}: its rollback is open, failed or unknown ({what})"
            ),
            "先回退并核验, 签字可带问题 · have it rolled back and verified; a signature may stand with findings",
        ),
        Overridden::NeverRun => (
            "cli::review_good",
            format!(
                "`{id}` 没有执行过, 不能看作 {says} · `{id}` was never run and is not taken as {says}"
            ),
            "先执行 · run it first",
        ),
        Overridden::Evidence => (
            "cli::review_good",
            format!(
                "`{id}` 说的是证据缺失或被改动, 不能改判 · `{id}` speaks of evidence that is missing or was changed, which nobody overrides"
            ),
            "用完整的证据重新核验 · verify with whole evidence",
        ),
        Overridden::Explained => (
            "cli::review_good",
            format!(
                "`{id}` 是来历不明的行, 不改判 · `{id}` is about a stranger's rows, which are not overridden"
            ),
            "用 explain 说明来历 · say with `explain` where they come from",
        ),
        Overridden::Same => (
            "cli::review_target",
            format!("`{id}` 本来就是 {says} · `{id}` is {says} already"),
            "不用改判 · nothing is to be overridden",
        ),
        Overridden::NoSuch | Overridden::Never | Overridden::May(_) => (
            "cli::review_target",
            format!("`{id}` 不能改判 · `{id}` is nothing that is overridden"),
            "只改判用例和发现 · cases and findings are",
        ),
    };
    Trouble::Usage {
        code,
        what,
        help: help.to_owned(),
    }
}

/// Nothing in the run has that name.
fn no_such<'n>(zh: &str, en: &str, typed: &str, names: impl Iterator<Item = &'n str>) -> Trouble {
    let help = match nearest(typed, names) {
        Some(near) => format!("最近的是 `{near}` · the nearest is `{near}`"),
        None => "crosswipe review 运行目录 · crosswipe review RUN".to_owned(),
    };
    Trouble::Usage {
        code: "cli::review_target",
        what: format!("这次运行没有{zh} `{typed}` · the run has no {en} `{typed}`"),
        help,
    }
}

fn shortened<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let dots = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{dots}", names[..names.len().min(SHOWN)].join(", "))
}

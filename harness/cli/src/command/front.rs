//! 前置 · `crosswipe serve PLAN` without `--books`: one address to which a hospital points its own HIS.
//!
//! Why so: who changes an interface wants to know today, not in the window. So the plan is moved to now: the phase that
//! allows swipes begins as the door opens, and a HIS that knows nothing of us settles with today's date. What it left
//! standing is told when the door closes, party by party, and judged as a run is: every message is journaled before a
//! platform sees it. Books live in memory and go with the process; the run folder stays.
//! Keys are the mock province's own and follow from plan and institution, so that a HIS is set up once.
//! Not here: the door itself (`mocks`), the judging (`verify`).

mod asks;
mod attend;
mod keep;
mod left;
mod list;
mod round;
mod vouchers;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use crosswipe_domain::{Moment, Phase};
use crosswipe_mocks::{Behind, FREE, Front, FrontConfig, tokens};
use crosswipe_reports::Lang;
use crosswipe_runner::clock::real_now;
use crosswipe_scenarios::Plan;
use crosswipe_wire::Mode;
use crosswipe_wire::gateway::Dialect;
use serde_json::json;

use crate::args::{Serve, Strictness};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::gateway_keys::GatewayKeys;
use crate::private;
use crate::stage::{Bent, stop_signal};
use crate::table::table;

use self::round::Round;

/// An address that cannot be listened at, with the address in its words.
fn address(at: SocketAddr, error: std::io::Error) -> Trouble {
    Trouble::World(std::io::Error::new(error.kind(), format!("{at}: {error}")))
}

/// Serves one address until told to stop, then says what was left standing. Whoever asks at the door for another run gets
/// one at the same address: the one before is ended, judged and certified first.
pub(crate) async fn front(args: &Serve, plan: &Plan, bent: &Bent<'_>) -> Result<Exit, Trouble> {
    // Asked for before anybody may know that we are here.
    let stop = stop_signal().map_err(Trouble::Runtime)?;
    let mut stop = std::pin::pin!(stop);
    // An address that is taken is told before anything is kept of a run.
    if let Some(at) = args.listen {
        std::net::TcpListener::bind(at).map_err(|error| address(at, error))?;
    }
    let (mut round, behind) = Round::begin(args, plan, bent, 1).await?;
    let token = match args.listen {
        Some(at) if !at.ip().is_loopback() => Some(private::token()?),
        _ => None,
    };
    let door = open(args, &round, behind, token.clone()).await?;
    let notice = |round: &Round| -> Result<String, Trouble> {
        let notice = round.notice(args, door.address(), token.as_deref());
        let (persons, topology) = (&round.plan.registry.personas, &round.plan.topology);
        let vouchers = tokens(persons, topology, real_now(), 0);
        if args.json {
            let mut told = notice.json();
            told["vouchers"] = json!(vouchers);
            to_stdout(&format!("{told}\n"))?;
        }
        let text = notice.text(args.common.lang());
        if !args.common.quiet {
            to_stderr(&text);
            to_stderr(&vouchers::text(&vouchers, args.common.lang()));
        }
        // Tokens go with the minutes, so the page makes its own.
        Ok(text)
    };
    door.put_up(notice(&round)?).await;
    let mut enter = attend::keyboard();
    let told = (args.common.quiet, args.common.lang());
    for number in 2.. {
        let asked = attend::until(stop.as_mut(), &door, &mut enter, args.yes, told).await;
        let Some(reset) = asked else {
            break;
        };
        let quiet = door.quiet().await;
        let ended = round.end(args, quiet.count(), &quiet.acceptance()).await?;
        let (next, behind) = Round::begin(args, plan, bent, number).await?;
        round = next;
        quiet.open_again(behind, notice(&round)?);
        reset.done(round.told_after(&ended));
    }
    let (count, lines) = {
        let quiet = door.quiet().await;
        (quiet.count(), quiet.acceptance())
    };
    door.close().await;
    Ok(round.end(args, count, &lines).await?.exit)
}

/// The phase that is to begin now: as asked for, else the first in which others may be swiped across regions, else the
/// first in which anybody may be swiped.
fn phase<'p>(plan: &'p Plan, asked: Option<&str>) -> Result<&'p Phase, Trouble> {
    let phases = &plan.window.phases;
    let names = || {
        let names: Vec<&str> = phases.iter().map(|phase| phase.id.as_str()).collect();
        names.join(" ")
    };
    let wrong = |what: String| Trouble::Usage {
        code: "cli::no_such_phase",
        what,
        help: format!("--at 写一个阶段: {0} · name a phase: {0}", names()),
    };
    match asked {
        Some(id) => phases
            .iter()
            .find(|phase| phase.id == id)
            .ok_or_else(|| wrong(format!("the plan has no phase `{id}`"))),
        None => plan
            .first_cross_phase()
            .or_else(|| phases.iter().find(|phase| !phase.allow.is_empty()))
            .ok_or_else(|| wrong("no phase of the plan allows test swipes".to_owned())),
    }
}

async fn open(
    args: &Serve,
    round: &Round,
    behind: Behind,
    token: Option<String>,
) -> Result<Front, Trouble> {
    let mode = match args.mode {
        Strictness::Tolerant => Mode::Tolerant,
        Strictness::Strict => Mode::Strict,
    };
    let config = FrontConfig {
        dialect: args.dialect,
        mode,
        persons: round.plan.registry.personas.clone(),
        keys: round.keys.all(),
        token,
    };
    let at = args.listen.unwrap_or(FREE);
    let topology = round.plan.topology.clone();
    Front::open(config, topology, behind, Arc::new(real_now), at)
        .await
        .map_err(Trouble::World)
}

/// 告示 · What a HIS engineer has to type into the HIS.
struct Notice<'p> {
    plan: &'p Plan,
    keys: &'p GatewayKeys,
    at: SocketAddr,
    dialect: Option<Dialect>,
    /// The phase that holds now, moved.
    phase: Option<&'p Phase>,
    /// Where its run is kept.
    dir: &'p Path,
    /// What page and books ask for, where the door stands beyond loopback.
    token: Option<&'p str>,
    /// How many times as fast as real time the plan goes on.
    speed: u32,
    /// When it began.
    began: Moment,
}

impl Notice<'_> {
    /// Dialect, address, and what stands in which header.
    fn addresses(&self) -> Vec<[String; 3]> {
        let base = format!("http://{}", self.at);
        let all = [
            (
                Dialect::XTif,
                "/hgs/<infno>",
                "x-tif-paasid + secret (SHA-256)",
            ),
            (Dialect::Csb, "/CSB", "_api_access_key + secret (HMAC-SHA1)"),
            (
                Dialect::Zhejiang,
                "/fsi/api/<service>",
                "x-ca-key + secret (HMAC-SM3)",
            ),
            (
                Dialect::ApiKey,
                "/fsi/api/rsfComIfsService/callService",
                "apikey = secret",
            ),
            (Dialect::Bare, "/fsi/api/rsfComIfsService/callService", "-"),
        ];
        let spoken = |dialect| self.dialect.is_none_or(|only| only == dialect);
        all.into_iter()
            .filter(|(dialect, ..)| spoken(*dialect))
            .map(|(dialect, path, how)| {
                [
                    dialect.name().to_owned(),
                    format!("{base}{path}"),
                    how.to_owned(),
                ]
            })
            .collect()
    }

    fn until(&self) -> Option<Moment> {
        self.phase.and_then(|phase| phase.to)
    }

    fn text(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
        let phase = self.phase.map_or("-", |phase| phase.id.as_str());
        let until = self
            .until()
            .map_or_else(|| say("未定", "no end").to_owned(), |until| until.short());
        let head = match lang {
            Lang::Zh => format!(
                "{} 的模拟省平台已就绪: http://{}\n计划整体平移到现在: 阶段 {phase} 从此刻到 {until}\n",
                self.plan.title_zh, self.at
            ),
            Lang::En => format!(
                "mock province of {} is up: http://{}\nthe whole plan is moved to now: phase {phase} from this instant to {until}\n",
                self.plan.title_en, self.at
            ),
        };
        let addresses = table(
            [
                say("方言", "dialect"),
                say("地址", "address"),
                say("签名", "signature"),
            ],
            &self.addresses(),
        );
        let regions = asks::text(self.plan, self.at, lang);
        let old = asks::old_doors(self.plan, (self.at, self.began), lang);
        let institutions: Vec<[String; 4]> = (self.plan.topology.institutions.iter())
            .map(|one| {
                let region = one.region.to_string();
                let key = self.keys.of(one);
                let code = match key.id == one.code.as_str() {
                    true => one.code.to_string(),
                    false => format!("{} = {}", one.code, key.id),
                };
                [
                    code,
                    one.name.clone(),
                    region,
                    key.reveal_secret().to_owned(),
                ]
            })
            .collect();
        let institutions = table(
            [
                say("机构编码 = 访问密钥", "institution = access key"),
                say("名称", "name"),
                say("就医地", "place"),
                say("密钥", "secret"),
            ],
            &institutions,
        );
        let persons: Vec<[String; 6]> = (self.plan.registry.personas.iter())
            .filter(|persona| persona.registered)
            .map(|persona| {
                [
                    persona.label.clone(),
                    persona.name.clone(),
                    persona.insured.to_string(),
                    persona.no.reveal().to_owned(),
                    persona.id_number.reveal().to_owned(),
                    persona.balance.to_string(),
                ]
            })
            .collect();
        let persons = table(
            [
                say("测试人员", "test person"),
                say("姓名", "name"),
                say("参保地", "insured at"),
                "psn_no",
                say("证件号 (02)", "id number (02)"),
                say("账户余额", "balance"),
            ],
            &persons,
        );
        let end = say(
            "浏览器打开上面的地址看来往; Ctrl-C 停止, 核对还有什么未撤, 出报告",
            "open the address in a browser to watch; Ctrl-C stops, says what stands, and writes the report",
        );
        let kept = format!("{} {}", say("存于", "kept in"), self.dir.display());
        let page = match self.token {
            Some(token) => format!(
                "{} http://{}/?token={token}\n",
                say("页面", "page"),
                self.at
            ),
            None => String::new(),
        };
        let speed = match (self.speed, lang) {
            (1, _) => String::new(),
            (speed, Lang::Zh) => format!("计划时间走 {speed} 倍速\n"),
            (speed, Lang::En) => format!("plan time runs {speed} times as fast\n"),
        };
        let head = format!("{head}{speed}{page}");
        let seals = asks::seals(self.plan, self.keys, lang);
        format!(
            "{head}\n{addresses}\n{regions}\n{old}{institutions}\n{seals}{persons}\n{end}\n{kept}\n"
        )
    }

    fn json(&self) -> serde_json::Value {
        let institutions: Vec<_> = (self.plan.topology.institutions.iter())
            .map(|one| {
                let key = self.keys.of(one);
                json!({
                    "code": one.code.as_str(), "name": one.name, "region": one.region.as_str(),
                    "key": key.id, "secret": key.reveal_secret(),
                    "sm2_private": key.sm2_private(), "sm4": key.sm4(),
                    "platform_public": key.platform_public(),
                })
            })
            .collect();
        let persons: Vec<_> = (self.plan.registry.personas.iter())
            .filter(|persona| persona.registered)
            .map(|persona| {
                json!({
                    "label": persona.label, "name": persona.name, "insured": persona.insured.as_str(),
                    "psn_no": persona.no.reveal(), "id_number": persona.id_number.reveal(),
                    "balance": persona.balance.to_string(),
                })
            })
            .collect();
        json!({
            "schema": "crosswipe.front/1",
            "plan": self.plan.id,
            "address": format!("http://{}", self.at),
            "phase": self.phase.map(|phase| &phase.id),
            "token": self.token,
            "speed": self.speed,
            "run": self.dir.display().to_string(),
            "until": self.until().map(|until| until.to_string()),
            "institutions": institutions,
            "regions": asks::json(self.plan, (self.at, self.began)),
            "persons": persons,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::phase;

    /// A door opens for every shipped plan without a word: where nobody may be swiped across regions, at home.
    #[rstest]
    #[case("zhejiang-2017", "cross")]
    #[case("qianjiang-2021", "verify")]
    #[case("hengyang-2021", "verify")]
    #[case("wenzhou-2022", "verify")]
    #[case("harbin-2021", "verify")]
    #[case("national-rehearsal", "cross")]
    #[case("starter", "cross")]
    fn a_door_opens_where_tests_may_be_swiped(#[case] name: &str, #[case] opens: &str) {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let plan = crosswipe_scenarios::load(&scenarios.join(name)).unwrap();
        assert_eq!(phase(&plan, None).unwrap().id, opens);
    }
}

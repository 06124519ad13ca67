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

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use crosswipe_domain::{Moment, Party, Phase, Role};
use crosswipe_mocks::{FREE, Front, FrontConfig, Line, PlanClock, World};
use crosswipe_reports::Lang;
use crosswipe_runner::clock::real_now;
use crosswipe_scenarios::Plan;
use crosswipe_wire::Mode;
use crosswipe_wire::gateway::{Dialect, Key};
use serde_json::json;

use crate::args::{Serve, Strictness};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::conclude::{Telling, certify, report_what_stands};
use crate::exit::Exit;
use crate::gateway_keys::GatewayKeys;
use crate::private;
use crate::stage::{Bent, MSGID_MODE, counted, serve_in_memory, stop_signal};
use crate::table::table;

use self::keep::Keep;

/// Serves one address until told to stop, then says what was left standing.
pub(crate) async fn front(args: &Serve, plan: &Plan, bent: &Bent<'_>) -> Result<Exit, Trouble> {
    // Asked for before anybody may know that we are here.
    let stop = stop_signal().map_err(Trouble::Runtime)?;
    let now = real_now();
    let began = phase(plan, args.at.as_deref())?;
    let source = plan;
    let plan = plan.shifted(now.epoch_ms() - began.from.epoch_ms());
    let phase = plan.window.phase_at(now);
    let lines = match (&args.acceptance, phase) {
        (Some(path), _) => list::of_table(path)?,
        (None, Some(phase)) => list::of_plan(&plan, phase),
        (None, None) => Vec::new(),
    };
    let place = keep::prepare(args.out.as_deref(), source, now)?;
    let speed = i64::from(args.speed);
    let time = move || now.plus_ms((real_now().epoch_ms() - now.epoch_ms()) * speed);
    let world = serve_in_memory(&plan, bent, Arc::new(time)).await?;
    let mode = args.msgid_mode.map(|mode| mode.name().to_owned());
    let mode = mode.into_iter().map(|mode| (MSGID_MODE.to_owned(), mode));
    let faults = args.faults.clone();
    let keep = Keep::begin(&place, &plan, &world, mode.collect(), faults, time).await?;
    let keep = Arc::new(keep);
    let clock = PlanClock {
        now: Arc::new(time),
        speed: args.speed,
        phases: (plan.window.phases.iter())
            .map(|phase| (phase.id.clone(), phase.from))
            .collect(),
    };
    let token = match args.listen {
        Some(at) if !at.ip().is_loopback() => Some(private::token()?),
        _ => None,
    };
    let keys = GatewayKeys::of_site(&place.dir, &plan)?;
    let guards = Guards {
        keys: keys.all(),
        clock,
        token: token.clone(),
        witness: Arc::clone(&keep),
    };
    let door = open(args, &plan, &world, lines, guards).await?;
    let before = left::books(&plan, &world).await?;
    let notice = Notice {
        plan: &plan,
        keys: &keys,
        at: door.address(),
        dialect: args.dialect,
        phase,
        dir: &place.dir,
        token: token.as_deref(),
        speed: args.speed,
    };
    door.put_up(notice.text(args.common.lang()));
    if args.json {
        to_stdout(&format!("{}\n", notice.json()))?;
    }
    if !args.common.quiet {
        to_stderr(&notice.text(args.common.lang()));
    }
    attend::until(
        stop,
        &door,
        args.yes,
        (args.common.quiet, args.common.lang()),
    )
    .await;
    let count = door.count();
    let lines = door.acceptance();
    door.close().await;
    let after = left::books(&plan, &world).await?;
    let ran = keep.end(&lines).await;
    let fired = counted(
        &args.faults,
        world.fired().into_iter().map(|(_, times)| times).collect(),
    );
    world.stop().await;
    let left = left::Left::between(&before, &after, &plan);
    drop((before, after));
    let lang = args.common.lang();
    let telling = Telling {
        silent: args.json || count == 0,
        json: false,
        lang,
    };
    let exit = match ran {
        Ok(finished) => certify(telling, &place.dir, &plan.id, finished, &fired)?,
        Err(halt) => return report_what_stands(telling, &place.dir, &fired, halt),
    };
    if !args.common.quiet {
        to_stderr(&format!("\n{}", list::told(&lines, lang)));
        to_stderr(&left.told(count, lang));
    }
    if args.json {
        let mut told = left.json(count);
        told["acceptance"] = list::json(&lines);
        told["dir"] = place.dir.display().to_string().into();
        told["exit"] = exit.code().into();
        to_stdout(&format!("{told}\n"))?;
    }
    Ok(exit)
}

/// The phase that is to begin now: as asked for, else the first in which others may be swiped across regions.
fn phase<'p>(plan: &'p Plan, asked: Option<&str>) -> Result<&'p Phase, Trouble> {
    let phases = &plan.window.phases;
    let names = || {
        let names: Vec<&str> = phases.iter().map(|phase| phase.id.as_str()).collect();
        names.join(" ")
    };
    let wrong = |what: String| Trouble::Usage {
        code: "cli::no_such_phase",
        what,
        help: format!("--at 写一个阶段 · name a phase: {}", names()),
    };
    match asked {
        Some(id) => phases
            .iter()
            .find(|phase| phase.id == id)
            .ok_or_else(|| wrong(format!("the plan has no phase `{id}`"))),
        None => plan
            .first_cross_phase()
            .ok_or_else(|| wrong("no phase of the plan allows swipes across regions".to_owned())),
    }
}

/// What time it is behind the door, who may look, who writes down.
struct Guards {
    keys: Vec<Key>,
    clock: PlanClock,
    token: Option<String>,
    witness: Arc<Keep>,
}

async fn open(
    args: &Serve,
    plan: &Plan,
    world: &World,
    lines: Vec<Line>,
    guards: Guards,
) -> Result<Front, Trouble> {
    let mode = match args.mode {
        Strictness::Tolerant => Mode::Tolerant,
        Strictness::Strict => Mode::Strict,
    };
    let config = FrontConfig {
        dialect: args.dialect,
        mode,
        keys: guards.keys,
        acceptance: lines,
        token: guards.token,
        clock: guards.clock,
    };
    let parties = plan.topology.parties().into_iter();
    let platforms: BTreeMap<Party, SocketAddr> = parties
        .filter(|party| party.role != Role::His)
        .filter_map(|party| {
            let at = world.address(&party)?;
            Some((party, at))
        })
        .collect();
    let at = args.listen.unwrap_or(FREE);
    let topology = plan.topology.clone();
    Front::open(
        config,
        topology,
        platforms,
        Arc::new(real_now),
        at,
        guards.witness,
    )
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
        format!("{head}\n{addresses}\n{regions}\n{institutions}\n{seals}{persons}\n{end}\n{kept}\n")
    }

    fn json(&self) -> serde_json::Value {
        let institutions: Vec<_> = (self.plan.topology.institutions.iter())
            .map(|one| {
                let key = self.keys.of(one);
                json!({
                    "code": one.code.as_str(), "name": one.name, "region": one.region.as_str(),
                    "key": key.id, "secret": key.reveal_secret(),
                    "sm2_private": key.sm2_private(), "sm4": key.sm4(),
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
            "regions": asks::json(self.plan, self.at),
            "persons": persons,
        })
    }
}

//! 地方要求 · What each region's profile asks of a HIS, and where its platform of before the cutover stands, for the notice at
//! the door.

use std::net::SocketAddr;

use crosswipe_domain::{AdmDivision, Encoding, Moment, Profile, SignIn};
use crosswipe_reports::Lang;
use crosswipe_runner::transport::OLD_LINE;
use crosswipe_scenarios::Plan;
use serde_json::{Value, json};

use super::table;
use crate::gateway_keys::GatewayKeys;

/// A table, one line a region.
pub(super) fn text(plan: &Plan, at: SocketAddr, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let rows: Vec<[String; 7]> = (plan.topology.regions.iter())
        .map(|region| {
            let profile = &region.profile;
            [
                region.code.to_string(),
                format!(
                    "{} {}",
                    profile.id,
                    lang.pick(&profile.title_zh, &profile.title_en)
                ),
                format!(
                    "{} http://{at}{}",
                    profile.gateway.dialect, profile.gateway.path
                ),
                encoding(profile).to_owned(),
                profile.envelope.receiver.clone(),
                profile.envelope.infver.join(" / "),
                format!("{}{}", sign_in(profile, lang), seal(profile)),
            ]
        })
        .collect();
    table(
        [
            say("就医地", "place"),
            say("地方规则", "profile"),
            say("方言与地址", "dialect, address"),
            say("编码", "encoding"),
            "recer_sys_code",
            "infver",
            say("签到与封装", "sign-in, seal"),
        ],
        &rows,
    )
}

/// 旧平台 · Doors to platforms of before the cutover: where each stands, and until when it books; empty where none is named.
pub(super) fn old_doors(plan: &Plan, (at, now): (SocketAddr, Moment), lang: Lang) -> String {
    let doors = OldDoor::all(plan, at, now);
    let rows: Vec<[String; 4]> = doors
        .iter()
        .map(|door| {
            let profile = door.profile;
            let until = match (door.stops, door.stopped) {
                (None, _) => lang.pick("未定", "no end").to_owned(),
                (Some(stops), false) => stops.short(),
                (Some(stops), true) => format!(
                    "{} {}",
                    stops.short(),
                    lang.pick(
                        "已停: 只答查询和停机前的对账",
                        "stopped: answers questions and reconciles days before it"
                    )
                ),
            };
            [
                door.region.to_string(),
                format!(
                    "{} {}",
                    profile.id,
                    lang.pick(&profile.title_zh, &profile.title_en)
                ),
                format!("{} {}", profile.gateway.dialect, door.address),
                until,
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = [
        lang.pick("旧平台", "old platform"),
        lang.pick("地方规则", "profile"),
        lang.pick("方言与地址", "dialect, address"),
        lang.pick("办到", "until"),
    ];
    format!("{}\n", table(head, &rows))
}

/// 旧平台的门 · One of them.
struct OldDoor<'p> {
    region: AdmDivision,
    profile: &'p Profile,
    address: String,
    /// When it stops.
    stops: Option<Moment>,
    stopped: bool,
}

impl OldDoor<'_> {
    fn all(plan: &Plan, at: SocketAddr, now: Moment) -> Vec<OldDoor<'_>> {
        let stops = plan.window.in_force(now).old_stops();
        let regions = plan.topology.regions.iter();
        let old = regions.filter_map(|region| Some((region.code, region.old.as_deref()?)));
        old.map(|(region, profile)| OldDoor {
            region,
            profile,
            address: format!("http://{at}{OLD_LINE}{}", profile.gateway.path),
            stops,
            stopped: stops.is_some_and(|stops| stops <= now),
        })
        .collect()
    }

    fn json(&self) -> Value {
        json!({
            "profile": self.profile.id, "dialect": self.profile.gateway.dialect.name(),
            "address": self.address, "until": self.stops.map(|stops| stops.to_string()),
            "stopped": self.stopped,
        })
    }
}

/// SM2 and SM4 keys of institutions whose region signs or seals; empty where none does.
pub(super) fn seals(plan: &Plan, keys: &GatewayKeys, lang: Lang) -> String {
    let institutions = plan.topology.institutions.iter();
    let rows: Vec<[String; 4]> = institutions
        .filter(|one| {
            let region = plan.topology.region(one.region);
            region.is_some_and(|region| !seal(&region.profile).is_empty())
        })
        .map(|one| {
            let key = keys.of(one);
            let signs = plan.topology.region(one.region);
            let signs = signs.is_some_and(|region| region.profile.answers.signed);
            let public = match signs {
                true => key.platform_public(),
                false => "-".to_owned(),
            };
            [one.code.to_string(), key.sm2_private(), key.sm4(), public]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = [
        lang.pick("机构编码", "institution"),
        lang.pick(
            "SM2 私钥 (签 input, 放 cainfo)",
            "SM2 private key (signs input, into cainfo)",
        ),
        lang.pick("SM4 密钥 (解 output)", "SM4 key (opens output)"),
        lang.pick(
            "平台 SM2 公钥 (验应答 cainfo)",
            "platform's SM2 public key (checks cainfo of answers)",
        ),
    ];
    format!("{}\n", table(head, &rows))
}

/// The same for programs.
pub(super) fn json(plan: &Plan, (at, now): (SocketAddr, Moment)) -> Vec<Value> {
    let doors = OldDoor::all(plan, at, now);
    let old = |region| {
        let door = doors.iter().find(|door| door.region == region);
        door.map(OldDoor::json)
    };
    let regions = plan.topology.regions.iter();
    regions
        .map(|region| {
            let profile = &region.profile;
            json!({
                "code": region.code.as_str(), "profile": profile.id, "dialect": profile.gateway.dialect.name(),
                "address": format!("http://{at}{}", profile.gateway.path), "encoding": encoding(profile),
                "recer_sys_code": profile.envelope.receiver, "infver": profile.envelope.infver,
                "sign_in": sign_in(profile, Lang::En), "cainfo": profile.envelope.signed,
                "input_as_text": profile.envelope.input_as_text, "output_sealed": profile.answers.output_sealed,
                "answers_signed": profile.answers.signed, "diagnosis_numbers": profile.names.diagnosis_numbers,
                "old": old(region.code),
                "one_call": profile.names.one_call.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn encoding(profile: &Profile) -> &'static str {
    match profile.gateway.encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Gbk => "gbk",
    }
}

fn sign_in(profile: &Profile, lang: Lang) -> &'static str {
    match profile.envelope.sign_in {
        SignIn::Ignored => lang.pick("签到不限", "no sign-in needed"),
        SignIn::Required => lang.pick("须签到", "sign in first"),
        SignIn::Single => lang.pick("须签到, 未签退不得再签", "sign in first, one at a time"),
        SignIn::Daily => lang.pick("须当日签到", "sign in every day"),
    }
}

fn seal(profile: &Profile) -> String {
    let mut text = String::new();
    if profile.envelope.signed {
        text.push_str(" · cainfo SM2");
    }
    if profile.answers.output_sealed {
        text.push_str(" · output SM4");
    }
    if profile.answers.signed {
        text.push_str(" · 应答 answers SM2");
    }
    text
}

//! 预检的话 · The table of a site, what changed, and the table of all sites.

use crosswipe_reports::Lang;
use serde_json::json;

use super::{Saw, Site, Try};

/// Advice by its stable word: what the failure most often means, and who has to act.
const ADVICE: [(&str, &str, &str); 14] = [
    (
        "no-route",
        "本机到不了这个网段：查网线、网卡地址、专网路由，再查 VPN",
        "this computer has no way there: look at cable, address of the network card, route of the private net, then VPN",
    ),
    (
        "dns-silent",
        "DNS 服务器不应答：先查 UDP 53 有没有放行，再查服务器地址写没写对",
        "the DNS server does not answer: look whether UDP 53 is open, then whether the server's address is right",
    ),
    (
        "name-unknown",
        "服务器没有这个域名：请平台侧登记，或核对域名拼写",
        "the server does not know the name: have the platform enter it, or look at the spelling",
    ),
    (
        "other-address",
        "解析到别的地址：清掉本机 DNS 缓存和 hosts，再请平台侧核对；可能还指着旧平台",
        "it resolves to another address: clear the cache and the hosts file, then ask the platform; it may still point to the old one",
    ),
    (
        "port-closed",
        "主机在，端口没有开：请平台侧确认服务已启动、端口写对",
        "the host is there and the port is closed: have the platform confirm that the service runs, and look at the port",
    ),
    (
        "port-silent",
        "端口不应答：多半被防火墙挡住，请两侧网络放行",
        "the port does not answer: most often a firewall, have both sides open it",
    ),
    (
        "echo-dropped",
        "不应答 ping，端口却通：多半只是防火墙丢弃 ICMP；公告要求 ICMP 通的，请网络放行",
        "no echo, yet the port is open: most often ICMP is dropped; where the notice asks for it, have it opened",
    ),
    (
        "host-silent",
        "ping 和端口都不通：从本机逐跳查到平台侧出口",
        "neither echo nor port: follow the way hop by hop to the platform's edge",
    ),
    (
        "no-ping",
        "本机没有 ping 程序，未试",
        "this computer has no ping program; not tried",
    ),
    (
        "page-silent",
        "端口不给网页：服务没有起来，或中间设备断开了连接",
        "no page behind the port: the service is down, or something between cuts the connection",
    ),
    (
        "page-refused",
        "网页返回错误状态：把状态码报给平台侧",
        "the page answers with an error: tell the platform its status",
    ),
    (
        "other-page",
        "网页上没有应有的文字：可能指到了别的系统或旧版本",
        "the page lacks the words: it may be another system, or an old version",
    ),
    (
        "clock-off",
        "两边时钟差得太多：先对时再测，报文时间会被拒",
        "the clocks are too far apart: set them first, or times of messages will be refused",
    ),
    (
        "no-date",
        "应答里没有时间，未能比对时钟",
        "the answer has no date, so the clocks were not compared",
    ),
];

fn advice(word: &str, lang: Lang) -> &'static str {
    let found = ADVICE.iter().find(|(code, ..)| *code == word);
    found.map_or("", |(_, zh, en)| match lang {
        Lang::Zh => zh,
        Lang::En => en,
    })
}

fn saw(saw: Saw, lang: Lang) -> &'static str {
    match saw {
        Saw::Ok => lang.pick("✓ 通", "✓ ok"),
        Saw::Failed => lang.pick("✗ 不通", "✗ failed"),
        Saw::NotTried => lang.pick("? 未试", "? not tried"),
    }
}

fn check(check: &str, lang: Lang) -> &str {
    match check {
        "route" => lang.pick("路由", "route"),
        "dns" => lang.pick("域名", "name"),
        "tcp" => lang.pick("端口", "port"),
        "http" => lang.pick("网页", "page"),
        "words" => lang.pick("文字", "words"),
        "clock" => lang.pick("时钟", "clock"),
        other => other,
    }
}

fn line(one: &Try, lang: Lang) -> String {
    let Try { target, found, .. } = one;
    let mut text = format!(
        "  {}  {}  {target}  {found}\n",
        saw(one.saw, lang),
        check(&one.check, lang)
    );
    if one.saw != Saw::Ok && !one.advice.is_empty() {
        text += &format!("      → {}\n", advice(&one.advice, lang));
    }
    text
}

/// What one site saw, party by party.
pub(super) fn site(site: &Site, lang: Lang) -> String {
    let title = lang.pick("预检", "Preflight");
    let mut text = format!("■ {title} {} · {} · {}\n", site.plan, site.site, site.at);
    let mut party = "";
    for one in &site.tries {
        if one.party != party {
            party = &one.party;
            text += &format!("\n■ {party}\n");
        }
        text += &line(one, lang);
    }
    text + "\n" + &sum(&site.tries, lang)
}

fn sum(tries: &[Try], lang: Lang) -> String {
    let count = |saw: Saw| tries.iter().filter(|one| one.saw == saw).count();
    let (ok, failed, not) = (count(Saw::Ok), count(Saw::Failed), count(Saw::NotTried));
    match lang {
        Lang::Zh => format!("  通 {ok} · 不通 {failed} · 未试 {not}\n"),
        Lang::En => format!("  ok {ok} · failed {failed} · not tried {not}\n"),
    }
}

/// A try that came out otherwise than the time before.
pub(super) fn change(at: &str, before: Option<Saw>, one: &Try, lang: Lang) -> String {
    let before = before.map_or("-", |before| saw(before, lang));
    format!("{at}  {}  {before} →\n{}", one.party, line(one, lang))
}

/// One table of all sites: a line each, then what failed, then who is missing.
pub(super) fn collected(sites: &[Site], missing: &[&str], lang: Lang) -> String {
    let mut text = format!("■ {}\n", lang.pick("各地预检", "All sites"));
    for site in sites {
        text += &format!("  {}  {}{}", site.site, site.at, sum(&site.tries, lang));
        for one in site.tries.iter().filter(|one| one.saw != Saw::Ok) {
            text += &format!("    {}{}", one.party, line(one, lang));
        }
    }
    text += &format!(
        "\n■ {}\n",
        lang.pick("还没有交的机构", "Institutions not heard of")
    );
    text += &match missing.is_empty() {
        true => lang.pick("  没有\n", "  none\n").to_owned(),
        false => format!("  {}\n", missing.join(" ")),
    };
    text
}

/// The same for programs.
pub(super) fn collected_json(sites: &[Site], missing: &[&str]) -> String {
    let document = json!({"schema": "crosswipe.preflights/1", "sites": sites, "missing": missing});
    format!("{document:#}\n")
}

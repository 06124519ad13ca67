//! Every answer on loopback: real listeners that fail in each way.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{AdmDivision, Institution, InstitutionCode, Moment, Region, Topology};
use crosswipe_scenarios::{Network, Page, Probe, SignIn, Target, Tls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rstest::rstest;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Packet, RCODE, ResourceRecord};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio_rustls::TlsAcceptor;

use super::{Asking, CODES, Checked, Found, ask};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

fn target(host: &str) -> Target {
    Target {
        id: "peer".to_owned(),
        title: "对端".to_owned(),
        who: Vec::new(),
        host: host.to_owned(),
        servers: Vec::new(),
        answers: Vec::new(),
        tcp: Vec::new(),
        ping: false,
        from: None,
        tls: None,
        page: None,
        sign_in: None,
        clock_ms: None,
    }
}

/// One region with one institution.
fn topology() -> Topology {
    let region = AdmDivision::parse("330100").unwrap();
    Topology {
        hub: AdmDivision::parse("330000").unwrap(),
        regions: vec![Region {
            code: region,
            name: "杭州".to_owned(),
            profile: Arc::default(),
            old: None,
            outside: false,
        }],
        institutions: vec![Institution {
            code: InstitutionCode::parse("H33010000001").unwrap(),
            name: "杭州虚构第一医院".to_owned(),
            region,
            tier: 3,
        }],
        tariffs: Vec::new(),
        old_platforms: false,
    }
}

fn asking(until: Option<Moment>) -> Asking {
    Asking {
        patience: Duration::from_secs(2),
        until,
        topology: Arc::new(topology()),
        operator: crosswipe_scenarios::Operator::of_mocks(),
    }
}

async fn asked(target: &Target) -> Vec<Checked> {
    ask(&[target], &asking(None)).await.unwrap()
}

/// What a probe came to, and that its code is one of those that are told.
fn code(checked: &[Checked], probe: Probe) -> Option<&'static str> {
    let one = checked.iter().find(|one| one.probe == probe);
    let code = one.expect("it was asked").found.code();
    assert!(code.is_none_or(|code| CODES.contains(&code)), "{code:?}");
    code
}

/// A server that answers every connection with these bytes, and ends.
async fn answers(bytes: Vec<u8>) -> u16 {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(&bytes).await;
        }
    });
    port
}

fn http(status: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n");
    [head.as_bytes(), body].concat()
}

/// A port at which nobody listens.
async fn nobody() -> u16 {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    listener.local_addr().unwrap().port()
}

#[derive(Clone, Copy, Debug)]
enum Server {
    Right,
    RightAfterOneLost,
    Elsewhere,
    NoSuchName,
    NoAddress,
    Garbage,
    Silent,
}

async fn dns(server: Server) -> SocketAddr {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut heard = 0;
        let mut buffer = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            heard += 1;
            let query = Packet::parse(&buffer[..length]).unwrap();
            let mut reply = query.clone().into_reply();
            let name = query.questions[0].qname.clone();
            let lead = |to: Ipv4Addr| {
                let a = A { address: to.into() };
                ResourceRecord::new(name.clone(), CLASS::IN, 60, RData::A(a))
            };
            match server {
                Server::Silent => continue,
                Server::RightAfterOneLost if heard == 1 => continue,
                Server::Garbage => {
                    let id = &buffer[..2];
                    let _ = socket.send_to(&[id, b"no dns"].concat(), from).await;
                    continue;
                }
                Server::Right | Server::RightAfterOneLost => {
                    reply.answers.push(lead(Ipv4Addr::LOCALHOST));
                }
                Server::Elsewhere => reply.answers.push(lead(Ipv4Addr::new(127, 0, 0, 9))),
                Server::NoSuchName => *reply.rcode_mut() = RCODE::NameError,
                Server::NoAddress => {}
            }
            let bytes = reply.build_bytes_vec().unwrap();
            let _ = socket.send_to(&bytes, from).await;
        }
    });
    address
}

#[rstest]
#[case(Server::Right, None, None)]
#[case(Server::RightAfterOneLost, None, None)]
#[case(Server::Elsewhere, None, Some("preflight:dns-other"))]
#[case(Server::NoSuchName, None, Some("preflight:dns-no-name"))]
#[case(Server::NoAddress, None, Some("preflight:dns-no-name"))]
#[case(Server::Garbage, None, Some("preflight:dns-unreadable"))]
#[case(
    Server::Silent,
    Some("preflight:dns-silent"),
    Some("preflight:no-address")
)]
#[tokio::test]
async fn a_name_leads_where_it_must_or_nothing_behind_it_is_asked(
    #[case] server: Server,
    #[case] udp: Option<&str>,
    #[case] name: Option<&str>,
) {
    let port = answers(http("200 OK", "", b"")).await;
    let target = Target {
        servers: vec![dns(server).await],
        answers: vec![Ipv4Addr::LOCALHOST.into()],
        tcp: vec![port],
        ..target("fsi.crosswipe.example")
    };
    assert!(!target.is_far(), "answers and server are near");
    let checked = asked(&target).await;
    assert_eq!(code(&checked, Probe::Udp), udp);
    assert_eq!(code(&checked, Probe::Dns), name);
    let behind = name.map(|_| "preflight:no-address");
    assert_eq!(code(&checked, Probe::Tcp), behind);
}

#[tokio::test]
async fn the_computer_itself_knows_its_own_name() {
    let checked = asked(&Target {
        answers: vec![Ipv4Addr::LOCALHOST.into(), "::1".parse().unwrap()],
        tcp: vec![answers(Vec::new()).await],
        ..target("localhost")
    })
    .await;
    assert_eq!(code(&checked, Probe::Dns), None);
}

#[tokio::test]
async fn a_port_is_open_or_refuses_and_what_stands_behind_it_is_not_asked() {
    let (open, shut) = (answers(http("200 OK", "", b"")).await, nobody().await);
    let page = |port| Page {
        port,
        path: "/".to_owned(),
        status: 200,
        words: Vec::new(),
    };
    let checked = asked(&Target {
        tcp: vec![open],
        page: Some(page(open)),
        ..target("127.0.0.1")
    })
    .await;
    assert!(checked.iter().all(|one| one.found.is_passed()));
    let checked = asked(&Target {
        tcp: vec![shut],
        page: Some(page(shut)),
        clock_ms: Some(1_000),
        ..target("127.0.0.1")
    })
    .await;
    let refused = Some("preflight:tcp-refused");
    assert_eq!(code(&checked, Probe::Tcp), refused);
    assert_eq!(code(&checked, Probe::Page), Some("preflight:no-connection"));
    assert_eq!(code(&checked, Probe::Clock), Some("preflight:clock-untold"));
}

#[rstest]
#[case("127.0.0.0/8", None)]
#[case("10.8.0.0/16", Some("preflight:other-network"))]
#[tokio::test]
async fn a_computer_speaks_from_the_card_that_it_should(
    #[case] network: &str,
    #[case] wanted: Option<&str>,
) {
    let checked = asked(&Target {
        from: Network::parse(network),
        ..target("127.0.0.1")
    })
    .await;
    assert_eq!(code(&checked, Probe::Route), wanted);
    let (Found::Passed { seen } | Found::Failed { seen, .. }) = &checked[0].found else {
        panic!("{checked:?}");
    };
    assert!(
        seen.starts_with("127.0.0.1 ("),
        "the card has a name: {seen}"
    );
}

#[rstest]
#[case::as_it_should_be(http("200 OK", "", "医疗保障信息平台".as_bytes()), None)]
#[case::in_gbk(http("200 OK", "", &encoding_rs::GBK.encode("医疗保障").0), None)]
#[case::another_status(http("404 Not Found", "", b""), Some("preflight:page-status"))]
#[case::a_log_in_page(http("200 OK", "", "<title>上网认证</title>".as_bytes()), Some("preflight:page-words"))]
#[case::cut_in_the_body(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab".to_vec(), Some("preflight:answer-broken"))]
#[case::no_http(b"220 smtp ready\r\n".to_vec(), Some("preflight:answer-broken"))]
#[case::nothing(Vec::new(), Some("preflight:answer-broken"))]
#[case::without_end([&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'x'; 3 << 20]].concat(), Some("preflight:answer-broken"))]
#[tokio::test]
async fn a_page_opens_and_says_what_it_must(#[case] bytes: Vec<u8>, #[case] wanted: Option<&str>) {
    let checked = asked(&Target {
        page: Some(Page {
            port: answers(bytes).await,
            path: "/".to_owned(),
            status: 200,
            words: vec!["医疗保障".to_owned()],
        }),
        ..target("127.0.0.1")
    })
    .await;
    assert_eq!(code(&checked, Probe::Page), wanted);
}

#[rstest]
#[case::right(0, None)]
#[case::eight_hours(8 * 3_600, Some("preflight:clock-skew"))]
#[case::behind(-400, Some("preflight:clock-skew"))]
#[tokio::test]
async fn a_peer_shows_what_time_it_thinks_it_is(
    #[case] ahead_s: i64,
    #[case] wanted: Option<&str>,
) {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    // A date as HTTP writes it, from the wire form of the same instant eight hours earlier, i.e. in Greenwich.
    let at = super::now().plus_ms((ahead_s - 8 * 3_600) * 1_000).wire();
    let month: usize = at[5..7].parse().unwrap();
    let date = DAYS.iter().map(|day| {
        let month = MONTHS[month - 1];
        format!(
            "{day}, {} {month} {} {} GMT",
            &at[8..10],
            &at[..4],
            &at[11..]
        )
    });
    let date = date
        .filter(|date| Moment::parse_http(date).is_some())
        .collect::<Vec<_>>();
    assert_eq!(date.len(), 1, "one weekday fits: {date:?}");
    let head = format!("Date: {}\r\n", date[0]);
    let checked = asked(&Target {
        page: Some(Page {
            port: answers(http("200 OK", &head, b"")).await,
            path: "/".to_owned(),
            status: 200,
            words: Vec::new(),
        }),
        clock_ms: Some(300_000),
        ..target("127.0.0.1")
    })
    .await;
    assert_eq!(code(&checked, Probe::Clock), wanted);
}

#[rstest]
#[case::taken(
    "200 OK",
    r#"{"infcode":0,"inf_refmsgid":"1","refmsg_time":"20260101000000000","respond_time":"20260101000000000","err_msg":"","output":{"signinoutb":{"sign_no":"S1","sign_time":"2026-01-01 00:00:00"}}}"#,
    None
)]
#[case::unknown_institution(
    "200 OK",
    r#"{"infcode":-1,"inf_refmsgid":"1","refmsg_time":"20260101000000000","respond_time":"20260101000000000","err_msg":"机构未登记","output":null}"#,
    Some("preflight:sign-in-refused")
)]
#[case::unknown_key(
    "401 Unauthorized",
    r#"{"code":401,"message":"unknown key"}"#,
    Some("preflight:sign-in-refused")
)]
#[case::busy("503 Service Unavailable", "busy", Some("preflight:sign-in-unclear"))]
#[case::a_page("200 OK", "<html>welcome</html>", Some("preflight:sign-in-unclear"))]
#[tokio::test]
async fn a_platform_takes_a_sign_in(
    #[case] status: &str,
    #[case] body: &str,
    #[case] wanted: Option<&str>,
) {
    let checked = asked(&Target {
        sign_in: Some(SignIn {
            port: answers(http(status, "", body.as_bytes())).await,
            path: "/fsi/api/rsfComIfsService/callService".to_owned(),
            institution: topology().institutions[0].code.clone(),
        }),
        clock_ms: Some(300_000),
        ..target("127.0.0.1")
    })
    .await;
    assert_eq!(code(&checked, Probe::SignIn), wanted, "{checked:?}");
    let told = body.contains("respond_time");
    let clock = if told { "skew" } else { "untold" };
    let clock = format!("preflight:clock-{clock}");
    assert_eq!(code(&checked, Probe::Clock), Some(clock.as_str()));
}

/// An authority, and a server with a certificate of it for these names, good for these years.
async fn tls_server(names: &[&str], years: [i32; 2]) -> (u16, Vec<u8>) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut own = CertificateParams::new(names).unwrap();
    own.not_before = date_time_ymd(years[0], 1, 1);
    own.not_after = date_time_ymd(years[1], 1, 1);
    let own = own.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = [0; 4096];
            if stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(&http("200 OK", "", b"over tls")).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (port, ca_certificate.pem().into_bytes())
}

#[rstest]
#[case::good(&["localhost"], [2020, 2090], "2080-01-01T00:00+08:00", true, None)]
#[case::of_another_name(&["other.example"], [2020, 2090], "2080-01-01T00:00+08:00", true, Some("preflight:tls-untrusted"))]
#[case::of_nobody_known(&["localhost"], [2020, 2090], "2080-01-01T00:00+08:00", false, Some("preflight:tls-untrusted"))]
#[case::run_out(&["localhost"], [2010, 2020], "2080-01-01T00:00+08:00", true, Some("preflight:tls-expired"))]
#[case::not_yet(&["localhost"], [2085, 2090], "2080-01-01T00:00+08:00", true, Some("preflight:tls-expired"))]
#[case::runs_out_in_the_window(&["localhost"], [2020, 2070], "2080-01-01T00:00+08:00", true, Some("preflight:tls-expires"))]
#[tokio::test]
async fn a_certificate_is_trusted_of_this_name_and_good_until_the_window_ends(
    #[case] names: &[&str],
    #[case] years: [i32; 2],
    #[case] until: &str,
    #[case] ours: bool,
    #[case] wanted: Option<&str>,
) {
    let (port, ca) = tls_server(names, years).await;
    let (_, stranger) = tls_server(&[], [2020, 2090]).await;
    let target = Target {
        tls: Some(Tls {
            port,
            ca: Some(if ours { ca } else { stranger }),
        }),
        page: Some(Page {
            port,
            path: "/".to_owned(),
            status: 200,
            words: vec!["over tls".to_owned()],
        }),
        ..target("localhost")
    };
    let until = Some(Moment::parse(until).unwrap());
    let checked = ask(&[&target], &asking(until)).await.unwrap();
    assert_eq!(code(&checked, Probe::Tls), wanted, "{checked:?}");
    // The page is asked for over the same TLS, whoever signed for it: that is another question.
    assert_eq!(code(&checked, Probe::Page), None, "{checked:?}");
}

#[tokio::test]
async fn a_port_without_tls_and_an_authority_that_is_none_are_no_pass() {
    let plain = answers(http("400 Bad Request", "", b"")).await;
    let tls = |port, ca| Target {
        tls: Some(Tls { port, ca }),
        ..target("localhost")
    };
    let checked = asked(&tls(plain, None)).await;
    assert_eq!(code(&checked, Probe::Tls), Some("preflight:tls-broken"));
    let (port, _) = tls_server(&["localhost"], [2020, 2090]).await;
    let checked = asked(&tls(port, Some(b"no pem".to_vec()))).await;
    assert_eq!(code(&checked, Probe::Tls), Some("preflight:tls-bad-ca"));
    let checked = asked(&tls(port, None)).await;
    let untrusted = Some("preflight:tls-untrusted");
    assert_eq!(code(&checked, Probe::Tls), untrusted);
    let checked = asked(&tls(nobody().await, None)).await;
    assert_eq!(code(&checked, Probe::Tls), Some("preflight:no-connection"));
}

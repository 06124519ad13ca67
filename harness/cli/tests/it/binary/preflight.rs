//! 预检 · What a plan names is tried from here: listeners on loopback that answer, and that fail in each way.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, Ended, crosswipe};

/// How a web server on loopback answers.
#[derive(Clone, Copy)]
enum Page {
    /// Two hundred, the words, the time of now.
    Good,
    /// Another system's page.
    OtherWords,
    /// An error.
    Error,
    /// A date of long ago.
    OldClock,
    /// No date at all.
    NoDate,
    /// Takes the connection and closes it.
    CutOff,
    /// Takes the connection and says nothing.
    Silent,
    /// Something that is no web server.
    Strange,
}

/// Listens until the test ends; gives its port.
fn web(page: Page) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().take(64) {
            let mut stream = stream.unwrap();
            let mut asked = [0; 1_024];
            stream
                .set_read_timeout(Some(Duration::from_secs(2)))
                .unwrap();
            if let Page::CutOff = page {
                continue;
            }
            let read = stream.read(&mut asked).unwrap_or(0);
            let date = match page {
                Page::OldClock => "Date: Fri, 02 Jun 2017 01:00:00 GMT\r\n".to_owned(),
                Page::NoDate => String::new(),
                _ => format!("Date: {}\r\n", http_date()),
            };
            let (status, body) = match page {
                Page::Error => ("503 Service Unavailable", "医保信息平台"),
                Page::OtherWords => ("200 OK", "it works"),
                _ => ("200 OK", "医保信息平台"),
            };
            match page {
                Page::Silent => kept.push(stream),
                Page::Strange => drop(stream.write_all(b"SSH-2.0-other\r\n\r\n")),
                _ if read == 0 => {}
                _ => drop(
                    stream.write_all(format!("HTTP/1.1 {status}\r\n{date}\r\n{body}").as_bytes()),
                ),
            }
        }
    });
    port
}

/// The time of now as a web server writes it.
fn http_date() -> String {
    let now = crosswipe_runner::clock::real_now()
        .plus_ms(-8 * 3_600_000)
        .wire();
    let (day, time) = now.split_once(' ').unwrap();
    let mut parts = day.split('-');
    let (year, month, day) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = (month.parse::<usize>().unwrap() - 1) * 3;
    format!("Fri, {day} {} {year} {time} GMT", &months[at..at + 3])
}

/// A DNS server that answers every question with this address, or not at all, or that it knows no such name.
fn names(answer: Option<Option<[u8; 4]>>) -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut asked = [0; 512];
        for _ in 0..64 {
            let Ok((length, from)) = socket.recv_from(&mut asked) else {
                return;
            };
            let Some(answer) = answer else { continue };
            let mut bytes = asked[..length].to_vec();
            bytes[2] = 0x81;
            match answer {
                None => bytes[3] = 3,
                Some(address) => {
                    bytes[7] = 1;
                    bytes.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
                    bytes.extend(address);
                }
            }
            socket.send_to(&bytes, from).unwrap();
        }
    });
    port
}

/// A port at which nobody listens.
fn closed() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// pair-demo with these things to try of its hub.
fn plan_with(bench: &Bench, words: &str) -> String {
    let folder = bench.copied_plan("pair-demo");
    let file = Path::new(&folder).join("plan.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let text = format!("{text}\npreflight:\n  - {{party: \"hub:330000\", {words}}}\n");
    fs::write(&file, text).unwrap();
    folder
}

fn tried(words: &str) -> Ended {
    let bench = Bench::new();
    let folder = plan_with(&bench, words);
    crosswipe(&[
        "preflight",
        &folder,
        "--json",
        "--site",
        "H33010000001",
        "--patience-ms",
        "400",
    ])
}

/// What was seen of one check: `ok`, `failed` or `not_tried`, and the advice.
fn seen(report: &Value, check: &str) -> (String, String) {
    let tries = report["tries"].as_array().unwrap();
    let one = tries.iter().find(|one| one["check"] == check);
    let one = one.unwrap_or_else(|| panic!("no {check} in {report}"));
    let word = |key: &str| one[key].as_str().unwrap().to_owned();
    (word("saw"), word("advice"))
}

#[test]
fn what_answers_is_well() {
    let (port, dns) = (web(Page::Good), names(Some(Some([127, 0, 0, 1]))));
    let words = format!(
        "dns: {{name: hub.test, server: \"127.0.0.1:{dns}\", answers: [\"127.0.0.1\"]}}, \
         tcp: [\"127.0.0.1:{port}\"], http: {{at: \"127.0.0.1:{port}\", words: 医保信息平台}}, clock: 60s"
    );
    let report = tried(&words).must_end(0).json();
    for check in ["route", "dns", "tcp", "http", "words", "clock"] {
        assert_eq!(
            seen(&report, check),
            ("ok".to_owned(), String::new()),
            "{check}"
        );
    }
    assert_eq!(report["tries"].as_array().unwrap().len(), 6);
}

#[rstest]
#[case::error(Page::Error, "http", "page-refused", 1)]
#[case::another_page(Page::OtherWords, "words", "other-page", 1)]
#[case::an_old_clock(Page::OldClock, "clock", "clock-off", 1)]
#[case::no_clock(Page::NoDate, "clock", "no-date", 2)]
#[case::cut_off(Page::CutOff, "http", "page-silent", 1)]
#[case::silent(Page::Silent, "http", "page-silent", 1)]
#[case::no_web_server(Page::Strange, "http", "page-silent", 1)]
fn a_page_fails_in_its_own_way(
    #[case] page: Page,
    #[case] check: &str,
    #[case] advice: &str,
    #[case] code: i32,
) {
    let port = web(page);
    let words = format!("http: {{at: \"127.0.0.1:{port}\", words: 医保信息平台}}, clock: 60s");
    let report = tried(&words).must_end(code).json();
    let saw = if code == 2 { "not_tried" } else { "failed" };
    assert_eq!(
        seen(&report, check),
        (saw.to_owned(), advice.to_owned()),
        "{report}"
    );
}

#[rstest]
#[case::no_answer(None, "dns-silent")]
#[case::no_such_name(Some(None), "name-unknown")]
#[case::another_address(Some(Some([127, 0, 0, 9])), "other-address")]
fn a_name_fails_in_its_own_way(#[case] answer: Option<Option<[u8; 4]>>, #[case] advice: &str) {
    let dns = names(answer);
    let words =
        format!("dns: {{name: hub.test, server: \"127.0.0.1:{dns}\", answers: [\"127.0.0.1\"]}}");
    let report = tried(&words).must_end(1).json();
    assert_eq!(
        seen(&report, "dns"),
        ("failed".to_owned(), advice.to_owned())
    );
}

#[test]
fn a_closed_port_is_told_in_words_in_both_languages() {
    let bench = Bench::new();
    let folder = plan_with(&bench, &format!("tcp: [\"127.0.0.1:{}\"]", closed()));
    let zh = crosswipe(&["preflight", &folder, "--lang", "zh"]).must_end(1);
    assert!(
        zh.out.contains("✗ 不通") && zh.out.contains("端口没有开"),
        "{}",
        zh.out
    );
    let en = crosswipe(&["preflight", &folder, "--lang", "en"]).must_end(1);
    assert!(
        en.out.contains("✗ failed") && en.out.contains("the port is closed"),
        "{}",
        en.out
    );
}

/// A port that closes between two rounds is told once, and what did not change is not told again.
#[test]
fn a_watch_tells_changes_alone() {
    let bench = Bench::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = plan_with(&bench, &format!("tcp: [\"127.0.0.1:{port}\"]"));
    // Takes one connection, and is gone.
    std::thread::spawn(move || drop(listener.accept()));
    let args = [
        "preflight",
        &folder,
        "--watch",
        "1",
        "--times",
        "3",
        "--lang",
        "en",
    ];
    let watched = crosswipe(&args).must_end(1);
    assert_eq!(watched.out.matches("✓ ok →").count(), 1, "{}", watched.out);
    assert_eq!(
        watched.out.matches("✗ failed  port").count(),
        1,
        "{}",
        watched.out
    );
}

#[test]
fn all_sites_become_one_table_that_names_who_is_missing() {
    let bench = Bench::new();
    let folder = plan_with(&bench, &format!("tcp: [\"127.0.0.1:{}\"]", closed()));
    let mut files = Vec::new();
    for site in ["H33010000001", "H33020000001"] {
        let ended = crosswipe(&["preflight", &folder, "--json", "--site", site]).must_end(1);
        let path = bench.path(&format!("{site}.json"));
        fs::write(&path, ended.out).unwrap();
        files.push(path.display().to_string());
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let args = [
        &["preflight", folder.as_str(), "--json", "--collect"],
        files.as_slice(),
    ]
    .concat();
    let all = crosswipe(&args).must_end(1).json();
    assert_eq!(all["sites"].as_array().unwrap().len(), 2);
    let missing = all["missing"].as_array().unwrap();
    assert!(
        !missing.is_empty() && !missing.contains(&json!("H33010000001")),
        "{missing:?}"
    );
    let args = [
        &["preflight", folder.as_str(), "--collect"],
        files.as_slice(),
    ]
    .concat();
    let told = crosswipe(&args).must_end(1).out;
    assert!(told.contains(missing[0].as_str().unwrap()), "{told}");
    let other = Path::new(&folder).join("plan.yaml").display().to_string();
    crosswipe(&["preflight", &folder, "--collect", &other])
        .must_end(64)
        .must_say(&["error[cli::preflight_file]", "plan.yaml"]);
}

#[rstest]
#[case::nothing_to_try("", "scenario::nothing_checked")]
#[case::no_port("tcp: [\"127.0.0.1\"]", "scenario::unknown_word")]
#[case::no_page("http: {at: \"127.0.0.1:80\", path: index}", "scenario::unknown_word")]
#[case::a_clock_without_a_page("tcp: [\"127.0.0.1:80\"], clock: 60s", "scenario::missing_key")]
#[case::another_key("tcp: [\"127.0.0.1:80\"], password: x", "scenario::unknown_key")]
fn a_slip_in_what_is_to_be_tried_is_told(#[case] words: &str, #[case] code: &str) {
    tried(words).must_end(64).must_say(&[code, "plan.yaml:"]);
}

#[test]
fn a_plan_that_names_nothing_to_try_is_not_well() {
    let plan = super::plan("pair-demo");
    crosswipe(&["preflight", &plan])
        .must_end(5)
        .must_say(&["the plan names nothing to try"]);
}

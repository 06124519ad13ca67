//! The adapter of a HIS that is driven, held against the mock hospitals that speak it.

use bytes::Bytes;
use crosswipe_domain::{Party, Role};
use crosswipe_mocks::{Answer, HIS_ADAPTER};
use crosswipe_wire::{Context, context};
use http_body_util::Full;
use hyper::{Method, Request};
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;
use crate::http::Http;

fn his() -> Party {
    Party::new(Role::His, H_NINGBO)
}

fn ask(http: &Http, method: Method, path: &str, body: &str, epoch: u64) -> Answer {
    asked(http, &his(), (method, path), body, epoch)
}

fn asked(
    http: &Http,
    party: &Party,
    (method, path): (Method, &str),
    body: &str,
    epoch: u64,
) -> Answer {
    let told = Context {
        run: "driven".into(),
        epoch,
        now: None,
    };
    let uri = format!("http://{}{path}", http.address(party));
    let request = Request::builder().method(method).uri(uri);
    let request = request.header(context::NAME, told.to_text());
    let body = Full::new(Bytes::from(body.to_owned()));
    http.send(request.body(body).unwrap()).unwrap()
}

fn begin(http: &Http, institution: &str, platform: &str) -> String {
    let platform = match platform {
        "" => {
            let treatment = Party::new(Role::Treatment, NINGBO);
            format!("http://{}", http.address(&treatment))
        }
        other => other.to_owned(),
    };
    let begin = json!({
        "institution": institution, "platform": platform, "run": "driven", "epoch": 1, "now": "2017-06-02T10:00:00.000+08:00",
    });
    begin.to_string()
}

/// What a value lacks of what a schema demands; only words that the contract uses are understood.
fn lacks(doc: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(name) => doc.pointer(name.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    };
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some(other) => panic!("{at}: what is `{other}`?"),
        None => true,
    };
    let listed = schema["enum"].as_array();
    if !fits || listed.is_some_and(|listed| !listed.contains(value)) {
        return vec![format!("{at}: {value}")];
    }
    let mut lacking = Vec::new();
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            lacking.push(format!("{at}: no {name}"));
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(member) = value.get(name) {
            lacking.extend(lacks(doc, inner, member, &format!("{at}.{name}")));
        }
    }
    lacking
}

/// Each route of the contract, asked as the contract says, is answered as it says; a route too many is answered 404.
#[test]
fn mock_hospitals_speak_the_adapter_that_is_described() {
    let doc: Value = serde_json::from_str(HIS_ADAPTER).unwrap();
    let http = Http::start(config(&[]));
    let counter = Counter::new(&http, H_NINGBO, EMPLOYEE);
    let order = counter.message("1101", "H33020000001201706021000009999", json!({}));
    let mut routes = Vec::new();
    for (path, methods) in doc["paths"].as_object().unwrap() {
        for (method, what) in methods.as_object().unwrap() {
            assert!(what["summary"].as_str().unwrap().contains(" · "), "{path}");
            let body = match path.as_str() {
                "/" => order.clone(),
                "/__admin/begin" => begin(&http, H_NINGBO, ""),
                _ => String::new(),
            };
            let asked = &what["requestBody"]["content"]["application/json"]["schema"];
            if !body.is_empty() {
                let body = serde_json::from_str(&body).unwrap();
                assert_eq!(lacks(&doc, asked, &body, path), Vec::<String>::new());
            }
            let query = match what["parameters"].to_string().contains("\"from\"") {
                true => "?from=0",
                false => "",
            };
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = ask(&http, method.clone(), &format!("{path}{query}"), &body, 1);
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
            let said: Value = serde_json::from_str(&answer.body).unwrap();
            let schema = &what["responses"]["200"]["content"]["application/json"]["schema"];
            assert_ne!(schema, &Value::Null, "{path}");
            assert_eq!(lacks(&doc, schema, &said, path), Vec::<String>::new());
            routes.push(format!("{method} {path}"));
        }
    }
    routes.sort();
    assert_eq!(
        routes,
        [
            "GET /__admin/export/his",
            "GET /__admin/health",
            "GET /__admin/log/his",
            "POST /",
            "POST /__admin/begin"
        ]
    );
    let missing = ask(&http, Method::GET, "/__admin/export/hub", "", 1);
    assert_eq!(missing.status, 404);
    http.stop();
}

#[rstest]
#[case::another_institution("H33010000001", "", 2, 409, "this is H33020000001")]
#[case::beyond_loopback(H_NINGBO, "http://10.8.1.2:8080", 2, 400, "platform is like")]
#[case::a_name(H_NINGBO, "http://platform:8080", 2, 400, "platform is like")]
#[case::a_process_that_was_superseded(H_NINGBO, "", 1, 409, "E-STALE-EPOCH")]
fn who_cannot_begin_is_told_why_and_nothing_changes(
    #[case] institution: &str,
    #[case] platform: &str,
    #[case] epoch: u64,
    #[case] status: u16,
    #[case] why: &str,
) {
    let http = Http::start(config(&[]));
    let body = begin(&http, H_NINGBO, "");
    let begun = ask(&http, Method::POST, "/__admin/begin", &body, 2);
    assert_eq!(begun.status, 200, "{}", begun.body);
    let body = begin(&http, institution, platform);
    let refused = ask(&http, Method::POST, "/__admin/begin", &body, epoch);
    assert_eq!(refused.status, status, "{}", refused.body);
    assert!(refused.body.contains(why), "{}", refused.body);
    let unread = ask(&http, Method::POST, "/__admin/begin", "{", 2);
    assert_eq!(unread.status, 400, "{}", unread.body);
    let hub = Party::new(Role::Hub, "330000");
    let (path, body) = ((Method::POST, "/__admin/begin"), begin(&http, H_NINGBO, ""));
    assert_eq!(asked(&http, &hub, path, &body, 2).status, 404);
    // It still speaks to the platform that it was told of first.
    let mut counter = Counter::new(&http, H_NINGBO, EMPLOYEE);
    counter.charged_visit();
    http.stop();
}

/// What another world's run tells it is where its messages go, and where its own platform hears nothing.
#[test]
fn a_hospital_that_is_driven_speaks_to_the_platform_that_it_was_told_of() {
    let (own, other) = (Http::start(config(&[])), Http::start(config(&[])));
    let treatment = Party::new(Role::Treatment, NINGBO);
    let platform = format!("http://{}", other.address(&treatment));
    let body = begin(&own, H_NINGBO, &platform);
    assert_eq!(
        ask(&own, Method::POST, "/__admin/begin", &body, 1).status,
        200
    );
    let rows = |http: &Http| {
        let path = (Method::GET, "/__admin/export/treatment");
        let export: Value =
            serde_json::from_str(&asked(http, &treatment, path, "", 1).body).unwrap();
        export["rows"].as_array().unwrap().len()
    };
    let before = (rows(&own), rows(&other));
    Counter::new(&own, H_NINGBO, EMPLOYEE).charged_visit();
    assert_eq!(rows(&own), before.0);
    assert!(rows(&other) > before.1);
    own.stop();
    other.stop();
}

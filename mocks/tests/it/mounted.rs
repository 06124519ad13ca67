//! A region's platform mounted in wiremock, as a Rust team would in its own tests.

use std::sync::Arc;

use crosswipe_domain::{AdmDivision, Role};
use crosswipe_mocks::Machine;
use crosswipe_mocks::region::Region;
use crosswipe_mocks::shell::wiremock::{Responder, Shared};
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer};

use crate::bench::*;

#[tokio::test]
async fn a_local_swipe_is_whole_and_one_across_is_refused() {
    let code = AdmDivision::parse(HANGZHOU).unwrap();
    let config = config(&[]);
    let machine = Machine::Region(Box::new(Region::new(code, config.setup())));
    let platform = Shared(Arc::new(Responder::new(
        machine,
        code,
        Arc::new(|| at("2017-06-05T10:00+08:00")),
    )));
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(platform.clone())
        .mount(&server)
        .await;

    let memory = crosswipe_mocks::MemoryWorld::new(&config.setup(), vec![]);
    let mut counter = Counter::new(&memory, H_HANGZHOU, EMPLOYEE);
    counter.now = at("2017-06-05T10:00+08:00");
    let post = async |body: String| {
        let (status, body) = send(&server.uri(), body).await;
        said(Ok(crosswipe_mocks::Answer::of(status, body)))
    };
    let msgid = counter.new_msgid();
    let opened = post(counter.message("2201", &msgid, json!({})))
        .await
        .output();
    assert_eq!(opened["data"]["psn_no"], json!(EMPLOYEE));
    assert_eq!(platform.0.export(Role::Insured).unwrap().rows.len(), 1);
    counter.insured = NINGBO.into();
    let msgid = counter.new_msgid();
    let across =
        post(counter.message("1101", &msgid, json!({"data": {"mdtrt_cert_no": OTHER}}))).await;
    assert_eq!(across, Said::Refused(crosswipe_wire::RefusalCode::Region));
}

async fn send(uri: &str, body: String) -> (u16, String) {
    use http_body_util::{BodyExt, Full};
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build_http();
    let request = hyper::Request::post(format!("{uri}/fsi/api/callService"))
        .body(Full::<bytes::Bytes>::from(body))
        .unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.into()).unwrap())
}

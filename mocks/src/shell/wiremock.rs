//! wiremock 外壳 · A region's platform inside somebody's own `cargo test`, as a wiremock responder.
//!
//! wiremock answers at once, so there is nobody to ask behind this platform: a message that would have to
//! go on to another region is refused (E-REGION). Local swipes are whole. No limits and no timers are set
//! here: for a HIS under test use the hyper servers of `World`.

use std::sync::{Mutex, PoisonError};

use crosswipe_domain::{AdmDivision, Export, Role};
use crosswipe_wire::{Context, Receipt, Refusal, RefusalCode, context, write_refusal};
use wiremock::{Request, Respond, ResponseTemplate};

use super::TimeFn;
use crate::machine::{Machine, Step, is_file};

/// 响应器 · Answers like the platform that it carries.
pub struct Responder {
    machine: Mutex<Machine>,
    division: AdmDivision,
    time: TimeFn,
}

impl Responder {
    /// A responder that carries `machine`, answers in the name of `division`, and takes the time from
    /// `time` where a message does not say.
    pub fn new(machine: Machine, division: AdmDivision, time: TimeFn) -> Responder {
        Responder {
            machine: Mutex::new(machine),
            division,
            time,
        }
    }

    /// 导出 · The book that the platform keeps in a role.
    pub fn export(&self, role: Role) -> Option<Export> {
        self.machine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .export(role, (self.time)())
    }
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let context = request
            .headers
            .get(context::NAME)
            .and_then(|value| Context::parse(value.to_str().ok()?).ok());
        let now = context
            .as_ref()
            .and_then(|context| context.now)
            .unwrap_or_else(|| (self.time)());
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) =
            match machine.begin(now, context.as_ref(), request.url.path(), &request.body) {
                Step::Reply(answer) => (answer.status, answer.into_bytes()),
                Step::Forward { to, .. } => {
                    let receipt = Receipt {
                        division: self.division,
                        at: now,
                        serial: 0,
                    };
                    (
                        200,
                        write_refusal(
                            &receipt,
                            &Refusal::new(RefusalCode::Region, format!("本地模拟无法转发至 {to}")),
                        )
                        .into_bytes(),
                    )
                }
            };
        let kind = match is_file(&body) {
            true => "application/octet-stream",
            false => "application/json;charset=UTF-8",
        };
        ResponseTemplate::new(status).set_body_raw(body, kind)
    }
}

/// 共用 · The same responder behind several mounts, or kept by the test that wants to see its books.
#[derive(Clone)]
pub struct Shared(pub std::sync::Arc<Responder>);

impl Respond for Shared {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.respond(request)
    }
}

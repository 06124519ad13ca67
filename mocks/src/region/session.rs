//! 签到签退 · 9001 and 9002. No sign-in is demanded: many clients leave `sign_no` empty for ever.

use crosswipe_wire::{ObjectText, Refusal, write_ok};

use super::{Ask, Region};
use crate::machine::{Answer, Step};

impl Region {
    pub(super) fn session(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let receipt = self.desk.receipt(ask.now);
        let time = ObjectText::new().text("sign_time", &ask.now.wire());
        let node = match ask.request.infno.base() {
            "9001" => (
                "signinoutb",
                time.text("sign_no", &format!("{}{:010}", self.code, receipt.serial))
                    .finish(),
            ),
            _ => ("signoutoutb", time.finish()),
        };
        Ok(Step::Reply(Answer::ok(write_ok(&receipt, &[node]))))
    }
}

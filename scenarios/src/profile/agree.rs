//! 互不矛盾 · Knobs that are each fine and say nonsense together.

use std::collections::BTreeMap;

use crosswipe_domain::{Both, GatewayCheck, Profile, both};

use crate::codes;
use crate::problem::{At, Problems};

/// Reports at `at`, the profile's first line, what does not go together.
pub(super) fn check(profile: &Profile, at: &At, problems: &Problems) {
    let wrong = |message: Both, help: Both| {
        let problem = at.error(codes::CONTRADICTORY_PROFILE, message);
        problems.push(problem.help(help));
    };
    let reconciliation = &profile.reconciliation;
    let codes = [
        ("balanced", &reconciliation.balanced),
        ("platform_more", &reconciliation.platform_more),
        ("institution_more", &reconciliation.institution_more),
        ("amounts_differ", &reconciliation.amounts_differ),
    ];
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, code) in codes {
        // A region may have one word for all that is not balanced, never the same for balanced.
        if let Some(first) = said.insert(code, name)
            && first == "balanced"
        {
            wrong(
                both!(
                    "对账: `{name}` 与 `balanced` 都是 `{code}`",
                    "reconciliation: `{name}` and `balanced` are both `{code}`"
                ),
                both!(
                    "对平与不平须有不同代码",
                    "balanced and not balanced need different codes"
                ),
            );
        }
    }
    let policy = &profile.policy;
    if policy.away_unregistered > policy.away_registered {
        wrong(
            both!(
                "待遇: 未备案的异地报销比已备案的还高",
                "policy: who is not registered is paid more elsewhere than who is"
            ),
            both!(
                "未备案的异地系数不高于已备案的",
                "`away_unregistered` is at most `away_registered`"
            ),
        );
    }
    let gateway = &profile.gateway;
    if gateway.checks.contains(&GatewayCheck::Signature)
        && !gateway.checks.contains(&GatewayCheck::Key)
    {
        wrong(
            both!(
                "网关: 验签名, 却不验是谁的密钥",
                "gateway: a signature is checked, but not whose key it is"
            ),
            both!(
                "checks 有 signature 时也写 key",
                "where `checks` has `signature`, name `key` too"
            ),
        );
    }
}

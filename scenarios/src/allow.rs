//! 放行 · Reads what test swipes a phase allows: business, scope, classes, institutions.
//!
//! Why apart: this is what the gate will let pass, so `any` never means more than `cross_swipe` names, and a
//! phase that may not have test swipes cannot have an `allow`. Called by `phases`.

use crosswipe_domain::{Allow, Business, Channel, PersonClass, PhaseKind, Scope, Topology, both};

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::{Problems, Said, noun};
use crate::words;

/// What reading a phase needs to know.
pub(crate) struct Context<'a> {
    pub(crate) cross_swipe: &'a [Business],
    pub(crate) topology: Option<&'a Topology>,
    pub(crate) problems: &'a Problems,
}

/// The `allow` of a phase, and where each of its scopes is written.
pub(crate) fn read_allow(
    phase: &Fields<'_>,
    kind: Option<PhaseKind>,
    context: &Context<'_>,
) -> Vec<(Allow, Said<Scope>)> {
    let Some(node) = phase.optional("allow") else {
        return Vec::new();
    };
    if let Some(kind) = kind
        && !matches!(kind, PhaseKind::Joint | PhaseKind::Verify)
    {
        let at = phase.key_at("allow").unwrap_or(&node.at);
        let help = both!(
            "只有 joint 和 verify 阶段可以有 allow",
            "only `joint` and `verify` phases may have an `allow`"
        );
        context.problems.push(
            at.error(
                codes::ALLOW_OUTSIDE_TEST_PHASE,
                both!(
                    "这个阶段不能有测试刷卡",
                    "test swipes in a phase that may not have them"
                ),
            )
            .help(help),
        );
    }
    items(node, context.problems)
        .iter()
        .filter_map(|node| allow(node, context))
        .collect()
}

fn allow(node: &Node, context: &Context<'_>) -> Option<(Allow, Said<Scope>)> {
    const SCOPES: [(&str, Scope); 4] = [
        ("any", Scope::Any),
        ("cross-region", Scope::CrossRegion),
        ("local", Scope::Local),
        ("arranged", Scope::Arranged),
    ];
    const CLASSES: [(&str, PersonClass); 4] = [
        ("employee", PersonClass::Employee),
        ("resident", PersonClass::Resident),
        ("310", PersonClass::Employee),
        ("390", PersonClass::Resident),
    ];
    let problems = context.problems;
    let fields = Fields::of(node, noun("allow", "allow"), problems)?;
    let business = fields.required(
        "business",
        both!("写上业务, 或 any", "give the businesses, or any"),
    );
    let business = business
        .map(|node| allowed_business(node, context))
        .unwrap_or_default();
    let scope = fields.required(
        "scope",
        both!(
            "写上范围: any、cross-region、local 或 arranged",
            "give the scope: any, cross-region, local or arranged"
        ),
    );
    let scope = scope
        .and_then(|node| words::word(node, problems))
        .and_then(|said| {
            let value = words::one_of(&said, noun("范围", "scope"), &SCOPES, problems)?;
            Some(Said { value, at: said.at })
        });
    let classes = fields
        .optional("classes")
        .map(|node| words::words(node, problems))
        .unwrap_or_default();
    let classes = classes
        .iter()
        .filter_map(|said| {
            words::one_of(said, noun("人员类别", "person class"), &CLASSES, problems)
        })
        .collect();
    let institutions = fields
        .optional("institutions")
        .map(|node| words::words(node, problems))
        .unwrap_or_default();
    let institutions = institutions
        .iter()
        .filter_map(|said| crate::seats::institution(said, context.topology?, problems))
        .map(|code| code.to_string())
        .collect();
    let channels = channels(&fields, problems).unwrap_or_default();
    fields.done();
    let scope = scope?;
    Some((
        Allow {
            business,
            scope: scope.value,
            classes,
            institutions,
            channels,
        },
        scope,
    ))
}

/// `channels:` of an allow or a suspension; none = any. `None` = it stands there and cannot be read.
pub(crate) fn channels(fields: &Fields<'_>, problems: &Problems) -> Option<Vec<Channel>> {
    let Some(node) = fields.optional("channels") else {
        return Some(Vec::new());
    };
    let said = words::words(node, problems);
    let read = said.iter().filter_map(|said| channel(said, problems));
    let read: Vec<Channel> = read.collect();
    (read.len() == said.len() && !said.is_empty()).then_some(read)
}

/// A channel by its name.
pub(crate) fn channel(said: &Said<String>, problems: &Problems) -> Option<Channel> {
    let choices = Channel::ALL.map(|channel| (channel.name(), channel));
    words::one_of(said, noun("渠道", "channel"), &choices, problems)
}

/// `any` means what `cross_swipe` names, and nothing more.
fn allowed_business(node: &Node, context: &Context<'_>) -> Vec<Business> {
    let said = words::words(node, context.problems);
    if said.len() == 1 && said[0].value == "any" {
        return context.cross_swipe.to_vec();
    }
    said.iter()
        .filter_map(|said| {
            let business = business(said, context.problems)?;
            if !context.cross_swipe.is_empty() && !context.cross_swipe.contains(&business) {
                let message = both!(
                    "这里放行 `{business}`, 但 cross_swipe 里没有写它",
                    "`{business}` is allowed here, but `cross_swipe` does not name it"
                );
                let help = both!("先在 cross_swipe 里写明", "name it in `cross_swipe` first");
                context.problems.push(
                    said.at
                        .error(codes::ALLOW_BEYOND_CROSS_SWIPE, message)
                        .help(help),
                );
            }
            Some(business)
        })
        .collect()
}

/// A business family by its name.
pub(crate) fn business(said: &Said<String>, problems: &Problems) -> Option<Business> {
    let choices = Business::ALL.map(|business| (business.name(), business));
    words::one_of(said, noun("业务", "business"), &choices, problems)
}

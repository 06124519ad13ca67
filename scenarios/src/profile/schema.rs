//! 模式 · The JSON schema of a profile file, written from the table of knobs.

use std::fmt::Write as _;

use crosswipe_domain::{Profile, push_json_string};

use super::HEAD;
use super::kind::{CHECKS, Kind};
use super::knobs::{KNOBS, Knob};

/// 地方规则的 JSON Schema · For editors: every key with its words, kind and national value.
pub fn profile_schema() -> String {
    let mut national = Profile::default();
    let mut out = String::from(
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"crosswipe.profile/1","title":"地方规则 · profile of a region","type":"object","additionalProperties":false,"required":["profile","title_zh","title_en"],"properties":{"#,
    );
    for key in HEAD {
        let _ = write!(out, r#""{key}":{{"type":"string"}},"#);
    }
    group(&mut out, "", &mut national);
    out.push_str("}}");
    out
}

/// The members of a group, without the braces round them.
fn group(out: &mut String, prefix: &str, national: &mut Profile) {
    let mut before = "";
    for knob in KNOBS {
        let Some(rest) = knob.key.strip_prefix(prefix) else {
            continue;
        };
        let (word, more) = rest
            .split_once('.')
            .map_or((rest, false), |(w, _)| (w, true));
        if word == before {
            continue;
        }
        if !before.is_empty() {
            out.push(',');
        }
        before = word;
        let _ = write!(out, "\"{word}\":");
        if more {
            out.push_str(r#"{"type":"object","additionalProperties":false,"properties":{"#);
            group(out, &format!("{prefix}{word}."), national);
            out.push_str("}}");
        } else {
            leaf(out, knob, national);
        }
    }
}

fn leaf(out: &mut String, knob: &Knob, national: &mut Profile) {
    let mut says = String::new();
    let national = knob.kind.shown(national);
    let words = format!("{} · {} (national: {national})", knob.zh, knob.en);
    push_json_string(&mut says, &words);
    let shape = shape(&knob.kind);
    let _ = write!(out, "{{\"description\":{says},{shape}}}");
}

const RATIO: &str = r#""type":"number","minimum":0,"maximum":1"#;
const AMOUNT: &str = r#""type":"number","minimum":0"#;

fn shape(kind: &Kind) -> String {
    let words = |words: &[&str]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("\"enum\":[{}]", quoted.join(","))
    };
    let list = |item: &str| format!(r#""type":"array","items":{{{item}}}"#);
    match kind {
        Kind::Choice(choices, ..) => words(choices),
        Kind::Text(..) => r#""type":["string","integer"]"#.to_owned(),
        Kind::Texts(..) => list(r#""type":["string","number"]"#),
        Kind::Checks(_) => list(&words(&CHECKS.map(|(name, _)| name))),
        Kind::Reversible(_) | Kind::Recorded(_) | Kind::OneCall(_) => {
            list(r#""type":["string","integer"]"#)
        }
        Kind::Whole(least, most, _) => {
            format!(r#""type":"integer","minimum":{least},"maximum":{most}"#)
        }
        Kind::Minutes(_) => r#""type":"string","pattern":"^[0-9]+[smhd]$""#.to_owned(),
        Kind::TimeOfDay => r#""type":"string","pattern":"^[0-2][0-9]:[0-5][0-9]$""#.to_owned(),
        Kind::Amount(_) => AMOUNT.to_owned(),
        Kind::MaybeAmount(_) => format!(r#""anyOf":[{{{AMOUNT}}},{{"const":"none"}}]"#),
        Kind::Amounts(_) => format!(r#"{},"minItems":3,"maxItems":3"#, list(AMOUNT)),
        Kind::Change(_) => r#""type":"number","minimum":-1,"maximum":1"#.to_owned(),
        Kind::Ratio(_) => RATIO.to_owned(),
        Kind::MaybeRatio(_) => format!(r#""anyOf":[{{{RATIO}}},{{"const":"none"}}]"#),
        Kind::Chronic(_) => {
            let text = r#""type":"string""#;
            let disease = format!(
                r#""type":"object","additionalProperties":false,"required":["code","name"],"properties":{{"code":{{{text},"pattern":"^M[0-9]{{5}}$"}},"name":{{{text}}},"quota":{{{AMOUNT}}},"drugs":{{{}}}}}"#,
                list(text)
            );
            list(&disease)
        }
        Kind::Segments(_) => {
            let segment = format!(
                r#""type":"object","additionalProperties":false,"required":["ratio"],"properties":{{"to":{{{AMOUNT}}},"ratio":{{{RATIO}}}}}"#
            );
            format!(r#""anyOf":[{{{RATIO}}},{{{}}}]"#, list(&segment))
        }
    }
}

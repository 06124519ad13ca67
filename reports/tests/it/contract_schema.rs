//! 契约 · The published schema of `report.json` against what is written: every key is in it, of the type and among the words that
//! it says, and what it requires is there.

use rstest::rstest;
use serde_json::{Value, json};

use crosswipe_reports::REPORT_SCHEMA;

use crate::runs;

/// All that a document does which its schema does not say, by path.
fn strays(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !allowed.contains(&kind) {
        found.push(format!("{path} is {kind}, not {allowed:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{path} says {value}"));
    }
    match value {
        Value::Array(items) => {
            for item in items {
                strays(&schema["items"], item, &format!("{path}[]"), found);
            }
        }
        Value::Object(members) => {
            for required in schema["required"].as_array().into_iter().flatten() {
                let name = required.as_str().unwrap_or_default();
                if !members.contains_key(name) {
                    found.push(format!("{path} has no {name}"));
                }
            }
            for (name, member) in members {
                let inner = format!("{path}.{name}");
                match (
                    schema["properties"].get(name),
                    schema.get("additionalProperties"),
                ) {
                    (Some(known), _) | (None, Some(known)) => strays(known, member, &inner, found),
                    (None, None) => found.push(format!("{inner} is unknown")),
                }
            }
        }
        _ => {}
    }
}

fn told(document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).expect("the schema is JSON");
    let mut found = Vec::new();
    strays(&schema, document, "", &mut found);
    found
}

#[rstest]
#[case(runs::clean())]
#[case(runs::violated())]
#[case(runs::indeterminate())]
#[case(runs::eleven_cities())]
fn a_report_is_what_its_schema_says(#[case] run: runs::Run) {
    let text = crosswipe_reports::json(&run.story());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told(&document), Vec::<String>::new());

    // The check is one: a key too many, one too few, another type, a word that nobody knows.
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut document = document.clone();
        change(&mut document);
        told(&document)
    };
    assert_eq!(spoilt(&|one| one["new"] = json!(1)), [".new is unknown"]);
    assert_eq!(
        spoilt(&|one| drop(one.as_object_mut().unwrap().remove("level"))),
        [" has no level"]
    );
    assert_eq!(spoilt(&|one| one["exit"] = json!("0")).len(), 1);
    assert_eq!(
        spoilt(&|one| one["verdict"] = json!("fine")),
        [".verdict says \"fine\""]
    );
}

//! 模式 · The JSON Schemas (draft-07) of plan files, for editors: what may stand where, with a word on each key.
//!
//! Why in the binary: an office without a network edits these files too. `init` lays them beside a new plan. The schemas stand
//! in `scenarios/schema`; a test compares their keys with those that the readers ask for, so neither forgets one.
//! Called by `cli`. Not here: profiles, whose schema follows from their knobs (`profile`).

/// The kinds of plan files, and the schema of each.
pub const SCHEMAS: [(&str, &str); 4] = [
    ("plan", include_str!("../schema/plan.schema.json")),
    ("topology", include_str!("../schema/topology.schema.json")),
    ("scenario", include_str!("../schema/scenario.schema.json")),
    ("basket", include_str!("../schema/basket.schema.json")),
];

/// The line by which an editor finds the schema of a file of this kind; `up` leads from the file to the plan's folder.
pub(crate) fn modeline(kind: &str, up: &str) -> String {
    format!("# yaml-language-server: $schema={up}schema/{kind}.schema.json\n")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use jsonschema::Validator;
    use rstest::rstest;
    use serde_json::{Map, Value as Json};

    use super::*;
    use crate::fields::asked::asked_for;
    use crate::node::{Node, Value, read_yaml};
    use crate::problem::Problems;
    use crate::source::{Source, decode};

    fn schema(kind: &str) -> Json {
        let (_, text) = SCHEMAS.iter().find(|(name, _)| *name == kind).unwrap();
        serde_json::from_str(text).unwrap()
    }

    fn plans() -> Vec<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut plans: Vec<PathBuf> = folders
            .filter(|path| path.join("plan.yaml").is_file())
            .collect();
        plans.sort();
        assert!(plans.len() > 9, "{plans:?}");
        plans
    }

    /// Which kind of file a path of a plan is.
    fn kind(path: &str, bytes: &[u8]) -> Option<&'static str> {
        let text = std::str::from_utf8(bytes).ok()?;
        let begins = |key: &str| text.lines().any(|line| line.starts_with(key));
        match path {
            "plan.yaml" => Some("plan"),
            "topology.yaml" => Some("topology"),
            _ if path.starts_with("basket/") => Some("basket"),
            _ if path.ends_with(".yaml") && begins("scenario:") => Some("scenario"),
            _ => None,
        }
    }

    fn json(node: &Node) -> Json {
        match &node.value {
            Value::Empty => Json::Null,
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(json).collect(),
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, node)| (key.value.clone(), json(node)));
                Json::Object(entries.collect::<Map<String, Json>>())
            }
        }
    }

    fn read(bytes: &[u8]) -> Json {
        let source = Arc::new(Source::new(String::new(), decode(bytes).unwrap()));
        json(&read_yaml(&source, &Problems::default()).unwrap())
    }

    /// What an editor marks must be what `lint` marks: no shipped file is marked.
    #[test]
    fn every_shipped_file_is_valid() {
        let validators: BTreeMap<&str, Validator> = SCHEMAS
            .iter()
            .map(|(name, _)| (*name, jsonschema::draft7::new(&schema(name)).unwrap()))
            .collect();
        let mut seen = BTreeSet::new();
        for folder in plans() {
            let plan = crate::load(&folder).expect("a shipped plan");
            for (path, bytes) in &plan.files {
                let Some(kind) = kind(path, bytes) else {
                    continue;
                };
                seen.insert(kind);
                let told: Vec<String> = validators[kind]
                    .iter_errors(&read(bytes))
                    .map(|error| format!("{}: {error}", error.instance_path))
                    .collect();
                assert_eq!(told, Vec::<String>::new(), "{}/{path}", folder.display());
            }
        }
        assert_eq!(seen.len(), SCHEMAS.len());
    }

    /// A slip that `lint` finds by form alone is found by an editor too.
    #[rstest]
    #[case("plan", "rollback: all", "rollback: some")]
    #[case("plan", "margin: 2h", "margn: 2h")]
    #[case("plan", "T18:00+08:00", "T18:00")]
    #[case("plan", "kind: verify", "kind: verfy")]
    #[case("plan", "clause: C3, who", "clauze: C3, who")]
    #[case("topology", "tier: 3", "tier: 4")]
    #[case("topology", "code: H33010000001", "code: K33010000001")]
    #[case("scenario", "outcome: gate", "outcom: gate")]
    #[case("scenario", "swipe: outpatient", "swipe: outpatent")]
    fn a_slip_is_marked(#[case] kind: &str, #[case] from: &str, #[case] to: &str) {
        let file = match kind {
            "scenario" => "bounds.yaml".to_owned(),
            other => format!("{other}.yaml"),
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("starter")
            .join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let planted = text.replacen(from, to, 1);
        assert_ne!(text, planted);
        let validator = jsonschema::draft7::new(&schema(kind)).unwrap();
        assert!(validator.is_valid(&read(text.as_bytes())));
        assert!(!validator.is_valid(&read(planted.as_bytes())));
    }

    /// Reads what no shipped plan has: a case for a person and a HIS, an amendment, a purge, a scenario that is but a duty.
    fn attended() {
        let starter = Path::new(env!("CARGO_MANIFEST_DIR")).join("starter");
        let plan = crate::load(&starter).unwrap();
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in &plan.files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let append = |file: &str, text: &str| {
            let path = dir.path().join(file);
            let before = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, before + text).unwrap();
        };
        append(
            "bounds.yaml",
            "  - case: rows\n    rows: rows.csv\n    steps:\n      - {use: one, with: {who: $(who)}}\n  - case: till\n    steps:\n      - human: {zh: 刷卡, en: swipe}\n      - {await: \"2207\", within: 5m, expect: {setlinfo.psn_cash_pay: {le: 9.00}}}\n      - {await: \"2208\", within: 5m}\n",
        );
        append(
            "bounds.yaml",
            "fragments:\n  one:\n    needs: [who]\n    steps: [{swipe: outpatient, person: $(who)}]\n",
        );
        std::fs::write(dir.path().join("rows.csv"), "who\nearly\n").unwrap();
        append(
            "plan.yaml",
            "amend: [{}]\npurge: [{party: \"insured:330100\"}]\nno_refund: {}\nno_self_pay: {}\nsuspend: [{}]\nopen_points: [{}]\nknown_issues: [{}]\nschedule: {minutes: {outpatient: 5}, agreed: {region: 2}, travel: {between: [{}]}, cards: [{}]}\n",
        );
        let path = dir.path().join("plan.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let duties = "duties:\n";
        assert!(text.contains(duties));
        let text = text.replacen(duties, "duties:\n  - {covers: xx-1}\n", 1);
        std::fs::write(&path, text).unwrap();
        let (_, problems) = crate::check(dir.path());
        assert!(!problems.is_empty(), "its amendments say nothing");
    }

    /// Each mapping of a schema has the keys that its reader asks for, no more and no less.
    #[test]
    fn the_keys_are_those_of_the_readers() {
        for folder in plans() {
            crate::load(&folder).expect("a shipped plan");
        }
        attended();
        let asked = asked_for();
        let mut compared = 0;
        let mut differing = Vec::new();
        for (name, _) in SCHEMAS {
            let schema = schema(name);
            let mut parts: Vec<(String, &Json)> = vec![(name.to_owned(), &schema)];
            let definitions = schema["definitions"].as_object().unwrap();
            parts.extend(definitions.iter().map(|(what, part)| (what.clone(), part)));
            for (what, part) in parts {
                let (Some(keys), Some(asked)) =
                    (part["properties"].as_object(), asked.get(what.as_str()))
                else {
                    continue;
                };
                let keys: BTreeSet<&str> = keys.keys().map(String::as_str).collect();
                let apart: Vec<&&str> = keys.symmetric_difference(asked).collect();
                if !apart.is_empty() {
                    differing.push(format!("{name}: {what}: {apart:?}"));
                }
                compared += 1;
            }
        }
        assert_eq!(differing, Vec::<String>::new());
        assert!(compared >= 20, "{compared} mappings were compared");
    }
}

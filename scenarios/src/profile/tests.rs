//! The shipped files against the table of knobs, and slips in a file of one's own.

use super::*;

/// A file with every knob as a profile has it.
fn written(profile: &Profile) -> String {
    let (mut text, mut open) = (String::new(), Vec::<&str>::new());
    for (key, zh, en, value) in knobs_of(profile) {
        let parts: Vec<&str> = key.split('.').collect();
        let (groups, name) = (&parts[..parts.len() - 1], parts[parts.len() - 1]);
        let same = open.iter().zip(groups).take_while(|(a, b)| a == b).count();
        open.truncate(same);
        for group in &groups[same..] {
            text.push_str(&format!("{}{group}:\n", "  ".repeat(open.len())));
            open.push(group);
        }
        let value = match value.as_str() {
            digits if digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) => {
                format!("\"{digits}\"")
            }
            time if time.contains(':') && !time.contains('{') => format!("\"{time}\""),
            other => other.to_owned(),
        };
        let indent = "  ".repeat(open.len());
        text.push_str(&format!("{indent}{name}: {value}  # {zh} · {en}\n"));
    }
    text
}

fn read(text: &str) -> (Option<Profile>, Vec<String>) {
    let problems = Problems::default();
    let source = Arc::new(Source::new("own.yaml".to_owned(), text));
    let profile = read_text(source, &problems);
    let shown = |problem: &Problem| {
        let (line, column) = problem.line_column().unwrap();
        let help = problem
            .help
            .as_ref()
            .expect(&problem.message.en)
            .to_string();
        format!(
            "{line}:{column} {} {} | {help}",
            problem.code, problem.message.en
        )
    };
    (profile, problems.into_list().iter().map(shown).collect())
}

const OWN: &str = "profile: own\ntitle_zh: 我省\ntitle_en: ours\n";

/// The national edition in code and in its file are one: whatever else a file begins with, it ends there.
#[test]
fn the_national_file_says_every_knob_as_the_code_has_it() {
    let text = SHIPPED_PROFILES[0].1;
    assert!(
        text.contains(&written(&Profile::default())),
        "{}",
        written(&Profile::default())
    );
    let over = text.replacen("\n", "\nbase: guangdong\n", 1);
    assert!(over.contains("base: guangdong"));
    let (read, problems) = read(&over);
    assert_eq!(problems, [] as [String; 0]);
    assert_eq!(read.unwrap(), Profile::default());
}

#[test]
fn every_shipped_profile_is_read_and_differs_from_the_others() {
    let mut seen = Vec::new();
    for (name, text) in SHIPPED_PROFILES {
        let (read, problems) = read(text);
        assert_eq!(problems, [] as [String; 0], "{name}");
        let read = read.unwrap();
        assert_eq!(read.id, name);
        assert_eq!(*shipped_profile(name).unwrap(), read);
        let knobs: Vec<String> = knobs_of(&read).into_iter().map(|knob| knob.3).collect();
        assert!(!seen.contains(&knobs), "{name} says nothing of its own");
        seen.push(knobs);
    }
    assert_eq!(seen.len(), 7);
}

/// What is written is read again, whatever profile it is: no kind loses anything.
#[test]
fn a_profile_survives_its_file() {
    for (name, _) in SHIPPED_PROFILES {
        let profile = shipped_profile(name).unwrap();
        let text = format!(
            "profile: {name}\ntitle_zh: {}\ntitle_en: {}\n{}",
            profile.title_zh,
            profile.title_en,
            written(&profile)
        );
        let (read, problems) = read(&text);
        assert_eq!(problems, [] as [String; 0], "{text}");
        assert_eq!(read.unwrap(), *profile);
    }
}

#[test]
fn the_schema_has_every_knob_and_is_json() {
    let schema = profile_schema();
    let node = serde_saphyr::from_str::<serde_json_free::Any>(&schema);
    assert!(node.is_ok(), "{schema}");
    let mut count = 0;
    for (key, zh, ..) in knobs_of(&Profile::default()) {
        let name = key.rsplit('.').next().unwrap();
        assert!(schema.contains(&format!("\"{name}\":{{")), "{key}");
        assert!(schema.contains(zh), "{key}");
        count += 1;
    }
    assert!(count > 60, "{count} knobs");
}

/// YAML is wider than JSON, and is what we have here.
mod serde_json_free {
    pub(super) type Any = serde::de::IgnoredAny;
}

#[test]
fn every_slip_in_a_profile_is_told_with_its_place_and_a_remedy() {
    let cases = [
        (
            "gatway: {dialect: csb}",
            "4:1 scenario::unknown_key",
            "`gateway`",
        ),
        (
            "gateway: {dialekt: csb}",
            "4:11 scenario::unknown_key",
            "`dialect`",
        ),
        (
            "gateway: {dialect: zhejang}",
            "4:20 scenario::unknown_word",
            "`zhejiang`",
        ),
        (
            "gateway: {path: fsi}",
            "4:17 scenario::unknown_word",
            "{infno}",
        ),
        (
            "gateway: {path: \"/x/{number}\"}",
            "4:17 scenario::unknown_word",
            "{service}",
        ),
        (
            "gateway: {clock_window: 2d}",
            "4:25 scenario::bad_duration",
            "",
        ),
        (
            "gateway: {clock_window: 30}",
            "4:25 scenario::bad_duration",
            "30m",
        ),
        ("gateway: csb", "4:10 scenario::wrong_shape", ""),
        (
            "gateway: {checks: [signature]}",
            "1:1 scenario::contradictory_profile",
            "key",
        ),
        (
            "base: gangdong",
            "4:7 scenario::unknown_profile",
            "`guangdong`",
        ),
        (
            "envelope: {infver: \"1.0.0.0\"}",
            "4:20 scenario::unknown_word",
            "V1.0",
        ),
        ("lines: 0", "4:8 scenario::unknown_word", ""),
        (
            "reversible: [\"2204\"]",
            "4:14 scenario::unknown_word",
            "2207",
        ),
        (
            "recorded: [\"2207\"]",
            "4:12 scenario::unknown_word",
            "recorded",
        ),
        (
            "cleared_at: \"20:00\"",
            "4:13 scenario::missing_key",
            "cleared: day",
        ),
        (
            "cleared: day\ncleared_at: \"25:00\"",
            "5:13 scenario::unknown_word",
            "24:00",
        ),
        ("lines: 5\nlines: 6", "5:1 scenario::duplicate_key", ""),
        (
            "reconciliation: {balanced: \"0\", platform_more: \"0\"}",
            "1:1 scenario::contradictory_profile",
            "代码",
        ),
        (
            "policy: {away_registered: -0.2}",
            "1:1 scenario::contradictory_profile",
            "away",
        ),
        (
            "policy: {away_registered: -2}",
            "4:27 scenario::bad_amount",
            "0.85",
        ),
        (
            "policy: {employee: {cap: 1.234}}",
            "4:26 scenario::bad_amount",
            "12.50",
        ),
        (
            "policy: {employee: {cap: -1}}",
            "4:26 scenario::bad_amount",
            "",
        ),
        (
            "policy: {employee: {outpatient: {tier1: 85}}}",
            "4:41 scenario::bad_amount",
            "0.85",
        ),
        (
            "policy: {employee: {outpatient: {tier4: 0.8}}}",
            "4:34 scenario::unknown_key",
            "`tier1`",
        ),
        (
            "policy: {stay_deductible: {tier1: [1, 2]}}",
            "4:35 scenario::wrong_shape",
            "stay",
        ),
        (
            "policy: {resident: {inpatient: {tier1: [{to: 5, ratio: 0.5}]}}}",
            "4:41 scenario::contradictory_profile",
            "to",
        ),
        (
            "policy: {resident: {inpatient: {tier1: [{to: 5, ratio: 0.5}, {to: 4, ratio: 1}, {ratio: 0}]}}}",
            "4:62 scenario::contradictory_profile",
            "to",
        ),
    ];
    for (slip, place, remedy) in cases {
        let (_, problems) = read(&format!("{OWN}{slip}\n"));
        assert_eq!(problems.len(), 1, "{slip}: {problems:#?}");
        assert!(problems[0].starts_with(place), "{slip}: {problems:#?}");
        assert!(problems[0].contains(remedy), "{slip}: {problems:#?}");
    }
    println!("{} slips", cases.len());
    let (_, problems) = read("lines: 5\n");
    assert_eq!(problems.len(), 3, "{problems:#?}");
}

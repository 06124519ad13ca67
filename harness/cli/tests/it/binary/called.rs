//! 联系人 · Whom to call: copied beside the run from its plan, told beside failures in every report, and never evidence.

use std::fs;

use super::{Bench, copy, crosswipe, plan};

/// pair-demo with people to call at one city, one hospital and the hub.
fn with_contacts(bench: &Bench) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    let path = bench.path("plan").join("plan.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\ncontacts: contacts.csv\n")).unwrap();
    let header = fs::read_to_string(format!("{}/contacts.csv", plan("starter"))).unwrap();
    let header = header.lines().next().unwrap().to_owned();
    let lines = format!(
        "{header}\n330100,医保中心,王主任,0571-1111,李工,0571-3333\n330200,医保中心,王主任,0571-1111,李工,0571-3333\n330000,信息处,,,周工,0571-2222\n"
    );
    fs::write(bench.path("plan").join("contacts.csv"), lines).unwrap();
    bench.text("plan")
}

#[test]
fn whom_to_call_is_copied_beside_the_run_and_told_beside_each_failure() {
    let bench = Bench::new();
    let plan = with_contacts(&bench);
    let args = ["--fault", "accumulator-not-restored", "--lang", "zh"];
    let printed = bench.run_plan(&plan, "run", &args).must_end(1).out;
    let kept = bench.path("run").join("contacts.json");
    assert!(fs::read_to_string(&kept).unwrap().contains("王主任"));
    let call = "医保中心：业务 王主任 0571-1111；信息 李工 0571-3333";
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    assert!(squeezed(&printed).contains(&squeezed(call)), "{printed}");
    let run = bench.text("run");
    let all = [
        "report", &run, "--format", "md", "--format", "html", "--lang", "en",
    ];
    crosswipe(&all).must_end(1);
    let file = |name: &str| fs::read_to_string(bench.path("run").join(name)).unwrap();
    let [md, html] = ["report.md", "report.html"].map(file);
    assert!(
        md.contains("call") && md.contains("business 王主任 0571-1111"),
        "{md}"
    );
    assert!(html.contains("business 王主任 0571-1111"));
    // The journal and the certificate know none of them, and a bundle carries none on its own.
    for name in ["journal.db", "certificate.json"] {
        let bytes = fs::read(bench.path("run").join(name)).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("王主任"),
            "{name}"
        );
    }
    // Gone or broken, they stand in nobody's way.
    fs::write(&kept, "[{").unwrap();
    let told = crosswipe(&["report", &run, "--format", "md", "--lang", "en"]).must_end(1);
    assert!(told.err.contains("contacts cannot be read"), "{}", told.err);
    assert!(!file("report.md").contains("王主任"));
    crosswipe(&["verify", &run]).must_end(1);
}

#[test]
fn the_hub_is_called_by_one_language_at_a_time() {
    let bench = Bench::new();
    let plan = with_contacts(&bench);
    for (lang, named, other) in [("zh", "省平台", "| hub |"), ("en", "| hub |", "省平台")] {
        let told = crosswipe(&["form", "contacts", &plan, "--lang", lang])
            .must_end(0)
            .out;
        assert!(told.contains(named) && !told.contains(other), "{told}");
    }
}

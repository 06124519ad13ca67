//! 拓扑文件 · Reads `topology.yaml`: the hub, the regions, their institutions.
//!
//! Called by `load` before anything that names a place. Not here: the catalogue (`catalogue`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, Institution, InstitutionCode, Profile, Region, Span, Topology, both,
};

use crate::codes;
use crate::fields::{Fields, items};
use crate::folder::Folder;
use crate::his::{read_his, report_shared};
use crate::node::Node;
use crate::problem::{At, Problems, Said, noun};
use crate::profile::{read_profile, recorded};
use crate::timing::{DeskSaid, read_desk};
use crate::words;

/// The national hub's code.
const NATION: &str = "100000";

/// 拓扑文件 · What `topology.yaml` says.
pub(crate) struct Read {
    /// All but the catalogue's items.
    pub(crate) topology: Topology,
    /// Where the catalogue's file is named.
    pub(crate) catalogue: Option<Said<String>>,
    /// 外接 HIS · Where those hospitals' own systems stand that are driven.
    pub(crate) driven: BTreeMap<InstitutionCode, SocketAddr>,
    /// 窗口 · What institutions say of their desks.
    pub(crate) desks: BTreeMap<InstitutionCode, DeskSaid>,
}

/// Reads the whole file; the catalogue is left empty.
pub(crate) fn read_topology(node: &Node, folder: &Folder, problems: &Problems) -> Option<Read> {
    let fields = Fields::of(node, noun("拓扑", "topology"), problems)?;
    let hub = fields.required(
        "hub",
        both!(
            "写上省平台或部平台的代码, 如 `hub: 330000`",
            "name the hub, e.g. `hub: 330000`"
        ),
    );
    let hub = hub
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::division(&said, problems));
    let catalogue = fields.required(
        "catalogue",
        both!(
            "写上目录文件, 如 `catalogue: catalogue.csv`",
            "name the catalogue file, e.g. `catalogue: catalogue.csv`"
        ),
    );
    let catalogue = catalogue.and_then(|node| words::prose(node, problems));
    let all = fields
        .optional("profile")
        .map(|node| read_profile(node, folder, problems))
        .unwrap_or_default();
    let regions = fields.required("regions", both!("列出各统筹区", "list the regions"));
    let mut seen = BTreeSet::new();
    let read: Vec<RegionEntry> = regions
        .map_or(&[][..], |node| items(node, problems))
        .iter()
        .filter_map(|node| region(node, (&all, folder), &mut seen, problems))
        .collect();
    fields.done();
    if let Some(hub) = &hub {
        report_hub(hub, &read, problems);
    }
    report_repeats(&read, problems);
    let mut topology = Topology {
        hub: hub?.value,
        regions: Vec::new(),
        institutions: Vec::new(),
        tariffs: Vec::new(),
        old_platforms: false,
    };
    let (mut driven, mut desks) = (BTreeMap::new(), BTreeMap::new());
    for entry in read {
        for one in entry.institutions {
            let code = one.institution.code.clone();
            desks.insert(code.clone(), one.desk);
            driven.extend(one.his.map(|his| (code, his.value)));
            topology.institutions.push(one.institution);
        }
        topology.regions.push(entry.region);
    }
    topology.regions.sort_by_key(|region| region.code);
    topology.institutions.sort_by(|a, b| a.code.cmp(&b.code));
    Some(Read {
        topology,
        catalogue,
        driven,
        desks,
    })
}

struct RegionEntry {
    region: Region,
    at: At,
    institutions: Vec<InstitutionEntry>,
}

struct InstitutionEntry {
    institution: Institution,
    at: At,
    his: Option<Said<SocketAddr>>,
    desk: DeskSaid,
}

fn region(
    node: &Node,
    (all, folder): (&Arc<Profile>, &Folder),
    seen: &mut BTreeSet<AdmDivision>,
    problems: &Problems,
) -> Option<RegionEntry> {
    let Some(fields) = Fields::of(node, noun("统筹区", "region"), problems) else {
        problems.lost_some(codes::UNKNOWN_DIVISION);
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
        return None;
    };
    let code = fields.required(
        "code",
        both!("写上六位行政区划代码", "give the six-digit code"),
    );
    let code = code
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::division(&said, problems));
    let name = fields
        .required("name", both!("写上地名", "give the name"))
        .and_then(|node| words::prose(node, problems));
    let mut profile = fields.optional("profile").map_or_else(
        || Arc::clone(all),
        |node| read_profile(node, folder, problems),
    );
    if let Some(node) = fields.optional("recorded") {
        let said = words::words(node, problems);
        let more = recorded(&said, problems);
        Arc::make_mut(&mut profile).recorded.extend(more);
    }
    let old = fields
        .optional("old")
        .map(|node| old_platform(node, all, folder, problems));
    let outside = fields
        .optional("outside")
        .map_or(Some(false), |node| words::yes_no(node, problems));
    let listed = fields.required(
        "institutions",
        both!("列出定点医药机构", "list the institutions"),
    );
    if listed.is_none() {
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
    }
    let institutions = listed.map_or(&[][..], |node| items(node, problems));
    // Of a code that stands twice nobody knows which is meant, so none is out of place below it.
    let is_sure = code.as_ref().is_none_or(|said| seen.insert(said.value));
    let institutions: Vec<InstitutionEntry> = institutions
        .iter()
        .filter_map(|node| institution(node, (code.as_ref(), is_sure), problems))
        .collect();
    if let (Some(_), Some(true)) = (&old, outside) {
        let help = both!(
            "删去 old 或 outside",
            "a region outside is not cut over: drop `old` or `outside`"
        );
        let place = fields.key_at("old").unwrap_or(&fields.at);
        let problem = place.error(
            codes::WRONG_SHAPE,
            both!(
                "窗口外的区不切换, 没有旧平台",
                "an old platform of a region outside the window"
            ),
        );
        problems.push(problem.help(help));
    }
    fields.done();
    let Some(code) = code else {
        problems.lost_some(codes::UNKNOWN_DIVISION);
        return None;
    };
    let Some(name) = name else {
        problems.lost(code.value.as_str());
        institutions
            .iter()
            .for_each(|one| problems.lost(one.institution.code.as_str()));
        return None;
    };
    Some(RegionEntry {
        region: Region {
            code: code.value,
            name: name.value,
            profile,
            old: old.flatten(),
            outside: outside.unwrap_or_default(),
        },
        at: code.at,
        institutions,
    })
}

/// 省平台 · A hub has regions of its own province, or is the nation's; where none is, the hub itself is the slip.
fn report_hub(hub: &Said<AdmDivision>, read: &[RegionEntry], problems: &Problems) {
    let of_hub = |entry: &&RegionEntry| entry.region.code.province() == hub.value;
    if hub.value.as_str() == NATION || read.iter().all(|entry| of_hub(&entry)) {
        return;
    }
    if let (false, Some(first)) = (read.iter().any(|entry| of_hub(&entry)), read.first()) {
        let province = first.region.code.province();
        let message = both!(
            "省平台 `{}` 与各统筹区不在一省",
            "no region lies under the hub `{}`",
            hub.value
        );
        let help = both!(
            "写成 `{province}`; 跨省计划的 hub 是 100000",
            "write `{province}`; a plan across provinces has the hub 100000"
        );
        problems.push(hub.at.error(codes::UNKNOWN_DIVISION, message).help(help));
        return;
    }
    for entry in read.iter().filter(|entry| !of_hub(entry)) {
        let message = both!(
            "统筹区 `{}` 不归 `{}` 省平台管",
            "region `{}` does not lie under the hub `{}`",
            entry.region.code,
            hub.value
        );
        let help = both!(
            "改正代码; 跨省计划的 hub 是 100000",
            "mend the code; a plan across provinces has the hub 100000"
        );
        problems.push(entry.at.error(codes::UNKNOWN_DIVISION, message).help(help));
    }
}

/// 旧平台 · `old: {profile: …}`; the profile is the topology's where none is written.
fn old_platform(
    node: &Node,
    all: &Arc<Profile>,
    folder: &Folder,
    problems: &Problems,
) -> Option<Arc<Profile>> {
    let fields = Fields::of(node, noun("旧平台", "old"), problems)?;
    let profile = fields.optional("profile").map_or_else(
        || Arc::clone(all),
        |node| read_profile(node, folder, problems),
    );
    fields.done();
    Some(profile)
}

fn institution(
    node: &Node,
    (region, is_sure): (Option<&Said<AdmDivision>>, bool),
    problems: &Problems,
) -> Option<InstitutionEntry> {
    const TIERS: [(&str, u8); 3] = [("1", 1), ("2", 2), ("3", 3)];
    let Some(fields) = Fields::of(node, noun("机构", "institution"), problems) else {
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
        return None;
    };
    let code = fields.required(
        "code",
        both!(
            "写上机构编号, 如 H33010000001",
            "give its code, e.g. H33010000001"
        ),
    );
    let code = code.and_then(|node| words::word(node, problems));
    let name = fields
        .required("name", both!("写上机构名称", "give its name"))
        .and_then(|node| words::prose(node, problems));
    let tier = fields.required(
        "tier",
        both!("写上等级 1、2 或 3", "give its tier: 1, 2 or 3"),
    );
    let tier = tier
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::one_of(&said, noun("等级", "tier"), &TIERS, problems));
    let his = fields
        .optional("his")
        .and_then(|node| read_his(node, problems));
    let desk = read_desk(&fields, problems);
    fields.done();
    let Some(code) = code else {
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
        return None;
    };
    let parsed = well_formed(&code.value);
    match (&parsed, region) {
        (None, _) => {
            let help = both!(
                "H (医院) 或 P (药店) + 6 位区划 + 5 位",
                "H or P, six digits of the division, five characters"
            );
            problems.push(
                code.at
                    .error(
                        codes::BAD_INSTITUTION,
                        both!(
                            "`{}` 不是机构编号",
                            "`{}` is no institution code",
                            code.value
                        ),
                    )
                    .help(help),
            );
        }
        (Some((_, division)), Some(region))
            if is_sure && region.value.span_to(*division) != Span::Local =>
        {
            let message = both!(
                "机构 `{}` 的编号属 `{division}`, 却写在 `{}` 下面",
                "institution `{}` carries the division `{division}`, but stands under `{}`",
                code.value,
                region.value
            );
            problems.push(
                code.at
                    .error(codes::BAD_INSTITUTION, message)
                    .help(both!("移到所属统筹区下", "move it under its own region")),
            );
            problems.lost_some(codes::UNKNOWN_INSTITUTION);
        }
        _ => {}
    }
    match (parsed, name, region, tier) {
        (Some((parsed, _)), Some(name), Some(region), Some(tier)) => {
            let institution = Institution {
                code: parsed,
                name: name.value,
                region: region.value,
                tier,
            };
            Some(InstitutionEntry {
                institution,
                at: code.at,
                his,
                desk,
            })
        }
        (None, ..) => {
            problems.lost_some(codes::UNKNOWN_INSTITUTION);
            None
        }
        _ => {
            problems.lost(&code.value);
            None
        }
    }
}

/// The code and the division inside it, if `text` is `H` or `P`, a division, and five letters or digits.
fn well_formed(text: &str) -> Option<(InstitutionCode, AdmDivision)> {
    let rest = text.strip_prefix(['H', 'P'])?;
    if rest.len() != 11 || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    Some((
        InstitutionCode::parse(text).ok()?,
        AdmDivision::parse(&rest[..6]).ok()?,
    ))
}

fn report_repeats(read: &[RegionEntry], problems: &Problems) {
    let all = read.iter().flat_map(|entry| &entry.institutions);
    report_shared(all.filter_map(|one| one.his.as_ref()), problems);
    let codes: Vec<Said<String>> = read
        .iter()
        .map(|entry| Said {
            value: entry.region.code.to_string(),
            at: entry.at.clone(),
        })
        .collect();
    let before = problems.len();
    words::report_duplicates(noun("统筹区", "region"), &codes, problems);
    let institutions: Vec<Said<String>> = read
        .iter()
        .flat_map(|entry| &entry.institutions)
        .map(|one| Said {
            value: one.institution.code.to_string(),
            at: one.at.clone(),
        })
        .collect();
    words::report_duplicates(noun("机构", "institution"), &institutions, problems);
    if problems.len() > before {
        // One of two equal codes was meant to be another.
        problems.lost_some(codes::UNKNOWN_DIVISION);
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
    }
}

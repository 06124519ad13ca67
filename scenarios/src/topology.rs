//! 拓扑文件 · Reads `topology.yaml`: the hub, the regions, their institutions.
//!
//! Called by `load` before anything that names a place. Not here: the catalogue (`catalogue`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, Institution, InstitutionCode, Profile, Region, Span, Topology,
};

use crate::codes;
use crate::fields::{Fields, items};
use crate::folder::Folder;
use crate::his::{read_his, report_shared};
use crate::node::Node;
use crate::problem::{At, Problems, Said};
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
    let fields = Fields::of(node, "topology", problems)?;
    let hub = fields.required(
        "hub",
        "写上省平台或部平台的代码, 如 `hub: 330000` · name the hub, e.g. `hub: 330000`",
    );
    let hub = hub
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::division(&said, problems));
    let catalogue = fields.required(
        "catalogue",
        "写上目录文件, 如 `catalogue: catalogue.csv` · name the catalogue file",
    );
    let catalogue = catalogue.and_then(|node| words::prose(node, problems));
    let all = fields
        .optional("profile")
        .map(|node| read_profile(node, folder, problems))
        .unwrap_or_default();
    let regions = fields.required("regions", "列出各统筹区 · list the regions");
    let read: Vec<RegionEntry> = regions
        .map_or(&[][..], |node| items(node, problems))
        .iter()
        .filter_map(|node| region(node, hub.as_ref(), (&all, folder), problems))
        .collect();
    fields.done();
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
    hub: Option<&Said<AdmDivision>>,
    (all, folder): (&Arc<Profile>, &Folder),
    problems: &Problems,
) -> Option<RegionEntry> {
    let Some(fields) = Fields::of(node, "region", problems) else {
        problems.lost_some(codes::UNKNOWN_DIVISION);
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
        return None;
    };
    let code = fields.required("code", "写上六位行政区划代码 · give the six-digit code");
    let code = code
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::division(&said, problems));
    let name = fields
        .required("name", "写上地名 · give the name")
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
    let outside = fields
        .optional("outside")
        .map_or(Some(false), |node| words::yes_no(node, problems));
    let listed = fields.required("institutions", "列出定点医药机构 · list the institutions");
    let institutions = listed.map_or(&[][..], |node| items(node, problems));
    let institutions: Vec<InstitutionEntry> = institutions
        .iter()
        .filter_map(|node| institution(node, code.as_ref(), problems))
        .collect();
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
    if let Some(hub) = hub
        && hub.value.as_str() != NATION
        && code.value.province() != hub.value
    {
        let message = format!(
            "region `{}` does not lie under the hub `{}`",
            code.value, hub.value
        );
        let help = "跨省计划的 hub 是 100000 · a plan across provinces has the hub 100000";
        problems.push(code.at.error(codes::UNKNOWN_DIVISION, message).help(help));
    }
    Some(RegionEntry {
        region: Region {
            code: code.value,
            name: name.value,
            profile,
            outside: outside.unwrap_or_default(),
        },
        at: code.at,
        institutions,
    })
}

fn institution(
    node: &Node,
    region: Option<&Said<AdmDivision>>,
    problems: &Problems,
) -> Option<InstitutionEntry> {
    const TIERS: [(&str, u8); 3] = [("1", 1), ("2", 2), ("3", 3)];
    let Some(fields) = Fields::of(node, "institution", problems) else {
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
        return None;
    };
    let code = fields.required(
        "code",
        "写上机构编号, 如 H33010000001 · give its code, e.g. H33010000001",
    );
    let code = code.and_then(|node| words::word(node, problems));
    let name = fields
        .required("name", "写上机构名称 · give its name")
        .and_then(|node| words::prose(node, problems));
    let tier = fields.required("tier", "写上等级 1、2 或 3 · give its tier: 1, 2 or 3");
    let tier = tier
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::one_of(&said, "tier", &TIERS, problems));
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
            let help = "H (医院) 或 P (药店) + 6 位区划 + 5 位 · H or P, six digits of the division, five characters";
            problems.push(
                code.at
                    .error(
                        codes::BAD_INSTITUTION,
                        format!("`{}` is no institution code", code.value),
                    )
                    .help(help),
            );
        }
        (Some((_, division)), Some(region)) if region.value.span_to(*division) != Span::Local => {
            let message = format!(
                "institution `{}` carries the division `{division}`, but stands under `{}`",
                code.value, region.value
            );
            problems.push(
                code.at
                    .error(codes::BAD_INSTITUTION, message)
                    .help("移到所属统筹区下 · move it under its own region"),
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
    words::report_duplicates("region", &codes, problems);
    let institutions: Vec<Said<String>> = read
        .iter()
        .flat_map(|entry| &entry.institutions)
        .map(|one| Said {
            value: one.institution.code.to_string(),
            at: one.at.clone(),
        })
        .collect();
    words::report_duplicates("institution", &institutions, problems);
    if problems.len() > before {
        // One of two equal codes was meant to be another.
        problems.lost_some(codes::UNKNOWN_DIVISION);
        problems.lost_some(codes::UNKNOWN_INSTITUTION);
    }
}

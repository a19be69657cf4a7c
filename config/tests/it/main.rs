//! What a person sees of the configuration: files in, config or messages out.

mod alerts;
mod example;
mod load;
mod messages;
mod plans;
mod process;
mod reposts;
mod schema;
mod sending;

use std::path::Path;

use inflow_config::{Config, ConfigError};

/// A config folder that is removed again.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder is made");
        std::fs::write(path, bytes).expect("a file is written");
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let env = || env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::load(&self.path().join("inflow.toml"), &env)
    }

    /// The messages of a config that must not load, with paths relative to the folder.
    fn messages(&self, env: &[(&str, &str)]) -> String {
        let error = self.load(env).expect_err("the config must be refused");
        error.to_string().replace(&format!("{}/", self.path().display()), "")
    }
}

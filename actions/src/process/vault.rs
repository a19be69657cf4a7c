//! Contact data of systems that cannot be asked: a file outside of the data folder, encrypted with age (age-encryption.org/v1).

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::send::SendError;

/// Bytes of a vault that are read at most.
const LARGEST: u64 = 256 << 20;

/// Where a vault is: `~/` is the home folder, relative paths are of the configuration's folder.
pub fn path(base: &Path, file: &str) -> Result<PathBuf, SendError> {
    match file.strip_prefix("~/") {
        Some(rest) => {
            let home =
                std::env::var_os("HOME").ok_or_else(|| SendError::refused("the vault is in the home folder, and HOME is not set"))?;
            Ok(PathBuf::from(home).join(rest))
        }
        None => Ok(base.join(file)),
    }
}

/// Opens a vault: a JSON object from `connection:application` to what is known of the case.
pub fn open(path: &Path, identity: &SecretString) -> Result<HashMap<String, Value>, SendError> {
    let refused = |what: String| SendError::refused(format!("the vault {what}")).hint("docs/process.md says how a vault is made");
    let identity = age::x25519::Identity::from_str(identity.expose_secret())
        .map_err(|error| refused(format!("has an identity that is none: {error}")))?;
    let file = std::fs::File::open(path).map_err(|error| refused(format!("{} cannot be read: {error}", path.display())))?;
    let decryptor = age::Decryptor::new_buffered(std::io::BufReader::new(file));
    let decryptor = decryptor.map_err(|error| refused(format!("{} is not encrypted with age: {error}", path.display())))?;
    let clear = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity));
    let clear = clear.map_err(|error| refused(format!("{} is not opened by its identity: {error}", path.display())))?;
    let mut text = Vec::new();
    clear.take(LARGEST).read_to_end(&mut text).map_err(|error| refused(format!("{} is damaged: {error}", path.display())))?;
    // The error would repeat what is in it.
    serde_json::from_slice(&text).map_err(|_| refused(format!("{} holds no JSON object", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_vault_is_opened_by_its_identity_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contacts.age");
        let (own, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
        let recipient = own.to_public();
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
        let mut writer = encryptor.wrap_output(std::fs::File::create(&file).unwrap()).unwrap();
        writer.write_all(r#"{"ats:a1": {"phone": "19900000001", "name": "测试甲"}}"#.as_bytes()).unwrap();
        writer.finish().unwrap();
        let opened = open(&file, &own.to_string()).unwrap();
        assert_eq!(opened["ats:a1"]["phone"], "19900000001");
        assert!(!String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains("1990000"), "nothing in clear");
        let said = |identity: &SecretString, path: &Path| open(path, identity).unwrap_err().message;
        assert!(said(&other.to_string(), &file).contains("is not opened by its identity"));
        assert!(said(&"password".into(), &file).contains("has an identity that is none"));
        std::fs::write(folder.path().join("plain.json"), "{}").unwrap();
        assert!(said(&own.to_string(), &folder.path().join("plain.json")).contains("is not encrypted with age"));
    }
}

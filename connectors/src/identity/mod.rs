//! Who a candidate is, without saying it: normalised forms of names, phones and mails become keyed
//! digests before anything touches the disk.
//!
//! A digest is 16 bytes of keyed BLAKE3 over its kind and the normalised form. The key lives outside
//! the data folder; without it a digest leads nowhere, but it is still personal data. A change of a
//! normaliser raises [`NORMALISER`] and the version of the kinds that it makes ([`DigestKind::normaliser`]). Equal digests of a
//! kind stand for equal forms whatever their versions; that they differ across versions says nothing.

mod keys;
mod mail;
mod mask;
mod name;
mod party;
mod phone;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use keys::first_u64;
pub use keys::{IdentityError, IdentityKeys, Source};
pub use mail::{MailForms, mail_forms};
pub use mask::mask_text;
pub(crate) use mask::may_hide;
pub use name::{NameForms, birth_year, full_name, name_forms};
pub use party::is_party_code;
pub(crate) use party::{keep_party, party_form};
pub use phone::{PhoneReading, read_phone};

/// Version of the normalisers below. 2: mobile numbers of ranges that no list knows, numbers in mail addresses, tags of all providers. 3: forms of address.
pub const NORMALISER: u16 = 3;

/// What a digest was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DigestKind {
    /// Phone number in E.164.
    PhoneE164,
    /// Mail address as written, lower case.
    EmailExact,
    /// Mail address as its provider delivers it (no `+tag`, Gmail's dots).
    EmailCanonical,
    /// What stands before the @.
    EmailLocal,
    /// The number in what stands before the @.
    EmailDigits,
    /// Full name.
    NameExact,
    /// Full name in pinyin, or the letters of a Latin name.
    NamePinyin,
    /// Family name.
    Surname,
    /// A masked name as boards show it, family name and form of address in one: 张女士. Like the year of birth it is for linking alone.
    NameAddressed,
    /// Year of birth.
    BirthYear,
    /// Nothing of the person: what all lines of one erased person have in common, so that they stay one in every count.
    Erased,
}

impl DigestKind {
    /// The word in landing and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            DigestKind::PhoneE164 => "phone_e164",
            DigestKind::EmailExact => "email_exact",
            DigestKind::EmailCanonical => "email_canonical",
            DigestKind::EmailLocal => "email_local",
            DigestKind::EmailDigits => "email_digits",
            DigestKind::NameExact => "name_exact",
            DigestKind::NamePinyin => "name_pinyin",
            DigestKind::Surname => "surname",
            DigestKind::NameAddressed => "name_addressed",
            DigestKind::BirthYear => "birth_year",
            DigestKind::Erased => "erased",
        }
    }

    /// The version of its normaliser: the last one of [`NORMALISER`] that changed what this kind is made of.
    pub fn normaliser(self) -> u16 {
        match self {
            DigestKind::PhoneE164 | DigestKind::EmailCanonical | DigestKind::EmailLocal | DigestKind::EmailDigits => 2,
            DigestKind::NameAddressed => 3,
            _ => 1,
        }
    }

    /// Whether equal digests mean the same person: whole phones and mails only.
    pub fn links(self) -> bool {
        matches!(self, DigestKind::PhoneE164 | DigestKind::EmailExact | DigestKind::EmailCanonical)
    }
}

/// A keyed digest. In JSON `[kind, normaliser, key id, hex]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    /// What it was made of.
    pub kind: DigestKind,
    /// Version of the normaliser.
    pub normaliser: u16,
    /// Id of the key.
    pub key_id: KeyId,
    /// The digest itself.
    pub value: [u8; 16],
}

/// First 8 hex digits of the identity key's own digest, as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyId([u8; 8]);

/// A digest's 32 hex digits, as text, without room of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexDigest([u8; 32]);

impl Digest {
    /// As landing and the store write it.
    pub fn hex(&self) -> HexDigest {
        let mut digits = [b'0'; 32];
        // The room is twice the bytes, so this cannot fail.
        let _ = hex::encode_to_slice(self.value, &mut digits);
        HexDigest(digits)
    }
}

impl KeyId {
    /// A key's id out of its text; `None` when that is not eight letters or digits.
    pub fn parse(text: &str) -> Option<KeyId> {
        let bytes = text.as_bytes().as_array::<8>()?;
        text.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(KeyId(*bytes))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for KeyId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for HexDigest {
    fn as_ref(&self) -> &str {
        self
    }
}

impl std::ops::Deref for HexDigest {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.kind, self.normaliser, self.key_id.as_str(), &*self.hex()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let (kind, normaliser, key_id, hex) = <(DigestKind, u16, Cow<'de, str>, Cow<'de, str>)>::deserialize(deserializer)?;
        let key_id = KeyId::parse(&key_id).ok_or_else(|| D::Error::custom("not a key's id"))?;
        let mut value = [0; 16];
        hex::decode_to_slice(hex.as_bytes(), &mut value).map_err(|_| D::Error::custom("not a digest of 32 hex digits"))?;
        Ok(Digest { kind, normaliser, key_id, value })
    }
}

/// Something about a person's data that bears on linking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// `138****1234`.
    MaskedPhone,
    /// A number that the board lends: many people over time.
    RelayPhone,
    /// Not a phone number.
    InvalidPhone,
    /// Not a mail address, or a masked one.
    InvalidEmail,
    /// The name is given in letters only: that it differs from one in Chinese characters says nothing.
    LatinName,
}

impl Flag {
    /// The word in landing and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::MaskedPhone => "masked_phone",
            Flag::RelayPhone => "relay_phone",
            Flag::InvalidPhone => "invalid_phone",
            Flag::InvalidEmail => "invalid_email",
            Flag::LatinName => "latin_name",
        }
    }
}

/// A person as landed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Sorted, without repeats.
    pub digests: Vec<Digest>,
    /// Sorted, without repeats.
    pub flags: Vec<Flag>,
}

/// A person in clear: exists in memory only, between the answer of a board and its digests.
#[derive(Default)]
pub struct Person {
    /// Full names.
    pub names: Vec<String>,
    /// Phone numbers.
    pub phones: Vec<String>,
    /// Mail addresses.
    pub emails: Vec<String>,
    /// Years or dates of birth.
    pub births: Vec<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// The digests and flags of a person. `country` is the ISO code of phone numbers without one.
pub fn digest_person(keys: &IdentityKeys, person: &Person, country: &str) -> Identity {
    let mut digests = Vec::with_capacity(8);
    let mut flags = BTreeSet::new();
    for phone in person.phones.iter().filter(|text| !text.trim().is_empty()) {
        match read_phone(phone, country) {
            PhoneReading::Number(e164) => {
                digests.push(keys.digest(DigestKind::PhoneE164, &e164));
            }
            PhoneReading::Unusable(flag) => {
                flags.insert(flag);
            }
        }
    }
    for mail in person.emails.iter().filter(|text| !text.trim().is_empty()) {
        let Some(forms) = mail_forms(mail) else {
            flags.insert(Flag::InvalidEmail);
            continue;
        };
        digests.push(keys.digest(DigestKind::EmailExact, &forms.exact));
        digests.push(keys.digest(DigestKind::EmailCanonical, &forms.canonical));
        digests.push(keys.digest(DigestKind::EmailLocal, &forms.local));
        digests.extend(forms.digits.map(|digits| keys.digest(DigestKind::EmailDigits, &digits)));
        // Whose address is a phone number has that phone.
        if let Some(PhoneReading::Number(e164)) = forms.phone.map(|phone| read_phone(&phone, "CN")) {
            digests.push(keys.digest(DigestKind::PhoneE164, &e164));
        }
    }
    let forms: Vec<NameForms> = person.names.iter().map(|name| name_forms(name)).collect();
    if forms.iter().any(|forms| forms.exact.is_some()) && forms.iter().all(|forms| forms.latin) {
        flags.insert(Flag::LatinName);
    }
    for forms in forms {
        let kinds = [DigestKind::NameExact, DigestKind::NamePinyin, DigestKind::Surname, DigestKind::NameAddressed];
        for (kind, form) in kinds.into_iter().zip([forms.exact, forms.pinyin, forms.surname, forms.addressed]) {
            digests.extend(form.map(|form| keys.digest(kind, &form)));
        }
    }
    digests
        .extend(person.births.iter().filter_map(|text| birth_year(text).map(|year| keys.digest(DigestKind::BirthYear, &year.to_string()))));
    digests.sort_unstable();
    digests.dedup();
    Identity { digests, flags: flags.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, phone: &str, email: &str) -> Person {
        Person { names: vec![name.into()], phones: vec![phone.into()], emails: vec![email.into()], births: vec![] }
    }

    #[test]
    fn the_same_person_written_twice_links() {
        let keys = IdentityKeys::fixed_for_tests();
        let a = digest_person(&keys, &person("林小雨", "139 0000 1234", "Lin.Xiaoyu+job@gmail.com"), "CN");
        let b = digest_person(&keys, &person("Lin Xiaoyu", "+86-13900001234", "linxiaoyu@gmail.com"), "CN");
        let shared: Vec<DigestKind> = a.digests.iter().filter(|digest| b.digests.contains(digest)).map(|digest| digest.kind).collect();
        let expected = [DigestKind::PhoneE164, DigestKind::EmailCanonical, DigestKind::EmailLocal, DigestKind::NamePinyin];
        assert_eq!(shared, expected);
    }

    #[test]
    fn masked_phones_and_bad_mails_are_flagged_and_never_digested() {
        let keys = IdentityKeys::fixed_for_tests();
        let identity = digest_person(&keys, &person("", "138****1234", "l***@qq.com"), "CN");
        assert_eq!(identity.flags, [Flag::MaskedPhone, Flag::InvalidEmail]);
        assert!(identity.digests.is_empty());
    }

    #[test]
    fn another_key_gives_another_digest() {
        let a = IdentityKeys::from_bytes([1; 32], [2; 32]);
        let b = IdentityKeys::from_bytes([3; 32], [2; 32]);
        let (da, db) = (a.digest(DigestKind::PhoneE164, "+8613900001234"), b.digest(DigestKind::PhoneE164, "+8613900001234"));
        assert_ne!(da.value, db.value);
        assert_ne!(da.key_id, db.key_id);
    }

    #[test]
    fn a_person_does_not_print() {
        assert_eq!(format!("{:?}", person("林小雨", "13900001234", "")), "Person(..)");
    }
}

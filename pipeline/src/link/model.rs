//! The weights of the evidence, from the file that is frozen with the release.

use serde::Deserialize;

/// The file; see its own words on where the values come from.
const MODEL: &str = include_str!("link_model_v2.toml");

/// Hundredths of a bit: sums of whole numbers do not depend on their order.
pub type Weight = i32;

const BIT: f64 = 100.0;

/// One way in which two rows compare: its share among pairs of one person, and of different people.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shares {
    m: f64,
    u: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    prior: f64,
    threshold: f64,
    phone: Key,
    mail: Mail,
    name: Name,
    birth_year: Key,
    posting: Posting,
    days: Days,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    agree: Shares,
    differ: Shares,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    agree: Shares,
    digits: Shares,
    local: Shares,
    differ: Shares,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    exact: Shares,
    pinyin: Shares,
    surname: Shares,
    surname_differ: Shares,
    addressed: Shares,
    addressed_differ: Shares,
    given_differ: Shares,
    differ: Shares,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Posting {
    agree: Shares,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    within_1: Shares,
    within_30: Shares,
    beyond: Shares,
}

/// Weights in hundredths of a bit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained in the file of the model, under its own name")]
pub struct Model {
    pub version: u32,
    pub prior: Weight,
    pub threshold: Weight,
    pub phone_agree: Weight,
    pub phone_differ: Weight,
    pub mail_agree: Weight,
    pub mail_digits: Weight,
    pub mail_local: Weight,
    pub mail_differ: Weight,
    pub name_exact: Weight,
    pub name_pinyin: Weight,
    pub surname: Weight,
    pub surname_differ: Weight,
    pub addressed: Weight,
    pub addressed_differ: Weight,
    pub given_differ: Weight,
    pub name_differ: Weight,
    pub birth_agree: Weight,
    pub birth_differ: Weight,
    pub posting_agree: Weight,
    pub days_1: Weight,
    pub days_30: Weight,
    pub days_beyond: Weight,
}

impl Model {
    /// The model of this release.
    ///
    /// # Errors
    /// When the file is damaged, which its test would tell.
    pub fn shipped() -> Result<Self, toml::de::Error> {
        Self::read(MODEL)
    }

    /// Reads a model of the same shape.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        Ok(Self {
            version: file.version,
            prior: bits((file.prior / (1.0 - file.prior)).log2()),
            threshold: bits(file.threshold),
            phone_agree: weight(file.phone.agree),
            phone_differ: weight(file.phone.differ),
            mail_agree: weight(file.mail.agree),
            mail_digits: weight(file.mail.digits),
            mail_local: weight(file.mail.local),
            mail_differ: weight(file.mail.differ),
            name_exact: weight(file.name.exact),
            name_pinyin: weight(file.name.pinyin),
            surname: weight(file.name.surname),
            surname_differ: weight(file.name.surname_differ),
            addressed: weight(file.name.addressed),
            addressed_differ: weight(file.name.addressed_differ),
            given_differ: weight(file.name.given_differ),
            name_differ: weight(file.name.differ),
            birth_agree: weight(file.birth_year.agree),
            birth_differ: weight(file.birth_year.differ),
            posting_agree: weight(file.posting.agree),
            days_1: weight(file.days.within_1),
            days_30: weight(file.days.within_30),
            days_beyond: weight(file.days.beyond),
        })
    }
}

fn weight(shares: Shares) -> Weight {
    bits((shares.m / shares.u).log2())
}

/// Values that the file cannot mean (not a number, beyond all bounds) become what `as` makes of them: 0, or the greatest.
#[expect(clippy::cast_possible_truncation, reason = "a weight is some tens of bits")]
fn bits(value: f64) -> Weight {
    (value * BIT).round() as Weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_weighs_as_its_file_says() {
        let model = Model::shipped().unwrap();
        assert_eq!((model.version, model.prior, model.threshold), (2, -1993, 300));
        assert_eq!(model.phone_agree, 2634);
        // A phone or a mail is enough where nothing speaks against it, and not against another name.
        for key in [model.phone_agree, model.mail_agree] {
            assert!(model.prior + key >= model.threshold);
            assert!(model.prior + key + model.name_differ < model.threshold);
            assert!(model.prior + key + model.given_differ < model.threshold);
        }
        // Whose masked names say two forms of address are kin; a number in two mails is enough beside one of them, not beside a family name.
        assert!(model.prior + model.phone_agree + model.addressed_differ < model.threshold);
        assert!(model.prior + model.mail_digits + model.addressed >= model.threshold);
        assert!(model.prior + model.mail_digits + model.surname < model.threshold);
        // No name is, however much else fits.
        assert!(model.prior + model.name_exact + model.birth_agree < model.threshold);
        assert!(model.prior + model.mail_local + model.name_exact < model.threshold);
    }
}

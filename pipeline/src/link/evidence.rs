//! How much speaks for two rows, or two groups of rows, being one person.

use super::model::{Model, Weight};
use super::rows::{Days, Kind, bare};

/// What is known of a row or of a group: sorted values, and when it applied.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Sorted values.
    pub values: &'a [u64],
    /// First and last day.
    pub days: Days,
}

/// What two have in common; a set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Basis(u16);

impl Basis {
    pub(crate) const PHONE: Self = Self(1);
    pub(crate) const MAIL: Self = Self(1 << 1);
    pub(crate) const DIGITS: Self = Self(1 << 2);
    pub(crate) const LOCAL: Self = Self(1 << 3);
    pub(crate) const NAME: Self = Self(1 << 4);
    pub(crate) const PINYIN: Self = Self(1 << 5);
    pub(crate) const SURNAME: Self = Self(1 << 6);
    pub(crate) const BIRTH: Self = Self(1 << 7);
    pub(crate) const POSTING: Self = Self(1 << 8);
    pub(crate) const DAYS: Self = Self(1 << 9);
    pub(crate) const DECISION: Self = Self(1 << 10);

    /// Both sets together.
    #[must_use]
    pub fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether all reasons of another set are in this one.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The reasons as the store names them, sorted.
    pub fn words(self) -> Vec<&'static str> {
        const WORDS: [(Basis, &str); 11] = [
            (Basis::BIRTH, "birth_year"),
            (Basis::DAYS, "days"),
            (Basis::DECISION, "decision"),
            (Basis::MAIL, "email_canonical"),
            (Basis::DIGITS, "email_digits"),
            (Basis::LOCAL, "email_local"),
            (Basis::NAME, "name_exact"),
            (Basis::PINYIN, "name_pinyin"),
            (Basis::PHONE, "phone_e164"),
            (Basis::POSTING, "posting"),
            (Basis::SURNAME, "surname"),
        ];
        WORDS.into_iter().filter(|(reason, _)| self.0 & reason.0 != 0).map(|(_, word)| word).collect()
    }
}

/// Weight and reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Hundredths of a bit, prior included.
    pub weight: Weight,
    /// What agrees.
    pub basis: Basis,
}

/// How one kind compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// One of the two does not tell.
    Silent,
    Agree,
    Differ,
}

/// Weighs all that two tell.
pub fn weigh(model: &Model, a: Facts<'_>, b: Facts<'_>) -> Verdict {
    let level = |kind: Kind| level(kind.among(a.values), kind.among(b.values));
    let mut verdict = Verdict { weight: model.prior, basis: Basis::default() };
    let mut add = |weight: Weight, basis: Basis| {
        verdict.weight += weight;
        verdict.basis = verdict.basis.with(basis);
    };
    let (phone, mail) = (level(Kind::Phone), level(Kind::Mail));
    match phone {
        Level::Agree => add(model.phone_agree, Basis::PHONE),
        Level::Differ => add(model.phone_differ, Basis::default()),
        Level::Silent => {}
    }
    let (digits, local) = (level(Kind::Digits) == Level::Agree, level(Kind::Local) == Level::Agree);
    match mail {
        Level::Agree => add(model.mail_agree, Basis::MAIL),
        Level::Differ if digits => add(model.mail_digits, Basis::DIGITS),
        Level::Differ if local => add(model.mail_local, Basis::LOCAL),
        Level::Differ => add(model.mail_differ, Basis::default()),
        Level::Silent => {}
    }
    let (weight, basis) = name(model, a, b);
    add(weight, basis);
    match level(Kind::Birth) {
        Level::Agree => add(model.birth_agree, Basis::BIRTH),
        Level::Differ => add(model.birth_differ, Basis::default()),
        Level::Silent => {}
    }
    let keyed = phone == Level::Agree || mail == Level::Agree;
    if !keyed {
        if level(Kind::Posting) == Level::Agree {
            add(model.posting_agree, Basis::POSTING);
        }
        match a.days.between(b.days) {
            Some(0..=1) => add(model.days_1, Basis::DAYS),
            Some(2..=30) => add(model.days_30, Basis::DAYS),
            Some(_) => add(model.days_beyond, Basis::default()),
            None => {}
        }
        // Two of one name are told apart by what only one person has. Namesakes are many, and twins have much else in common.
        if !digits && (phone == Level::Differ || mail == Level::Differ) {
            verdict.weight = verdict.weight.min(model.threshold - 1);
        }
    }
    verdict
}

fn name(model: &Model, a: Facts<'_>, b: Facts<'_>) -> (Weight, Basis) {
    let of = |kind: Kind| (kind.among(a.values), kind.among(b.values));
    let level = |kind: Kind| level(of(kind).0, of(kind).1);
    let (chinese, latin) = (level(Kind::Name), level(Kind::LatinName));
    if chinese == Level::Agree || latin == Level::Agree {
        return (model.name_exact, Basis::NAME);
    }
    if sound_alike(a, b) {
        return (model.name_pinyin, Basis::PINYIN);
    }
    let surname = level(Kind::Surname);
    if chinese == Level::Differ || latin == Level::Differ {
        let kin = surname == Level::Agree || level(Kind::LatinSurname) == Level::Agree;
        return (if kin { model.given_differ } else { model.name_differ }, Basis::default());
    }
    match (surname, level(Kind::Addressed)) {
        (Level::Agree, Level::Agree) => (model.addressed, Basis::SURNAME),
        // 张先生 and 张女士.
        (Level::Agree, Level::Differ) => (model.addressed_differ, Basis::default()),
        (Level::Agree, Level::Silent) => (model.surname, Basis::SURNAME),
        (Level::Differ, _) => (model.surname_differ, Basis::default()),
        (Level::Silent, _) => (0, Basis::default()),
    }
}

/// 林小雨 and Lin Xiaoyu.
fn sound_alike(a: Facts<'_>, b: Facts<'_>) -> bool {
    let sounds = |facts: Facts<'_>| -> Vec<u64> {
        Kind::Pinyin.among(facts.values).iter().chain(Kind::LatinPinyin.among(facts.values)).map(|value| bare(*value)).collect()
    };
    let (a, b) = (sounds(a), sounds(b));
    a.iter().any(|sound| b.contains(sound))
}

fn level(a: &[u64], b: &[u64]) -> Level {
    if a.is_empty() || b.is_empty() {
        return Level::Silent;
    }
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Equal => return Level::Agree,
            std::cmp::Ordering::Less => a.next(),
            std::cmp::Ordering::Greater => b.next(),
        };
    }
    Level::Differ
}

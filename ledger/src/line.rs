//! A line of the ledger, its words as numbers.

use hashbrown::HashMap;

/// What a ledger line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Money into a wallet. Never cost.
    Recharge,
    /// Units that the board gave.
    BonusCredit,
    /// Units or money of a wallet that were used.
    Consumption,
    /// What a package cost.
    Package,
    /// Units of a package that were used.
    PackageUnit,
    /// Clicks.
    Cpc,
    /// A day's advertising.
    Daily,
    /// The use of a board from a day to a day.
    Subscription,
    /// Refreshes of postings.
    Refresh,
    /// Money back.
    Refund,
    /// Units of a wallet, or of a package, that were lost unused.
    Expiry,
    /// For who brought somebody.
    ReferralBonus,
    /// For a head-hunter.
    HeadhunterFee,
    /// An agency's discount afterwards.
    Rebate,
    /// A fee or bonus that is taken back.
    Clawback,
    /// A correction.
    Adjustment,
}

impl Kind {
    /// Every kind with its word in the ledger.
    pub const ALL: [(Kind, &'static str); 16] = [
        (Self::Recharge, "recharge"),
        (Self::BonusCredit, "bonus_credit"),
        (Self::Consumption, "consumption"),
        (Self::Package, "package"),
        (Self::PackageUnit, "package_unit"),
        (Self::Cpc, "cpc"),
        (Self::Daily, "daily"),
        (Self::Subscription, "subscription"),
        (Self::Refresh, "refresh"),
        (Self::Refund, "refund"),
        (Self::Expiry, "expiry"),
        (Self::ReferralBonus, "referral_bonus"),
        (Self::HeadhunterFee, "headhunter_fee"),
        (Self::Rebate, "rebate"),
        (Self::Clawback, "clawback"),
        (Self::Adjustment, "adjustment"),
    ];

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    /// True where money comes back, whichever sign the line has.
    pub fn gives_back(self) -> bool {
        matches!(self, Self::Refund | Self::Rebate | Self::Clawback)
    }
}

/// A word by its number in [`Words`]; 0 is the empty word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Word(pub u32);

/// Words, each once.
#[derive(Debug, Clone)]
pub struct Words {
    numbers: HashMap<Box<str>, u32>,
    words: Vec<Box<str>>,
}

impl Default for Words {
    fn default() -> Self {
        Self { numbers: HashMap::from([("".into(), 0)]), words: vec!["".into()] }
    }
}

impl Words {
    /// The number of a word, a new one for a new word.
    pub fn number(&mut self, word: &str) -> Word {
        if let Some(number) = self.numbers.get(word) {
            return Word(*number);
        }
        let number = self.words.len() as u32;
        self.words.push(word.into());
        self.numbers.insert(word.into(), number);
        Word(number)
    }

    /// The word of a number.
    pub fn word(&self, word: Word) -> &str {
        self.words.get(word.0 as usize).map_or("", |word| word)
    }
}

/// Whose cost, and where it was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Channel, or the word for what has none.
    pub channel: Word,
    /// Account at the board.
    pub account: Word,
    /// Store.
    pub store: Word,
    /// Department.
    pub department: Word,
    /// Source id of a requisition.
    pub requisition: Word,
    /// Project.
    pub project: Word,
}

/// A line of the ledger that no other supersedes. Amounts and units are in ten-thousandths, days are counted from any one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// Booking day.
    pub booked_on: i32,
    /// First and last day of service, the last not before the first.
    pub service: (i32, i32),
    /// Units bought or used.
    pub units: Option<i64>,
    /// Units given on top.
    pub bonus_units: Option<i64>,
    /// What the wallet holds afterwards, as its board states it.
    pub balance: Option<i64>,
    /// Amount with tax, in the line's currency.
    pub gross: i64,
    /// Amount without tax.
    pub net: i64,
    /// Whether the tax is claimed back, so that `net` is the cost; else `gross` is.
    pub deductible: bool,
    /// Currency of the amounts.
    pub currency: Word,
    /// Base units for one unit of it on the booking day, with eight decimals; `None` when nobody said.
    pub rate: Option<i64>,
    /// Whose cost.
    pub place: Place,
    /// Its document.
    pub document: Word,
    /// Of a unit of a package: the document that bought it.
    pub package: Word,
    /// Of a unit of a package: which entitlement.
    pub item: Word,
}

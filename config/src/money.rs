//! Money: an exact decimal amount and its currency, rounded half up.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::problem::{Bad, did_you_mean};

/// ISO 4217 codes of the currencies in circulation.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD \
     CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD \
     HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD \
     MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG \
     QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD \
     TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// What people write for a currency that ISO 4217 calls otherwise.
const COMMON_NAMES: [(&str, &str); 7] =
    [("RMB", "CNY"), ("CNH", "CNY"), ("元", "CNY"), ("¥", "CNY"), ("$", "USD"), ("€", "EUR"), ("NTD", "TWD")];

/// A currency by its ISO 4217 code, three upper-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// Chinese yuan, the default.
    pub const CNY: Self = Self(*b"CNY");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters are ever stored.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the smallest unit that is booked: 2, except for the currencies that
    /// ISO 4217 gives 0 or 3.
    pub fn minor_units(&self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF"
            | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// An amount rounded half up (away from zero) to the [`minor_units`](Self::minor_units), with
    /// exactly that many decimal places.
    pub fn round(&self, amount: Decimal) -> Decimal {
        let places = self.minor_units();
        let mut rounded = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(places);
        rounded
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::CNY
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl TryFrom<String> for Currency {
    type Error = Bad;

    fn try_from(text: String) -> Result<Self, Bad> {
        text.parse()
    }
}

impl FromStr for Currency {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        let known = CURRENCIES.split_whitespace().find(|code| *code == text);
        if let Some(Ok(letters)) = known.map(|code| code.as_bytes().try_into()) {
            return Ok(Self(letters));
        }
        let upper = text.to_uppercase();
        let meant = COMMON_NAMES
            .iter()
            .find(|(name, _)| *name == upper)
            .map(|(_, code)| *code)
            .or_else(|| CURRENCIES.split_whitespace().find(|code| *code == upper));
        let hint = match meant {
            Some(code) => Some(format!("did you mean `{code}`?")),
            None => did_you_mean(text, CURRENCIES.split_whitespace()),
        };
        Err(Bad::new(format!("unknown currency `{text}`, accepted: an ISO 4217 code such as CNY, HKD or USD")).hint(hint))
    }
}

impl schemars::JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "A currency by its ISO 4217 code",
            "examples": ["CNY"]
        })
    }
}

/// An amount of money, at the precision its currency is booked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount, a decimal string when serialised.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// Money of an amount rounded half up to the currency's minor units.
    ///
    /// ```
    /// use inflow_config::{Currency, Money};
    /// let money = Money::new("12.345".parse().unwrap(), Currency::CNY);
    /// assert_eq!(money.to_string(), "12.35 CNY");
    /// ```
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount: currency.round(amount), currency }
    }

    /// The same money in another currency, at `rate` units of it for one unit of this one.
    /// `None` when the result does not fit a decimal.
    pub fn convert(self, rate: Decimal, currency: Currency) -> Option<Self> {
        let amount = self.amount.checked_mul(rate)?;
        Some(Self::new(amount, currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> String {
        Money::new(amount.parse().unwrap(), currency.parse().unwrap()).to_string()
    }

    #[test]
    fn rounds_half_up_to_the_minor_units() {
        assert_eq!(money("0.005", "CNY"), "0.01 CNY");
        assert_eq!(money("0.0049", "CNY"), "0.00 CNY");
        assert_eq!(money("2.675", "CNY"), "2.68 CNY");
        assert_eq!(money("-2.675", "CNY"), "-2.68 CNY");
        assert_eq!(money("1", "CNY"), "1.00 CNY");
        assert_eq!(money("99.5", "JPY"), "100 JPY");
        assert_eq!(money("1.2345", "KWD"), "1.235 KWD");
    }

    #[test]
    fn converts_at_a_rate() {
        let dollars = Money::new("19.99".parse().unwrap(), "USD".parse().unwrap());
        let yuan = dollars.convert("7.1234".parse().unwrap(), Currency::CNY);
        assert_eq!(yuan.unwrap().to_string(), "142.40 CNY");
        let too_much = Money::new(Decimal::MAX, Currency::CNY);
        assert_eq!(too_much.convert(Decimal::TEN, Currency::CNY), None);
    }

    #[test]
    fn an_unknown_currency_says_what_was_meant() {
        let bad = |text: &str| text.parse::<Currency>().unwrap_err().to_string();
        assert!(bad("RMB").ends_with("(did you mean `CNY`?)"));
        assert!(bad("usd").ends_with("(did you mean `USD`?)"));
        assert!(bad("yuan").ends_with("such as CNY, HKD or USD"));
    }

    #[test]
    fn serialises_as_a_decimal_string_with_its_currency() {
        let json = serde_json::to_string(&Money::new(Decimal::new(1250, 3), Currency::CNY));
        assert_eq!(json.unwrap(), r#"{"amount":"1.25","currency":"CNY"}"#);
        assert!(serde_json::from_str::<Currency>("\"ZZZ\"").is_err());
    }
}

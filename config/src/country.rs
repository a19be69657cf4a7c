//! Countries by their ISO 3166 codes.

use crate::problem::Bad;

const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
     BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET \
     FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ \
     IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
     MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
     PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
     TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Checks a code of two upper-case letters.
pub(crate) fn parse(text: &str) -> Result<String, Bad> {
    let find = |code: &str| COUNTRIES.split_whitespace().find(|known| *known == code);
    if let Some(code) = find(text) {
        return Ok(code.to_owned());
    }
    let meant = match text.to_uppercase().as_str() {
        "UK" => Some("GB"),
        "CHN" | "CHINA" | "中国" => Some("CN"),
        "USA" => Some("US"),
        upper => find(upper),
    };
    Err(Bad::new(format!("unknown country `{text}`, accepted: an ISO 3166 code of two letters such as CN or US"))
        .hint(meant.map(|code| format!("did you mean `{code}`?"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(parse("CN").unwrap(), "CN");
        assert_eq!(COUNTRIES.split_whitespace().count(), 249);
        for (text, meant) in [("UK", "GB"), ("cn", "CN"), ("China", "CN")] {
            let hint = parse(text).unwrap_err().hint;
            assert_eq!(hint, Some(format!("did you mean `{meant}`?")));
        }
        assert_eq!(parse("QQ").unwrap_err().hint, None);
    }
}

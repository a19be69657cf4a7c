//! Mail addresses: as written, as delivered, and the part before the @.

use unicode_normalization::UnicodeNormalization;

/// The forms of a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailForms {
    /// NFKC, lower case.
    pub exact: String,
    /// Without `+tag`; Gmail without dots and under one domain.
    pub canonical: String,
    /// Before the @, canonical.
    pub local: String,
    /// The mobile number that stands before the @, `13900001234` of `13900001234@example.com`.
    pub phone: Option<String>,
    /// The number that stands before the @, of five digits or more: an account number, which people carry from provider to
    /// provider. Dates, phones and what many think of (`12345`, `88888`) are none.
    pub digits: Option<String>,
}

/// Digits from which on a number in an address is somebody's own.
const OWN_DIGITS: usize = 5;

/// Reads a mail address; `None` when it is none, or a masked one.
pub fn mail_forms(text: &str) -> Option<MailForms> {
    let exact: String = text.trim().trim_start_matches("mailto:").nfkc().collect::<String>().to_lowercase();
    let (local, domain) = exact.split_once('@')?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '*' | '@' | ',' | ';' | '<' | '>' | '"');
    let domain_ok =
        domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    if local.is_empty() || local.len() > 64 || !local.chars().all(plain) || !domain_ok {
        return None;
    }
    let domain = if domain == "googlemail.com" { "gmail.com" } else { domain };
    // What follows a plus is a tag: who delivers without tags gives out no address with a plus either.
    let untagged = match local.split_once('+') {
        Some((before, _)) if !before.is_empty() => before,
        _ => local,
    };
    let undotted = if domain == "gmail.com" { untagged.replace('.', "") } else { untagged.to_owned() };
    if undotted.is_empty() {
        return None;
    }
    Some(MailForms {
        canonical: format!("{undotted}@{domain}"),
        phone: is_mobile(&undotted).then(|| undotted.clone()),
        digits: own_digits(&undotted),
        local: undotted,
        exact: exact.clone(),
    })
}

fn is_mobile(local: &str) -> bool {
    let mut digits = local.bytes();
    local.len() == 11
        && digits.next() == Some(b'1')
        && matches!(digits.next(), Some(b'3'..=b'9'))
        && digits.all(|digit| digit.is_ascii_digit())
}

fn own_digits(local: &str) -> Option<String> {
    let runs = local.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= OWN_DIGITS);
    // The first of the longest.
    let longest = runs.reduce(|longest, run| if run.len() > longest.len() { run } else { longest })?;
    let common = is_mobile(longest) || is_date(longest) || is_pattern(longest);
    (!common).then(|| longest.to_owned())
}

/// `19950302`, `950302`, `199503`: shared with everybody born then.
fn is_date(run: &str) -> bool {
    let number = |from: usize, to: usize| run.get(from..to).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let year = |from: usize| (1920..=2039).contains(&number(from, from + 4));
    let month = |from: usize| (1..=12).contains(&number(from, from + 2));
    let day = |from: usize| (1..=31).contains(&number(from, from + 2));
    match run.len() {
        8 => (year(0) && month(4) && day(6)) || (month(0) && day(2) && year(4)) || (day(0) && month(2) && year(4)),
        6 => (month(2) && day(4)) || (year(0) && month(4)) || (month(0) && year(2)) || (day(0) && month(2)) || (month(0) && day(2)),
        _ => false,
    }
}

/// One or two different digits, or digits in a row: `88888`, `52052052`, `12345`.
fn is_pattern(run: &str) -> bool {
    let digits = run.as_bytes();
    let steps = |step: i16| digits.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step);
    let mut different: Vec<u8> = digits.to_vec();
    different.sort_unstable();
    different.dedup();
    different.len() <= 2 || steps(1) || steps(-1) || (2..=3).any(|period| digits.windows(period + 1).all(|part| part[0] == part[period]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Lin.Xiaoyu+jobs@GoogleMail.com", "linxiaoyu@gmail.com")]
    #[case(" mei@example.com ", "mei@example.com")]
    #[case("mei+hr@example.com", "mei@example.com")]
    #[case("mei+hr@outlook.com", "mei@outlook.com")]
    #[case("ｍｅｉ＠example.com", "mei@example.com")]
    #[case("a.b@qq.com", "a.b@qq.com")]
    fn canonical_forms(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(mail_forms(text).unwrap().canonical, expected);
    }

    #[rstest]
    #[case("13900001234@example.com", Some("13900001234"), None)]
    #[case("10000001234@example.com", None, Some("10000001234"))]
    #[case("283746501@example.com", None, Some("283746501"))]
    #[case("mei_48213+x@example.com", None, Some("48213"))]
    #[case("a48213b9017365@example.com", None, Some("9017365"))]
    #[case("mei4821@example.com", None, None)]
    #[case("mei19950302@example.com", None, None)]
    #[case("mei950302@example.com", None, None)]
    #[case("mei13900001234@example.com", None, None)]
    #[case("mei12345@example.com", None, None)]
    #[case("mei98765@example.com", None, None)]
    #[case("mei88888@example.com", None, None)]
    #[case("mei520520@example.com", None, None)]
    #[case("mei5211314@example.com", None, Some("5211314"))]
    fn numbers_in_addresses(#[case] text: &str, #[case] phone: Option<&str>, #[case] digits: Option<&str>) {
        let forms = mail_forms(text).unwrap();
        assert_eq!((forms.phone.as_deref(), forms.digits.as_deref()), (phone, digits));
    }

    #[rstest]
    #[case("m***@qq.com")]
    #[case("mei")]
    #[case("mei@")]
    #[case("mei@localhost")]
    #[case("@qq.com")]
    #[case("a b@qq.com")]
    #[case("...@gmail.com")]
    fn refuses_what_is_no_address(#[case] text: &str) {
        assert_eq!(mail_forms(text), None);
    }

    proptest! {
        #[test]
        fn canonical_form_is_stable(local in "[a-z0-9.+]{1,12}", domain in "(gmail|outlook|example)\\.com") {
            if let Some(forms) = mail_forms(&format!("{local}@{domain}")) {
                let again = mail_forms(&forms.canonical).unwrap();
                prop_assert_eq!(again.canonical, forms.canonical);
            }
        }

        #[test]
        fn case_and_blanks_do_not_matter(local in "[a-z]{1,12}") {
            let plain = mail_forms(&format!("{local}@example.com"));
            prop_assert_eq!(mail_forms(&format!("  {}@EXAMPLE.com", local.to_uppercase())), plain);
        }
    }
}

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
}

/// Providers that ignore what follows a plus.
const PLUS_TAGS: &[&str] =
    &["gmail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com", "fastmail.com", "proton.me", "protonmail.com"];

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
    let untagged = match local.split_once('+') {
        Some((before, _)) if !before.is_empty() && PLUS_TAGS.contains(&domain) => before,
        _ => local,
    };
    let undotted = if domain == "gmail.com" { untagged.replace('.', "") } else { untagged.to_owned() };
    if undotted.is_empty() {
        return None;
    }
    Some(MailForms { canonical: format!("{undotted}@{domain}"), local: undotted, exact: exact.clone() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Lin.Xiaoyu+jobs@GoogleMail.com", "linxiaoyu@gmail.com")]
    #[case(" mei@example.com ", "mei@example.com")]
    #[case("mei+hr@example.com", "mei+hr@example.com")]
    #[case("mei+hr@outlook.com", "mei@outlook.com")]
    #[case("ｍｅｉ＠example.com", "mei@example.com")]
    #[case("a.b@qq.com", "a.b@qq.com")]
    fn canonical_forms(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(mail_forms(text).unwrap().canonical, expected);
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

//! Names of IMAP folders: modified UTF-7 (RFC 3501, 5.1.3). `收件箱` is `&ZTZO9nux-` on the wire.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The name as the server writes it.
pub(super) fn encode(name: &str) -> String {
    let mut encoded = String::new();
    let mut wide: Vec<u8> = Vec::new();
    let flush = |wide: &mut Vec<u8>, encoded: &mut String| {
        if !wide.is_empty() {
            encoded.push('&');
            encoded.push_str(&ENGINE.encode(&*wide));
            encoded.push('-');
            wide.clear();
        }
    };
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut wide, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            let mut units = [0; 2];
            wide.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut wide, &mut encoded);
    encoded
}

/// The name as people read it; what cannot be decoded stays as it is.
pub(super) fn decode(name: &str) -> String {
    let mut decoded = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let Some((word, tail)) = after.split_once('-') else {
            decoded.push('&');
            rest = after;
            continue;
        };
        match (word, wide(word)) {
            ("", _) => decoded.push('&'),
            (_, Some(text)) => decoded.push_str(&text),
            (word, None) => {
                decoded.push('&');
                decoded.push_str(word);
                decoded.push('-');
            }
        }
        rest = tail;
    }
    decoded.push_str(rest);
    decoded
}

fn wide(word: &str) -> Option<String> {
    let bytes = ENGINE.decode(word).ok()?;
    let units: Option<Vec<u16>> = bytes.chunks(2).map(|pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes)).collect();
    String::from_utf16(&units?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("INBOX", "INBOX")]
    #[case("收件箱", "&ZTZO9nux-")]
    #[case("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")]
    #[case("R&D", "R&-D")]
    fn names_on_the_wire(#[case] name: &str, #[case] wire: &str) {
        assert_eq!(encode(name), wire);
        assert_eq!(decode(wire), name);
    }

    #[test]
    fn what_is_not_encoded_stays() {
        assert_eq!(decode("a & b &x- &ZTZO9nux"), "a & b &x- &ZTZO9nux");
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in "\\PC{0,12}") {
            let wire = encode(&name);
            prop_assert!(wire.is_ascii());
            prop_assert_eq!(decode(&wire), name);
        }
    }
}

//! The SMS services of Aliyun and Tencent Cloud, by their documentation.
//!
//! - Aliyun SendSms 2017-05-25, signed by ACS3-HMAC-SHA256: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
//! - Tencent SendSms 2021-01-11, signed by TC3-HMAC-SHA256: cloud.tencent.com/document/api/382/52072
//!
//! Neither knows a message again: the idempotency key goes along as `OutId` and `SessionContext`, by which their delivery reports name it.

use chrono::{DateTime, SecondsFormat, Utc};
use hex::encode as hex;
use hmac::{Hmac, Mac};
use inflow_config::Gateway;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::contacts::Contact;
use super::message::Filled;
use crate::send::SendError;

/// A key pair.
#[derive(Clone, Copy)]
pub struct Keys<'k> {
    /// AccessKey ID, `SecretId`.
    pub id: &'k str,
    /// AccessKey secret, `SecretKey`.
    pub secret: &'k str,
}

/// A request that is ready to leave.
pub struct Signed {
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// SendSms of Aliyun: an RPC call, parameters in the query, no body.
pub fn aliyun(gateway: &Gateway, url: &Url, keys: Keys<'_>, contact: &Contact, message: &Filled, now: DateTime<Utc>) -> Signed {
    let params: Map<String, Value> = message.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let query = [
        ("OutId", message.key.clone()),
        ("PhoneNumbers", contact.phone.clone()),
        ("SignName", gateway.sign_name.clone().unwrap_or_default()),
        ("TemplateCode", message.code.clone()),
        ("TemplateParam", Value::Object(params).to_string()),
    ];
    // The key is of one message, and a nonce may not come twice within a quarter of an hour.
    let nonce = format!("{}-{}", message.key, now.timestamp_millis());
    acs3(url, keys, ("SendSms", "2017-05-25"), &query, &nonce, now)
}

fn acs3(url: &Url, keys: Keys<'_>, (action, version): (&str, &str), query: &[(&str, String)], nonce: &str, now: DateTime<Utc>) -> Signed {
    let mut pairs: Vec<(String, String)> = query.iter().map(|(name, value)| (percent(name), percent(value))).collect();
    pairs.sort();
    let query = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let empty = hex(Sha256::digest(b""));
    let headers = [
        ("host", host(url)),
        ("x-acs-action", action.to_owned()),
        ("x-acs-content-sha256", empty.clone()),
        ("x-acs-date", now.to_rfc3339_opts(SecondsFormat::Secs, true)),
        ("x-acs-signature-nonce", nonce.to_owned()),
        ("x-acs-version", version.to_owned()),
    ];
    let (lines, names) = canonical(&headers);
    let request = format!("POST\n/\n{query}\n{lines}\n{names}\n{empty}");
    let signature = hex(hmac(keys.secret.as_bytes(), &format!("ACS3-HMAC-SHA256\n{}", hex(Sha256::digest(request.as_bytes())))));
    let authorization = format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", keys.id);
    let mut url = url.clone();
    url.set_path("/");
    url.set_query(Some(&query));
    let headers = headers.into_iter().filter(|(name, _)| *name != "host").chain([("authorization", authorization)]).collect();
    Signed { url, headers, body: String::new() }
}

/// SendSms of Tencent Cloud: JSON in the body.
pub fn tencent(gateway: &Gateway, url: &Url, keys: Keys<'_>, contact: &Contact, message: &Filled, now: DateTime<Utc>) -> Signed {
    let phone = if contact.phone.starts_with('+') { contact.phone.clone() } else { format!("+86{}", contact.phone) };
    let body = json!({
        "PhoneNumberSet": [phone],
        "SmsSdkAppId": gateway.app_id,
        "SignName": gateway.sign_name,
        "TemplateId": message.code,
        "TemplateParamSet": message.params.iter().map(|(_, value)| value).collect::<Vec<_>>(),
        "SessionContext": message.key,
    });
    tc3(url, keys, ("sms", "SendSms", "2021-01-11", "ap-guangzhou"), body.to_string(), now)
}

const TC3_MEDIA: &str = "application/json; charset=utf-8";

/// The canonical request, and the names of its signed headers.
fn tc3_request(url: &Url, action: &str, body: &str) -> (String, String) {
    let signed = [("content-type", TC3_MEDIA.to_owned()), ("host", host(url)), ("x-tc-action", action.to_lowercase())];
    let (lines, names) = canonical(&signed);
    (format!("POST\n/\n\n{lines}\n{names}\n{}", hex(Sha256::digest(body.as_bytes()))), names)
}

fn tc3(
    url: &Url,
    keys: Keys<'_>,
    (service, action, version, region): (&str, &str, &str, &str),
    body: String,
    now: DateTime<Utc>,
) -> Signed {
    let (request, names) = tc3_request(url, action, &body);
    let (timestamp, day) = (now.timestamp(), now.format("%Y-%m-%d").to_string());
    let scope = format!("{day}/{service}/tc3_request");
    let text = format!("TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{}", hex(Sha256::digest(request.as_bytes())));
    let of_day = hmac(format!("TC3{}", keys.secret).as_bytes(), &day);
    let signature = hex(hmac(&hmac(&hmac(&of_day, service), "tc3_request"), &text));
    let authorization = format!("TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", keys.id);
    let headers = vec![
        ("content-type", TC3_MEDIA.to_owned()),
        ("x-tc-action", action.to_owned()),
        ("x-tc-version", version.to_owned()),
        ("x-tc-region", region.to_owned()),
        ("x-tc-timestamp", timestamp.to_string()),
        ("authorization", authorization),
    ];
    let mut url = url.clone();
    url.set_path("/");
    Signed { url, headers, body }
}

/// Whether Aliyun took it: `Code` is OK.
pub fn aliyun_accepted(status: u16, body: &[u8]) -> Result<(), SendError> {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let text = |key: &str| answer.as_ref().and_then(|answer| answer.get(key)?.as_str()).unwrap_or_default();
    match text("Code") {
        "OK" => Ok(()),
        "" => Err(SendError::refused(format!("answered with HTTP status {status} and not as Aliyun SMS does"))),
        code if code.contains("LIMIT_CONTROL") || code.starts_with("Throttling") || code.contains("SYSTEM_ERROR") => {
            Err(SendError::later(format!("is busy: {code}")))
        }
        code => Err(SendError::refused(format!("refused it: {code}"))),
    }
}

/// Whether Tencent took it: the status of the one number is Ok.
pub fn tencent_accepted(status: u16, body: &[u8]) -> Result<(), SendError> {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let text = |pointer: &str| answer.as_ref().and_then(|answer| answer.pointer(pointer)?.as_str()).unwrap_or_default();
    let code = match (text("/Response/Error/Code"), text("/Response/SendStatusSet/0/Code")) {
        ("", code) => code,
        (error, _) => error,
    };
    match code {
        "Ok" => Ok(()),
        "" => Err(SendError::refused(format!("answered with HTTP status {status} and not as Tencent SMS does"))),
        code if code.starts_with("LimitExceeded") || code.starts_with("InternalError") || code.starts_with("RequestLimitExceeded") => {
            Err(SendError::later(format!("is busy: {code}")))
        }
        code => Err(SendError::refused(format!("refused it: {code}"))),
    }
}

/// Headers as they are signed, and their names.
fn canonical(headers: &[(&str, String)]) -> (String, String) {
    let mut lines = String::new();
    for (name, value) in headers {
        lines.extend([name, ":", value.trim(), "\n"]);
    }
    (lines, headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";"))
}

fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// RFC 3986, as Aliyun signs it: a blank is %20, a star %2A, a tilde itself.
fn percent(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            shown.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default().to_ascii_uppercase();
            shown.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    shown
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Aliyun's documentation of the signature, with its invented keys.
    #[test]
    fn aliyuns_worked_example() {
        let url: Url = "https://ecs.cn-shanghai.aliyuncs.com/".parse().unwrap();
        let query = [("RegionId", "cn-shanghai".to_owned()), ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd".to_owned())];
        let keys = Keys { id: "YourAccessKeyId", secret: "YourAccessKeySecret" };
        let now = "2023-10-26T10:22:32Z".parse().unwrap();
        let signed = acs3(&url, keys, ("RunInstances", "2014-05-26"), &query, "3156853299f313e23d1673dc12e1703d", now);
        let authorization = &signed.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1;
        assert_eq!(
            authorization,
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;\
             x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    /// Tencent's documentation masks its keys, so that its signature cannot be made; the hash of its canonical request can.
    #[test]
    fn tencents_worked_example() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        assert_eq!(hex(Sha256::digest(body.as_bytes())), "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
        let url: Url = "https://cvm.tencentcloudapi.com/".parse().unwrap();
        let (request, names) = tc3_request(&url, "DescribeInstances", body);
        assert_eq!(names, "content-type;host;x-tc-action");
        assert_eq!(hex(Sha256::digest(request.as_bytes())), "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
    }

    #[test]
    fn answers_are_understood() {
        let said = |answer: Result<(), SendError>| answer.map_err(|error| (error.transient, error.message));
        let no = |transient, text: &str| Err((transient, text.to_owned()));
        assert_eq!(said(aliyun_accepted(200, br#"{"Code":"OK","BizId":"9"}"#)), Ok(()));
        assert_eq!(
            said(aliyun_accepted(200, br#"{"Code":"isv.BUSINESS_LIMIT_CONTROL"}"#)),
            no(true, "is busy: isv.BUSINESS_LIMIT_CONTROL")
        );
        assert_eq!(said(aliyun_accepted(403, br#"{"Code":"SignatureDoesNotMatch"}"#)), no(false, "refused it: SignatureDoesNotMatch"));
        assert_eq!(said(aliyun_accepted(200, b"<html>")), no(false, "answered with HTTP status 200 and not as Aliyun SMS does"));
        assert_eq!(said(tencent_accepted(200, br#"{"Response":{"SendStatusSet":[{"Code":"Ok"}]}}"#)), Ok(()));
        let limited = br#"{"Response":{"SendStatusSet":[{"Code":"LimitExceeded.PhoneNumberDailyLimit"}]}}"#;
        assert_eq!(said(tencent_accepted(200, limited)), no(true, "is busy: LimitExceeded.PhoneNumberDailyLimit"));
        let refused = br#"{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"x"}}}"#;
        assert_eq!(said(tencent_accepted(200, refused)), no(false, "refused it: AuthFailure.SignatureExpire"));
    }
}

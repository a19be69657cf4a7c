//! Errors as ClickHouse's HTTP interface gives them: a status, the code in a header, the text as body.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::frames::frame;
use crate::ffi::EngineError;

/// An error of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// ClickHouse's code.
    pub code: u32,
    /// `Code: N. DB::Exception: .. (NAME)`.
    pub text: String,
}

/// ClickHouse's codes that the endpoint gives by itself.
pub mod code {
    pub const BAD_ARGUMENTS: u32 = 36;
    pub const SYNTAX_ERROR: u32 = 62;
    pub const UNKNOWN_SETTING: u32 = 115;
    pub const CANNOT_READ_ALL_DATA: u32 = 33;
    pub const READONLY: u32 = 164;
    pub const QUERY_IS_TOO_LARGE: u32 = 307;
    pub const ACCESS_DENIED: u32 = 497;
    pub const AUTHENTICATION_FAILED: u32 = 516;
    pub const NOT_IMPLEMENTED: u32 = 48;
    pub const CANNOT_DECOMPRESS: u32 = 271;
}

impl Fault {
    /// A fault of the endpoint's own.
    pub fn new(code: u32, message: impl AsRef<str>) -> Fault {
        Fault { code, text: format!("Code: {code}. DB::Exception: {}. ({})", message.as_ref(), name(code)) }
    }

    /// What a reader may not do.
    pub fn denied(message: impl AsRef<str>) -> Fault {
        Fault::new(code::ACCESS_DENIED, format!("user reader may not do this: {}", message.as_ref()))
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self.code {
            code::AUTHENTICATION_FAILED | code::ACCESS_DENIED | code::READONLY | 192 | 193 | 194 | 291 => StatusCode::FORBIDDEN,
            46 | 47 | 50 | 56 | 60 | 63 | 73 | 81 | 115 | 141 | 142 | 255 => StatusCode::NOT_FOUND,
            6 | 26 | 27 | 33 | 36 | 38 | 41 | 42 | 43 | 53 | 62 | 69 | 70 | 72 | 117 | 130 | 131 | 144 | 158 | 167 | 271 | 306 | 403
            | 456 | 457 => StatusCode::BAD_REQUEST,
            code::QUERY_IS_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
            code::NOT_IMPLEMENTED => StatusCode::NOT_IMPLEMENTED,
            159 => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer. A client that asked for ClickHouse's frames unpacks errors too.
    pub fn response(&self, query_id: &str, framed: bool) -> Response<Body> {
        let text = format!("{}\n", self.text);
        let mut response = Response::new(if framed { Body::from(frame(text.as_bytes())) } else { Body::from(text) });
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
        headers.insert("X-ClickHouse-Exception-Code", HeaderValue::from(self.code));
        if let Ok(id) = HeaderValue::from_str(query_id) {
            headers.insert("X-ClickHouse-Query-Id", id);
        }
        response
    }
}

fn name(code: u32) -> &'static str {
    match code {
        code::BAD_ARGUMENTS => "BAD_ARGUMENTS",
        code::SYNTAX_ERROR => "SYNTAX_ERROR",
        code::UNKNOWN_SETTING => "UNKNOWN_SETTING",
        code::CANNOT_READ_ALL_DATA => "CANNOT_READ_ALL_DATA",
        code::READONLY => "READONLY",
        code::QUERY_IS_TOO_LARGE => "QUERY_IS_TOO_LARGE",
        code::ACCESS_DENIED => "ACCESS_DENIED",
        code::AUTHENTICATION_FAILED => "AUTHENTICATION_FAILED",
        code::NOT_IMPLEMENTED => "NOT_IMPLEMENTED",
        code::CANNOT_DECOMPRESS => "CANNOT_DECOMPRESS",
        _ => "UNKNOWN_EXCEPTION",
    }
}

impl From<EngineError> for Fault {
    /// The engine wraps a text in itself once or twice; the innermost says it all.
    fn from(error: EngineError) -> Fault {
        let text = error.0.trim();
        let inner = text.rfind("DB::Exception: Code: ").and_then(|at| text.get(at + "DB::Exception: ".len()..)).unwrap_or(text);
        match code_of(inner) {
            Some(code) => Fault { code, text: inner.to_owned() },
            None => Fault { code: 1002, text: format!("Code: 1002. DB::Exception: {inner}. (UNKNOWN_EXCEPTION)") },
        }
    }
}

/// The number in `Code: N. ..`.
pub fn code_of(text: &str) -> Option<u32> {
    text.strip_prefix("Code: ")?.split('.').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_text_is_given() {
        let nested = "Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot modify 'a'. (READONLY) (version 26.7.2.1). (READONLY)";
        let fault = Fault::from(EngineError(nested.to_owned()));
        assert_eq!(fault.code, 164);
        assert!(fault.text.starts_with("Code: 164. DB::Exception: Cannot modify"), "{}", fault.text);
        assert_eq!(Fault::from(EngineError("gone".to_owned())).code, 1002);
        assert_eq!(Fault::from(EngineError("Code: 60. DB::Exception: no t. (UNKNOWN_TABLE)".into())).status(), StatusCode::NOT_FOUND);
    }
}

//! What requests carry, read so that a fault in it is said as every other.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection @ JsonRejection::MissingJsonContentType(_)) => {
                Err(Failure::new(rejection.status(), "the body must be JSON").hint("send it with `Content-Type: application/json`"))
            }
            Err(rejection) => {
                let text = rejection.body_text();
                // Which half of the reading failed is of no interest; what it says is.
                let what = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
                let status = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE { rejection.status() } else { StatusCode::BAD_REQUEST };
                Err(Failure::new(status, format!("the body cannot be read: {what}")).hint("/api/v1/openapi.json describes it"))
            }
        }
    }
}

/// Parameters of the query string, of which each may be given once.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(params)| Self(params)).map_err(|rejection| {
            let text = rejection.body_text();
            let what = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, what)| what);
            Failure::bad_request(format!("the query string cannot be read: {what}")).hint("/api/v1/openapi.json lists the parameters")
        })
    }
}

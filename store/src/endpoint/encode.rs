//! Packing a result as the client asked.

use std::io::Write;

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use lz4_flex::frame::FrameEncoder;

use super::frames;

/// A packing that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Plain,
    /// ClickHouse's frames, `compress=1`.
    Frames,
    /// `Content-Encoding: gzip`.
    Gzip,
    /// `Content-Encoding: lz4`, what the `clickhouse` crate asks for.
    Lz4,
}

impl Packing {
    /// From the headers and `compress`.
    pub fn choose(headers: &HeaderMap, framed: bool) -> Packing {
        if framed {
            return Packing::Frames;
        }
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepts = |wanted: &str| {
            accepted.split(',').any(|item| {
                let (name, quality) = item.split_once(';').unwrap_or((item, ""));
                name.trim().eq_ignore_ascii_case(wanted) && !matches!(quality.trim(), "q=0" | "q=0.0")
            })
        };
        match () {
            () if accepts("lz4") => Packing::Lz4,
            () if accepts("gzip") => Packing::Gzip,
            () => Packing::Plain,
        }
    }

    /// Value of `Content-Encoding`.
    pub fn content_encoding(self) -> Option<&'static str> {
        match self {
            Packing::Gzip => Some("gzip"),
            Packing::Lz4 => Some("lz4"),
            Packing::Plain | Packing::Frames => None,
        }
    }
}

/// Packs pieces; each piece can be unpacked as soon as it has come.
pub struct Encoder(Inner);

/// Level of gzip: the lowest hardly packs short numbers with the zlib that the workbook reader brings along.
const PACKED: Compression = Compression::new(3);

enum Inner {
    Plain,
    Frames,
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Lz4(Box<FrameEncoder<Vec<u8>>>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder")
    }
}

impl Encoder {
    /// An encoder of this packing.
    pub fn new(packing: Packing) -> Encoder {
        Encoder(match packing {
            Packing::Plain => Inner::Plain,
            Packing::Frames => Inner::Frames,
            Packing::Gzip => Inner::Gzip(Box::new(GzEncoder::new(Vec::new(), PACKED))),
            Packing::Lz4 => Inner::Lz4(Box::new(FrameEncoder::new(Vec::new()))),
        })
    }

    /// Packs a piece.
    pub fn push(&mut self, piece: Bytes) -> std::io::Result<Bytes> {
        match &mut self.0 {
            Inner::Plain => Ok(piece),
            Inner::Frames => Ok(frames::frame(&piece)),
            Inner::Gzip(encoder) => {
                encoder.write_all(&piece)?;
                encoder.flush()?;
                Ok(Bytes::from(std::mem::take(encoder.get_mut())))
            }
            Inner::Lz4(encoder) => {
                encoder.write_all(&piece)?;
                encoder.flush()?;
                Ok(Bytes::from(std::mem::take(encoder.get_mut())))
            }
        }
    }

    /// What ends the packing.
    pub fn finish(self) -> std::io::Result<Bytes> {
        match self.0 {
            Inner::Plain | Inner::Frames => Ok(Bytes::new()),
            Inner::Gzip(encoder) => encoder.finish().map(Bytes::from),
            Inner::Lz4(encoder) => encoder.finish().map(Bytes::from).map_err(std::io::Error::other),
        }
    }
}

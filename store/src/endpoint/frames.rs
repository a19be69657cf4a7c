//! ClickHouse's own block frames (`compress=1`, `decompress=1`): CityHash102 of the rest (16 bytes),
//! method (1), size compressed with these nine header bytes (4), size plain (4), data.

use bytes::{Buf, Bytes, BytesMut};

const CHECKSUM: usize = 16;
const HEADER: usize = 9;
const LZ4: u8 = 0x82;
const NONE: u8 = 0x02;
/// ClickHouse's own bound on a frame.
const MOST: usize = 256 << 20;
/// Plain bytes of a frame that is written.
const BLOCK: usize = 1 << 20;

/// Why a frame is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FrameError {
    /// The checksum is not that of the data.
    #[error("checksum of a compressed block does not match")]
    Checksum,
    /// A method that is not spoken.
    #[error("compression method {0:#04x} is not supported: send LZ4 (0x82) or none (0x02)")]
    Method(u8),
    /// Sizes that cannot be.
    #[error("a compressed block states impossible sizes")]
    Size,
    /// The data does not unpack.
    #[error("a compressed block does not decompress")]
    Data,
    /// The body ended inside a frame.
    #[error("the body ended within a compressed block")]
    Cut,
}

/// Takes bytes as they come and gives whole frames' content.
#[derive(Debug, Default)]
pub struct Unframer {
    pending: BytesMut,
}

impl Unframer {
    /// Adds bytes; gives the content of the frames that are now whole.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, FrameError> {
        self.pending.extend_from_slice(bytes);
        let mut plain = Vec::new();
        while let Some(frame) = self.take()? {
            unpack(&frame, &mut plain)?;
        }
        Ok(plain)
    }

    /// Says whether the body may end here.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.pending.is_empty() { Ok(()) } else { Err(FrameError::Cut) }
    }

    fn take(&mut self) -> Result<Option<BytesMut>, FrameError> {
        let Some(mut header) = self.pending.get(CHECKSUM + 1..CHECKSUM + HEADER) else { return Ok(None) };
        let size = header.get_u32_le() as usize;
        if !(HEADER..=MOST).contains(&size) {
            return Err(FrameError::Size);
        }
        let whole = CHECKSUM + size;
        Ok((self.pending.len() >= whole).then(|| self.pending.split_to(whole)))
    }
}

fn unpack(frame: &[u8], plain: &mut Vec<u8>) -> Result<(), FrameError> {
    let (mut checksum, body) = frame.split_at_checked(CHECKSUM).ok_or(FrameError::Size)?;
    if checksum_of(body) != (checksum.get_u64_le(), checksum.get_u64_le()) {
        return Err(FrameError::Checksum);
    }
    let (mut header, data) = body.split_at_checked(HEADER).ok_or(FrameError::Size)?;
    let method = header.get_u8();
    header.advance(4);
    let size = header.get_u32_le() as usize;
    if size > MOST {
        return Err(FrameError::Size);
    }
    match method {
        NONE if data.len() == size => plain.extend_from_slice(data),
        LZ4 => {
            let start = plain.len();
            plain.resize(start + size, 0);
            let target = plain.get_mut(start..).ok_or(FrameError::Size)?;
            let written = lz4_flex::block::decompress_into(data, target).map_err(|_| FrameError::Data)?;
            if written != size {
                return Err(FrameError::Data);
            }
        }
        NONE => return Err(FrameError::Size),
        other => return Err(FrameError::Method(other)),
    }
    Ok(())
}

/// Frames of LZ4 for these bytes.
pub fn frame(bytes: &[u8]) -> Bytes {
    let mut output = Vec::with_capacity(bytes.len() / 2 + CHECKSUM + HEADER);
    for block in bytes.chunks(BLOCK) {
        let data = lz4_flex::block::compress(block);
        let mut body = Vec::with_capacity(HEADER + data.len());
        body.push(LZ4);
        body.extend_from_slice(&((HEADER + data.len()) as u32).to_le_bytes());
        body.extend_from_slice(&(block.len() as u32).to_le_bytes());
        body.extend_from_slice(&data);
        let (low, high) = checksum_of(&body);
        output.extend_from_slice(&low.to_le_bytes());
        output.extend_from_slice(&high.to_le_bytes());
        output.extend_from_slice(&body);
    }
    Bytes::from(output)
}

fn checksum_of(body: &[u8]) -> (u64, u64) {
    let hash = cityhash_rs::cityhash_102_128(body);
    ((hash >> 64) as u64, hash as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_come_back_however_they_are_cut() {
        let plain: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
        let framed = frame(&plain);
        for step in [1_000_003, 65_536, 7_919] {
            let mut unframer = Unframer::default();
            let mut back = Vec::new();
            for piece in framed.chunks(step) {
                back.extend(unframer.push(piece).unwrap());
            }
            unframer.finish().unwrap();
            assert_eq!(back, plain);
        }
    }

    #[test]
    fn broken_frames_are_refused() {
        let framed = frame(b"hello hello hello hello");
        let mut wrong = framed.to_vec();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(Unframer::default().push(&wrong), Err(FrameError::Checksum));
        let mut cut = Unframer::default();
        cut.push(&framed[..framed.len() - 1]).unwrap();
        assert_eq!(cut.finish(), Err(FrameError::Cut));
        let mut huge = framed.to_vec();
        huge[CHECKSUM + 1..CHECKSUM + 5].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Unframer::default().push(&huge), Err(FrameError::Size));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_awaited(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let plain = Unframer::default().push(&bytes).unwrap_or_default();
            prop_assert!(plain.is_empty(), "no random bytes have a right checksum");
        }
    }
}

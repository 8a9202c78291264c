//! The container of a PNG file: a signature, then chunks. A chunk is the big-endian length of its
//! data, its type, the data, and the CRC-32 of type and data.

pub(crate) const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// The last chunk, which has no data.
pub(crate) const END: &[u8; 12] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Appends a chunk to `file`.
pub(crate) fn push_chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend(open_chunk(kind, data.len()));
    file.extend(data);
    let mut crc = Crc::of(kind);
    crc.push(data);
    file.extend(crc.to_bytes());
}

/// The part of a chunk before its data. Its [`Crc`] starts with `kind`.
///
/// # Panics
/// If the data exceeds 2³¹ − 1 bytes, the format's limit.
pub(crate) fn open_chunk(kind: &[u8; 4], length: usize) -> [u8; 8] {
    assert!(i32::try_from(length).is_ok(), "a chunk of {length} bytes");
    let [a, b, c, d] = (length as u32).to_be_bytes();
    let [e, f, g, h] = *kind;
    [a, b, c, d, e, f, g, h]
}

/// CRC-32 as PNG defines it, over bytes that may come in parts.
#[derive(Clone, Copy)]
pub(crate) struct Crc(u32);

impl Crc {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut crc = Self(u32::MAX);
        crc.push(bytes);
        crc
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |crc, &byte| {
            (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)]
        });
    }

    pub(crate) fn to_bytes(self) -> [u8; 4] {
        (!self.0).to_be_bytes()
    }
}

/// The CRC of each byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_has_its_known_answer_whatever_the_parts() {
        let answer = 0xcbf4_3926_u32.to_be_bytes();
        assert_eq!(Crc::of(b"123456789").to_bytes(), answer);
        let mut parts = Crc::of(b"1234");
        parts.push(b"56789");
        assert_eq!(parts.to_bytes(), answer);
    }

    #[test]
    fn the_end_is_an_empty_chunk() {
        let mut file = vec![];
        push_chunk(&mut file, b"IEND", b"");
        assert_eq!(file, END);
    }
}

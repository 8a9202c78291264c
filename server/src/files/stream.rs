//! A part of a file as a stream of bytes, read piece by piece.
//!
//! Contract: memory is one piece for each stream, whatever the size of the file. If the file is
//! written or truncated meanwhile, the stream ends in an error: a client sees an incomplete answer,
//! never one that mixes two versions under one ETag.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use futures_util::stream::{Stream, try_unfold};

use super::{error::FileError, open_file::OpenFile};

/// Large enough to make the hop to a blocking thread cheap, small enough for many clients.
const PIECE_BYTES: u64 = 128 * 1024;

struct Reading {
    open: OpenFile,
    position: u64,
    end: u64,
}

/// `size_bytes` bytes of the file, from `start` on.
pub(crate) fn stream(
    open: OpenFile,
    start: u64,
    size_bytes: u64,
) -> impl Stream<Item = Result<Bytes, FileError>> {
    let reading = Reading {
        open,
        position: start,
        end: start + size_bytes,
    };
    try_unfold(reading, |reading| async move {
        if reading.position == reading.end {
            return Ok(None);
        }
        tokio::task::spawn_blocking(move || reading.piece())
            .await?
            .inspect_err(|error| tracing::warn!(%error, "an answer ends early"))
            .map(Some)
    })
}

impl Reading {
    fn piece(mut self) -> Result<(Bytes, Self), FileError> {
        let size_bytes = PIECE_BYTES.min(self.end - self.position);
        let piece = self
            .read(size_bytes)
            .map_err(|source| self.open.unreadable(source))?;
        self.open.check_unchanged()?;
        if piece.len() as u64 != size_bytes {
            return Err(FileError::Changed);
        }
        self.position += size_bytes;
        Ok((piece.into(), self))
    }

    fn read(&self, size_bytes: u64) -> io::Result<Vec<u8>> {
        let mut file = &self.open.file;
        // Each time: a task that hashes the file shares the position.
        file.seek(SeekFrom::Start(self.position))?;
        let mut piece = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or_default());
        file.take(size_bytes).read_to_end(&mut piece)?;
        Ok(piece)
    }
}

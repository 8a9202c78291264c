//! A part of a file as a response body, read piece by piece from disk.
//!
//! Contract: memory is one piece for each response, whatever the file's size. If the file is cut or
//! written meanwhile, the body ends in an error and the connection is closed: the client sees an
//! incomplete answer, never one that mixes two versions under one ETag.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use axum::body::{Body, Bytes};
use futures_util::stream::try_unfold;

use super::folder::{OpenFile, Version};

/// Large enough that the hop to the blocking pool costs little, small enough for many clients.
const PIECE_BYTES: u64 = 128 * 1024;

struct Reading {
    file: File,
    version: Version,
    position: u64,
    end: u64,
}

/// The bytes from `start` on, `size_bytes` of them.
pub(crate) fn body(open: OpenFile, start: u64, size_bytes: u64) -> Body {
    if size_bytes == 0 {
        return Body::empty();
    }
    let reading = Reading {
        file: open.file,
        version: open.version,
        position: start,
        end: start + size_bytes,
    };
    Body::from_stream(try_unfold(reading, |reading| async move {
        if reading.position == reading.end {
            return Ok(None);
        }
        tokio::task::spawn_blocking(move || reading.piece())
            .await
            .map_err(io::Error::other)?
            .inspect_err(|error| tracing::warn!(%error, "file lost while being sent"))
            .map(Some)
    }))
}

impl Reading {
    fn piece(mut self) -> io::Result<(Bytes, Self)> {
        let size_bytes = PIECE_BYTES.min(self.end - self.position);
        // Position every time: a concurrent hash of the same handle moves it.
        self.file.seek(SeekFrom::Start(self.position))?;
        let mut piece = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or_default());
        (&self.file).take(size_bytes).read_to_end(&mut piece)?;
        if piece.len() as u64 != size_bytes || !self.version.still_describes(&self.file)? {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file changed",
            ));
        }
        self.position += size_bytes;
        Ok((piece.into(), self))
    }
}

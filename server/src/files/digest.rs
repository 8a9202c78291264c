//! SHA-256 of each served file, computed at its first request and kept while the file stays as it is.
//!
//! Contract: a digest is returned only for bytes that were all read from one unchanged version of
//! the file. Requests that arrive together share one reading, which goes on even if the client
//! that started it leaves; otherwise a large shard could time out for ever.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::folder::{OpenFile, Version};
use crate::Error;

/// A file changed less than this ago may change again without its times showing it: clocks of
/// file systems tick as coarsely as two seconds (FAT). Its digest is not kept.
const SETTLING_TIME: Duration = Duration::from_secs(2);

/// Read at once while hashing.
const CHUNK_BYTES: usize = 256 * 1024;

/// The digests known, one for each path: replacing a file replaces its entry.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    entries: Mutex<HashMap<PathBuf, Arc<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    version: Version,
    digest: OnceCell<String>,
}

impl Digests {
    /// The digest, in lower-case hexadecimal.
    pub(crate) async fn of(&self, open: &OpenFile) -> Result<String, Error> {
        let unreadable = |source| Error::FileUnreadable {
            path: open.path.clone(),
            source,
        };
        let entry = self.entry(open);
        if let Some(digest) = entry.digest.get() {
            return Ok(digest.clone());
        }
        // The clone shares its position with the original, which a stream sets before it reads.
        let file = open.file.try_clone().map_err(unreadable)?;
        let hashing = async move {
            let version = entry.version;
            let digest = entry.digest.get_or_try_init(|| async {
                tokio::task::spawn_blocking(move || hash(file, version))
                    .await
                    .map_err(|error| Error::Internal(error.to_string()))?
                    .map_err(unreadable_later)?
                    .ok_or(Error::FileChanged)
            });
            digest.await.cloned()
        };
        tokio::spawn(hashing)
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
            .map_err(|error| match error {
                Error::FileUnreadable { source, .. } => unreadable(source),
                other => other,
            })
    }

    /// The entry of this very version; a fresh, unkept one while the file is settling.
    fn entry(&self, open: &OpenFile) -> Arc<Entry> {
        let fresh = || {
            Arc::new(Entry {
                version: open.version,
                digest: OnceCell::new(),
            })
        };
        if !is_settled(open.version.modified, SystemTime::now()) {
            return fresh();
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry(open.path.clone()).or_insert_with(fresh);
        if entry.version != open.version {
            *entry = fresh();
        }
        Arc::clone(entry)
    }
}

/// The task that hashes outlives the request, so the path is filled in by whoever waits.
fn unreadable_later(source: io::Error) -> Error {
    Error::FileUnreadable {
        path: PathBuf::new(),
        source,
    }
}

/// A time in the future counts as settled: a wrong clock must not cost a reading each request.
fn is_settled(modified: Option<SystemTime>, now: SystemTime) -> bool {
    modified.is_some_and(|time| {
        now.duration_since(time)
            .is_ok_and(|age| age >= SETTLING_TIME)
            || time > now
    })
}

/// `None` if the file changed meanwhile.
fn hash(mut file: File, version: Version) -> io::Result<Option<String>> {
    file.rewind()?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size_bytes = 0;
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        hasher.update(&chunk[..count]);
        size_bytes += count as u64;
    }
    let unchanged = size_bytes == version.size_bytes && version.still_describes(&file)?;
    Ok(unchanged.then(|| format!("{:x}", hasher.finalize())))
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    const OLD: Duration = Duration::from_secs(3600);

    fn open(content: &str, age: Duration) -> OpenFile {
        let mut file = tempfile::tempfile().expect("a temporary file");
        io::Write::write_all(&mut file, content.as_bytes()).expect("written");
        let modified = SystemTime::now() - age;
        file.set_modified(modified).expect("the time is set");
        let version = Version::of(&file).expect("metadata");
        OpenFile {
            path: "a".into(),
            file,
            version,
        }
    }

    fn sha256(content: &str) -> String {
        format!("{:x}", Sha256::digest(content))
    }

    #[tokio::test]
    async fn is_the_sha_256_of_the_content() {
        let digests = Digests::default();
        for age in [Duration::ZERO, OLD] {
            let digest = digests.of(&open("content", age)).await.expect("a digest");
            assert_eq!(digest, sha256("content"));
        }
    }

    #[tokio::test]
    async fn is_kept_for_a_version_and_forgotten_with_it() {
        let digests = Digests::default();
        let first = open("first", OLD);
        digests.of(&first).await.expect("a digest");
        // The same version over another file's bytes: only a kept digest can still answer "first".
        let mut impostor = open("other", OLD);
        impostor.version = first.version;
        assert_eq!(digests.of(&impostor).await.expect("kept"), sha256("first"));
        let second = open("second", OLD);
        assert_eq!(digests.of(&second).await.expect("new"), sha256("second"));
    }

    #[tokio::test]
    async fn requests_at_once_share_one_reading() {
        let digests = Digests::default();
        let first = open("first", OLD);
        let mut impostor = open("other", OLD);
        impostor.version = first.version;
        let (one, two) = tokio::join!(digests.of(&first), digests.of(&impostor));
        assert_eq!(one.expect("read"), sha256("first"));
        assert_eq!(two.expect("shared"), sha256("first"));
    }

    #[tokio::test]
    async fn reading_goes_on_when_the_client_leaves() {
        let digests = Digests::default();
        let file = open("content", OLD);
        {
            let request = std::pin::pin!(digests.of(&file));
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(request.poll(&mut nobody).is_pending(), "and then dropped");
        }
        let entry = digests.entry(&file);
        for _ in 0..1000 {
            if entry.digest.initialized() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        unreachable!("the reading was given up");
    }

    #[tokio::test]
    async fn is_not_kept_while_the_file_is_settling() {
        let digests = Digests::default();
        digests
            .of(&open("a", Duration::ZERO))
            .await
            .expect("a digest");
        assert!(digests.entries.lock().expect("unpoisoned").is_empty());
    }

    #[tokio::test]
    async fn refuses_a_file_that_changed_since_it_was_opened() {
        let file = open("content", OLD);
        file.file.set_len(3).expect("cut");
        let error = Digests::default().of(&file).await.expect_err("changed");
        assert_eq!(error.code(), "file_changed");
    }

    #[test]
    fn a_future_time_is_settled() {
        let now = SystemTime::now();
        assert!(is_settled(Some(now + OLD), now));
        assert!(!is_settled(Some(now - Duration::from_secs(1)), now));
        assert!(!is_settled(None, now));
    }
}

//! A cache of values that are computed from files and hold while the files stay the same.
//!
//! Contract: requests that arrive together share one computation. It continues if the client that
//! started it disconnects; otherwise a large file could time out for ever.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio::{sync::OnceCell, task::spawn_blocking};

use super::{error::FileError, open_file::Version};

/// Values of type `V`, one for each path, each computed from `N` files.
#[derive(Debug)]
pub(super) struct PerVersion<V, const N: usize> {
    entries: Mutex<HashMap<PathBuf, Arc<Entry<V, N>>>>,
}

#[derive(Debug)]
struct Entry<V, const N: usize> {
    versions: [Version; N],
    value: OnceCell<V>,
}

impl<V, const N: usize> Default for PerVersion<V, N> {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
        }
    }
}

impl<V: Clone + Send + Sync + 'static, const N: usize> PerVersion<V, N> {
    /// The cached value of `path` at these versions; otherwise computes it on a blocking thread.
    pub(super) async fn get_or_compute(
        &self,
        path: &Path,
        versions: [Version; N],
        compute: impl FnOnce() -> Result<V, FileError> + Send + 'static,
    ) -> Result<V, FileError> {
        let entry = self.entry(path, versions);
        if let Some(value) = entry.value.get() {
            return Ok(value.clone());
        }
        let shared = async move {
            let value = entry
                .value
                .get_or_try_init(|| async { spawn_blocking(compute).await? });
            value.await.cloned()
        };
        tokio::spawn(shared).await?
    }

    /// The entry of these very versions; a new, uncached one while any of them is settling.
    fn entry(&self, path: &Path, versions: [Version; N]) -> Arc<Entry<V, N>> {
        let new = || {
            Arc::new(Entry {
                versions,
                value: OnceCell::new(),
            })
        };
        let now = SystemTime::now();
        if !versions.iter().all(|version| version.is_settled(now)) {
            return new();
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry(path.to_owned()).or_insert_with(new);
        if entry.versions != versions {
            *entry = new();
        }
        Arc::clone(entry)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc,
        task::{Context, Waker},
        time::Duration,
    };

    use super::{
        super::open_file::tests::{OLD, open},
        *,
    };

    fn version(age: Duration) -> Version {
        open("a", "content", age).version
    }

    async fn get(cache: &PerVersion<u8, 1>, version: Version, value: u8) -> u8 {
        let computed = cache.get_or_compute(Path::new("a"), [version], move || Ok(value));
        computed.await.expect("a value")
    }

    #[tokio::test]
    async fn a_value_is_kept_for_its_version_and_replaced_with_it() {
        let cache = PerVersion::default();
        let first = version(OLD);
        assert_eq!(get(&cache, first, 1).await, 1);
        assert_eq!(get(&cache, first, 2).await, 1, "cached");
        let second = version(OLD);
        assert_eq!(get(&cache, second, 3).await, 3, "another version");
        assert_eq!(get(&cache, first, 4).await, 4, "one version a path");
    }

    #[tokio::test]
    async fn nothing_is_kept_while_a_file_is_settling() {
        let cache = PerVersion::default();
        let settling = version(Duration::ZERO);
        assert_eq!(get(&cache, settling, 1).await, 1);
        assert_eq!(get(&cache, settling, 2).await, 2);

        let pair = PerVersion::default();
        for value in [1, 2] {
            let versions = [version(OLD), settling];
            let computed = pair.get_or_compute(Path::new("a"), versions, move || Ok(value));
            assert_eq!(computed.await.expect("a value"), value);
        }
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = PerVersion::default();
        let version = version(OLD);
        let failed = cache.get_or_compute(Path::new("a"), [version], || Err(FileError::Changed));
        assert!(failed.await.is_err());
        assert_eq!(get(&cache, version, 1).await, 1);
    }

    #[tokio::test]
    async fn simultaneous_requests_share_one_computation() {
        let cache = PerVersion::default();
        let version = version(OLD);
        let (one, two) = tokio::join!(get(&cache, version, 1), get(&cache, version, 2));
        assert_eq!(one, two);
    }

    #[tokio::test]
    async fn a_computation_survives_its_client() {
        let cache = PerVersion::default();
        let version = version(OLD);
        let (release, released) = mpsc::channel();
        {
            let request = cache.get_or_compute(Path::new("a"), [version], move || {
                released.recv().expect("released");
                Ok(1)
            });
            let request = std::pin::pin!(request);
            let mut context = Context::from_waker(Waker::noop());
            assert!(request.poll(&mut context).is_pending(), "and then dropped");
        }
        tokio::task::yield_now().await;
        release.send(()).expect("the computation goes on");
        assert_eq!(get(&cache, version, 2).await, 1);
    }
}

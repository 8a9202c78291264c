//! What the handlers share: the served folders, and whether the server is stopping.
//!
//! Contract: made once at start and cheap to clone. It differs between two instances of the server
//! only by the contents of their folders.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::files::Folder;

/// The settings that the router depends on.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the built app. It may be created later.
    pub app_dir: PathBuf,
    /// The folder of the model packages. It may be created later.
    pub models_dir: PathBuf,
    /// The longest time until a response begins; its body may take longer.
    pub request_timeout: Duration,
    /// The lifetime of Strict-Transport-Security in seconds; 0 leaves the header out.
    pub hsts_max_age_s: u64,
}

/// The state of [`app`](super::app).
#[derive(Clone, Debug)]
pub struct AppState {
    options: Arc<Options>,
    pub(super) app_files: Folder,
    pub(super) models: Folder,
    stopping: Arc<AtomicBool>,
}

impl AppState {
    /// The state at start.
    pub fn new(options: Options) -> Self {
        Self {
            app_files: Folder::new(options.app_dir.clone()),
            models: Folder::new(options.models_dir.clone()),
            options: Arc::new(options),
            stopping: Arc::default(),
        }
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Makes `/healthz` report from now on that this instance is stopping.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether [`begin_stopping`](Self::begin_stopping) was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

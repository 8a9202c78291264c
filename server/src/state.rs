//! What the handlers share: the two served folders and the knowledge that the end has begun.
//!
//! Contract: cheap to clone, made once at the root; nothing in it differs between two instances
//! of the server beyond the machine's own folders.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{config::Config, files::Folder};

/// The state of [`app`](crate::app).
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) config: Arc<Config>,
    pub(crate) app_files: Folder,
    pub(crate) models: Folder,
    stopping: Arc<AtomicBool>,
}

impl AppState {
    /// State for a configuration; folders are opened at each request, so they may appear later.
    pub fn new(config: Config) -> Self {
        Self {
            app_files: Folder::new(&config.app_dir),
            models: Folder::new(&config.models_dir),
            config: Arc::new(config),
            stopping: Arc::default(),
        }
    }

    /// The effective settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// From now on `/healthz` says that this instance is going away.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether [`begin_stopping`](Self::begin_stopping) was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

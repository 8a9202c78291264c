//! The pictures of this session, and the one that is shown.

use std::sync::Arc;

use image2_picture::Picture;
use leptos::prelude::*;
use uuid::Uuid;

use crate::browser;
use crate::host::Finished;
use crate::library::address::Refused;
use crate::library::item::Item;
use crate::library::record::Record;

/// A handle to the pictures; copied freely.
#[derive(Clone, Copy)]
pub struct Gallery {
    /// Oldest first.
    pub items: RwSignal<Vec<Arc<Item>>>,
    /// The picture on the stage.
    pub shown: RwSignal<Option<Uuid>>,
}

impl Gallery {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            items: RwSignal::new(vec![]),
            shown: RwSignal::new(None),
        }
    }

    /// Keeps a finished picture and shows it.
    pub fn keep(self, finished: Finished) -> Result<(), Refused> {
        let Finished {
            recipe,
            model,
            device,
            elapsed_ms,
            notes,
            picture,
        } = finished;
        let record = Record {
            id: random_id().ok_or(Refused)?,
            created_ms: browser::epoch_ms(),
            recipe,
            model: (&model).into(),
            device,
            elapsed_ms,
            notes,
        };
        self.add(record, picture)
    }

    fn add(self, record: Record, picture: Picture) -> Result<(), Refused> {
        let id = record.id;
        let number = self
            .items
            .with_untracked(|items| items.last().map_or(1, |last| last.number + 1));
        let item = Arc::new(Item::new(number, record, picture)?);
        self.items.update(|items| items.push(item));
        self.shown.set(Some(id));
        Ok(())
    }

    /// The picture that is shown.
    pub fn current(self) -> Option<Arc<Item>> {
        let id = self.shown.get()?;
        self.items
            .with(|items| items.iter().find(|item| item.record.id == id).cloned())
    }
}

fn random_id() -> Option<Uuid> {
    browser::random_bytes().map(|bytes| uuid::Builder::from_random_bytes(bytes).into_uuid())
}

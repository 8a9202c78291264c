//! The pictures of this session, and the one that is shown.

use std::collections::HashSet;
use std::sync::Arc;

use image2_picture::{Picture, Recipe};
use leptos::prelude::*;
use uuid::Uuid;

use crate::browser;
use crate::host::Finished;
use crate::library::address::Refused;
use crate::library::item::Item;
use crate::library::record::Record;
use crate::storage::handover::{self, Unavailable};

/// A handle to the pictures; copied freely.
#[derive(Clone, Copy)]
pub struct Gallery {
    /// Oldest first.
    pub items: RwSignal<Vec<Arc<Item>>>,
    /// The picture on the stage.
    pub shown: RwSignal<Option<Uuid>>,
    /// Pictures that also exist elsewhere: as a file, or handed over to the next page.
    saved: RwSignal<HashSet<Uuid>>,
}

impl Gallery {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            items: RwSignal::new(vec![]),
            shown: RwSignal::new(None),
            saved: RwSignal::default(),
        }
    }

    /// Records that a picture exists elsewhere.
    pub fn mark_saved(self, id: Uuid) {
        self.saved.update(|saved| {
            saved.insert(id);
        });
    }

    /// Whether leaving the page would lose a picture.
    pub fn has_unsaved(self) -> bool {
        let saved = self.saved.read();
        self.items
            .with(|items| items.iter().any(|item| !saved.contains(&item.record.id)))
    }

    /// Stores all pictures for the page after a reload. On failure nothing changes here.
    pub async fn hand_over(self) -> Result<(), Unavailable> {
        let items = self.items.get_untracked();
        let entries = items.iter().filter_map(|item| {
            let record = serde_json::to_string(&item.record).ok()?;
            Some((record, item.picture.rgba().to_vec()))
        });
        handover::keep(entries).await?;
        for item in &items {
            self.mark_saved(item.record.id);
        }
        Ok(())
    }

    /// Adds the pictures that the page before a reload stored.
    pub async fn take_over(self) {
        for (record, rgba) in handover::take().await.unwrap_or_default() {
            let taken = serde_json::from_str::<Record>(&record)
                .ok()
                .and_then(|record| {
                    let Recipe { width, height, .. } = record.recipe;
                    let picture = Picture::new(width, height, rgba).ok()?;
                    self.add(record, picture).ok()
                });
            if taken.is_none() {
                browser::log("a picture from before the reload was damaged");
            }
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

    /// Adds a picture and shows it.
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

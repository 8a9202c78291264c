//! The pictures of this session, and the one that is shown.

use std::collections::HashSet;
use std::sync::Arc;

use image2_picture::{Layout, Picture, Recipe, browser as codec};
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use crate::browser;
use crate::host::Finished;
use crate::library::address::Refused;
use crate::library::file::Drawing;
use crate::library::item::Item;
use crate::library::record::Record;
use crate::storage::handover::{self, Kept, Unavailable};

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
        let mut entries = vec![];
        for item in &items {
            let Ok(record) = serde_json::to_string(&item.current_record()) else {
                continue;
            };
            let (drawing, thumbnail) = (item.drawing.bytes().await, item.thumbnail.bytes().await);
            let (Ok(drawing), Ok(thumbnail)) = (drawing, thumbnail) else {
                return Err(Unavailable);
            };
            entries.push((record, [drawing, thumbnail]));
        }
        handover::keep(entries).await?;
        for item in &items {
            self.mark_saved(item.record.id);
        }
        Ok(())
    }

    /// Adds the pictures that the page before a reload stored.
    pub async fn take_over(self) {
        for kept in handover::take().await.unwrap_or_default() {
            if self.take(kept).await.is_none() {
                browser::log("a picture from before the reload was damaged");
            }
        }
    }

    async fn take(self, kept: Kept) -> Option<()> {
        let (record, files) = match kept {
            Kept::Files(record, files) => (serde_json::from_str(&record).ok()?, files),
            Kept::Pixels(record, rgba) => {
                let record: Record = serde_json::from_str(&record).ok()?;
                let Recipe { width, height, .. } = record.recipe;
                let picture = Picture::new(width, height, rgba).ok()?;
                let file = codec::encode_png(&picture).await.ok()?.buffer();
                (record, [file.clone(), file])
            }
        };
        self.add(record, files).ok()
    }

    /// Keeps a finished picture and shows it.
    pub fn keep(self, finished: Finished) -> Result<(), Refused> {
        let Finished {
            recipe,
            model,
            device,
            elapsed_ms,
            notes,
            files,
            ..
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
        self.add(record, files)
    }

    /// Adds a picture and shows it.
    fn add(self, record: Record, files: [ArrayBuffer; 2]) -> Result<(), Refused> {
        let [drawing, thumbnail] = files.map(drawing);
        let files = [drawing?, thumbnail?];
        let id = record.id;
        let number = self
            .items
            .with_untracked(|items| items.last().map_or(1, |last| last.number + 1));
        let item = Arc::new(Item::new(number, record, files)?);
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

/// A file that this program wrote.
fn drawing(png: ArrayBuffer) -> Result<Drawing, Refused> {
    let head = Uint8Array::new(&png);
    let head = head.subarray(0, Layout::HEAD_BYTES).to_vec();
    let layout = Layout::read(&head).map_err(|error| Refused::because(error.code().into()))?;
    Drawing::new(&JsValue::from(png), layout)
}

fn random_id() -> Option<Uuid> {
    browser::random_bytes().map(|bytes| uuid::Builder::from_random_bytes(bytes).into_uuid())
}

//! The session's pictures across a reload that the page asks for: written before it, taken after it.
//!
//! In IndexedDB, which holds bytes as they are and has room for hundreds of pictures. All tabs share
//! it, so each reload writes under a key of its own, which the tab alone remembers (in
//! `sessionStorage`). A picture is its record as JSON (text, because a seed has 64 bits) and its two
//! files. Earlier versions wrote its pixels instead, and hand over to this one when it is deployed.

use idb::{Database, DatabaseEvent as _, Error, Factory, ObjectStore, ObjectStoreParams};
use idb::{Transaction, TransactionMode};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

const DATABASE: &str = "image2-handover";
const VERSION: u32 = 1;
const STORE: &str = "pictures";
/// Where the tab remembers its key.
const KEY: &str = "image2.handover";
/// Pictures of a tab that was closed within its reload are removed after this long.
const KEPT_MS: f64 = 24.0 * 3_600_000.0;

/// A picture as it was kept, with its record as JSON.
pub enum Kept {
    /// The picture and its thumbnail, PNG.
    Files(String, [ArrayBuffer; 2]),
    /// Straight RGBA pixels, by version 0.1.
    Pixels(String, Vec<u8>),
}

/// The pictures could not be kept or taken; the cause is in the log.
#[derive(Debug)]
pub struct Unavailable;

impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        browser::log(&format!("handover: {error}"));
        Self
    }
}

/// Keeps `entries`, in order: all of them, or none.
pub async fn keep(entries: Vec<(String, [ArrayBuffer; 2])>) -> Result<(), Unavailable> {
    let value = Array::new();
    for (record, [drawing, thumbnail]) in entries {
        value.push(&Array::of3(&record.into(), &drawing, &thumbnail));
    }
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let now_ms = browser::epoch_ms() as f64;
    let (database, transaction, store) = open().await?;
    for key in store.get_all_keys(None, None)?.await? {
        if key
            .as_f64()
            .is_none_or(|kept_ms| now_ms - kept_ms > KEPT_MS)
        {
            store.delete(key)?.await?;
        }
    }
    // Two tabs in one millisecond: `add` refuses the second.
    store.add(&value, Some(&now_ms.into()))?.await?;
    transaction.commit()?.await?;
    database.close();
    if browser::remember_in_tab(KEY, &now_ms.to_string()) {
        Ok(())
    } else {
        Err(Unavailable)
    }
}

/// Takes out what this tab kept; entries that are damaged are left out.
pub async fn take() -> Result<Vec<Kept>, Unavailable> {
    let Some(key) = browser::take_from_tab(KEY).and_then(|key| key.parse::<f64>().ok()) else {
        return Ok(vec![]);
    };
    let key = JsValue::from(key);
    let (database, transaction, store) = open().await?;
    let value = store.get(key.clone())?.await?;
    store.delete(key)?.await?;
    transaction.commit()?.await?;
    database.close();
    let entries = value.and_then(|value| value.dyn_into::<Array>().ok());
    let entries = entries.unwrap_or_default();
    Ok(entries.iter().filter_map(|value| entry(&value)).collect())
}

fn entry(value: &JsValue) -> Option<Kept> {
    let parts = value.dyn_ref::<Array>()?;
    let record = parts.get(0).as_string()?;
    if let Ok(rgba) = parts.get(1).dyn_into::<Uint8Array>() {
        return Some(Kept::Pixels(record, rgba.to_vec()));
    }
    let file = |index| parts.get(index).dyn_into::<ArrayBuffer>().ok();
    Some(Kept::Files(record, [file(1)?, file(2)?]))
}

async fn open() -> Result<(Database, Transaction, ObjectStore), Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(VERSION))?;
    request.on_upgrade_needed(|event| {
        // Fails only where the store exists already.
        _ = event
            .database()
            .and_then(|database| database.create_object_store(STORE, ObjectStoreParams::new()));
    });
    let database = request.await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(STORE)?;
    Ok((database, transaction, store))
}

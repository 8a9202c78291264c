//! The session's pictures across a reload that the page asks for: written before it, taken after it.
//!
//! In IndexedDB, which holds bytes as they are and has room for hundreds of pictures. All tabs share
//! it, so each reload writes under a key of its own, which the tab alone remembers (in
//! `sessionStorage`). A picture is its record as JSON (text, because a seed has 64 bits) and its
//! pixels.

use idb::{Database, DatabaseEvent as _, Error, Factory, ObjectStore, ObjectStoreParams};
use idb::{Transaction, TransactionMode};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

const DATABASE: &str = "image2-handover";
const VERSION: u32 = 1;
const STORE: &str = "pictures";
/// Where the tab remembers its key.
const KEY: &str = "image2.handover";
/// Pictures of a tab that was closed within its reload are removed after this long.
const KEPT_MS: f64 = 24.0 * 3_600_000.0;

/// A record as JSON, and straight RGBA pixels.
pub type Entry = (String, Vec<u8>);

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
pub async fn keep(entries: impl IntoIterator<Item = Entry>) -> Result<(), Unavailable> {
    let value = Array::new();
    for (record, rgba) in entries {
        value.push(&Array::of2(&record.into(), &Uint8Array::from(&rgba[..])));
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
pub async fn take() -> Result<Vec<Entry>, Unavailable> {
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

fn entry(value: &JsValue) -> Option<Entry> {
    let parts = value.dyn_ref::<Array>()?;
    let rgba = parts.get(1).dyn_into::<Uint8Array>().ok()?;
    Some((parts.get(0).as_string()?, rgba.to_vec()))
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

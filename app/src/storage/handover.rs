//! The session's pictures across a reload that the page asks for: written before it, taken after it.
//!
//! In IndexedDB, which holds bytes as they are and has room for hundreds of pictures. A picture is
//! its record as JSON (text, because a seed has 64 bits) and its pixels.

use idb::{Database, Error, Factory, ObjectStoreParams, TransactionMode};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

const DATABASE: &str = "image2-handover";
const VERSION: u32 = 1;
const STORE: &str = "pictures";

/// A record as JSON, and straight RGBA pixels.
pub type Entry = (String, Vec<u8>);

/// Keeps `entries`, in order, in place of what was kept before; all of them, or none.
pub async fn keep(entries: impl IntoIterator<Item = Entry>) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(STORE)?;
    store.clear()?.await?;
    for (place, (record, rgba)) in (0_u32..).zip(entries) {
        let value = Array::of2(&record.into(), &Uint8Array::from(&rgba[..]));
        store.put(&value, Some(&place.into()))?.await?;
    }
    transaction.commit()?.await?;
    database.close();
    Ok(())
}

/// Takes out what was kept; what is damaged is left out.
pub async fn take() -> Result<Vec<Entry>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(STORE)?;
    let values = store.get_all(None, None)?.await?;
    store.clear()?.await?;
    transaction.commit()?.await?;
    database.close();
    Ok(values.iter().filter_map(entry).collect())
}

fn entry(value: &JsValue) -> Option<Entry> {
    let parts = value.dyn_ref::<Array>()?;
    let rgba = parts.get(1).dyn_into::<Uint8Array>().ok()?;
    Some((parts.get(0).as_string()?, rgba.to_vec()))
}

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(VERSION))?;
    request.on_upgrade_needed(|event| {
        use idb::DatabaseEvent as _;
        // Fails only where the store exists already.
        _ = event
            .database()
            .and_then(|database| database.create_object_store(STORE, ObjectStoreParams::new()));
    });
    request.await
}

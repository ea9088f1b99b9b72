//! A thin layer over IndexedDB: requests and transactions as futures.

use js_sys::{Array, JsString, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode};

use super::scope::global;

/// What the browser said when storage failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl From<JsValue> for Failure {
    fn from(error: JsValue) -> Self {
        let text = |name: &str| js_sys::Reflect::get(&error, &name.into()).ok().and_then(|value| value.as_string());
        Self(match (text("name"), text("message")) {
            (Some(name), Some(message)) => format!("{name}: {message}"),
            _ => format!("{error:?}"),
        })
    }
}

/// Opens a database with these object stores.
pub async fn open(name: &str, version: u32, stores: &'static [&'static str]) -> Result<IdbDatabase, Failure> {
    let scope = global().ok_or_else(|| Failure("there is no worker".into()))?;
    let factory = scope.indexed_db()?.ok_or_else(|| Failure("IndexedDB is switched off".into()))?;
    let request = factory.open_with_u32(name, version)?;
    let on_upgrade = Closure::once_into_js({
        let request = request.clone();
        move || {
            let Some(database) = request.result().ok().and_then(|result| result.dyn_into::<IdbDatabase>().ok()) else {
                return;
            };
            for store in stores.iter().filter(|store| !database.object_store_names().contains(store)) {
                // A failure here fails the opening, which says so.
                let _ = database.create_object_store(store);
            }
        }
    });
    request.set_onupgradeneeded(Some(on_upgrade.unchecked_ref()));
    let database: IdbDatabase = result(&request).await?.dyn_into().map_err(Failure::from)?;
    // Another tab with a newer portal must not wait for this one.
    let close = Closure::once_into_js({
        let database = database.clone();
        move || database.close()
    });
    database.set_onversionchange(Some(close.unchecked_ref()));
    Ok(database)
}

/// A transaction over some stores. All its requests are made before the first `await`: then it can't end early.
pub struct Transaction(IdbTransaction);

impl Transaction {
    /// For reading.
    pub fn read(database: &IdbDatabase, stores: &[&str]) -> Result<Self, Failure> {
        Self::begin(database, stores, IdbTransactionMode::Readonly)
    }

    /// For writing: all of it or nothing.
    pub fn write(database: &IdbDatabase, stores: &[&str]) -> Result<Self, Failure> {
        Self::begin(database, stores, IdbTransactionMode::Readwrite)
    }

    fn begin(database: &IdbDatabase, stores: &[&str], mode: IdbTransactionMode) -> Result<Self, Failure> {
        let names: Array = stores.iter().map(|name| JsString::from(*name)).collect();
        Ok(Self(database.transaction_with_str_sequence_and_mode(&names, mode)?))
    }

    /// One of the stores.
    pub fn store(&self, name: &str) -> Result<IdbObjectStore, Failure> {
        Ok(self.0.object_store(name)?)
    }

    /// Resolves once everything is on disk, or with why nothing is.
    pub async fn done(self) -> Result<(), Failure> {
        let finished = Promise::new(&mut |resolve, reject| {
            self.0.set_oncomplete(Some(&resolve));
            self.0.set_onabort(Some(&reject));
        });
        match JsFuture::from(finished).await {
            Ok(_) => Ok(()),
            Err(_) => Err(self.0.error().map_or_else(
                || Failure("the transaction was aborted".into()),
                |error| Failure::from(JsValue::from(error)),
            )),
        }
    }
}

/// A request's result.
pub async fn result(request: &IdbRequest) -> Result<JsValue, Failure> {
    let finished = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(finished).await {
        Ok(_) => Ok(request.result()?),
        Err(event) => match request.error() {
            Ok(Some(error)) => Err(Failure::from(JsValue::from(error))),
            _ => Err(Failure::from(event)),
        },
    }
}

//! What the portal keeps in this browser: bundles, ledgers, issued files, keys and pinned roots. One database for each
//! folder of a host; every write is one transaction.

use js_sys::{Array, Object, Reflect, Uint8Array};
use postern_protocol::documents::LedgerId;
use postern_protocol::{Digest, Id, PublicKey};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, IdbDatabase, IdbKeyRange};

use super::database::{self, Failure, Transaction};
use super::scope;
use crate::desk::model::keys::KeyHere;

const VERSION: u32 = 1;
const PINS: &str = "pins";
const BUNDLES: &str = "bundles";
const LEDGERS: &str = "ledgers";
const FILES: &str = "files";
const KEYS: &str = "keys";
const STORES: &[&str] = &[PINS, BUNDLES, LEDGERS, FILES, KEYS];

/// The key under which the bundles store says which account was open last.
const LATEST: &str = "latest";

/// The key under which the pins store says which guide is gone through.
const GUIDE: &str = "the guide";

/// The open database.
#[derive(Clone)]
pub struct Store {
    database: IdbDatabase,
}

/// A bundle's place: its product, account and serial.
#[derive(Clone, Copy, Debug)]
pub struct BundlePlace<'a> {
    /// The product.
    pub product: &'a Id,
    /// The account.
    pub account: &'a Id,
    /// The serial.
    pub serial: u64,
}

/// What a handover brings.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    /// The bundle and its root, where it is not here already.
    pub bundle: Option<(BundlePlace<'a>, &'a [u8], Digest)>,
    /// The key, as it is sealed.
    pub key: (PublicKey, &'a str),
    /// The ledger, and those of its entries that are not here already.
    pub ledger: (LedgerId, &'a [(u64, Vec<u8>)]),
}

impl Store {
    /// Opens the database of this portal, and makes it at the first visit.
    pub async fn open() -> Result<Self, Failure> {
        let name = format!("postern {}", scope::folder());
        Ok(Self { database: database::open(&name, VERSION, STORES).await? })
    }

    /// The root that was pinned for a product at its first use.
    pub async fn pin(&self, product: &Id) -> Result<Option<Digest>, Failure> {
        let found = self.get(PINS, &product.as_str().into()).await?;
        Ok(found.as_string().and_then(|text| text.parse().ok()))
    }

    /// Stores a bundle as its account's newest, and pins the root of its product.
    pub async fn put_bundle(&self, place: BundlePlace<'_>, bytes: &[u8], root: Digest) -> Result<(), Failure> {
        let transaction = Transaction::write(&self.database, &[PINS, BUNDLES])?;
        write_bundle(&transaction, place, bytes, root)?;
        transaction.done().await
    }

    /// Stores everything that a handover brings, or nothing.
    ///
    /// An entry at a position that is taken fails it: another tab was faster.
    pub async fn bring(&self, brought: Brought<'_>) -> Result<(), Failure> {
        let transaction = Transaction::write(&self.database, &[PINS, BUNDLES, LEDGERS, KEYS])?;
        if let Some((place, bytes, root)) = brought.bundle {
            write_bundle(&transaction, place, bytes, root)?;
        }
        let (public, pem) = brought.key;
        write_key(&transaction, public, "sealed", &pem.into())?;
        let (id, entries) = brought.ledger;
        write_entries(&transaction, id, entries)?;
        transaction.done().await
    }

    /// Every bundle of an account, by ascending serial.
    pub async fn bundles(&self, product: &Id, account: &Id) -> Result<Vec<Vec<u8>>, Failure> {
        self.prefixed(BUNDLES, &bundle_key(product, account, None)).await
    }

    /// Every bundle of the account that was open last, by ascending serial.
    pub async fn latest_bundles(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let latest = self.get(BUNDLES, &LATEST.into()).await?;
        if latest.is_undefined() { Ok(Vec::new()) } else { self.prefixed(BUNDLES, &latest).await }
    }

    /// The lines of a ledger, by ascending position.
    pub async fn ledger(&self, id: LedgerId) -> Result<Vec<Vec<u8>>, Failure> {
        self.prefixed(LEDGERS, &ledger_key(id, None)).await
    }

    /// The newest ledger of a key that is stored here.
    pub async fn newest_ledger(&self, key: PublicKey) -> Result<Option<LedgerId>, Failure> {
        let (lower, upper) = (Array::of1(&key.to_string().into()), Array::of2(&key.to_string().into(), &Array::new()));
        let range = IdbKeyRange::bound(&lower, &upper)?;
        let transaction = Transaction::read(&self.database, &[LEDGERS])?;
        let found = database::result(&transaction.store(LEDGERS)?.get_all_keys_with_key(&range)?).await?;
        // Keys come in their order: by epoch, then position.
        let newest = Array::from(&found).iter().last();
        let epoch = newest.and_then(|place| Array::from(&place).get(1).as_f64());
        Ok(epoch.map(|epoch| LedgerId { key, epoch: epoch as u64 }))
    }

    /// Appends entries, with the file that they record, in one transaction.
    ///
    /// An entry at a position that is taken fails it: another tab was faster, and nothing is written.
    pub async fn append(
        &self,
        id: LedgerId,
        entries: &[(u64, Vec<u8>)],
        file: Option<(Digest, &[u8])>,
    ) -> Result<(), Failure> {
        let transaction = Transaction::write(&self.database, &[LEDGERS, FILES])?;
        write_entries(&transaction, id, entries)?;
        if let Some((digest, bytes)) = file {
            transaction.store(FILES)?.put_with_key(&Uint8Array::from(bytes), &digest.to_string().into())?;
        }
        transaction.done().await
    }

    /// The file that was issued with this document.
    pub async fn file(&self, document: Digest) -> Result<Option<Vec<u8>>, Failure> {
        Ok(bytes(&self.get(FILES, &document.to_string().into()).await?))
    }

    /// The guide that is gone through, as it was stored.
    pub async fn guide(&self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(bytes(&self.get(PINS, &GUIDE.into()).await?))
    }

    /// Stores the guide that is gone through, or that there is none.
    pub async fn put_guide(&self, guide: Option<&[u8]>) -> Result<(), Failure> {
        let transaction = Transaction::write(&self.database, &[PINS])?;
        let pins = transaction.store(PINS)?;
        // Names of products have no space.
        match guide {
            Some(guide) => pins.put_with_key(&Uint8Array::from(guide), &GUIDE.into())?,
            None => pins.delete(&GUIDE.into())?,
        };
        transaction.done().await
    }

    /// Every key that was made in this browser.
    pub async fn keys(&self) -> Result<Vec<KeyHere>, Failure> {
        let transaction = Transaction::read(&self.database, &[KEYS])?;
        let found = database::result(&transaction.store(KEYS)?.get_all()?).await?;
        Ok(Array::from(&found).iter().filter_map(|record| key_here(&record)).collect())
    }

    /// Keeps a key that can't leave the browser.
    pub async fn put_kept_key(&self, public: PublicKey, key: &CryptoKey) -> Result<(), Failure> {
        self.put_key(public, "key", key).await
    }

    /// Keeps a sealed key.
    pub async fn put_sealed_key(&self, public: PublicKey, pem: &str) -> Result<(), Failure> {
        self.put_key(public, "sealed", &pem.into()).await
    }

    /// A key that was kept with [`Store::put_kept_key`].
    pub async fn kept_key(&self, public: PublicKey) -> Result<Option<CryptoKey>, Failure> {
        let record = self.get(KEYS, &public.to_string().into()).await?;
        Ok(field(&record, "key").and_then(|key| key.dyn_into().ok()))
    }

    async fn put_key(&self, public: PublicKey, name: &str, value: &JsValue) -> Result<(), Failure> {
        let transaction = Transaction::write(&self.database, &[KEYS])?;
        write_key(&transaction, public, name, value)?;
        transaction.done().await
    }

    async fn get(&self, store: &str, key: &JsValue) -> Result<JsValue, Failure> {
        let transaction = Transaction::read(&self.database, &[store])?;
        database::result(&transaction.store(store)?.get(key)?).await
    }

    /// The values under every key that begins like this one and goes on with a number, ascending.
    async fn prefixed(&self, store: &str, prefix: &JsValue) -> Result<Vec<Vec<u8>>, Failure> {
        let (lower, upper) = (Array::from(prefix), Array::from(prefix));
        // IndexedDB orders an array behind every number: the end of the range.
        upper.push(&Array::new());
        lower.push(&0.into());
        let range = IdbKeyRange::bound(&lower, &upper)?;
        let transaction = Transaction::read(&self.database, &[store])?;
        let found = database::result(&transaction.store(store)?.get_all_with_key(&range)?).await?;
        Ok(Array::from(&found).iter().filter_map(|value| bytes(&value)).collect())
    }
}

fn write_bundle(transaction: &Transaction, place: BundlePlace<'_>, bytes: &[u8], root: Digest) -> Result<(), Failure> {
    transaction.store(PINS)?.put_with_key(&root.to_string().into(), &place.product.as_str().into())?;
    let bundles = transaction.store(BUNDLES)?;
    bundles.put_with_key(&Uint8Array::from(bytes), &bundle_key(place.product, place.account, Some(place.serial)))?;
    bundles.put_with_key(&bundle_key(place.product, place.account, None), &LATEST.into())?;
    Ok(())
}

fn write_entries(transaction: &Transaction, id: LedgerId, entries: &[(u64, Vec<u8>)]) -> Result<(), Failure> {
    let ledger = transaction.store(LEDGERS)?;
    for (position, line) in entries {
        ledger.add_with_key(&Uint8Array::from(line.as_slice()), &ledger_key(id, Some(*position)))?;
    }
    Ok(())
}

fn write_key(transaction: &Transaction, public: PublicKey, name: &str, value: &JsValue) -> Result<(), Failure> {
    let record = Object::new();
    Reflect::set(&record, &"public".into(), &public.to_string().into())?;
    Reflect::set(&record, &name.into(), value)?;
    transaction.store(KEYS)?.put_with_key(&record, &public.to_string().into())?;
    Ok(())
}

fn bundle_key(product: &Id, account: &Id, serial: Option<u64>) -> JsValue {
    let key = Array::of2(&product.as_str().into(), &account.as_str().into());
    if let Some(serial) = serial {
        key.push(&number(serial));
    }
    key.into()
}

fn ledger_key(id: LedgerId, position: Option<u64>) -> JsValue {
    let key = Array::of2(&id.key.to_string().into(), &number(id.epoch));
    if let Some(position) = position {
        key.push(&number(position));
    }
    key.into()
}

/// Documents hold no integer that a JavaScript number does not.
fn number(value: u64) -> JsValue {
    (value as f64).into()
}

fn key_here(record: &JsValue) -> Option<KeyHere> {
    let public = field(record, "public")?.as_string()?.parse().ok()?;
    Some(KeyHere { public, sealed: field(record, "sealed").and_then(|pem| pem.as_string()) })
}

fn field(record: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(record, &name.into()).ok()?;
    (!value.is_undefined()).then_some(value)
}

fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

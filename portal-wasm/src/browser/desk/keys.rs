//! Signing keys of this browser: WebCrypto keys that can't leave it, and opened sealed keys.

use js_sys::{Array, Object, Reflect, Uint8Array};
use postern_protocol::{PublicKey, SecretKey, Signature};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use super::scope::global;

/// An unlocked key. Never in hook state, which keeps old values.
pub enum Signer {
    /// An opened sealed key: wiped when dropped.
    Opened(Box<SecretKey>),
    /// A key that the browser keeps and never shows.
    Kept(CryptoKey),
}

impl Signer {
    /// Signs each message; the browser's reason where it refuses.
    pub async fn sign(&self, messages: &[Vec<u8>]) -> Result<Vec<Signature>, String> {
        let mut signatures = Vec::with_capacity(messages.len());
        for message in messages {
            signatures.push(match self {
                Self::Opened(key) => key.sign(message),
                Self::Kept(key) => sign(key, message).await.map_err(|error| format!("{error:?}"))?,
            });
        }
        Ok(signatures)
    }
}

/// Makes a key that can't be taken out of this browser; none where it has no Ed25519 (or no WebCrypto: plain http).
pub async fn make() -> Option<(PublicKey, CryptoKey)> {
    let subtle = subtle()?;
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let pair = subtle.generate_key_with_object(&ed25519(), false, &usages).ok()?;
    let pair = JsFuture::from(pair).await.ok()?;
    let half = |name: &str| Reflect::get(&pair, &name.into()).ok()?.dyn_into::<CryptoKey>().ok();
    let (public, private) = (half("publicKey")?, half("privateKey")?);
    let exported = JsFuture::from(subtle.export_key("raw", &public).ok()?).await.ok()?;
    let bytes: [u8; 32] = Uint8Array::new(&exported).to_vec().try_into().ok()?;
    Some((PublicKey::from_bytes(bytes), private))
}

async fn sign(key: &CryptoKey, message: &[u8]) -> Result<Signature, JsValue> {
    let subtle = subtle().ok_or("the browser has no WebCrypto")?;
    let promise = subtle.sign_with_object_and_u8_array(&ed25519(), key, message)?;
    let signature = JsFuture::from(promise).await?;
    Uint8Array::new(&signature).to_vec().try_into().map_err(|_| "the signature has another length than 64 bytes".into())
}

fn ed25519() -> Object {
    let algorithm = Object::new();
    let _ = Reflect::set(&algorithm, &"name".into(), &"Ed25519".into());
    algorithm
}

/// WebCrypto, in secure contexts only.
fn subtle() -> Option<SubtleCrypto> {
    let crypto = global()?.crypto().ok()?;
    Reflect::get(&crypto, &"subtle".into()).ok()?.dyn_into().ok()
}

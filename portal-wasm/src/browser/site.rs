//! Files that the site itself offers beside the page: `brand.json`, a bundle, a ledger.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::talk::Fetched;
use crate::wire::Bytes;

/// Fetches a file of this site.
pub async fn fetch(name: &str) -> Fetched {
    match try_fetch(name).await {
        Ok(found) => found,
        Err(error) => Fetched::Failed(format!("{error:?}")),
    }
}

async fn try_fetch(name: &str) -> Result<Fetched, wasm_bindgen::JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let response: Response = JsFuture::from(window.fetch_with_str(name)).await?.dyn_into()?;
    match response.status() {
        200 => {}
        404 => return Ok(Fetched::Missing),
        status => return Ok(Fetched::Failed(format!("HTTP {status}"))),
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Fetched::Found(Bytes(Uint8Array::new(&buffer).to_vec())))
}

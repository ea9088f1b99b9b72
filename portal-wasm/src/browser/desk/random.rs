//! Randomness, from the browser's generator.

use super::scope::global;

/// Fresh random bytes; none where the browser gives none.
pub fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    global()?.crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

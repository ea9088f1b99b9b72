//! Random bytes, from the operating system.

use super::error::StateError;

/// Random bytes from the operating system.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N], StateError> {
    filled(getrandom::fill)
}

fn filled<const N: usize, E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<[u8; N], StateError> {
    let mut bytes = [0; N];
    fill(&mut bytes).map_err(|_| StateError::NoEntropy)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use postern_protocol::Explain;

    use super::*;

    #[test]
    fn without_random_numbers_nothing_is_made() {
        assert_eq!(filled::<16, _>(|_| Err("too early")).unwrap_err().code(), "no-entropy");
        assert_ne!(filled::<16, _>(getrandom::fill).unwrap(), [0; 16]);
    }
}

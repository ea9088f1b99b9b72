//! What the page does: draws what the desk composed, and says what was done to it. It holds no words and no meaning.

pub mod app;
pub mod draw;

#[cfg(test)]
mod tests;

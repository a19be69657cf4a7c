//! Landing segments to normalised, deduplicated, linked frames in the store.
pub mod frame;
pub mod normalise;

//! Landing segments to normalised, deduplicated, linked frames in the store.

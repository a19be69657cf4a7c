//! What a normaliser made of a text, remembered: a few thousand titles and companies make up a hundred thousand postings.

use hashbrown::HashMap;
use std::cell::RefCell;
use std::thread::LocalKey;

/// Texts that are remembered on a thread before all are forgotten.
const MOST: usize = 4_096;

/// Texts with what was made of them; one for each thread and normaliser.
#[derive(Debug)]
pub(super) struct Memo<V>(HashMap<Box<str>, V>);

impl<V: Clone> Memo<V> {
    pub(super) fn new() -> RefCell<Self> {
        RefCell::new(Self(HashMap::new()))
    }

    /// What `make`, a plain function of the text, makes of it.
    pub(super) fn recall(memo: &'static LocalKey<RefCell<Self>>, text: &str, make: fn(&str) -> V) -> V {
        if let Some(known) = memo.with_borrow(|memo| memo.0.get(text).cloned()) {
            return known;
        }
        let made = make(text);
        memo.with_borrow_mut(|memo| {
            if memo.0.len() >= MOST {
                memo.0.clear();
            }
            memo.0.insert(text.into(), made.clone());
        });
        made
    }
}

#[cfg(test)]
mod tests {
    use super::Memo;
    use std::cell::{Cell, RefCell};

    thread_local! {
        static LENGTHS: RefCell<Memo<usize>> = Memo::new();
        static ASKED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn a_text_is_read_once_and_what_is_remembered_is_bounded() {
        let length = |text: &str| {
            Memo::recall(&LENGTHS, text, |text| {
                ASKED.set(ASKED.get() + 1);
                text.len()
            })
        };
        assert_eq!([length("店长"), length("店长"), length("ab")], [6, 6, 2]);
        assert_eq!(ASKED.get(), 2);
        for number in 0..2 * super::MOST {
            assert_eq!(length(&format!("{number:08}")), 8);
        }
        assert!(LENGTHS.with_borrow(|memo| memo.0.len()) <= super::MOST);
        assert_eq!(length("店长"), 6);
    }
}

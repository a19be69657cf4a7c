//! Disjoint sets.

/// Numbers from 0 in disjoint sets, with path halving; the root is the smallest number of its set.
pub(crate) struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    /// Each number alone.
    pub(crate) fn new(len: usize) -> Self {
        Self { parent: (0..len).collect() }
    }

    /// The number that stands for the set.
    pub(crate) fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    /// Makes one set of two.
    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}

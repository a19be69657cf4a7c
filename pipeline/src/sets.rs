//! Disjoint sets.

/// Numbers from 0 in disjoint sets, with path halving; the root is the smallest number of its set.
pub(crate) struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    /// Each number alone.
    pub(crate) fn new(len: usize) -> Self {
        Self { parent: (0..u32::try_from(len).unwrap_or(u32::MAX)).collect() }
    }

    /// The number that stands for the set.
    pub(crate) fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] as usize != at {
            self.parent[at] = self.parent[self.parent[at] as usize];
            at = self.parent[at] as usize;
        }
        at
    }

    /// Makes one set of two.
    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = self.parent[a.min(b)];
    }
}

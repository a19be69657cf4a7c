//! Who is who: candidate rows that share a whole phone or mail are one person.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{Application, Shown, World, channel};

/// The person behind each application, as far as the sources tell.
pub(super) struct Persons {
    person: Vec<usize>,
    linkable: Vec<bool>,
}

impl Persons {
    pub(super) fn link(world: &World) -> Self {
        let mut groups = Groups((0..world.applications.len()).collect());
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        for (index, application) in world.applications.iter().enumerate() {
            for key in keys(world, application) {
                let known = *first.entry(key).or_insert(index);
                groups.join(known, index);
            }
        }
        let person = (0..world.applications.len()).map(|index| groups.root(index)).collect();
        let linkable = world.applications.iter().map(shows_a_key).collect();
        Self { person, linkable }
    }

    pub(super) fn distinct(&self, applications: impl Iterator<Item = usize>) -> u64 {
        applications.map(|index| self.person[index]).collect::<BTreeSet<_>>().len() as u64
    }

    pub(super) fn linkable(&self, application: usize) -> bool {
        self.linkable[application]
    }
}

fn shows_a_key(application: &Application) -> bool {
    application.phone == Shown::Whole || application.email == Shown::Whole
}

/// What makes two applications one person's: the candidate id within a source, a phone, a mail.
fn keys(world: &World, application: &Application) -> Vec<String> {
    let route = channel(application.channel).map(|channel| channel.route);
    let person = &world.people[application.person];
    // Every shop has its own account, and with it its own candidate ids.
    let mut keys = vec![format!("candidate {route:?} {} {}", application.store, application.candidate_id)];
    if application.phone == Shown::Whole {
        keys.push(format!("phone {}", person.phone));
    }
    if application.email == Shown::Whole {
        keys.push(format!("email {}", person.email));
    }
    keys
}

/// Union-find with path halving.
struct Groups(Vec<usize>);

impl Groups {
    fn root(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

//! Cases under construction: sets of applications in which every two can be one.

use super::application::{Application, Begun, Job, Rules};
use crate::sets::Sets;
use std::collections::HashMap;

/// Of a person with more applications than this each stays its own: a shared desk, not a person.
pub const CROWD: usize = 200;

/// What joined an application to others, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Basis(u8);

impl Basis {
    /// Same person, same requisition.
    pub const PERSON_REQUISITION: Self = Self(1);
    /// Same person, same title.
    pub const PERSON_TITLE: Self = Self(2);
    /// Same person; one of the two does not name the job.
    pub const PERSON: Self = Self(4);
    /// Same name, channel and title on the same or the next day, and nobody else.
    pub const NAME_TITLE_DAY: Self = Self(8);

    /// The words in `application_links`.
    pub fn words(self) -> Vec<&'static str> {
        let all = [
            (Self::PERSON_REQUISITION, "person_requisition"),
            (Self::PERSON_TITLE, "person_title"),
            (Self::PERSON, "person"),
            (Self::NAME_TITLE_DAY, "name_title_day"),
        ];
        all.into_iter().filter(|(bit, _)| self.0 & bit.0 != 0).map(|(_, word)| word).collect()
    }
}

/// All applications, joined so far.
pub struct Cases<'a> {
    applications: &'a [Application],
    rules: Rules,
    sets: Sets,
    /// Members of the sets that have several, by root.
    members: HashMap<usize, Vec<usize>>,
    basis: Vec<Basis>,
}

impl<'a> Cases<'a> {
    /// Each application alone.
    pub fn new(applications: &'a [Application], rules: Rules) -> Self {
        let len = applications.len();
        Self { applications, rules, sets: Sets::new(len), members: HashMap::new(), basis: vec![Basis::default(); len] }
    }

    /// The applications.
    pub fn applications(&self) -> &'a [Application] {
        self.applications
    }

    /// How far apart tellings may be.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// The number that stands for the case of an application.
    pub fn case(&mut self, at: usize) -> usize {
        self.sets.root(at)
    }

    /// Makes one case of two, if every member of the one can be one with every member of the other.
    pub fn join(&mut self, a: usize, b: usize, basis: Basis) -> bool {
        self.join_all(&[a, b], basis)
    }

    /// Makes one case of several, or leaves all as they are.
    pub fn join_all(&mut self, group: &[usize], basis: Basis) -> bool {
        let mut roots: Vec<usize> = group.iter().map(|at| self.case(*at)).collect();
        roots.sort_unstable();
        roots.dedup();
        let members: Vec<Vec<usize>> = roots.iter().map(|root| self.members_of(*root)).collect();
        let fit = |here: &[usize], there: &[usize]| {
            here.iter().all(|x| there.iter().all(|y| self.applications[*x].can_be(&self.applications[*y], self.rules)))
        };
        if !members.iter().enumerate().all(|(at, here)| members.iter().skip(at + 1).all(|there| fit(here, there))) {
            return false;
        }
        if roots.len() > 1 {
            for root in &roots {
                self.sets.join(roots[0], *root);
                self.members.remove(root);
            }
            self.members.insert(roots[0], members.concat());
        }
        for at in group {
            self.basis[*at].0 |= basis.0;
        }
        true
    }

    fn members_of(&self, root: usize) -> Vec<usize> {
        self.members.get(&root).cloned().unwrap_or_else(|| vec![root])
    }

    /// The cases of several members, and what joined each application.
    pub fn finish(self) -> (Vec<Vec<usize>>, Vec<Basis>) {
        (self.members.into_values().collect(), self.basis)
    }
}

/// Joins what one person sent for one job.
///
/// The best pairs are joined first: named jobs before unnamed ones, the same channel before another, the nearest in time.
/// So of two applications in each of two systems each finds its own, and the order of the input does not matter.
pub fn join_persons(cases: &mut Cases<'_>) {
    let applications = cases.applications();
    let mut order: Vec<usize> = (0..applications.len()).collect();
    order.sort_unstable_by_key(|at| applications[*at].person);
    for person in order.chunk_by(|a, b| applications[*a].person == applications[*b].person) {
        let several = person.iter().any(|at| applications[*at].connection != applications[person[0]].connection);
        if several && person.len() <= CROWD {
            for (job, a, b) in pairs(applications, person, cases.rules()) {
                let basis = match job {
                    Job::Requisition => Basis::PERSON_REQUISITION,
                    Job::Title => Basis::PERSON_TITLE,
                    Job::Untold => Basis::PERSON,
                };
                cases.join(a, b, basis);
            }
        }
    }
}

/// Pairs that can be one case, the best first.
fn pairs(applications: &[Application], person: &[usize], rules: Rules) -> Vec<(Job, usize, usize)> {
    let mut found = Vec::new();
    for (at, a) in person.iter().enumerate() {
        for b in person.iter().skip(at + 1) {
            // Told the same way round, whatever the order of the input.
            let (a, b) = if applications[*a].key() < applications[*b].key() { (*a, *b) } else { (*b, *a) };
            let (x, y) = (&applications[a], &applications[b]);
            if let (true, Some(job)) = (x.can_be(y, rules), x.same_job(y)) {
                found.push((job, a, b));
            }
        }
    }
    found.sort_by_cached_key(|(job, a, b)| {
        let (x, y) = (&applications[*a], &applications[*b]);
        let dated = matches!((x.begun, y.begun), (Begun::On { .. }, Begun::On { .. }));
        let gap = x.begun.ms().abs_diff(y.begun.ms());
        (*job, x.contradicts(y), x.store.differs(y.store), !dated, gap, x.key(), y.key())
    });
    found
}

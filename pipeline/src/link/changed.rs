//! Linking what a change reaches, to the result that linking everything has.
//!
//! A row that is new, changed or gone can change whom others are held to be in two ways only: it is compared with rows that share
//! something with it, and it makes or unmakes a desk of a key. Both concern rows that are compared under what it says or said. What
//! becomes of those is settled within what evidence leads to from them: their components. So the rows of these components are linked
//! anew, among all that they are compared with, and every other row stays what it is.

use super::read::{Among, NAMING, case_hash, read};
use super::rows::Row;
use super::{COLUMNS, persons, weigh_all, write};
use crate::PipelineError;
use crate::changes::Scope;
use crate::decisions::{Decision, Decisions};
use crate::link::model::Model;
use crate::refill::{for_each_row, for_each_version};
use crate::staging::Staging;
use inflow_store::{RowBinary, Store, quote_text};
use std::collections::{HashMap, HashSet};

/// Hashes of candidates: those that are linked anew. It lives from here to the cases.
pub(crate) const REACHED: &str = "link_reached";
/// Hashes of candidates whose person is another than before.
pub(crate) const MOVED: &str = "link_moved";

/// One linking of what changed.
pub(super) struct Changed<'s> {
    store: &'s Store,
    database: &'s str,
    scope: &'s Scope,
    /// Candidates that are new, changed, gone, or named by other cases than before.
    touched: Staging<'s>,
    /// What they, and then all that is linked anew, are compared under.
    keys: Staging<'s>,
    components: Staging<'s>,
    reached: Staging<'s>,
    /// Those, and all that they are compared with.
    among: Staging<'s>,
    moved: Staging<'s>,
}

/// A row of `candidate_links` as it is: hash; connection, id; person, linkable; the rest; what it is compared under.
type Before = (u64, (String, String), (String, u8), (Vec<String>, u32, u16, u64), Vec<u64>);

impl<'s> Changed<'s> {
    pub(super) async fn begin(store: &'s Store, database: &'s str, scope: &'s Scope) -> Result<Self, PipelineError> {
        let hashes = async |table, column| Staging::in_memory(store, database, table, column).await;
        Ok(Self {
            store,
            database,
            scope,
            touched: hashes("link_touched", "candidate UInt64").await?,
            keys: hashes("link_keys", "key UInt64").await?,
            components: hashes("link_components", "component UInt64").await?,
            reached: hashes(REACHED, "candidate UInt64").await?,
            among: hashes("link_among", "candidate UInt64").await?,
            moved: hashes(MOVED, "candidate UInt64").await?,
        })
    }

    pub(super) async fn end(self) -> Result<(), PipelineError> {
        for staging in [self.touched, self.keys, self.components, self.reached, self.among, self.moved] {
            staging.drop().await?;
        }
        Ok(())
    }

    pub(super) async fn relink(&self, model: Model, decisions: &Decisions) -> Result<(), PipelineError> {
        self.touch(decisions).await?;
        self.reach().await?;
        let (database, keys, reached) = (self.database, self.keys.name(), self.reached.name());
        // Whether a key is a desk's is told by all rows that have it.
        let among =
            format!("SELECT candidate FROM {database}.candidate_links WHERE arrayExists(key -> key IN (SELECT key FROM {keys}), compared)");
        self.among.select(&format!("SELECT candidate FROM {reached} UNION DISTINCT {among}")).await?;
        let among = format!("SELECT candidate FROM {}", self.among.name());
        let rows = read(self.store, database, &[Among::Hashes(&among)]).await?;
        let (mut rows, mut links) = weigh_all(self.store, rows, model, decisions).await?;
        let mut before = self.before().await?;
        let (anew, touched) = (self.hashes(&reached).await?, self.hashes(&self.touched.name()).await?);
        let version = self.next_version("candidate_links").await?;
        let (mut written, mut moved) = (RowBinary::default(), RowBinary::default());
        let compare = |row: Row<'_>| {
            let mut link = links.link(row);
            if !anew.contains(&row.hash) {
                return;
            }
            let old = before.remove(&row.hash);
            if let Some((.., keys)) = old.as_ref().filter(|_| !touched.contains(&row.hash)) {
                // A segment that was stored meanwhile changed this row. The analysis that looks at that segment needs what the row said before.
                link.compared.extend(keys);
                link.compared.sort_unstable();
                link.compared.dedup();
            }
            let same_person =
                old.as_ref().is_some_and(|(_, _, (person, linkable), ..)| *person == link.person_id && *linkable == link.linkable);
            if !same_person {
                moved.u64(row.hash);
            }
            let same = old.is_some_and(|(_, _, _, (basis, members, connections, component), keys)| {
                same_person
                    && basis == link.basis
                    && members == link.members
                    && connections == link.connections
                    && component == link.component
                    && keys == link.compared
            });
            if !same {
                write(&link, version, &mut written);
            }
        };
        rows.read().and_then(|reading| reading.each(compare)).map_err(PipelineError::aside(self.store))?;
        self.store.insert(database, "candidate_links", &COLUMNS, "RowBinary", written.finish(), "").await?;
        self.forget(before, version, &mut moved).await?;
        self.moved.insert(&["candidate"], moved).await
    }

    /// Rows that no longer take part.
    async fn forget(&self, gone: HashMap<u64, Before>, version: u64, moved: &mut RowBinary) -> Result<(), PipelineError> {
        let mut rows = RowBinary::default();
        for (hash, (_, (connection, source_id), ..)) in gone {
            rows.text(&connection).text(&source_id).u64(hash).u64(version).u8(1);
            moved.u64(hash);
        }
        let columns = ["connection", "source_id", "candidate", "version", "deleted"];
        self.store.insert(self.database, "candidate_links", &columns, "RowBinary", rows.finish(), "").await?;
        Ok(())
    }

    /// Which candidates the segments touch: their rows, and those that the cases which they brought name and named.
    async fn touch(&self, decisions: &Decisions) -> Result<(), PipelineError> {
        let Some(brought) = self.scope.brought("segment") else { return Ok(()) };
        let (database, links) = (self.database, format!("{}.candidate_links", self.database));
        let named = format!("{database}.case_candidates");
        let mut touched = vec![format!("SELECT cityHash64(connection, source_id) AS candidate FROM {database}.candidates WHERE {brought}")];
        for table in NAMING.iter().map(|table| table.name) {
            let (from, case) = (format!("{database}.{table}"), case_hash(table));
            touched.push(format!("SELECT cityHash64(connection, candidate_source_id) FROM {from} WHERE {brought}"));
            touched.push(format!("SELECT candidate FROM {named} WHERE case_hash IN (SELECT {case} FROM {from} WHERE {brought})"));
        }
        // Who was ruled on is settled together with whom it was ruled on.
        let ruled = decisions.candidates.iter().flat_map(|decision| match decision {
            Decision::Same(keys) | Decision::Different(keys) => keys,
        });
        let ruled: Vec<String> = ruled.map(|(connection, id)| format!("({}, {})", quote_text(connection), quote_text(id))).collect();
        if !ruled.is_empty() {
            touched.push(format!("SELECT candidate FROM {links} WHERE (connection, source_id) IN ({})", ruled.join(", ")));
        }
        self.touched.select(&format!("SELECT DISTINCT candidate FROM ({})", touched.join(" UNION ALL "))).await?;
        let version = self.next_version("case_candidates").await?;
        for table in NAMING.iter().map(|table| table.name) {
            let (from, case) = (format!("{database}.{table}"), case_hash(table));
            let sql = format!(
                "INSERT INTO {named} SELECT brought.case_hash, there.candidate, {version} \
                 FROM (SELECT DISTINCT {case} AS case_hash FROM {from} WHERE {brought}) AS brought \
                 LEFT JOIN (SELECT {case} AS case_hash, cityHash64(connection, candidate_source_id) AS candidate FROM {from} FINAL \
                 PREWHERE {case} IN (SELECT {case} FROM {from} WHERE {brought}) WHERE deleted = 0) AS there ON there.case_hash = brought.case_hash"
            );
            self.store.execute(&sql, &[], &[("final", "0")]).await?;
        }
        Ok(())
    }

    /// What is to be linked anew.
    async fn reach(&self) -> Result<(), PipelineError> {
        let links = format!("{}.candidate_links", self.database);
        let (touched, keys, components) = (self.touched.name(), self.keys.name(), self.components.name());
        let mut touched_now = read(self.store, self.database, &[Among::Hashes(&format!("SELECT candidate FROM {touched}"))]).await?;
        let mut said = RowBinary::default();
        let say = |row: Row<'_>| {
            for key in persons::compared(row.values) {
                said.u64(key);
            }
        };
        touched_now.read().and_then(|reading| reading.each(say)).map_err(PipelineError::aside(self.store))?;
        self.keys.insert(&["key"], said).await?;
        let touched = format!("candidate IN (SELECT candidate FROM {touched})");
        self.keys.select(&format!("SELECT DISTINCT arrayJoin(compared) FROM {links} WHERE {touched}")).await?;
        // Versions that were replaced lead to more than is needed, never to less.
        let sharing = format!("arrayExists(key -> key IN (SELECT key FROM {keys}), compared)");
        self.components.select(&format!("SELECT DISTINCT component FROM {links} WHERE {touched} OR {sharing}")).await?;
        let within = format!("{links} FINAL WHERE component IN (SELECT component FROM {components})");
        let all = format!("SELECT candidate FROM {within} UNION DISTINCT SELECT candidate FROM {}", self.touched.name());
        self.reached.select(&all).await?;
        let reached = format!("candidate IN (SELECT candidate FROM {})", self.reached.name());
        self.keys.select(&format!("SELECT DISTINCT arrayJoin(compared) FROM {links} WHERE {reached}")).await
    }

    /// What the store has of the rows that are linked anew, by hash.
    async fn before(&self) -> Result<HashMap<u64, Before>, PipelineError> {
        let sql = format!(
            "SELECT version, deleted, (candidate, (toString(connection), source_id), (person_id, linkable), \
             (arrayMap(word -> toString(word), basis), members, connections, component), compared) \
             FROM {}.candidate_links PREWHERE candidate IN (SELECT candidate FROM {})",
            self.database,
            self.reached.name()
        );
        // All versions of a few rows are read sooner than the newest is told among millions.
        let mut versions: HashMap<u64, (u64, Option<Before>)> = HashMap::new();
        for_each_version(self.store, &sql, |(version, deleted, row): (u64, u8, Before)| {
            let newest = versions.entry(row.0).or_default();
            if version >= newest.0 {
                *newest = (version, (deleted == 0).then_some(row));
            }
        })
        .await?;
        Ok(versions.into_iter().filter_map(|(hash, (_, row))| Some((hash, row?))).collect())
    }

    async fn hashes(&self, table: &str) -> Result<HashSet<u64>, PipelineError> {
        let mut hashes = HashSet::new();
        for_each_row(self.store, &format!("SELECT candidate FROM {table}"), |(hash,): (u64,)| {
            hashes.insert(hash);
        })
        .await?;
        Ok(hashes)
    }

    async fn next_version(&self, table: &str) -> Result<u64, PipelineError> {
        let rows =
            self.store.rows(&format!("SELECT max(version) AS version FROM {}.{table} SETTINGS final = 0", self.database), &[]).await?;
        Ok(rows.first().and_then(|row| row.get("version")?.as_u64()).unwrap_or_default() + 1)
    }
}

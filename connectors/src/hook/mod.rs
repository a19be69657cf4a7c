//! Rust hooks for boards whose records the words of a spec cannot take apart. A hook is named in an explicit
//! list; it gets one record and gives the records that it stands for. It sees no network and no disk.

mod hn;
mod schema_org;
mod workday;

use serde_json::Value;

/// A hook.
pub struct Hook {
    /// The word that a spec names in `hook`.
    pub name: &'static str,
    /// What it does, one line.
    pub about: &'static str,
    /// One record to the records that it stands for.
    pub run: fn(Value) -> Vec<Value>,
}

/// Every hook.
pub const HOOKS: &[Hook] = &[
    Hook { name: "hn_comment", about: "the first line of a \"Who is hiring\" comment, taken apart", run: hn::comment },
    Hook {
        name: "job_posting",
        about: "schema.org JobPosting objects inside a record, in the form that `json_ld` gives",
        run: schema_org::record,
    },
    Hook { name: "workday", about: "the posting's number at the end of its `externalPath`", run: workday::posting },
];

/// The hook of that name.
pub fn hook(name: &str) -> Option<&'static Hook> {
    HOOKS.iter().find(|hook| hook.name == name)
}

//! Typed settings, connections, channels, secrets, clock, money and time zones.
//!
//! [`Config::load`] reads `inflow.toml` with `channels.toml` and `connections/*.toml` beside it and
//! either gives the whole configuration or every [`Problem`] in it, each with file, line, key and
//! the accepted values.
//!
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let file = folder.path().join("inflow.toml");
//! # std::fs::write(&file, "[company]\nname = \"Acme\"\n").unwrap();
//! let config = inflow_config::Config::load(&file, &inflow_config::process_env)?;
//! assert_eq!(config.settings.company.timezone, chrono_tz::Asia::Shanghai);
//! # Ok::<(), inflow_config::ConfigError>(())
//! ```

mod advice;
mod alert;
mod allocation;
mod channel;
mod clock;
mod connection;
mod country;
mod example;
mod family;
mod feed;
mod finance;
mod http;
mod load;
mod message;
mod money;
mod owed;
mod persona;
mod places;
mod plan;
mod problem;
mod process;
mod quantity;
mod rates;
mod reader;
mod repost;
mod schedule;
mod schema;
mod secret;
mod settings;
mod sources;
mod stage;
mod tree;
mod values;

pub use advice::{DemandSettings, RecommendationSettings};
pub use alert::{AlertMode, AlertPeriod, AlertRule, Alerts, BUILT_IN_ALERTS, CONNECTION_ALERT, DROP_ALERT, Silence};
pub use allocation::{Allocation, AllocationBasis, AllocationDimension, AllocationShare};
pub use channel::{Channel, Name, Terms, TermsKind};
pub use clock::{Clock, FixedClock, SharedClock, SystemClock};
pub use connection::{CatchUp, Connection};
pub use example::{TEMPLATES, ZH_SME_TEMPLATE, example, template};
pub use feed::Feed;
pub use finance::{BonusUnits, Budget, CostBasis, CostSettings, Finance, Package, PackageItem, PackageRule, Vat, Wallets};
pub use http::HttpSettings;
pub use load::{Config, process_env};
pub use message::{BriefKind, MessageRule, Messages, MonthPlan, Receiver, Shape, Smtp, SmtpSecurity};
pub use money::{Currency, Money};
pub use owed::{BonusRule, ClawbackRule, ClawbackStep, FeeRule, Payable, StatedHire};
pub use persona::{Persona, Personas, Tag};
pub use places::Places;
pub use plan::{MoneyOrShare, PlanPeople, Plans, Scenario, ScenarioChannel};
pub use problem::{Bad, ConfigError, Explain, Problem, closest, did_you_mean};
pub use process::{
    AssessmentKind, Contacts, Ending, FIELDS, Gate, Gateway, GatewayShape, InvitationKind, Ladder, LadderFrom, Process, ProcessStage,
    ProcessStep, Processes, Processor, Quiet, Template, Unless, fields,
};
pub use quantity::{Window, duration_text, format_duration, parse_bytes, parse_duration};
pub use repost::{Holidays, Hours, RefreshWebhook, RepostChannel, RepostMode, Reposts};
pub use schedule::Cron;
pub use schema::{json_schema, schema_files};
pub use secret::{SecretError, SecretRef};
pub use settings::{ClockSettings, Company, Identity, Landing, Rate, Serve, Settings, StoreSettings};
pub use sources::{SourceOverride, Sources};
pub use stage::{Lang, Stage};

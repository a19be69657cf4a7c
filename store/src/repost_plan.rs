//! The plan of reposts: slots, what became of them, and postings without one.

use chrono::{DateTime, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::array_literal;
use crate::error::StoreError;
use crate::reposts::RepostRow;
use crate::state::with;
use crate::store::Store;

/// A planned refresh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepostSlotRow {
    /// Idempotency key of the action.
    pub slot: String,
    /// Channel.
    pub channel: String,
    /// Connection of the posting.
    pub connection: String,
    /// Its id there.
    pub posting_source_id: String,
    /// Its title.
    pub title: String,
    /// Its job; may be empty.
    pub cluster_id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The same by the clock on the wall, `2026-11-30 18:00`.
    pub local: String,
    /// IANA zone of that clock.
    pub timezone: String,
    /// Hours that its hour was drawn from; empty when advice put it there.
    pub hours: Vec<u8>,
    /// Code of the reason.
    pub reason: String,
    /// The reason in English.
    pub reason_en: String,
    /// In Chinese.
    pub reason_zh: String,
    /// People more than at a working hour at random.
    pub gain: Option<f64>,
    /// 95 % interval.
    pub gain_low: Option<f64>,
    /// 95 % interval.
    pub gain_high: Option<f64>,
    /// What it costs.
    pub cost: Decimal,
    /// Currency of that.
    pub currency: String,
    /// What became of it.
    pub state: RepostState,
    /// When it was done or skipped.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who said so.
    pub decided_by: String,
    /// What the machine did for it.
    #[serde(flatten)]
    pub call: RepostCall,
    /// When it was planned.
    pub made_at: DateTime<Utc>,
}

/// What the machine did for a slot; nothing, where people carry slots out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RepostCall {
    /// Calls that were made.
    pub attempts: u32,
    /// The first one.
    pub called_at: Option<DateTime<Utc>>,
    /// It is not called again before.
    pub next_at: Option<DateTime<Utc>>,
    /// Code of what came of the last one, or of why there was none.
    pub outcome: String,
    /// What was answered, in one line.
    pub said: String,
}

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepostState {
    /// Nothing yet.
    Planned,
    /// The machine called, or may have; the outcome is not known yet.
    Sent,
    /// A person was asked to do it.
    Told,
    /// It was carried out.
    Done,
    /// The machine gave up; a person is to be asked.
    Failed,
    /// A person said no.
    Skipped,
    /// It was not carried out and no longer is to be: its time passed, or a limit stood against it.
    Missed,
    /// A later plan has it no more.
    Withdrawn,
}

impl RepostState {
    /// The word in tables and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Told => "told",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether a person can still say that it is done, or is not to be. Not while the machine is at it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Told | Self::Failed)
    }
}

/// A posting without a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepostLeftRow {
    /// Connection of the posting.
    pub connection: String,
    /// Its id there.
    pub posting_source_id: String,
    /// Channel.
    pub channel: String,
    /// Its title.
    pub title: String,
    /// Code of the reason.
    pub reason: String,
    /// The reason in English.
    pub reason_en: String,
    /// In Chinese.
    pub reason_zh: String,
    /// When it was planned.
    pub made_at: DateTime<Utc>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepostConclusion {
    /// It was carried out.
    Done {
        /// Code of the answer.
        outcome: String,
        /// Whether the answer says that an earlier call did it.
        already: bool,
    },
    /// Nobody knows; the same key is to be sent again.
    Unknown {
        /// Not before.
        next_at: DateTime<Utc>,
        /// What was answered.
        said: String,
    },
    /// The call did not leave.
    NotSent {
        /// Not again before.
        next_at: DateTime<Utc>,
        /// Why.
        said: String,
    },
    /// A person is to be asked.
    Failed {
        /// Code of the reason.
        outcome: String,
        /// What was answered.
        said: String,
    },
    /// It is not to be carried out any more.
    Missed {
        /// Code of the reason.
        outcome: String,
        /// What was answered.
        said: String,
    },
}

/// What a decision on a slot came to.
#[derive(Debug, Clone, PartialEq)]
pub enum RepostDecision {
    /// It is kept; the slot as it is now.
    Kept(Box<RepostSlotRow>),
    /// It was decided before, or withdrawn; the slot as it is.
    Closed(Box<RepostSlotRow>),
    /// There is no such slot.
    Unknown,
}

const SLOTS: &str = "SELECT * EXCEPT version FROM repost_plan FINAL";

impl Store {
    /// Keeps a plan of some channels. It takes the place of the one before, whatever days that was of: open slots that it does not have are withdrawn unless
    /// a person was told of them, or they are `spared`: those that its planner counted as promised. What was decided stays as it is. Says so in the audit.
    pub async fn keep_repost_plan(
        &self,
        actor: &str,
        channels: &[String],
        slots: &[RepostSlotRow],
        left: &[RepostLeftRow],
        spared: impl Fn(&RepostSlotRow) -> bool,
    ) -> Result<(), StoreError> {
        let _turn = self.0.deciding.lock().await;
        let before: Vec<RepostSlotRow> = self.typed(&format!("{SLOTS} WHERE state != 'withdrawn'"), &[]).await?;
        let of_these = |row: &&RepostSlotRow| channels.contains(&row.channel);
        let said = |slot: &str| slots.iter().any(|row| row.slot == slot);
        let gone = before.iter().filter(of_these).filter(|row| row.state == RepostState::Planned && !said(&row.slot) && !spared(row));
        let withdrawn: Vec<RepostSlotRow> = gone.map(|row| RepostSlotRow { state: RepostState::Withdrawn, ..row.clone() }).collect();
        let standing = |slot: &str| before.iter().any(|row| row.slot == slot && row.state != RepostState::Planned);
        let kept: Vec<RepostSlotRow> = slots.iter().filter(|row| !standing(&row.slot)).cloned().collect();
        self.put_slots(withdrawn.iter().chain(&kept)).await?;
        let version = self.next_version().await?;
        let rows = left.iter().map(|row| written(row, &[("made_at", Some(row.made_at))], version)).collect::<Result<Vec<_>, _>>()?;
        self.put("repost_left", &rows, "").await?;
        let detail = json!({ "channels": channels, "slots": kept.len(), "withdrawn": withdrawn.len(), "left": left.len() });
        self.audit(actor, "plan repost", &detail.to_string()).await
    }

    /// Slots from an instant to before another, by instant; of one channel, or of all.
    pub async fn repost_slots(
        &self,
        channel: Option<&str>,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Result<Vec<RepostSlotRow>, StoreError> {
        let sql = format!(
            "{SLOTS} WHERE at >= {{from:DateTime64(3, 'UTC')}} AND at < {{before:DateTime64(3, 'UTC')}} \
             AND ({{channel:String}} = '' OR channel = {{channel:String}}) ORDER BY at, channel, slot"
        );
        let params = [("from", text(from)), ("before", text(before)), ("channel", channel.unwrap_or_default().to_owned())];
        self.typed(&sql, &params).await
    }

    /// Postings that the newest plan of their channel gave no slot.
    pub async fn repost_left(&self, channel: Option<&str>) -> Result<Vec<RepostLeftRow>, StoreError> {
        let sql = "SELECT l.* EXCEPT version FROM repost_left AS l FINAL \
                   INNER JOIN (SELECT channel, max(made_at) AS newest FROM repost_left FINAL GROUP BY channel) AS n USING channel \
                   WHERE l.made_at = n.newest AND ({channel:String} = '' OR channel = {channel:String}) ORDER BY channel, connection, posting_source_id";
        self.typed(sql, &[("channel", channel.unwrap_or_default().to_owned())]).await
    }

    /// A slot.
    pub async fn repost_slot(&self, slot: &str) -> Result<Option<RepostSlotRow>, StoreError> {
        let found: Vec<RepostSlotRow> = self.typed(&format!("{SLOTS} WHERE slot = {{slot:String}}"), &[("slot", slot.to_owned())]).await?;
        Ok(found.into_iter().next())
    }

    /// Slots that the machine may have to call for: planned ones whose time has come, and those of which nobody knows the outcome; by instant.
    pub async fn due_reposts(&self, now: DateTime<Utc>) -> Result<Vec<RepostSlotRow>, StoreError> {
        let sql = format!(
            "{SLOTS} WHERE state IN ('planned', 'sent') AND at <= {{now:DateTime64(3, 'UTC')}} \
             AND (isNull(next_at) OR next_at <= {{now:DateTime64(3, 'UTC')}}) ORDER BY at, channel, slot"
        );
        self.typed(&sql, &[("now", text(now))]).await
    }

    /// Slots of some state since an instant, by instant.
    pub async fn reposts_in(&self, state: RepostState, since: DateTime<Utc>) -> Result<Vec<RepostSlotRow>, StoreError> {
        let sql = format!("{SLOTS} WHERE state = {{state:String}} AND at >= {{since:DateTime64(3, 'UTC')}} ORDER BY at, channel, slot");
        self.typed(&sql, &[("state", state.as_str().to_owned()), ("since", text(since))]).await
    }

    /// Writes down that a slot is called for, before it is: `None` when it is not to be, because a person answered it, a later plan has it no more, or
    /// somebody else is at it until its `next_at`. Says so in the audit. `next_at` is when it is called again if nobody notes what came of it.
    pub async fn begin_repost(&self, actor: &str, slot: &str, next_at: DateTime<Utc>) -> Result<Option<RepostSlotRow>, StoreError> {
        let _turn = self.0.deciding.lock().await;
        let Some(mut row) = self.repost_slot(slot).await? else { return Ok(None) };
        let now = self.clock().now().trunc_subsecs(3);
        let is_due = row.at <= now && row.call.next_at.is_none_or(|next| next <= now);
        if !matches!(row.state, RepostState::Planned | RepostState::Sent) || !is_due {
            return Ok(None);
        }
        row.state = RepostState::Sent;
        row.call.attempts += 1;
        row.call.called_at = row.call.called_at.or(Some(now));
        row.call.next_at = Some(next_at.trunc_subsecs(3));
        "unknown".clone_into(&mut row.call.outcome);
        // The audit first: of what was called there is always a line.
        let detail = json!({ "slot": row.slot, "channel": row.channel, "connection": row.connection, "posting": row.posting_source_id, "attempt": row.call.attempts });
        self.audit(actor, "call repost", &detail.to_string()).await?;
        self.put_slots([&row]).await?;
        Ok(Some(row))
    }

    /// Slots as they are now, of those that a person can still be told of: who asks for the first time, or was not reached. In the order given.
    pub async fn untold_reposts(&self, slots: &[RepostSlotRow]) -> Result<Vec<RepostSlotRow>, StoreError> {
        let keys: Vec<&str> = slots.iter().map(|row| row.slot.as_str()).collect();
        let sql = format!("{SLOTS} WHERE state IN ('planned', 'failed') AND has({{slots:Array(String)}}, slot)");
        let mut untold: Vec<RepostSlotRow> = self.typed(&sql, &[("slots", array_literal(&keys))]).await?;
        untold.sort_by_key(|row| keys.iter().position(|key| *key == row.slot));
        Ok(untold)
    }

    /// Notes what came of a call, or that there is to be none; `None` when the slot was concluded by somebody else, or called for by somebody else since:
    /// `attempts` are those of the slot that the conclusion was drawn from. What was carried out is told to what measures hours
    /// ([`Store::note_reposts`]). Says so in the audit.
    pub async fn conclude_repost(
        &self,
        actor: &str,
        slot: &str,
        attempts: u32,
        conclusion: &RepostConclusion,
    ) -> Result<Option<RepostSlotRow>, StoreError> {
        let _turn = self.0.deciding.lock().await;
        let Some(row) = self.repost_slot(slot).await? else { return Ok(None) };
        let open = match conclusion {
            RepostConclusion::Missed { .. } => matches!(row.state, RepostState::Planned | RepostState::Sent),
            _ => row.state == RepostState::Sent,
        };
        if !open || row.call.attempts != attempts {
            return Ok(None);
        }
        let now = self.clock().now().trunc_subsecs(3);
        let (row, carried_out) = concluded(row, conclusion, actor, now);
        if let Some(carried_out) = carried_out {
            // Before the slot: if the process ends in between, it is done again under the same key.
            self.note_reposts(&[carried_out]).await?;
        }
        self.put_slots([&row]).await?;
        let RepostCall { attempts, outcome, said, .. } = &row.call;
        let detail = json!({
            "slot": row.slot, "channel": row.channel, "connection": row.connection, "posting": row.posting_source_id, "state": row.state,
            "attempt": attempts, "outcome": outcome, "said": said,
        });
        self.audit(actor, "repost", &detail.to_string()).await?;
        Ok(Some(row))
    }

    /// Notes that a person was told of slots. One that was answered, or withdrawn, while the messages left stays what it is by now: its link is used up.
    pub async fn tell_reposts(&self, actor: &str, slots: &[RepostSlotRow]) -> Result<(), StoreError> {
        if slots.is_empty() {
            return Ok(());
        }
        let _turn = self.0.deciding.lock().await;
        let keys: Vec<&str> = slots.iter().map(|row| row.slot.as_str()).collect();
        let untold = self.untold_reposts(slots).await?;
        let told: Vec<RepostSlotRow> = untold.into_iter().map(|row| RepostSlotRow { state: RepostState::Told, ..row }).collect();
        self.put_slots(told.iter()).await?;
        self.audit(actor, "tell repost", &json!({ "slots": keys }).to_string()).await
    }

    /// Notes that a slot was carried out or is not to be, once: a second decision finds it closed. A slot that was carried out is told to what measures
    /// hours ([`Store::note_reposts`]). Says so in the audit.
    pub async fn decide_repost(&self, actor: &str, slot: &str, done: bool) -> Result<RepostDecision, StoreError> {
        let _turn = self.0.deciding.lock().await;
        let Some(row) = self.repost_slot(slot).await? else { return Ok(RepostDecision::Unknown) };
        if !row.state.is_open() {
            return Ok(RepostDecision::Closed(Box::new(row)));
        }
        let now = self.clock().now().trunc_subsecs(3);
        let state = if done { RepostState::Done } else { RepostState::Skipped };
        let row = RepostSlotRow { state, decided_at: Some(now), decided_by: actor.to_owned(), ..row };
        if done {
            // Before the slot: if the process ends in between, it is done again under the same key.
            self.note_reposts(&[carried_out(&row, now, now)]).await?;
        }
        self.put_slots([&row]).await?;
        let detail = json!({ "slot": row.slot, "channel": row.channel, "connection": row.connection, "posting": row.posting_source_id, "state": state });
        self.audit(actor, "repost", &detail.to_string()).await?;
        Ok(RepostDecision::Kept(Box::new(row)))
    }

    async fn put_slots<'r>(&self, rows: impl IntoIterator<Item = &'r RepostSlotRow>) -> Result<(), StoreError> {
        let version = self.next_version().await?;
        let rows = rows.into_iter().map(|row| {
            let (made_at, RepostCall { called_at, next_at, .. }) = (Some(row.made_at), &row.call);
            let instants = [
                ("at", Some(row.at)),
                ("made_at", made_at),
                ("decided_at", row.decided_at),
                ("called_at", *called_at),
                ("next_at", *next_at),
            ];
            written(row, &instants, version)
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        self.put("repost_plan", &rows, "").await
    }
}

/// A slot after a conclusion, and what measures hours is told of it.
fn concluded(mut row: RepostSlotRow, conclusion: &RepostConclusion, actor: &str, now: DateTime<Utc>) -> (RepostSlotRow, Option<RepostRow>) {
    let first = row.call.called_at.unwrap_or(now);
    row.call.next_at = None;
    match conclusion {
        RepostConclusion::Done { outcome, already } => {
            // Of several calls nobody knows which one did it, unless the answer says that it was an earlier one.
            let at = if *already || row.call.attempts < 2 { first } else { now };
            row.state = RepostState::Done;
            (row.decided_at, row.decided_by) = (Some(at), actor.to_owned());
            outcome.clone_into(&mut row.call.outcome);
            row.call.said.clear();
            let carried_out = carried_out(&row, first, at);
            return (row, Some(carried_out));
        }
        RepostConclusion::Unknown { next_at, said } => {
            row.call.next_at = Some(next_at.trunc_subsecs(3));
            said.clone_into(&mut row.call.said);
        }
        RepostConclusion::NotSent { next_at, said } => {
            row.call.next_at = Some(next_at.trunc_subsecs(3));
            said.clone_into(&mut row.call.said);
            row.call.attempts = row.call.attempts.saturating_sub(1);
            if row.call.attempts == 0 {
                row.state = RepostState::Planned;
                row.call.called_at = None;
                "not_sent".clone_into(&mut row.call.outcome);
            }
        }
        RepostConclusion::Failed { outcome, said } | RepostConclusion::Missed { outcome, said } => {
            let missed = matches!(conclusion, RepostConclusion::Missed { .. });
            row.state = if missed { RepostState::Missed } else { RepostState::Failed };
            if missed {
                (row.decided_at, row.decided_by) = (Some(now), actor.to_owned());
            }
            outcome.clone_into(&mut row.call.outcome);
            said.clone_into(&mut row.call.said);
        }
    }
    (row, None)
}

/// A slot as what measures hours knows it: by the hour at which it was really done, which is what an hour drawn at random meant only if they are
/// the same. Where that was between two instants, both must be of the slot's hour.
fn carried_out(row: &RepostSlotRow, first: DateTime<Utc>, now: DateTime<Utc>) -> RepostRow {
    let zone: chrono_tz::Tz = row.timezone.parse().unwrap_or(chrono_tz::UTC);
    let hour = |at: DateTime<Utc>| chrono::Timelike::hour(&at.with_timezone(&zone)) as u8;
    let near = |at: DateTime<Utc>| hour(at) == hour(row.at) && (at - row.at).abs() < chrono::TimeDelta::hours(1);
    let in_time = near(first) && near(now);
    RepostRow {
        plan: row.slot.clone(),
        connection: row.connection.clone(),
        posting_source_id: row.posting_source_id.clone(),
        channel: row.channel.clone(),
        hour: hour(now),
        drawn_from: (in_time && !row.hours.is_empty()).then(|| row.hours.clone()),
        reposted_at: now,
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// A row with its instants as the engine reads them.
fn written(row: &impl Serialize, instants: &[(&str, Option<DateTime<Utc>>)], version: u64) -> Result<Value, StoreError> {
    let mut value = with(row, [("version", json!(version))])?;
    for (name, at) in instants {
        value[*name] = json!(at.map(text));
    }
    Ok(value)
}

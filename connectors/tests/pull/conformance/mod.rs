//! Every spec against a board that behaves and misbehaves in every way that boards do. A spec passes by being data: this
//! suite knows none of them by name.

mod fake;

use std::future::Future;
use std::time::Duration;

use futures::StreamExt;
use inflow_config::{Connection, SecretRef, Window};
use inflow_connectors::PullErrorKind::{
    self, BadResponse, ChangedShape, Configuration, RateLimited, ServerError, Unauthorised, Unreachable,
};
use inflow_connectors::PullOutcome;
use inflow_connectors::spec::{Answer, Kind, Paginate, Request, Spec, Stream, all};

use crate::support::Rig;
use fake::{Fake, Fault, HARD_TITLE};

/// A list of a spec with what a connection must set so that it is pulled.
#[derive(Clone, Copy)]
struct Case {
    spec: &'static Spec,
    stream: &'static Stream,
    form: &'static Request,
}

impl Case {
    fn place(&self) -> String {
        format!("{}: {}", self.spec.name, self.stream.name)
    }

    fn connection(&self, url: &str) -> Connection {
        let mut connection = Connection::new("conformance", self.spec.name.clone());
        connection.channel = Some("careers".into());
        connection.base_url = Some(url.parse().unwrap());
        for (name, need) in &self.spec.params {
            if self.form.unless.contains(name) {
                continue;
            }
            // An address in a param (of a feed, of a token) is the board's own here.
            let address = name.ends_with("url");
            let value = if address { url.to_owned() } else { need.default.clone().unwrap_or_else(|| format!("x-{name}")) };
            connection.params.insert(name.clone(), value);
        }
        for name in self.spec.secrets.keys().filter(|name| !self.form.unless.contains(name)) {
            connection.secrets.insert(name.clone(), SecretRef::file("key"));
        }
        connection.budget = vec![Window { requests: 5_000, per: Duration::from_secs(1) }];
        connection
    }
}

/// Every list of every spec; reference lists are pulled with those that need them.
fn cases() -> Vec<Case> {
    let all = all().into_iter().flat_map(|spec| spec.streams.iter().map(move |stream| (spec, stream)));
    all.filter(|(_, stream)| stream.kind != Kind::Reference)
        .filter_map(|(spec, stream)| Some(Case { spec, stream, form: stream.request.as_ref()? }))
        .collect()
}

/// Runs a scenario on every case that it fits, side by side, and tells all that failed.
async fn every<F>(fits: impl Fn(&Case) -> bool, run: impl Fn(Case) -> F)
where
    F: Future<Output = Result<(), String>>,
{
    let chosen: Vec<Case> = cases().into_iter().filter(|case| fits(case)).collect();
    assert!(!chosen.is_empty(), "no spec is tried");
    let results = futures::stream::iter(chosen).map(|case| {
        let result = run(case);
        async move { result.await.map_err(|reason| format!("{}: {reason}", case.place())) }
    });
    let failed: Vec<String> = results.buffer_unordered(48).filter_map(|result| async { result.err() }).collect().await;
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

struct Tried {
    rig: Rig,
    fake: Fake,
    connection: Connection,
    outcome: PullOutcome,
}

impl Tried {
    async fn new(case: &Case, fault: Fault) -> Tried {
        let fake = Fake::start(case.spec, case.stream, fault).await;
        let mut rig = Rig::new();
        if fault != Fault::Hang {
            // A busy machine is no slow board.
            rig.be_patient();
        }
        let connection = case.connection(&fake.url);
        let outcome = Box::pin(rig.pull(&connection)).await;
        Tried { rig, fake, connection, outcome }
    }

    /// Lines landed of the list under test.
    fn landed(&self, case: &Case) -> usize {
        let ids: std::collections::BTreeSet<String> =
            self.rig.world.lines_of(&case.stream.name).into_iter().filter(|line| !line.gone).map(|line| line.id).collect();
        ids.len()
    }

    /// The pull must have ended with one of these errors, nothing of the list landed, and the connection known as failing.
    fn failed(&self, case: &Case, kinds: &[PullErrorKind]) -> Result<(), String> {
        let Some(error) = &self.outcome.error else { return Err("no error".into()) };
        ensure(kinds.contains(&error.kind), || format!("ended as {}: {error}", error.kind.as_str()))?;
        ensure(error.hint.is_some(), || format!("without a hint: {error}"))?;
        ensure(error.place.starts_with("conformance: "), || format!("names no place: {error}"))?;
        ensure(self.landed(case) == 0, || "something was landed".into())?;
        let cursor = self.rig.world.cursor("conformance", &case.stream.name);
        ensure(cursor.is_none(), || format!("the cursor moved to {cursor:?}"))?;
        let health = self.rig.world.health("conformance").ok_or("no health")?;
        ensure(health.failing_since.is_some(), || "a broken board is shown as a quiet one".into())
    }

    fn whole(&self, case: &Case) -> Result<(), String> {
        if let Some(error) = &self.outcome.error {
            return Err(format!("{error}; strange requests: {:?}", self.fake.strange()));
        }
        let (landed, expected) = (self.landed(case), self.fake.expected());
        ensure(landed == expected, || format!("{landed} of {expected} records landed"))?;
        ensure(self.fake.strange().is_empty(), || format!("asked for what no list is: {:?}", self.fake.strange()))
    }
}

fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(reason()) }
}

fn any(_: &Case) -> bool {
    true
}

fn json(case: &Case) -> bool {
    case.stream.answer == Answer::Json
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_to_the_last_are_landed_once() {
    every(any, |case| async move {
        let mut tried = Tried::new(&case, Fault::None).await;
        tried.whole(&case)?;
        // Again: nothing is new, whatever the board says about it.
        tried.rig.now += chrono::Duration::hours(1);
        let again = tried.rig.pull(&tried.connection).await;
        ensure(again.error.is_none(), || format!("the second pull failed: {:?}", again.error))?;
        ensure(again.landed == 0, || format!("the second pull landed {} records again", again.landed))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_no_error() {
    every(json, |case| async move {
        let tried = Tried::new(&case, Fault::Empty).await;
        ensure(tried.outcome.error.is_none(), || format!("{:?}", tried.outcome.error))?;
        ensure(tried.landed(&case) == 0, || "something was landed".into())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_list_is_not_sent_again() {
    let plain = |case: &Case| case.form.paginate == Paginate::None && case.form.cursor.is_none() && case.form.each.is_none();
    every(plain, |case| async move {
        let tried = Tried::new(&case, Fault::None).await;
        tried.whole(&case)?;
        let again = tried.rig.pull(&tried.connection).await;
        ensure(again.error.is_none() && again.landed == 0, || format!("{again:?}"))?;
        ensure(tried.fake.statuses().last() == Some(&304), || format!("statuses {:?}", tried.fake.statuses()))?;
        let gone = tried.rig.world.lines_of(&case.stream.name).iter().any(|line| line.gone);
        ensure(!gone, || "an unchanged list closed its postings".into())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_apart() {
    for (status, kind) in [(401, Unauthorised), (403, Unauthorised), (404, Configuration)] {
        every(any, |case| async move {
            let tried = Tried::new(&case, Fault::Status(status)).await;
            tried.failed(&case, &[kind])?;
            ensure(tried.fake.asked() == 1, || format!("a refusal was asked for {} times", tried.fake.asked()))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_asks_to_slow_down_is_obeyed() {
    for fault in [Fault::RetryAfter, Fault::Once(429)] {
        every(any, |case| async move { Tried::new(&case, fault).await.whole(&case) }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_never_stops_asking_to_slow_down_is_named() {
    every(any, |case| async move { Tried::new(&case, Fault::Status(429)).await.failed(&case, &[RateLimited]) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_once_is_asked_again() {
    every(any, |case| async move { Tried::new(&case, Fault::Once(503)).await.whole(&case) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_keeps_failing_is_named() {
    every(any, |case| async move { Tried::new(&case, Fault::Status(500)).await.failed(&case, &[ServerError]) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_does_not_answer_is_given_up() {
    every(any, |case| async move { Tried::new(&case, Fault::Hang).await.failed(&case, &[Unreachable]) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_not_taken() {
    every(any, |case| async move { Tried::new(&case, Fault::Reset).await.failed(&case, &[BadResponse, Unreachable]) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_cut_short_is_not_taken() {
    // Markup has no end that could be missed: a list that is cut short is a shorter list.
    let strict = |case: &Case| !matches!(case.stream.answer, Answer::Html { .. });
    every(strict, |case| async move { Tried::new(&case, Fault::Truncated).await.failed(&case, &[BadResponse, ChangedShape]) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_page_is_not_an_empty_list() {
    every(any, |case| async move { Tried::new(&case, Fault::OtherPage).await.failed(&case, &[BadResponse, ChangedShape]) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_shape_stops_the_list() {
    for fault in [Fault::NoList, Fault::NoIds] {
        every(json, |case| async move { Tried::new(&case, fault).await.failed(&case, &[ChangedShape]) }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_repeat_end() {
    let paged = |case: &Case| json(case) && case.form.paginate != Paginate::None;
    every(paged, |case| async move {
        let tried = Tried::new(&case, Fault::SamePage).await;
        ensure(tried.fake.asked() <= 5, || format!("asked {} times", tried.fake.asked()))?;
        let error = tried.outcome.error.as_ref().ok_or("a board that repeats its first page looks like a whole list")?;
        ensure(error.kind == BadResponse, || format!("{error}"))?;
        let cursor = tried.rig.world.cursor("conformance", &case.stream.name);
        ensure(cursor.is_none(), || "the cursor moved".into())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_whose_clock_is_ahead_hides_nothing() {
    let timed = |case: &Case| json(case) && case.form.cursor.as_ref().is_some_and(|cursor| !cursor.fields.is_empty());
    every(timed, |case| async move {
        let tried = Tried::new(&case, Fault::Future).await;
        ensure(tried.outcome.error.is_none(), || format!("{:?}", tried.outcome.error))?;
        let cursor = tried.rig.world.cursor("conformance", &case.stream.name).ok_or("no cursor")?;
        let at = chrono::DateTime::parse_from_rfc3339(&cursor).map_err(|error| error.to_string())?;
        ensure(at <= tried.rig.now, || format!("the cursor {cursor} is ahead of the clock"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_end_is_refused() {
    every(any, |case| async move {
        let fake = Fake::start(case.spec, case.stream, Fault::Giant).await;
        let rig = Rig::with_settings("[http]\nmax_answer = \"1MiB\"\n");
        let connection = case.connection(&fake.url);
        let outcome = Box::pin(rig.pull(&connection)).await;
        let tried = Tried { rig, fake, connection, outcome };
        tried.failed(&case, &[BadResponse])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_passes_untouched() {
    let titled = |case: &Case| json(case) && case.stream.kind == Kind::Postings && case.stream.hook.is_none();
    every(titled, |case| async move {
        let tried = Tried::new(&case, Fault::Unicode).await;
        ensure(tried.outcome.error.is_none(), || format!("{:?}", tried.outcome.error))?;
        let lines = tried.rig.world.lines_of(&case.stream.name);
        let kept = lines.iter().all(|line| line.record.to_string().contains(HARD_TITLE));
        ensure(kept && !lines.is_empty(), || format!("{} lines, not all with the title as it was sent", lines.len()))
    })
    .await;
}

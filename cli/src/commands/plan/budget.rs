//! `inflow plan budget`: where money should go, what people said to that, and what became of earlier plans.

mod compare;
mod diff;
mod told;

use crate::app::{App, Opened};
use crate::args::{PlanBudgetArgs, PlanBudgetCommand, PlanBy, PlanDecideArgs, PlanFormat};
use crate::failure::Failure;
use inflow_analytics::{
    Against, Budget, BudgetDiff, BudgetPlan, BudgetQuery, BudgetVerdict, KeptBudget, People, Scope, analyze, decide_budget, kept_budgets,
    scenario,
};
use inflow_config::{Config, MoneyOrShare, PlanPeople, Scenario, ScenarioChannel};
use rust_decimal::Decimal;
use serde::Serialize;

/// Longest name and reason, in characters.
const NAME: usize = 200;
const REASON: usize = 2000;

/// Prints where the money of the next weeks should go, or keeps what somebody said to it.
pub async fn budget(app: &App, args: &PlanBudgetArgs) -> Result<u8, Failure> {
    match &args.command {
        Some(PlanBudgetCommand::Accept(decide)) => decided(app, decide, BudgetVerdict::Accepted).await?,
        Some(PlanBudgetCommand::Reject(decide)) => decided(app, decide, BudgetVerdict::Rejected).await?,
        Some(PlanBudgetCommand::Kept(kept)) => list(app, kept.format).await?,
        None => planned(app, args).await?,
    }
    Ok(0)
}

/// A plan with what it is compared with.
#[derive(Debug, Serialize)]
struct Answer {
    /// Its scenario, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
    #[serde(flatten)]
    plan: BudgetPlan,
    /// What a kept plan said otherwise; null where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<BudgetDiff>,
    /// The plan as it was kept now.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<KeptBudget>,
}

async fn planned(app: &App, args: &PlanBudgetArgs) -> Result<(), Failure> {
    let config = app.config()?;
    let questions = questions(&config, args)?;
    if questions.len() > 1 && (args.keep.is_some() || args.against.is_some()) {
        return Err(Failure::user("several plans cannot be kept or compared with a kept one at once", "name one --scenario"));
    }
    let keeper = args.keep.as_deref().map(|name| said("--keep", name, NAME)).transpose()?;
    let opened = if keeper.is_some() { app.open().await? } else { app.attach().await? };
    let answers = answers(&opened, args, &questions, keeper).await;
    opened.close().await;
    let mut answers = answers?;
    match (args.format, answers.len()) {
        (PlanFormat::Json, 1) => app.printer.result(&serde_json::to_string_pretty(&answers.remove(0)).map_err(Failure::ours)?),
        (PlanFormat::Json, _) => {
            app.printer.result(&serde_json::to_string_pretty(&serde_json::json!({"scenarios": answers})).map_err(Failure::ours)?);
        }
        (PlanFormat::Table, 1) => app.printer.result(&one(app, &config, &answers.remove(0))),
        (PlanFormat::Table, _) => app.printer.result(&compare::told(app.printer.lang, &config, &answers)),
    }
    Ok(())
}

async fn answers(
    opened: &Opened,
    args: &PlanBudgetArgs,
    questions: &[(Option<String>, BudgetQuery)],
    keeper: Option<&str>,
) -> Result<Vec<Answer>, Failure> {
    let budget = Budget::read(&opened.store, &opened.config, opened.clock.now()).await?;
    let against = args.against.as_deref().map_or(Against::LastMonth, |text| text.parse().unwrap_or(Against::LastMonth));
    let mut answers = Vec::new();
    for (scenario, query) in questions {
        let plan = budget.plan(query)?;
        let earlier = if questions.len() == 1 { budget.kept(&opened.store, query.people, &against).await? } else { None };
        let diff = earlier.map(|kept| budget.diff(&plan, kept));
        let kept = match keeper {
            Some(by) => Some(budget.keep(&opened.store, &plan, scenario.as_deref().unwrap_or_default(), by).await?),
            None => None,
        };
        answers.push(Answer { scenario: scenario.clone(), plan, diff, kept });
    }
    Ok(answers)
}

fn one(app: &App, config: &Config, answer: &Answer) -> String {
    let lang = app.printer.lang;
    let mut text = told::told(lang, config, &answer.plan);
    if let Some(diff) = &answer.diff {
        text += &diff::told(lang, config, &answer.plan, diff);
    }
    if let Some(kept) = &answer.kept {
        let (id, by) = (&kept.id, &kept.kept_by);
        text.push_str(app.printer.pick(&format!("Kept by {by} as {id}.\n"), &format!("已由 {by} 留存,编号 {id}。\n")));
    }
    text
}

/// What is asked: each scenario that is named, with the options of the command going before it; or the options alone.
fn questions(config: &Config, args: &PlanBudgetArgs) -> Result<Vec<(Option<String>, BudgetQuery)>, Failure> {
    if args.scenario.is_empty() {
        return Ok(vec![(None, question(Scenario::default(), args)?)]);
    }
    let of = |name: &String| Ok((Some(name.clone()), question(scenario(&config.plans, name)?.clone(), args)?));
    args.scenario.iter().map(of).collect()
}

fn question(mut asked: Scenario, args: &PlanBudgetArgs) -> Result<BudgetQuery, Failure> {
    if let Some(by) = args.by {
        asked.by = people(by);
    }
    if let Some(total) = args.total {
        is_money(total)?;
        asked.total = Some(total);
    }
    asked.weeks = args.weeks.or(asked.weeks);
    asked.max_move = args.max_move.or(asked.max_move);
    asked.target = args.target.or(asked.target);
    asked.probability = args.probability.or(asked.probability);
    for id in &args.hold {
        asked.channel.retain(|one| one.id != *id);
        asked.hold.push(id.clone());
    }
    for (option, texts) in [("--floor", &args.floor), ("--cap", &args.cap)] {
        for text in texts {
            let (id, bound) = bound(option, text)?;
            if args.hold.contains(&id) {
                return Err(Failure::user(format!("{id} is held and has bounds: it cannot both stay and move"), "keep one of the options"));
            }
            asked.hold.retain(|held| *held != id);
            let place = asked.channel.iter().position(|one| one.id == id).unwrap_or_else(|| {
                asked.channel.push(ScenarioChannel { id, ..ScenarioChannel::default() });
                asked.channel.len() - 1
            });
            let slot = if option == "--floor" { &mut asked.channel[place].floor } else { &mut asked.channel[place].cap };
            *slot = Some(bound);
        }
    }
    if asked.probability.is_some() && asked.target.is_none() {
        return Err(Failure::user("--probability belongs to a target, and there is none", "add --target N, or leave it out"));
    }
    asked.check().map_err(|(_, bad)| Failure::user(bad.message, bad.hint.unwrap_or_default()))?;
    Ok(BudgetQuery::of(&asked))
}

fn bound(option: &str, text: &str) -> Result<(String, MoneyOrShare), Failure> {
    let shape =
        || Failure::user(format!("{option} {text} is no bound of a channel"), format!("write {option} douyin=2000 or {option} douyin=20%"));
    let (id, amount) = text.split_once('=').ok_or_else(shape)?;
    Ok((id.trim().to_owned(), amount.parse().map_err(|_| shape())?))
}

fn is_money(amount: Decimal) -> Result<(), Failure> {
    let fits = amount > Decimal::ZERO && amount.to_string().parse::<MoneyOrShare>().is_ok();
    fits.then_some(()).ok_or_else(|| {
        Failure::user(format!("--total {amount} is no amount of money"), "give a number of at most two decimals, such as 30000 or 29999.50")
    })
}

fn people(by: PlanBy) -> PlanPeople {
    match by {
        PlanBy::Attended => PlanPeople::Attended,
        PlanBy::Hires => PlanPeople::Hires,
    }
}

/// A name or a reason that says something.
fn said<'t>(option: &str, text: &'t str, longest: usize) -> Result<&'t str, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest {
        return Err(Failure::user(format!("{option} must say something, in at most {longest} characters"), "it is kept and printed"));
    }
    Ok(text)
}

async fn decided(app: &App, args: &PlanDecideArgs, verdict: BudgetVerdict) -> Result<(), Failure> {
    let (by, reason) = (said("--by", &args.by, NAME)?, said("--reason", &args.reason, REASON)?);
    let of: People = people(args.of).into();
    let opened = app.open().await?;
    let work = async || {
        let now = opened.clock.now();
        decide_budget(&opened.store, &opened.config, now, (of, &args.channel), verdict, (by, reason)).await?;
        // The table of advice, which the page and the API read, follows at once.
        let job = ["budget_moves".to_owned()];
        analyze(&opened.store, &opened.config, &opened.clock, &job, &Scope::Changed(Vec::new())).await?;
        budget_of(&opened, of).await
    };
    let done = opened.undisturbed(work).await;
    opened.close().await;
    let plan: BudgetPlan = done?;
    let standing = plan.channels.iter().find(|one| one.channel == args.channel).and_then(|one| one.decision.as_ref());
    if let Some(standing) = standing {
        app.printer.result(&told::decision(app.printer.lang, &*app.config()?, &args.channel, standing));
    }
    Ok(())
}

async fn budget_of(opened: &Opened, people: People) -> Result<BudgetPlan, inflow_analytics::AnalyticsError> {
    // The decision carries an instant of its own, which may be a moment later than the one that was asked with.
    Budget::read(&opened.store, &opened.config, opened.clock.now()).await?.plan(&BudgetQuery::new(people))
}

async fn list(app: &App, format: PlanFormat) -> Result<(), Failure> {
    let opened = app.attach().await?;
    let kept = kept_budgets(&opened.store).await;
    opened.close().await;
    match format {
        PlanFormat::Json => app.printer.result(&serde_json::to_string_pretty(&serde_json::json!({"plans": kept?})).map_err(Failure::ours)?),
        PlanFormat::Table => app.printer.result(&diff::list(app.printer.lang, &*app.config()?, &kept?)),
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! The marts of the ledger: `journal`, `wallet_moves`, `package_items`, `owed` and `ledger_faults`, as `inflow-ledger` makes them of its lines.
//!
//! The whole ledger is read and written each time one of its lines is new: the price of a wallet's units depends on all that came before.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use chrono::{DateTime, Days};
use inflow_config::{Config, Currency, TermsKind};
use inflow_ledger::allocation::{Allocation, SHARE_ONE, Share};
use inflow_ledger::amount::{RATE_ONE, TEN_THOUSANDTHS};
use inflow_ledger::owed::{Owed, Reckoning};
use inflow_ledger::package::{By, Entitlement, Terms};
use inflow_ledger::wallet::{Bonus, Measure};
use inflow_ledger::{Book, Entry, Kind, Line, Place, Reason, Rules, Word, Words, book};
use inflow_store::{Fields, NativeBlock};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::AnalyticsError;
use crate::analyze::Marts;
use crate::owed::{self, Bases, Debt, HireRow};
use crate::rows::{Rows, day_number};
use crate::words::company_form;

/// The tables that are made here; the first is the name of the job.
pub(crate) const JOURNAL: &str = "journal";

/// Entries of one block of the journal.
const BLOCK: usize = 1 << 18;

/// The channel of cost that belongs to none.
const UNALLOCATED: &str = "unallocated";

/// Makes the marts anew of all lines.
pub(crate) async fn rebuild(marts: &Marts<'_>, config: &Config) -> Result<(), AnalyticsError> {
    let mut ledger = Ledger::new(config);
    let sql = marts.here(include_str!("../sql/marts/ledger_lines.sql"));
    let mut read = |fields: &mut Fields<'_>| ledger.take(fields).map(Ok);
    let lines = marts.store.for_each_row::<inflow_store::StoreError>(&sql, &[], &mut read).await;
    lines.map_err(AnalyticsError::store("cannot read the ledger"))?;
    ledger.sort();
    ledger.take_contracts(config);
    let rules =
        Rules { owed: ledger.take_debts(&owed::hires(marts).await?), ..rules(config, &Bases::read(marts).await?, &mut ledger.words) };
    let rules = Rules { reckoned: std::mem::take(&mut ledger.reckoned), ..rules };
    let made = book(&ledger.lines, &rules);
    marts.refill_with(JOURNAL, "Native", ledger.journal(&made)).await?;
    marts.refill("wallet_moves", ledger.wallets(&made)).await?;
    marts.refill("package_items", ledger.packages(&made)).await?;
    marts.refill("owed", ledger.owed(&made, &rules)).await?;
    marts.refill("ledger_faults", ledger.faults(&made)).await
}

/// The lines of the ledger, with their words and keys.
struct Ledger<'a> {
    config: &'a Config,
    words: Words,
    lines: Vec<Line>,
    /// Connection and source id of each line.
    keys: Keys,
    /// Rates that were looked up, by currency and day.
    rates: HashMap<(Word, i32), Option<i64>>,
    /// Names that the company's invoices bear.
    payers: HashSet<String>,
    /// What is owed for hires, in the order of their lines.
    debts: Vec<Debt>,
    /// Of which lines that is reckoned.
    reckoned: Vec<Reckoning>,
}

/// Connections and source ids, in few pieces whatever their number.
#[derive(Default)]
struct Keys {
    connections: Vec<Word>,
    text: String,
    /// Where each id ends in the text.
    ends: Vec<usize>,
}

impl Keys {
    fn push(&mut self, connection: Word, id: &str) {
        self.connections.push(connection);
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    fn get(&self, at: usize) -> (Word, &str) {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let id = self.ends.get(at).and_then(|end| self.text.get(start..*end)).unwrap_or_default();
        (self.connections.get(at).copied().unwrap_or_default(), id)
    }
}

impl<'k> FromIterator<(Word, &'k str)> for Keys {
    fn from_iter<I: IntoIterator<Item = (Word, &'k str)>>(keys: I) -> Self {
        let mut all = Self::default();
        keys.into_iter().for_each(|(connection, id)| all.push(connection, id));
        all
    }
}

impl<'a> Ledger<'a> {
    fn new(config: &'a Config) -> Self {
        let payers = config.finance.vat.payers.iter().map(|payer| company_form(payer)).collect();
        let (debts, reckoned) = (Vec::new(), Vec::new());
        Self { config, words: Words::default(), lines: Vec::new(), keys: Keys::default(), rates: HashMap::new(), payers, debts, reckoned }
    }

    /// Takes a row of `ledger_lines.sql`, if it is whole.
    fn take(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let connection = fields.text()?;
        let source_id = fields.text()?;
        let [channel, account, store, department, requisition, project] = texts(fields)?;
        let [document, package, item, kind, currency, invoice_type, payer] = texts(fields)?;
        let [booked_on, from, until] = [fields.i32()?, fields.i32()?, fields.i32()?];
        let [units, bonus_units, balance] = [fields.nullable_i64()?, fields.nullable_i64()?, fields.nullable_i64()?];
        let [gross, net] = [fields.i64()?, fields.i64()?];
        // Kinds are checked when a line is stored.
        let Some(kind) = Kind::of(kind) else { return Some(()) };
        let vat = &self.config.finance.vat;
        let ours = self.payers.is_empty() || payer.is_empty() || self.payers.contains(&company_form(payer));
        let deductible = ours && vat.deductible.iter().any(|own| own == invoice_type);
        let words = &mut self.words;
        let place = Place {
            channel: words.number(if channel.is_empty() { UNALLOCATED } else { channel }),
            account: words.number(account),
            store: words.number(store),
            department: words.number(department),
            requisition: words.number(requisition),
            project: words.number(project),
        };
        let [document, package, item] = [document, package, item].map(|word| words.number(word));
        let connection = words.number(connection);
        let currency = words.number(currency);
        let rate = self.rate(currency, booked_on);
        self.keys.push(connection, source_id);
        self.lines.push(Line {
            kind,
            booked_on,
            service: (from, until),
            units,
            bonus_units,
            balance,
            gross,
            net,
            deductible,
            currency,
            rate,
            place,
            document,
            package,
            item,
        });
        Some(())
    }

    /// The rate in force on a day, with eight decimals.
    fn rate(&mut self, currency: Word, booked_on: i32) -> Option<i64> {
        if let Some(rate) = self.rates.get(&(currency, booked_on)) {
            return *rate;
        }
        let settings = &self.config.settings;
        let day = DateTime::UNIX_EPOCH.date_naive() + Days::new(booked_on.max(0) as u64);
        let rate = self.words.word(currency).parse::<Currency>().ok().and_then(|currency| settings.rate(currency, day));
        let rate = rate.and_then(|rate| scaled(rate, RATE_ONE));
        self.rates.insert((currency, booked_on), rate);
        rate
    }

    /// The subscriptions that channels.toml states as contracts. One counts unless the ledger has a subscription line of the same channel that overlaps
    /// it: then it has been invoiced, and the ledger knows better.
    fn take_contracts(&mut self, config: &Config) {
        let invoiced = |line: &Line, channel, (from, to)| {
            line.kind == Kind::Subscription && line.place.channel == channel && line.service.0 <= to && line.service.1 >= from
        };
        let before = self.lines.len();
        for channel in &config.channels {
            for terms in channel.terms.iter().filter(|terms| terms.kind == TermsKind::Subscription) {
                let service = (day_number(terms.from), day_number(terms.to.unwrap_or(terms.from)));
                let account = terms.account.as_deref().unwrap_or_default();
                let place = Place { channel: self.words.number(&channel.id), ..Place::default() };
                let Some(price) = scaled(terms.price, TEN_THOUSANDTHS) else { continue };
                if self.lines.iter().take(before).any(|line| invoiced(line, place.channel, service)) {
                    continue;
                }
                let currency = self.words.number(terms.currency.unwrap_or(config.settings.company.currency).as_str());
                let rate = self.rate(currency, service.0);
                let id = format!("{}/{}/{}/{account}", channel.id, terms.kind.as_str(), terms.from);
                self.keys.push(self.words.number("channels.toml"), &id);
                self.lines.push(Line {
                    kind: Kind::Subscription,
                    booked_on: service.0,
                    service,
                    units: None,
                    bonus_units: None,
                    balance: None,
                    gross: price,
                    net: price,
                    deductible: false,
                    currency,
                    rate,
                    place,
                    document: Word::default(),
                    package: Word::default(),
                    item: Word::default(),
                });
            }
        }
    }

    /// What is owed for hires, each as a line that nobody booked.
    fn take_debts(&mut self, hires: &[HireRow]) -> Vec<Owed> {
        let (debts, reckoned) = owed::debts(self.config, hires, &mut self.words);
        let connection = self.words.number(owed::FILE);
        let mut all = Vec::with_capacity(debts.len());
        for debt in &debts {
            let currency = self.words.number(debt.currency.as_str());
            let rate = self.rate(currency, debt.started);
            all.push(Owed { line: self.lines.len() as u32, ..debt.owed.clone() });
            self.keys.push(connection, &format!("{}/{}", debt.rule, debt.hire));
            self.lines.push(Line {
                kind: debt.kind,
                booked_on: debt.started,
                service: (debt.started, debt.started),
                units: None,
                bonus_units: None,
                balance: None,
                gross: debt.amount,
                net: debt.amount,
                deductible: false,
                currency,
                rate,
                place: debt.place,
                document: Word::default(),
                package: Word::default(),
                item: Word::default(),
            });
        }
        (self.debts, self.reckoned) = (debts, reckoned);
        all
    }

    fn owed(&self, made: &Book, rules: &Rules) -> Rows {
        let all: Vec<_> = made.owed.iter().zip(&rules.owed).zip(&self.debts).collect();
        Rows::of(&all, |row, ((settled, owed), debt)| {
            let place = debt.place;
            row.text(debt.kind.as_str()).text(&debt.rule);
            for word in [place.channel, place.store, place.department, place.requisition] {
                row.text(self.words.word(word));
            }
            row.text(&debt.hire).text(self.key(settled.line).1).u16(debt.started as u16);
            row.nullable_u16(settled.due.map(|day| day as u16)).nullable_u16(settled.back_on.map(|day| day as u16));
            row.u8(u8::from(owed.no_pay || owed.reckoned.unclear)).i64(debt.amount).text(debt.currency.as_str());
            row.i64(settled.accrued).i64(settled.reversed).i64(settled.paid).i64(settled.returned).i64(settled.extra);
        })
    }

    fn key(&self, line: u32) -> (&str, &str) {
        let (connection, id) = self.keys.get(line as usize);
        (self.words.word(connection), id)
    }

    /// Puts the lines in the order of their keys. They come in a few runs that are in order, so that this is quicker here than in the store, which would
    /// sort all columns of all rows as text.
    fn sort(&mut self) {
        let mut order: Vec<u32> = (0..self.lines.len() as u32).collect();
        order.sort_by_key(|line| self.key(*line));
        self.lines = order.iter().filter_map(|line| self.line(*line).copied()).collect();
        self.keys = order.iter().map(|line| self.keys.get(*line as usize)).collect();
    }

    fn line(&self, line: u32) -> Option<&Line> {
        self.lines.get(line as usize)
    }

    fn document(&self, line: u32) -> &str {
        self.line(line).map_or("", |line| self.words.word(line.document))
    }

    /// The journal as blocks that are in the order of its table, so that the store has nothing to sort.
    fn journal(&self, made: &Book) -> Vec<Bytes> {
        let ranks = self.ranks(made);
        let rank = |word: Word| ranks.get(&word).copied().unwrap_or_default();
        let key = |entry: &Entry| (entry.day, rank(entry.place.channel), rank(self.keys.get(entry.line as usize).0), entry.line);
        let mut order: Vec<u32> = (0..made.entries.len() as u32).collect();
        order.sort_by_cached_key(|at| made.entries.get(*at as usize).map(key));
        let entries: Vec<&Entry> = order.iter().filter_map(|at| made.entries.get(*at as usize)).collect();
        entries.chunks(BLOCK).map(|entries| self.journal_block(entries)).collect()
    }

    /// The places of channels and connections in the order of their letters.
    fn ranks(&self, made: &Book) -> HashMap<Word, u32> {
        let channels: HashSet<Word> = made.entries.iter().map(|entry| entry.place.channel).collect();
        let connections: HashSet<Word> = self.keys.connections.iter().copied().collect();
        let mut words: Vec<Word> = channels.union(&connections).copied().collect();
        words.sort_by_key(|word| self.words.word(*word));
        words.into_iter().zip(0..).collect()
    }

    fn journal_block(&self, entries: &[&Entry]) -> Bytes {
        let mut block = NativeBlock::new(15, entries.len());
        let each = || entries.iter().copied();
        block.days("day", each().map(|entry| Some(entry.day)));
        fixed_words(&mut block, "debit", each().map(|entry| entry.debit.as_str()));
        fixed_words(&mut block, "credit", each().map(|entry| entry.credit.as_str()));
        block.cents("amount", each().map(|entry| entry.cents));
        fixed_words(&mut block, "kind", each().map(|entry| entry.kind.as_str()));
        self.words_of(&mut block, "channel", each().map(|entry| entry.place.channel));
        self.words_of(&mut block, "account", each().map(|entry| entry.place.account));
        self.words_of(&mut block, "store", each().map(|entry| entry.place.store));
        self.words_of(&mut block, "department", each().map(|entry| entry.place.department));
        block.texts("requisition_source_id", each().map(|entry| self.words.word(entry.place.requisition)));
        self.words_of(&mut block, "project", each().map(|entry| entry.place.project));
        self.words_of(&mut block, "connection", each().map(|entry| self.keys.get(entry.line as usize).0));
        block.texts("source_id", each().map(|entry| self.keys.get(entry.line as usize).1));
        block.texts("document", each().map(|entry| self.document(entry.line)));
        self.words_of(&mut block, "allocation", each().map(|entry| entry.allocation));
        block.finish().into()
    }

    /// A column of words of the ledger.
    fn words_of(&self, block: &mut NativeBlock, name: &str, words: impl Iterator<Item = Word>) {
        let mut found: hashbrown::HashMap<Word, u32> = hashbrown::HashMap::new();
        let mut list: Vec<Word> = Vec::new();
        let places: Vec<u32> = words
            .map(|word| {
                *found.entry(word).or_insert_with(|| {
                    list.push(word);
                    list.len() as u32 - 1
                })
            })
            .collect();
        block.words(name, list.iter().map(|word| self.words.word(*word)), places.into_iter());
    }

    fn wallets(&self, made: &Book) -> Rows {
        let moves: Vec<_> = made.wallets.iter().flat_map(|wallet| wallet.moves.iter().zip(1_u32..).map(move |one| (wallet, one))).collect();
        Rows::of(&moves, |row, (wallet, (one, number))| {
            let Some(line) = self.line(one.line) else { return };
            let (connection, source_id) = self.key(one.line);
            let measure = match wallet.measure {
                Measure::Units => "units",
                Measure::Money(currency) => self.words.word(currency),
            };
            let stated = line.balance.filter(|_| one.kind == line.kind);
            row.text(self.words.word(wallet.channel)).text(self.words.word(wallet.account)).text(measure).u32(*number);
            row.u16(line.booked_on as u16).text(one.kind.as_str()).text(connection).text(source_id).text(self.words.word(line.document));
            row.i64(one.units).i64(one.value).i64(one.balance_units).i64(one.balance_value).nullable_i64(stated);
        })
    }

    fn packages(&self, made: &Book) -> Rows {
        Rows::of(&made.entitlements, |row, one: &Entitlement| {
            let Some(line) = self.line(one.line) else { return };
            let (connection, source_id) = self.key(one.line);
            row.text(self.words.word(line.place.channel)).text(self.words.word(line.document)).text(connection).text(source_id);
            row.text(if one.by == By::Price { "price" } else { "unit" }).text(self.words.word(one.item));
            row.u16(one.valid.0 as u16).u16(one.valid.1 as u16);
            row.i64(one.entitled).i64(one.used).i64(one.left()).i64(one.cost).i64(one.cost_used).i64(one.rest());
        })
    }

    fn faults(&self, made: &Book) -> Rows {
        Rows::of(&made.faults, |row, fault| {
            let Some(line) = self.line(fault.line) else { return };
            let (connection, source_id) = self.key(fault.line);
            // Who looks for cost that is missing asks by service, of everything else by booking.
            let day = fault.day.unwrap_or(line.booked_on);
            let (from, until) = if fault.reason == Reason::NoRate { line.service } else { (day, day) };
            row.text(fault.reason.as_str()).text(self.words.word(line.place.channel)).text(self.words.word(line.place.account));
            row.u16(from as u16).u16(until as u16).text(connection).text(source_id).text(self.words.word(line.document));
            row.nullable_i64(fault.amount).nullable_i64(fault.expected);
        })
    }
}

/// A column of a few words of the program.
fn fixed_words(block: &mut NativeBlock, name: &str, words: impl Iterator<Item = &'static str>) {
    let mut list: Vec<&'static str> = Vec::new();
    let places: Vec<u32> = words
        .map(|word| {
            let place = list.iter().position(|known| *known == word).unwrap_or_else(|| {
                list.push(word);
                list.len() - 1
            });
            place as u32
        })
        .collect();
    block.words(name, list.iter().copied(), places.into_iter());
}

fn texts<'b, const N: usize>(fields: &mut Fields<'b>) -> Option<[&'b str; N]> {
    let mut texts = [""; N];
    for text in &mut texts {
        *text = fields.text()?;
    }
    Some(texts)
}

/// A decimal as a whole number of so many parts of one.
pub(crate) fn scaled(number: Decimal, one: i64) -> Option<i64> {
    let scaled = number.checked_mul(Decimal::from(one))?;
    scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

/// What finance.toml decides, in the ledger's words.
fn rules(config: &Config, bases: &Bases, words: &mut Words) -> Rules {
    let finance = &config.finance;
    let packages = finance.package.iter().map(|package| Terms {
        document: words.number(&package.document),
        by: match package.rule {
            inflow_config::PackageRule::Unit => By::Unit,
            inflow_config::PackageRule::Price => By::Price,
        },
        items: package
            .item
            .iter()
            .filter_map(|item| {
                let price = item.price.and_then(|price| scaled(price, TEN_THOUSANDTHS)).unwrap_or_default();
                Some((words.number(&item.name), scaled(item.units, TEN_THOUSANDTHS)?.max(1), price))
            })
            .collect(),
    });
    let packages = packages.collect();
    let allocations = finance.allocation.iter().map(|rule| {
        let counted = bases.of(rule, words);
        let mut numbers = |list: &[String]| list.iter().map(|word| words.number(word)).collect();
        let [channels, accounts, documents] = [&rule.channel, &rule.account, &rule.document].map(|list| numbers(list));
        let mut number = |word: &Option<String>| word.as_ref().map(|word| words.number(word));
        let shares = rule.share.iter().map(|share| Share {
            channel: number(&share.channel),
            store: number(&share.store),
            department: number(&share.department),
            requisition: number(&share.requisition),
            share: scaled(share.share, SHARE_ONE).unwrap_or_default(),
        });
        let shares = shares.collect();
        Allocation {
            id: words.number(&rule.id),
            channels,
            accounts,
            documents,
            kinds: rule.kind.iter().filter_map(|kind| Kind::of(kind)).collect(),
            from: rule.from.map(day_number),
            to: rule.to.map(day_number),
            shares,
            counted,
        }
    });
    let allocations = allocations.collect();
    let bonus = match finance.wallets.bonus {
        inflow_config::BonusUnits::Average => Bonus::Average,
        inflow_config::BonusUnits::Last => Bonus::Last,
    };
    Rules { bonus, packages, allocations, ..Rules::default() }
}

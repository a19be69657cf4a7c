//! A world's data in the shape of each board, and the boards that serve it.
//!
//! Every shop keeps its own account at Moka and Lever and its own Greenhouse board, so a board of a
//! kind and a shop is one [`Board`] and one connection, `moka_cosmetics`.

mod greenhouse;
mod lever;
mod moka;

use std::time::Duration;

use crate::board::{Auth, Board};
use crate::limit::Limit;
use crate::world::{Application, CHANNELS, Person, Posting, Route, SHOPS, Shown, World};

/// The kinds of boards that are served over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Greenhouse,
    Lever,
    Moka,
}

/// One account of one shop at one kind of board.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) kind: Kind,
    /// Value of `store` of everything it delivers.
    pub(crate) store: &'static str,
    /// Name of the board and of the connection.
    pub(crate) name: String,
    /// Board token, organisation id or site name.
    pub(crate) place: String,
}

impl Account {
    /// The key that the board wants. Nothing real opens with it.
    pub(crate) fn key(&self) -> String {
        format!("simulated-key-of-{}", self.name)
    }
}

/// Every account that has something to deliver.
pub(crate) fn accounts(world: &World) -> Vec<Account> {
    let mut accounts = Vec::new();
    for (kind, word) in [(Kind::Moka, "moka"), (Kind::Lever, "lever"), (Kind::Greenhouse, "greenhouse")] {
        for shop in &SHOPS {
            let account = Account { kind, store: shop.name, name: format!("{word}_{}", shop.slug), place: format!("demo-{}", shop.slug) };
            let delivers = match kind {
                Kind::Greenhouse => postings(world, &account).next().is_some(),
                Kind::Moka | Kind::Lever => applications(world, &account).next().is_some(),
            };
            if delivers {
                accounts.push(account);
            }
        }
    }
    accounts
}

/// The channel whose advertisements an account lists.
pub(crate) fn posting_channel(kind: Kind) -> &'static str {
    match kind {
        Kind::Moka => "boss",
        Kind::Lever => "linkedin",
        Kind::Greenhouse => "career_site",
    }
}

fn postings<'w>(world: &'w World, account: &Account) -> impl Iterator<Item = &'w Posting> {
    let (channel, store) = (posting_channel(account.kind), account.store);
    world.postings.iter().filter(move |posting| posting.channel == channel && posting.store == store)
}

fn applications<'w>(world: &'w World, account: &Account) -> impl Iterator<Item = &'w Application> {
    let route = match account.kind {
        Kind::Moka => Some(Route::Moka),
        Kind::Lever => Some(Route::Lever),
        Kind::Greenhouse => None,
    };
    let store = account.store;
    let through = move |id: &str| CHANNELS.iter().any(|channel| channel.id == id && Some(channel.route) == route);
    world.applications.iter().filter(move |application| application.store == store && through(application.channel))
}

/// The company as boards name it, with the blank that real answers were seen to end in.
pub(crate) const COMPANY: &str = "示例零售集团 ";

/// A phone as an application shows it; the spelling of whole ones varies.
pub(crate) fn phone(person: &Person, shown: Shown, spelling: usize) -> Option<String> {
    let (head, rest) = person.phone.split_at_checked(3)?;
    let (middle, tail) = rest.split_at_checked(4)?;
    match shown {
        Shown::Absent => None,
        Shown::Masked => Some(format!("{head}****{tail}")),
        Shown::Whole => Some(match spelling % 4 {
            0 => format!("+86 {head} {middle} {tail}"),
            1 => format!("{head}-{middle}-{tail}"),
            2 => format!("+86{}", person.phone),
            _ => person.phone.clone(),
        }),
    }
}

/// A mail address as an application shows it.
pub(crate) fn email(person: &Person, shown: Shown) -> Option<&str> {
    (shown == Shown::Whole).then_some(person.email.as_str())
}

/// The body of an advertisement, as HTML.
pub(crate) fn body(posting: &Posting) -> String {
    format!(
        "<p>{}招聘{}，工作地点：{}，{}。</p><ul><li>月薪{}-{}元，按经验面议</li><li>可接受倒班者优先</li></ul>",
        posting.store, posting.title, posting.city, posting.department, posting.pay.0, posting.pay.1
    )
}

impl World {
    /// The boards of this world, ready for [`crate::Server::start`].
    pub fn boards(&self) -> Vec<Board> {
        accounts(self).iter().map(|account| self.board(account)).collect()
    }

    fn board(&self, account: &Account) -> Board {
        let second = Duration::from_secs(1);
        match account.kind {
            Kind::Greenhouse => Board::new(&account.name, greenhouse::JobBoard::new(self, account)),
            Kind::Lever => Board::new(&account.name, lever::Lever::new(self, account))
                .auth(Auth::BasicUser(account.key()))
                .limit(Limit::new(10, second).burst(20).wall(self.now)),
            // Moka publishes no limit; this one stands a little above the connection's budget.
            Kind::Moka => {
                Board::new(&account.name, moka::Moka::new(self, account)).auth(Auth::BasicUser(account.key())).limit(Limit::new(60, second))
            }
        }
    }
}

//! Arguments of `inflow token`.

use chrono::NaiveDate;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::{Args, Subcommand};
use inflow_dashboards::Role;

/// `inflow token`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once
    Add(TokenAddArgs),
    /// Who has a token, and how much it is used
    List(TokenListArgs),
    /// Take a token away, with every session of the page that it began
    Revoke {
        /// Whose it is, or its prefix
        #[arg(value_name = "NAME|PREFIX")]
        token: String,
    },
}

/// `inflow token add`
#[derive(Debug, Args)]
pub struct TokenAddArgs {
    /// Whose it is: a person or a program
    pub name: String,
    /// What it may do: admin and manager read everything and decide on advice, recruiter reads its own requisitions, finance reads no single
    /// application, auditor reads everything
    #[arg(long, value_name = "R", value_parser = roles())]
    pub role: Role,
    /// Of a recruiter: what it is narrowed to, as `report --filter requisition=` names it (may be given again)
    #[arg(long = "requisition", value_name = "ID")]
    pub requisitions: Vec<String>,
    /// Last day on which it opens anything, in the company's zone [default: none]
    #[arg(long, value_name = "D")]
    pub expires: Option<NaiveDate>,
    /// Requests that it may send in a minute
    #[arg(long, value_name = "N/min", default_value = "600/min", value_parser = per_minute)]
    pub limit: u32,
}

/// `inflow token list`
#[derive(Debug, Args)]
pub struct TokenListArgs {
    /// How to print
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: TokenFormat,
}

/// Forms of the list of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TokenFormat {
    /// For eyes
    Table,
    /// One JSON document
    Json,
}

fn roles() -> impl TypedValueParser<Value = Role> {
    // Whatever the list lets through is a role.
    PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(|text| text.parse::<Role>())
}

fn per_minute(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/min").and_then(|number| number.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| "write it as 120/min".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{TokenCommand, per_minute};
    use crate::args::{Cli, Command};
    use clap::Parser;
    use inflow_dashboards::Role;

    #[test]
    fn a_token_is_added_with_a_role() {
        let parse = |line: &[&str]| Cli::try_parse_from([&["inflow", "token"], line].concat());
        let cli =
            parse(&["add", "lin", "--role", "recruiter", "--requisition", "hr/1", "--requisition", "hr/2", "--limit", "30/min"]).unwrap();
        assert!(cli.command.is_job());
        let Command::Token(TokenCommand::Add(args)) = cli.command else { panic!("{:?}", cli.command) };
        assert_eq!(
            (args.role, args.limit, args.requisitions.as_slice()),
            (Role::Recruiter, 30, ["hr/1".to_owned(), "hr/2".to_owned()].as_slice())
        );
        assert!(parse(&["add", "lin"]).is_err() && parse(&["add", "lin", "--role", "boss"]).is_err());
        assert!(parse(&["revoke", "lin"]).unwrap().command.is_job() && !parse(&["list"]).unwrap().command.is_job());
        for wrong in ["30", "0/min", "30/s", "/min", "-1/min"] {
            assert!(per_minute(wrong).is_err(), "{wrong}");
        }
    }
}

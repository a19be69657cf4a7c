//! Arguments of `inflow close`.

use clap::Args;
use inflow_analytics::Month;

/// `inflow close`
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// The month, such as 2026-10
    #[arg(value_name = "MONTH", required_unless_present_any = ["list", "check"])]
    pub month: Option<Month>,
    /// Who closes or reopens it; kept and printed
    #[arg(long, value_name = "NAME", required_unless_present_any = ["list", "check"])]
    pub by: Option<String>,
    /// Close it although spend does not tie to the ledger, or the ledger not to wallets or bank, for this reason
    #[arg(long, value_name = "REASON", conflicts_with = "reopen")]
    pub despite: Option<String>,
    /// Open the month again, which must be the last that is closed
    #[arg(long, requires = "reason")]
    pub reopen: bool,
    /// Why it is reopened
    #[arg(long, value_name = "TEXT", requires = "reopen")]
    pub reason: Option<String>,
    /// List all closings, what they froze and what that is now
    #[arg(long, conflicts_with_all = ["month", "by", "despite", "reopen", "reason", "check"])]
    pub list: bool,
    /// Compute each closing's hash from what is stored; exit 1 when somebody changed it
    #[arg(long, conflicts_with_all = ["month", "by", "despite", "reopen", "reason"])]
    pub check: bool,
}

#[cfg(test)]
mod tests {
    use crate::args::Cli;
    use clap::Parser;

    fn parse(line: &[&str]) -> Result<bool, String> {
        let line = [&["inflow", "close"], line].concat();
        Cli::try_parse_from(line).map(|cli| cli.command.is_job()).map_err(|error| error.to_string())
    }

    #[test]
    fn whoever_closes_says_so_and_whoever_looks_need_not() {
        assert_eq!(parse(&["2026-10", "--by", "Lin Example"]), Ok(true));
        assert_eq!(parse(&["2026-10", "--by", "Lin Example", "--despite", "the rate comes on Monday"]), Ok(true));
        assert_eq!(parse(&["2026-10", "--reopen", "--by", "Lin Example", "--reason", "an invoice was missing"]), Ok(true));
        assert_eq!((parse(&["--list"]), parse(&["--check"])), (Ok(false), Ok(false)));
        for wrong in [
            &["2026-10"][..],
            &["--by", "Lin"],
            &["2026-10", "--by", "Lin", "--reopen"],
            &["2026-10", "--by", "Lin", "--reason", "x"],
            &["2026-10", "--list"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse(&["october", "--by", "Lin"]).unwrap_err().contains("\"october\" is not a month such as 2026-10"));
    }
}

//! robots.txt (RFC 9309), asked before a company's own pages are read. Rules are read by `texting_robots`, which keeps to
//! what Google's parser does.

use inflow_config::Explain;
use texting_robots::Robot;
use url::Url;

use super::target::Target;
use crate::error::{PullError, PullErrorKind};
use crate::spec::WayIn;

/// The name by which a site's rules call us.
const AGENT: &str = "inflow";

/// Waits that a site may ask for between two pages; longer ones end the pull.
const LONGEST_DELAY: f32 = 60.0;

/// What a site allows.
pub(crate) struct Robots {
    rules: Option<Robot>,
}

impl Robots {
    /// Asks the site of `base`, where the spec reads pages; `None` where it asks an API or a feed. A site without rules
    /// (4xx) allows everything; one that fails to say (5xx, no answer) allows nothing for now.
    pub(crate) async fn of(target: &Target<'_>, asked: &mut u64) -> Result<Option<Robots>, PullError> {
        if target.spec.way_in != WayIn::OwnPages {
            return Ok(None);
        }
        let wrong = |error: url::ParseError| PullError::new(PullErrorKind::Configuration, format!("base_url is not an address: {error}"));
        let address = Url::parse(&target.base).and_then(|base| base.join("/robots.txt")).map_err(wrong)?;
        let request = target.plain(address)?;
        match target.fetch(&request, asked).await {
            Ok(answer) => {
                let rules = Robot::new(AGENT, &answer.body).map_err(|error| {
                    let host = request.url().host_str().unwrap_or_default();
                    PullError::new(PullErrorKind::BadResponse, format!("the robots.txt of {host} cannot be read: {error}"))
                        .with_hint("its pages are not read until it can be")
                })?;
                Ok(Some(Robots { rules: Some(rules) }))
            }
            Err(error) if error.status.is_some_and(|status| (400..500).contains(&status) && status != 429) => {
                Ok(Some(Robots { rules: None }))
            }
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                let message = format!("the site's robots.txt cannot be asked for, so its pages are not read: {}", error.message);
                Err(PullError { message, ..error }.with_hint(hint))
            }
        }
    }

    /// Refuses an address that the site's rules close to us.
    pub(crate) fn check(&self, url: &Url) -> Result<(), PullError> {
        if self.rules.as_ref().is_none_or(|rules| rules.allowed(url.as_str())) {
            return Ok(());
        }
        let place = format!("{}{}", url.host_str().unwrap_or_default(), url.path());
        Err(PullError::new(PullErrorKind::Configuration, format!("robots.txt does not allow {place}"))
            .with_hint("it is your own site: let its robots.txt allow the agent `inflow`, or use its feed"))
    }

    /// How long the site wants us to wait between two pages.
    pub(crate) fn delay(&self) -> Option<std::time::Duration> {
        let seconds = self.rules.as_ref()?.delay?;
        (seconds.is_finite() && seconds > 0.0).then(|| std::time::Duration::from_secs_f32(seconds.min(LONGEST_DELAY)))
    }
}

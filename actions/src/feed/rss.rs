//! RSS 2.0 (rssboard.org/rss-specification), with the elements that job feeds add under a namespace of their own (`job_listing`).

use super::indeed::rfc2822;
use super::opening::Employment;
use super::xml::Xml;
use super::{Openings, Written, missing_in_feed, text};

/// The feed; `None` without a site, since RSS requires the link of a channel.
pub fn rss(openings: &Openings) -> Option<Written> {
    let site = openings.site.as_ref()?.as_str();
    let (complete, left) = openings.complete(missing_in_feed);
    let mut xml = Xml::new();
    xml.open("rss", &[("version", "2.0"), ("xmlns:job_listing", site)]);
    xml.open("channel", &[]);
    xml.text("title", &openings.company);
    xml.text("link", site);
    xml.text("description", &format!("Jobs at {}", openings.company));
    xml.text("lastBuildDate", &rfc2822(openings.changed_at));
    for opening in &complete {
        xml.open("item", &[]);
        xml.text("title", &opening.title);
        xml.text("link", opening.url.as_ref().map_or("", |url| url.as_str()));
        xml.text_with("guid", &[("isPermaLink", "false")], &opening.id);
        xml.text("pubDate", &opening.posted_at.map_or_else(String::new, rfc2822));
        xml.text("category", &opening.department);
        xml.text("description", &text::html(&opening.description));
        let place: Vec<&str> =
            [&opening.city, &opening.region, &opening.country].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        xml.text("job_listing:location", &place.join(", "));
        xml.text("job_listing:company", &openings.company);
        xml.text("job_listing:job_type", Employment::of(&opening.employment_type).map_or("", Employment::indeed));
        xml.text("job_listing:salary", &opening.salary());
        xml.text("job_listing:expires", &opening.valid_through.map_or_else(String::new, rfc2822));
        xml.close("item");
    }
    xml.close("channel");
    xml.close("rss");
    Some(Written { text: xml.done(), count: complete.len(), left })
}

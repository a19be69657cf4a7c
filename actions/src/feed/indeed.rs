//! Indeed's XML format (docs.indeed.com/job-sync-api/xml-feed), which most job search sites read.

use chrono::{DateTime, Utc};

use super::opening::Employment;
use super::xml::Xml;
use super::{Opening, Openings, Written, missing_in_feed, text};

/// The feed. Of Indeed's required elements those that nobody knows (`state`, `postalcode`) are left out.
pub fn indeed(openings: &Openings) -> Written {
    let (complete, left) = openings.complete(missing_in_feed);
    let mut xml = Xml::new();
    xml.open("source", &[]);
    xml.text("publisher", &openings.company);
    xml.text("publisherurl", openings.site.as_ref().map_or("", |url| url.as_str()));
    xml.text("lastBuildDate", &rfc2822(openings.changed_at));
    for opening in &complete {
        job(&mut xml, openings, opening);
    }
    xml.close("source");
    Written { text: xml.done(), count: complete.len(), left }
}

fn job(xml: &mut Xml, openings: &Openings, opening: &Opening) {
    xml.open("job", &[]);
    xml.text("title", &opening.title);
    xml.text("date", &opening.posted_at.map_or_else(String::new, rfc2822));
    xml.text("referencenumber", &opening.id);
    xml.text("requisitionid", &opening.reference);
    xml.text("url", opening.url.as_ref().map_or("", |url| url.as_str()));
    xml.text("company", &openings.company);
    xml.text("city", &opening.city);
    xml.text("state", &opening.region);
    xml.text("country", &opening.country);
    xml.text("description", &text::html(&opening.description));
    xml.text("salary", &opening.salary());
    xml.text("jobtype", Employment::of(&opening.employment_type).map_or("", Employment::indeed));
    xml.text("category", &opening.department);
    xml.text("expirationdate", &opening.valid_through.map_or_else(String::new, rfc2822));
    xml.close("job");
}

/// `Fri, 10 Dec 2026 22:49:39 GMT`, in both feeds.
pub(super) fn rfc2822(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

//! Places: what a location text names, by a gazetteer of China's divisions (GB/T 2260), the world's countries and the cities
//! where companies hire. A text that names no single place says which kind it is; nothing is guessed from parts of names.

mod gazetteer;
mod mention;
mod resolve;
#[cfg(test)]
mod tests;

/// What kind of statement a location text makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlaceKind {
    /// Nothing is said.
    #[default]
    Unstated,
    /// One city, with or without its district.
    City,
    /// A country or a province, no city.
    Region,
    /// Several places (`北京/上海`, `3 Locations`).
    Several,
    /// The whole country (全国).
    Nationwide,
    /// From anywhere, or anywhere in the country that is given.
    Remote,
    /// A text in which the gazetteer finds nothing, or a name that several places share.
    Unknown,
}

impl PlaceKind {
    /// The word used in the table `postings`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unstated => "",
            Self::City => "city",
            Self::Region => "region",
            Self::Several => "several",
            Self::Nationwide => "nationwide",
            Self::Remote => "remote",
            Self::Unknown => "unknown",
        }
    }
}

/// What a location text says. Empty strings where it says nothing, or several things.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// ISO 3166-1 alpha-2. Hong Kong, Macao and Taiwan are provinces of CN, as in GB/T 2260.
    pub country: String,
    /// Province of China without its ending (广东), or the state elsewhere (California).
    pub province: String,
    /// The city: by its short Chinese name in China (深圳, also for `Shenzhen`), by its English name elsewhere.
    pub city: String,
    /// District, county or town below the city, by its short name (南山).
    pub district: String,
    /// Every city that is named, when there are several; in order of their names.
    pub cities: Vec<String>,
    /// What kind of statement it is.
    pub kind: PlaceKind,
    /// Work from home is possible.
    pub remote: bool,
    /// The city is in the gazetteer; false for a city that stands as the text has it.
    pub known: bool,
}

impl Places {
    /// Why there is no city, or why it is not sure; none where the text says what it says.
    pub fn reason(&self) -> Option<&'static str> {
        match self.kind {
            PlaceKind::Unknown if self.country.is_empty() && self.district.is_empty() => Some("not in the gazetteer"),
            PlaceKind::Unknown => Some("a name of several places"),
            PlaceKind::City if !self.known => Some("not in the gazetteer"),
            _ => None,
        }
    }
}

/// Reads a location text in Chinese, English or pinyin.
///
/// ```
/// use inflow_pipeline::normalise::place::{PlaceKind, read};
/// let place = read("深圳南山区");
/// assert_eq!((place.province.as_str(), place.city.as_str(), place.district.as_str()), ("广东", "深圳", "南山"));
/// assert_eq!(read("Shenzhen, Guangdong").city, "深圳");
/// assert_eq!(read("San Francisco, CA").province, "California");
/// assert_eq!(read("USA - Remote").kind, PlaceKind::Remote);
/// assert_eq!(read("3 Locations").kind, PlaceKind::Several);
/// ```
pub fn read(text: &str) -> Places {
    resolve::resolve(&mention::mentions(text))
}

/// Whether a text names places (or says that the work is remote or anywhere in the country) and nothing else.
pub(crate) fn is_only_a_place(text: &str) -> bool {
    let mentions = mention::mentions(text);
    let says = !mentions.places.is_empty() || mentions.remote || mentions.nationwide;
    says && mentions.places.iter().all(|mention| mention.whole && !mention.found.is_empty())
}

/// What follows the Chinese name of a province or a city at the start of a text (上海星河 gives 星河).
pub(crate) fn strip_start(text: &str) -> Option<&str> {
    mention::strip_start(text)
}

/// What stands before the Chinese names of places at the end of a text (星河北京朝阳 gives 星河).
pub(crate) fn strip_end(text: &str) -> Option<&str> {
    mention::strip_end(text)
}

/// The city of a location text, or `None` when it names none or several.
///
/// ```
/// use inflow_pipeline::normalise::place::city;
/// assert_eq!(city("上海·浦东新区").as_deref(), Some("上海"));
/// assert_eq!(city("London, UK").as_deref(), Some("London"));
/// assert_eq!(city("3 Locations"), None);
/// ```
pub fn city(text: &str) -> Option<String> {
    Some(read(text).city).filter(|city| !city.is_empty())
}

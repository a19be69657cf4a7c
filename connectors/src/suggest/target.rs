//! What a header can be read as: a column of the kind, a part of the identity, an id, a stage.

use std::fmt;

use inflow_config::Stage;

use crate::spec::{FieldType, Kind};

/// A place of a mapping that a header fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A column of the kind.
    Column(&'static str),
    /// The person's full name.
    Name,
    /// The given name.
    Given,
    /// The family name.
    Family,
    /// A phone number.
    Phone,
    /// A mail address.
    Email,
    /// Year or day of birth.
    BirthYear,
    /// The row's id at the source; of a ledger its entry key.
    RowId,
    /// The candidate's id.
    Candidate,
    /// The application's id.
    Application,
    /// The stage that the row has reached.
    Stage,
    /// When that stage began.
    StageAt,
    /// The day on which a stage was reached.
    Reached(Stage),
}

impl Target {
    /// The target of that name, where the kind has it.
    pub(super) fn parse(kind: Kind, word: &str) -> Option<Target> {
        let staged = matches!(kind, Kind::Applications | Kind::Events);
        let (group, name) = word.split_once('.').unwrap_or(("", word));
        let target = match (group, name) {
            ("identity", "name") => Target::Name,
            ("identity", "given") => Target::Given,
            ("identity", "family") => Target::Family,
            ("identity", "phone") => Target::Phone,
            ("identity", "email") => Target::Email,
            ("identity", "birth_year") => Target::BirthYear,
            ("row", "id") => Target::RowId,
            ("row", "candidate") => Target::Candidate,
            ("row", "application") => Target::Application,
            ("event", "stage") => Target::Stage,
            ("event", "at") => Target::StageAt,
            ("reached", stage) => Target::Reached(stage.parse().ok()?),
            ("", column) => Target::Column(kind.column(column)?.name),
            _ => return None,
        };
        let has = match target {
            Target::Column(_) | Target::RowId => true,
            Target::Candidate | Target::Reached(_) => kind == Kind::Applications,
            Target::Application => kind == Kind::Events || kind.tells_of_a_case(),
            Target::Stage | Target::StageAt => staged,
            _ => kind.is_about_people(),
        };
        has.then_some(target)
    }

    /// Whether it identifies the person.
    pub(super) fn is_identity(self) -> bool {
        matches!(self, Target::Name | Target::Given | Target::Family | Target::Phone | Target::Email | Target::BirthYear)
    }

    /// Whether several headers may fill it together.
    pub(super) fn takes_several(self) -> bool {
        matches!(self, Target::Phone | Target::Email)
    }

    /// The type of its cells.
    pub(super) fn value(self, kind: Kind) -> FieldType {
        match self {
            Target::Column(name) => kind.column(name).map_or(FieldType::Text, |column| column.value),
            Target::StageAt | Target::Reached(_) => FieldType::Time,
            _ => FieldType::Text,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Column(name) => name,
            Target::Name => "identity.name",
            Target::Given => "identity.given",
            Target::Family => "identity.family",
            Target::Phone => "identity.phone",
            Target::Email => "identity.email",
            Target::BirthYear => "identity.birth_year",
            Target::RowId => "row.id",
            Target::Candidate => "row.candidate",
            Target::Application => "row.application",
            Target::Stage => "event.stage",
            Target::StageAt => "event.at",
            Target::Reached(stage) => return write!(f, "reached.{}", stage.as_str()),
        })
    }
}

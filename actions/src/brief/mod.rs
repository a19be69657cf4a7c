//! Reports for people: a day as text, a week as a page, a month as a workbook.

pub(crate) mod alerts;
mod facts;
mod month;
mod period;
mod text;
mod week;

pub use facts::{Asked, Broken, Counts, Facts, Figures};
pub use month::{Made, month};
pub use period::Period;
pub use text::text;
pub use week::page;

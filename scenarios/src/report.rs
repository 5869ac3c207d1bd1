//! What a run came to, as data: every form of report is made from this one model.

pub mod annotations;
pub mod cases;
pub mod compare;
mod folder;
pub mod html;
pub mod junit;
mod link;
pub mod markdown;
mod model;
pub mod page;
#[cfg(test)]
pub(crate) mod sample;
mod section;
mod shortcoming;
pub mod terminal;
pub(crate) mod text;

pub use folder::{FolderError, ReportFolder};
pub use model::{CaseReport, Exchange, Interrupted, Report, SCHEMA, SubjectReport, Summary};
pub use shortcoming::Shortcoming;

//! What outlives the page, beside the few settings that `localStorage` keeps.

pub mod handover;

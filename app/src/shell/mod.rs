//! The frame around the screens: routes, the top line, preferences, keys, announcements, and the
//! last resort.

pub mod announcements;
pub mod app;
pub mod fatal;
pub mod header;
pub mod icons;
mod keys;
mod not_found;
mod preferences;
pub mod theme;

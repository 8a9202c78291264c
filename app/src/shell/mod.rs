//! The frame around the screens: routes, the top line, preferences, announcements, the last resort,
//! and what every press and every key goes through.

pub mod activation;
pub mod announcements;
pub mod app;
pub mod drops;
pub mod fatal;
pub mod header;
pub mod icons;
mod keys;
pub mod leaving;
mod not_found;
mod preferences;
pub mod theme;
pub mod version;

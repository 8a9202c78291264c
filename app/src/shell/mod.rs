//! The frame around the screens: the top line, the preferences, announcements, the last resort,
//! and what every press and every key goes through.

pub mod activation;
pub mod announcements;
pub mod drops;
pub mod fatal;
pub mod header;
pub mod icons;
pub mod leaving;
pub mod preferences;
pub mod version;

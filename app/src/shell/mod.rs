//! The frame around the screens: the top line, the preferences, announcements, the last resort.

pub mod announcements;
pub mod fatal;
pub mod header;
pub mod icons;
pub mod preferences;

//! The drawings on buttons. Decoration: each stands beside or inside words for a screen reader.

use leptos::prelude::*;

/// An icon of 24 units, drawn with the text's colour.
#[component]
pub fn Icon(
    /// The outline.
    path: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
}

/// Two sliders.
pub const SLIDERS: &str = "M4 8h9m5 0h2M4 16h2m5 0h9M15.5 5.5v5M8.5 13.5v5";
/// A closed padlock.
pub const LOCKED: &str = "M6.5 11h11v8.5h-11zM9 11V8a3 3 0 0 1 6 0v3";
/// An open padlock.
pub const UNLOCKED: &str = "M6.5 11h11v8.5h-11zM9 11V7a3 3 0 0 1 5.8-1";
/// A die.
pub const DIE: &str = "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01";
/// An arrow into a tray.
pub const DOWNLOAD: &str = "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 19.5h14";
/// Two sheets.
pub const COPY: &str = "M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1";
/// An arrow that turns back.
pub const AGAIN: &str = "M4.5 12a7.5 7.5 0 1 0 2.4-5.5M4.5 4.5v4h4";
/// A cross.
pub const CLOSE: &str = "m6 6 12 12M18 6 6 18";

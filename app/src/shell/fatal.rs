//! The last resort: a panic of the page itself. The interface cannot be trusted any more, so the
//! panel is static markup of `index.html`, which only has to be uncovered. The prompt and the
//! settings are already stored; a reload brings them back.

use std::panic;

use crate::browser;

/// Installs the panic hook.
pub fn install() {
    panic::set_hook(Box::new(|info| {
        browser::mark_root("data-boot", Some("panicked"));
        browser::log(&format!("page: {info}"));
    }));
}

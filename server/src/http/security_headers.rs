//! Security headers of every response, errors included.
//!
//! Contract: the browser runs only our own files, sends data to no other origin, and shows the app
//! in no frame. The policy is on every response, not on HTML alone, because a Web Worker is subject
//! to the policy that came with its own script.
//!
//! Absent on purpose: COEP, because the app must work without cross-origin isolation;
//! `require-trusted-types-for`, because generated wasm glue assigns script addresses as strings.

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::map_response,
    response::Response,
};

/// Only our own files, compiled WebAssembly, and pictures made in the page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
     script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
     connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Everything is off except what the page itself may use: full screen, the clipboard, a screen that
/// stays on while a picture is made, payments and passkeys.
const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), \
     clipboard-read=(self), clipboard-write=(self), display-capture=(), encrypted-media=(), \
     fullscreen=(self), geolocation=(), gyroscope=(), hid=(), idle-detection=(), \
     keyboard-map=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(self), \
     picture-in-picture=(), publickey-credentials-create=(self), \
     publickey-credentials-get=(self), screen-wake-lock=(self), serial=(), storage-access=(), sync-xhr=(), usb=(), window-management=(), \
     xr-spatial-tracking=()";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS_POLICY,
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Adds the headers to every response of `router`. With `hsts_max_age_s` 0, HSTS is left out: it
/// may be sent only behind TLS, because browsers then refuse the plain address.
pub(super) fn with_headers(router: Router, hsts_max_age_s: u64) -> Router {
    let mut all = HeaderMap::from_iter(
        HEADERS
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_static(value))),
    );
    if hsts_max_age_s > 0
        && let Ok(value) = HeaderValue::try_from(format!("max-age={hsts_max_age_s}"))
    {
        all.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    router.layer(map_response(move |mut response: Response| {
        let all = all.clone();
        async move {
            response.headers_mut().extend(all);
            response
        }
    }))
}

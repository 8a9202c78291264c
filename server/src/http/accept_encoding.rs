//! Whether a client accepts Brotli (RFC 9110, section 12.5.3).
//!
//! A file is sent either plain or as Brotli, so the outcome of the negotiation is one `bool`.

use axum::http::{HeaderMap, header};

/// True if `Accept-Encoding` allows `br` and does not prefer the plain file.
pub(super) fn accepts_brotli(headers: &HeaderMap) -> bool {
    let (mut br, mut identity, mut any) = (None, None, None);
    let lines = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    for item in lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
    {
        let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight(parameters);
        match coding.trim().to_ascii_lowercase().as_str() {
            "br" => br = Some(weight),
            "identity" => identity = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    // `*` covers codings that are not listed. `identity` is allowed if not listed, but not preferred.
    let br = br.or(any).unwrap_or(0.0);
    br > 0.0 && br >= identity.unwrap_or(0.0)
}

/// The `q` of a coding: 1 if absent, 0 if malformed, so that the plain file is sent in doubt.
fn weight(parameters: &str) -> f32 {
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(value) = named else { return 1.0 };
    value
        .parse()
        .ok()
        .filter(|q| (0.0..=1.0).contains(q))
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn respects_weights() {
        for (value, expected) in [
            ("br", true),
            ("gzip, deflate, br, zstd", true),
            ("gzip, BR", true),
            ("br;q=0", false),
            ("br; q=0.0, gzip", false),
            ("br;q=0.001", true),
            ("*", true),
            ("*;q=0", false),
            ("br;q=0, *", false),
            ("gzip", false),
            ("", false),
            ("identity", false),
            ("identity;q=1, br;q=0.5", false),
            ("identity;q=0.5, br;q=0.8", true),
            ("br;q=nonsense", false),
            ("br;q=2", false),
            ("brotli", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_brotli(&headers), expected, "{value:?}");
        }
        assert!(!accepts_brotli(&HeaderMap::new()), "absent");
    }
}

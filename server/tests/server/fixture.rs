//! A server over two temporary folders, called through its router without a socket.

use std::{fs, path::Path};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header::ETAG},
};
use http_body_util::BodyExt;
use image2_server::{
    http::{AppState, app},
    process::Config,
};
use tempfile::TempDir;
use tower::ServiceExt;

/// The two served folders, and beside them a file that must not be reachable.
pub struct Site {
    pub root: TempDir,
    pub config: Config,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Site {
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let config = Config {
            app_dir: root.path().join("dist"),
            models_dir: root.path().join("packages"),
            ..Config::default()
        };
        let site = Self { root, config };
        site.write("secret.txt", "secret");
        site.write("dist/index.html", "<!doctype html>index");
        site.write(&format!("dist{SCRIPT_PATH}"), SCRIPT);
        site.write(&format!("dist{SCRIPT_PATH}.br"), brotli(SCRIPT));
        site.write("dist/sw.js", "service worker");
        site.write("packages/mini/manifest.json", "{}");
        site.write("packages/mini/0.safetensors", SHARD);
        site
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("inside a folder")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    pub fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(Path::new(path))
    }

    pub fn state(&self) -> AppState {
        AppState::new(self.config.http_options())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers).await
    }

    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(app(self.state()), method, path, headers).await
    }
}

/// The script of the built app, and its address, which carries the beginning of its SHA-256:
/// `printf 'plain script' | sha256sum`.
pub const SCRIPT: &str = "plain script";
/// See [`SCRIPT`].
pub const SCRIPT_PATH: &str = "/app-329adf2141c57e8f.js";

pub fn brotli(content: &str) -> Vec<u8> {
    let mut compressed = Vec::new();
    let params = ::brotli::enc::BrotliEncoderParams {
        size_hint: content.len(),
        ..Default::default()
    };
    ::brotli::BrotliCompress(&mut content.as_bytes(), &mut compressed, &params)
        .expect("memory is written");
    compressed
}

/// Ten bytes, so that ranges are easy to read.
pub const SHARD: &str = "0123456789";

pub async fn ask(router: Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(router, request.body(Body::empty()).expect("a request")).await
}

/// Sends a request to the router and reads the whole response.
pub async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.to_vec(),
    }
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        Some(value.to_str().expect("a plain header"))
    }

    pub fn etag(&self) -> &str {
        self.header(ETAG.as_str()).expect("an ETag")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The code in an error's body.
    pub fn code(&self) -> String {
        let json = self.json();
        json["error"]["code"].as_str().expect("a code").to_owned()
    }
}

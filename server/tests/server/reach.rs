//! Paths that must not be reachable: outside the folders, hidden, or no regular files.

use axum::http::StatusCode;

use crate::fixture::Site;

#[tokio::test]
async fn nothing_outside_the_folder_is_reachable() {
    let site = Site::new();
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/%252e%252e/secret.txt",
        "/x/../../secret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/....//secret.txt",
        "/./../secret.txt",
        "/models/../secret.txt",
        "/models/mini/..%2f..%2fsecret.txt",
        "/models/..%2f/secret.txt",
        "/models/%2e%2e/secret.txt",
        "/models/.%2e/secret.txt",
        "/sw.js%00.html",
        "/%ff.js",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text().contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn hidden_files_do_not_exist() {
    let site = Site::new();
    site.write("dist/.env", "secret");
    site.write("dist/.git/config", "secret");
    site.write("dist/.well/x", "secret");
    site.write("packages/.hidden/x.bin", "secret");
    site.write("packages/mini/.x.bin", "secret");
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/.well/x",
        "/models/.hidden/x.bin",
        "/models/mini/.x.bin",
        "/models/mini/%2ex.bin",
    ] {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;
    let site = Site::new();
    symlink("sw.js", site.path("dist/inside.js")).expect("a link");
    symlink(site.path("secret.txt"), site.path("dist/absolute.txt")).expect("a link");
    symlink("../secret.txt", site.path("dist/relative.txt")).expect("a link");
    symlink("..", site.path("dist/up")).expect("a link");
    symlink("loop.js", site.path("dist/loop.js")).expect("a link");
    symlink("../../secret.txt", site.path("packages/mini/x.bin")).expect("a link");
    assert_eq!(site.get("/inside.js").await.text(), "service worker");
    for path in [
        "/absolute.txt",
        "/relative.txt",
        "/up/secret.txt",
        "/loop.js",
        "/models/mini/x.bin",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_regular_files_are_opened() {
    let site = Site::new();
    std::fs::create_dir(site.path("dist/folder.js")).expect("a folder");
    let pipe = site.path("dist/pipe.js");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    for path in ["/folder.js", "/pipe.js"] {
        let answer = tokio::time::timeout(std::time::Duration::from_secs(5), site.get(path)).await;
        let answer = answer.expect("not waiting for a writer");
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

//! `image2 models` on packages of several components.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{below, image2, run, tiny, weights};

/// The most that people download before their first picture.
const SIZE_BYTES_MAX: u64 = 24_000_000;
const UPSCALER: &str = "weights-00001.safetensors";

/// `image2 models quantize` with these arguments in a folder.
fn quantize<S: AsRef<std::ffi::OsStr>>(
    folder: &Path,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = image2(["models", "quantize"]);
    command.args(args).current_dir(folder);
    command
}

fn inspect(package: &Path) -> Value {
    run(image2(["models", "inspect", "--json"]).arg(package))
        .succeeded()
        .json()
}

/// Tensors of a format in a component.
fn tensors(inspected: &Value, component: &str, format: &str) -> u64 {
    let stored = &inspected["components"][component]["formats"][format]["tensors"];
    stored.as_u64().unwrap_or(0)
}

/// The picture of a package, as a file's bytes without what names the model.
fn draw(package: &Path, folder: &Path) -> Vec<u8> {
    let path = folder.join("picture.png");
    let mut command = image2(["generate", "a red cat", "--seed", "7", "--device", "cpu"]);
    command.arg("--no-parameters").arg("--model").arg(package);
    run(command.arg("-o").arg(&path)).succeeded();
    fs::read(&path).expect("a picture")
}

/// The weights of a component as a checkpoint has them.
fn checkpoint(component: &str, folder: &Path) -> PathBuf {
    let [rows, columns] = [2_usize, 3];
    let values: Vec<u8> = (0..rows * columns)
        .flat_map(|i| (i as f32).to_le_bytes())
        .collect();
    let header = json!({ "w.weight": {
        "dtype": "F32", "shape": [rows, columns, 1, 1], "data_offsets": [0, values.len()],
    } });
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    let path = folder.join(format!("{component}.safetensors"));
    fs::write(&path, [&length[..], header.as_bytes(), &values].concat()).expect("a file");
    path
}

/// The description in the manifest of the small package, with these components alone.
fn description(components: &[&str]) -> Value {
    let text = fs::read(tiny().join("manifest.json")).expect("a file");
    let manifest: Value = serde_json::from_slice(&text).expect("JSON");
    let all = &manifest["components"];
    let kept = components
        .iter()
        .map(|name| ((*name).to_owned(), all[name].clone()));
    json!({
        "name": "made", "title": "Made", "licence": "MIT",
        "components": Value::Object(kept.collect()),
    })
}

#[test]
fn the_default_package_is_whole_and_small() {
    let verified = run(image2(["models", "verify", "--json"]).arg(weights())).succeeded();
    let verified = verified.json();
    assert_eq!(
        (&verified["sound"], &verified["unlisted"]),
        (&true.into(), &json!([]))
    );
    let stored: u64 = below(&weights())
        .iter()
        .map(|name| fs::metadata(weights().join(name)).expect("a file").len())
        .sum();
    assert!(stored <= SIZE_BYTES_MAX, "{stored} bytes");
}

#[test]
fn a_package_s_components_are_shown() {
    let inspected = inspect(&tiny());
    assert_eq!(inspected["version"], 2);
    let components = &inspected["components"];
    assert_eq!(components["denoiser"]["architecture"], "mm-jit");
    assert_eq!(components["upscaler"]["architecture"], "srvgg");
    let upscaler = &components["upscaler"];
    assert_eq!(
        (&upscaler["scale"], &upscaler["passes"]),
        (&4.into(), &3.into())
    );
    // 4 convolutions with biases, and 3 PReLUs between them.
    assert_eq!(tensors(&inspected, "upscaler", "q8"), 4);
    assert_eq!(tensors(&inspected, "upscaler", "f16"), 7);
    assert_eq!(components["text"]["tokenizer"]["kind"], "words");
    let knows = &inspected["knows"];
    assert_eq!(
        (&knows["subjects"], &knows["synonyms"]),
        (&1.into(), &1.into())
    );
    assert_eq!(knows["looks"], json!(["3d", "flat"]));

    let text = run(image2(["models", "inspect"]).arg(tiny()))
        .succeeded()
        .text();
    for words in [
        "denoiser    mm-jit",
        "upscaler    srvgg",
        "scale     4, 3 passes at most",
        "text        words, 5 tokens",
        "1 things and 1 synonyms, 2 looks, 1 colours, masks, references",
    ] {
        assert!(text.contains(words), "{words:?} is missing in\n{text}");
    }
    let models = tiny();
    let models = models.parent().expect("a folder");
    let listed = run(image2(["models", "list", "--json"]).arg(models)).succeeded();
    let packages = listed.json()["packages"].clone();
    let components = packages.as_array().expect("a list").iter();
    let components: Vec<Value> = components.map(|it| it["components"].clone()).collect();
    assert_eq!(
        components,
        [
            json!(["denoiser", "text", "upscaler"]),
            json!(["denoiser", "text"])
        ]
    );
}

#[test]
fn a_new_format_of_the_denoiser_leaves_the_upscaler_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let tiny = tiny();
    let source = tiny.as_os_str().to_str().expect("UTF-8");
    run(&mut quantize(root, [source, "--format", "q4", "-o", "q4"])).succeeded();
    let inspected = inspect(&root.join("q4"));
    let eighths = [&inspected, &inspect(&tiny)].map(|it| tensors(it, "denoiser", "q8"));
    assert!(eighths[0] < eighths[1], "{eighths:?}");
    let [before, after] = [tiny.join(UPSCALER), root.join("q4").join(UPSCALER)]
        .map(|path| fs::read(path).expect("a shard"));
    assert!(before == after, "the upscaler was stored anew");
    assert_eq!(inspected["knows"], inspect(&tiny)["knows"]);

    let f16: &[&str] = &["--upscaler-format", "f16"];
    for (name, more, eighths) in [("f16", f16, 0), ("kept", &[], 3)] {
        let args = [source, "--set", "upscaler.body.6=f32", "-o", name];
        run(quantize(root, args).args(more)).succeeded();
        let inspected = inspect(&root.join(name));
        assert_eq!(tensors(&inspected, "upscaler", "f32"), 1);
        assert_eq!(tensors(&inspected, "upscaler", "q8"), eighths);
        assert_eq!(tensors(&inspected, "denoiser", "f32"), 0);
        // Its kernels are still in the order in which the network reads them.
        draw(&root.join(name), root);
    }
}

#[test]
fn a_package_of_version_1_becomes_one_of_version_2_with_the_same_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = tiny().with_file_name("tiny-v1");
    let new = folder.path().join("new");
    let mut command = quantize(folder.path(), ["-o", "new"]);
    run(command.arg(&old)).succeeded();
    assert_eq!(
        [&old, &new].map(|package| inspect(package)["version"].clone()),
        [1, 2]
    );
    assert_eq!(draw(&old, folder.path()), draw(&new, folder.path()));
}

#[test]
fn an_upscaler_is_packaged_alone_or_given_to_another_package() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let tiny = tiny();
    let tiny = tiny.as_os_str().to_str().expect("UTF-8");
    run(&mut quantize(root, ["--upscaler", tiny, "-o", "alone"])).succeeded();
    let alone = inspect(&root.join("alone"));
    let components = alone["components"].as_object().expect("an object");
    assert_eq!(components.keys().collect::<Vec<_>>(), ["upscaler"]);
    run(image2(["models", "verify"]).arg(root.join("alone"))).succeeded();
    let mut command = image2(["generate", "a cat", "--json", "--model"]);
    let refused = run(command
        .arg(root.join("alone"))
        .arg("-o")
        .arg(root.join("a.png")));
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.json()["error"]["code"], "model.component");
    assert_eq!(
        refused.json()["error"]["arguments"]["component"],
        "denoiser"
    );

    let old = format!("{tiny}-v1");
    let args = [
        &old,
        "--upscaler",
        "alone",
        "--upscaler-format",
        "q4",
        "-o",
        "both",
    ];
    run(&mut quantize(root, args)).succeeded();
    let both = inspect(&root.join("both"));
    assert_eq!(tensors(&both, "upscaler", "q4"), 4);
    assert_eq!(
        both["components"].as_object().map(serde_json::Map::len),
        Some(3)
    );
    draw(&root.join("both"), root);
}

#[test]
fn a_description_must_fit_the_weights() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let [denoiser, upscaler] = ["denoiser", "upscaler"].map(|name| checkpoint(name, root));
    for components in [&["denoiser"][..], &["upscaler"], &["denoiser", "upscaler"]] {
        let name = format!("{}.json", components.join("-"));
        fs::write(root.join(name), description(components).to_string()).expect("a file");
    }
    let mut knowing = description(&["upscaler"]);
    knowing["knows"] = json!({
        "vocabulary": "words.json", "looks": [], "colours": [],
        "scenes": false, "grounds": false, "masks": false, "references": false,
    });
    fs::write(root.join("knowing.json"), knowing.to_string()).expect("a file");
    fs::write(
        root.join("words.json"),
        r#"{"subjects":["a","a"],"synonyms":{}}"#,
    )
    .expect("a file");
    let before = below(root);
    let [denoiser, upscaler] = [&denoiser, &upscaler].map(|path| path.to_str().expect("UTF-8"));
    let old = tiny().with_file_name("tiny-v1");
    let old = old.to_str().expect("UTF-8");
    for (args, words) in [
        (&[denoiser, "--about", "upscaler.json"][..], "no denoiser"),
        (
            &["--upscaler", upscaler, "--about", "denoiser.json"],
            "denoiser",
        ),
        (
            &[denoiser, "--upscaler", upscaler, "--about", "denoiser.json"],
            "no upscaler",
        ),
        (
            &[denoiser, "--about", "denoiser-upscaler.json"],
            "no source",
        ),
        (&["--upscaler", upscaler], "--about"),
        (
            &["--upscaler", old, "--about", "upscaler.json"],
            "no source",
        ),
        (
            &["--upscaler", upscaler, "--about", "knowing.json"],
            "words.json",
        ),
        (
            &[
                "--upscaler",
                upscaler,
                "--about",
                "knowing.json",
                "--with",
                "words.json",
            ],
            "occurs twice",
        ),
    ] {
        run(&mut quantize(root, args.iter().chain(&["-o", "package"]))).refused(words);
        assert_eq!(below(root), before, "{args:?}");
    }
    let both = [
        denoiser,
        "--upscaler",
        upscaler,
        "--about",
        "denoiser-upscaler.json",
    ];
    run(&mut quantize(
        root,
        both.into_iter().chain(["-o", "package"]),
    ))
    .succeeded();
    // Both components name their tensor alike.
    let manifest = fs::read(root.join("package/manifest.json")).expect("a file");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let layout = |component: &str| manifest["tensors"][component]["w.weight"]["layout"].clone();
    assert_eq!([layout("denoiser"), layout("upscaler")], ["plain", "ohwi"]);
}

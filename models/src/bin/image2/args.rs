//! The command line: every option, and its help.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand};
use image2_models::Method;
use image2_picture::Colour;

use crate::destination::{DEFAULT_NAME, is_standard_output};
use crate::device::Device;

/// Make pictures from text on this machine. Nothing leaves it.
#[derive(Debug, Parser)]
#[command(name = "image2", version, about)]
pub struct Args {
    /// Answer in JSON: one value on standard output, also about a failure. Progress is not shown.
    ///
    /// In a path that is not UTF-8, invalid bytes become U+FFFD, and the exact bytes follow in
    /// hexadecimal in a second field, such as file_bytes for file.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// Whether standard output is for a picture, so that the answer has to go elsewhere.
    pub fn takes_standard_output(&self) -> bool {
        match &self.command {
            Command::Generate(args) if args.prompts.is_none() => {
                args.output.as_deref().is_some_and(is_standard_output)
            }
            Command::Enlarge(args) => is_standard_output(&args.output),
            _ => false,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make pictures from a prompt.
    Generate(Generate),
    /// Enlarge a picture.
    Enlarge(Enlarge),
    /// List, inspect, verify and create model packages.
    #[command(subcommand)]
    Models(Packages),
    /// Measure the time of loading and of steps.
    Bench(Bench),
}

/// Which model, and where it computes.
#[derive(Clone, Debug, ClapArgs)]
pub struct Engine {
    /// Folder of the model package.
    #[arg(
        long,
        value_name = "DIR",
        env = "IMAGE2_MODEL",
        default_value = "models/weights/image2-mini"
    )]
    pub model: PathBuf,
    /// Where to compute; auto selects a GPU unless it is emulated by software.
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    pub device: Device,
}

#[derive(Debug, ClapArgs)]
pub struct Generate {
    /// What the picture shows.
    #[arg(required_unless_present = "prompts")]
    pub prompt: Option<String>,
    #[command(flatten)]
    pub engine: Engine,
    /// Make many pictures with the model loaded once: a file with one JSON object per line, such as
    /// {"prompt": "a red apple", "seed": 7, "size": "256x192", "ground": "mint", "output": "apple.png"}.
    ///
    /// Seed, size and ground are optional. The pictures are written to the folder --output. The file is
    /// UTF-8 or UTF-16; - reads it from standard input. Every line is validated before the first
    /// picture. The run stops at the first failure and reports the pictures before it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prompt", "count", "seed", "size", "ground"])]
    pub prompts: Option<PathBuf>,
    /// Seed of the noise; random if not given. Further pictures count up from it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Number of sampling steps [default: the model's].
    #[arg(long)]
    pub steps: Option<u32>,
    /// How strictly to follow the prompt; 1 disables guidance [default: the model's].
    #[arg(long)]
    pub guidance: Option<f32>,
    /// Width and height in pixels, as in 256x192, or one number for both [default: the model's].
    #[arg(long, value_parser = parse_size)]
    pub size: Option<[u32; 2]>,
    /// Colour below the drawing, such as yellow, "sky blue" or #ffcc00 [default: transparent].
    #[arg(long, value_name = "COLOUR")]
    pub ground: Option<Colour>,
    /// Sampling method; heun computes twice per step [default: the model's].
    #[arg(long, value_parser = method_names())]
    pub method: Option<Method>,
    /// Shift of the time grid; values above 1 place more steps near the noise.
    #[arg(long, default_value_t = 1.0)]
    pub shift: f32,
    /// Number of pictures.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub count: u32,
    /// Where to write: a file, a folder, or - for standard output [default: image2.png; with
    /// --prompts the current folder].
    ///
    /// In a folder the name is image2.png. Several pictures have -1, -2, … before the ending. The
    /// ending must be .png or absent, or .svg for a drawing in a flat look. An existing file is replaced when the picture is complete and
    /// keeps its permissions. A symbolic link is kept and its target is written. A pipe or device
    /// is written to. With --prompts this is a folder, created if it is missing. With - the answer
    /// goes to standard error.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Do not store the prompt and the settings in the file. The AI mark is always stored.
    #[arg(long)]
    pub no_parameters: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Enlarge {
    /// The picture: PNG, JPEG or WebP; - reads it from standard input.
    pub input: PathBuf,
    #[command(flatten)]
    pub engine: Engine,
    /// Pixels of the longer side.
    #[arg(long, value_name = "PIXELS")]
    pub to: u32,
    /// Where to write the PNG: a file, a folder, or - for standard output; see generate.
    #[arg(short, long, value_name = "PATH", default_value = DEFAULT_NAME)]
    pub output: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Packages {
    /// List the packages in a folder.
    List {
        /// Folder of package folders.
        #[arg(default_value = "models/weights", env = "IMAGE2_MODELS")]
        folder: PathBuf,
    },
    /// Show the description of a package and the formats of its tensors.
    Inspect { package: PathBuf },
    /// Verify every byte of a package.
    Verify { package: PathBuf },
    /// Create a package from a safetensors checkpoint or from another package.
    Quantize(Quantize),
}

#[derive(Debug, ClapArgs)]
pub struct Quantize {
    /// A denoiser's .safetensors file, or the folder of a package.
    #[arg(required_unless_present = "upscaler")]
    pub source: Option<PathBuf>,
    /// The upscaler: a .safetensors file, or the folder of a package that has one [default: the
    /// source's].
    #[arg(long, value_name = "PATH")]
    pub upscaler: Option<PathBuf>,
    /// Folder of the new package; must not exist. Missing parent folders are created.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// JSON file that describes the model for the manifest; required for a checkpoint. A part of a
    /// package that it does not describe is left out.
    #[arg(long, value_name = "FILE")]
    pub about: Option<PathBuf>,
    /// File to copy into the package, such as the tokenizer; may be repeated.
    #[arg(long = "with", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How the denoiser's matrices are stored: f32, f16, q8 or q4 [default: as in its package; q4
    /// from a checkpoint].
    #[arg(long)]
    pub format: Option<String>,
    /// How the upscaler's are stored [default: as in its package; f16 from a checkpoint].
    #[arg(long, value_name = "FORMAT")]
    pub upscaler_format: Option<String>,
    /// Format of the matrices with this prefix, such as img_embedder=f16 or upscaler.body.0=f32; may
    /// be repeated, and the longest prefix wins. By default the first and last layers of a q4 model
    /// are q8.
    #[arg(long = "set", value_name = "PREFIX=FORMAT")]
    pub overrides: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Bench {
    #[command(flatten)]
    pub engine: Engine,
    /// Steps per run.
    #[arg(long, default_value_t = 8)]
    pub steps: u32,
    /// Measured runs, after one warm-up run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
}

/// Width and height in pixels, from `256x192` or `256`.
pub fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let (width, height) = text.split_once(['x', '×']).unwrap_or((text, text));
    let side = |text: &str| text.trim().parse().ok();
    let sides = side(width).zip(side(height)).map(<[u32; 2]>::from);
    sides.ok_or_else(|| {
        format!("{text:?} is not a size; write width and height as in 256x192, or one number")
    })
}

fn method_names() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(Method::ALL.map(Method::name)).try_map(|name| name.parse::<Method>())
}

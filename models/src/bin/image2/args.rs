//! What the command line takes.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use image2_models::{Compute, Method, ModelError};

/// Make pictures from text on this machine. Nothing leaves it.
#[derive(Debug, Parser)]
#[command(name = "image2", version, about)]
pub struct Args {
    /// Answer in JSON on standard output, one value; progress is not shown.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make pictures of a prompt.
    Generate(Generate),
    /// Look at model packages, check them, make them.
    #[command(subcommand)]
    Models(Packages),
    /// Measure loading and steps.
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
    /// Where to compute; auto takes a GPU if there is one, but none that is software.
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    pub device: Device,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    Auto,
    Gpu,
    Cpu,
}

impl Device {
    /// Opens the device.
    pub async fn open(self) -> anyhow::Result<Compute> {
        match self {
            Self::Cpu => Ok(Compute::cpu()),
            Self::Gpu => Ok(Compute::gpu().await.map_err(ModelError::from)?),
            Self::Auto => Ok(match Compute::gpu().await {
                Ok(gpu) if !gpu.is_software() => gpu,
                Ok(_) => {
                    log::info!("using the processor: the only GPU is software");
                    Compute::cpu()
                }
                Err(fault) => {
                    log::info!("using the processor: {fault}");
                    Compute::cpu()
                }
            }),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub struct Generate {
    /// What the picture shows.
    #[arg(required_unless_present = "prompts")]
    pub prompt: Option<String>,
    #[command(flatten)]
    pub engine: Engine,
    /// Many pictures with the model loaded once: a file with one JSON object a line, as in
    /// {"prompt": "a red apple", "seed": 7, "size": "256x192", "output": "apple.png"}; seed and
    /// size may be left out. The pictures go to the folder that --output names.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prompt", "count", "seed", "size"])]
    pub prompts: Option<PathBuf>,
    /// Decides the noise; rolled and printed if not given. Further pictures count up from it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Steps from noise to picture [default: the model's].
    #[arg(long)]
    pub steps: Option<u32>,
    /// How strictly to follow the prompt; 1 switches guidance off [default: the model's].
    #[arg(long)]
    pub guidance: Option<f32>,
    /// Width and height in pixels, as in 256x192 [default: the model's].
    #[arg(long, value_parser = parse_size)]
    pub size: Option<[u32; 2]>,
    /// How the flow is integrated; heun computes twice a step [default: the model's].
    #[arg(long, value_parser = method_names())]
    pub method: Option<Method>,
    /// Bends the time grid: above 1 more steps go near the noise.
    #[arg(long, default_value_t = 1.0)]
    pub shift: f32,
    /// How many pictures.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub count: u32,
    /// Where to write; several pictures get -1, -2, … before the ending. Existing files are
    /// replaced only when the picture is complete. With --prompts: the folder.
    #[arg(short, long, value_name = "FILE", default_value = "image2.png")]
    pub output: PathBuf,
    /// Leave prompt and settings out of the file. That it was made by AI always stays in.
    #[arg(long)]
    pub no_parameters: bool,
}

#[derive(Debug, Subcommand)]
pub enum Packages {
    /// List the packages in a folder.
    List {
        /// Folder of package folders.
        #[arg(default_value = "models/weights", env = "IMAGE2_MODELS")]
        folder: PathBuf,
    },
    /// Show what a package says of itself and how its tensors are stored.
    Inspect { package: PathBuf },
    /// Check every byte of a package.
    Verify { package: PathBuf },
    /// Make a package from a safetensors checkpoint, or from another package.
    Quantize(Quantize),
}

#[derive(Debug, ClapArgs)]
pub struct Quantize {
    /// A .safetensors file, or the folder of a package.
    pub source: PathBuf,
    /// Folder of the new package; must not exist.
    #[arg(short, long)]
    pub output: PathBuf,
    /// JSON file with what the manifest says of the model; needed for a checkpoint.
    #[arg(long)]
    pub about: Option<PathBuf>,
    /// Files that travel along: the tokenizer, notices.
    #[arg(long = "with", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How matrices are stored: f32, f16, q8 or q4.
    #[arg(long, default_value = "q4")]
    pub format: String,
    /// Another format for matrices whose names begin so, as in img_embedder=f16; may be repeated,
    /// the longest prefix wins. Without it the first and last layers of a q4 model are q8.
    #[arg(long = "set", value_name = "PREFIX=FORMAT")]
    pub overrides: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Bench {
    #[command(flatten)]
    pub engine: Engine,
    /// Steps a run.
    #[arg(long, default_value_t = 8)]
    pub steps: u32,
    /// Measured runs, after one that warms up.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
}

pub fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let sides = text
        .split_once(['x', '×'])
        .and_then(|(w, h)| Some([w.trim().parse().ok()?, h.trim().parse().ok()?]));
    sides.ok_or_else(|| format!("{text:?} is not a size; write width and height as in 256x192"))
}

fn method_names() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(Method::ALL.map(Method::name)).try_map(|name| name.parse::<Method>())
}

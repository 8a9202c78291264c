//! Which of the two workers runs: the GPU's where the browser offers WebGPU, otherwise the
//! processor's. The person's choice comes first, and the page always shows which runs and why.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser;

/// The device that the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    #[default]
    Auto,
    Gpu,
    Cpu,
}

impl Choice {
    /// All, in the order shown.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Gpu, Self::Cpu];

    /// As stored and as in `?device=`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }

    /// Reads [`Choice::key`]; `None` for anything else.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.key() == key)
    }
}

/// Why the processor computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Chosen,
    /// The page came by plain http from another machine, where no browser offers WebGPU.
    Insecure,
    /// This browser does not implement WebGPU.
    NoWebGpu,
    /// It does, but found no GPU that it supports.
    NoAdapter,
    /// It offers only a GPU emulated in software, slower than our own processor path.
    Software,
}

/// The worker to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Gpu,
    Cpu(Why),
}

impl Path {
    /// Decides; asks the browser only if the choice is automatic.
    pub async fn find(choice: Choice) -> Self {
        match choice {
            Choice::Gpu => Self::Gpu,
            Choice::Cpu => Self::Cpu(Why::Chosen),
            Choice::Auto => adapter().await.map_or_else(Self::Cpu, |()| Self::Gpu),
        }
    }

    /// The name of the `<meta>` that holds the worker's address; the build writes it.
    pub fn meta(self) -> &'static str {
        match self {
            Self::Gpu => "image2-worker-gpu",
            Self::Cpu(_) => "image2-worker-cpu",
        }
    }
}

/// Asks the browser for a GPU. By reflection: web-sys has WebGPU only behind an unstable flag of the
/// whole build.
async fn adapter() -> Result<(), Why> {
    let window = web_sys::window().ok_or(Why::NoWebGpu)?;
    let missing = if browser::is_secure() {
        Why::NoWebGpu
    } else {
        Why::Insecure
    };
    let gpu = property(&window.navigator(), "gpu").ok_or(missing)?;
    let adapter = request_adapter(&gpu).await.ok_or(Why::NoAdapter)?;
    // The flag moved from the adapter to its info; browsers have one or the other.
    let info = property(&adapter, "info").unwrap_or(JsValue::NULL);
    let is_software = [&adapter, &info].into_iter().any(|place| {
        property(place, "isFallbackAdapter")
            .and_then(|flag| flag.as_bool())
            .unwrap_or(false)
    });
    if is_software {
        Err(Why::Software)
    } else {
        Ok(())
    }
}

async fn request_adapter(gpu: &JsValue) -> Option<JsValue> {
    let request = property(gpu, "requestAdapter")?
        .dyn_into::<Function>()
        .ok()?;
    let promise = request.call0(gpu).ok()?.dyn_into::<Promise>().ok()?;
    match JsFuture::from(promise).await {
        Ok(adapter) if adapter.is_object() => Some(adapter),
        Ok(_) => None,
        Err(error) => {
            browser::log(&format!("requestAdapter: {error:?}"));
            None
        }
    }
}

fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_null() && !value.is_undefined()).then_some(value)
}

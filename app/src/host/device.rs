//! Which of the two workers runs: the one for the GPU where the browser offers WebGPU, else the
//! one for the processor. The user's word comes first, and the page always says which and why.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser;
use crate::locales::{Message, messages};

/// What the user wants.
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

    /// Reads [`Choice::key`]; anything else is nothing.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.key() == key)
    }
}

/// Why the processor computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Chosen,
    /// The page came by plain http from another machine: there no browser offers WebGPU.
    Insecure,
    /// This browser does not know WebGPU.
    NoWebGpu,
    /// It does, but found no GPU that it trusts.
    NoAdapter,
    /// It offers a GPU imitated by the processor, slower than our own path.
    Software,
}

impl Why {
    /// For the top line.
    pub fn short(self) -> Message {
        match self {
            Self::Chosen => messages::reason_chosen(),
            Self::Insecure => messages::reason_insecure(),
            Self::NoWebGpu => messages::reason_no_webgpu(),
            Self::NoAdapter => messages::reason_no_adapter(),
            Self::Software => messages::reason_software(),
        }
    }

    /// A whole sentence, with what can be done.
    pub fn help(self) -> Message {
        match self {
            Self::Chosen => messages::reason_chosen_help(),
            Self::Insecure => messages::reason_insecure_help(),
            Self::NoWebGpu => messages::reason_no_webgpu_help(),
            Self::NoAdapter => messages::reason_no_adapter_help(),
            Self::Software => messages::reason_software_help(),
        }
    }
}

/// The worker to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Gpu,
    Cpu(Why),
}

impl Path {
    /// Decides. Asks the browser only where the user left it open.
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

/// Asks by reflection: web-sys has WebGPU only behind an unstable flag of the whole build.
async fn adapter() -> Result<(), Why> {
    let window = web_sys::window().ok_or(Why::NoWebGpu)?;
    let missing = if browser::is_secure() {
        Why::NoWebGpu
    } else {
        Why::Insecure
    };
    let gpu = property(&window.navigator(), "gpu").ok_or(missing)?;
    let adapter = request_adapter(&gpu).await.ok_or(Why::NoAdapter)?;
    // The flag moved from the adapter to its info; both are in use.
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

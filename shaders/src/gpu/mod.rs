//! The GPU's side: a device opened once and watched for faults, buffers, kernels, and the replay
//! of a graph.
//!
//! This talks to wgpu directly. A tensor library between would allocate, bind and compile while
//! a picture is being made; here all of that is done before, and in a browser the library would
//! be most of the download.

mod advance;
mod attention;
#[cfg(target_arch = "wasm32")]
mod browser;
mod buffer;
mod catalogue;
mod kernel;
mod linear;
mod pace;
mod peak;
mod preview;
mod recording;
mod rotate;

use std::sync::{Arc, OnceLock};

pub(crate) use buffer::{Buffer, Reading};
pub use catalogue::kernels;
pub(crate) use linear::MatrixBuffer;
pub(crate) use recording::{Draft, Recording};

use crate::compute::DeviceFault;
use crate::tuning::{Family, Traits, Unit};
use kernel::Kernels;
use pace::Pace;

/// An open GPU. Clones name the same one.
#[derive(Clone, Debug)]
pub struct Gpu(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: wgpu::AdapterInfo,
    traits: Traits,
    kernels: Kernels,
    pace: Pace,
    fault: Arc<OnceLock<DeviceFault>>,
}

/// Features that are used where they are offered.
const WANTED: wgpu::Features = wgpu::Features::SHADER_F16.union(wgpu::Features::SUBGROUP);

/// Lanes that exchange values in the kernels: a subgroup holds as many at least.
const LANES: u32 = 8;

/// What is to be known of an adapter beside what wgpu tells.
struct Offer {
    family: Family,
    /// As browsers name it; empty where nobody says.
    architecture: String,
    /// Whether WGSL has `packed_4x8_integer_dot_product`.
    packed: bool,
    subgroups: bool,
    matrix: Option<Unit>,
}

#[cfg(target_arch = "wasm32")]
impl Offer {
    const NOTHING: Self = Self {
        family: Family::Unknown,
        architecture: String::new(),
        packed: false,
        subgroups: false,
        matrix: None,
    };
}

impl Gpu {
    pub(crate) async fn open() -> Result<Self, DeviceFault> {
        let unavailable = |error: String| DeviceFault::Unavailable(error);
        #[cfg(target_arch = "wasm32")]
        let browser = browser::Adapter::ask().await;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            // Not OpenGL: its drivers offer compute in name more than in deed.
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..wgpu::RequestAdapterOptions::default()
            })
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                required_features: adapter.features() & WANTED,
                required_limits: adapter.limits(),
                ..wgpu::DeviceDescriptor::default()
            })
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let info = adapter.get_info();
        #[cfg(not(target_arch = "wasm32"))]
        let offer = Offer {
            family: Family::from_vendor_id(info.vendor),
            architecture: String::new(),
            // naga translates the products for every backend.
            packed: true,
            subgroups: device.features().contains(wgpu::Features::SUBGROUP),
            // wgpu's are 8 x 8 in f32, which hardly a driver but Metal has.
            matrix: None,
        };
        #[cfg(target_arch = "wasm32")]
        let offer = {
            let mut offer = browser.map_or(Offer::NOTHING, |adapter| adapter.offer());
            offer.matrix = proven(offer.matrix, &device).await;
            offer
        };
        let traits = traits(&info, device.features(), &offer);
        log::info!("{}: {traits:?}", info.name);
        let fault = Arc::new(OnceLock::new());
        device.on_uncaptured_error(Arc::new(keep_first(fault.clone())));
        device.set_device_lost_callback(on_loss(fault.clone()));
        Ok(Self(Arc::new(Inner {
            device,
            queue,
            adapter: info,
            traits,
            kernels: Kernels::default(),
            pace: Pace::default(),
            fault,
        })))
    }

    pub(crate) fn adapter(&self) -> &str {
        &self.0.adapter.name
    }

    pub(crate) fn is_software(&self) -> bool {
        self.traits().family == Family::Software
    }

    pub(crate) fn traits(&self) -> Traits {
        self.0.traits
    }

    pub(crate) fn binding_bytes_max(&self) -> u64 {
        self.0.device.limits().max_storage_buffer_binding_size
    }

    pub(crate) fn check(&self) -> Result<(), DeviceFault> {
        self.0
            .fault
            .get()
            .map_or(Ok(()), |fault| Err(fault.clone()))
    }

    pub(crate) async fn check_late(&self) -> Result<(), DeviceFault> {
        // An error scope's answer comes after those of all earlier commands; the second one lets
        // the events run that the first one overtook.
        for _ in 0..2 {
            let scope = self
                .0
                .device
                .push_error_scope(wgpu::ErrorFilter::Validation);
            let _ = scope.pop().await;
        }
        self.check()
    }

    /// Waits, natively, until what was submitted up to there is done, and no longer: more may be on
    /// its way. A browser calls back by itself.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(clippy::unused_self, reason = "natively it is the device that waits")
    )]
    fn drive(&self, submission: wgpu::SubmissionIndex) {
        #[cfg(target_arch = "wasm32")]
        let _ = submission;
        #[cfg(not(target_arch = "wasm32"))]
        {
            let until = wgpu::PollType::Wait {
                submission_index: Some(submission),
                timeout: None,
            };
            if let Err(error) = self.0.device.poll(until) {
                log::warn!("waiting for the GPU: {error}");
            }
        }
    }
}

/// The unit, if the browser compiles kernels by it: an experiment changes its words, and not every
/// device has the workgroup memory.
#[cfg(target_arch = "wasm32")]
async fn proven(unit: Option<Unit>, device: &wgpu::Device) -> Option<Unit> {
    let unit = unit?;
    for source in [
        linear::trial(unit),
        attention::Variant::trial(unit).source(),
    ] {
        if let Some(error) = kernel::complaint(device, &source).await {
            log::warn!("no products by {unit:?}: {error}");
            return None;
        }
    }
    Some(unit)
}

fn traits(info: &wgpu::AdapterInfo, features: wgpu::Features, offer: &Offer) -> Traits {
    let family = match imitates(info) {
        true => Family::Software,
        false => offer.family,
    };
    Traits {
        family,
        half: features.contains(wgpu::Features::SHADER_F16),
        packed: offer.packed,
        multiplies_bytes: family.multiplies_bytes(&offer.architecture),
        subgroups: offer.subgroups && info.subgroup_min_size >= LANES,
        matrix: offer.matrix,
    }
}

/// Whether it is a processor that plays a GPU. Browsers do not say what kind of device it is, but
/// name the imitations.
fn imitates(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu
        || ["swiftshader", "llvmpipe", "lavapipe"]
            .iter()
            .any(|known| name.contains(known))
}

/// Keeps the first fault for `check`: later ones are mostly its consequences.
fn keep_first(fault: Arc<OnceLock<DeviceFault>>) -> impl Fn(wgpu::Error) {
    move |error| {
        log::error!("uncaptured GPU error: {error}");
        let _ = fault.set(match &error {
            wgpu::Error::OutOfMemory { .. } => DeviceFault::OutOfMemory(error.to_string()),
            _ => DeviceFault::Refused(error.to_string()),
        });
    }
}

fn on_loss(fault: Arc<OnceLock<DeviceFault>>) -> impl Fn(wgpu::DeviceLostReason, String) {
    move |reason, message| {
        // Dropping the device is no fault, and nobody is left to hear of it.
        if reason != wgpu::DeviceLostReason::Destroyed {
            let _ = fault.set(DeviceFault::Lost(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_named_and_stays() {
        let fault = Arc::new(OnceLock::new());
        let hear = keep_first(fault.clone());
        hear(wgpu::Error::OutOfMemory {
            source: "no room".into(),
        });
        hear(wgpu::Error::Validation {
            source: "wrong".into(),
            description: "a consequence".into(),
        });
        on_loss(fault.clone())(wgpu::DeviceLostReason::Unknown, "gone".into());
        assert_eq!(fault.get().map(DeviceFault::code), Some("gpu.memory"));
    }

    #[test]
    fn a_refused_command_and_a_loss_are_named() {
        let fault = Arc::new(OnceLock::new());
        keep_first(fault.clone())(wgpu::Error::Validation {
            source: "wrong".into(),
            description: "wrong".into(),
        });
        assert_eq!(fault.get().map(DeviceFault::code), Some("gpu.refused"));
        let fault = Arc::new(OnceLock::new());
        on_loss(fault.clone())(wgpu::DeviceLostReason::Destroyed, String::new());
        assert_eq!(fault.get(), None);
        on_loss(fault.clone())(wgpu::DeviceLostReason::Unknown, "reset".into());
        assert_eq!(fault.get().map(DeviceFault::code), Some("gpu.lost"));
    }
}

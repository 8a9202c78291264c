//! Opening a GPU: its features, and the properties by which kernels are chosen.

use std::sync::Arc;

#[cfg(target_arch = "wasm32")]
use super::browser;
use super::device::{Gpu, Inner};
use super::fault::Faults;
use super::kernel::{self, Kernels, Source};
use super::offer::Offer;
use super::pace::Pace;
use crate::backend::DeviceFault;
use crate::tuning::{Family, SubgroupMatrix, Traits};

/// Features that are used where they are offered.
const WANTED: wgpu::Features = wgpu::Features::SHADER_F16.union(wgpu::Features::SUBGROUP);

/// Lanes that exchange values in the kernels: the least that a subgroup must have.
const LANES: u32 = 8;

impl Gpu {
    /// Opens the GPU that the system prefers for computing, with every limit that its adapter offers.
    /// `trials` are kernels that use a kind of subgroup matrix in every way that others do.
    ///
    /// # Errors
    /// [`DeviceFault::Unavailable`] if there is no adapter or it gives no device.
    pub(crate) async fn open(
        trials: impl Fn(SubgroupMatrix) -> Vec<Source>,
    ) -> Result<Self, DeviceFault> {
        let unavailable = |error: String| DeviceFault::Unavailable(error);
        #[cfg(target_arch = "wasm32")]
        let browser = browser::Adapter::request().await;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            // Not OpenGL: compute shaders are unreliable in its drivers.
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
        let mut offer = Offer {
            family: Family::from_vendor_id(info.vendor),
            architecture: String::new(),
            // naga translates the products for every backend.
            packed: true,
            subgroups: device.features().contains(wgpu::Features::SUBGROUP),
            // wgpu's are 8 x 8 in f32, which hardly any driver but Metal has.
            subgroup_matrix: None,
        };
        #[cfg(target_arch = "wasm32")]
        let mut offer = browser.map_or(Offer::NOTHING, |adapter| adapter.offer());
        if let Some(matrix) = offer.subgroup_matrix
            && !compiles(&device, &trials(matrix)).await
        {
            offer.subgroup_matrix = None;
        }
        let traits = traits(&info, device.features(), &offer);
        log::info!("{}: {traits:?}", info.name);
        let faults = Faults::default();
        faults.watch(&device);
        Ok(Self(Arc::new(Inner {
            device,
            queue,
            adapter: info,
            traits,
            kernels: Kernels::default(),
            pace: Pace::default(),
            faults,
        })))
    }
}

/// Whether the browser compiles these kernels: the syntax of an experimental feature changes, and
/// not every device has the workgroup memory.
async fn compiles(device: &wgpu::Device, kernels: &[Source]) -> bool {
    for kernel in kernels {
        if let Some(error) = kernel::error_of(device, kernel).await {
            log::warn!("no products by subgroup matrices: {error}");
            return false;
        }
    }
    true
}

fn traits(info: &wgpu::AdapterInfo, features: wgpu::Features, offer: &Offer) -> Traits {
    let family = match is_software(info) {
        true => Family::Software,
        false => offer.family,
    };
    Traits {
        family,
        half: features.contains(wgpu::Features::SHADER_F16),
        packed: offer.packed,
        multiplies_bytes: family.multiplies_bytes(&offer.architecture),
        subgroups: offer.subgroups && info.subgroup_min_size >= LANES,
        subgroup_matrix: offer.subgroup_matrix,
    }
}

/// Whether the processor emulates this GPU. Browsers do not report the kind of device, but they name
/// the software drivers.
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu
        || ["swiftshader", "llvmpipe", "lavapipe"]
            .iter()
            .any(|known| name.contains(known))
}

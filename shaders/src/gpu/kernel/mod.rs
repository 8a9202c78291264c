//! Kernels, compiled once for each source.

mod source;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use source::Source;
pub(crate) use text::{Enable, NARROWED, summed};

use super::fault::Faults;

/// Compiled kernels by their whole source: permutations with the same text are compiled once.
#[derive(Debug, Default)]
pub(super) struct Kernels(Mutex<HashMap<String, Arc<wgpu::ComputePipeline>>>);

impl Kernels {
    pub(super) fn get(&self, device: &wgpu::Device, source: &Source) -> Arc<wgpu::ComputePipeline> {
        let text = source.text();
        let known = self.lock().get(&text).cloned();
        // Two threads that miss at once both compile, and one result is kept.
        known.unwrap_or_else(|| self.keep(text.clone(), compile(device, source.name(), &text)))
    }

    /// Compiles the sources that are not compiled yet; `progress` is that of
    /// [`Prepared::compile`](crate::backend::Prepared::compile).
    ///
    /// Natively on all threads. A browser's GPU process compiles one kernel at a time in any case,
    /// and draws the page as well: requesting one at a time takes no longer and keeps the page
    /// responsive.
    pub(super) async fn compile<'a>(
        &self,
        device: &wgpu::Device,
        faults: &Faults,
        sources: impl Iterator<Item = &'a Source>,
        mut progress: impl AsyncFnMut(usize, usize),
    ) {
        let mut missing: BTreeMap<String, &'static str> = sources
            .map(|source| (source.text(), source.name()))
            .collect();
        missing.retain(|text, _| !self.lock().contains_key(text));
        let missing: Vec<(String, &'static str)> = missing.into_iter().collect();
        let total = missing.len();
        if total == 0 {
            return;
        }
        progress(0, total).await;
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.compile_side_by_side(device, &missing);
            if faults.check().is_ok() {
                progress(total, total).await;
            }
        }
        #[cfg(target_arch = "wasm32")]
        {
            for (i, (text, name)) in missing.into_iter().enumerate() {
                let (kernel, error) = compile_scoped(device, name, &text).await;
                // An error that a scope caught is reported nowhere else.
                if let Some(error) = error {
                    faults.keep(&error);
                }
                self.keep(text, kernel);
                // The others would be useless.
                if faults.check().is_err() {
                    return;
                }
                progress(i + 1, total).await;
            }
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn compile_side_by_side(&self, device: &wgpu::Device, missing: &[(String, &'static str)]) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let next = Mutex::new(missing.iter());
        let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for _ in 0..threads.min(missing.len()) {
                scope.spawn(|| {
                    while let Some((text, name)) = take() {
                        self.keep(text.clone(), compile(device, name, text));
                    }
                });
            }
        });
    }

    fn keep(&self, text: String, kernel: wgpu::ComputePipeline) -> Arc<wgpu::ComputePipeline> {
        self.lock()
            .entry(text)
            .or_insert_with(|| Arc::new(kernel))
            .clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<wgpu::ComputePipeline>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a kernel is refused, if it is. The kernel is not kept.
pub(super) async fn error_of(device: &wgpu::Device, source: &Source) -> Option<wgpu::Error> {
    let (_, error) = compile_scoped(device, source.name(), &source.text()).await;
    error
}

/// A kernel, and the error that the browser or its driver reported.
async fn compile_scoped(
    device: &wgpu::Device,
    name: &str,
    text: &str,
) -> (wgpu::ComputePipeline, Option<wgpu::Error>) {
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let kernel = compile(device, name, text);
    // Both scopes end before either is awaited.
    let (refused, failed) = (validation.pop(), internal.pop());
    let (refused, failed) = (refused.await, failed.await);
    (kernel, refused.or(failed))
}

fn compile(device: &wgpu::Device, name: &str, text: &str) -> wgpu::ComputePipeline {
    // naga has subgroups without this directive, and does not know it.
    #[cfg(not(target_arch = "wasm32"))]
    let text = &text.replace(text::ENABLE_SUBGROUPS, "");
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(text.into()),
    };
    let module = device.create_shader_module(descriptor);
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

//! Kernels: WGSL with holes, filled in for each permutation and compiled once.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Gpu;

/// WebGPU's guaranteed limit of workgroups in one dimension of a dispatch.
const WORKGROUPS_MAX: usize = 65_535;

/// A kernel's source: a template and what its holes, `{{name}}`, are filled with.
#[derive(Debug)]
pub(super) struct Source {
    name: &'static str,
    template: &'static str,
    holes: Vec<(&'static str, String)>,
}

impl Source {
    pub(super) fn new(name: &'static str, template: &'static str) -> Self {
        Self {
            name,
            template,
            holes: Vec::new(),
        }
    }

    pub(super) fn fill(mut self, hole: &'static str, text: impl ToString) -> Self {
        self.holes.push((hole, text.to_string()));
        self
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// # Panics
    /// If the template has a hole that nothing fills, or lacks one that is filled.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(2 * self.template.len());
        let mut used = vec![false; self.holes.len()];
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (hole, after) = after.split_once("}}").expect("a hole ends");
            let hole = hole.trim();
            let at = self.holes.iter().position(|(name, _)| *name == hole);
            let at = at.unwrap_or_else(|| panic!("{}: nothing fills {hole}", self.name));
            used[at] = true;
            text += before;
            text += &self.holes[at].1;
            rest = after;
        }
        assert!(
            used.iter().all(|used| *used),
            "{}: {:?}",
            self.name,
            self.holes
        );
        text + rest
    }
}

/// What a kernel that computes in f16 begins with.
const ENABLE_HALF: &str = "enable f16;";
/// What browsers want to be told of a kernel that uses subgroups.
const ENABLE_SUBGROUPS: &str = "enable subgroups;";
/// And of one that uses their matrices, in Chromium.
const ENABLE_MATRICES: &str = "enable chromium_experimental_subgroup_matrix;";

/// What a kernel enables, a line each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Enable {
    pub half: bool,
    pub subgroups: bool,
    /// Of subgroups.
    pub matrices: bool,
}

impl Enable {
    pub(super) fn text(self) -> String {
        let all = [
            (self.half, ENABLE_HALF),
            (self.subgroups, ENABLE_SUBGROUPS),
            (self.matrices, ENABLE_MATRICES),
        ];
        let used = all.into_iter().filter(|(used, _)| *used);
        lines(used.map(|(_, line)| line.to_owned()))
    }
}

/// A function that rounds what may be beyond f16 to `Four`, the vectors that a kernel keeps in
/// workgroup memory: of f16 or as they are. Weights, shares, and queries and keys after their norm
/// are not beyond it; if they were, they would be infinite, which is told as a fault.
pub(super) fn narrowed(half: bool) -> &'static str {
    match half {
        true => {
            "// Beyond f16 a value becomes the largest one; what was infinite or no number stays so.
             fn narrowed(values: vec4<f32>) -> Four {
                 let all = abs(values);
                 if (max(max(all.x, all.y), max(all.z, all.w)) > 65504.0) {
                     let within = clamp(values, vec4(-65504.0), vec4(65504.0));
                     return Four(select(values, within, all < vec4(3.4e38)));
                 }
                 return Four(values);
             }"
        }
        false => {
            "fn narrowed(values: vec4<f32>) -> Four {
                 return values;
             }"
        }
    }
}

/// Text of lines made one by one, for loops that are unrolled: software drivers keep what is
/// indexed by a loop's variable in memory, not in registers.
pub(super) fn lines<I: IntoIterator<Item = String>>(lines: I) -> String {
    lines.into_iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// `sum + dot(a, b)` of vectors of four, a fused multiplication and addition for each pair: of `dot`
/// some compilers make five instructions instead of four.
pub(super) fn fused(sum: &str, a: &str, b: &str) -> String {
    ["x", "y", "z", "w"].iter().fold(sum.to_owned(), |sum, k| {
        format!("fma({a}.{k}, {b}.{k}, {sum})")
    })
}

/// Compiled kernels by their whole source: permutations that fill the holes alike are one.
#[derive(Debug, Default)]
pub(super) struct Kernels(Mutex<HashMap<String, Arc<wgpu::ComputePipeline>>>);

impl Kernels {
    pub(super) fn get(&self, gpu: &Gpu, source: &Source) -> Arc<wgpu::ComputePipeline> {
        let text = source.text();
        let known = self.lock().get(&text).cloned();
        // Two who ask at once compile twice, and keep one.
        known.unwrap_or_else(|| self.keep(text.clone(), compile(&gpu.0.device, source.name, &text)))
    }

    /// Compiles those of the sources that nobody asked for before. `hear` is told how many of how
    /// many are ready, first none; nothing where nothing is to be done.
    ///
    /// Natively on all threads. A browser's GPU process compiles one after the other however it is
    /// asked, and draws the page as well: it is asked for one at a time, which takes no longer.
    pub(super) async fn compile<'a>(
        &self,
        gpu: &Gpu,
        sources: impl Iterator<Item = &'a Source>,
        mut hear: impl AsyncFnMut(usize, usize),
    ) {
        let mut missing: BTreeMap<String, &'static str> =
            sources.map(|source| (source.text(), source.name)).collect();
        missing.retain(|text, _| !self.lock().contains_key(text));
        let missing: Vec<(String, &'static str)> = missing.into_iter().collect();
        let total = missing.len();
        if total == 0 {
            return;
        }
        hear(0, total).await;
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.compile_side_by_side(gpu, &missing);
            hear(total, total).await;
        }
        #[cfg(target_arch = "wasm32")]
        {
            for (i, (text, name)) in missing.into_iter().enumerate() {
                let device = &gpu.0.device;
                let (kernel, error) = compile_watched(device, name, &text).await;
                // What a scope caught, nobody else hears of.
                if let Some(error) = error {
                    super::keep_first(gpu.0.fault.clone())(error);
                }
                self.keep(text, kernel);
                // The others would only be waited for.
                if gpu.check().is_err() {
                    return;
                }
                hear(i + 1, total).await;
            }
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn compile_side_by_side(&self, gpu: &Gpu, missing: &[(String, &'static str)]) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let next = Mutex::new(missing.iter());
        let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for _ in 0..threads.min(missing.len()) {
                scope.spawn(|| {
                    while let Some((text, name)) = take() {
                        self.keep(text.clone(), compile(&gpu.0.device, name, text));
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

/// What a browser has against a kernel, which is not kept.
#[cfg(target_arch = "wasm32")]
pub(super) async fn complaint(device: &wgpu::Device, source: &Source) -> Option<wgpu::Error> {
    let (_, error) = compile_watched(device, source.name, &source.text()).await;
    error
}

/// A kernel, and what the browser or the driver behind it has against it.
#[cfg(target_arch = "wasm32")]
async fn compile_watched(
    device: &wgpu::Device,
    name: &str,
    text: &str,
) -> (wgpu::ComputePipeline, Option<wgpu::Error>) {
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let kernel = compile(device, name, text);
    // Both are asked before either is waited for.
    let (refused, failed) = (validation.pop(), internal.pop());
    let (refused, failed) = (refused.await, failed.await);
    (kernel, refused.or(failed))
}

fn compile(device: &wgpu::Device, name: &str, text: &str) -> wgpu::ComputePipeline {
    // naga has subgroups without being told, and does not know the word.
    #[cfg(not(target_arch = "wasm32"))]
    let text = &text.replace(ENABLE_SUBGROUPS, "");
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

/// The workgroups of a dispatch.
///
/// # Panics
/// If a dimension has more than WebGPU guarantees: packages and requests are bounded before.
pub(super) fn workgroups(counts: [usize; 3]) -> [u32; 3] {
    assert!(
        counts.iter().all(|&count| count <= WORKGROUPS_MAX),
        "too many workgroups: {counts:?}"
    );
    counts.map(|count| count as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled() {
        let source = Source::new("a", "x {{ one }} {{two}}{{one}}")
            .fill("one", 1)
            .fill("two", "b");
        assert_eq!(source.text(), "x 1 b1");
    }

    #[test]
    #[should_panic(expected = "nothing fills two")]
    fn a_hole_left_open_is_a_mistake() {
        Source::new("a", "{{two}}").fill("one", 1).text();
    }

    #[test]
    #[should_panic(expected = "too many workgroups")]
    fn a_dispatch_beyond_the_guaranteed_limit_is_refused() {
        let _ = workgroups([1, 65_536, 1]);
    }
}

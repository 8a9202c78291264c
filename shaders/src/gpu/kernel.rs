//! Kernels: WGSL with holes, filled in for each permutation and compiled once.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

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

    /// # Panics
    /// If the template has a hole that nothing fills, or lacks one that is filled.
    fn text(&self) -> String {
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

/// Browsers want to be told, naga does not know the word.
pub(super) const ENABLE_SUBGROUPS: &str = match cfg!(target_arch = "wasm32") {
    true => "enable subgroups;",
    false => "",
};

/// A function that rounds to `Four`, the vectors that a kernel keeps in workgroup memory: of f16 or
/// as they are.
pub(super) fn narrowed(half: bool) -> &'static str {
    match half {
        true => {
            "// Beyond f16 a value becomes the largest one; what was infinite or no number stays so.
             fn narrowed(values: vec4<f32>) -> Four {
                 let beyond = abs(values) > vec4(65504.0) & abs(values) < vec4(3.4e38);
                 return select(Four(values), Four(sign(values) * 65504.0), beyond);
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

/// Compiled kernels by their whole source: permutations that fill the holes alike are one.
#[derive(Debug, Default)]
pub(super) struct Kernels(Mutex<HashMap<String, Arc<wgpu::ComputePipeline>>>);

impl Kernels {
    pub(super) fn get(&self, gpu: &Gpu, source: &Source) -> Arc<wgpu::ComputePipeline> {
        let text = source.text();
        let mut kernels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kernel) = kernels.get(&text) {
            return kernel.clone();
        }
        let kernel = Arc::new(compile(gpu, source.name, &text));
        kernels.insert(text, kernel.clone());
        kernel
    }
}

fn compile(gpu: &Gpu, name: &str, text: &str) -> wgpu::ComputePipeline {
    let device = &gpu.0.device;
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

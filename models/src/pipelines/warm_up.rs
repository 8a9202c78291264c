//! Preparation of a loaded model, so that the first picture takes no longer than the second.

use image2_shaders::Resident;
use web_time::Instant;

use super::Pipeline;
use crate::error::ModelError;
use crate::networks::Text;
use crate::samplers::Evaluation;

impl Pipeline {
    /// Waits until the device has finished all submitted work, and checks it for faults.
    ///
    /// A browser reports a failed upload only later: a model is ready when this returns.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn settle(&self) -> Result<(), ModelError> {
        Resident::zeros(&self.compute, [1, 1]).read().await?;
        Ok(())
    }

    /// Makes everything that a picture with the recommended settings needs: compiles its kernels,
    /// then runs each pass once, because some drivers finish a kernel only at its first run, and
    /// because estimates of time start from these runs. `report` receives the completed and the
    /// total number of parts, starting with none completed, and is awaited; it is not called where
    /// nothing is to be compiled.
    ///
    /// # Errors
    /// The device's faults, as of a kernel that it refuses.
    pub async fn prepare(
        &self,
        mut report: impl AsyncFnMut(usize, usize),
    ) -> Result<(), ModelError> {
        // A device that is too small for the recommended size may still draw smaller ones.
        let Ok(plan) = self.plan(&self.recipe("", 0)) else {
            return self.settle().await;
        };
        let scales: Vec<Option<f32>> = [None, Some(1.0)]
            .into_iter()
            .zip(plan.passes())
            .filter_map(|(scale, needed)| needed.then_some(scale))
            .collect();
        let windows = match &self.enlarger {
            Some(enlarger) => enlarger.first_windows(plan.size, plan.canvas),
            None => Vec::new(),
        };
        let runs = scales.len() + usize::from(!windows.is_empty());
        let mut kernels = 0;
        let compiled = async |done, total| {
            kernels = total;
            report(done, total + runs).await;
        };
        let mut state = self.take_state(&plan, compiled).await?;
        let is_cpu = self.compute.is_cpu();
        if kernels > 0 || is_cpu {
            let mut done = kernels;
            let mut ran = async || {
                done += 1;
                if !is_cpu {
                    report(done, kernels + runs).await;
                }
            };
            state.prompt.encode(&*self.network, Text::empty())?;
            for scale in &scales {
                let start = Instant::now();
                state.denoising.advance(&Evaluation::default(), *scale);
                self.settle().await?;
                // A first run on a GPU says little about the next one.
                if is_cpu {
                    self.note_pace(1, start.elapsed());
                }
                ran().await;
            }
            if let (Some(enlarger), Some(first)) = (&self.enlarger, windows.first()) {
                // All windows have the same kernels, so the smallest one finishes them.
                enlarger.try_out(*first).await?;
                ran().await;
                enlarger.prepare(&windows, async |_, _| {}).await?;
            }
        }
        self.state.replace(Some(state));
        self.settle().await
    }
}

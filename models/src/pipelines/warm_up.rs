//! Preparation of a loaded model, so that the first picture takes no longer than the second.

use image2_shaders::Resident;

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
    /// then runs each pass once, because some drivers finish a kernel only at its first run.
    /// `report` receives the completed and the total number of parts, starting with none completed,
    /// and is awaited; it is not called where nothing is to be compiled.
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
        let mut kernels = 0;
        let compiled = async |done, total| {
            kernels = total;
            report(done, total + scales.len()).await;
        };
        let mut state = self.take_state(&plan, compiled).await?;
        if kernels > 0 {
            state.prompt.encode(&*self.network, Text::empty())?;
            for (run, scale) in (1..).zip(&scales) {
                state.denoising.advance(&Evaluation::default(), *scale);
                self.settle().await?;
                report(kernels + run, kernels + scales.len()).await;
            }
        }
        self.state.replace(Some(state));
        self.settle().await
    }
}

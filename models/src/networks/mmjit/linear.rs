//! Loading of linear layers.

use std::sync::Arc;

use image2_shaders::LinearWeights;

use crate::error::ModelError;
use crate::weights::Loader;

/// `W x + b`, from `NAME.weight` `[out, in]` and `NAME.bias` `[out]`.
pub(super) fn linear(
    loader: &Loader<'_>,
    name: &str,
    [out, input]: [usize; 2],
) -> Result<Arc<LinearWeights>, ModelError> {
    let at = loader.at(name);
    let weight = at.matrix("weight", [out, input])?;
    let bias = at.values("bias", &[out])?;
    Ok(Arc::new(LinearWeights::with_bias(
        loader.compute(),
        weight,
        &bias,
    )))
}

/// `W x`, from `NAME.weight` `[out, in]`.
pub(super) fn linear_without_bias(
    loader: &Loader<'_>,
    name: &str,
    [out, input]: [usize; 2],
) -> Result<Arc<LinearWeights>, ModelError> {
    let weight = loader.at(name).matrix("weight", [out, input])?;
    Ok(Arc::new(LinearWeights::new(weight)))
}

//! What a sibling does: opens the upscaler, then computes one tile after another.

use futures_channel::mpsc;
use futures_util::StreamExt;
use image2_models::{Compute, Enlarger, ModelError, Opening, Tile};
use image2_package::Manifest;
use image2_protocol::Received;
use js_sys::{ArrayBuffer, Uint8Array};

use super::message::{Errand, Reply};
use crate::failure::WorkerError;
use crate::wire;

/// Serves the worker that started this one, until it ends.
pub(crate) async fn serve() {
    let (sender, mut errands) = mpsc::unbounded();
    // The receiver lives as long as the worker.
    wire::listen(move |received| drop(sender.unbounded_send(received)));
    wire::post(&Reply::Ready, &[]);
    let compute = Compute::cpu();
    let mut enlarger = None;
    while let Some(received) = errands.next().await {
        let result = match received {
            Ok(Received { message, buffers }) => {
                run(message, &buffers, &compute, &mut enlarger).await
            }
            Err(error) => Err(WorkerError::Message(error)),
        };
        if let Err(error) = result {
            // Logs it.
            _ = error.failure();
            wire::post(&Reply::Failed, &[]);
        }
    }
}

async fn run(
    errand: Errand,
    buffers: &[ArrayBuffer],
    compute: &Compute,
    enlarger: &mut Option<Enlarger>,
) -> Result<(), WorkerError> {
    match errand {
        Errand::Open { names } => {
            let mut files = buffers.iter().map(bytes);
            let manifest = files.next().unwrap_or_default();
            let manifest = Manifest::parse(&manifest).map_err(ModelError::from)?;
            let mut opening = Opening::upscaler(manifest, compute)?;
            for (name, file) in names.iter().zip(files) {
                opening.add(name, &file)?;
            }
            *enlarger = Some(opening.finish_upscaler()?);
            wire::post(&Reply::Opened, &[]);
        }
        Errand::Tile { work } => {
            let pixels = buffers.iter().map(bytes).next().unwrap_or_default();
            let enlarger = enlarger.as_ref().ok_or(WorkerError::NoModel)?;
            let rgba = enlarger.run(Tile { work, pixels }).await?;
            wire::post(&Reply::Tile, &[Uint8Array::from(&rgba[..]).buffer()]);
        }
    }
    Ok(())
}

fn bytes(buffer: &ArrayBuffer) -> Vec<u8> {
    Uint8Array::new(buffer).to_vec()
}

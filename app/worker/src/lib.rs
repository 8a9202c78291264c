//! The wasm that computes, in a Web Worker of its own: the page stays responsive, and a crash here
//! costs one worker.
//!
//! Built twice, with the feature `gpu` or `cpu`. It answers [`Request`]s with [`Event`]s, one
//! request after the other; only `Cancel` is handled while a job runs. The worker keeps nothing:
//! when it is lost, the page starts another one and loads the model again. On the processor it starts
//! further workers of the same build, which help it to enlarge (`siblings`).

mod cost;
mod failure;
mod fetch;
mod jobs;
mod model;
mod report;
mod resources;
#[cfg(feature = "cpu")]
mod siblings;
mod wire;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use futures_channel::mpsc;
use futures_util::StreamExt;
use image2_models::Compute;
#[cfg(feature = "gpu")]
use image2_models::DeviceFault;
use image2_protocol::{DeviceInfo, Event, JobId, PROTOCOL, Received, Request};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::WorkerError;
use crate::fetch::Source;
use crate::model::Model;

thread_local! {
    /// The running job, for the panic hook.
    static RUNNING: Cell<Option<JobId>> = const { Cell::new(None) };
    /// Cancelled jobs. An id that arrived too late stays without effect: the page never uses one
    /// twice.
    static CANCELLED: RefCell<HashSet<JobId>> = RefCell::default();
}

/// Runs when the wasm is instantiated.
#[wasm_bindgen(start)]
pub fn start() {
    let _ = console_log::init_with_level(log::Level::Warn);
    std::panic::set_hook(Box::new(|info| {
        log::error!("{info}");
        wire::send(&Event::Failed {
            id: RUNNING.get(),
            failure: failure::of_panic(&info.to_string()),
        });
    }));
    #[cfg(feature = "cpu")]
    if wire::scope().name() == siblings::NAME {
        return wasm_bindgen_futures::spawn_local(siblings::serve());
    }
    let (sender, requests) = mpsc::unbounded();
    wire::listen(move |received| match received {
        Ok(Received {
            message: Request::Cancel { id },
            ..
        }) => {
            CANCELLED.with_borrow_mut(|ids| ids.insert(id));
        }
        // The receiver lives as long as the worker.
        Ok(Received { message, .. }) => drop(sender.unbounded_send(message)),
        // Answered and dropped.
        Err(error) => {
            log::error!("from the page: {error}");
            wire::send(&Event::Failed {
                id: None,
                failure: error.failure(),
            });
        }
    });
    wasm_bindgen_futures::spawn_local(serve(requests));
}

/// Opens the device, then answers requests until the worker ends.
async fn serve(mut requests: mpsc::UnboundedReceiver<Request>) {
    let compute = match open().await {
        Ok(compute) => compute,
        Err(error) => {
            return wire::send(&Event::Failed {
                id: None,
                failure: error.failure(),
            });
        }
    };
    let device = match compute.adapter() {
        Some(adapter) => DeviceInfo::Gpu {
            adapter: adapter.to_owned(),
        },
        None => DeviceInfo::Cpu,
    };
    wire::send(&Event::Ready {
        protocol: PROTOCOL,
        device,
    });

    let mut model: Option<Model> = None;
    while let Some(request) = requests.next().await {
        match request {
            Request::Load { url, fresh } => {
                // Free the old model first: two do not fit on a small device.
                model = None;
                let source = Source { url: &url, fresh };
                match Model::load(&source, &compute).await {
                    Ok(loaded) => {
                        wire::send(&Event::Loaded {
                            model: loaded.describe(),
                        });
                        model = Some(loaded);
                    }
                    Err(error) => wire::send(&Event::Failed {
                        id: None,
                        failure: error.failure(),
                    }),
                }
            }
            Request::Estimate { id, recipe } => jobs::estimate(id, &recipe, model.as_ref()),
            Request::Generate { id, recipe } => {
                RUNNING.set(Some(id));
                jobs::run(id, &recipe, model.as_mut()).await;
                RUNNING.set(None);
                CANCELLED.with_borrow_mut(|ids| ids.remove(&id));
            }
            Request::Cancel { .. } => {} // handled by the listener
        }
    }
}

#[cfg(feature = "gpu")]
async fn open() -> Result<Compute, WorkerError> {
    match Compute::gpu().await {
        Err(DeviceFault::Unavailable(_)) if !wire::scope().is_secure_context() => {
            Err(WorkerError::Insecure)
        }
        opened => Ok(opened.map_err(image2_models::ModelError::from)?),
    }
}

#[cfg(not(feature = "gpu"))]
#[expect(
    clippy::unused_async,
    reason = "the GPU build opens its device asynchronously"
)]
async fn open() -> Result<Compute, WorkerError> {
    Ok(Compute::cpu())
}

fn is_cancelled(id: JobId) -> bool {
    CANCELLED.with_borrow(|ids| ids.contains(&id))
}

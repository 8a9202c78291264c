//! One Web Worker: started, sent requests, listened to, ended when dropped.
//!
//! [`image2_protocol::wire`] defines the form of the messages. Anything else that arrives, and
//! every way in which a browser reports that a worker broke, reaches the listener as a failure;
//! nothing is swallowed.

use gloo::events::EventListener;
use image2_protocol::wire::{self, Received};
use image2_protocol::{Event, Failure, Remedy, Request, WireError};
use js_sys::ArrayBuffer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

use crate::browser;

/// A running worker.
pub struct Worker {
    inner: web_sys::Worker,
    // Dropped with the worker: a late message of an ended worker finds no listener.
    _listeners: [EventListener; 3],
}

impl Worker {
    /// Starts the ES module at `url`.
    pub fn spawn(
        url: &str,
        listen: impl Fn(Result<Received<Event>, Failure>) + Clone + 'static,
    ) -> Result<Self, Failure> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let inner = web_sys::Worker::new_with_options(url, &options)
            .map_err(|error| crashed("not_started", &error))?;
        let on_message = {
            let listen = listen.clone();
            EventListener::new(&inner, "message", move |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                listen(wire::unpack(&data).map_err(refused));
            })
        };
        let on_error = {
            let listen = listen.clone();
            EventListener::new(&inner, "error", move |event| {
                // A worker whose file did not load sends a plain event, without a message.
                listen(Err(match event.dyn_ref::<ErrorEvent>() {
                    Some(error) => crashed("error", &error.message().into()),
                    None => crashed("not_loaded", &JsValue::NULL),
                }));
            })
        };
        let on_message_error = EventListener::new(&inner, "messageerror", move |_| {
            listen(Err(refused(WireError::Unreadable)));
        });
        Ok(Self {
            inner,
            _listeners: [on_message, on_error, on_message_error],
        })
    }

    /// Sends a request and transfers its buffers.
    pub fn send(&self, request: &Request, buffers: &[ArrayBuffer]) -> Result<(), Failure> {
        let packed = wire::pack(request, buffers).map_err(refused)?;
        self.inner
            .post_message_with_transfer(&packed.message, &packed.transfer)
            .map_err(|error| crashed("not_sent", &error))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inner.terminate();
    }
}

/// A worker that is of no more use; `cause` is a stable word for the sentence.
fn crashed(cause: &str, detail: &JsValue) -> Failure {
    browser::log(&format!("worker: {cause}: {detail:?}"));
    Failure::new("worker.crashed", Remedy::Restart).with("cause", cause)
}

fn refused(error: WireError) -> Failure {
    browser::log(&format!("worker: {error}"));
    error.failure()
}

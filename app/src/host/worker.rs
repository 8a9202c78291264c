//! One Web Worker: started, spoken to, listened to, ended when dropped.
//!
//! The wire format is [`image2_protocol`]'s: an array of JSON text and a transferred buffer or
//! `null`. Whatever else arrives, and every way in which a browser tells that a worker broke,
//! reaches the listener as [`Heard::Broken`]; nothing is swallowed.

use gloo::events::EventListener;
use image2_protocol::{Event, Failure, Remedy, Request};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

/// What the listener hears.
pub enum Heard {
    Event(Event, Option<Vec<u8>>),
    Broken(Failure),
}

/// A running worker.
pub struct Worker {
    inner: web_sys::Worker,
    // Dropped with the worker: a late word of an ended worker finds no listener.
    _listeners: [EventListener; 3],
}

impl Worker {
    /// Starts the ES module at `url`.
    pub fn spawn(url: &str, listen: impl Fn(Heard) + Clone + 'static) -> Result<Self, Failure> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let inner = web_sys::Worker::new_with_options(url, &options).map_err(|error| {
            crashed(
                "The part of this page that computes could not be started.",
                &error,
            )
        })?;
        let on_message = {
            let listen = listen.clone();
            EventListener::new(&inner, "message", move |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                listen(match decode(&data) {
                    Some((event, pixels)) => Heard::Event(event, pixels),
                    None => Heard::Broken(garbled()),
                });
            })
        };
        let on_error = {
            let listen = listen.clone();
            EventListener::new(&inner, "error", move |event| {
                // A worker whose file did not load sends a plain event, without a message.
                let detail = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
                let message = match detail {
                    Some(_) => "The part of this page that computes has crashed.",
                    None => "The part of this page that computes could not be loaded.",
                };
                let detail = detail.map_or(JsValue::NULL, Into::into);
                listen(Heard::Broken(crashed(message, &detail)));
            })
        };
        let on_message_error = EventListener::new(&inner, "messageerror", move |_| {
            listen(Heard::Broken(garbled()));
        });
        Ok(Self {
            inner,
            _listeners: [on_message, on_error, on_message_error],
        })
    }

    /// Sends a request.
    pub fn send(&self, request: &Request) -> Result<(), Failure> {
        let unsent = |error: &JsValue| crashed("A message to the worker could not be sent.", error);
        let text =
            serde_json::to_string(request).map_err(|error| unsent(&error.to_string().into()))?;
        let message = Array::of2(&text.into(), &JsValue::NULL);
        self.inner
            .post_message(&message)
            .map_err(|error| unsent(&error))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inner.terminate();
    }
}

fn decode(data: &JsValue) -> Option<(Event, Option<Vec<u8>>)> {
    let parts = data.dyn_ref::<Array>()?;
    let event = serde_json::from_str(&parts.get(0).as_string()?).ok()?;
    let pixels = parts.get(1).dyn_into::<ArrayBuffer>().ok();
    Some((
        event,
        pixels.map(|buffer| Uint8Array::new(&buffer).to_vec()),
    ))
}

fn crashed(message: &str, detail: &JsValue) -> Failure {
    crate::browser::log(&format!("worker: {message} {detail:?}"));
    Failure {
        code: "worker.crashed".into(),
        message: message.into(),
        remedy: Remedy::Restart,
    }
}

fn garbled() -> Failure {
    Failure {
        code: "worker.garbled".into(),
        message: "The part of this page that computes said something that the page does not \
                  understand. The page may be out of date: reload it."
            .into(),
        remedy: Remedy::Restart,
    }
}

//! One sibling, as the worker that started it sees it.

use futures_channel::mpsc;
use image2_models::Tile;
use image2_protocol::wire::{self, Received};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};
use web_time::{Duration, Instant};

use super::message::{Errand, Reply};

/// The name that tells a worker its role; the build's entry script reads it, too.
pub(crate) const NAME: &str = "sibling";

/// What happened to a sibling.
pub(crate) enum Report {
    Reply(Received<Reply>),
    /// It crashed, did not start, or sent something unreadable.
    Broken,
    /// Nothing happened for a while.
    Tick,
}

/// Where a sibling stands.
pub(crate) enum State {
    Starting,
    /// It runs and has no upscaler.
    Ready,
    Opening,
    Idle,
    Busy {
        tile: Tile,
        since: Instant,
    },
    /// It computes a tile that is no longer wanted of it.
    Late,
    Lost,
}

/// A running sibling, which ends when this is dropped.
pub(crate) struct Sibling {
    worker: Worker,
    pub(crate) state: State,
    // Dropped with the worker.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Sibling {
    /// Starts one from the script of this worker; `index` marks its reports.
    pub(crate) fn start(
        index: usize,
        reports: &mpsc::UnboundedSender<(usize, Report)>,
    ) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(NAME);
        let script = crate::wire::scope().location().href();
        let worker = Worker::new_with_options(&script, &options)?;
        let on_message = {
            let reports = reports.clone();
            Closure::new(move |event: MessageEvent| {
                let report = match wire::unpack(&event.data()) {
                    Ok(reply) => Report::Reply(reply),
                    Err(_) => Report::Broken,
                };
                _ = reports.unbounded_send((index, report));
            })
        };
        let on_error = {
            let reports = reports.clone();
            Closure::new(move |event: Event| {
                // Unhandled, it would reach the page as a failure of this worker.
                event.prevent_default();
                _ = reports.unbounded_send((index, Report::Broken));
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        // Compiled code is shared; the entry script waits for it.
        worker.post_message(&wasm_bindgen::module())?;
        Ok(Self {
            worker,
            state: State::Starting,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Sends the files of the upscaler, each by its name; the first one is the manifest.
    pub(crate) fn open(&mut self, manifest: &[u8], files: &[(String, Vec<u8>)]) {
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        let contents = files.iter().map(|(_, file)| &file[..]);
        let buffers: Vec<ArrayBuffer> = std::iter::once(manifest)
            .chain(contents)
            .map(|bytes| Uint8Array::from(bytes).buffer())
            .collect();
        self.state = State::Opening;
        self.send(&Errand::Open { names }, &buffers);
    }

    /// Sends a tile.
    pub(crate) fn compute(&mut self, tile: Tile) {
        let errand = Errand::Tile { work: tile.work };
        let pixels = Uint8Array::from(&tile.pixels[..]).buffer();
        let since = Instant::now();
        self.state = State::Busy { tile, since };
        self.send(&errand, &[pixels]);
    }

    /// How long it has been at its tile.
    pub(crate) fn busy_for(&self) -> Option<Duration> {
        match &self.state {
            State::Busy { since, .. } => Some(since.elapsed()),
            _ => None,
        }
    }

    /// Ends it; returns the tile that it had. It reports nothing more.
    pub(crate) fn lose(&mut self) -> Option<Tile> {
        self.end();
        self.release(State::Lost)
    }

    fn end(&self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
    }

    /// Takes its tile back. It stays busy for as long as it computes it.
    pub(crate) fn take_back(&mut self) -> Option<Tile> {
        match self.state {
            State::Busy { .. } => self.release(State::Late),
            _ => None,
        }
    }

    fn release(&mut self, state: State) -> Option<Tile> {
        match std::mem::replace(&mut self.state, state) {
            State::Busy { tile, .. } => Some(tile),
            _ => None,
        }
    }

    fn send(&self, errand: &Errand, buffers: &[ArrayBuffer]) {
        let sent = wire::pack(errand, buffers)
            .map_err(|error| error.to_string())
            .and_then(|packed| {
                self.worker
                    .post_message_with_transfer(&packed.message, &packed.transfer)
                    .map_err(|error| crate::wire::describe(&error))
            });
        // It will not reply, and so be late.
        if let Err(error) = sent {
            log::error!("to a sibling: {error}");
        }
    }
}

impl Drop for Sibling {
    fn drop(&mut self) {
        self.end();
    }
}

//! The page's side of the worker: carries out the commands of [`Session`] and reports to it what
//! happened.
//!
//! Every change goes through [`Host::step`]; nothing else touches the session. Messages are
//! tied to the worker that sent them, so that those of a replaced one are ignored. Failures are
//! codes with arguments; other rooms word them.

pub mod device;
pub mod session;
pub mod worker;

use gloo::timers::callback::Interval;
use image2_picture::{Colour, Layout, Recipe};
use image2_protocol::{
    DeviceInfo, Event, Failure, Frame, ModelInfo, Note, Received, Remedy, Request,
};
use js_sys::{ArrayBuffer, Uint8Array, Uint8ClampedArray};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::host::device::{Choice, Path};
use crate::host::session::{Action, Command, Phase, Run, Session};
use crate::host::worker::Worker;
use crate::recipe::Wanted;

/// Address of the default model's package, unless `<meta name="image2-model">` names another.
const MODEL: &str = "/models/image2-mini/";

/// A picture as it arrived, with everything that is known about how it was made.
pub struct Finished {
    pub recipe: Recipe,
    pub model: ModelInfo,
    pub device: DeviceInfo,
    pub elapsed_ms: f64,
    pub notes: Vec<Note>,
    /// The picture and its thumbnail: PNG with the AI mark.
    pub files: [ArrayBuffer; 2],
}

/// A picture in the making: straight RGBA.
#[derive(Clone)]
pub struct Preview {
    pub frame: Frame,
    pub pixels: Uint8ClampedArray,
}

/// A handle to the session with the worker; copied freely.
#[derive(Clone, Copy)]
pub struct Host {
    session: RwSignal<Session>,
    /// How far the worker and its model are.
    pub phase: Memo<Phase>,
    /// The device that was chosen for this visit.
    pub choice: RwSignal<Choice>,
    /// Which worker runs, and why; `None` while the browser is being asked.
    pub path: RwSignal<Option<Path>>,
    /// The device that the worker reports.
    pub device: RwSignal<Option<DeviceInfo>>,
    /// The latest frame of the running job.
    pub preview: RwSignal<Option<Preview>, LocalStorage>,
    /// The page should be loaded again, once everything on it is kept.
    pub reload_wanted: RwSignal<bool>,
    /// Takes finished pictures over; fails where one cannot be kept.
    finished: Callback<Finished, Result<(), Failure>>,
    worker: StoredValue<Option<Worker>, LocalStorage>,
    /// Number of the current worker.
    current: StoredValue<u32>,
}

impl Host {
    /// Starts the first worker and the clock.
    pub fn new(choice: Choice, finished: Callback<Finished, Result<(), Failure>>) -> Self {
        let (session, commands) = Session::new(browser::now_ms());
        let session = RwSignal::new(session);
        let host = Self {
            session,
            phase: Memo::new(move |_| session.with(|session| session.phase.clone())),
            choice: RwSignal::new(choice),
            path: RwSignal::new(None),
            device: RwSignal::new(None),
            preview: RwSignal::new_local(None),
            reload_wanted: RwSignal::new(false),
            finished,
            worker: StoredValue::new_local(None),
            current: StoredValue::new(0),
        };
        host.perform(commands, vec![]);
        Interval::new(1_000, move || {
            host.step(vec![], |session| session.tick(browser::now_ms()));
        })
        .forget();
        host
    }

    /// One narrow view of the session; readers are notified of changes in it only.
    pub fn view<T>(self, select: impl Fn(&Session) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.session.with(&select))
    }

    /// Whether a picture is made or waits for the model.
    pub fn is_busy(self) -> bool {
        self.session
            .with_untracked(|session| session.run != Run::Idle)
    }

    /// Asks what a picture would take; the answer is a part of the session.
    pub fn estimate(self, recipe: Recipe) {
        self.step(vec![], |session| session.estimate(recipe));
    }

    /// Asks for a picture.
    pub fn generate(self, wanted: Wanted) {
        self.step(vec![], |session| {
            session.generate(wanted, browser::now_ms())
        });
    }

    /// Gives the picture in the making another ground.
    pub fn change_ground(self, ground: Option<Colour>) {
        self.step(vec![], |session| {
            session.change_ground(ground);
            vec![]
        });
    }

    /// Asks the running job to stop.
    pub fn cancel(self) {
        self.step(vec![], |session| session.cancel(browser::now_ms()));
    }

    /// Carries out what the person chose to do about a trouble.
    pub fn act(self, action: Action) {
        self.step(vec![], |session| session.act(action, browser::now_ms()));
    }

    /// Reports that the server has a newer version of the page.
    pub fn report_outdated_page(self) {
        self.step(vec![], |session| {
            session.on_outdated_page();
            vec![]
        });
    }

    /// Moves to another device.
    pub fn change_device(self, choice: Choice) {
        if self.choice.get_untracked() != choice {
            self.choice.set(choice);
            self.step(vec![], |session| session.change_device(browser::now_ms()));
        }
    }

    fn step(self, buffers: Vec<ArrayBuffer>, change: impl FnOnce(&mut Session) -> Vec<Command>) {
        if let Some(commands) = self.session.try_update(change) {
            self.perform(commands, buffers);
        }
    }

    /// Carries out commands; `buffers` came with the event that caused them.
    fn perform(self, commands: Vec<Command>, buffers: Vec<ArrayBuffer>) {
        for command in commands {
            match command {
                Command::Spawn { cpu } => self.spawn(cpu),
                Command::Terminate => self.terminate(),
                Command::Load { fresh } => {
                    let url = browser::meta("image2-model").unwrap_or_else(|| MODEL.into());
                    self.send(&Request::Load { url, fresh });
                }
                Command::Send(request) => {
                    if let Request::Generate { .. } = request {
                        self.preview.set(None);
                    }
                    self.send(&request);
                }
                Command::Preview(frame) => {
                    // A frame that does not fit its buffer costs one preview, not the picture.
                    if let Some(preview) = preview(frame, &buffers) {
                        self.preview.set(Some(preview));
                    }
                }
                Command::Deliver {
                    recipe,
                    model,
                    frame,
                    elapsed_ms,
                    notes,
                } => {
                    let finished = files(frame, &buffers).map(|files| Finished {
                        recipe,
                        model: *model,
                        device: self.device.get_untracked().unwrap_or(DeviceInfo::Cpu),
                        elapsed_ms,
                        notes,
                        files,
                    });
                    self.deliver(finished);
                }
                Command::EditPrompt => browser::focus("prompt"),
                Command::Reload => self.reload_wanted.set(true),
            }
        }
    }

    fn deliver(self, finished: Option<Finished>) {
        let garbled = || Failure::new("picture.garbled", Remedy::Restart);
        let delivered = finished
            .ok_or_else(garbled)
            .and_then(|finished| self.finished.run(finished));
        match delivered {
            Ok(()) => self.preview.set(None),
            Err(failure) => self.on_broken(failure),
        }
    }

    fn send(self, request: &Request) {
        let sent = self
            .worker
            .with_value(|worker| worker.as_ref().map(|worker| worker.send(request, &[])));
        if let Some(Err(failure)) = sent {
            self.on_broken(failure);
        }
    }

    /// Something outside of the worker failed.
    pub fn on_broken(self, failure: Failure) {
        self.step(vec![], |session| session.on_broken(failure));
    }

    fn spawn(self, cpu: bool) {
        self.terminate();
        if cpu {
            // For this visit only: a driver that failed once may work tomorrow.
            self.choice.set(Choice::Cpu);
        }
        self.path.set(None);
        self.device.set(None);
        let number = self.current.get_value();
        spawn_local(async move {
            let path = Path::find(self.choice.get_untracked()).await;
            if self.current.get_value() != number {
                return; // replaced while the browser was being asked
            }
            self.path.set(Some(path));
            let listen = move |received| {
                if self.current.get_value() == number {
                    self.receive(received);
                }
            };
            let url = browser::meta(path.meta()).ok_or_else(|| missing(path));
            match url.and_then(|url| Worker::spawn(&url, listen)) {
                Ok(worker) => self.worker.set_value(Some(worker)),
                Err(failure) => self.on_broken(failure),
            }
        });
    }

    fn terminate(self) {
        self.current.update_value(|number| *number += 1);
        let worker = self.worker.try_update_value(Option::take).flatten();
        // Dropped a moment later: this may run inside one of its own listeners.
        spawn_local(async move { drop(worker) });
    }

    fn receive(self, received: Result<Received<Event>, Failure>) {
        match received {
            Err(failure) => self.on_broken(failure),
            Ok(Received { message, buffers }) => {
                if let Event::Ready { device, .. } = &message {
                    self.device.set(Some(device.clone()));
                }
                self.step(buffers, |session| {
                    session.on_event(message, browser::now_ms())
                });
            }
        }
    }
}

/// The first buffer as pixels of this shape; `None` if it does not fit.
fn preview(frame: Frame, buffers: &[ArrayBuffer]) -> Option<Preview> {
    let pixels = Uint8ClampedArray::new(buffers.first()?);
    let expected = 4 * u64::from(frame.width) * u64::from(frame.height);
    if expected != u64::from(pixels.length()) || expected == 0 {
        browser::log(&format!("{} bytes for {frame:?}", pixels.length()));
        return None;
    }
    Some(Preview { frame, pixels })
}

/// The buffers as a picture of this size and its thumbnail; `None` if they are not.
fn files(frame: Frame, buffers: &[ArrayBuffer]) -> Option<[ArrayBuffer; 2]> {
    let [picture, thumbnail] = buffers else {
        return None;
    };
    let is_png = |file: &ArrayBuffer| {
        let head = Uint8Array::new(file).subarray(0, Layout::HEAD_BYTES);
        Layout::read(&head.to_vec()).ok()
    };
    let fits = |layout: Layout| (layout.width, layout.height) == (frame.width, frame.height);
    let is_whole = is_png(picture).is_some_and(fits) && is_png(thumbnail).is_some();
    is_whole.then(|| [picture.clone(), thumbnail.clone()])
}

/// The page was built without the worker for this device.
fn missing(path: Path) -> Failure {
    let (device, remedy) = match path {
        Path::Gpu => ("gpu", Remedy::UseCpu),
        Path::Cpu(_) => ("cpu", Remedy::Restart),
    };
    Failure::new("worker.missing", remedy).with("device", device)
}

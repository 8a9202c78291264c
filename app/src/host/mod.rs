//! The engine room: carries out what [`Session`] decides, and feeds it what happened.
//!
//! Every change passes through [`Engine::step`]; nothing else touches the session. A worker's
//! words carry the number of their worker, so that those of a replaced one are not heard.

pub mod device;
pub mod session;
pub mod worker;

use std::sync::Arc;

use gloo::timers::callback::Interval;
use image2_picture::Picture;
use image2_protocol::{DeviceInfo, Event, Failure, Frame, Job, Remedy, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::create::settings::Wanted;
use crate::host::device::{Choice, Path};
use crate::host::session::{Action, Effect as Deed, Phase, Session};
use crate::host::worker::{Heard, Worker};
use crate::library::picture::{Made, Shot};
use crate::locales::{Message, messages};
use crate::shell::announcements;

/// Where the package of the default model lies, unless `<meta name="image2-model">` says else.
const MODEL: &str = "/models/image2-mini/";

/// Handles to everything about computing; copied freely.
#[derive(Clone, Copy)]
pub struct Engine {
    session: RwSignal<Session>,
    /// How far the worker and its model are.
    pub phase: Memo<Phase>,
    /// What the user chose for this visit.
    pub choice: RwSignal<Choice>,
    /// Which worker runs, and why; nothing while the browser is asked.
    pub path: RwSignal<Option<Path>>,
    /// What the worker says it computes on.
    pub device: RwSignal<Option<DeviceInfo>>,
    /// The latest frame of the running job.
    pub preview: RwSignal<Option<Arc<Picture>>>,
    /// This session's pictures, oldest first.
    pub shots: RwSignal<Vec<Arc<Shot>>>,
    /// The number of the picture on the stage.
    pub shown: RwSignal<Option<u32>>,
    /// The latest announcement for screen readers.
    pub status: RwSignal<Option<Message>>,
    worker: StoredValue<Option<Worker>, LocalStorage>,
    /// Counts the workers; the current one's number.
    current: StoredValue<u32>,
}

impl Engine {
    /// Starts the first worker and the clock.
    pub fn new(choice: Choice) -> Self {
        let (session, deeds) = Session::new(browser::now_ms());
        let session = RwSignal::new(session);
        let engine = Self {
            session,
            phase: Memo::new(move |_| session.with(|session| session.phase.clone())),
            choice: RwSignal::new(choice),
            path: RwSignal::new(None),
            device: RwSignal::new(None),
            preview: RwSignal::new(None),
            shots: RwSignal::new(vec![]),
            shown: RwSignal::new(None),
            status: RwSignal::new(None),
            worker: StoredValue::new_local(None),
            current: StoredValue::new(0),
        };
        engine.perform(deeds, None);
        Interval::new(1_000, move || {
            engine.step(None, |session| session.tick(browser::now_ms()));
        })
        .forget();
        engine
    }

    /// One narrow view of the session; tells its readers only of changes in it.
    pub fn view<T>(self, select: impl Fn(&Session) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.session.with(&select))
    }

    /// Asks for a picture.
    pub fn generate(self, wanted: Wanted) {
        self.step(None, |session| session.generate(wanted, browser::now_ms()));
    }

    /// Asks the running job to stop.
    pub fn cancel(self) {
        self.step(None, |session| session.cancel(browser::now_ms()));
    }

    /// Carries out a remedy.
    pub fn act(self, action: Action) {
        self.step(None, |session| session.act(action, browser::now_ms()));
    }

    /// Moves to another device.
    pub fn change_device(self, choice: Choice) {
        if self.choice.get_untracked() != choice {
            self.choice.set(choice);
            self.step(None, |session| session.change_device(browser::now_ms()));
        }
    }

    fn step(self, pixels: Option<Vec<u8>>, change: impl FnOnce(&mut Session) -> Vec<Deed>) {
        let before = self.session.get_untracked();
        let Some(deeds) = self.session.try_update(change) else {
            return;
        };
        let announcement = self
            .session
            .with_untracked(|after| announcements::announcement(&before, after));
        if announcement.is_some() {
            self.status.set(announcement);
        }
        self.perform(deeds, pixels);
    }

    fn perform(self, deeds: Vec<Deed>, mut pixels: Option<Vec<u8>>) {
        for deed in deeds {
            match deed {
                Deed::Spawn { cpu } => self.spawn(cpu),
                Deed::Terminate => self.terminate(),
                Deed::Load { fresh } => {
                    let url = browser::meta("image2-model").unwrap_or_else(|| MODEL.into());
                    self.send(&Request::Load { url, fresh });
                }
                Deed::Send(request) => {
                    if let Request::Generate { .. } = request {
                        self.preview.set(None);
                    }
                    self.send(&request);
                }
                Deed::Preview(frame) => {
                    // A frame that does not fit its buffer costs one preview, not the picture.
                    if let Some(picture) = pixels.take().and_then(|rgba| picture(frame, rgba)) {
                        self.preview.set(Some(Arc::new(picture)));
                    }
                }
                Deed::Keep {
                    job,
                    frame,
                    elapsed_ms,
                } => {
                    self.keep(job, frame, elapsed_ms, pixels.take());
                }
                Deed::EditPrompt => browser::focus("prompt"),
            }
        }
    }

    fn keep(self, job: Job, frame: Frame, elapsed_ms: f64, rgba: Option<Vec<u8>>) {
        let model = self.session.with_untracked(|session| match &session.phase {
            Phase::Ready(model) => Some(model.clone()),
            _ => None,
        });
        let number = self
            .shots
            .with_untracked(|shots| shots.last().map_or(1, |last| last.number + 1));
        let device = self.device.get_untracked().unwrap_or(DeviceInfo::Cpu);
        let shot = model.zip(rgba).and_then(|(model, rgba)| {
            Shot::new(
                number,
                picture(frame, rgba)?,
                Made {
                    job,
                    model,
                    device,
                    elapsed_ms,
                },
            )
            .ok()
        });
        match shot {
            Some(shot) => {
                self.shots.update(|shots| shots.push(Arc::new(shot)));
                self.shown.set(Some(number));
                self.preview.set(None);
                self.status.set(Some(messages::announce_ready()));
            }
            None => self.broken(Failure {
                code: "picture.garbled".into(),
                message: "The picture was made but arrived damaged.".into(),
                remedy: Remedy::Restart,
            }),
        }
    }

    fn send(self, request: &Request) {
        let sent = self
            .worker
            .with_value(|worker| worker.as_ref().map(|worker| worker.send(request)));
        if let Some(Err(failure)) = sent {
            self.broken(failure);
        }
    }

    fn broken(self, failure: Failure) {
        self.step(None, |session| session.on_broken(failure));
    }

    fn spawn(self, cpu: bool) {
        self.terminate();
        if cpu {
            // For this visit only: a driver that failed once need not fail tomorrow.
            self.choice.set(Choice::Cpu);
        }
        self.path.set(None);
        self.device.set(None);
        let number = self.current.get_value();
        spawn_local(async move {
            let path = Path::find(self.choice.get_untracked()).await;
            if self.current.get_value() != number {
                return; // replaced while the browser was asked
            }
            self.path.set(Some(path));
            let listen = move |heard| {
                if self.current.get_value() == number {
                    self.hear(heard);
                }
            };
            let url = browser::meta(path.meta()).ok_or_else(|| missing(path));
            match url.and_then(|url| Worker::spawn(&url, listen)) {
                Ok(worker) => self.worker.set_value(Some(worker)),
                Err(failure) => self.broken(failure),
            }
        });
    }

    fn terminate(self) {
        self.current.update_value(|number| *number += 1);
        let worker = self.worker.try_update_value(Option::take).flatten();
        // Dropped a moment later: this may run inside one of its own listeners.
        spawn_local(async move { drop(worker) });
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Broken(failure) => self.broken(failure),
            Heard::Event(event, pixels) => {
                if let Event::Ready { device } = &event {
                    self.device.set(Some(device.clone()));
                }
                self.step(pixels, |session| session.on_event(event, browser::now_ms()));
            }
        }
    }
}

/// Joins a frame with its buffer; nothing where they do not fit.
fn picture(frame: Frame, rgba: Vec<u8>) -> Option<Picture> {
    let picture = Picture::new(frame.width, frame.height, rgba);
    picture
        .inspect_err(|error| browser::log(&format!("frame: {error}")))
        .ok()
}

fn missing(path: Path) -> Failure {
    let (remedy, which) = match path {
        Path::Gpu => (Remedy::UseCpu, "GPU"),
        Path::Cpu(_) => (Remedy::Restart, "processor"),
    };
    Failure {
        code: "worker.missing".into(),
        message: format!("This copy of Image 2 has no part that computes on the {which}."),
        remedy,
    }
}

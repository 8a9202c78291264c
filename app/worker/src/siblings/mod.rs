//! Workers that compute the upscaler's tiles for the one that serves the page, on the processor: each has
//! an instance and weights of its own, and nothing is shared but compiled code.
//!
//! The worker that serves the page starts them with the model, so that no picture causes a request, and
//! gives each the upscaler at the first picture that is worth it. While they compute, it only hands out
//! tiles. It computes one itself where fewer of them compute than were started: while they start, and
//! where one was lost or is late. So a sibling can fail at any time and nothing is lost. One that was
//! lost is started again before the next picture.

mod message;
mod role;
mod sibling;

use futures_channel::mpsc;
use futures_util::StreamExt;
use gloo::timers::callback::Interval;
use image2_models::{Enlargement, Enlarger, ModelError, Observer, Tile, TileWork, Tiles};
use image2_picture::Picture;
use image2_protocol::Received;
use js_sys::Uint8Array;
use web_time::{Duration, Instant};

pub(crate) use role::serve;
pub(crate) use sibling::NAME;

use crate::cost::Cost;
use crate::failure::WorkerError;
use crate::resources;
use message::Reply;
use sibling::{Report, Sibling, State};

/// Fewer tiles are computed sooner than a sibling is given the upscaler.
const TILES_MIN: u32 = 3;
/// How often siblings are looked after while none reports.
const TICK_MS: u32 = 250;
/// A sibling is late at so many times the longest time of a tile, but not before the shortest patience.
const PATIENCE: u32 = 4;
const PATIENCE_MIN: Duration = Duration::from_secs(2);
/// Before any tile was timed.
const PATIENCE_FIRST: Duration = Duration::from_secs(10);

/// The part of a package that computes tiles.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) manifest: Vec<u8>,
    /// By name.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// The result of a tile.
struct Done {
    work: TileWork,
    /// As of [`Enlarger::run`].
    rgba: Vec<u8>,
    took: Duration,
}

/// The siblings of this worker.
pub(crate) struct Siblings {
    members: Vec<Sibling>,
    reports: mpsc::UnboundedReceiver<(usize, Report)>,
    sender: mpsc::UnboundedSender<(usize, Report)>,
    /// What they need of the package.
    upscaler: Files,
    /// The longest time that a tile took.
    slowest: Option<Duration>,
}

impl Siblings {
    /// Starts as many as this device can use; none where a second one would not help.
    pub(crate) fn start() -> Self {
        let (sender, reports) = mpsc::unbounded();
        let count = resources::siblings();
        let members = (0..count)
            .map_while(|index| {
                let started = Sibling::start(index, &sender);
                started
                    .inspect_err(|error| log::warn!("a sibling: {}", crate::wire::describe(error)))
                    .ok()
            })
            .collect();
        Self {
            members,
            reports,
            sender,
            upscaler: Files::default(),
            slowest: None,
        }
    }

    /// With what they need of the package.
    pub(crate) fn with(self, upscaler: Files) -> Self {
        Self { upscaler, ..self }
    }

    /// How many of them compute an enlargement of so many tiles.
    pub(crate) fn count(&self, tiles: u32) -> u32 {
        let alive = self
            .members
            .iter()
            .filter(|it| !matches!(it.state, State::Lost));
        match tiles >= TILES_MIN {
            true => alive.count() as u32,
            false => 0,
        }
    }

    /// Time and memory of a picture with their help; one of them takes `instance_bytes`.
    pub(crate) fn cost(&self, alone: Cost, instance_bytes: u64) -> Cost {
        match self.count(alone.tiles) {
            0 => alone,
            count => Cost {
                memory_bytes: alone.memory_bytes + u64::from(count) * instance_bytes,
                workers: count,
                ..alone
            },
        }
    }

    /// Starts those again that were lost, and gives the upscaler to those that do not have it. Between
    /// two jobs.
    pub(crate) fn get_ready(&mut self) {
        while let Ok((index, report)) = self.reports.try_recv() {
            self.take(index, report, &mut Vec::new());
        }
        for (index, sibling) in self.members.iter_mut().enumerate() {
            if matches!(sibling.state, State::Lost)
                && let Ok(started) = Sibling::start(index, &self.sender)
            {
                *sibling = started;
            }
        }
        self.open();
    }

    /// Computes all tiles; `None` if the observer cancelled. `start` is that of the job.
    ///
    /// # Errors
    /// Those of this worker's own `enlarger`, which computes what no sibling could.
    pub(crate) async fn enlarge(
        &mut self,
        mut enlargement: Enlargement,
        enlarger: &Enlarger,
        start: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, WorkerError> {
        let ticks = self.sender.clone();
        let _ticker = Interval::new(TICK_MS, move || {
            // Fails only once the siblings are gone.
            _ = ticks.unbounded_send((0, Report::Tick));
        });
        let (mut back, mut pixels, mut spent) = (Vec::new(), 0, Duration::ZERO);
        while !enlargement.is_finished() {
            let mut done = self.reported(&mut back);
            self.open();
            self.hand_out(&mut enlargement, &mut back);
            if done.is_none() {
                let mine = match self.computing() < self.members.len() {
                    true => back.pop().or_else(|| enlargement.next_tile()),
                    false => None,
                };
                done = match mine {
                    Some(tile) => Some(own(tile, enlarger).await?),
                    None => self.wait(&mut back).await,
                };
            }
            if let Some(Done { work, rgba, took }) = done {
                enlargement.put(&work, &rgba).map_err(ModelError::from)?;
                pixels += work.window().iter().product::<usize>();
                spent += took;
            }
            let [done, all] = enlargement.tiles();
            let tiles = Tiles {
                done,
                all,
                elapsed: start.elapsed(),
                preview: enlargement.take_preview(),
            };
            if observer.tiles(tiles).await.is_break() {
                self.dismiss();
                return Ok(None);
            }
        }
        self.dismiss();
        enlarger.note_pace(pixels, spent);
        Ok(enlargement.finish())
    }

    fn open(&mut self) {
        let Files { manifest, files } = &self.upscaler;
        let ready = self
            .members
            .iter_mut()
            .filter(|it| matches!(it.state, State::Ready));
        ready.for_each(|sibling| sibling.open(manifest, files));
    }

    fn hand_out(&mut self, enlargement: &mut Enlargement, back: &mut Vec<Tile>) {
        let idle = self
            .members
            .iter_mut()
            .filter(|it| matches!(it.state, State::Idle));
        for sibling in idle {
            let Some(tile) = back.pop().or_else(|| enlargement.next_tile()) else {
                return;
            };
            sibling.compute(tile);
        }
    }

    /// Siblings that compute a tile.
    fn computing(&self) -> usize {
        let computing = |it: &&Sibling| matches!(it.state, State::Busy { .. });
        self.members.iter().filter(computing).count()
    }

    /// Takes in what happened up to the first result of a tile, which is returned; tiles of siblings that
    /// are lost or late go into `back`.
    fn reported(&mut self, back: &mut Vec<Tile>) -> Option<Done> {
        while let Ok((index, report)) = self.reports.try_recv() {
            let done = self.take(index, report, back);
            if done.is_some() {
                return done;
            }
        }
        self.call_back_late(back);
        None
    }

    /// Waits until something happens; otherwise as [`reported`](Self::reported).
    async fn wait(&mut self, back: &mut Vec<Tile>) -> Option<Done> {
        let (index, report) = self.reports.next().await?;
        let done = self.take(index, report, back);
        self.call_back_late(back);
        done
    }

    fn call_back_late(&mut self, back: &mut Vec<Tile>) {
        let patience = self.slowest.map_or(PATIENCE_FIRST, |slowest| {
            PATIENCE_MIN.max(PATIENCE * slowest)
        });
        let late = self
            .members
            .iter_mut()
            .filter(|sibling| sibling.busy_for().is_some_and(|busy| busy > patience));
        back.extend(late.filter_map(Sibling::take_back));
    }

    /// Takes in what happened to a sibling. Returns the result of a tile, if that is what happened.
    fn take(&mut self, index: usize, report: Report, back: &mut Vec<Tile>) -> Option<Done> {
        let sibling = &mut self.members[index];
        let Received { message, buffers } = match report {
            Report::Tick => return None,
            Report::Broken => {
                log::warn!("sibling {index} is lost");
                back.extend(sibling.lose());
                return None;
            }
            Report::Reply(received) => received,
        };
        match (message, &sibling.state) {
            (Reply::Ready, State::Starting) => sibling.state = State::Ready,
            (Reply::Opened, State::Opening) | (Reply::Tile, State::Late) => {
                sibling.state = State::Idle;
            }
            (Reply::Tile, State::Busy { tile, since }) => {
                let (work, took) = (tile.work, since.elapsed());
                self.slowest = self.slowest.max(Some(took));
                sibling.state = State::Idle;
                let rgba = buffers.first().map(|rgba| Uint8Array::new(rgba).to_vec());
                return rgba.map(|rgba| Done { work, rgba, took });
            }
            _ => back.extend(sibling.lose()),
        }
        None
    }

    /// Nothing is wanted of anyone any more.
    fn dismiss(&mut self) {
        for sibling in &mut self.members {
            sibling.take_back();
        }
    }
}

/// Computes a tile here.
async fn own(tile: Tile, enlarger: &Enlarger) -> Result<Done, ModelError> {
    let (work, since) = (tile.work, Instant::now());
    let rgba = enlarger.run(tile).await?;
    Ok(Done {
        work,
        rgba,
        took: since.elapsed(),
    })
}

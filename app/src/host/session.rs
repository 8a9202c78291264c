//! The session with the worker, as a state machine without side effects: its inputs are events of
//! the worker, presses of buttons and the passing of time, its outputs [`Command`]s.
//!
//! Its contract: a picture that was asked for ends as a picture, as cancelled, or as a [`Trouble`]
//! that still holds it and can send it again. A worker that stops responding is a failure like any
//! other: browsers end workers and lose devices without notice, and a progress bar that never
//! moves again is the most frequent complaint about such programs.

mod events;
mod parts;
#[cfg(test)]
mod tests;
mod watchdog;

use image2_picture::{Colour, Recipe};
use image2_protocol::{Failure, JobId, Remedy, Request, Stage};

pub use parts::{
    Action, Active, Cancelling, Command, Completed, Estimated, Phase, Progress, Run, Trouble,
};

use crate::recipe::Wanted;
use crate::recipe::limits::Limits;

/// The state machine. Times are milliseconds of one monotonic clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub phase: Phase,
    pub run: Run,
    pub trouble: Option<Trouble>,
    pub completed: Option<Completed>,
    /// Limits of the model that was loaded last, so that a restart does not move the sliders.
    pub limits: Limits,
    /// The last answer about a picture's cost.
    pub estimated: Option<Estimated>,
    /// The question about a cost that is not answered yet.
    asked: Option<(JobId, Recipe)>,
    alive: bool,
    next_id: JobId,
    /// When the worker last responded.
    response_ms: f64,
    ticked_ms: f64,
    slowest_part_ms: f64,
}

impl Session {
    /// A session whose first worker is about to start.
    pub fn new(now_ms: f64) -> (Self, Vec<Command>) {
        let mut session = Self {
            phase: Phase::Down,
            run: Run::Idle,
            trouble: None,
            completed: None,
            limits: Limits::default(),
            estimated: None,
            asked: None,
            alive: false,
            next_id: 1,
            response_ms: now_ms,
            ticked_ms: now_ms,
            slowest_part_ms: 0.0,
        };
        let commands = session.spawn(false, now_ms);
        (session, commands)
    }

    /// The worker crashed, sent something unreadable or could not be started.
    pub fn on_broken(&mut self, failure: Failure) -> Vec<Command> {
        self.fail(failure, true)
    }

    /// The server has a newer version of the page. Whatever runs goes on. A failure that is shown
    /// already comes first, unless it is the worker's: then this is its likely cause.
    pub fn on_outdated_page(&mut self) {
        let lost = match &self.trouble {
            Some(trouble) if !trouble.failure.code.starts_with("worker.") => return,
            shown => shown.as_ref().and_then(|trouble| trouble.lost.clone()),
        };
        self.trouble = Some(Trouble {
            failure: Failure::new("page.outdated", Remedy::Reload),
            lost,
        });
    }

    /// Asks what a picture would take, if the worker can answer at once.
    pub fn estimate(&mut self, recipe: Recipe) -> Vec<Command> {
        if !matches!(self.phase, Phase::Ready(_)) || self.run != Run::Idle {
            return vec![];
        }
        let id = self.take_id();
        self.asked = Some((id, recipe.clone()));
        vec![Command::Send(Request::Estimate { id, recipe })]
    }

    /// Asks for a picture.
    pub fn generate(&mut self, wanted: Wanted, now_ms: f64) -> Vec<Command> {
        if self.run != Run::Idle {
            return vec![];
        }
        self.trouble = None;
        self.start(Some(wanted), now_ms)
    }

    /// Gives the picture that waits or is in the making another ground, which the worker does not need
    /// to know.
    pub fn change_ground(&mut self, ground: Option<Colour>) {
        let wanted = match &mut self.run {
            Run::Idle => return,
            Run::Waiting(wanted) => wanted,
            Run::Active(active) => {
                active.recipe.ground = ground;
                &mut active.wanted
            }
        };
        let recommended = &self.limits.recommended;
        wanted
            .choices
            .change(recommended, |recipe| recipe.ground = ground);
    }

    /// Stops the picture. A second call, after a wait, ends the worker itself.
    pub fn cancel(&mut self, now_ms: f64) -> Vec<Command> {
        match &mut self.run {
            Run::Idle => vec![],
            Run::Waiting(_) => {
                self.run = Run::Idle;
                vec![]
            }
            Run::Active(active) => match active.cancelling {
                Cancelling::No => {
                    active.cancelling = Cancelling::Since(now_ms);
                    vec![Command::Send(Request::Cancel { id: active.id })]
                }
                Cancelling::Since(_) => vec![],
                Cancelling::Overdue => {
                    self.run = Run::Idle;
                    self.spawn(false, now_ms)
                }
            },
        }
    }

    /// Carries out what the person chose to do about a trouble.
    pub fn act(&mut self, action: Action, now_ms: f64) -> Vec<Command> {
        // The person may yet decline to leave the page: the trouble stays.
        if action == Action::Reload {
            return vec![Command::Reload];
        }
        let lost = self.trouble.take().and_then(|trouble| trouble.lost);
        match action {
            Action::Dismiss | Action::Reload => vec![],
            Action::Edit => vec![Command::EditPrompt],
            Action::Retry => self.start(lost, now_ms),
            Action::FetchAgain => {
                let mut commands = self.start(lost, now_ms);
                for command in &mut commands {
                    if let Command::Load { fresh } = command {
                        *fresh = true;
                    }
                }
                commands
            }
            Action::Restart | Action::UseCpu => {
                self.run = lost.map_or(Run::Idle, Run::Waiting);
                self.spawn(action == Action::UseCpu, now_ms)
            }
        }
    }

    /// Starts over on another device, with a new worker and the picture that was asked for.
    pub fn change_device(&mut self, now_ms: f64) -> Vec<Command> {
        let lost = self.trouble.take().and_then(|trouble| trouble.lost);
        let wanted = self.take_wanted().or(lost);
        self.run = wanted.map_or(Run::Idle, Run::Waiting);
        self.spawn(false, now_ms)
    }

    /// Starts the picture, or what it has to wait for.
    fn start(&mut self, wanted: Option<Wanted>, now_ms: f64) -> Vec<Command> {
        match &self.phase {
            Phase::Ready(_) => {
                self.response_ms = now_ms;
                wanted.map_or(vec![], |wanted| self.send(wanted))
            }
            Phase::Starting | Phase::Loading { .. } | Phase::Preparing { .. } => {
                self.run = wanted.map_or(Run::Idle, Run::Waiting);
                vec![]
            }
            Phase::Down => {
                self.run = wanted.map_or(Run::Idle, Run::Waiting);
                if self.alive {
                    self.response_ms = now_ms;
                    self.phase = Phase::Loading {
                        received_bytes: 0,
                        total_bytes: 0,
                    };
                    vec![Command::Load { fresh: false }]
                } else {
                    self.spawn(false, now_ms)
                }
            }
        }
    }

    fn send(&mut self, wanted: Wanted) -> Vec<Command> {
        let id = self.take_id();
        let recipe = wanted.recipe(&self.limits);
        self.run = Run::Active(Active {
            id,
            wanted,
            recipe: recipe.clone(),
            progress: Progress {
                stage: Stage::Drawing,
                done: 0,
                all: recipe.steps,
                left_ms: None,
                is_last_stage: !self.limits.enlarges,
            },
            cancelling: Cancelling::No,
        });
        vec![Command::Send(Request::Generate { id, recipe })]
    }

    fn take_id(&mut self) -> JobId {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn spawn(&mut self, cpu: bool, now_ms: f64) -> Vec<Command> {
        self.phase = Phase::Starting;
        self.trouble = None;
        self.estimated = None;
        self.asked = None;
        self.alive = true;
        self.response_ms = now_ms;
        self.slowest_part_ms = 0.0;
        vec![Command::Spawn { cpu }]
    }

    /// Takes in a failure; `of_worker` if it is not of one job alone.
    fn fail(&mut self, failure: Failure, of_worker: bool) -> Vec<Command> {
        let lost = self.take_wanted();
        let ends = match failure.remedy {
            Remedy::Restart | Remedy::UseCpu | Remedy::Reload => true,
            Remedy::ChangeRequest | Remedy::Retry | Remedy::FetchAgain => false,
        };
        if of_worker || ends {
            self.phase = Phase::Down;
        }
        self.trouble = Some(Trouble { failure, lost });
        if ends && std::mem::take(&mut self.alive) {
            vec![Command::Terminate]
        } else {
            vec![]
        }
    }

    /// Ends what runs or waits and returns it, unless it was being cancelled.
    fn take_wanted(&mut self) -> Option<Wanted> {
        match std::mem::replace(&mut self.run, Run::Idle) {
            Run::Idle => None,
            Run::Waiting(wanted) => Some(wanted),
            Run::Active(active) => (active.cancelling == Cancelling::No).then_some(active.wanted),
        }
    }

    fn active(&mut self, id: JobId) -> Option<&mut Active> {
        match &mut self.run {
            Run::Active(active) if active.id == id => Some(active),
            _ => None,
        }
    }
}

//! How the worker's events change the session.

use image2_protocol::{Event, Failure, PROTOCOL, Remedy};

use super::{Command, Completed, Estimated, Phase, Progress, Run, Session};
use crate::recipe::limits::Limits;

impl Session {
    /// Takes in an event of the worker.
    pub fn on_event(&mut self, event: Event, now_ms: f64) -> Vec<Command> {
        let silent_ms = now_ms - self.response_ms;
        self.response_ms = now_ms;
        match event {
            Event::Ready { protocol, .. } if protocol != PROTOCOL => {
                let failure = Failure::new("worker.outdated", Remedy::Reload)
                    .with("page", PROTOCOL)
                    .with("worker", protocol);
                self.fail(failure, true)
            }
            Event::Ready { device, .. } => {
                if self.limits == Limits::default() {
                    self.limits = Limits::expected(&device);
                }
                self.phase = Phase::Loading {
                    received_bytes: 0,
                    total_bytes: 0,
                };
                vec![Command::Load { fresh: false }]
            }
            Event::Loading {
                received_bytes,
                total_bytes,
            } => {
                if !matches!(self.phase, Phase::Ready(_)) {
                    self.phase = Phase::Loading {
                        received_bytes,
                        total_bytes,
                    };
                }
                vec![]
            }
            Event::Preparing { done, total } => {
                if !matches!(self.phase, Phase::Ready(_)) {
                    self.phase = Phase::Preparing { done, total };
                }
                vec![]
            }
            Event::Loaded { model } => {
                self.limits = (&model).into();
                self.phase = Phase::Ready(model);
                match std::mem::replace(&mut self.run, Run::Idle) {
                    Run::Waiting(wanted) => self.send(wanted),
                    run => {
                        self.run = run;
                        vec![]
                    }
                }
            }
            Event::Estimated { id, outcome } => {
                if let Some((_, recipe)) = self.asked.take_if(|(asked, _)| *asked == id) {
                    self.estimated = Some(Estimated { recipe, outcome });
                }
                vec![]
            }
            Event::Progress {
                id,
                stage,
                done,
                all,
                is_last_stage,
                left_ms,
                frame,
                ..
            } => {
                let Some(active) = self.active(id) else {
                    return vec![];
                };
                active.progress = Progress {
                    stage,
                    done,
                    all,
                    left_ms,
                    is_last_stage,
                };
                if done > 0 {
                    self.slowest_part_ms = self.slowest_part_ms.max(silent_ms);
                }
                frame.map(Command::Preview).into_iter().collect()
            }
            Event::Done {
                id,
                frame,
                elapsed_ms,
                notes,
            } => {
                // Jobs run in this phase only.
                let Phase::Ready(model) = self.phase.clone() else {
                    return vec![];
                };
                // The worker may have finished while `Cancel` was under way: the picture is kept.
                let Some(active) = self.active(id) else {
                    return vec![];
                };
                let recipe = active.recipe.clone();
                self.run = Run::Idle;
                self.completed = Some(Completed {
                    id,
                    notes: notes.clone(),
                });
                vec![Command::Deliver {
                    recipe,
                    model: Box::new(model),
                    frame,
                    elapsed_ms,
                    notes,
                }]
            }
            Event::Cancelled { id } => {
                if self.active(id).is_some() {
                    self.run = Run::Idle;
                }
                vec![]
            }
            Event::Failed {
                id: Some(id),
                failure,
            } => {
                if self.active(id).is_none() {
                    return vec![];
                }
                self.fail(failure, false)
            }
            Event::Failed { id: None, failure } => self.fail(failure, true),
        }
    }
}

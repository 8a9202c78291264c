//! The stage: the invitation, the picture as it comes into being, or the finished picture.

use std::sync::Arc;

use image2_protocol::JobId;
use leptos::{html, prelude::*};

use crate::browser;
use crate::create::empty::Empty;
use crate::host::Engine;
use crate::library::picture::{self, Shot};
use crate::locales::{messages, t};

#[derive(Clone, PartialEq)]
enum Scene {
    Empty,
    Live(JobId, u32, u32),
    Shot(Arc<Shot>),
}

/// The stage.
#[component]
pub fn Stage(
    engine: Engine,
    /// Id, width and height of the running job.
    active: Memo<Option<(JobId, u32, u32)>>,
    /// The finished picture that is looked at.
    shot: Memo<Option<Arc<Shot>>>,
    is_peeking: RwSignal<bool>,
    prompt: RwSignal<String>,
) -> impl IntoView {
    let scene = Memo::new(move |_| match (active.get(), shot.get()) {
        (Some(_), Some(shot)) if is_peeking.get() => Scene::Shot(shot),
        (Some((id, width, height)), _) => Scene::Live(id, width, height),
        (None, Some(shot)) => Scene::Shot(shot),
        (None, None) => Scene::Empty,
    });
    view! {
        <div class="stage" data-testid="stage">
            {move || match scene.get() {
                Scene::Empty => view! { <Empty prompt=prompt/> }.into_any(),
                Scene::Live(_, width, height) => view! { <Live engine=engine width=width height=height/> }.into_any(),
                Scene::Shot(shot) => view! { <Finished shot=shot/> }.into_any(),
            }}
        </div>
    }
}

/// Width over height, for the style sheet, which fits the picture into the stage.
fn ratio(width: u32, height: u32) -> String {
    format!("{}", f64::from(width.max(1)) / f64::from(height.max(1)))
}

#[component]
fn Live(engine: Engine, width: u32, height: u32) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let (Some(canvas), Some(preview)) = (canvas.get(), engine.preview.get()) else {
            return;
        };
        if let Err(error) = picture::draw(&preview, &canvas) {
            browser::log(&format!("preview: {error:?}"));
        }
    });
    view! {
        <div class="picture" class:blank=move || engine.preview.get().is_none() style=("--ratio", ratio(width, height))>
            <canvas
                node_ref=canvas
                width="1"
                height="1"
                role="img"
                aria-label=t(messages::stage_preview())
                data-testid="preview"
            ></canvas>
        </div>
    }
}

#[component]
fn Finished(shot: Arc<Shot>) -> impl IntoView {
    let job = &shot.made.job;
    let (width, height) = (shot.picture.width(), shot.picture.height());
    view! {
        <div class="picture" style=("--ratio", ratio(width, height))>
            <img
                src=shot.address.as_str().to_owned()
                alt=t(shot.description())
                width=width
                height=height
                data-seed=job.seed.to_string()
                data-width=width
                data-height=height
                data-testid="picture"
            />
        </div>
    }
}

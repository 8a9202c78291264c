//! The stage: the invitation, the picture as it comes into being, or the finished picture.

use std::sync::Arc;

use image2_protocol::JobId;
use leptos::{html, prelude::*};

use crate::browser;
use crate::create::canvas;
use crate::create::empty::Empty;
use crate::host::Host;
use crate::library::item::Item;
use crate::locales::{messages, t};

#[derive(Clone, PartialEq)]
enum Scene {
    Empty,
    Live(JobId, u32, u32),
    Finished(Arc<Item>),
}

/// The stage.
#[component]
pub fn Stage(
    host: Host,
    /// Id, width and height of the running job.
    active: Memo<Option<(JobId, u32, u32)>>,
    /// The finished picture that is looked at.
    item: Memo<Option<Arc<Item>>>,
    is_peeking: RwSignal<bool>,
    prompt: RwSignal<String>,
) -> impl IntoView {
    let scene = Memo::new(move |_| match (active.get(), item.get()) {
        (Some(_), Some(item)) if is_peeking.get() => Scene::Finished(item),
        (Some((id, width, height)), _) => Scene::Live(id, width, height),
        (None, Some(item)) => Scene::Finished(item),
        (None, None) => Scene::Empty,
    });
    view! {
        <div class="stage" data-testid="stage">
            {move || match scene.get() {
                Scene::Empty => view! { <Empty prompt=prompt/> }.into_any(),
                Scene::Live(_, width, height) => view! { <Live host=host width=width height=height/> }.into_any(),
                Scene::Finished(item) => view! { <Finished item=item/> }.into_any(),
            }}
        </div>
    }
}

/// Width over height, for the style sheet, which fits the picture into the stage.
fn ratio(width: u32, height: u32) -> String {
    format!("{}", f64::from(width.max(1)) / f64::from(height.max(1)))
}

#[component]
fn Live(host: Host, width: u32, height: u32) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let (Some(canvas), Some(preview)) = (canvas.get(), host.preview.get()) else {
            return;
        };
        if let Err(error) = canvas::draw(&preview, &canvas) {
            browser::log(&format!("preview: {error:?}"));
        }
    });
    view! {
        <div class="picture" class:blank=move || host.preview.get().is_none() style=("--ratio", ratio(width, height))>
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
fn Finished(item: Arc<Item>) -> impl IntoView {
    let recipe = &item.record.recipe;
    let (width, height) = (item.picture.width(), item.picture.height());
    view! {
        <div class="picture" style=("--ratio", ratio(width, height))>
            <img
                src=item.address.as_str().to_owned()
                alt=t(messages::stage_picture(recipe.prompt.as_str()))
                width=width
                height=height
                data-picture-id=item.record.id.to_string()
                data-seed=recipe.seed.to_string()
                data-width=width
                data-height=height
                data-testid="picture"
            />
        </div>
    }
}

//! The stage: the invitation, the picture as it comes into being, or the finished picture.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::browser;
use crate::create::canvas;
use crate::create::empty::Empty;
use crate::create::ground::Ground;
use crate::create::scene::Scene;
use crate::host::Host;
use crate::library::item::Item;
use crate::locales::{messages, t};

/// The stage.
#[component]
pub fn Stage(
    host: Host,
    scene: Memo<Scene>,
    ground: Ground,
    prompt: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="stage" data-testid="stage">
            {move || match scene.get() {
                Scene::Empty => view! { <Empty prompt=prompt/> }.into_any(),
                Scene::Live(_, width, height) => view! { <Live host=host ground=ground width=width height=height/> }.into_any(),
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
fn Live(host: Host, ground: Ground, width: u32, height: u32) -> impl IntoView {
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
        <div
            class="picture"
            class:blank=move || host.preview.get().is_none()
            class:on-ground=move || ground.get().is_some()
            style=("--ground", move || ground.get().map(|ground| ground.to_string()))
            style=("--ratio", ratio(width, height))
        >
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
    let (width, height) = (recipe.width, recipe.height);
    let ground = item.ground.clone();
    let colour = item.ground.clone();
    view! {
        <div
            class="picture"
            class:on-ground=move || ground.get().is_some()
            style=("--ground", move || colour.get().map(|ground| ground.to_string()))
            style=("--ratio", ratio(width, height))
        >
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

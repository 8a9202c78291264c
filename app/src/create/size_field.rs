//! The size of the picture: a few shapes, and the exact sides for who wants them.

use leptos::prelude::*;

use crate::create::number::{NumberField, whole};
use crate::create::settings::Limits;
use crate::create::sizes::{self, SHAPES, Shape};
use crate::create::state::Draft;
use crate::locales::{messages, t};

/// Shapes, width and height.
#[component]
pub fn SizeField(draft: Draft, limits: Memo<Limits>) -> impl IntoView {
    let side = move |chosen: RwSignal<Option<u32>>, own: fn(&Limits) -> u32| {
        Memo::new(move |_| {
            limits.with(|limits| sizes::snap(chosen.get().unwrap_or(own(limits)), limits))
        })
    };
    let width = side(draft.width, |limits| limits.width);
    let height = side(draft.height, |limits| limits.height);
    let text =
        move |read: fn(&Limits) -> u32| Signal::derive(move || limits.with(read).to_string());
    // The side that was just typed stays; the other gives way to the model's largest area.
    let commit =
        move |chosen: RwSignal<Option<u32>>, other: RwSignal<Option<u32>>, now: Memo<u32>| {
            move |number: f64| {
                limits.with_untracked(|limits| {
                    let side = sizes::snap(whole(number), limits);
                    chosen.set(Some(side));
                    other.set(Some(sizes::beside(side, now.get_untracked(), limits)));
                });
            }
        };
    view! {
        <fieldset class="field" data-testid="size">
            <legend>{t(messages::size())}</legend>
            <div class="shapes">
                {SHAPES.map(|shape| view! {
                    <label class="shape">
                        <input
                            type="radio"
                            name="shape"
                            value=shape.key
                            data-testid=format!("shape-{}", shape.key)
                            prop:checked=move || {
                                limits.with(|limits| shape.size(limits)) == (width.get(), height.get())
                            }
                            on:change=move |_| {
                                let (across, down) = limits.with_untracked(|limits| shape.size(limits));
                                draft.width.set(Some(across));
                                draft.height.set(Some(down));
                            }
                        />
                        <Outline shape=shape/>
                        <span>{t(shape.name())}</span>
                    </label>
                })}
            </div>
            <div class="sides">
                <label for="width">{t(messages::width_px())}</label>
                <NumberField
                    id="width"
                    value=Signal::derive(move || width.get().to_string())
                    min=text(|limits| limits.side_min)
                    max=text(|limits| limits.side_max)
                    step=text(|limits| limits.patch)
                    commit=commit(draft.width, draft.height, height)
                />
                <label for="height">{t(messages::height_px())}</label>
                <NumberField
                    id="height"
                    value=Signal::derive(move || height.get().to_string())
                    min=text(|limits| limits.side_min)
                    max=text(|limits| limits.side_max)
                    step=text(|limits| limits.patch)
                    commit=commit(draft.height, draft.width, width)
                />
            </div>
        </fieldset>
    }
}

/// The shape, drawn: a rectangle of one area for all.
#[component]
fn Outline(shape: Shape) -> impl IntoView {
    let width = 13.0 * shape.ratio().sqrt();
    let height = 13.0 / shape.ratio().sqrt();
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <rect
                x=format!("{:.1}", 12.0 - width / 2.0)
                y=format!("{:.1}", 12.0 - height / 2.0)
                width=format!("{width:.1}")
                height=format!("{height:.1}")
                rx="2"
            ></rect>
        </svg>
    }
}

//! The size of the picture: a few shapes, or exact sides.

use leptos::prelude::*;

use crate::create::form::Form;
use crate::create::number::{NumberField, whole};
use crate::locales::{messages, t};
use crate::recipe::limits::Limits;
use crate::recipe::sizes::{self, SHAPES, Shape};

/// Shapes, width and height.
#[component]
pub fn SizeField(form: Form) -> impl IntoView {
    let limits = form.limits;
    let width = form.setting(|recipe| recipe.width);
    let height = form.setting(|recipe| recipe.height);
    let text =
        move |read: fn(&Limits) -> u32| Signal::derive(move || limits.with(read).to_string());
    // The side that was just typed stays; the other gives way to the model's largest area.
    let set_width = move |number: f64| {
        form.choose(|recipe, limits| {
            recipe.width = sizes::snap(whole(number), limits);
            recipe.height = sizes::beside(recipe.width, height.get_untracked(), limits);
        });
    };
    let set_height = move |number: f64| {
        form.choose(|recipe, limits| {
            recipe.height = sizes::snap(whole(number), limits);
            recipe.width = sizes::beside(recipe.height, width.get_untracked(), limits);
        });
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
                                form.choose(|recipe, limits| {
                                    (recipe.width, recipe.height) = shape.size(limits);
                                });
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
                    commit=set_width
                />
                <label for="height">{t(messages::height_px())}</label>
                <NumberField
                    id="height"
                    value=Signal::derive(move || height.get().to_string())
                    min=text(|limits| limits.side_min)
                    max=text(|limits| limits.side_max)
                    step=text(|limits| limits.patch)
                    commit=set_height
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

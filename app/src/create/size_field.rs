//! The size of the picture: a few shapes; then a few sides where drawings are enlarged, exact sides where
//! the model draws at the size itself; and what that takes.

use leptos::prelude::*;

use crate::create::form::Form;
use crate::create::number::{NumberField, whole};
use crate::locales::{Message, live, messages, t};
use crate::recipe::limits::Limits;
use crate::recipe::sizes::{self, SHAPES, Shape};
use crate::wording;

/// Width and height of the picture that is asked for.
type Size = Memo<(u32, u32)>;

/// Shapes and sides.
#[component]
pub fn SizeField(form: Form) -> impl IntoView {
    let limits = form.limits;
    let size = form.setting(|recipe| (recipe.width, recipe.height));
    let enlarges = Memo::new(move |_| limits.with(|limits| limits.enlarges));
    view! {
        <fieldset class="field" data-testid="size" aria-describedby="size-note">
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
                                limits.with(|limits| shape.size(size.get(), limits)) == size.get()
                            }
                            on:change=move |_| {
                                form.choose(|recipe, limits| {
                                    (recipe.width, recipe.height) = shape.size(size.get_untracked(), limits);
                                });
                            }
                        />
                        <Outline shape=shape/>
                        <span>{t(shape.name())}</span>
                    </label>
                })}
            </div>
            {move || if enlarges.get() {
                view! { <LongerSide form=form size=size/> }.into_any()
            } else {
                view! { <ExactSides form=form size=size/> }.into_any()
            }}
            <Cost form=form size=size/>
        </fieldset>
    }
}

/// The longer side, of a few.
#[component]
fn LongerSide(form: Form, size: Size) -> impl IntoView {
    let sides = Memo::new(move |_| -> Vec<u32> {
        form.limits.with(|limits| sizes::sides(limits).collect())
    });
    let is_chosen = move |side| sizes::longer(size.get()) == side;
    view! {
        <div class="segments" role="radiogroup" aria-label=t(messages::size_side())>
            <For each=move || sides.get() key=|side| *side let:side>
                <label class="segment">
                    <input
                        type="radio"
                        name="side"
                        value=side.to_string()
                        // The place for the focus where the size is refused.
                        id=move || is_chosen(side).then_some("size")
                        data-testid=format!("size-{side}")
                        prop:checked=move || is_chosen(side)
                        on:change=move |_| {
                            form.choose(|recipe, limits| {
                                let size = (recipe.width, recipe.height);
                                (recipe.width, recipe.height) = sizes::resized(size, side, limits);
                            });
                        }
                    />
                    <span>{side.to_string()}</span>
                </label>
            </For>
        </div>
    }
}

/// Width and height, typed.
#[component]
fn ExactSides(form: Form, size: Size) -> impl IntoView {
    let text =
        move |read: fn(&Limits) -> u32| Signal::derive(move || form.limits.with(read).to_string());
    // The side that was just typed stays; the other gives way to the model's largest area.
    let set_width = move |number: f64| {
        form.choose(|recipe, limits| {
            recipe.width = sizes::snap(whole(number), limits);
            recipe.height = sizes::beside(recipe.width, size.get_untracked().1, limits);
        });
    };
    let set_height = move |number: f64| {
        form.choose(|recipe, limits| {
            recipe.height = sizes::snap(whole(number), limits);
            recipe.width = sizes::beside(recipe.height, size.get_untracked().0, limits);
        });
    };
    view! {
        <div class="sides">
            <label for="width">{t(messages::width_px())}</label>
            <NumberField
                id="width"
                value=Signal::derive(move || size.get().0.to_string())
                min=text(|limits| limits.side_min)
                max=text(|limits| limits.side_max)
                step=text(|limits| limits.patch)
                commit=set_width
            />
            <label for="height">{t(messages::height_px())}</label>
            <NumberField
                id="height"
                value=Signal::derive(move || size.get().1.to_string())
                min=text(|limits| limits.side_min)
                max=text(|limits| limits.side_max)
                step=text(|limits| limits.patch)
                commit=set_height
            />
        </div>
    }
}

/// What the picture takes, or why the device refuses it.
#[component]
fn Cost(form: Form, size: Size) -> impl IntoView {
    let refusal = Memo::new(move |_| form.cost.get()?.err());
    let words = move || -> Message {
        let size = size.get();
        match form.cost.get() {
            None => wording::size(size),
            Some(Ok(estimate)) => wording::cost(size, &estimate),
            Some(Err(failure)) => wording::failure(&failure),
        }
    };
    view! {
        <p class="note" id="size-note" class:fault=move || refusal.with(Option::is_some) data-testid="size-note">
            {live(words)}
        </p>
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

//! The control of the ground: none, a few named colours, or one of the person's own.

use image2_picture::Colour;
use leptos::prelude::*;

use crate::create::ground::Ground;
use crate::locales::{Message, messages, t};

/// A name that the model was trained on, and the message that says it.
type Named = (&'static str, fn() -> Message);

/// The colours offered.
const OFFERED: [Named; 12] = [
    ("white", messages::colour_white),
    ("light gray", messages::colour_light_gray),
    ("black", messages::colour_black),
    ("red", messages::colour_red),
    ("orange", messages::colour_orange),
    ("yellow", messages::colour_yellow),
    ("green", messages::colour_green),
    ("teal", messages::colour_teal),
    ("sky blue", messages::colour_sky_blue),
    ("navy", messages::colour_navy),
    ("purple", messages::colour_purple),
    ("pink", messages::colour_pink),
];

/// The colour of a name.
fn colour(name: &str) -> Colour {
    let mut named = Colour::NAMED.iter();
    let found = named.find_map(|(known, colour)| (*known == name).then_some(*colour));
    found.expect("every name offered is known")
}

fn offered() -> [(Colour, Message); OFFERED.len()] {
    OFFERED.map(|(name, message)| (colour(name), message()))
}

/// The swatches.
#[component]
pub fn GroundField(ground: Ground) -> impl IntoView {
    let chosen = Memo::new(move |_| ground.get());
    let own = Memo::new(move |_| {
        let chosen = chosen.get();
        chosen.filter(|chosen| offered().iter().all(|(colour, _)| colour != chosen))
    });
    view! {
        <fieldset class="field" data-testid="ground">
            <legend>{t(messages::ground())}</legend>
            <div class="swatches">
                <Swatch key="none" name=messages::ground_none() value=None chosen=chosen ground=ground/>
                {offered().map(|(colour, name)| view! {
                    <Swatch key=colour.to_string() name=name value=Some(colour) chosen=chosen ground=ground/>
                }).collect_view()}
                <label class="swatch own" class:chosen=move || own.get().is_some() title=t(messages::ground_own())>
                    <input
                        type="color"
                        aria-label=t(messages::ground_own())
                        data-testid="ground-own"
                        prop:value=move || own.get().or(chosen.get()).unwrap_or(Colour([255; 3])).to_string()
                        on:input:target=move |event| {
                            if let Ok(colour) = event.target().value().parse() {
                                ground.set(Some(colour));
                            }
                        }
                    />
                    <span class="swatch-fill" style=("--swatch", move || own.get().map(|own| own.to_string()))></span>
                </label>
            </div>
        </fieldset>
    }
}

#[component]
fn Swatch(
    #[prop(into)] key: String,
    name: Message,
    value: Option<Colour>,
    chosen: Memo<Option<Colour>>,
    ground: Ground,
) -> impl IntoView {
    let name = t(name);
    view! {
        <label class="swatch" class:none=value.is_none() title=name>
            <input
                type="radio"
                name="ground"
                value=key.clone()
                aria-label=name
                data-testid=format!("ground-{}", key.trim_start_matches('#'))
                prop:checked=move || chosen.get() == value
                on:change=move |_| ground.set(value)
            />
            <span class="swatch-fill" style=("--swatch", value.map(|value| value.to_string()))></span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_offered_is_one_that_the_model_knows() {
        let colours = offered().map(|(colour, _)| colour);
        for (i, colour) in colours.iter().enumerate() {
            assert!(!colours[..i].contains(colour), "{colour}");
        }
    }
}

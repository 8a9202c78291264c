//! A number that can be typed. What is typed is taken when the field is left or Enter is pressed,
//! then shows the value that it became: input is not corrected while it is typed.

use leptos::prelude::*;

/// A field for a number.
#[component]
pub fn NumberField(
    /// Also the test id.
    id: &'static str,
    /// For a screen reader, where no label stands beside it.
    #[prop(optional)]
    name: &'static str,
    /// The value, as text.
    #[prop(into)]
    value: Signal<String>,
    #[prop(into)] min: Signal<String>,
    #[prop(into)] max: Signal<String>,
    #[prop(into)] step: Signal<String>,
    /// Takes a finite number.
    #[prop(into)]
    commit: Callback<f64>,
) -> impl IntoView {
    view! {
        <input
            class="number"
            type="number"
            inputmode="decimal"
            autocomplete="off"
            id=id
            data-testid=id
            aria-label=(!name.is_empty()).then_some(name)
            min=move || min.get()
            max=move || max.get()
            step=move || step.get()
            prop:value=move || value.get()
            on:change:target=move |event| {
                if let Some(number) = event.target().value().parse().ok().filter(|number: &f64| number.is_finite()) {
                    commit.run(number);
                }
                event.target().set_value(&value.get_untracked());
            }
        />
    }
}

/// A whole number within `u32`, from a number as typed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and every field has limits of its own"
)]
pub fn whole(number: f64) -> u32 {
    number.round() as u32
}

//! The settings: size, steps, guidance, seed; and the state of the model that they belong to.

use leptos::prelude::*;

use crate::create::number::{NumberField, whole};
use crate::create::seed_field::SeedField;
use crate::create::size_field::SizeField;
use crate::create::state::State;
use crate::host::device::Path;
use crate::host::session::Phase;
use crate::recipe::limits::{self, GUIDANCE_MAX, GUIDANCE_MIN, Limits};
use crate::shell::header;
use crate::shell::icons::{AGAIN, Icon};
use crate::wording;

/// The panel of settings.
#[component]
pub fn Controls(state: State) -> impl IntoView {
    let State {
        draft,
        engine,
        gallery,
        ..
    } = state;
    let steps = draft.setting(|recipe| recipe.steps);
    let steps_max = Signal::derive(move || draft.limits.with(Limits::steps_max).to_string());
    let guidance = draft.setting(|recipe| recipe.guidance);
    let has_pictures = Memo::new(move |_| gallery.items.with(|items| !items.is_empty()));
    let set_steps = move |number: f64| {
        draft.choose(|recipe, limits| recipe.steps = limits.steps(whole(number)));
    };
    let set_guidance = move |number: f64| {
        draft.choose(|recipe, _| recipe.guidance = limits::guidance(number as f32));
    };
    view! {
        <section class="controls" aria-label="Settings">
            <div class="controls-head">
                <h2>"Settings"</h2>
                <button
                    class="quiet"
                    type="button"
                    data-testid="reset"
                    aria-disabled=move || if draft.has_choices() { "false" } else { "true" }
                    on:click=move |_| draft.recommend()
                >
                    <Icon path=AGAIN/>
                    "Recommended"
                </button>
            </div>
            <SizeField draft=draft/>
            <Slider
                id="steps"
                name="Steps"
                note="More steps take longer and add detail."
                value=Signal::derive(move || steps.get().to_string())
                spoken=Signal::derive(move || format!("{} steps", steps.get()))
                min="1".to_owned()
                max=steps_max
                step="1".to_owned()
                commit=set_steps
            />
            <Slider
                id="guidance"
                name="Guidance"
                note="How closely the picture follows the words. At 1 it is off, and twice as fast."
                value=Signal::derive(move || guidance.get().to_string())
                spoken=Signal::derive(move || wording::guidance(guidance.get()))
                min=GUIDANCE_MIN.to_string()
                max=GUIDANCE_MAX.to_string()
                step="0.5".to_owned()
                commit=set_guidance
            />
            <SeedField draft=draft/>
            <footer class="machine">
                <p class="machine-model" data-testid="model-state" data-state=move || match engine.phase.get() {
                    Phase::Starting => "starting",
                    Phase::Loading { .. } => "loading",
                    Phase::Preparing { .. } => "preparing",
                    Phase::Ready(_) => "ready",
                    Phase::Down => "down",
                }>
                    {move || model_words(&engine.phase.get())}
                </p>
                <p class="note">
                    // Pictures of this tab would be lost with the page.
                    <a
                        href="/model.html"
                        target=move || has_pictures.get().then_some("_blank")
                        rel="external"
                        data-testid="model-link"
                    >"About this model"</a>
                </p>
                <p class="machine-device">{move || header::words(engine)}</p>
                <p class="note">{move || match engine.path.get() {
                    Some(Path::Cpu(why)) => why.words(),
                    _ => "",
                }}</p>
                <p class="note">"Free and without limit. Prompts and pictures never leave this device."</p>
            </footer>
        </section>
    }
}

fn model_words(phase: &Phase) -> String {
    match phase {
        Phase::Starting => "Starting…".into(),
        Phase::Loading { .. } => "Loading the model…".into(),
        Phase::Preparing { .. } => "Preparing the model…".into(),
        Phase::Ready(model) => {
            format!(
                "{}, {}, {}",
                model.title,
                wording::bytes(model.size_bytes),
                model.licence
            )
        }
        Phase::Down => "Not running".into(),
    }
}

/// A range with its number beside it: dragged or typed, one value.
#[component]
fn Slider(
    id: &'static str,
    name: &'static str,
    note: &'static str,
    value: Signal<String>,
    /// What a screen reader says for the value.
    spoken: Signal<String>,
    #[prop(into)] min: Signal<String>,
    #[prop(into)] max: Signal<String>,
    #[prop(into)] step: Signal<String>,
    #[prop(into)] commit: Callback<f64>,
) -> impl IntoView {
    let note_id = format!("{id}-note");
    view! {
        <div class="field slider">
            <label class="name" for=id>{name}</label>
            <input
                type="range"
                aria-label=name
                aria-describedby=note_id.clone()
                aria-valuetext=move || spoken.get()
                data-testid=format!("{id}-range")
                min=move || min.get()
                max=move || max.get()
                step=move || step.get()
                prop:value=move || value.get()
                on:input:target=move |event| {
                    if let Ok(number) = event.target().value().parse() {
                        commit.run(number);
                    }
                }
            />
            <NumberField id=id value=value min=min max=max step=step commit=commit/>
            <p class="note" id=note_id>{note}</p>
        </div>
    }
}

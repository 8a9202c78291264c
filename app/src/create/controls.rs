//! The settings: size, steps, guidance, seed; and the state of the model that they belong to.

use leptos::prelude::*;

use crate::create::ground_field::GroundField;
use crate::create::number::{NumberField, whole};
use crate::create::seed_field::SeedField;
use crate::create::size_field::SizeField;
use crate::create::state::State;
use crate::host::device::Path;
use crate::host::session::Phase;
use crate::locales::{Message, live, messages, t};
use crate::recipe::limits::{self, GUIDANCE_MAX, GUIDANCE_MIN, Limits};
use crate::shell::header;
use crate::shell::icons::{AGAIN, Icon};
use crate::wording;

/// The panel of settings.
#[component]
pub fn Controls(state: State) -> impl IntoView {
    let State {
        form,
        host,
        gallery,
        ..
    } = state;
    let steps = form.setting(|recipe| recipe.steps);
    let steps_max = Signal::derive(move || form.limits.with(Limits::steps_max).to_string());
    let guidance = form.setting(|recipe| recipe.guidance);
    let has_pictures = Memo::new(move |_| gallery.items.with(|items| !items.is_empty()));
    let set_steps = move |number: f64| {
        form.choose(|recipe, limits| recipe.steps = limits.steps(whole(number)));
    };
    let set_guidance = move |number: f64| {
        form.choose(|recipe, _| recipe.guidance = limits::guidance(number as f32));
    };
    view! {
        <section class="controls" aria-label=t(messages::settings())>
            <div class="controls-head">
                <h2>{t(messages::settings())}</h2>
                <button
                    class="quiet"
                    type="button"
                    data-testid="reset"
                    aria-disabled=move || if form.has_choices() { "false" } else { "true" }
                    on:click=move |_| form.recommend()
                >
                    <Icon path=AGAIN/>
                    {t(messages::settings_recommended())}
                </button>
            </div>
            <SizeField form=form/>
            <Show when=move || form.limits.with(|limits| limits.alpha)>
                <GroundField ground=state.ground/>
            </Show>
            <Slider
                id="steps"
                name=messages::steps()
                note=messages::steps_note()
                value=Signal::derive(move || steps.get().to_string())
                spoken=Signal::derive(move || messages::steps_count(steps.get()))
                min="1".to_owned()
                max=steps_max
                step="1".to_owned()
                commit=set_steps
            />
            <Slider
                id="guidance"
                name=messages::guidance()
                note=messages::guidance_note()
                value=Signal::derive(move || guidance.get().to_string())
                spoken=Signal::derive(move || wording::guidance(guidance.get()))
                min=GUIDANCE_MIN.to_string()
                max=GUIDANCE_MAX.to_string()
                step="0.5".to_owned()
                commit=set_guidance
            />
            <SeedField form=form/>
            <footer class="machine">
                <p class="machine-model" data-testid="model-state" data-state=move || match host.phase.get() {
                    Phase::Starting => "starting",
                    Phase::Loading { .. } => "loading",
                    Phase::Preparing { .. } => "preparing",
                    Phase::Ready(_) => "ready",
                    Phase::Down => "down",
                }>
                    {live(move || model_state(&host.phase.get()))}
                </p>
                <p class="note">
                    // Pictures of this tab would be lost with the page.
                    <a
                        href="/model.html"
                        target=move || has_pictures.get().then_some("_blank")
                        rel="external"
                        data-testid="model-link"
                    >{t(messages::model_about())}</a>
                </p>
                <p class="machine-device">{live(move || header::computes_on(host))}</p>
                <p class="note">{live(move || match host.path.get() {
                    Some(Path::Cpu(why)) => Some(wording::reason_help(why)),
                    _ => None,
                })}</p>
                <p class="note">{t(messages::model_privacy())}</p>
            </footer>
        </section>
    }
}

fn model_state(phase: &Phase) -> Message {
    match phase {
        Phase::Starting => messages::model_starting(),
        Phase::Loading { .. } => messages::model_state_loading(),
        Phase::Preparing { .. } => messages::model_state_preparing(),
        Phase::Ready(model) => messages::model_state_ready(
            model.licence.as_str(),
            wording::bytes(model.size_bytes),
            model.title.as_str(),
        ),
        Phase::Down => messages::model_state_down(),
    }
}

/// A range with its number beside it: dragged or typed, one value.
#[component]
fn Slider(
    id: &'static str,
    name: Message,
    note: Message,
    value: Signal<String>,
    /// The value for screen readers.
    spoken: Signal<Message>,
    #[prop(into)] min: Signal<String>,
    #[prop(into)] max: Signal<String>,
    #[prop(into)] step: Signal<String>,
    #[prop(into)] commit: Callback<f64>,
) -> impl IntoView {
    let note_id = format!("{id}-note");
    let name = t(name);
    view! {
        <div class="field slider">
            <label class="name" for=id>{name}</label>
            <input
                type="range"
                aria-label=name
                aria-describedby=note_id.clone()
                aria-valuetext=live(move || spoken.get())
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
            <p class="note" id=note_id>{t(note)}</p>
        </div>
    }
}

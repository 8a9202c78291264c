//! Below the picture: how it was made, and what can be done with it.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Blob;

use crate::browser;
use crate::create::form::Form;
use crate::library::address::Refused;
use crate::library::gallery::Gallery;
use crate::library::item::Item;
use crate::library::{download, file};
use crate::locales::{Message, live, messages, t};
use crate::shell::icons::{AGAIN, COPY, DOWNLOAD, Icon};
use crate::wording;

/// Parameters and actions of the picture on the stage.
#[component]
pub fn Details(
    form: Form,
    gallery: Gallery,
    item: Memo<Option<Arc<Item>>>,
    embed: RwSignal<bool>,
    /// Takes announcements for screen readers.
    status: RwSignal<Option<Message>>,
) -> impl IntoView {
    view! {
        {move || item.get().map(|item| view! {
            <section class="details" aria-label=t(messages::picture_about())>
                <Actions item=item.clone() form=form gallery=gallery embed=embed status=status/>
                <Parameters item=item.clone() status=status/>
                <Notes item=item/>
            </section>
        })}
    }
}

/// Shows an outcome beside the buttons for a while, and announces it.
fn report(said: RwSignal<Option<Message>>, status: RwSignal<Option<Message>>, outcome: Message) {
    said.set(Some(outcome.clone()));
    status.set(Some(outcome));
    set_timeout(
        move || {
            // The picture may have been replaced meanwhile, and this line with it.
            _ = said.try_set(None);
        },
        Duration::from_secs(4),
    );
}

/// The file that leaves the page: on its ground, and with the parameters if they are wanted.
async fn export(item: Arc<Item>, embeds: bool) -> Result<Blob, Refused> {
    let record = item.current_record();
    let parameters = embeds.then(|| file::parameters(&record));
    let ground = record.recipe.ground;
    item.drawing.export(ground, parameters.as_ref()).await
}

#[component]
fn Actions(
    item: Arc<Item>,
    form: Form,
    gallery: Gallery,
    embed: RwSignal<bool>,
    status: RwSignal<Option<Message>>,
) -> impl IntoView {
    let id = item.record.id;
    let said = RwSignal::new(None);
    let on_download = {
        let item = item.clone();
        move |_| {
            said.set(Some(messages::picture_making()));
            let (item, embeds) = (item.clone(), embed.get_untracked());
            spawn_local(async move {
                let name = file::name(&item.record);
                let saved = export(item, embeds)
                    .await
                    .and_then(|png| download::save(&png, &name));
                match saved {
                    Ok(()) => {
                        gallery.mark_saved(id);
                        report(said, status, messages::picture_downloaded());
                    }
                    Err(Refused) => report(said, status, messages::picture_unmade()),
                }
            });
        }
    };
    let copied = item.clone();
    let on_copy = move |_| {
        said.set(Some(messages::picture_making()));
        let png = export(copied.clone(), embed.get_untracked());
        spawn_local(async move {
            report(
                said,
                status,
                match download::copy_picture(png).await {
                    Ok(()) => messages::picture_copied(),
                    Err(Refused) => messages::copy_refused(),
                },
            );
        });
    };
    let on_reuse = move |_| {
        form.reuse(&item.current_record().recipe);
        browser::focus("prompt");
        status.set(Some(messages::picture_reused()));
    };
    view! {
        <div class="buttons">
            <button class="primary" type="button" data-testid="download" on:click=on_download>
                <Icon path=DOWNLOAD/>
                {t(messages::picture_download())}
            </button>
            {download::can_copy().then(|| view! {
                <button class="plain" type="button" data-testid="copy-picture" on:click=on_copy>
                    <Icon path=COPY/>
                    {t(messages::picture_copy())}
                </button>
            })}
            <button class="plain" type="button" data-testid="reuse" on:click=on_reuse>
                <Icon path=AGAIN/>
                {t(messages::picture_reuse())}
            </button>
            <span class="said">{live(move || said.get())}</span>
        </div>
        <div class="embed">
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="embed-parameters"
                    aria-describedby="embed-note"
                    prop:checked=move || embed.get()
                    on:change:target=move |event| embed.set(event.target().checked())
                />
                <span>{t(messages::picture_embed())}</span>
            </label>
            <p class="note" id="embed-note">
                {t(messages::picture_embed_note())}
            </p>
        </div>
    }
}

#[component]
fn Parameters(item: Arc<Item>, status: RwSignal<Option<Message>>) -> impl IntoView {
    let record = &item.record;
    let recipe = &record.recipe;
    let seed = recipe.seed.to_string();
    let size = format!("{} × {}", recipe.width, recipe.height);
    let copied = RwSignal::new(None);
    let on_copy = {
        let seed = seed.clone();
        move |_| {
            let seed = seed.clone();
            spawn_local(async move {
                match download::copy_text(seed).await {
                    Ok(()) => report(copied, status, messages::seed_copied()),
                    Err(Refused) => report(copied, status, messages::copy_refused()),
                }
            });
        }
    };
    let fact = |name: Message, key: &'static str, value: Message| {
        view! {
            <div class="fact">
                <dt>{t(name)}</dt>
                <dd data-testid=format!("parameter-{key}")>{t(value)}</dd>
            </div>
        }
    };
    view! {
        <dl class="parameters" data-testid="parameters">
            <div class="fact wide">
                <dt>{t(messages::prompt())}</dt>
                <dd dir="auto" data-testid="parameter-prompt">{recipe.prompt.clone()}</dd>
            </div>
            <div class="fact seed">
                <dt>{t(messages::seed())}</dt>
                <dd>
                    <span data-testid="parameter-seed">{seed}</span>
                    <button class="quiet square small" type="button" aria-label=t(messages::seed_copy()) title=t(messages::seed_copy()) data-testid="copy-seed" on:click=on_copy>
                        <Icon path=COPY/>
                    </button>
                    <span class="said">{live(move || copied.get())}</span>
                </dd>
            </div>
            {fact(messages::size(), "size", messages::text(size))}
            {fact(messages::steps(), "steps", messages::number(recipe.steps))}
            {fact(messages::guidance(), "guidance", wording::guidance(recipe.guidance))}
            {fact(messages::fact_time(), "time", wording::duration(record.elapsed_ms))}
            {fact(messages::fact_model(), "model", messages::text(record.model.title.as_str()))}
            {fact(messages::fact_device(), "device", wording::device(&record.device))}
        </dl>
    }
}

/// What the person should know about the picture, such as words that were not read; nothing
/// where there is nothing. The live region announced it when the picture was finished.
#[component]
fn Notes(item: Arc<Item>) -> impl IntoView {
    let notes = &item.record.notes;
    (!notes.is_empty()).then(|| {
        let notes = notes.iter().map(|note| {
            view! { <li dir="auto">{t(wording::note(note))}</li> }
        });
        view! { <ul class="notes" data-testid="notes">{notes.collect_view()}</ul> }
    })
}

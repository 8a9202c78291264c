//! Below the picture: what made it, and what can be done with it.

use std::sync::Arc;
use std::time::Duration;

use image2_protocol::DeviceInfo;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::create::state::Draft;
use crate::library::download;
use crate::library::picture::Shot;
use crate::locales::{Message, live, messages, t};
use crate::shell::icons::{AGAIN, COPY, DOWNLOAD, Icon};
use crate::wording;

/// Parameters and actions of the picture on the stage.
#[component]
pub fn Details(
    draft: Draft,
    shot: Memo<Option<Arc<Shot>>>,
    embed: RwSignal<bool>,
    /// Takes announcements for screen readers.
    status: RwSignal<Option<Message>>,
) -> impl IntoView {
    view! {
        {move || shot.get().map(|shot| view! {
            <section class="details" aria-label=t(messages::picture_about())>
                <Actions shot=shot.clone() draft=draft embed=embed status=status/>
                <Parameters shot=shot status=status/>
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

#[component]
fn Actions(
    shot: Arc<Shot>,
    draft: Draft,
    embed: RwSignal<bool>,
    status: RwSignal<Option<Message>>,
) -> impl IntoView {
    let said = RwSignal::new(None);
    let file = {
        let shot = shot.clone();
        move || download::png(&shot.picture, embed.get_untracked().then_some(&shot.made))
    };
    let seed = shot.made.job.seed;
    let on_download = {
        let file = file.clone();
        move |_| match download::save(&file(), &download::file_name(seed)) {
            Ok(()) => report(said, status, messages::picture_downloaded()),
            Err(download::Unmade) => report(said, status, messages::picture_unmade()),
        }
    };
    let on_copy = move |_| {
        let file = file.clone();
        spawn_local(async move {
            report(
                said,
                status,
                match download::copy_picture(file()).await {
                    Ok(()) => messages::picture_copied(),
                    Err(download::Unmade) => messages::picture_copy_refused(),
                },
            );
        });
    };
    let on_reuse = move |_| {
        draft.reuse(&shot.made);
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
fn Parameters(shot: Arc<Shot>, status: RwSignal<Option<Message>>) -> impl IntoView {
    let made = &shot.made;
    let job = &made.job;
    let seed = job.seed.to_string();
    let size = format!("{} × {}", shot.picture.width(), shot.picture.height());
    let copied = RwSignal::new(None);
    let on_copy = {
        let seed = seed.clone();
        move |_| {
            let seed = seed.clone();
            spawn_local(async move {
                match download::copy_text(seed).await {
                    Ok(()) => report(copied, status, messages::seed_copied()),
                    Err(download::Unmade) => report(copied, status, messages::seed_copy_refused()),
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
                <dd data-testid="parameter-prompt">{job.prompt.clone()}</dd>
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
            {fact(messages::steps(), "steps", messages::number(job.steps))}
            {fact(messages::guidance(), "guidance", wording::guidance(job.guidance))}
            {fact(messages::fact_time(), "time", wording::duration(made.elapsed_ms))}
            {fact(messages::fact_model(), "model", messages::text(made.model.title.as_str()))}
            {fact(messages::fact_device(), "device", device(&made.device))}
        </dl>
    }
}

/// Where a picture was computed.
fn device(device: &DeviceInfo) -> Message {
    match device {
        DeviceInfo::Gpu { adapter } if adapter.is_empty() => messages::fact_device_gpu(),
        DeviceInfo::Gpu { adapter } => messages::fact_device_gpu_named(adapter.as_str()),
        DeviceInfo::Cpu => messages::fact_device_cpu(),
    }
}

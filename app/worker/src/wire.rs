//! Messages to and from the interface; their form is written down in `image2-protocol`.

use image2_protocol::{Event, Request};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Calls `handle` for each request. What is not a request is logged and dropped: only the
/// interface of the same build can post here.
pub(crate) fn listen(mut handle: impl FnMut(Request) + 'static) {
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event
            .data()
            .dyn_into::<Array>()
            .ok()
            .and_then(|message| message.get(0).as_string());
        match text.as_deref().map(serde_json::from_str) {
            Some(Ok(request)) => handle(request),
            _ => log::error!("a message is no request"),
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget(); // listens as long as the worker lives
}

/// Sends an event without pixels.
pub(crate) fn send(event: &Event) {
    let message = Array::of2(&text(event), &JsValue::NULL);
    // Fails only for what cannot be cloned; a string and null can.
    scope().post_message(&message).unwrap_throw();
}

/// Sends an event and hands its pixels over.
pub(crate) fn send_pixels(event: &Event, pixels: &[u8]) {
    let buffer = Uint8Array::from(pixels).buffer();
    let message = Array::of2(&text(event), &buffer);
    scope()
        .post_message_with_transfer(&message, &Array::of1(&buffer))
        .unwrap_throw();
}

fn text(event: &Event) -> JsValue {
    serde_json::to_string(event)
        .expect_throw("an event is plain data")
        .into()
}

/// Lets waiting messages be heard. A promise alone would not: promises run before messages do,
/// and a timer costs four milliseconds.
pub(crate) async fn yield_to_messages() {
    let channel = MessageChannel::new().unwrap_throw();
    let heard =
        js_sys::Promise::new(&mut |resolve, _| channel.port1().set_onmessage(Some(&resolve)));
    channel.port2().post_message(&JsValue::NULL).unwrap_throw();
    let _ = wasm_bindgen_futures::JsFuture::from(heard).await;
    channel.port1().close();
}

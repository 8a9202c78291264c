//! Messages to and from whoever started this worker; [`image2_protocol::wire`] defines their form.

use image2_protocol::wire::{self, Received};
use image2_protocol::{Event, Message, WireError};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Calls `handle` for each message that arrives.
pub(crate) fn listen<M: Message>(mut handle: impl FnMut(Result<Received<M>, WireError>) + 'static) {
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        handle(wire::unpack(&event.data()));
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget(); // listens as long as the worker lives
}

/// Sends an event that carries no buffers.
pub(crate) fn send(event: &Event) {
    post(event, &[]);
}

/// Sends an event with its pixels, which are copied out of wasm's memory once and then transferred.
pub(crate) fn send_pixels(event: &Event, pixels: &[u8]) {
    post(event, &[Uint8Array::from(pixels).buffer()]);
}

/// Sends a message with its buffers, which are transferred.
pub(crate) fn post(message: &impl Message, buffers: &[ArrayBuffer]) {
    let packed =
        wire::pack(message, buffers).expect_throw("a message with the buffers it declares");
    // Fails only for values that cannot be cloned; a string and fresh buffers can.
    scope()
        .post_message_with_transfer(&packed.message, &packed.transfer)
        .unwrap_throw();
}

/// Lets waiting messages be handled. A promise alone would not: promises run before messages do,
/// and a timer costs four milliseconds.
pub(crate) async fn yield_to_messages() {
    let channel = MessageChannel::new().unwrap_throw();
    let returned =
        js_sys::Promise::new(&mut |resolve, _| channel.port1().set_onmessage(Some(&resolve)));
    channel.port2().post_message(&JsValue::NULL).unwrap_throw();
    let _ = wasm_bindgen_futures::JsFuture::from(returned).await;
    channel.port1().close();
}

/// What the browser says of a failure, for the log.
pub(crate) fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => "unknown reason".to_owned(),
    }
}

//! Messages between the page and the worker that computes.
//!
//! The page sends [`Request`]s, the worker sends [`Event`]s; [`wire`] defines their form. The
//! worker sends the first message: [`Event::Ready`], which carries its [`PROTOCOL`], or
//! [`Event::Failed`]. The page sends nothing before that, because a worker has no listener until
//! its wasm runs. One job runs at a time, and each ends in exactly one of `Done`, `Cancelled` or
//! `Failed`.
//!
//! No message holds a sentence: failures and notes are codes with arguments, and the page words
//! them. Everything that decides a picture is one [`Recipe`](image2_picture::Recipe), so a new
//! setting changes no message.

mod event;
mod failure;
mod request;
pub mod wire;

pub use event::{DeviceInfo, Estimate, Event, Frame, ModelInfo, Stage};
pub use failure::{Arguments, Failure, Note, Remedy};
pub use request::Request;
pub use wire::{Message, Received, WireError};

/// Version of the messages, of the recipe in them and of their form. The page refuses a worker with
/// another one: the two come from different deployments. Raise it with every change of these.
///
/// Workers built before it existed send none, which is read as 0.
pub const PROTOCOL: u32 = 3;

/// Identifies one job from its `Generate` to its end, or one `Estimate`; the page counts up and never
/// reuses one.
pub type JobId = u32;

//! One press, one activation.
//!
//! People double-click out of habit, hold a key a little too long, or tap twice because a hand
//! trembles. The second activation must not undo the first one: not by toggling back, not by
//! pressing the control that has just taken the first one's place, as Cancel takes Generate's on a
//! phone. One pair of listeners guards every control of the page, so that no control needs its own.
//!
//! A control for which repetition is the point says so: `data-repeatable`.

use std::cell::RefCell;

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlLabelElement, KeyboardEvent, MouseEvent};

use crate::browser;

/// Longest pause within a double click: the usual setting of operating systems.
const DOUBLE_MS: f64 = 500.0;
/// No hand is as fast: a click so close to the last one is the browser's own, which it sends to a
/// field after a click on its label.
const SAME_PRESS_MS: f64 = 30.0;
/// All that a press activates. Not text fields, where a double click selects a word.
const CONTROLS: &str = "button, a[href], summary, label, input[type=checkbox], input[type=radio]";

/// A click with a pointer.
#[derive(Clone, Debug)]
struct Click<C> {
    at_ms: f64,
    point: [f64; 2],
    control: C,
    /// The control's box on the page at that moment: left, top, right, bottom.
    extent: [f64; 4],
}

/// Decides which clicks count, from the one before.
#[derive(Debug)]
struct Guard<C> {
    last: Option<Click<C>>,
}

impl<C: PartialEq> Guard<C> {
    /// Whether this click counts. A burst counts once: each click is held against the one before,
    /// whether that counted or not.
    fn admits(&mut self, click: Click<C>, is_repeatable: bool) -> bool {
        let Some(last) = &self.last else {
            self.last = Some(click);
            return true;
        };
        let pause_ms = click.at_ms - last.at_ms;
        if pause_ms < SAME_PRESS_MS {
            return true;
        }
        let [x, y] = click.point;
        let [left, top, right, bottom] = last.extent;
        let is_same_place = (left..=right).contains(&x) && (top..=bottom).contains(&y);
        let is_repeated = click.control == last.control && is_repeatable;
        let admits = pause_ms > DOUBLE_MS || !is_same_place || is_repeated;
        self.last = Some(click);
        admits
    }
}

/// Guards every control of the page from now on.
pub fn install() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let guard = RefCell::new(Guard { last: None });
    // In the capturing phase, in front of every other listener.
    let options = EventListenerOptions {
        phase: gloo::events::EventListenerPhase::Capture,
        passive: false,
    };
    EventListener::new_with_options(&window, "click", options, move |event| {
        if let Some((click, is_repeatable)) = click_of(event)
            && !guard.borrow_mut().admits(click, is_repeatable)
        {
            swallow(event);
        }
    })
    .forget();
    EventListener::new_with_options(&window, "keydown", options, |event| {
        let key = event.unchecked_ref::<KeyboardEvent>();
        let activates = matches!(key.key().as_str(), "Enter" | " ");
        if key.repeat() && activates && control_of(event).is_some() {
            swallow(event);
        }
    })
    .forget();
}

fn swallow(event: &Event) {
    event.prevent_default();
    event.stop_immediate_propagation();
}

/// The control that an event goes to; a label stands for its field.
fn control_of(event: &Event) -> Option<Element> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let control = target.closest(CONTROLS).ok()??;
    match control.dyn_ref::<HtmlLabelElement>() {
        Some(label) => label.control().map(Into::into),
        None => Some(control),
    }
}

/// Nothing for a click by a key or a script: those have no place, and count no clicks.
fn click_of(event: &Event) -> Option<(Click<Element>, bool)> {
    let mouse = event.dyn_ref::<MouseEvent>()?;
    if mouse.detail() == 0 {
        return None;
    }
    let control = control_of(event)?;
    let is_repeatable = control.has_attribute("data-repeatable");
    let extent = control.get_bounding_client_rect();
    // On the page, not in the window: where it was scrolled in between, the hand meant another place.
    let [x, y] = [mouse.page_x(), mouse.page_y()].map(f64::from);
    let [across, down] = [
        x - f64::from(mouse.client_x()),
        y - f64::from(mouse.client_y()),
    ];
    let click = Click {
        at_ms: browser::now_ms(),
        point: [x, y],
        extent: [
            extent.left() + across,
            extent.top() + down,
            extent.right() + across,
            extent.bottom() + down,
        ],
        control,
    };
    Some((click, is_repeatable))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard<&'static str> {
        Guard { last: None }
    }

    fn click(at_ms: f64, control: &'static str, x: f64) -> Click<&'static str> {
        let [left, right] = match control {
            "beside" => [100.0, 200.0],
            _ => [0.0, 99.0],
        };
        Click {
            at_ms,
            point: [x, 5.0],
            control,
            extent: [left, 0.0, right, 10.0],
        }
    }

    #[test]
    fn a_double_click_counts_once_and_a_burst_too() {
        let mut guard = guard();
        assert!(guard.admits(click(0.0, "lock", 50.0), false));
        for at_ms in [120.0, 400.0, 800.0, 1_290.0] {
            assert!(!guard.admits(click(at_ms, "lock", 50.0), false), "{at_ms}");
        }
        assert!(guard.admits(click(1_800.0, "lock", 50.0), false));
    }

    #[test]
    fn a_control_that_took_the_place_of_another_is_not_hit() {
        let mut guard = guard();
        assert!(guard.admits(click(0.0, "generate", 50.0), false));
        assert!(!guard.admits(click(280.0, "cancel", 60.0), false));
        assert!(guard.admits(click(900.0, "cancel", 60.0), false));
    }

    #[test]
    fn another_control_beside_can_be_hit_at_once() {
        let mut guard = guard();
        assert!(guard.admits(click(0.0, "lock", 95.0), false));
        assert!(guard.admits(click(200.0, "beside", 105.0), false));
    }

    #[test]
    fn what_is_meant_to_be_repeated_is() {
        let mut guard = guard();
        assert!(guard.admits(click(0.0, "roll", 50.0), true));
        assert!(guard.admits(click(100.0, "roll", 50.0), true));
        // But not by something else that came to stand there.
        assert!(!guard.admits(click(200.0, "erase", 50.0), true));
    }

    #[test]
    fn a_label_and_its_field_are_one_press() {
        let mut guard = guard();
        assert!(guard.admits(click(0.0, "check", 50.0), false));
        assert!(guard.admits(click(1.0, "check", 50.0), false));
        assert!(!guard.admits(click(150.0, "check", 50.0), false));
    }
}

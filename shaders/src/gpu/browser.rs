//! Between a browser and wgpu: properties of the adapter that wgpu does not report, and features that
//! it does not request.

use std::cell::OnceCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::offer::Offer;
use crate::tuning::{Family, SubgroupMatrix};

/// WGSL's name for products of four packed bytes.
const PACKED: &str = "packed_4x8_integer_dot_product";

/// WebGPU's name for wgpu's `SUBGROUP`, which wgpu does not request from browsers.
const SUBGROUPS: &str = "subgroups";

/// Chromium's name for subgroup matrices, while they are experimental.
const MATRICES: &str = "chromium-experimental-subgroup-matrix";

/// WebGPU's name for f16, which wgpu requests.
const HALF: &str = "shader-f16";

/// Features that are requested where they are offered, in addition to wgpu's.
const WANTED: [&str; 2] = [SUBGROUPS, MATRICES];

/// An adapter of the browser, which wgpu receives until this is dropped.
///
/// Until then the adapter and `navigator.gpu` have a method of their own that shadows their
/// prototype's, so every request for an adapter returns this one.
pub(super) struct Adapter {
    gpu: JsValue,
    adapter: JsValue,
    /// Features of the device that wgpu received.
    granted: Rc<OnceCell<JsValue>>,
    _shadows: [Shadow; 2],
}

impl Adapter {
    /// `None` where there is no adapter; wgpu then reports the reason.
    pub(super) async fn request() -> Option<Self> {
        Self::request_from_browser().await.unwrap_or_default()
    }

    async fn request_from_browser() -> Result<Option<Self>, JsValue> {
        let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
        let gpu = Reflect::get(&navigator, &"gpu".into())?;
        // The same preference as in `open.rs`.
        let options = Object::new();
        Reflect::set(
            &options,
            &"powerPreference".into(),
            &"high-performance".into(),
        )?;
        let asked = call(&gpu, "requestAdapter", &options)?;
        let adapter = JsFuture::from(asked.unchecked_into::<Promise>()).await?;
        if adapter.is_falsy() {
            return Ok(None);
        }
        let offered = Reflect::get(&adapter, &"features".into())?;
        let features = Array::new();
        for feature in WANTED {
            if call(&offered, "has", &feature.into())?.is_truthy() {
                features.push(&feature.into());
            }
        }
        let granted = Rc::new(OnceCell::new());
        let shadows = [
            Shadow::lay(&gpu, "requestAdapter", {
                let adapter = adapter.clone();
                move |_, _| Promise::resolve(&adapter)
            })?,
            Shadow::lay(&adapter, "requestDevice", {
                let (adapter, granted) = (adapter.clone(), granted.clone());
                move |original, wanted| {
                    let [adapter, original, features] =
                        [&adapter, original.as_ref(), features.as_ref()].map(JsValue::clone);
                    let granted = granted.clone();
                    future_to_promise(async move {
                        let original = original.unchecked_into();
                        let device =
                            request_device_with(&adapter, &original, &wanted, &features).await?;
                        let _ = granted.set(Reflect::get(&device, &"features".into())?);
                        Ok(device)
                    })
                }
            })?,
        ];
        Ok(Some(Self {
            gpu,
            adapter,
            granted,
            _shadows: shadows,
        }))
    }

    /// Its properties; those that the browser does not report count as absent.
    pub(super) fn offer(&self) -> Offer {
        let text = |name| {
            self.info(name)
                .and_then(|text| text.as_string())
                .unwrap_or_default()
        };
        let language = Reflect::get(&self.gpu, &"wgslLanguageFeatures".into());
        let packed = language.and_then(|language| call(&language, "has", &PACKED.into()));
        Offer {
            family: Family::from_vendor_name(&text("vendor")),
            architecture: text("architecture"),
            packed: packed.is_ok_and(|has| has.is_truthy()),
            subgroups: self.is_granted(SUBGROUPS),
            subgroup_matrix: self.subgroup_matrix(),
        }
    }

    /// The device's subgroup matrices of a kind that the kernels support: of f16 if there is one, with
    /// sums in f32.
    fn subgroup_matrix(&self) -> Option<SubgroupMatrix> {
        let [least, most] = ["subgroupMinSize", "subgroupMaxSize"]
            .map(|name| self.info(name).and_then(|size| size.as_f64()));
        let lanes = most.filter(|most| Some(*most) == least)? as usize;
        if !WANTED.iter().all(|feature| self.is_granted(feature)) || !(8..=64).contains(&lanes) {
            return None;
        }
        let offered = Array::from(&self.info("subgroupMatrixConfigs")?);
        let kinds = offered.iter().filter_map(|kind| known_matrix(&kind, lanes));
        let kinds = kinds.filter(|kind| !kind.half || self.is_granted(HALF));
        // The first of f16: browsers list the device's preferred kinds first.
        kinds.min_by_key(|kind| !kind.half)
    }

    fn is_granted(&self, feature: &str) -> bool {
        let has = |features| call(features, "has", &feature.into());
        let has = self.granted.get().map(has);
        has.is_some_and(|has| has.is_ok_and(|has| has.is_truthy()))
    }

    /// A property of `GPUAdapterInfo`.
    fn info(&self, name: &str) -> Option<JsValue> {
        let info = Reflect::get(&self.adapter, &"info".into()).ok()?;
        let value = Reflect::get(&info, &name.into()).ok()?;
        (!value.is_undefined() && !value.is_null()).then_some(value)
    }
}

/// The device that wgpu requests, with more features; without them if that is refused.
async fn request_device_with(
    adapter: &JsValue,
    request_device: &Function,
    wanted: &JsValue,
    more: &JsValue,
) -> Result<JsValue, JsValue> {
    let features = Reflect::get(wanted, &"requiredFeatures".into())?;
    let features = Array::from(&features).concat(&Array::from(more));
    let extended = Object::assign(&Object::new(), wanted.unchecked_ref());
    Reflect::set(&extended, &"requiredFeatures".into(), &features)?;
    let request = async |wanted: &JsValue| {
        let asked = request_device.call1(adapter, wanted)?;
        JsFuture::from(asked.unchecked_into::<Promise>()).await
    };
    match request(&extended).await {
        Ok(device) => Ok(device),
        Err(error) => {
            log::warn!("a device with {features:?} was refused: {error:?}");
            request(wanted).await
        }
    }
}

/// A `GPUSubgroupMatrixConfig`, if the kernels support its kind.
fn known_matrix(kind: &JsValue, lanes: usize) -> Option<SubgroupMatrix> {
    let read = |name: &str| Reflect::get(kind, &name.into()).ok();
    let size = |name| read(name)?.as_f64().map(|size| size as usize);
    let [operands, results] = [read("componentType")?, read("resultComponentType")?];
    let matrix = SubgroupMatrix {
        m: size("M")?,
        n: size("N")?,
        k: size("K")?,
        half: operands == "f16",
        lanes: Some(lanes),
    };
    let known = (matrix.half || operands == "f32") && results == "f32" && matrix.is_known();
    known.then_some(matrix)
}

/// A method of one object that shadows its prototype's until this is dropped.
struct Shadow {
    of: JsValue,
    method: &'static str,
    _answer: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl Shadow {
    /// `answer` receives the original method and its argument.
    fn lay(
        of: &JsValue,
        method: &'static str,
        answer: impl Fn(&Function, JsValue) -> Promise + 'static,
    ) -> Result<Self, JsValue> {
        let original: Function = Reflect::get(of, &method.into())?.dyn_into()?;
        let answer = Closure::new(move |argument| answer(&original, argument));
        Reflect::set(of, &method.into(), answer.as_ref())?;
        Ok(Self {
            of: of.clone(),
            method,
            _answer: answer,
        })
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        let _ = Reflect::delete_property(self.of.unchecked_ref::<Object>(), &self.method.into());
    }
}

fn call(of: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(of, &method.into())?
        .dyn_into::<Function>()?
        .call1(of, argument)
}

//! What stands between a browser and wgpu: facts that wgpu does not pass on, and features that it
//! asks no browser for.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::Offer;
use crate::tuning::{Family, Unit};

/// WGSL's name for products of four packed bytes.
const PACKED: &str = "packed_4x8_integer_dot_product";

/// WebGPU's name for what wgpu calls `SUBGROUP` and asks no browser for.
const SUBGROUPS: &str = "subgroups";

/// Chromium's name for subgroup matrices, while they are an experiment.
const MATRICES: &str = "chromium-experimental-subgroup-matrix";

/// Features that are asked for where they are offered, beside those that wgpu asks for.
const WANTED: [&str; 2] = [SUBGROUPS, MATRICES];

/// An adapter of the browser, which wgpu is given until this is dropped.
///
/// It and `navigator.gpu` have a property of their own meanwhile, which comes before the one of
/// their kind: nothing else in the page sees a difference.
pub(super) struct Adapter {
    gpu: JsValue,
    adapter: JsValue,
    features: Array,
    _answers: [Closure<dyn FnMut(JsValue) -> JsValue>; 2],
}

impl Adapter {
    /// `None` where there is no adapter; wgpu says then what it lacks.
    pub(super) async fn ask() -> Option<Self> {
        Self::ask_browser().await.unwrap_or_default()
    }

    async fn ask_browser() -> Result<Option<Self>, JsValue> {
        let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
        let gpu = Reflect::get(&navigator, &"gpu".into())?;
        // The one that the engine wants.
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
        let answers = [
            shadow(&gpu, "requestAdapter", {
                let adapter = adapter.clone();
                move |_, _| Ok(Promise::resolve(&adapter).into())
            })?,
            shadow(&adapter, "requestDevice", {
                let (adapter, features) = (adapter.clone(), features.clone());
                move |original, wanted| {
                    let asked = Reflect::get(&wanted, &"requiredFeatures".into())?;
                    let asked = Array::from(&asked).concat(&features);
                    Reflect::set(&wanted, &"requiredFeatures".into(), &asked)?;
                    original.call1(&adapter, &wanted)
                }
            })?,
        ];
        Ok(Some(Self {
            gpu,
            adapter,
            features,
            _answers: answers,
        }))
    }

    /// What the browser says of it; what it does not say counts as not offered.
    pub(super) fn offer(&self) -> Offer {
        let vendor = self.info("vendor").and_then(|vendor| vendor.as_string());
        let words = Reflect::get(&self.gpu, &"wgslLanguageFeatures".into());
        let packed = words.and_then(|words| call(&words, "has", &PACKED.into()));
        Offer {
            family: Family::from_vendor_name(&vendor.unwrap_or_default()),
            packed: packed.is_ok_and(|has| has.is_truthy()),
            subgroups: self.has(SUBGROUPS),
            matrix: self.unit(),
        }
    }

    /// Of the subgroup matrices that the device has, the kind that the kernels know: of f16 if
    /// there is one, sums in f32.
    fn unit(&self) -> Option<Unit> {
        let [least, most] = ["subgroupMinSize", "subgroupMaxSize"]
            .map(|name| self.info(name).and_then(|size| size.as_f64()));
        let lanes = most.filter(|most| Some(*most) == least)? as usize;
        if !WANTED.iter().all(|feature| self.has(feature)) || !(8..=64).contains(&lanes) {
            return None;
        }
        let offered = Array::from(&self.info("subgroupMatrixConfigs")?);
        let units = offered.iter().filter_map(|kind| unit(&kind, lanes));
        units.max_by_key(|unit| unit.half)
    }

    fn has(&self, feature: &str) -> bool {
        self.features.includes(&feature.into(), 0)
    }

    /// What `GPUAdapterInfo` says.
    fn info(&self, name: &str) -> Option<JsValue> {
        let info = Reflect::get(&self.adapter, &"info".into()).ok()?;
        let value = Reflect::get(&info, &name.into()).ok()?;
        (!value.is_undefined()).then_some(value)
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        for (of, method) in [
            (&self.gpu, "requestAdapter"),
            (&self.adapter, "requestDevice"),
        ] {
            let _ = Reflect::delete_property(of.unchecked_ref::<Object>(), &method.into());
        }
    }
}

/// A `GPUSubgroupMatrixConfig`, if the kernels know its kind.
fn unit(kind: &JsValue, lanes: usize) -> Option<Unit> {
    let read = |name: &str| Reflect::get(kind, &name.into()).ok();
    let size = |name| read(name)?.as_f64().map(|size| size as usize);
    let [operands, results] = [read("componentType")?, read("resultComponentType")?];
    let unit = Unit {
        m: size("M")?,
        n: size("N")?,
        k: size("K")?,
        half: operands == "f16",
        lanes,
    };
    let known = (unit.half || operands == "f32") && results == "f32" && unit.is_known();
    known.then_some(unit)
}

/// Lays `answer` over a method of one object; it is given the method itself, and its argument.
fn shadow(
    of: &JsValue,
    method: &str,
    answer: impl Fn(&Function, JsValue) -> Result<JsValue, JsValue> + 'static,
) -> Result<Closure<dyn FnMut(JsValue) -> JsValue>, JsValue> {
    let original: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    let closure = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |argument| {
        answer(&original, argument).unwrap_or_else(|error| Promise::reject(&error).into())
    });
    Reflect::set(of, &method.into(), closure.as_ref())?;
    Ok(closure)
}

fn call(of: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(of, &method.into())?
        .dyn_into::<Function>()?
        .call1(of, argument)
}

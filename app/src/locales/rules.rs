//! Plural categories and numbers of a language. The browser knows those of every language, so the
//! page carries no tables of its own; tests use rules that are written out here.

use js_sys::Intl::{NumberFormat, PluralRules};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

/// What a sentence needs to know of its language.
pub trait Rules {
    /// The plural category of a number after CLDR: `zero`, `one`, `two`, `few`, `many`, `other`.
    fn category(&self, number: f64) -> String;
    /// A number with `digits` digits after the decimal mark.
    fn number(&self, value: f64, digits: u8) -> String;
}

/// The browser's rules, by `Intl`.
pub struct BrowserRules {
    locale: Array,
    plural: PluralRules,
}

impl BrowserRules {
    /// The rules of the language with this BCP 47 tag.
    pub fn new(tag: &str) -> Self {
        let locale = Array::of1(&tag.into());
        let plural = PluralRules::new(&locale, &Object::new());
        Self { locale, plural }
    }
}

impl Rules for BrowserRules {
    fn category(&self, number: f64) -> String {
        self.plural.select(number).into()
    }

    fn number(&self, value: f64, digits: u8) -> String {
        let options = Object::new();
        for name in ["minimumFractionDigits", "maximumFractionDigits"] {
            // Refused only by a frozen object.
            _ = Reflect::set(&options, &name.into(), &digits.into());
        }
        NumberFormat::new(&self.locale, &options)
            .format()
            .call1(&JsValue::NULL, &value.into())
            .ok()
            .and_then(|text| text.as_string())
            .unwrap_or_else(|| format!("{value:.*}", usize::from(digits)))
    }
}

/// Rules for tests on the host, which has no `Intl`.
#[cfg(test)]
pub enum TestRules {
    English,
    German,
    Arabic,
}

#[cfg(test)]
impl Rules for TestRules {
    fn category(&self, number: f64) -> String {
        let hundredth = number % 100.0;
        match self {
            Self::Arabic if number == 0.0 => "zero",
            Self::Arabic if number == 2.0 => "two",
            Self::Arabic if (3.0..=10.0).contains(&hundredth) => "few",
            Self::Arabic if hundredth >= 11.0 => "many",
            _ if number == 1.0 => "one",
            _ => "other",
        }
        .into()
    }

    fn number(&self, value: f64, digits: u8) -> String {
        let text = format!("{value:.*}", usize::from(digits));
        match self {
            Self::German => text.replace('.', ","),
            Self::English | Self::Arabic => text,
        }
    }
}

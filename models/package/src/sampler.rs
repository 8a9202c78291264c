//! The recommended settings of a denoiser.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The recommended settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sampler {
    /// The integration rule.
    pub method: Method,
    /// How many steps.
    pub steps: u32,
    /// The times between those steps, from noise (0) to picture (1); evenly spaced if not given.
    /// A network that was distilled to few steps knows only these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<f64>>,
    /// Strength of classifier-free guidance; 1 switches it off.
    pub guidance: f32,
    /// Where guidance acts, in the network's time from noise (0) to picture (1).
    pub guidance_interval: [f32; 2],
}

/// An integration rule for the sampling equation: the one list of them, for packages, recipes and
/// the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// First order, one evaluation a step.
    Euler,
    /// Second order, two evaluations a step.
    Heun,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 2] = [Self::Euler, Self::Heun];

    /// The stable, lowercase name that manifests, recipes and files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Heun => "heun",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    /// Ignores case: files of earlier versions hold `Euler`.
    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        let known = |method: &Self| method.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(known).ok_or(UnknownMethod)
    }
}

/// No [`Method`] has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the integration rule is unknown")]
pub struct UnknownMethod;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_names_match_their_json_and_parse_in_any_case() {
        for method in Method::ALL {
            let json = serde_json::to_string(&method).expect("a string");
            assert_eq!(json, format!("\"{method}\""));
            assert_eq!(method.name().to_uppercase().parse(), Ok(method));
        }
        assert_eq!("Euler".parse(), Ok(Method::Euler));
        assert_eq!("rk4".parse::<Method>(), Err(UnknownMethod));
    }
}

//! The settings that differ from the model's recommendation, by the names of their fields in a
//! [`Recipe`].
//!
//! A setting that was left alone is absent and follows the model, so that another model brings its
//! own defaults and "Recommended" is simply forgetting. Kept as JSON, which is also the stored
//! form: nothing here lists the settings.

use image2_picture::Recipe;
use serde_json::{Map, Value};

/// Two fields that are one setting: one side of another model's size is no shape.
const SIZE: [&str; 2] = ["width", "height"];
/// Fields of a recipe that are no settings: each picture has its own.
const NO_SETTINGS: [&str; 2] = ["prompt", "seed"];

/// Chosen settings; each is valid for its field by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices(Map<String, Value>);

impl Choices {
    /// The settings among `fields`. Values that are not valid for their field are dropped, each by
    /// itself; so are the names of no setting.
    pub fn from_fields(fields: &Map<String, Value>) -> Self {
        let valid = |(name, value): &(&String, &Value)| is_setting(name) && is_valid(name, value);
        let cloned = |(name, value): (&String, &Value)| (name.clone(), value.clone());
        Self(fields.iter().filter(valid).map(cloned).collect())
    }

    /// The chosen settings by name.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether every setting follows the model.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The recommendation with the choices in place.
    pub fn over(&self, recommended: &Recipe) -> Recipe {
        let mut fields = fields(recommended);
        fields.extend(self.0.clone());
        serde_json::from_value(fields.into()).unwrap_or_else(|_| recommended.clone())
    }

    /// Changes some settings. One that becomes the recommended one follows the model again.
    pub fn change(&mut self, recommended: &Recipe, change: impl FnOnce(&mut Recipe)) {
        let before = self.over(recommended);
        let mut after = before.clone();
        change(&mut after);
        let [before, after, recommended] = [&before, &after, recommended].map(fields);
        for name in after.keys().filter(|name| is_setting(name)) {
            let names = setting(name);
            let differs = |one: &Map<_, _>, other: &Map<_, _>| {
                names.iter().any(|name| one.get(*name) != other.get(*name))
            };
            if differs(&after, &recommended) {
                for name in names {
                    self.0.insert(name.into(), after[name].clone());
                }
            } else if differs(&before, &recommended) {
                for name in names {
                    self.0.remove(name);
                }
            }
        }
    }
}

/// All fields of the setting that this field belongs to.
fn setting(name: &str) -> Vec<&str> {
    if SIZE.contains(&name) {
        SIZE.to_vec()
    } else {
        vec![name]
    }
}

fn is_setting(name: &str) -> bool {
    !NO_SETTINGS.contains(&name)
}

/// Whether a field of this name exists and takes this value. Read back, because a number beyond
/// f32 is read as infinity, which JSON has not.
fn is_valid(name: &str, value: &Value) -> bool {
    let mut trial = fields(&Recipe::default());
    let is_field = trial.insert(name.to_owned(), value.clone()).is_some();
    is_field
        && serde_json::from_value(trial.into())
            .is_ok_and(|recipe: Recipe| !fields(&recipe)[name].is_null())
}

fn fields(recipe: &Recipe) -> Map<String, Value> {
    match serde_json::to_value(recipe) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn recommended() -> Recipe {
        Recipe {
            width: 128,
            height: 128,
            steps: 4,
            guidance: 2.0,
            ..Recipe::default()
        }
    }

    fn from(value: Value) -> Choices {
        Choices::from_fields(value.as_object().expect("an object"))
    }

    #[test]
    fn what_differs_is_kept_and_the_rest_follows_the_model() {
        let mut choices = Choices::default();
        choices.change(&recommended(), |recipe| {
            recipe.steps = 12;
            recipe.guidance = 3.5;
            recipe.prompt = "not a setting".into();
        });
        assert_eq!(choices, from(json!({"steps": 12, "guidance": 3.5})));
        let other = Recipe {
            width: 512,
            steps: 20,
            ..recommended()
        };
        let expected = Recipe {
            steps: 12,
            guidance: 3.5,
            ..other.clone()
        };
        assert_eq!(choices.over(&other), expected);

        choices.change(&recommended(), |recipe| recipe.steps = 4);
        assert_eq!(choices, from(json!({"guidance": 3.5})));
    }

    #[test]
    fn a_size_is_kept_whole() {
        let mut choices = Choices::default();
        choices.change(&recommended(), |recipe| recipe.height = 96);
        assert_eq!(choices, from(json!({"width": 128, "height": 96})));
        let smaller = Recipe {
            width: 64,
            height: 64,
            ..recommended()
        };
        let recipe = choices.over(&smaller);
        assert_eq!((recipe.width, recipe.height), (128, 96));
        choices.change(&recommended(), |recipe| recipe.height = 128);
        assert!(choices.is_empty());
    }

    #[test]
    fn a_choice_survives_a_model_that_happens_to_recommend_it() {
        let mut choices = from(json!({"steps": 4}));
        choices.change(&recommended(), |recipe| recipe.guidance = 5.0);
        assert_eq!(choices, from(json!({"steps": 4, "guidance": 5.0})));
    }

    /// The field that the page has no control for yet goes the same way as all others.
    #[test]
    fn every_setting_of_a_recipe_can_be_chosen() {
        for (name, value) in fields(&recommended()) {
            let other = match value {
                Value::String(_) => json!("heun"),
                Value::Null => json!("#ffcc00"),
                _ => json!(7),
            };
            let fields: Map<_, _> = [(name.clone(), other)].into_iter().collect();
            let is_kept = !Choices::from_fields(&fields).is_empty();
            assert_eq!(is_kept, is_setting(&name), "{name}");
        }
    }

    #[test]
    fn an_invalid_value_is_dropped_by_itself() {
        let read = from(json!({
            "width": -4, "height": 96, "steps": 1.5, "guidance": 1e300, "shift": null,
            "sampler": 3, "seed": 9, "no_such_setting": 1,
        }));
        assert_eq!(read, from(json!({"height": 96})));
    }
}

//! Colours by name or number, for the ground below a drawing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A colour in sRGB: red, green, blue. Its text is `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Colour(pub [u8; 3]);

/// A text that is no colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour; write a name such as yellow or sky blue, or a number such as #ffcc00")]
pub struct UnknownColour(pub String);

impl Colour {
    /// The colours that prompts name, as the default model was trained on them: a ground and a
    /// thing of one name match.
    pub const NAMED: [(&str, Self); 30] = [
        ("white", Self([255, 255, 255])),
        ("black", Self([20, 20, 24])),
        ("gray", Self([150, 155, 165])),
        ("light gray", Self([222, 225, 230])),
        ("dark gray", Self([72, 76, 86])),
        ("red", Self([222, 60, 58])),
        ("maroon", Self([122, 30, 44])),
        ("coral", Self([250, 128, 112])),
        ("orange", Self([244, 148, 52])),
        ("peach", Self([252, 205, 172])),
        ("gold", Self([224, 172, 50])),
        ("yellow", Self([250, 214, 80])),
        ("cream", Self([252, 244, 218])),
        ("beige", Self([236, 220, 192])),
        ("brown", Self([128, 90, 60])),
        ("lime", Self([170, 215, 80])),
        ("green", Self([66, 168, 88])),
        ("dark green", Self([26, 92, 62])),
        ("light green", Self([176, 226, 166])),
        ("mint", Self([188, 238, 214])),
        ("teal", Self([30, 150, 155])),
        ("turquoise", Self([84, 206, 204])),
        ("sky blue", Self([150, 205, 250])),
        ("blue", Self([58, 118, 228])),
        ("navy", Self([24, 40, 92])),
        ("purple", Self([138, 80, 200])),
        ("lavender", Self([208, 194, 242])),
        ("magenta", Self([216, 62, 146])),
        ("pink", Self([246, 152, 190])),
        ("light pink", Self([252, 214, 226])),
    ];
}

/// Other spellings of the names.
const SPELLINGS: [(&str, &str); 18] = [
    ("grey", "gray"),
    ("light grey", "light gray"),
    ("dark grey", "dark gray"),
    ("charcoal", "dark gray"),
    ("dark red", "maroon"),
    ("golden", "gold"),
    ("ivory", "cream"),
    ("lime green", "lime"),
    ("mint green", "mint"),
    ("cyan", "turquoise"),
    ("light blue", "sky blue"),
    ("skyblue", "sky blue"),
    ("navy blue", "navy"),
    ("dark blue", "navy"),
    ("lilac", "lavender"),
    ("light purple", "lavender"),
    ("hot pink", "magenta"),
    ("violet", "purple"),
];

impl FromStr for Colour {
    type Err = UnknownColour;

    /// A name in any case, its words parted by spaces, `-` or `_`; `#rgb` or `#rrggbb`.
    fn from_str(text: &str) -> Result<Self, UnknownColour> {
        let unknown = || UnknownColour(text.to_owned());
        if let Some(digits) = text.trim().strip_prefix('#') {
            return hexadecimal(digits).ok_or_else(unknown);
        }
        let words: Vec<String> = text
            .split(|c: char| c.is_whitespace() || c == '-' || c == '_')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let name = words.join(" ");
        let spelling = SPELLINGS.iter().find(|(spelling, _)| *spelling == name);
        let name = spelling.map_or(name.as_str(), |(_, name)| name);
        let named = Self::NAMED.iter().find(|(known, _)| *known == name);
        named.map(|(_, colour)| *colour).ok_or_else(unknown)
    }
}

fn hexadecimal(digits: &str) -> Option<Colour> {
    // `from_str_radix` would accept a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        3 => Some(Colour(
            [8, 4, 0].map(|shift| (number >> shift & 15) as u8 * 17),
        )),
        6 => Some(Colour([16, 8, 0].map(|shift| (number >> shift) as u8))),
        _ => None,
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([r, g, b]) = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = UnknownColour;

    fn try_from(text: String) -> Result<Self, UnknownColour> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_spellings_and_numbers_are_colours() {
        let yellow = Colour([250, 214, 80]);
        for text in ["yellow", " Yellow ", "#fad650", "#FAD650"] {
            assert_eq!(text.parse(), Ok(yellow), "{text}");
        }
        assert_eq!("#fc0".parse(), Ok(Colour([255, 204, 0])));
        assert_eq!("Light-Blue".parse::<Colour>(), "sky blue".parse());
        assert_eq!("dark_grey".parse::<Colour>(), "dark gray".parse());
        for text in [
            "",
            "#",
            "#12",
            "#1234",
            "#+12345",
            "#ééé",
            "#12345g",
            "yellowish",
            "ffcc00",
        ] {
            assert_eq!(text.parse::<Colour>(), Err(UnknownColour(text.into())));
        }
    }

    #[test]
    fn every_name_and_spelling_is_known_and_unique() {
        for (i, (name, colour)) in Colour::NAMED.iter().enumerate() {
            assert_eq!(name.parse(), Ok(*colour));
            let earlier = &Colour::NAMED[..i];
            assert!(
                earlier.iter().all(|(n, c)| n != name && c != colour),
                "{name}"
            );
        }
        for (spelling, name) in SPELLINGS {
            assert_eq!(spelling.parse::<Colour>(), name.parse(), "{spelling}");
        }
    }

    #[test]
    fn a_colour_survives_json_as_its_number() {
        let json = serde_json::to_string(&Colour([1, 2, 255])).expect("a string");
        assert_eq!(json, "\"#0102ff\"");
        assert_eq!(
            serde_json::from_str::<Colour>(&json).expect("parses"),
            Colour([1, 2, 255])
        );
        assert!(serde_json::from_str::<Colour>("\"reddish\"").is_err());
    }
}

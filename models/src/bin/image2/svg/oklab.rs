//! Colours as they are seen: OKLab (Ottosson, 2020), where equal distances look equal.

/// Lightness, green to red, blue to yellow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oklab(pub [f32; 3]);

impl Oklab {
    /// Of a pixel in sRGB.
    pub fn of(rgb: [u8; 3]) -> Self {
        let [r, g, b] = rgb.map(|value| {
            let value = f32::from(value) / 255.0;
            match value <= 0.040_45 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        });
        let [l, m, s] = [
            0.412_221_5 * r + 0.536_332_5 * g + 0.051_446 * b,
            0.211_903_5 * r + 0.680_699_5 * g + 0.107_397 * b,
            0.088_302_5 * r + 0.281_718_8 * g + 0.629_978_7 * b,
        ]
        .map(f32::cbrt);
        Self([
            0.210_454_3 * l + 0.793_617_8 * m - 0.004_072 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904 * l + 0.782_771_8 * m - 0.808_675_8 * s,
        ])
    }

    pub fn distance(self, other: Self) -> f32 {
        let squares = self.0.iter().zip(other.0).map(|(a, b)| (a - b) * (a - b));
        squares.sum::<f32>().sqrt()
    }

    /// The index of the nearest colour.
    pub fn nearest(self, colours: &[Self]) -> usize {
        let indices = 0..colours.len();
        let by_distance = |a: &usize, b: &usize| {
            let [a, b] = [*a, *b].map(|i| self.distance(colours[i]));
            a.total_cmp(&b)
        };
        indices.min_by(by_distance).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_have_known_coordinates() {
        for (rgb, expected) in [
            ([255, 255, 255], [1.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [0.627_96, 0.224_86, 0.125_85]),
            ([0, 0, 255], [0.452_01, -0.032_46, -0.311_53]),
        ] {
            let distance = Oklab::of(rgb).distance(Oklab(expected));
            assert!(distance < 1e-3, "{rgb:?}: {distance}");
        }
    }
}

//! A drawing of flat areas of colour as an SVG: reduced to its colours, then each area traced to a
//! path.
//!
//! The tracer is visioncortex, with the steps that its own command VTracer takes. Alpha is a
//! threshold: a path's edge is sharp at any size, so the soft edge of the pixels is not wanted.

mod areas;
mod oklab;
mod palette;

use std::fmt::Write as _;

use image2_picture::{Colour, Parameters, Picture, xmp};
use visioncortex::color_clusters::{HIERARCHICAL_MAX, KeyingAction, Runner, RunnerConfig};
use visioncortex::{Color, ColorImage, PathSimplifyMode, PointF64};

use areas::Areas;

/// Smaller areas are noise: this share of the picture's pixels.
const SPECKLE_SHARE: usize = 16_384;
/// Turns of more degrees are corners.
const CORNER_DEGREES: f64 = 60.0;
/// Longer segments are divided before smoothing: this share of the picture's width.
const SEGMENT_SHARE: f64 = 128.0;
const SMOOTHING_ROUNDS: usize = 10;
/// Curves are joined where the turn between them is less.
const SPLICE_DEGREES: f64 = 45.0;
/// Digits after the point: tenths of a pixel.
const DIGITS: Option<u32> = Some(1);

/// An SVG with the AI mark, shown at this size `[width, height]`; `None` if the picture has no areas.
/// With `pixels`, edges stay steps.
pub fn encode(
    picture: &Picture,
    [shown_width, shown_height]: [u32; 2],
    ground: Option<Colour>,
    pixels: bool,
    parameters: Option<&Parameters>,
) -> Option<Vec<u8>> {
    let areas = Areas::of(picture);
    if areas.colours.is_empty() {
        return None;
    }
    let (width, height) = (picture.width(), picture.height());
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{shown_width}" height="{shown_height}" viewBox="0 0 {width} {height}">
<metadata>
{}</metadata>
"#,
        xmp(parameters)
    );
    if let Some(ground) = ground {
        let _ = writeln!(
            svg,
            r#"<rect width="{width}" height="{height}" fill="{ground}"/>"#
        );
    }
    let mode = match pixels {
        true => PathSimplifyMode::None,
        false => PathSimplifyMode::Spline,
    };
    trace(&areas, mode, &mut svg);
    svg += "</svg>\n";
    Some(svg.into_bytes())
}

fn trace(areas: &Areas, mode: PathSimplifyMode, svg: &mut String) {
    let (key, image) = keyed(areas);
    let [width, height] = areas.size();
    let runner = Runner::new(
        RunnerConfig {
            diagonal: false,
            hierarchical: HIERARCHICAL_MAX,
            batch_size: 25_600,
            good_min_area: width * height / SPECKLE_SHARE,
            good_max_area: width * height,
            // Areas have one colour each, so that any difference is an edge.
            is_same_color_a: 0,
            is_same_color_b: 1,
            deepen_diff: 1,
            hollow_neighbours: 1,
            key_color: key,
            keying_action: KeyingAction::Discard,
        },
        image,
    );
    let clusters = runner.run();
    let view = clusters.view();
    // The largest areas come last in the list and lie lowest in the picture.
    for &index in view.clusters_output.iter().rev() {
        let cluster = view.get_cluster(index);
        let path = cluster.to_compound_path(
            &view,
            false,
            mode,
            CORNER_DEGREES.to_radians(),
            (width as f64 / SEGMENT_SHARE).max(4.0),
            SMOOTHING_ROUNDS,
            SPLICE_DEGREES.to_radians(),
        );
        let (data, offset) = path.to_svg_string(true, PointF64::default(), DIGITS);
        let colour = cluster.residue_color().to_hex_string();
        let _ = writeln!(
            svg,
            r#"<path d="{}" fill="{colour}" transform="translate({},{})"/>"#,
            data.trim_end(),
            offset.x,
            offset.y
        );
    }
}

/// The areas as pixels, and the colour of those outside, which is none of theirs.
fn keyed(areas: &Areas) -> (Color, ColorImage) {
    let keys = (0..=255).map(|blue| [255, 0, blue]);
    let mut free = keys.filter(|key| !areas.colours.contains(key));
    let [r, g, b] = free.next().unwrap_or_default();
    let pixels = areas.pixels().flat_map(|pixel| {
        let [r, g, b] = pixel.unwrap_or([r, g, b]);
        [r, g, b, 255]
    });
    let pixels = pixels.collect();
    let [width, height] = areas.size();
    let image = ColorImage {
        pixels,
        width,
        height,
    };
    (Color::new(r, g, b), image)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A red disc with a blue square in it, on nothing.
    fn disc() -> Picture {
        let pixel = |i: u32| {
            let [y, x] = [i / 64, i % 64].map(|at| at as i32 - 32);
            match (x.abs().max(y.abs()) < 8, x * x + y * y < 24 * 24) {
                (true, _) => [20, 40, 220, 255],
                (_, true) => [220, 30, 30, 255],
                _ => [0; 4],
            }
        };
        let rgba = (0..64 * 64).flat_map(pixel).collect();
        Picture::new(64, 64, rgba).expect("a picture")
    }

    fn text(ground: Option<Colour>, pixels: bool) -> String {
        let svg = encode(&disc(), [128, 128], ground, pixels, None).expect("areas");
        String::from_utf8(svg).expect("UTF-8")
    }

    #[test]
    fn each_area_is_a_path_and_the_rest_is_transparent() {
        let svg = text(None, false);
        assert_eq!(svg.matches("<path ").count(), 2, "{svg}");
        assert!(svg.contains("#DC1E1E") && svg.contains("#1428DC"), "{svg}");
        assert!(!svg.contains("<rect") && svg.contains("trainedAlgorithmicMedia"));
        assert!(svg.contains(" C"), "curves: {svg}");
        assert!(svg.contains(r#"width="128" height="128" viewBox="0 0 64 64""#));
        let ground = text(Some(Colour([1, 2, 3])), false);
        let rect = ground.find("<rect").expect("a ground");
        assert!(rect < ground.find("<path").expect("a path") && ground.contains("#010203"));
    }

    #[test]
    fn a_picture_without_areas_is_none() {
        let faint = Picture::new(8, 8, [9, 9, 9, 60].repeat(64)).expect("a picture");
        assert_eq!(encode(&faint, [8, 8], None, false, None), None);
    }

    #[test]
    fn pixels_stay_steps() {
        let svg = text(None, true);
        let paths: String = svg
            .lines()
            .filter(|line| line.starts_with("<path"))
            .collect();
        assert!(!paths.contains(" C"), "{paths}");
    }
}

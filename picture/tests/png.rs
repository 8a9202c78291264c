//! Written files as other programs read them: decoded by the `png` crate, XMP parsed as XML.

use std::io::{Cursor, Read};

use image2_picture::{
    Colour, Layout, Parameters, Picture, PictureError, Recipe, encode_png, read_parameters,
};
use proptest::prelude::*;

fn picture(alpha: u8) -> Picture {
    let rgba = (0..4 * 3)
        .flat_map(|i| [i * 7, 255 - i, i, alpha])
        .collect();
    Picture::new(4, 3, rgba).expect("4 x 3 pixels")
}

fn parameters(prompt: &str) -> Parameters {
    Parameters {
        recipe: Recipe {
            prompt: prompt.into(),
            seed: u64::MAX,
            width: 4,
            height: 3,
            steps: 20,
            guidance: 3.1,
            sampler: "heun".into(),
            shift: 2.5,
            ground: None,
        },
        model: "image2-mini".into(),
        model_digest: "0123456789abcdef".into(),
        program: "0.1.0".into(),
    }
}

struct Decoded {
    info: png::Info<'static>,
    pixels: Vec<u8>,
}

fn decode(file: &[u8]) -> Decoded {
    let mut reader = png::Decoder::new(Cursor::new(file))
        .read_info()
        .expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    reader.next_frame(&mut pixels).expect("pixels");
    reader.finish().expect("an end");
    Decoded {
        info: reader.info().clone(),
        pixels,
    }
}

impl Decoded {
    fn international(&self, keyword: &str) -> Option<String> {
        let chunk = self
            .info
            .utf8_text
            .iter()
            .find(|chunk| chunk.keyword == keyword)?;
        Some(chunk.get_text().expect("UTF-8"))
    }

    fn latin(&self, keyword: &str) -> Option<&str> {
        let mut chunks = self.info.uncompressed_latin1_text.iter();
        chunks
            .find(|chunk| chunk.keyword == keyword)
            .map(|chunk| &chunk.text[..])
    }

    /// The content of an IPTC property, read with a strict XML parser.
    fn property(&self, name: &str) -> Option<String> {
        let xmp = self
            .international("XML:com.adobe.xmp")
            .expect("the mark's chunk");
        let xml = roxmltree::Document::parse(&xmp).expect("well-formed XML");
        let namespace = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
        let node = xml
            .descendants()
            .find(|node| node.has_tag_name((namespace, name)))?;
        let parent = node.parent_element().expect("a parent");
        assert!(
            parent.has_tag_name(("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "Description"))
        );
        Some(node.text().unwrap_or_default().to_owned())
    }
}

const MARK: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

#[test]
fn pixels_round_trip_in_the_smallest_colour_type() {
    for (alpha, colour) in [(255, png::ColorType::Rgb), (100, png::ColorType::Rgba)] {
        let picture = picture(alpha);
        let decoded = decode(&encode_png(&picture, None));
        assert_eq!(decoded.info.color_type, colour);
        assert_eq!((decoded.info.width, decoded.info.height), (4, 3));
        assert_eq!(
            decoded.info.srgb,
            Some(png::SrgbRenderingIntent::Perceptual)
        );
        let expected: Vec<u8> = match colour {
            png::ColorType::Rgb => picture
                .rgba()
                .chunks(4)
                .flat_map(|p| p[..3].to_vec())
                .collect(),
            _ => picture.rgba().to_vec(),
        };
        assert_eq!(decoded.pixels, expected);
    }
}

#[test]
fn the_mark_is_always_written_and_the_prompt_only_on_request() {
    let bare = encode_png(&picture(255), None);
    let decoded = decode(&bare);
    assert_eq!(decoded.property("DigitalSourceType").as_deref(), Some(MARK));
    assert_eq!(decoded.info.utf8_text.len(), 1);
    assert!(decoded.info.uncompressed_latin1_text.is_empty());
    assert_eq!(read_parameters(&bare), Ok(None));

    let full = encode_png(&picture(255), Some(&parameters("a <b> & \"c\"")));
    let decoded = decode(&full);
    assert_eq!(decoded.property("DigitalSourceType").as_deref(), Some(MARK));
    assert_eq!(
        decoded.property("AIPromptInformation").as_deref(),
        Some("a <b> & \"c\"")
    );
    assert_eq!(
        decoded.property("AISystemUsed").as_deref(),
        Some("image2-mini")
    );
}

#[test]
fn the_settings_line_has_the_common_form() {
    let line = |prompt| {
        let decoded = decode(&encode_png(&picture(255), Some(&parameters(prompt))));
        (
            decoded.latin("parameters").map(str::to_owned),
            decoded.international("parameters"),
        )
    };
    let settings = "Steps: 20, Sampler: Heun, CFG scale: 3.1, Seed: 18446744073709551615, \
                    Size: 4x3, Shift: 2.5, Model hash: 0123456789, Model: image2-mini, Version: 0.1.0";
    assert_eq!(line("a café"), (Some(format!("a café\n{settings}")), None));
    assert_eq!(
        line("two\nlines 🦊"),
        (None, Some(format!("two\nlines 🦊\n{settings}")))
    );
}

#[test]
fn the_settings_line_omits_a_shift_of_one() {
    let mut given = parameters("a fox");
    given.recipe.shift = 1.0;
    let decoded = decode(&encode_png(&picture(255), Some(&given)));
    let line = decoded.latin("parameters").expect("a line").to_owned();
    assert!(!line.contains("Shift"), "{line}");
}

#[test]
fn the_ground_is_stored_in_both_forms() {
    let mut given = parameters("a fox");
    given.recipe.ground = Some(Colour([255, 204, 0]));
    let file = encode_png(&picture(255), Some(&given));
    assert_eq!(read_parameters(&file), Ok(Some(given)));
    let decoded = decode(&file);
    let line = decoded.latin("parameters").expect("a line").to_owned();
    assert!(
        line.contains("Shift: 2.5, Ground: #ffcc00, Model hash"),
        "{line}"
    );
}

#[test]
fn a_file_takes_parameters_without_new_compression() {
    for alpha in [255, 100] {
        let picture = picture(alpha);
        let layout = Layout::of(&picture);
        let bare = encode_png(&picture, None);
        let full = encode_png(&picture, Some(&parameters("a fox")));
        let head = layout.full_head(&parameters("a fox"));
        let pixels = &bare[layout.bare_head().len()..];
        assert_eq!([&head, pixels].concat(), full);
    }
}

#[test]
fn the_layout_of_a_file_says_where_its_pixels_are() {
    for (alpha, row_bytes) in [(255, 3 * 4), (100, 4 * 4)] {
        let picture = picture(alpha);
        let file = encode_png(&picture, None);
        let layout = Layout::read(&file).expect("a file of this crate");
        assert_eq!(layout, Layout::of(&picture));
        let [start, end] = layout.pixels(file.len() as u64).map(|at| at as usize);
        let mut scanlines = vec![];
        flate2::read::ZlibDecoder::new(&file[start..end])
            .read_to_end(&mut scanlines)
            .expect("a zlib stream");
        assert_eq!(scanlines.len(), 3 * (1 + row_bytes));
        let head_bytes = Layout::HEAD_BYTES as usize;
        assert_eq!(Layout::read(&file[..head_bytes]), Ok(layout));
        for len in 0..head_bytes {
            assert_eq!(Layout::read(&file[..len]), Err(PictureError::NotPng));
        }
    }
}

#[test]
fn files_of_version_0_1_can_be_read() {
    let text = r#"{"prompt":"a fox","seed":7,"steps":4,"guidance":1.5,"width":4,"height":3,"sampler":"Euler","model":"image2-mini","model_digest":"ab","program":"Image 2 0.1.0"}"#;
    let mut file = Vec::new();
    let mut writer = png::Encoder::new(&mut file, 1, 1)
        .write_header()
        .expect("a header");
    let chunk = png::text_metadata::ITXtChunk::new("image2", text);
    writer.write_text_chunk(&chunk).expect("a text");
    drop(writer);
    let read = read_parameters(&file).expect("reads").expect("parameters");
    assert_eq!((read.recipe.seed, read.recipe.shift), (7, 1.0));
    assert_eq!(read.recipe.ground, None);
    assert_eq!(
        (&*read.recipe.sampler, &*read.model_digest),
        ("Euler", "ab")
    );
}

#[test]
fn damaged_files_have_their_error_codes() {
    let file = encode_png(&picture(255), Some(&parameters("a fox")));
    assert_eq!(read_parameters(&file), Ok(Some(parameters("a fox"))));
    assert_eq!(read_parameters(b"GIF89a"), Err(PictureError::NotPng));
    for len in 8..file.len() {
        match read_parameters(&file[..len]) {
            Ok(found) => assert_eq!(found, Some(parameters("a fox"))),
            Err(error) => assert_eq!(error, PictureError::Truncated { len }),
        }
    }
    let at = file
        .windows(5)
        .rposition(|bytes| bytes == b"a fox")
        .expect("the line");
    let own = file[..at]
        .windows(5)
        .rposition(|bytes| bytes == b"a fox")
        .expect("the JSON");
    let mut damaged = file.clone();
    damaged[own] = b'b';
    assert_eq!(
        read_parameters(&damaged).map_err(|e| e.code()),
        Err("picture.damaged")
    );

    let huge = encode_png(&picture(255), Some(&parameters(&"x".repeat(2 << 20))));
    assert_eq!(
        read_parameters(&huge).map_err(|e| e.code()),
        Err("picture.too_large")
    );

    let text = [&b"image2\0\0\0\0\0"[..], br#"{"prompt":1}"#].concat();
    let mut bad = b"\x89PNG\r\n\x1a\n".to_vec();
    bad.extend((text.len() as u32).to_be_bytes());
    bad.extend(b"iTXt");
    bad.extend(text);
    bad.extend(0_u32.to_be_bytes());
    assert_eq!(
        read_parameters(&bad).map_err(|e| e.code()),
        Err("picture.damaged")
    );
}

proptest! {
    #[test]
    fn any_recipe_round_trips(prompt: String, sampler: String, seed: u64, guidance in -1e6..1e6_f32, shift in 0.01..100.0_f32, ground: Option<[u8; 3]>) {
        let mut given = parameters(&prompt);
        let ground = ground.map(Colour);
        given.recipe = Recipe { seed, guidance, sampler, shift, ground, ..given.recipe };
        let file = encode_png(&picture(9), Some(&given));
        let decoded = decode(&file);
        prop_assert_eq!(decoded.property("DigitalSourceType").expect("the mark"), MARK);
        let written = decoded.property("AIPromptInformation").expect("the prompt");
        let expressible: String = prompt.chars().map(|c| match c {
            '\n' | '\t' | '\r' => c,
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c => c,
        }).collect();
        prop_assert_eq!(written, expressible);
        prop_assert_eq!(read_parameters(&file), Ok(Some(given)));
    }

    #[test]
    fn prompts_with_control_characters_and_markup_round_trip(prompt in "[\\x00-\\x1f<>&\"'\\u{fffe}\\u{d7ff}\\]]{0,20}") {
        let given = parameters(&prompt);
        let file = encode_png(&picture(9), Some(&given));
        prop_assert_eq!(decode(&file).property("DigitalSourceType").expect("the mark"), MARK);
        prop_assert_eq!(read_parameters(&file), Ok(Some(given)));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_parameters(&bytes);
        let _ = read_parameters(&[b"\x89PNG\r\n\x1a\n", &bytes[..]].concat());
    }

    #[test]
    fn damaged_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = encode_png(&picture(255), Some(&parameters("a fox")));
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let _ = read_parameters(&file);
    }

    #[test]
    fn exported_alpha_and_colour_are_consistent(
        planes in prop::collection::vec(-1.5..1.5_f32, 4 * 6),
    ) {
        let picture = Picture::from_premultiplied_f32(&planes, 4, 3, 2).expect("six pixels");
        for (pixel, alpha) in picture.rgba().chunks(4).zip(&planes[18..]) {
            let alpha = (alpha + 1.0) / 2.0 * 255.0;
            prop_assert!(pixel[3] == 0 || alpha > 8.0, "{alpha} became {}", pixel[3]);
            prop_assert!(pixel[3] == 255 || alpha < 247.0, "{alpha} became {}", pixel[3]);
            prop_assert!(pixel[3] != 0 || pixel == [0; 4]);
        }
    }
}

//! Enlargements with a network that repeats pixels, whose result is known.

use super::*;

const TILING: Tiling = Tiling {
    window_max: 40,
    margin: 4,
    factor: 4,
};

/// A disc of this radius, in parts of the side, with colours that change across it.
fn disc(side: u32, radius: f32) -> Picture {
    let pixel = |i: u32| {
        let [y, x] = [i / side, i % side].map(|at| (at as f32 + 0.5) / side as f32 - 0.5);
        match x * x + y * y < radius * radius {
            true => [(i % 251) as u8, (y * 200.0 + 100.0) as u8, 40, 255],
            false => [0; 4],
        }
    };
    let rgba = (0..side * side).flat_map(pixel).collect();
    Picture::new(side, side, rgba).expect("a picture")
}

/// A network that repeats pixels.
fn repeat(tile: &Tile) -> Vec<u8> {
    let values = tile.premultiplied();
    let [height, width] = tile.work.window();
    let enlarged = (0..16 * height * width).flat_map(|i| {
        let [y, x] = [i / (4 * width) / 4, i % (4 * width) / 4];
        let pixel: [f32; 4] = std::array::from_fn(|c| values[(y * width + x) * 4 + c]);
        pixel
    });
    tile.finish(enlarged.collect()).expect("a picture")
}

fn enlarge(picture: &Picture, canvas: [u32; 2], crop: bool) -> (Picture, u32, Vec<Picture>) {
    let placement = Placement::contained(size(picture), canvas);
    let enlargement = Enlargement::new(picture.clone(), placement, TILING, crop);
    let mut enlargement = enlargement.expect("a size");
    let (mut out, mut tiles, mut previews) = (Vec::new(), 0, Vec::new());
    while !enlargement.is_finished() {
        while let Some(tile) = enlargement.next_tile() {
            out.push(tile);
        }
        // In another order than they came.
        let tile = out.pop().expect("a tile");
        assert_eq!(enlargement.tiles()[0], tiles);
        enlargement.put(&tile.work, &repeat(&tile)).expect("a size");
        tiles += 1;
        previews.extend(enlargement.take_preview());
    }
    assert_eq!(enlargement.tiles(), [tiles; 2]);
    (enlargement.finish().expect("finished"), tiles, previews)
}

#[test]
fn tiles_make_the_picture_that_the_network_makes_of_the_whole() {
    for crop in [false, true] {
        for radius in [0.3, 0.45, 0.8] {
            let picture = disc(64, radius);
            let (found, tiles, previews) = enlarge(&picture, [256, 256], crop);
            assert!(
                found == crate::pipelines::enlarge::nearest(&picture, [256, 256]).expect("a size")
            );
            assert!(previews.is_empty() && tiles > 1);
            let (found, _, previews) = enlarge(&picture, [1024, 1024], crop);
            assert!(
                found
                    == crate::pipelines::enlarge::nearest(&picture, [1024, 1024]).expect("a size")
            );
            assert_eq!(previews.len(), 1);
            assert_eq!(size(&previews[0]), [256, 256]);
        }
    }
}

#[test]
fn a_drawing_stands_in_the_middle_of_its_canvas() {
    let picture = disc(64, 0.4);
    let (found, _, previews) = enlarge(&picture, [512, 1000], true);
    assert_eq!(size(&found), [512, 1000]);
    // Before it is 512 it is 128, less than steps showed.
    assert!(previews.is_empty());
    let (_, _, previews) = enlarge(&picture, [1024, 2000], true);
    assert_eq!(size(&previews[0]), [256, 500]);
    let (alone, ..) = enlarge(&picture, [512, 512], true);
    let row = |picture: &Picture, row: usize, from: usize| {
        let start = 4 * (row * picture.width() as usize + from);
        picture.rgba()[start..start + 4 * 512].to_vec()
    };
    for at in [0, 100, 256, 511] {
        assert_eq!(row(&found, at, 244), row(&alone, at, 0));
    }
    assert!(
        found.rgba()[4 * 100 * 1000..][..4 * 244]
            .iter()
            .all(|&value| value == 0)
    );
}

#[test]
fn only_content_is_computed() {
    // A quarter of the side, in the middle: a sixteenth of the picture and its margins.
    let picture = disc(64, 0.125);
    let (_, cropped, _) = enlarge(&picture, [1024, 1024], true);
    let (_, whole, _) = enlarge(&picture, [1024, 1024], false);
    assert!(cropped < whole, "{cropped}, {whole}");
    let nothing = Picture::new(64, 64, vec![0; 4 * 64 * 64]).expect("a picture");
    let (found, tiles, _) = enlarge(&nothing, [1024, 2048], false);
    assert_eq!((tiles, size(&found)), (0, [1024, 2048]));
    assert!(found.rgba().iter().all(|&value| value == 0));
}

#[test]
fn a_drawing_of_the_size_asked_for_is_only_placed() {
    let picture = disc(64, 0.4);
    let (found, tiles, _) = enlarge(&picture, [64, 64], true);
    assert!(found == picture && tiles == 0);
    let (found, tiles, _) = enlarge(&picture, [64, 100], true);
    assert_eq!((size(&found), tiles), ([64, 100], 0));
}

#[test]
fn the_number_of_tiles_is_known_beforehand_within_a_quarter() {
    let picture = disc(64, 0.4);
    let placement = Placement::contained([64, 64], [4096, 4096]);
    let mut enlargement = Enlargement::new(picture, placement, TILING, true).expect("a size");
    let [_, estimated] = enlargement.tiles();
    while let Some(tile) = enlargement.next_tile() {
        enlargement.put(&tile.work, &repeat(&tile)).expect("a size");
    }
    let [done, all] = enlargement.tiles();
    assert_eq!(done, all);
    assert!(estimated.abs_diff(all) <= all / 4, "{estimated} of {all}");
}

#[test]
#[should_panic(expected = "in pass 1")]
fn a_result_that_nobody_waits_for_is_a_mistake() {
    let placement = Placement::contained([64, 64], [256, 256]);
    let mut enlargement = Enlargement::new(disc(64, 0.4), placement, TILING, true).expect("a size");
    let tile = enlargement.next_tile().expect("a tile");
    let pixels = repeat(&tile);
    enlargement.put(&tile.work, &pixels).expect("a size");
    enlargement.put(&tile.work, &pixels).expect("a size");
}

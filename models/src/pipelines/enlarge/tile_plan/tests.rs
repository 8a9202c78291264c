//! Properties of plans, over many sizes, regions and windows.

use super::*;
use crate::pipelines::enlarge::passes::passes;

const MARGIN: u32 = 8;

fn tiling(window_max: u32) -> Tiling {
    Tiling {
        window_max,
        margin: MARGIN,
        factor: 4,
    }
}

/// Calls `check` with every pass of many enlargements, a region of it, and its spans.
fn each(check: impl Fn(&Side, Extent, &[Span])) {
    let sizes = [
        (64, 256),
        (64, 300),
        (64, 512),
        (64, 1001),
        (64, 4096),
        (37, 199),
        (500, 1024),
    ];
    for (from, to) in sizes {
        for [side, _] in passes([from; 2], [to; 2], 4) {
            let length = side.input as i32;
            for region in [
                [0, length],
                [-8, length + 8],
                [5, length - 3],
                [length / 2 - 3, length / 2 + 2],
                [0, 7],
                [length - 7, length],
            ] {
                for window_max in [20, 64, 100, 272] {
                    check(&side, region, &spans(&side, region, tiling(window_max)));
                }
            }
        }
    }
}

#[test]
fn tiles_cover_the_region_exactly_once() {
    each(|side, region, spans| {
        let axis = Axis {
            side,
            region,
            tiling: tiling(64),
        };
        let [first, last] = axis.owned().map(|pixel| pixel as u32);
        let mut next = first;
        for span in spans {
            assert_eq!(span.first, next, "{side:?} {region:?}");
            assert!(span.count > 0);
            next += span.count;
        }
        assert_eq!(next, last);
        // All pixels of a whole picture.
        if region[0] <= 0 {
            assert_eq!(first, 0);
        }
        if region[1] >= side.input as i32 {
            assert_eq!(last, side.output);
        }
    });
}

#[test]
fn windows_are_equal_within_the_region_and_hold_their_margins() {
    each(|side, region, spans| {
        for span in spans {
            let end = span.start + span.size as i32;
            assert_eq!(span.size, spans[0].size);
            assert!(
                region[0] <= span.start && end <= region[1],
                "{span:?} of {region:?}"
            );
            let [enlarged, output] = span.ratio.map(f64::from);
            // The rectangle in input pixels.
            let input = |pixel: u32| f64::from(pixel) * enlarged / output / 4.0;
            let margins = [
                input(span.first) - f64::from(span.start),
                f64::from(end) - input(span.first + span.count),
            ];
            let margin = f64::from(MARGIN);
            assert!(margins[0] >= margin || span.start == region[0], "{span:?}");
            let at_end = end == region[1];
            assert!(
                margins[1] >= margin || at_end,
                "{span:?} of {region:?} {side:?}"
            );
            // The offset says the same.
            let offset = f64::from(span.offset) / output / 4.0;
            assert!((offset - margins[0]).abs() < 1e-9, "{span:?}");
        }
    });
}

#[test]
fn windows_are_no_larger_than_allowed_and_no_more_than_needed() {
    let whole = |from: u32, to: u32, window_max| {
        let pass = *passes([from; 2], [to; 2], 4).last().expect("a pass");
        let region = [[0, pass[0].input as i32]; 2];
        TilePlan::new(1, &pass, region, tiling(window_max))
    };
    let plan = whole(64, 256, 64);
    assert_eq!((plan.tiles.len(), plan.tiles[0].window()), (1, [64, 64]));
    assert_eq!(plan.tiles[0].output(), [256, 256]);
    // Four parts of 256, the inner ones with 8 on each side.
    let plan = whole(64, 4096, 272);
    assert_eq!((plan.tiles.len(), plan.tiles[0].window()), (16, [272, 272]));
    let numbers: Vec<u32> = plan.tiles.iter().map(|tile| tile.number).collect();
    assert_eq!(numbers, (0..16).collect::<Vec<_>>());
    each(|_, _, spans| assert!(spans[0].size <= 272));
}

#[test]
#[should_panic(expected = "region [3, 3]")]
fn an_empty_region_is_a_mistake_of_the_caller() {
    let pass = passes([64; 2], [256; 2], 4)[0];
    let _ = TilePlan::new(1, &pass, [[3, 3]; 2], tiling(64));
}

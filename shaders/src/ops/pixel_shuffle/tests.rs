//! Pixel shuffle on every device against PyTorch's definition.

use crate::ops::{Image, PixelShuffle};
use crate::testing::{gpu, run, values};
use crate::{Compute, Graph, Resident};

/// Height and width of x, channels of y, factor.
const CASES: [([usize; 2], usize, usize); 4] = [
    ([1, 1], 1, 1),
    ([3, 5], 3, 2),
    ([7, 9], 4, 4),
    // More than 65,535 workgroups.
    ([270, 250], 4, 4),
];

/// Rows before each image, and columns after its channels.
const MARGIN: [usize; 2] = [2, 3];

fn check(compute: &Compute, (size, channels, r): ([usize; 2], usize, usize)) {
    let [rows, pad] = MARGIN;
    let [height, width] = size;
    let (deep, pixels) = (channels * r * r, height * width);
    let place = |channels: usize| move |row: usize, c: usize| (rows + row) * (channels + pad) + c;
    let x = values((rows + pixels) * (deep + pad), 1);
    let near = values((rows + pixels) * (channels + pad), 2);
    let before = values((rows + pixels * r * r) * (channels + pad), 3);
    for nearest in [false, true] {
        let mut graph = Graph::new(compute);
        let image = |graph: &mut Graph, size: [usize; 2], channels, resident: &Resident| Image {
            of: graph.resident(resident),
            first: rows,
            size,
            channels,
        };
        let of = |channels: usize, pixels: usize, values: &[f32]| {
            Resident::new(compute, [rows + pixels, channels + pad], values)
        };
        let output = of(channels, pixels * r * r, &before);
        let op = PixelShuffle {
            x: image(&mut graph, size, deep, &of(deep, pixels, &x)),
            factor: r,
            nearest: nearest
                .then(|| image(&mut graph, size, channels, &of(channels, pixels, &near))),
            y: image(&mut graph, size.map(|side| side * r), channels, &output),
        };
        graph.push(op);
        let mut expected = before.clone();
        // Over x, so that this is the inverse of the kernel's loop.
        for (pixel, deep_channel) in (0..pixels).flat_map(|p| (0..deep).map(move |c| (p, c))) {
            let (channel, cell) = (deep_channel / (r * r), deep_channel % (r * r));
            let (i, j) = (pixel / width * r + cell / r, pixel % width * r + cell % r);
            let mut value = x[place(deep)(pixel, deep_channel)];
            if nearest {
                value += near[place(channels)(pixel, channel)];
            }
            expected[place(channels)(i * width * r + j, channel)] = value;
        }
        // Copies and one addition: every device must give the same numbers.
        assert!(
            run(&graph, &output) == expected,
            "{size:?} × {r}, {nearest}"
        );
    }
}

fn all(compute: &Compute) {
    CASES.iter().for_each(|&case| check(compute, case));
    assert_eq!(compute.check(), Ok(()));
}

#[test]
fn on_the_processor() {
    all(&Compute::cpu());
}

#[test]
fn on_the_gpu() {
    all(&gpu());
}

//! A sampler's step with and without guidance, on every device, against scalar arithmetic in 64
//! bits.

use crate::ops::Advance;
use crate::testing::{compare, gpu, run, values};
use crate::{Compute, Graph, Resident, Rows};

const PATCHES: usize = 70;
const AREA: usize = 9;
const CHANNELS: usize = 4;
const COUNT: usize = AREA * CHANNELS;
const STRIDE: usize = COUNT + 5;
/// Rows before the predicted pictures.
const FIRST: usize = 3;

fn check(compute: &Compute, branches: usize, [scale, w, w_saved, from_saved]: [f32; 4]) {
    let rows = FIRST + branches * PATCHES;
    let (x, clean, saved) = (
        values(PATCHES * STRIDE, 1),
        values(rows * COUNT, 2),
        values(PATCHES * COUNT, 3),
    );
    let outputs = [
        Resident::new(compute, [PATCHES, STRIDE], &x),
        Resident::zeros(compute, [PATCHES, COUNT]),
        Resident::new(compute, [PATCHES, COUNT], &saved),
    ];
    let mut graph = Graph::new(compute);
    let op = Advance {
        x: graph.resident(&outputs[0]),
        clean: Rows {
            of: graph.resident(&Resident::new(compute, [rows, COUNT], &clean)),
            first: FIRST,
            count: branches * PATCHES,
            columns: COUNT,
        },
        guided: graph.resident(&outputs[1]),
        saved: graph.resident(&outputs[2]),
        weights: graph.resident(&Resident::new(
            compute,
            [1, 4],
            &[scale, w, w_saved, from_saved],
        )),
        channels: CHANNELS,
    };
    graph.push(op);

    let [mut next_x, mut next_guided, mut next_saved]: [Vec<f64>; 3] =
        [&x, &saved, &saved].map(|values| values.iter().map(|&value| value.into()).collect());
    for (patch, channel, pixel) in (0..PATCHES)
        .flat_map(|p| (0..CHANNELS).flat_map(move |c| (0..AREA).map(move |i| (p, c, i))))
    {
        let place = pixel * CHANNELS + channel;
        let branch = |b: usize| f64::from(clean[(FIRST + b * PATCHES + patch) * COUNT + place]);
        let guided = match branches {
            1 => branch(0),
            _ => branch(1) + f64::from(scale) * (branch(0) - branch(1)),
        };
        let at = patch * COUNT + channel * AREA + pixel;
        let now = f64::from(x[patch * STRIDE + channel * AREA + pixel]);
        let base = if from_saved == 1.0 {
            f64::from(saved[at])
        } else {
            now
        };
        next_guided[at] = guided;
        next_saved[at] = now + f64::from(w_saved) * (guided - now);
        next_x[patch * STRIDE + channel * AREA + pixel] = base + f64::from(w) * (guided - now);
    }
    let found = run(&graph, &outputs[0]);
    let read = |of: &Resident| pollster::block_on(of.read()).expect("no fault");
    compare("x", &found, &next_x, 2e-6);
    compare("guided", &read(&outputs[1]), &next_guided, 2e-6);
    compare("saved", &read(&outputs[2]), &next_saved, 2e-6);
}

fn all(compute: &Compute) {
    check(compute, 1, [3.0, 0.25, 0.0, 0.0]);
    check(compute, 2, [3.0, 0.25, 0.125, 0.0]);
    check(compute, 2, [1.5, 0.5, 0.0, 1.0]);
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

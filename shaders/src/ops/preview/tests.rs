//! Pixels and statistics of a preview, on every device, against scalar arithmetic in 64 bits.

use crate::ops::{Preview, Previewed};
use crate::testing::{gpu, values};
use crate::{Compute, DType, Graph, Resident};

const HAZE: f32 = 8.0 / 255.0;

struct Picture {
    channels: usize,
    /// Height and width.
    size: [usize; 2],
    patch: usize,
    /// `[patches, channels × patch²]`
    rows: Vec<f32>,
}

impl Picture {
    /// Values from −1.5 to 1.5: some are clamped at both ends.
    fn new(channels: usize, size: [usize; 2], patch: usize) -> Self {
        let mut rows = values(channels * size[0] * size[1], 7);
        rows.iter_mut().for_each(|value| *value *= 1.5);
        Self {
            channels,
            size,
            patch,
            rows,
        }
    }

    /// The index of a value of plane `channel`.
    fn place(&self, channel: usize, pixel: usize) -> usize {
        let ([_, width], side) = (self.size, self.patch);
        let (y, x) = (pixel / width, pixel % width);
        let patch = y / side * (width / side) + x / side;
        ((patch * self.channels + channel) * side + y % side) * side + x % side
    }

    fn on(&self, compute: &Compute) -> Previewed {
        let (values, patch) = (self.channels * self.patch * self.patch, self.patch);
        let rows = Resident::new(compute, [self.rows.len() / values, values], &self.rows);
        let shape = [1, Preview::length(self.size)];
        let out = Resident::zeros_of(compute, DType::U32, shape);
        let mut graph = Graph::new(compute);
        let [values, bits] = [&rows, &out].map(|it| graph.resident(it));
        graph.push(Preview {
            values,
            out: bits,
            channels: self.channels,
            size: self.size,
            patch,
            haze: HAZE,
        });
        let pass = graph.compile().expect("no fault");
        // A second run must not depend on the results of the first.
        for _ in 0..2 {
            pass.run();
        }
        let bits = pollster::block_on(out.reading().bits()).expect("no fault");
        Preview::decode(&bits, self.size)
    }

    /// The exact value of a channel's byte, before rounding.
    fn exact(&self, channel: usize, pixel: usize) -> f64 {
        let unit = |channel| (f64::from(self.rows[self.place(channel, pixel)]) + 1.0) / 2.0;
        let alpha = match self.channels {
            4 => unit(3).clamp(0.0, 1.0),
            _ => 1.0,
        };
        let stretched = match self.channels {
            4 => (alpha - f64::from(HAZE)) / (1.0 - 2.0 * f64::from(HAZE)),
            _ => 1.0,
        };
        let byte = |unit: f64| 255.0 * unit.clamp(0.0, 1.0);
        match channel {
            3 => byte(stretched),
            _ if byte(stretched) < 0.5 => 0.0,
            _ => byte(unit(channel).max(0.0).min(alpha) / alpha),
        }
    }

    fn check(&self, compute: &Compute) {
        let found = self.on(compute);
        assert_eq!(found.rgba.len(), 4 * self.size[0] * self.size[1]);
        for (i, &byte) in found.rgba.iter().enumerate() {
            let exact = self.exact(i % 4, i / 4);
            // Rounding is half a level; a GPU's division has an error of up to 2.5 units in the last
            // place.
            assert!(
                (f64::from(byte) - exact).abs() < 0.5 + 1e-3,
                "byte {i} of {:?} is {byte}, not {exact}",
                self.size
            );
        }
        let low = self.rows.iter().copied().fold(f32::MAX, f32::min);
        let high = self.rows.iter().copied().fold(f32::MIN, f32::max);
        assert_eq!((found.non_finite, found.extent), (None, [low, high]));
    }
}

/// Pictures of less than one group, of some and a part of one, of many.
fn all(compute: &Compute) {
    for (channels, size, patch) in [
        (4, [8, 12], 4),
        (3, [21, 35], 7),
        (4, [64, 48], 16),
        (3, [160, 128], 32),
    ] {
        Picture::new(channels, size, patch).check(compute);
    }
    let sound = Picture::new(4, [32, 48], 16);
    let seen = |faults: &[(usize, usize, f32)]| {
        let mut picture = Picture::new(4, sound.size, sound.patch);
        for &(channel, pixel, value) in faults {
            let at = picture.place(channel, pixel);
            picture.rows[at] = value;
        }
        picture.on(compute)
    };
    let extent = sound.on(compute).extent;
    for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        // The first in the order of planes, not of pixels.
        let found = seen(&[(2, 3, bad), (1, 700, bad), (1, 1535, bad)]);
        assert_eq!(found.non_finite, Some(1536 + 700), "{bad}");
        assert!(found.extent[0] >= extent[0] && found.extent[1] <= extent[1]);
    }
    assert_eq!(seen(&[(0, 0, f32::NAN)]).non_finite, Some(0));
    assert_eq!(
        seen(&[(0, 5, f32::MAX), (3, 1000, f32::MIN)]).extent,
        [f32::MIN, f32::MAX]
    );
    let mut constant = Picture::new(4, sound.size, sound.patch);
    constant.rows.fill(0.25);
    assert_eq!(constant.on(compute).extent, [0.25, 0.25]);
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

/// Where they differ, a value is so close to the middle of two levels that the GPU's division rounds
/// it differently.
#[test]
fn the_gpu_agrees_with_the_processor_to_a_level() {
    let picture = Picture::new(4, [256, 256], 16);
    let [gpu, cpu] = [gpu(), Compute::cpu()].map(|compute| picture.on(&compute).rgba);
    let differing: Vec<u8> = gpu
        .iter()
        .zip(&cpu)
        .map(|(a, b)| a.abs_diff(*b))
        .filter(|&difference| difference > 0)
        .collect();
    assert!(differing.iter().all(|&difference| difference == 1));
    assert!(differing.len() < gpu.len() / 1000, "{}", differing.len());
}

#[test]
fn an_unwritten_buffer_decodes_as_constant() {
    let found = Preview::decode(&vec![0; Preview::length([20, 30])], [20, 30]);
    assert_eq!((found.non_finite, found.extent), (None, [0.0, 0.0]));
    assert!(found.rgba.iter().all(|&byte| byte == 0));
}

/// A reading is not affected by later writes, and staging buffers are reused.
#[test]
fn a_reading_has_the_values_of_its_request() {
    for compute in [Compute::cpu(), gpu()] {
        let resident = Resident::zeros(&compute, [4, 100]);
        for round in 0..3 {
            let readings = [1.0, 2.0, 3.0].map(|value| {
                let value = value + 10.0 * round as f32;
                resident.write(0, &[value; 400]);
                (value, resident.reading())
            });
            for (i, (value, reading)) in readings.into_iter().enumerate() {
                if i == 1 && round == 1 {
                    continue; // dropped, as when a job is cancelled
                }
                let read = pollster::block_on(reading.values()).expect("no fault");
                assert_eq!(read, [value; 400]);
            }
        }
        assert_eq!(compute.check(), Ok(()));
    }
}

//! From sums to the values of the output.

/// What follows the convolution: `y = prelu(sum + bias) + residual`.
pub(super) struct Output<'a> {
    pub channels: usize,
    pub bias: Option<&'a [f32]>,
    pub slopes: Option<&'a [f32]>,
    /// Whether the residual is the present content of `y`.
    pub within: bool,
    /// Values from the image's first pixel on, and from one pixel to the next.
    pub residual: Option<(&'a [f32], usize)>,
}

/// The part of it that a panel of output channels needs.
pub(super) struct Panel<'a, const LANES: usize> {
    of: &'a Output<'a>,
    first: usize,
    lanes: usize,
    bias: [f32; LANES],
    slopes: [f32; LANES],
}

impl Output<'_> {
    /// Channels from `first` on.
    #[inline(always)]
    pub(super) fn panel<const LANES: usize>(&self, first: usize) -> Panel<'_, LANES> {
        let lanes = LANES.min(self.channels - first);
        let own = |values: Option<&[f32]>, without: f32| {
            let mut own = [without; LANES];
            if let Some(values) = values {
                own[..lanes].copy_from_slice(&values[first..][..lanes]);
            }
            own
        };
        Panel {
            of: self,
            first,
            lanes,
            bias: own(self.bias, 0.0),
            slopes: own(self.slopes, 1.0),
        }
    }
}

impl<const LANES: usize> Panel<'_, LANES> {
    /// Stores the sums of a pixel, whose row is `y`.
    #[inline(always)]
    pub(super) fn store(&self, pixel: usize, sums: &[f32; LANES], y: &mut [f32]) {
        let y = &mut y[self.first..][..self.lanes];
        let residual = self
            .of
            .residual
            .map(|(values, stride)| &values[pixel * stride + self.first..][..self.lanes]);
        match y.as_mut_array::<LANES>() {
            Some(y) => self.store_lanes(sums, residual.and_then(|it| it.as_array()), y),
            None => {
                let mut lanes = [0.0; LANES];
                lanes[..self.lanes].copy_from_slice(y);
                let residual = residual.map(|residual| {
                    let mut lanes = [0.0; LANES];
                    lanes[..self.lanes].copy_from_slice(residual);
                    lanes
                });
                self.store_lanes(sums, residual.as_ref(), &mut lanes);
                y.copy_from_slice(&lanes[..self.lanes]);
            }
        }
    }

    #[inline(always)]
    fn store_lanes(
        &self,
        sums: &[f32; LANES],
        residual: Option<&[f32; LANES]>,
        y: &mut [f32; LANES],
    ) {
        let mut values = [0.0; LANES];
        for i in 0..LANES {
            let sum = sums[i] + self.bias[i];
            let negative = self.slopes[i] * sum;
            values[i] = if sum < 0.0 { negative } else { sum };
        }
        if let Some(residual) = residual {
            for i in 0..LANES {
                values[i] += residual[i];
            }
        } else if self.of.within {
            for i in 0..LANES {
                values[i] += y[i];
            }
        }
        *y = values;
    }
}

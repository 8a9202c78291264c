//! The memory that tiles take of their device, known before anything is allocated.

use image2_shaders::Graph;

use super::enlarger::Enlarger;
use crate::fault::RequestFault;

impl Enlarger {
    /// Checks that the device can run the largest window.
    ///
    /// # Errors
    /// [`RequestFault::Buffer`], for a picture of `[height, width]` pixels.
    pub(crate) fn check_fit(&self, [height, width]: [u32; 2]) -> Result<(), RequestFault> {
        let (graph, limits) = (self.largest(), self.compute().limits());
        let size_bytes = graph
            .ir()
            .tensors()
            .all()
            .iter()
            .map(image2_shaders::ir::Tensor::bytes);
        let size_bytes = size_bytes.max().unwrap_or(0);
        match graph.check(limits) {
            Ok(()) => Ok(()),
            Err(_) => Err(RequestFault::Buffer {
                width,
                height,
                size_bytes,
                limit_bytes: limits.binding_bytes,
            }),
        }
    }

    /// Bytes that the largest tile takes, on the device and beside it.
    pub(crate) fn tile_bytes(&self) -> u64 {
        let window = u64::from(self.tiling().window_max);
        let scale = self.network().signature().scale as u64;
        let enlarged = window * window * scale * scale;
        // Beside it: the pixels, the values that were read, their averages, the bytes of the
        // result.
        let host = window * window * (4 + 16) + enlarged * (16 + 16 + 4);
        self.largest().planned_bytes() + host
    }

    /// The pass of the largest window, with input and output planned as well.
    fn largest(&self) -> Graph {
        let (window, signature) = (
            self.tiling().window_max as usize,
            self.network().signature(),
        );
        let enlarged = window * signature.scale;
        let mut graph = Graph::new(self.compute());
        let x = graph.planned(window * window, signature.channels);
        let y = graph.planned(enlarged * enlarged, signature.channels);
        let (x, y) = (graph.image(x, [window; 2]), graph.image(y, [enlarged; 2]));
        self.network().record(&mut graph, x, y);
        graph
    }
}

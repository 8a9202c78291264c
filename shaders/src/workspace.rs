//! Memory that several graphs share.

use std::cmp::Reverse;

use crate::compute::Compute;
use crate::ir::DType;
use crate::resident::Resident;

/// Buffers that several graphs share, of which one runs at a time: each overwrites what the one
/// before left there.
#[derive(Debug, Default)]
pub struct Workspace(Vec<Resident>);

impl Workspace {
    /// Memory of all buffers.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(Resident::bytes).sum()
    }

    /// A different buffer for each size in bytes: the smallest existing one that is large enough,
    /// or a new one. A large plan before a small one therefore takes no more than the large one
    /// alone.
    pub(crate) fn take(&mut self, compute: &Compute, sizes: &[u64]) -> Vec<Resident> {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|&i| Reverse(sizes[i]));
        self.0.sort_by_key(Resident::bytes);
        let mut free: Vec<Resident> = self.0.clone();
        let mut taken = vec![None; sizes.len()];
        for i in order {
            let fits = |place: &Resident| place.bytes() >= sizes[i];
            let place = match free.iter().position(fits) {
                Some(at) => free.remove(at),
                None => {
                    let shape = [sizes[i] as usize / DType::F32.bytes()].into();
                    let place = Resident::labelled(compute, "workspace", DType::F32, shape);
                    self.0.push(place.clone());
                    place
                }
            };
            taken[i] = Some(place);
        }
        taken.into_iter().flatten().collect()
    }
}

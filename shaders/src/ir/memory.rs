//! The memory plan: tensors that are never needed at the same time share memory.
//!
//! Tensors share whole buffers, not ranges of one: WebGPU forbids binding one buffer for reading
//! and for writing in one dispatch. A network repeats the same few shapes, so little is lost.

use std::cmp::Reverse;

use super::{Graph, Home, Operation, TensorId};

/// The buffer that each planned tensor uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The buffer of each tensor, by the tensor's number; `None` for residents and unused tensors.
    pub(crate) places: Vec<Option<usize>>,
    /// The size of each buffer in bytes.
    pub(crate) sizes: Vec<u64>,
}

impl Plan {
    /// Memory of all buffers.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }
}

/// The first and the last operation that touch each tensor.
fn lifetimes<O: Operation>(graph: &Graph<O>) -> Vec<Option<[usize; 2]>> {
    let mut lifetimes = vec![None; graph.tensors().all().len()];
    for (k, op) in graph.ops().iter().enumerate() {
        for TensorId(i) in op.reads().into_iter().chain(op.writes()) {
            let [_, last] = lifetimes[i].get_or_insert([k, k]);
            *last = k;
        }
    }
    lifetimes
}

/// Assigns every planned tensor, largest first, to the first buffer that is free for its whole
/// lifetime, or else to a new one. (Greedy by size: Pisarchyk and Lee, arXiv 2001.03288.)
#[must_use]
pub fn plan<O: Operation>(graph: &Graph<O>) -> Plan {
    let lifetimes = lifetimes(graph);
    let tensors = graph.tensors().all();
    let mut order: Vec<usize> = (0..tensors.len())
        .filter(|&i| tensors[i].home == Home::Planned)
        .collect();
    order.sort_by_key(|&i| Reverse(tensors[i].bytes()));
    let mut plan = Plan {
        places: vec![None; tensors.len()],
        sizes: Vec::new(),
    };
    let mut occupied: Vec<Vec<[usize; 2]>> = Vec::new();
    for i in order {
        let Some(lifetime) = lifetimes[i] else {
            continue;
        };
        let free = |others: &Vec<[usize; 2]>| others.iter().all(|other| apart(*other, lifetime));
        let place = occupied.iter().position(free).unwrap_or_else(|| {
            occupied.push(Vec::new());
            plan.sizes.push(tensors[i].bytes());
            occupied.len() - 1
        });
        occupied[place].push(lifetime);
        plan.places[i] = Some(place);
    }
    plan
}

fn apart(a: [usize; 2], b: [usize; 2]) -> bool {
    a[1] < b[0] || b[1] < a[0]
}

/// The most memory that the live planned tensors take at any one operation: no plan can need less.
#[must_use]
pub fn lower_bound_bytes<O: Operation>(graph: &Graph<O>) -> u64 {
    let lifetimes = lifetimes(graph);
    let alive = |k: usize| {
        graph
            .tensors()
            .all()
            .iter()
            .zip(&lifetimes)
            .filter(|(tensor, _)| tensor.home == Home::Planned)
            .filter(|(_, life)| life.is_some_and(|[first, last]| (first..=last).contains(&k)))
            .map(|(tensor, _)| tensor.bytes())
            .sum()
    };
    (0..graph.ops().len()).map(alive).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::operation::tests::Touch;
    use super::super::{DType, Shape};
    use super::*;

    /// Operations between tensors of many sizes, in a pseudo-random order.
    fn random_graph(seed: u32) -> Graph<Touch> {
        let mut graph = Graph::default();
        let mut planned = |columns: usize| {
            let shape = Shape::from([1, columns]);
            graph.tensor(DType::F32, shape, Home::Planned)
        };
        let pairs: Vec<[TensorId; 2]> = (1..=6)
            .map(|heads| [planned(12 * heads), planned(4 * heads)])
            .collect();
        let angles = planned(4);
        let mut state = seed;
        for _ in 0..20 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [qkv, out] = pairs[(state >> 16) as usize % pairs.len()];
            let (reads, writes) = match state >> 31 {
                0 => (vec![qkv], vec![out]),
                _ => (vec![qkv, angles], vec![qkv]),
            };
            graph.push(Touch {
                reads,
                writes,
                workgroups: 1,
            });
        }
        graph
    }

    #[test]
    fn tensors_alive_at_the_same_time_never_share_a_buffer() {
        for graph in (0..200).map(random_graph) {
            let (plan, lifetimes) = (plan(&graph), lifetimes(&graph));
            for (i, place) in plan.places.iter().enumerate() {
                assert_eq!(
                    place.is_some(),
                    lifetimes[i].is_some(),
                    "every used tensor has a buffer"
                );
                let Some((place, lifetime)) = place.zip(lifetimes[i]) else {
                    continue;
                };
                let size = graph.tensors().all()[i].bytes();
                assert!(plan.sizes[place] >= size, "tensor {i} fits");
                let earlier = plan.places[..i].iter().zip(&lifetimes);
                for (j, (other, others_lifetime)) in earlier.enumerate() {
                    assert!(
                        *other != Some(place)
                            || others_lifetime.is_some_and(|other| apart(other, lifetime)),
                        "tensors {i} and {j}"
                    );
                }
            }
            assert!(plan.bytes() >= lower_bound_bytes(&graph));
        }
    }
}

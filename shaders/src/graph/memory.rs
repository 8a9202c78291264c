//! Which planned matrices share a place: those that are never needed at the same time.
//!
//! Places are whole buffers, not parts of one: WebGPU forbids binding one buffer for reading and
//! for writing at once. A network repeats the same few shapes, so little is lost by that.

use super::{Graph, Home, Id};
use crate::compute::Compute;
use crate::resident::Resident;

/// Where each planned matrix lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Of each matrix, by its number; `None` for residents and for what nobody uses.
    pub(crate) places: Vec<Option<usize>>,
    /// Values that each place holds.
    pub(crate) sizes: Vec<usize>,
}

impl Plan {
    /// Memory of all places.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sizes.iter().map(|&size| 4 * size as u64).sum()
    }
}

/// Places that several graphs share, of which one runs at a time: what one of them leaves there, the
/// next overwrites.
#[derive(Debug, Default)]
pub struct Workspace(Vec<Resident>);

impl Workspace {
    /// Memory of all places.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(Resident::bytes).sum()
    }

    /// A place of its own for each size: the smallest that it fits into, or a new one. A large plan
    /// before a small one therefore takes no more than the large one alone.
    pub(super) fn take(&mut self, compute: &Compute, sizes: &[usize]) -> Vec<Resident> {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(sizes[i]));
        self.0.sort_by_key(Resident::bytes);
        let mut free: Vec<Resident> = self.0.clone();
        let mut taken = vec![None; sizes.len()];
        for i in order {
            let fits = |place: &Resident| place.bytes() >= 4 * sizes[i] as u64;
            let place = match free.iter().position(fits) {
                Some(at) => free.remove(at),
                None => {
                    let place = Resident::zeros(compute, [1, sizes[i]]);
                    self.0.push(place.clone());
                    place
                }
            };
            taken[i] = Some(place);
        }
        taken.into_iter().flatten().collect()
    }
}

/// First and last operation that touch a matrix.
fn lives(graph: &Graph) -> Vec<Option<[usize; 2]>> {
    let mut lives = vec![None; graph.matrices().len()];
    for (k, op) in graph.ops().iter().enumerate() {
        for Id(i) in op.reads().into_iter().chain(op.writes()) {
            let [_, last] = lives[i].get_or_insert([k, k]);
            *last = k;
        }
    }
    lives
}

/// Gives every planned matrix a place, largest first, in the first place that is free for its
/// whole life and large enough already, or else in a new one. (Greedy by size: Pisarchyk and Lee,
/// arXiv 2001.03288.)
#[must_use]
pub fn plan(graph: &Graph) -> Plan {
    let lives = lives(graph);
    let size = |i: usize| graph.matrices()[i].shape.iter().product::<usize>();
    let mut order: Vec<usize> = (0..graph.matrices().len())
        .filter(|&i| matches!(graph.matrices()[i].home, Home::Planned))
        .collect();
    order.sort_by_key(|&i| std::cmp::Reverse(size(i)));
    let mut plan = Plan {
        places: vec![None; graph.matrices().len()],
        sizes: Vec::new(),
    };
    let mut guests: Vec<Vec<[usize; 2]>> = Vec::new();
    for i in order {
        let Some(life) = lives[i] else { continue };
        let free = |others: &Vec<[usize; 2]>| others.iter().all(|other| apart(*other, life));
        let place = guests.iter().position(free).unwrap_or_else(|| {
            guests.push(Vec::new());
            plan.sizes.push(size(i));
            guests.len() - 1
        });
        guests[place].push(life);
        plan.places[i] = Some(place);
    }
    plan
}

fn apart(a: [usize; 2], b: [usize; 2]) -> bool {
    a[1] < b[0] || b[1] < a[0]
}

/// The most that all living matrices, residents aside, take at any one operation: no plan can
/// need less.
#[must_use]
pub fn lower_bound_bytes(graph: &Graph) -> u64 {
    let lives = lives(graph);
    let alive = |k: usize| {
        graph
            .matrices()
            .iter()
            .zip(&lives)
            .filter(|(matrix, _)| matches!(matrix.home, Home::Planned))
            .filter(|(_, life)| life.is_some_and(|[first, last]| (first..=last).contains(&k)))
            .map(|(matrix, _)| 4 * matrix.shape.iter().product::<usize>() as u64)
            .sum()
    };
    (0..graph.ops().len()).map(alive).max().unwrap_or(0)
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;
    use crate::Compute;
    use crate::graph::{Attention, Rotate, Sequence};

    const ONE: Sequence = Sequence {
        text: [0, 0],
        picture: [0, 1],
        batch: 1,
    };

    /// Operations between matrices of many sizes, in an order that looks random.
    fn tangle(seed: u32) -> Graph {
        let mut graph = Graph::new(&Compute::Cpu);
        let pairs: Vec<[Id; 2]> = (1..=6)
            .map(|heads| [graph.planned(1, 12 * heads), graph.planned(1, 4 * heads)])
            .collect();
        let angles = graph.planned(1, 4);
        let mut state = seed;
        for _ in 0..20 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let i = (state >> 16) as usize % pairs.len();
            let [qkv, out] = pairs[i];
            let (heads, head_dim) = (i + 1, 4);
            match state >> 31 {
                0 => graph.push(Attention {
                    qkv,
                    out,
                    heads,
                    head_dim,
                    sequence: ONE,
                    pictures_only: false,
                }),
                _ => graph.push(Rotate {
                    qkv,
                    heads,
                    head_dim,
                    angles,
                }),
            }
        }
        graph
    }

    #[test]
    fn what_lives_at_the_same_time_never_shares_a_place() {
        for graph in (0..200).map(tangle) {
            let (plan, lives) = (plan(&graph), lives(&graph));
            for (i, place) in plan.places.iter().enumerate() {
                assert_eq!(
                    place.is_some(),
                    lives[i].is_some(),
                    "what is used has a place"
                );
                let Some((place, life)) = place.zip(lives[i]) else {
                    continue;
                };
                let size: usize = graph.matrices()[i].shape.iter().product();
                assert!(plan.sizes[place] >= size, "matrix {i} fits");
                let earlier = plan.places[..i].iter().zip(&lives);
                for (j, (other, others_life)) in earlier.enumerate() {
                    assert!(
                        *other != Some(place)
                            || others_life.is_some_and(|other| apart(other, life)),
                        "matrices {i} and {j}"
                    );
                }
            }
            assert!(plan.bytes() >= lower_bound_bytes(&graph));
        }
    }
}

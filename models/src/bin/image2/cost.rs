//! Memory and time, said before long work.

use std::time::Duration;

use image2_models::{Estimate, ModelError, Pipeline, Recipe};

use crate::output::Output;

/// Work that takes longer is announced.
const LONG: Duration = Duration::from_secs(10);
/// Work that takes more memory is announced.
const LARGE_BYTES: u64 = 256 << 20;
/// Fewer tiles are computed before anybody could read a sentence.
const MANY_TILES: u32 = 8;

/// Announces all pictures of a run together, if they take long.
pub async fn announce_all(
    pipeline: &Pipeline,
    recipes: &[Recipe],
    output: &Output,
) -> Result<(), ModelError> {
    let estimates = || -> Result<Vec<Estimate>, ModelError> {
        let estimates = recipes.iter().map(|recipe| Ok(pipeline.estimate(recipe)?));
        estimates.collect()
    };
    if estimates()?
        .iter()
        .all(|estimate| estimate.tiles < MANY_TILES)
    {
        return Ok(());
    }
    // Measures the pace.
    pipeline.prepare(async |_, _| {}).await?;
    let total = estimates()?.into_iter().reduce(|a, b| Estimate {
        memory_bytes: a.memory_bytes.max(b.memory_bytes),
        drawing: sum(a.drawing, b.drawing),
        enlarging: sum(a.enlarging, b.enlarging),
        ..a
    });
    announce(&total.unwrap_or_default(), output);
    Ok(())
}

/// Announces work that takes long or much memory.
pub fn announce(estimate: &Estimate, output: &Output) {
    let time = sum(estimate.drawing, estimate.enlarging);
    let is_long = time.is_some_and(|time| time >= LONG);
    if is_long || estimate.memory_bytes >= LARGE_BYTES {
        output.note(&sentence(time, estimate.memory_bytes));
    }
}

fn sum(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

fn sentence(time: Option<Duration>, memory_bytes: u64) -> String {
    let memory = format!("{} MB of memory", memory_bytes.div_ceil(1_000_000));
    match time.map(|time| time.as_secs_f64()) {
        None => format!("this takes {memory}"),
        Some(seconds) if seconds < 90.0 => format!("this takes about {seconds:.0} s and {memory}"),
        Some(seconds) => format!("this takes about {:.0} min and {memory}", seconds / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_memory_are_rounded() {
        let seconds = |seconds| sentence(Some(Duration::from_secs_f64(seconds)), 200_000_001);
        assert_eq!(seconds(12.4), "this takes about 12 s and 201 MB of memory");
        assert_eq!(
            seconds(130.0),
            "this takes about 2 min and 201 MB of memory"
        );
        assert_eq!(sentence(None, 1), "this takes 1 MB of memory");
    }
}

//! Times several engines on the same work, alternately, so that other load on the machine affects all
//! of them equally.

/// The least duration of a sample: the timer's resolution and the cost of a submission are negligible.
const ENOUGH_MS = 250;

/// The largest error that rounding explains. An engine with a larger one has computed something else and is
/// excluded from the ratio.
const ERROR_MAX = 0.1;

/// Runs each of `engines` (the first is ours) on `inputs` alternately, `rounds` times. Times are in
/// milliseconds a run; `error` is the distance of outputs from ours relative to their norm. Engines marked
/// `apart` are reported but excluded from the ratio.
export async function compare(engines, inputs, rounds, note = () => {}) {
  const results = [];
  let reference;
  for (const engine of engines) {
    engine.feed(inputs);
    await timed(engine, 1); // compiles
    const first = await timed(engine, 1);
    const output = await engine.read();
    reference ??= output;
    const times = Math.max(1, Math.ceil(ENOUGH_MS / first));
    note(`${engine.name}: about ${first.toFixed(1)} ms`);
    results.push({ name: engine.name, apart: engine.apart, times, error: distance(output, reference), samples: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    // Another engine is first in each round.
    for (let turn = 0; turn < engines.length; turn += 1) {
      const at = (round + turn) % engines.length;
      const { times, samples } = results[at];
      samples.push((await timed(engines[at], times)) / times);
    }
    note(`round ${round + 1} of ${rounds}`);
  }
  return summary(results);
}

/// Medians, and our ratio to each of the others: the median of the rounds' ratios and its range. The
/// case's ratio is that to the fastest engine that is not excluded.
export function summary(results) {
  const [ours] = results;
  const engines = results.map(({ name, error, apart, samples }, at) => {
    const ratios = at ? samples.map((sample, round) => ours.samples[round] / sample) : undefined;
    return { name, error, ...(apart && { apart }), ...spread(samples), ...(ratios && ratio(ratios)) };
  });
  const comparable = engines.slice(1).filter(({ error, apart }) => error <= ERROR_MAX && !apart);
  const best = comparable.reduce((one, other) => (other.median_ms < one.median_ms ? other : one), comparable[0]);
  return { engines, ...(best && { against: best.name, ratio: best.ratio, ratio_range: best.ratio_range }) };
}

const ratio = (ratios) => ({ ratio: median(ratios), ratio_range: [Math.min(...ratios), Math.max(...ratios)] });

/// Median and range of times in milliseconds.
export function spread(samples) {
  return { median_ms: median(samples), range_ms: [Math.min(...samples), Math.max(...samples)] };
}

async function timed(engine, times) {
  const start = performance.now();
  await engine.run(times);
  await engine.settle();
  return performance.now() - start;
}

function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function distance(output, reference) {
  if (output.length !== reference.length) return Infinity;
  let apart = 0;
  let norm = 0;
  reference.forEach((value, i) => {
    apart += (output[i] - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(apart / norm);
}

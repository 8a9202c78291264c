//! Runs cases one after the other and reports ratios, and each engine's rate relative to the adapter's
//! peak.

import { writeFile } from 'node:fs/promises';

/// Runs each case by `ask(what, work)`; prints a table; writes everything to the file `json` after
/// each case, so that an interrupted run keeps its results. Returns whether all cases succeeded.
export async function report(cases, { only, json }, ask) {
  const chosen = only?.split(',');
  const wanted = cases.filter(({ name }) => !chosen || chosen.includes(name));
  const found = { ratios: {}, device: await ask('describe'), latency: {}, results: {} };
  const { adapter, peak_flops, bytes_a_second } = found.device;
  console.error(`${adapter || 'a GPU without a name'}: ${giga(peak_flops)} GFLOP/s in registers, ${giga(bytes_a_second)} GB/s`);
  let failed = false;
  for (const { name, latency, ...work } of wanted) {
    console.error(name);
    try {
      if (latency) {
        found.latency[work.kind] = await ask('latency', work);
      } else {
        found.results[name] = placed(await ask('run', work), work.kind === 'gpu' ? found.device : {});
        found.ratios[name] = found.results[name].ratio ?? null;
      }
    } catch (error) {
      failed = true;
      console.error(`  ${error.message}`);
      found.results[name] = { failure: error.message };
    }
    if (json) await writeFile(json, `${JSON.stringify(found, null, 1)}\n`);
  }
  console.log(table(found));
  return !failed;
}

/// The rate of each engine of a case, relative to the adapter's peak and to the case's roof: the bound
/// set by peak and bandwidth if each value is moved once. Without the device's figures, rates alone.
export function placed(result, { peak_flops, bytes_a_second }) {
  const { flops, bytes } = result;
  const roof = bytes && bytes_a_second ? Math.min(peak_flops, (flops / bytes) * bytes_a_second) : undefined;
  const engines = result.engines.map((engine) => {
    const rate = flops / (engine.median_ms / 1e3);
    return {
      ...engine,
      flops_a_second: rate,
      ...(peak_flops && { of_peak: rate / peak_flops }),
      ...(roof && { of_roof: rate / roof }),
    };
  });
  return { ...result, engines };
}

/// A readable report; a star marks the ratio against the fastest engine.
export function table({ results, latency }) {
  const rows = [['case', 'engine', 'ms', 'GFLOP/s', 'of peak', 'of roof', 'error', 'ratio']];
  for (const [name, { engines = [], failure, against, refused = {} }] of Object.entries(results)) {
    if (failure) rows.push([name, failure.split('\n')[0]]);
    engines.forEach((engine, i) => {
      const { ratio, ratio_range } = engine;
      const range = ratio && `${ratio.toFixed(2)} (${ratio_range.map((x) => x.toFixed(2)).join('–')})`;
      rows.push([
        i ? '' : name,
        engine.name,
        few(engine.median_ms),
        giga(engine.flops_a_second),
        share(engine.of_peak),
        share(engine.of_roof),
        i ? (engine.error?.toExponential(1) ?? 'no number') : '',
        range ? `${range}${engine.name === against ? ' *' : '  '}` : '',
      ]);
    });
    for (const [engine, reason] of Object.entries(refused)) rows.push(['', engine, `refused: ${reason.slice(0, 60)}`]);
  }
  for (const [kind, times] of Object.entries(latency)) {
    Object.entries(times).forEach(([what, { median_ms, range_ms }], i) => {
      rows.push([i ? '' : `latency_${kind}`, what, few(median_ms), `${range_ms.map(few).join('–')}`]);
    });
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => (row.length === 8 ? row[column].length : 0)), column < 2 ? 14 : 0));
  return rows.map((row) => row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()).join('\n');
}

const giga = (rate) => (rate / 1e9).toFixed(1);
const few = (ms) => ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0);
const share = (of) => (of === undefined ? '' : `${(100 * of).toFixed(0)} %`);

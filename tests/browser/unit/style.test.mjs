//! The style sheets name sides by the direction of the text, not by left and right: the same rules
//! then serve languages that are written from right to left.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const FOLDER = new URL('../../../app/style/', import.meta.url);

const PHYSICAL_PROPERTY = /(^|-)(left|right|top|bottom)(-|$)/;
const PHYSICAL_VALUE = {
  'text-align': /\b(left|right)\b/,
  float: /\b(left|right)\b/,
  clear: /\b(left|right)\b/,
  'caption-side': /\b(left|right)\b/,
};
/// Shorthands whose second and fourth values are the right and the left side.
const FOUR_SIDES = /^(margin|padding|inset|border-(width|style|color)|scroll-(margin|padding))$/;

/// { property, value, line } of every declaration.
function declarations(css) {
  const blank = (comment) => comment.replace(/[^\n]/g, ' ');
  const code = css.replace(/\/\*[^]*?\*\//g, blank);
  return [...code.matchAll(/([\w-]+)\s*:\s*([^;{}]+)[;}]/g)].map((found) => ({
    property: found[1],
    value: found[2].trim(),
    line: code.slice(0, found.index).split('\n').length,
  }));
}

/// The values of a shorthand; a function such as `calc(1px + 2px)` is one value.
function parts(value) {
  const found = [''];
  let depth = 0;
  for (const char of value) {
    depth += { '(': 1, ')': -1 }[char] ?? 0;
    if (/\s/.test(char) && depth === 0) found.push('');
    else found[found.length - 1] += char;
  }
  return found.filter(Boolean);
}

function isPhysical({ property, value }) {
  if (property.startsWith('--')) return false;
  if (PHYSICAL_PROPERTY.test(property) || PHYSICAL_VALUE[property]?.test(value)) return true;
  if (FOUR_SIDES.test(property)) {
    const [, second, , fourth] = parts(value);
    return fourth !== undefined && fourth !== second;
  }
  // Corners go round: the first two are the upper left and the upper right.
  if (property === 'border-radius') {
    const [first, second = first, third = first, fourth = second] = parts(value);
    return first !== second || third !== fourth;
  }
  return /\b(translateX|to (left|right))\b/.test(value);
}

test('no style sheet names a physical side', async () => {
  const sheets = (await readdir(FOLDER)).filter((name) => name.endsWith('.css'));
  assert.ok(sheets.length > 5, `style sheets in ${FOLDER}: ${sheets}`);
  const found = [];
  for (const sheet of sheets) {
    for (const declaration of declarations(await readFile(new URL(sheet, FOLDER), 'utf8'))) {
      if (!isPhysical(declaration)) continue;
      found.push(`${sheet}:${declaration.line}: ${declaration.property}: ${declaration.value}`);
    }
  }
  assert.deepEqual(found, []);
});

test('the check recognizes physical sides', () => {
  const css = `
    a { margin-left: 1px; border-top-right-radius: 2px; right: 0; text-align: left; }
    a { margin: 0 1px 0 calc(2px + 1px); border-radius: 1px 0 0 1px; }
    a { background: linear-gradient(to right, red, blue) }`;
  assert.deepEqual(declarations(css).map(isPhysical), Array(7).fill(true));
  const logical = `
    a { margin-inline: 1px 2px; /* left: 0; */ margin: 0 calc(1px + 2px) 3px calc(1px + 2px); }
    a { text-align: start; padding: env(safe-area-inset-left); --left: 1px }
    a:hover { inset: 0 auto; border-radius: 1px 1px 0 0 }`;
  assert.deepEqual(declarations(logical).map(isPhysical), Array(7).fill(false));
});

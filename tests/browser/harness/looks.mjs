//! What can be seen of an element: its pixels, and the parts of its style that do not depend on colour.

import { decode } from './pictures.mjs';

/// Pixels around an element that belong to it, such as a focus ring.
const MARGIN = 8;
/// Two levels of brightness, of 255, that can be told apart.
const BRIGHTNESS_STEP = 48;

/// Everything in the element's style that can carry a meaning without colour.
export function shape(locator) {
  return locator.evaluate((element) => {
    const names = [
      'border-block-start-style',
      'border-block-start-width',
      'border-inline-start-style',
      'border-inline-start-width',
      'outline-style',
      'outline-width',
      'font-style',
      'font-weight',
      'text-decoration-line',
    ];
    const style = getComputedStyle(element);
    return names.map((name) => `${name}: ${style.getPropertyValue(name)}`).join('; ');
  });
}

/// The window around a box, as drawn: { x, y, width, height } in CSS pixels of the window.
export async function pixelsAround(page, box) {
  const view = page.viewportSize();
  const [x, y] = [box.x, box.y].map((start) => Math.max(0, start - MARGIN));
  const width = Math.min(view.width, box.x + box.width + MARGIN) - x;
  const height = Math.min(view.height, box.y + box.height + MARGIN) - y;
  return decode(await page.screenshot({ clip: { x, y, width, height } }));
}

/// The window around an element, which is scrolled into view before.
export async function pixels(page, locator) {
  await locator.scrollIntoViewIfNeeded();
  return pixelsAround(page, await locator.boundingBox());
}

const brightness = (data, at) => 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];

/// How many pixels differ in brightness, so that they differ for everybody.
export function difference(one, other) {
  if (one.width !== other.width || one.height !== other.height) return Infinity;
  let count = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const step = Math.abs(brightness(one.data, at) - brightness(other.data, at));
    if (step >= BRIGHTNESS_STEP) count += 1;
  }
  return count;
}

/// Contrast of two opaque CSS colours as WCAG defines it, 1 to 21; 1 where one is transparent.
export function contrast(one, other) {
  const [channels, otherChannels] = [one, other].map((colour) => colour.match(/[\d.]+/g).map(Number));
  if (channels[3] === 0 || otherChannels[3] === 0) return 1;
  const luminance = (channels) => {
    const [r, g, b] = channels.slice(0, 3).map((channel) => {
      const value = channel / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(channels), luminance(otherChannels)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

//! Walks over the page with the keyboard and observes whether each control can be seen while it has
//! the focus (WCAG 2.2, 2.4.11).

/// More stops than any page has: a walk that is longer does not end.
const STOPS_MAX = 120;
/// Reports the focused control, within the page: its place among all elements, its name, and the part of
/// it, 0 to 1, that is neither outside the window nor behind something else. `null` where no control has
/// the focus.
export function observe() {
  const active = document.activeElement;
  if (!active || active === document.body) return null;
  // An input that is hidden by its style is drawn by its label.
  const isInvisible = getComputedStyle(active).opacity === '0';
  const drawn = (isInvisible && active.closest('label')) || active;
  const box = drawn.getBoundingClientRect();
  // A control that takes no press for a moment is visible nevertheless.
  drawn.style.setProperty('pointer-events', 'auto', 'important');
  const probes = 9;
  let seen = 0;
  for (let row = 0; row < probes; row += 1) {
    for (let column = 0; column < probes; column += 1) {
      const x = box.x + ((column + 0.5) / probes) * box.width;
      const y = box.y + ((row + 0.5) / probes) * box.height;
      // Nothing is found outside the window.
      const top = document.elementFromPoint(x, y);
      if (top && drawn.contains(top)) seen += 1;
    }
  }
  drawn.style.removeProperty('pointer-events');
  const words = active.getAttribute('aria-label') ?? active.textContent;
  return {
    index: [...document.querySelectorAll('*')].indexOf(active),
    name: active.dataset.testid ?? words.trim().slice(0, 30),
    seen: seen / probes ** 2,
  };
}

/// Presses `key` from the control that has the focus until the focus leaves the page or is back where it
/// began. Returns every stop, the first control included.
export async function walk(page, key) {
  const stops = [];
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    const observed = await page.evaluate(observe);
    if (!observed || observed.index === stops[0]?.index) return stops;
    stops.push(observed);
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not leave the page: ${stops.map(({ name }) => name).join(', ')}`);
}

/// Walks forwards from the control `first`, then backwards from the last control.
export async function walkBothWays(page, first) {
  await first.focus();
  const forwards = await walk(page, 'Tab');
  await page.evaluate((index) => document.querySelectorAll('*')[index].focus(), forwards.at(-1).index);
  const backwards = await walk(page, 'Shift+Tab');
  return { forwards, backwards };
}

// All figures of one origin, in a dialog.
import { element, keyOf, part, row } from './elements.js';

/** Which origin's figures are open, by its key. */
let shown;
let origins = [];

export function showDetail(key) {
  shown = key;
  drawDetail({ origins });
  element('detail').showModal();
}

/** Draws the figures of the origin that is shown, if one is. */
export function drawDetail(sample) {
  origins = sample.origins;
  const found = origins.find((origin) => keyOf(origin) === shown);
  if (found === undefined) return;
  element('detail-title').textContent = found.origin;
  const figures = Object.entries(found).filter(([name]) => name !== 'origin');
  element('figures').replaceChildren(
    ...figures.map(([name, value]) => row(part('span', name), [text(value)])),
  );
}

function text(value) {
  if (value === null) return '–';
  if (typeof value === 'number') return rounded(value);
  if (typeof value !== 'object') return value;
  const parts = Object.entries(value).map(([name, one]) =>
    typeof one === 'object' && one !== null
      ? `${one.code} (${one.phase}) ${one.count}`
      : `${name.replace(/_ms$/, ' ms')} ${one === null ? '–' : rounded(one)}`,
  );
  return parts.length === 0 ? 'none' : parts.join(' · ');
}

function rounded(value) {
  return String(Math.round(value * 10) / 10);
}

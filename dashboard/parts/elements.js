// What all parts of the page make it from.

export const element = (id) => document.getElementById(id);

export function part(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Replaces the rows of a table, and gives the keyboard back to the successor of what it was on. */
export function fill(table, rows) {
  const focused = document.activeElement?.dataset?.key;
  const had = element(table).contains(document.activeElement);
  element(table).replaceChildren(...rows);
  if (!had || focused === undefined) return;
  const buttons = [...element(table).querySelectorAll('[data-key]')];
  buttons.find((button) => button.dataset.key === focused)?.focus();
}

export function row(head, cells) {
  const made = document.createElement('tr');
  const first = document.createElement('td');
  first.append(head);
  made.append(first, ...cells.map((cell) => part('td', cell)));
  return made;
}

/** An origin or a place, among those of all pools. */
export function keyOf({ pool, origin, place }) {
  return `${pool} ${origin ?? place}`;
}

/** Milliseconds, or what stands for none. */
export function time(millis) {
  return millis === null ? '–' : millis.toFixed(1);
}

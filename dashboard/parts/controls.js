// What may be changed: sizes of pools, idle connections, breakers.
import { element } from './elements.js';
import { authorization } from './token.js';

/** Made once: what somebody is writing into a field must not be replaced. */
export function drawControls({ controls, pools }) {
  element('controls-section').hidden = !controls;
  const shown = [...element('controls').children].map((form) => form.dataset.pool);
  const names = pools.map(({ name }) => name);
  if (!controls || shown.join('\n') === names.join('\n')) return;
  element('controls').replaceChildren(...pools.map(controlsOf));
}

function controlsOf(pool) {
  const form = element('control').content.firstElementChild.cloneNode(true);
  form.dataset.pool = pool.name;
  form.querySelector('legend').textContent = pool.name;
  const [connections, keepalive] = form.querySelectorAll('input');
  connections.value = pool.max_connections;
  keepalive.value = pool.max_keepalive_connections;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    control('resize', {
      pool: pool.name,
      max_connections: connections.valueAsNumber,
      max_keepalive_connections: keepalive.valueAsNumber,
    });
  });
  form
    .querySelector('[data-drain]')
    .addEventListener('click', () => control('drain', { pool: pool.name }));
  return form;
}

export async function control(name, asked) {
  const headers = { ...authorization(), 'content-type': 'application/json' };
  const body = JSON.stringify(asked);
  const said = await fetch(`api/control/${name}`, { method: 'POST', headers, body }).then(
    async (response) => (response.ok ? 'done' : (await response.json()).title),
    () => 'the monitor is gone',
  );
  element('said').textContent = `${name.replace('-', ' ')}: ${said}`;
}

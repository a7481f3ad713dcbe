// The dashboard's page: reads the monitor's live samples and draws them. It asks nobody else.
import { drawCards } from './parts/cards.js';
import { drawCharts, keepCharts } from './parts/charts.js';
import { drawControls } from './parts/controls.js';
import { drawDetail } from './parts/detail.js';
import { element } from './parts/elements.js';
import {
  drawAlerts,
  drawBudgets,
  drawModels,
  drawOrigins,
  drawPlaces,
  drawThreads,
} from './parts/tables.js';
import { authorization, keepToken } from './parts/token.js';

/** Samples that charts show: five minutes at one a second. */
const KEPT = 300;
/** How long after a lost connection the next one is tried, in milliseconds. */
const AGAIN = 2000;

const samples = [];

function draw() {
  const last = samples.at(-1);
  if (last === undefined) return;
  const parts = [drawCards, drawAlerts, drawOrigins, drawModels, drawPlaces, drawBudgets];
  for (const part of [...parts, drawThreads, drawControls, drawDetail]) part(last);
  drawCharts(samples);
}

/** Reads samples until the connection is lost; the response's status. */
async function read() {
  const response = await fetch('api/live', { headers: authorization() });
  if (!response.ok) return response.status;
  element('login').hidden = true;
  element('state').textContent = 'live';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) return response.status;
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      samples.push(JSON.parse(event.slice('data: '.length)));
      if (samples.length > KEPT) samples.shift();
    }
    if (events.length > 0) draw();
  }
}

async function live() {
  for (;;) {
    const status = await read().catch(() => 0);
    if (status === 401) {
      element('state').textContent = 'a token is wanted';
      element('login').hidden = false;
      return;
    }
    element('state').textContent = 'the monitor is gone; trying again';
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

element('login').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(element('token').value);
  live();
});
keepCharts(draw);
live();

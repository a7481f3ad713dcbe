// The dashboard's page: reads the monitor's live samples and draws them. It asks nobody else.
// biome-ignore-all lint/correctness/noUndeclaredVariables: uPlot stands in the page before this.

/** Samples that charts show: five minutes at one a second. */
const KEPT = 300;
/** How long after a lost connection the next one is tried, in milliseconds. */
const AGAIN = 2000;
const TOKEN = 'warmline-token';

const element = (id) => document.getElementById(id);
const dark = matchMedia('(prefers-color-scheme: dark)');
const pick = (light, night) => (dark.matches ? night : light);

/** Key figures with their targets: what is good, what is fair; all else is bad. */
const CARDS = [
  {
    name: 'Pool utilization',
    target: '< 80 %',
    value: ({ pool }) => pool.pool_utilization_percent,
    text: (value) => `${value.toFixed(1)} %`,
    good: (value) => value < 70,
    fair: (value) => value <= 85,
  },
  {
    name: 'Error rate',
    target: '< 2 %',
    value: ({ recent }) => recent.error_rate * 100,
    text: (value) => `${value.toFixed(2)} %`,
    good: (value) => value < 2,
    fair: (value) => value < 5,
  },
  {
    name: 'Connection time',
    target: '< 20 ms',
    value: ({ pool }) => pool.avg_connection_time_ms,
    text: (value) => `${value.toFixed(1)} ms`,
    good: (value) => value < 20,
    fair: (value) => value < 50,
  },
  {
    name: 'Pending requests',
    target: '< 5',
    value: ({ pool }) => pool.pending_requests,
    text: String,
    good: (value) => value < 5,
    fair: (value) => value < 10,
  },
  {
    name: 'Reuse rate',
    target: '> 90 %',
    value: ({ pool }) => (pool.connection_checkouts_total === 0 ? 100 : pool.reuse_rate * 100),
    text: (value) => `${value.toFixed(1)} %`,
    good: (value) => value > 90,
    fair: (value) => value > 70,
  },
  {
    name: 'Requests',
    target: '',
    value: ({ recent }) => recent.requests_per_second,
    text: (value) => `${value.toFixed(1)} /s`,
    good: () => true,
  },
  {
    name: 'Circuit breakers',
    target: 'none open',
    value: ({ pool }) => pool.circuit_breakers_open + pool.circuit_breakers_half_open,
    text: (value) => (value === 0 ? 'closed' : `${value} open`),
    good: (value) => value === 0,
    fair: (_, { pool }) => pool.circuit_breakers_open === 0,
  },
  {
    name: 'Open streams',
    target: 'none stalled',
    value: ({ pool }) => pool.streams_open,
    text: String,
    good: (_, { pool }) => pool.streams_stalled === 0,
    fair: () => true,
  },
];

const since = (name) => (sample, before) =>
  before === undefined
    ? null
    : (Math.max(0, sample.pool[name] - before.pool[name]) * 1000) / (sample.at - before.at);

const CHARTS = [
  {
    name: 'Pool utilization, %',
    range: [0, 100],
    lines: [['utilization', ({ pool }) => pool.pool_utilization_percent]],
    /** The reference's thresholds, from where on it is yellow and red. */
    thresholds: [70, 85],
  },
  {
    name: 'Connections',
    lines: [
      ['active', ({ pool }) => pool.connections_active],
      ['idle', ({ pool }) => pool.connections_idle],
      ['total', ({ pool }) => pool.connections_total],
    ],
  },
  {
    name: 'Requests per second, and pending ones',
    lines: [
      ['requests', since('total_requests')],
      ['aborted', since('requests_aborted_total')],
      ['pending', ({ pool }) => pool.pending_requests],
    ],
  },
  {
    name: 'First token, ms',
    lines: [
      ['p50', ({ pool }) => pool.time_to_first_token_seconds.p50_ms],
      ['p90', ({ pool }) => pool.time_to_first_token_seconds.p90_ms],
      ['p99', ({ pool }) => pool.time_to_first_token_seconds.p99_ms],
    ],
  },
  {
    name: 'Between tokens, ms',
    lines: [
      ['p50', ({ pool }) => pool.inter_token_seconds.p50_ms],
      ['p90', ({ pool }) => pool.inter_token_seconds.p90_ms],
      ['p99', ({ pool }) => pool.inter_token_seconds.p99_ms],
    ],
  },
  {
    name: 'Errors and time-outs, per second',
    lines: [
      ['requests failed', since('error_count')],
      ['connection errors', since('connection_errors_total')],
      ['connection time-outs', since('connection_timeouts_total')],
    ],
  },
  {
    name: 'Retries, hedges and pauses, per second',
    lines: [
      ['retries', since('retries_total')],
      ['hedges', since('hedges_total')],
      ['waits for a pause', since('cooldown_waits_total')],
    ],
  },
  {
    name: 'Circuit breakers',
    lines: [
      ['open', ({ pool }) => pool.circuit_breakers_open],
      ['half-open', ({ pool }) => pool.circuit_breakers_half_open],
    ],
  },
  {
    name: 'Event loop lag, ms',
    lines: [
      ['p50', ({ event_loop }) => event_loop.p50_ms],
      ['p99', ({ event_loop }) => event_loop.p99_ms],
    ],
  },
  {
    name: 'Memory, MB',
    lines: [
      ['process', ({ memory }) => memory.rss_bytes / 1e6],
      ['heap', ({ memory }) => memory.heap_used_bytes / 1e6],
    ],
  },
];

const COLOURS = [
  ['#0969da', '#58a6ff'],
  ['#18794e', '#4cc38a'],
  ['#b5541c', '#ff9f5a'],
];

const GRADES = { closed: 'good', half_open: 'fair', open: 'bad' };

const samples = [];
let drawn = [];
/** Which origin's figures are open, by its key. */
let shown;

function drawCards() {
  const last = samples.at(-1);
  const cards = CARDS.map(({ name, target, value, text, good, fair }) => {
    const card = document.createElement('div');
    const found = value(last);
    const grade = good(found, last) ? 'good' : fair?.(found, last) ? 'fair' : 'bad';
    card.className = 'card';
    card.dataset.grade = grade;
    card.append(part('span', name), part('strong', text(found)));
    card.append(part('small', target === '' ? '' : `target ${target}: ${grade}`));
    return card;
  });
  element('cards').replaceChildren(...cards);
}

function makeCharts() {
  for (const { plot } of drawn) plot.destroy();
  element('charts').replaceChildren();
  const axis = {
    stroke: pick('#5a6270', '#a3abb8'),
    grid: { stroke: pick('#e6e9ee', '#2a3038'), width: 1 },
    ticks: { show: false },
  };
  drawn = CHARTS.map((chart) => {
    const figure = document.createElement('figure');
    figure.append(part('figcaption', chart.name));
    element('charts').append(figure);
    const series = chart.lines.map(([label], at) => ({
      label,
      stroke: pick(...COLOURS[at]),
      width: 2,
      points: { show: false },
      value: (_, value) => (value === null || value === undefined ? '' : value.toFixed(1)),
    }));
    const options = {
      width: figure.clientWidth - 32,
      height: 180,
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, __, most) => chart.range ?? [0, Math.max(1, most * 1.1)] } },
      axes: [axis, { ...axis, size: 56 }],
      series: [{}, ...series],
      hooks: {
        draw: chart.thresholds === undefined ? [] : [(plot) => mark(plot, chart.thresholds)],
      },
    };
    return { chart, figure, plot: new uPlot(options, dataOf(chart), figure) };
  });
}

/** Lines where a value turns yellow, and red. */
function mark(plot, [fair, bad]) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([4, 4]);
  for (const [value, colour] of [
    [fair, pick('#946800', '#f0c000')],
    [bad, pick('#c62a2f', '#ff8589')],
  ]) {
    const y = plot.valToPos(value, 'y', true);
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

function dataOf({ lines }) {
  const times = samples.map(({ at }) => at / 1000);
  return [
    times,
    ...lines.map(([, value]) => samples.map((one, at) => value(one, samples[at - 1]))),
  ];
}

function drawOrigins() {
  const rows = samples.at(-1).origins.map((origin) => {
    const by = origin.requests_total;
    const requests = Object.values(by).reduce((sum, count) => sum + count, 0);
    const button = part('button', origin.origin);
    button.dataset.key = keyOf(origin);
    button.addEventListener('click', () => showDetail(keyOf(origin)));
    return row(button, [
      origin.provider,
      origin.origin_connections.active,
      origin.origin_connections.idle,
      requests,
      by['5xx'] + by.error,
      origin.retries_total,
      time(origin.response_head_seconds.p50_ms),
      time(origin.response_head_seconds.p99_ms),
      time(origin.time_to_first_token_seconds.p50_ms),
      time(origin.inter_token_seconds.p50_ms),
    ]);
  });
  fill('origins', rows);
  drawDetail();
}

/** The origins that limit what is sent, or that have asked for a pause. */
function drawBudgets() {
  const limited = samples
    .at(-1)
    .origins.filter((origin) => origin.rate_limit_waiting !== null || isPaused(origin));
  const rows = limited.map((origin) =>
    row(part('span', origin.origin), [
      origin.rate_limit_requests_left ?? 'no limit',
      origin.rate_limit_tokens_left ?? 'no limit',
      origin.rate_limit_waiting ?? 0,
      isPaused(origin) ? `${origin.cooldown_left_seconds.toFixed(1)} s` : 'none',
    ]),
  );
  fill('budgets', rows);
  element('budgets-section').hidden = rows.length === 0;
}

function isPaused(origin) {
  return origin.cooldown_left_seconds > 0;
}

function drawPlaces() {
  const { places, controls } = samples.at(-1);
  const guarded = places.filter((place) => place.circuit_breaker_failures !== null);
  const rows = guarded.map((place) => {
    const [state] = Object.entries(place.circuit_breaker_state)
      .filter(([, count]) => count > 0)
      .map(([name]) => name)
      .reverse();
    const cells = row(part('span', place.place), [
      state.replace('_', '-'),
      place.circuit_breaker_failures,
      place.circuit_breaker_opened_total,
      place.circuit_breaker_refused_total,
      state === 'open' ? `${place.circuit_breaker_retry_after_seconds.toFixed(0)} s` : '',
    ]);
    cells.children[1].dataset.grade = GRADES[state];
    if (controls) {
      const reset = part('button', 'Reset');
      reset.dataset.key = `reset ${keyOf(place)}`;
      reset.setAttribute('aria-label', `Reset the breaker of ${place.place}`);
      reset.addEventListener('click', () =>
        control('reset-breaker', { pool: place.pool, place: place.place }),
      );
      const cell = document.createElement('td');
      cell.append(reset);
      cells.append(cell);
    }
    return cells;
  });
  element('reset-head').hidden = !controls;
  fill('places', rows);
  element('places-section').hidden = rows.length === 0;
}

/** Made once: what somebody is writing into a field must not be replaced. */
function drawControls() {
  const { controls, pools } = samples.at(-1);
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

async function control(name, asked) {
  const headers = { ...authorization(), 'content-type': 'application/json' };
  const body = JSON.stringify(asked);
  const said = await fetch(`api/control/${name}`, { method: 'POST', headers, body }).then(
    async (response) => (response.ok ? 'done' : (await response.json()).title),
    () => 'the monitor is gone',
  );
  element('said').textContent = `${name.replace('-', ' ')}: ${said}`;
}

/** Replaces the rows of a table, and gives the keyboard back to the successor of what it was on. */
function fill(table, rows) {
  const focused = document.activeElement?.dataset?.key;
  const had = element(table).contains(document.activeElement);
  element(table).replaceChildren(...rows);
  if (!had || focused === undefined) return;
  const buttons = [...element(table).querySelectorAll('[data-key]')];
  buttons.find((button) => button.dataset.key === focused)?.focus();
}

function row(head, cells) {
  const made = document.createElement('tr');
  const first = document.createElement('td');
  first.append(head);
  made.append(first, ...cells.map((cell) => part('td', cell)));
  return made;
}

/** An origin or a place, among those of all pools. */
function keyOf({ pool, origin, place }) {
  return `${pool} ${origin ?? place}`;
}

function showDetail(key) {
  shown = key;
  drawDetail();
  element('detail').showModal();
}

function drawDetail() {
  const found = samples.at(-1).origins.find((origin) => keyOf(origin) === shown);
  if (found === undefined) return;
  element('detail-title').textContent = found.origin;
  const rows = Object.entries(found).map(([name, value]) => {
    const text =
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(plain).join('  ')
        : (value ?? 'none');
    return row(part('span', name), [text]);
  });
  element('figures').replaceChildren(...rows);
}

function plain([name, value]) {
  return typeof value === 'object' && value !== null
    ? `${value.code} (${value.phase}): ${value.count}`
    : `${name}: ${value}`;
}

function drawAlerts() {
  const alerts = samples
    .at(-1)
    .alerts.map(({ name, severity, message }) => part('li', `${severity}: ${message} (${name})`));
  element('alerts').replaceChildren(...alerts);
}

function draw() {
  drawCards();
  drawAlerts();
  drawOrigins();
  drawPlaces();
  drawBudgets();
  drawControls();
  for (const { chart, plot } of drawn) plot.setData(dataOf(chart));
}

function part(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function time(millis) {
  return millis === null ? '' : millis.toFixed(1);
}

function authorization() {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { authorization: `Bearer ${token}` };
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
  sessionStorage.setItem(TOKEN, element('token').value);
  live();
});
dark.addEventListener('change', makeCharts);
addEventListener('resize', () => {
  for (const { figure, plot } of drawn) {
    plot.setSize({ width: figure.clientWidth - 32, height: 180 });
  }
});
makeCharts();
live();

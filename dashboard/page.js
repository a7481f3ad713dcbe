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

const samples = [];
let drawn = [];
/** The origin whose figures are open. */
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
  const { origins } = samples.at(-1);
  const focused = document.activeElement?.dataset?.origin;
  const rows = origins.map((origin) => {
    const row = document.createElement('tr');
    const button = part('button', origin.origin);
    button.dataset.origin = origin.origin;
    button.addEventListener('click', () => showDetail(origin.origin));
    const head = document.createElement('td');
    head.append(button);
    const by = origin.requests_total;
    const requests = Object.values(by).reduce((sum, count) => sum + count, 0);
    row.append(head);
    for (const value of [
      origin.provider,
      origin.origin_connections.active,
      origin.origin_connections.idle,
      requests,
      by['5xx'] + by.error,
      time(origin.response_head_seconds.p50_ms),
      time(origin.response_head_seconds.p99_ms),
      time(origin.time_to_first_token_seconds.p50_ms),
      time(origin.inter_token_seconds.p50_ms),
    ]) {
      row.append(part('td', value));
    }
    return row;
  });
  element('origins').replaceChildren(...rows);
  // The row under the keyboard was replaced by its successor.
  if (focused !== undefined) {
    const [again] = [...document.querySelectorAll('[data-origin]')].filter(
      (button) => button.dataset.origin === focused,
    );
    again?.focus();
  }
  drawDetail();
}

function showDetail(origin) {
  shown = origin;
  drawDetail();
  element('detail').showModal();
}

function drawDetail() {
  const found = samples.at(-1).origins.find(({ origin }) => origin === shown);
  if (found === undefined) return;
  element('detail-title').textContent = shown;
  const rows = Object.entries(found).map(([name, value]) => {
    const row = document.createElement('tr');
    const text = typeof value === 'object' ? Object.entries(value).map(plain).join('  ') : value;
    row.append(part('td', name), part('td', text));
    return row;
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

/** Reads samples until the connection is lost; the response's status. */
async function read() {
  const token = sessionStorage.getItem(TOKEN);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch('api/live', { headers });
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

// The charts of the last minutes, by uPlot, which stands in the page before this.
// biome-ignore-all lint/correctness/noUndeclaredVariables: that is uPlot.
import { element, part } from './elements.js';

const HEIGHT = 170;
/** What a figure has beside its chart, left and right together. */
const PADDING = 32;

const dark = matchMedia('(prefers-color-scheme: dark)');
const pick = (light, night) => (dark.matches ? night : light);

const since = (name) => (sample, before) =>
  before === undefined
    ? null
    : (Math.max(0, sample.pool[name] - before.pool[name]) * 1000) / (sample.at - before.at);

/** The worst of all threads. */
const lagOf = (quantile) => (sample) => {
  const lags = sample.threads.map(({ event_loop_lag_seconds: lag }) => lag[quantile]);
  const known = lags.filter((lag) => lag !== null);
  return known.length === 0 ? null : Math.max(...known);
};

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
    name: 'Tokens and events, per second',
    lines: [
      ['output tokens', since('output_tokens_total')],
      ['input tokens', since('input_tokens_total')],
      ['events', since('stream_events_total')],
    ],
  },
  {
    name: 'Errors and time-outs, per second',
    lines: [
      ['requests failed', since('error_count')],
      ['connects failed', since('connection_errors_total')],
      ['timed out', since('connection_timeouts_total')],
    ],
  },
  {
    name: 'Retries, hedges and pauses, per second',
    lines: [
      ['retries', since('retries_total')],
      ['hedges', since('hedges_total')],
      ['pauses', since('cooldown_waits_total')],
    ],
  },
  {
    name: 'Streams',
    lines: [
      ['open', ({ pool }) => pool.streams_open],
      ['stalled', ({ pool }) => pool.streams_stalled],
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
    name: 'Event loop lag, worst of all threads, ms',
    lines: [
      ['p50', lagOf('p50_ms')],
      ['p99', lagOf('p99_ms')],
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

let drawn = [];

/** Makes all charts anew, in the colours of the day or of the night. */
function makeCharts() {
  for (const { plot } of drawn) plot.destroy();
  element('charts').replaceChildren();
  const axis = {
    stroke: pick('#5a6270', '#a3abb8'),
    grid: { stroke: pick('#e6e9ee', '#2a3038'), width: 1 },
    ticks: { show: false },
  };
  const clock = (_, times) => times.map((at) => new Date(at * 1000).toLocaleTimeString('en-GB'));
  drawn = CHARTS.map((chart) => {
    const figure = document.createElement('figure');
    const series = chart.lines.map(([label], at) => ({
      label,
      stroke: pick(...COLOURS[at]),
      width: 2,
      points: { show: false },
    }));
    const options = {
      width: figure.clientWidth - PADDING,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, __, most) => chart.range ?? [0, Math.max(1, most * 1.1)] } },
      axes: [
        { ...axis, values: clock, space: 80, size: 28 },
        { ...axis, size: 48 },
      ],
      series: [{}, ...series],
      hooks: {
        draw: chart.thresholds === undefined ? [] : [(plot) => mark(plot, chart.thresholds)],
        setCursor: [(plot) => tell(chart, legend, plot)],
      },
    };
    const legend = chart.lines.map(([label], at) => {
      const shown = part('span', label);
      shown.style.setProperty('--line', pick(...COLOURS[at]));
      shown.append(part('b', ''));
      return shown;
    });
    const legends = document.createElement('p');
    legends.append(...legend);
    element('charts').append(figure);
    figure.append(part('figcaption', chart.name), legends);
    const plot = new uPlot({ ...options, width: figure.clientWidth - PADDING }, [[]], figure);
    return { chart, figure, legend, plot };
  });
}

/** Says in the legend what is under the cursor, and else what is last. */
function tell({ lines }, legend, { data, cursor }) {
  const at = cursor.idx ?? data[0].length - 1;
  for (const [index] of lines.entries()) {
    const value = data[index + 1]?.[at];
    legend[index].lastChild.textContent =
      value === null || value === undefined ? '–' : short(value);
  }
}

function short(value) {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
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

function dataOf({ lines }, samples) {
  const times = samples.map(({ at }) => at / 1000);
  return [
    times,
    ...lines.map(([, value]) => samples.map((one, at) => value(one, samples[at - 1]))),
  ];
}

/** Draws these samples, the last one at the right. */
export function drawCharts(samples) {
  for (const { chart, legend, plot } of drawn) {
    plot.setData(dataOf(chart, samples));
    tell(chart, legend, plot);
  }
}

/** Makes the charts now, and again where the colours change; `draw` fills them. */
export function keepCharts(draw) {
  makeCharts();
  dark.addEventListener('change', () => {
    makeCharts();
    draw();
  });
  addEventListener('resize', () => {
    for (const { figure, plot } of drawn) {
      plot.setSize({ width: figure.clientWidth - PADDING, height: HEIGHT });
    }
  });
}

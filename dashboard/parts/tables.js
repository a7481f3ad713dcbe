// Tables: origins, models, breakers, rate limits, threads; and the alerts.
import { control } from './controls.js';
import { showDetail } from './detail.js';
import { element, fill, keyOf, part, row, time } from './elements.js';

const GRADES = { closed: 'good', half_open: 'fair', open: 'bad' };

export function drawAlerts({ alerts }) {
  const items = alerts.map(({ name, severity, message }) => {
    const item = part('li', message);
    item.dataset.severity = severity;
    item.prepend(part('b', severity));
    item.append(part('small', name));
    return item;
  });
  element('alerts').replaceChildren(...items);
}

export function drawModels({ models }) {
  const rows = models.map((model) => {
    const by = model.model_requests_total;
    const { input, output } = model.model_tokens_total;
    return row(part('span', model.model), [
      model.provider,
      Object.values(by).reduce((sum, count) => sum + count, 0),
      by['4xx'] + by['5xx'],
      input,
      output,
      model.model_stream_events_total,
      time(model.model_time_to_first_token_seconds.p50_ms),
      time(model.model_time_to_first_token_seconds.p99_ms),
      time(model.model_inter_token_seconds.p50_ms),
      time(model.model_inter_token_seconds.p99_ms),
    ]);
  });
  fill('models', rows);
  element('models-section').hidden = rows.length === 0;
}

export function drawThreads({ threads }) {
  const rows = threads.map(({ thread, event_loop_lag_seconds: lag }) =>
    row(part('span', thread), [time(lag.p50_ms), time(lag.p90_ms), time(lag.p99_ms), lag.count]),
  );
  fill('threads', rows);
}

export function drawOrigins({ origins }) {
  const rows = origins.map((origin) => {
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
}

/** The origins that limit what is sent, or that have asked for a pause. */
export function drawBudgets({ origins }) {
  const limited = origins.filter(
    (origin) => origin.rate_limit_waiting !== null || isPaused(origin),
  );
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

export function drawPlaces({ places, controls }) {
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

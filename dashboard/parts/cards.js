// The key figures on top of the page.
import { element, part } from './elements.js';

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
    name: 'Connecting',
    target: '< 20 ms',
    value: ({ pool }) => pool.avg_connection_time_ms,
    text: (value) => `${value.toFixed(1)} ms`,
    good: (value) => value < 20,
    fair: (value) => value < 50,
  },
  {
    name: 'Pending',
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
    text: (value) => `${value.toFixed(value < 100 ? 1 : 0)} /s`,
  },
  {
    name: 'Tokens',
    target: '',
    value: ({ recent }) => recent.tokens_per_second,
    text: (value) => `${value.toFixed(0)} /s`,
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
    target: 'no stalls',
    value: ({ pool }) => pool.streams_open,
    text: String,
    good: (_, { pool }) => pool.streams_stalled === 0,
    fair: () => true,
  },
];

/** Draws the last sample's. */
export function drawCards(last) {
  const cards = CARDS.map(({ name, target, value, text, good, fair }) => {
    const card = document.createElement('div');
    const found = value(last);
    card.className = 'card';
    card.append(part('span', name), part('strong', text(found)));
    if (target === '') {
      card.append(part('small', 'last minute'));
    } else {
      const grade = good(found, last) ? 'good' : fair(found, last) ? 'fair' : 'bad';
      card.dataset.grade = grade;
      const said = part('small', `target ${target}`);
      said.append(part('b', grade));
      card.append(said);
    }
    return card;
  });
  element('cards').replaceChildren(...cards);
}

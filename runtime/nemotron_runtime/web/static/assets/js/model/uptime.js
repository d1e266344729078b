// Hourly bars of three days, and a line of the last day in steps of ten minutes.
import { chart } from '../chart.js';
import { el, svg } from '../dom.js';
import { moment, percent } from '../format.js';
import { empty, figures } from '../parts.js';
import { missing } from './missing.js';

const LEVELS = { good: '95% and more', fair: '85% and more', bad: 'less', none: 'too few requests' };

export const levelOf = (availability) => {
  if (availability === null) return 'none';
  return availability >= 95 ? 'good' : availability >= 85 ? 'fair' : 'bad';
};

export function uptime({ stats, trouble }) {
  const lead = el('p.lead', 'The share of minutes in which requests were served: minutes with at least 10 attempts, of which 80% succeeded. Refusals that a client caused do not count.');
  if (!stats) return [lead, missing(trouble)];
  const { last_5m: five, last_30m: thirty, last_1d: day, hourly, buckets } = stats.uptime;
  const known = (list) => list.some(({ availability }) => availability !== null);
  const top = figures([['Last 5 minutes', percent(five)], ['Last 30 minutes', percent(thirty)], ['Last day', percent(day)]]);
  if (!known(hourly) && !known(buckets)) {
    return [lead, top, empty('Too little traffic to tell', 'An hour gets its bar once one of its minutes had 10 requests or more.')];
  }
  return [
    lead,
    top,
    el('div.card.stack-s', el('h3', 'Three days, by the hour'), bars(hourly), legend()),
    known(buckets)
      ? el('div.card', chart({
        title: '24 hours, in steps of 10 minutes',
        times: buckets.map(({ t }) => t),
        series: [{ name: 'Uptime', values: buckets.map(({ availability }) => availability) }],
        format: percent,
        when: moment,
        range: [0, 104],
      }))
      : empty('Too little traffic in the last 24 hours', 'The line appears once a minute had 10 requests or more.'),
  ];
}

function bars(hourly) {
  const seen = hourly.filter(({ availability }) => availability !== null);
  const worst = Math.min(...seen.map(({ availability }) => availability));
  const label = seen.length ? `Uptime of ${hourly.length} hours; ${seen.length} had enough requests; the lowest was ${percent(worst)}.` : 'No hour had enough requests.';
  const drawn = hourly.map(({ t, availability }, i) => svg('rect', { class: `level-${levelOf(availability)}`, x: i * 10 + 1, y: 0, width: 8, height: 40 },
    svg('title', {}, `${moment(t)}: ${availability === null ? 'too few requests' : percent(availability)}`)));
  return el('div',
    svg('svg', { class: 'bars', viewBox: `0 0 ${hourly.length * 10} 40`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, drawn),
    el('div.axis', el('span', moment(hourly[0]?.t)), el('span', 'now')));
}

const legend = () => el('p.small.muted.row', Object.entries(LEVELS).map(([level, words]) => el('span',
  svg('svg', { class: 'swatch', viewBox: '0 0 10 10', 'aria-hidden': 'true' }, svg('rect', { class: `level-${level}`, width: 10, height: 10, rx: 2 })), words)));

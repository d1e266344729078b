// Uptime: hourly bars of three days, and a line of the last day.
import { el } from '../../dom.js';
import { availabilityBars, legend } from '../../bars.js';
import { chart } from '../../charts.js';
import { percent } from '../../format.js';
import { empty, figures } from '../../parts.js';
import { missing } from '../../missing.js';

export function uptime({ stats, error }) {
  const lead = el('p.lead', 'Minutes in which at least 80% of requests succeeded, of those with ten or more. What a caller got wrong, and rate limits, don’t count.');
  if (!stats) return [lead, missing(error)];
  const { hourly, buckets, last_5m: five, last_30m: thirty, last_1d: day } = stats.uptime;
  const totals = figures([['Last 5 minutes', percent(five)], ['Last 30 minutes', percent(thirty)], ['Last day', percent(day)]]);
  if (![...hourly, ...buckets].some(({ availability }) => availability !== null)) {
    return [lead, totals, empty('Too few requests to say', 'A minute counts once ten requests were made in it.')];
  }
  return [
    lead,
    totals,
    el('section.card.stack-s', { 'aria-labelledby': 'hourly' }, el('h2', { id: 'hourly' }, 'By the hour, three days'), availabilityBars('Availability by the hour', hourly), legend()),
    chart({
      title: 'The last 24 hours',
      note: '10 minutes each',
      times: buckets.map(({ t }) => t),
      write: percent,
      ceiling: 100,
      series: [{ name: 'Availability', token: '--chart-1', values: buckets.map(({ availability }) => availability) }],
    }),
  ];
}

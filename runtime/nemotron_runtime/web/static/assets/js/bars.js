// Bars of availability, one a period, coloured by level.
import { el, svg } from './dom.js';
import { NONE, moment, percent } from './format.js';

/** [least percent, class, what it means], best first. */
const LEVELS = [[95, 'good', '95% or more'], [85, 'fair', '85% to 95%'], [0, 'bad', 'less than 85%']];

/** 'good', 'fair', 'bad', or 'none' where nothing was seen. */
const levelOf = (availability) =>
  (availability === null ? 'none' : LEVELS.find(([least]) => availability >= least)[1]);

/** periods: [{ t: epoch seconds, availability: percent or null }]. */
export function availabilityBars(label, periods) {
  const shapes = periods.map(({ t, availability }, i) =>
    svg('rect', { x: i * 10 + 1, y: 0, width: 8, height: 40, class: `level-${levelOf(availability)}` },
      svg('title', {}, `${moment(t)}: ${availability === null ? 'too few requests' : percent(availability)}`)));
  const drawing = svg('svg', { class: 'bars', viewBox: `0 0 ${Math.max(periods.length, 1) * 10} 40`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${label}: ${told(periods)}` }, ...shapes);
  return el('div', drawing, el('div.axis', el('span', moment(periods[0]?.t)), el('span', moment(periods.at(-1)?.t))));
}

/** What the colours mean. */
export const legend = () => el('p.row.small.muted',
  [...LEVELS, [null, 'none', 'too few requests to say']].map(([, level, text]) => el('span', swatch(level), text)));

const swatch = (level) => svg('svg', { class: 'swatch', viewBox: '0 0 10 10', 'aria-hidden': 'true' },
  svg('rect', { width: 10, height: 10, rx: 2, class: `level-${level}` }));

function told(periods) {
  const seen = periods.filter(({ availability }) => availability !== null);
  if (!seen.length) return NONE;
  const least = Math.min(...seen.map(({ availability }) => availability));
  return `${seen.length} of ${periods.length} periods with requests, the worst at ${percent(least)}`;
}

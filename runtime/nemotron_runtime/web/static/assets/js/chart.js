// Charts over time: lines with gaps, or stacked bars a day. Drawn by uPlot, told in a table as well.
import uPlot from '../vendor/uplot/uPlot.esm.js';
import { el } from './dom.js';
import { table } from './parts.js';

const HEIGHT = 210;
const live = new Set();

/**
 * A chart as a figure.
 * @param {object} chart
 * @param {string} chart.title
 * @param {number[]} chart.times epoch seconds, ascending
 * @param {{name: string, values: (number|null)[]}[]} chart.series at most three; null is a gap
 * @param {(value: number) => string} chart.format
 * @param {(time: number) => string} chart.when how the table names a time
 * @param {boolean} [chart.stacked] bars upon each other, a day each, in UTC; else lines
 * @param {[number, number]} [chart.range] of the values
 */
export function chart({ title, times, series, format, when, stacked = false, range }) {
  const plot = el('div.plot', { role: 'img', 'aria-label': `${title}. The figures are in the table below.` });
  const lines = stacked ? stack(series) : series.map((line, i) => ({ ...line, color: i + 1, drawn: line.values }));
  draw(plot, (width) => options({ width, lines, format, stacked, range, times }), [times, ...lines.map(({ drawn }) => drawn)]);
  const columns = [{ name: 'Time' }, ...series.map(({ name }) => ({ name, num: true }))];
  const rows = times
    .map((time, i) => [when(time), ...series.map(({ values }) => format(values[i]))])
    .filter((_, i) => series.some(({ values }) => values[i] !== null));
  return el('figure.chart', el('figcaption', el('h3', title)), plot,
    el('details', el('summary', 'Figures'), table(title, columns, rows)));
}

/** Each series on top of those before it; the tallest sum comes first, so that the lower ones are drawn over it. */
function stack(series) {
  const sums = series[0].values.map(() => 0);
  const lines = series.map((line, i) => ({
    ...line, color: i + 1, drawn: line.values.map((value, at) => (sums[at] += value ?? 0)),
  }));
  return lines.reverse();
}

function options({ width, lines, format, stacked, range, times }) {
  const color = (name) => colorOf(`--${name}`);
  const axis = { stroke: color('muted'), grid: { stroke: color('chart-grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
  const few = times.length <= 60;
  const series = lines.map(({ name, values, color: place }) => ({
    label: name,
    stroke: color(`chart-${place}`),
    fill: stacked ? color(`chart-${place}`) : undefined,
    width: stacked ? 0 : 1.75,
    paths: stacked ? uPlot.paths.bars({ size: [0.7, 48], align: 0 }) : undefined,
    points: { show: !stacked && (few || lonely(values)), size: 4 },
    value: (_, shown, seriesIdx, idx) => format(idx === null ? null : lines[seriesIdx - 1].values[idx]),
  }));
  return {
    width,
    height: HEIGHT,
    tzDate: stacked ? (time) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC') : undefined,
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: stacked ? { range: (_, low, high) => [low - 43_200, high + 43_200] } : {}, y: { range: (_, low, high) => range ?? [0, (high || 1) * 1.08] } },
    axes: [
      { ...axis, ...(stacked ? { incrs: [86_400, 2 * 86_400, 7 * 86_400] } : {}) },
      { ...axis, size: 70, values: (_, splits) => splits.map((value) => format(value)) },
    ],
    series: [{ label: 'Time', value: stacked ? '{YYYY}-{MM}-{DD}' : '{MMM} {D}, {HH}:{mm}' }, ...series],
  };
}

/** True where a value stands between gaps: as a line it would be nothing. */
const lonely = (values) => values.some((value, i) => value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null);

/** Draws once the host has a width, again at each change of it and of the theme. */
function draw(host, optionsFor, data) {
  let plot = null;
  const redraw = () => {
    if (!host.clientWidth) return;
    plot?.destroy();
    plot = new uPlot(optionsFor(host.clientWidth), data, host);
  };
  const observer = new ResizeObserver(() => {
    if (plot === null) redraw();
    else if (host.clientWidth && plot.width !== host.clientWidth) plot.setSize({ width: host.clientWidth, height: HEIGHT });
  });
  observer.observe(host);
  live.add({ host, redraw, end: () => { observer.disconnect(); plot?.destroy(); } });
}

document.addEventListener('themechange', () => {
  for (const entry of live) {
    if (entry.host.isConnected) entry.redraw();
  }
});

/** Lets go of the charts that left the page. */
export function sweep() {
  for (const entry of live) {
    if (entry.host.isConnected) continue;
    entry.end();
    live.delete(entry);
  }
}

/** A token's colour as a canvas understands it. */
function colorOf(token) {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

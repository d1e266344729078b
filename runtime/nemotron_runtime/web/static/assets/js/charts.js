// Charts over time, by uPlot: lines or stacked bars, with their figures as a table below.
import uPlot from '../vendor/uplot/uPlot.esm.js';
import { colour } from './colours.js';
import { el } from './dom.js';
import { table } from './parts.js';

const HEIGHT = 216;
const DAY_S = 86_400;

/**
 * A chart.
 *
 * times: epoch seconds, ascending. series: [{ name, token, values }] with null where nothing is.
 * write: a value as text, for the axis, the legend and the table. stacked: bars on top of each other.
 * utc: times are UTC days. floor, ceiling: ends of the axis, where it shouldn't follow the values.
 */
export function chart({ title, note, times, series, write, stacked = false, utc = false, floor = 0, ceiling = null }) {
  const plot = el('div.plot', { role: 'img', 'aria-label': `${title}: ${summary(series, write)}` });
  const zone = utc ? 'Etc/UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const stamp = stamps(times, zone, utc);
  let drawn = null;
  const draw = () => {
    drawn?.destroy();
    const options = { title, series, write, stacked, floor, ceiling, zone, stamp, utc, width: Math.max(plot.clientWidth, 200) };
    drawn = new uPlot(optionsOf(options), [times, ...columns(series, stacked)], plot);
  };
  const watch = new ResizeObserver(() => {
    if (!plot.isConnected) return;
    if (drawn) drawn.setSize({ width: Math.max(plot.clientWidth, 200), height: HEIGHT });
    else draw();
  });
  watch.observe(plot);
  document.addEventListener('themechange', function redraw() {
    if (plot.isConnected) draw();
    else document.removeEventListener('themechange', redraw);
  });
  return el('figure.chart.card', el('figcaption', el('h2', title), note ? el('span.muted.small', note) : null), plot, figuresOf(title, times, series, write, stamp));
}

function optionsOf({ series, write, stacked, floor, ceiling, zone, stamp, utc, width }) {
  const muted = colour('--muted');
  const axis = { stroke: muted, font: '12px system-ui, sans-serif', ticks: { show: false } };
  const grid = { stroke: colour('--chart-grid'), width: 1 };
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: { x: { time: true, range: stacked ? (_, low, high) => [low - DAY_S / 2, high + DAY_S / 2] : undefined }, y: { range: (_, low, high) => spread(low, high, floor, ceiling) } },
    axes: [
      { ...axis, grid: { show: false }, space: 76, values: (_, at) => at.map(stamp), ...(utc ? { incrs: [1, 2, 3, 5, 7, 14].map((days) => days * DAY_S) } : {}) },
      { ...axis, grid, size: (_, texts) => 16 + 7 * Math.max(6, ...(texts ?? []).map((text) => text.length)), values: (_, at) => at.map(write) },
    ],
    series: [{ label: 'Time', value: (_, at) => (at === null ? '–' : stamp(at)) }, ...lines(series, write, stacked)],
  };
}

/** uPlot draws in order: of stacked series, the tallest comes first. */
function lines(series, write, stacked) {
  const order = stacked ? [...series].reverse() : series;
  return order.map(({ name, token, values }) => {
    const stroke = colour(token);
    return {
      label: name,
      stroke,
      width: 1.75,
      fill: stacked ? stroke : undefined,
      paths: stacked ? uPlot.paths.bars({ size: [0.7, 40] }) : undefined,
      points: { show: false, size: 5, filter: () => (stacked ? null : lonely(values)) },
      value: (_, __, ___, at) => (at === null || at === undefined ? '–' : write(values[at])),
    };
  });
}

/** Where a value has nothing beside it: it would be no line, and is drawn as a point. */
const lonely = (values) => values.flatMap((value, i) =>
  (value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : []));

function columns(series, stacked) {
  if (!stacked) return series.map(({ values }) => values);
  const sums = [];
  for (const { values } of series) sums.push(values.map((value, i) => (value ?? 0) + (sums.at(-1)?.[i] ?? 0)));
  return sums.reverse();
}

function spread(low, high, floor, ceiling) {
  const bottom = Math.min(floor, low ?? floor);
  const top = ceiling ?? uPlot.rangeNum(bottom, Math.max(high ?? 1, bottom + 1e-9), 0.1, true)[1];
  return [bottom, top];
}

/** Writes times by how much of the calendar they span. */
function stamps(times, timeZone, utc) {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  const day = { month: 'short', day: 'numeric' };
  const parts = utc || span > 10 * DAY_S ? day : span > DAY_S ? { ...day, ...clock } : clock;
  const form = new Intl.DateTimeFormat('en', { ...parts, timeZone });
  return (seconds) => form.format(new Date(seconds * 1000));
}

function summary(series, write) {
  return series.map(({ name, values }) => {
    const last = values.findLast((value) => value !== null && value !== undefined);
    return last === undefined ? `${name}, nothing yet` : `${name}, last ${write(last)}`;
  }).join('; ');
}

function figuresOf(title, times, series, write, stamp) {
  const some = times.map((time, i) => [stamp(time), ...series.map(({ values }) => write(values[i]))])
    .filter((_, i) => series.some(({ values }) => values[i] !== null && values[i] !== undefined))
    .reverse();
  const heads = [{ name: 'Time' }, ...series.map(({ name }) => ({ name, num: true }))];
  const details = el('details', el('summary', 'As a table'));
  details.addEventListener('toggle', () => details.append(table(`${title}, as a table`, heads, some)), { once: true });
  return details;
}

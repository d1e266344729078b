// Figures as text. Whatever is null or undefined is a dash.

export const NONE = '–';

const given = (value) => value !== null && value !== undefined && !Number.isNaN(value);
const orNone = (write) => (value) => (given(value) ? write(value) : NONE);

export const integer = orNone((value) => Math.round(value).toLocaleString('en'));

/** 37.7B, 4.2M, 812K, 940. */
export const short = orNone((value) => {
  for (const [unit, size] of [['B', 1e9], ['M', 1e6], ['K', 1e3]]) {
    if (value >= size * 0.9995) return trim((value / size).toFixed(value >= 100 * size ? 0 : 1)) + unit;
  }
  return String(Math.round(value));
});

const trim = (text) => text.replace(/\.0+$/, '').replace(/(\.\d*[1-9])0+$/, '$1');

export const duration = orNone((ms) => {
  if (ms < 1000) return `${ms < 10 ? trim(ms.toFixed(ms < 1 ? 2 : 1)) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
});

export const rate = orNone((value) => `${value < 100 ? trim(value.toFixed(1)) : integer(value)} tok/s`);

/** Floored to two decimals: 99.999 is not 100. */
export const percent = orNone((value) => `${Math.floor(value * 100 + 1e-6) / 100}%`);

export const share = orNone((value) => percent(value * 100));

/** A decimal text with its point moved, exact to the last digit: perMillion('0.00000005') is 0.05. */
function shifted(text, places) {
  const [, sign, whole, part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = whole + part.padEnd(places, '0');
  const point = whole.length + places;
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const right = digits.slice(point).replace(/0+$/, '');
  return sign + left + (right && `.${right}`);
}

export const usd = orNone((value) => `$${typeof value === 'number' ? plain(value) : value}`);

/** Without an exponent. */
const plain = (value) => (Math.abs(value) < 1e-6 && value !== 0 ? value.toFixed(12).replace(/0+$/, '') : String(value));

/** A price per token, as text, for a million tokens. */
export const perMillion = orNone((price) => usd(shifted(price, 6)));

export const date = orNone((value) => asDate(value).toLocaleDateString('en', { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' }));

export const moment = orNone((value) => asDate(value).toLocaleString('en', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }));

/** Epoch seconds, or ISO text. */
const asDate = (value) => new Date(typeof value === 'number' ? value * 1000 : value);

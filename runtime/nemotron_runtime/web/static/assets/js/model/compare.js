// This box beside the hosted endpoint, whose figures come with their source and date.
import { duration, integer, NONE, perMillion, rate, usd } from '../format.js';
import { el } from '../dom.js';
import { openDialog, table } from '../parts.js';

/** [key of the hosted figures, name, how it is written, the same of this box]. */
const ROWS = [
  ['prompt_usd_per_m', 'Price, per million prompt tokens', usd, ({ model }) => perMillion(model.pricing.prompt)],
  ['completion_usd_per_m', 'Price, per million completion tokens', usd, ({ model }) => perMillion(model.pricing.completion)],
  ['context_tokens', 'Context, tokens', integer, ({ model }) => integer(model.context_length)],
  ['max_completion_tokens', 'Longest answer, tokens', integer, ({ model }) => integer(model.top_provider.max_completion_tokens)],
  ['throughput_p50', 'Throughput, p50', rate, ({ stats }) => rate(stats.percentiles?.throughput?.p50)],
  ['ttft_ms_p50', 'Time to first token, p50', duration, ({ stats }) => duration(stats.percentiles?.ttft_ms?.p50)],
  ['weekly_tokens', 'Weekly tokens', integer, ({ stats }) => integer(stats.totals.weekly_tokens)],
];

/** Opens the comparison. */
export function compare(model, stats) {
  const { figures, source, date } = stats.reference;
  return openDialog('This box and the hosted endpoint', () => [
    table('Comparison', [{ name: 'Figure' }, { name: 'This box', num: true }, { name: 'Hosted', num: true }], rows(figures, { model, stats })),
    el('p.small.muted', `Hosted figures: ${source}, ${date}. Nothing was asked from the internet for this.`),
  ]);
}

function rows(figures, here) {
  const known = new Set(ROWS.map(([key]) => key));
  const others = Object.entries(figures).filter(([key]) => !known.has(key)).map(([key, value]) => [named(key), NONE, String(value)]);
  return [...ROWS.filter(([key]) => key in figures).map(([key, name, write, ours]) => [name, ours(here), write(figures[key])]), ...others];
}

const named = (key) => key.replaceAll('_', ' ');

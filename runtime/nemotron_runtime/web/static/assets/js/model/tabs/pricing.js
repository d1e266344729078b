// Pricing: what is charged, and what was paid in effect.
import { el } from '../../dom.js';
import { perMillion, usd } from '../../format.js';
import { empty, table } from '../../parts.js';
import { missing } from '../../missing.js';

export function pricing({ model, stats, error }) {
  return [
    el('p.lead', 'Your own box charges nothing, unless its model file says otherwise. A request’s usage.cost and the limits of keys follow these prices.'),
    table('Prices', [{ name: 'Per million tokens' }, { name: 'Prompt', num: true }, { name: 'Completion', num: true }], rows(model, stats)),
    el('h2', 'Effective pricing'),
    stats ? effective(stats) : missing(error),
  ];
}

function rows(model, stats) {
  const { prompt, completion } = model.pricing;
  const hosted = stats?.reference?.figures;
  return [
    ['This box', perMillion(prompt), perMillion(completion)],
    hosted?.prompt_usd_per_m ? [`Hosted (${stats.reference.date})`, usd(hosted.prompt_usd_per_m), usd(hosted.completion_usd_per_m)] : null,
  ].filter(Boolean);
}

function effective({ effective_price: paid, totals, window }) {
  if (paid?.prompt_usd_per_m === null && paid?.completion_usd_per_m === null) {
    return empty('Nothing was used yet', 'What a million tokens really cost stands here after the first answers: cached prompt tokens and cancelled answers count.');
  }
  return [
    table('Effective prices', [{ name: 'Paid per million tokens' }, { name: 'Prompt', num: true }, { name: 'Completion', num: true }, { name: 'Total', num: true }],
      [[`Last ${window}`, usd(paid.prompt_usd_per_m), usd(paid.completion_usd_per_m), usd(totals.cost_usd)]]),
  ];
}

// List prices, and what was paid in the end.
import { el } from '../dom.js';
import { integer, perMillion, usd } from '../format.js';
import { empty, table } from '../parts.js';
import { missing } from './missing.js';

export function pricing({ model, endpoint, stats, trouble }) {
  const rows = [['This box', perMillion(model.pricing.prompt), perMillion(model.pricing.completion)]];
  const columns = [{ name: 'Provider' }, { name: 'Prompt, per M tokens', num: true }, { name: 'Completion, per M tokens', num: true }];
  if (endpoint) rows[0][0] = endpoint.provider_name;
  const free = Number(model.pricing.prompt) === 0 && Number(model.pricing.completion) === 0;
  return [
    el('p.lead', 'Prices stand in the model’s file in configs/models, in US dollars per token. Reasoning counts as completion.'),
    el('div.card', table('Prices', columns, rows)),
    free ? el('p.muted', 'This box charges nothing. With prices in the model’s file, usage.cost, keys’ limits and credits count in them.') : null,
    el('h2', 'Effective price'),
    stats ? effective(stats) : missing(trouble),
  ].filter(Boolean);
}

function effective({ effective_price: paid, totals, window }) {
  if (!totals.requests) return empty('Nothing paid yet', 'Actual cost per million tokens appears with the first requests; cached prompts count as prompts.');
  return el('div.card.stack-s',
    table('Effective price', [
      { name: 'Time' }, { name: 'Prompt, per M', num: true }, { name: 'Completion, per M', num: true }, { name: 'Paid', num: true }, { name: 'Tokens', num: true },
    ], [[window, usd(paid.prompt_usd_per_m), usd(paid.completion_usd_per_m), usd(totals.cost_usd), integer(totals.prompt_tokens + totals.completion_tokens)]]),
    el('p.muted.small', 'What was charged, by the tokens it was charged for.'));
}

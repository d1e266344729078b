// Overview: what this box did in the last day, and how to begin.
import { el } from '../../dom.js';
import { duration, integer, percent, rate, share, short, usd } from '../../format.js';
import { facts as factList, figures } from '../../parts.js';
import { missing } from '../../missing.js';

export function overview({ model, endpoint, stats, error }) {
  return [
    el('h2', 'The last 24 hours'),
    stats ? today(stats) : missing(error),
    el('div.two', about(model, endpoint), begin(model)),
  ];
}

function today({ totals, percentiles, uptime, tool_call_error_rate: badCalls }) {
  return figures([
    ['Requests', integer(totals.requests)],
    ['Prompt tokens', short(totals.prompt_tokens), `${share(ratio(totals.cached_tokens, totals.prompt_tokens))} from the cache`],
    ['Completion tokens', short(totals.completion_tokens), `${share(ratio(totals.reasoning_tokens, totals.completion_tokens))} reasoning`],
    ['Throughput', rate(percentiles?.throughput?.p50), 'p50 of 30 minutes'],
    ['First token', duration(percentiles?.ttft_ms?.p50), 'p50 of 30 minutes'],
    ['Uptime', percent(uptime.last_1d), 'of the last day'],
    ['Bad tool calls', share(badCalls), 'of answers with calls'],
    ['Cost', usd(totals.cost_usd)],
  ]);
}

const ratio = (part, whole) => (whole ? part / whole : null);

const about = (model, endpoint) => el('section.card.stack-s', { 'aria-labelledby': 'about-model' },
  el('h3', { id: 'about-model' }, 'About this model'),
  factList([
    ['Weights', model.hugging_face_id ?? 'embedded in this program'],
    ['Quantization', endpoint?.quantization ?? 'unknown'],
    ['Longest answer', `${integer(model.top_provider.max_completion_tokens)} tokens`],
    ['Knowledge until', model.knowledge_cutoff ?? 'not of the world'],
    ['Reasoning', model.reasoning?.default_enabled ? 'on, unless a request turns it off' : 'off, unless a request asks for it'],
    ['Tool calls', 'automatic, required, one by name, none'],
  ]));

const begin = (model) => el('section.card.stack-s', { 'aria-labelledby': 'begin' },
  el('h3', { id: 'begin' }, 'Begin'),
  el('p', 'Programs written for OpenRouter’s endpoint change one line, the base URL, and go on naming ', el('code', model.id), '.'),
  el('p.row', el('a', { href: '#playground' }, 'Try it in the playground'), el('a', { href: '#api' }, 'Sample code'), el('a', { href: '#performance' }, 'How fast it is')));

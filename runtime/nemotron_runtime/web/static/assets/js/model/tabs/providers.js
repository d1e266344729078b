// Providers: there is one, this box.
import { el } from '../../dom.js';
import { duration, integer, moment, percent, perMillion, rate, usd } from '../../format.js';
import { facts as factList, figures } from '../../parts.js';
import { missing } from '../../missing.js';

export function providers({ model, endpoint, stats, error }) {
  return [
    el('p.lead', 'Requests are routed to one provider: this box. Routing preferences of a request filter it in or out.'),
    el('section.card.stack', { 'aria-labelledby': 'provider' },
      el('div.row.spread', el('h2', { id: 'provider' }, endpoint?.provider_name ?? 'This box'), el('span.tag', stateOf(endpoint))),
      figures([
        ['Latency', duration(endpoint?.latency_last_30m?.p50), 'to the first token, p50 of 30 minutes'],
        ['Throughput', rate(endpoint?.throughput_last_30m?.p50), 'p50 of 30 minutes'],
        ['Uptime', percent(endpoint?.uptime_last_1d), 'of the last day'],
        ['Price in', usdOf(model.pricing.prompt), 'per million tokens'],
        ['Price out', usdOf(model.pricing.completion), 'per million tokens'],
      ]),
      el('div.two', factList(machine(endpoint, stats)), factList(policy(stats)))),
    stats ? null : missing(error),
  ];
}

const usdOf = (price) => (Number(price) === 0 ? usd('0') : perMillion(price));

const stateOf = (endpoint) => (endpoint?.status === 0 ? 'Serving' : `Status ${endpoint?.status ?? 'unknown'}`);

function machine(endpoint, stats) {
  const box = stats?.box;
  return [
    ['Card', cardOf(box)],
    ['Variant', box?.variant ?? 'not told'],
    ['Quantization', endpoint?.quantization ?? box?.quantization ?? 'unknown'],
    ['Context', `${integer(endpoint?.context_length ?? box?.context_tokens)} tokens`],
    ['Longest answer', `${integer(endpoint?.max_completion_tokens)} tokens`],
    ['Engine', box?.engine ?? 'not told'],
    ['Expert kernels', box?.kernels || 'vLLM’s own'],
    ['Prompt cache', endpoint?.supports_implicit_caching ? 'yes, by itself' : 'no'],
    ['Serving since', moment(box?.started_at)],
  ];
}

function cardOf(box) {
  if (!box) return 'not told';
  if (!box.gpu) return box.device === 'cpu' ? 'none: it runs on the processor' : 'unknown';
  return box.gpus > 1 ? `${box.gpus} × ${box.gpu}` : box.gpu;
}

function policy(stats) {
  const rules = stats?.box.policy;
  if (!rules) return [['Prompts', 'go to this box and nowhere else']];
  return [
    ['Trains on prompts', rules.trains ? 'yes' : 'no'],
    ['Keeps their text', rules.stores_content ? keptFor(rules.retains_days) : 'no'],
    ['Keeps counts and times', 'yes, without any text'],
    ['Prompts', 'go to this box and nowhere else'],
  ];
}

const keptFor = (days) => (days === null ? 'yes' : `yes, for ${days} days`);

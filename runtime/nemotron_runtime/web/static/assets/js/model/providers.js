// The one provider: this box.
import { el } from '../dom.js';
import { duration, integer, moment, NONE, percent, perMillion, rate } from '../format.js';
import { facts, figures } from '../parts.js';
import { missing } from './missing.js';

export function providers({ endpoint, stats, trouble }) {
  if (!endpoint) return [missing(trouble)];
  const { latency_last_30m: latency, throughput_last_30m: throughput, pricing } = endpoint;
  return [
    el('p.lead', 'One provider serves every request: this box. Routing preferences of a request filter it in or out.'),
    el('h2', endpoint.provider_name),
    figures([
      ['Latency', duration(latency?.p50), 'p50, last 30 min'],
      ['Throughput', rate(throughput?.p50), 'p50, last 30 min'],
      ['Uptime', percent(endpoint.uptime_last_30m), 'last 30 min'],
      ['Context', integer(endpoint.context_length), `answers to ${integer(endpoint.max_completion_tokens)}`],
      ['Price', `${perMillion(pricing.prompt)} / ${perMillion(pricing.completion)}`, 'per M prompt / completion'],
    ]),
    stats ? el('div.two', machine(stats.box, endpoint), policy(stats.box.policy)) : missing(trouble),
  ];
}

const machine = (box, endpoint) => el('div.card.stack-s',
  el('h2', 'Machine'),
  facts([
    ['Card', box.gpu ? `${box.gpus > 1 ? `${box.gpus} × ` : ''}${box.gpu}` : `none: it runs on the ${box.device === 'cpu' ? 'CPU' : box.device}`],
    ['Variant', box.variant ?? NONE],
    ['Quantization', box.quantization ?? endpoint.quantization ?? NONE],
    ['Engine', box.engine],
    ['Expert kernels', box.kernels || "the engine's own"],
    ['Prompt caching', endpoint.supports_implicit_caching ? 'on: prompts that begin alike are read once' : 'off'],
    ['Running since', moment(box.started_at)],
  ]));

const policy = ({ trains, retains_days: days, stores_content: content }) => el('div.card.stack-s',
  el('h2', 'Data policy'),
  facts([
    ['Training', trains ? 'prompts are used for training' : 'prompts are not used for training'],
    ['Texts', content ? 'prompts and answers are stored on this box' : 'prompts and answers are not stored'],
    ['Figures', days === null ? 'no record of requests is kept' : `records of requests are kept for ${integer(days)} days`],
    ['Where', 'nothing leaves this machine'],
  ]));

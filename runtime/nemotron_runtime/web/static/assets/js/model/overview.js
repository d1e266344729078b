// The last day at a glance, and what this model is.
import { chart } from '../chart.js';
import { el } from '../dom.js';
import { date, duration, integer, moment, percent, rate, short } from '../format.js';
import { empty, facts, figures } from '../parts.js';
import { missing } from './missing.js';

export function overview({ model, endpoint, stats, trouble }) {
  return [
    ...(stats ? traffic(stats) : [missing(trouble)]),
    el('div.two', about(model), endpoint ? able(endpoint) : null),
  ];
}

function traffic({ totals, percentiles, uptime, series, window }) {
  const top = figures([
    ['Requests', integer(totals.requests), `in ${window}`],
    ['Tokens', short(totals.prompt_tokens + totals.completion_tokens), `${short(totals.prompt_tokens)} in, ${short(totals.completion_tokens)} out`],
    ['Throughput', rate(percentiles.throughput?.p50), 'p50, last 30 min'],
    ['Latency', duration(percentiles.ttft_ms?.p50), 'p50 to the first token'],
    ['Uptime', percent(uptime.last_1d), 'last day'],
  ]);
  const some = series.some(({ requests }) => requests);
  const drawn = some
    ? chart({
      title: `Requests, ${window}`,
      times: series.map(({ t }) => t),
      series: [
        { name: 'Requests', values: series.map(({ requests }) => requests) },
        { name: 'Errors', values: series.map(({ errors }) => errors) },
      ],
      format: integer,
      when: moment,
    })
    : empty('No requests yet', 'Ask something in the playground, or point a program at this server: requests appear here within seconds.');
  return [top, some ? el('div.card', drawn) : drawn];
}

const about = (model) => el('div.card.stack-s',
  el('h2', 'Model'),
  facts([
    ['Slug', el('code', model.canonical_slug)],
    ['Weights', model.hugging_face_id ? el('code', model.hugging_face_id) : 'embedded in this program'],
    ['Released', date(model.created)],
    ['Knowledge', model.knowledge_cutoff ? `up to ${model.knowledge_cutoff}` : 'none of the world'],
    ['Context', `${integer(model.context_length)} tokens`],
    ['Longest answer', `${integer(model.top_provider.max_completion_tokens)} tokens`],
    ['Reasoning', model.reasoning?.default_enabled ? 'on unless a request turns it off' : 'off unless a request asks for it'],
  ]));

const able = (endpoint) => el('div.card.stack-s',
  el('h2', 'Parameters'),
  el('p.muted', 'What a request may set and what has an effect here. The API tab explains each.'),
  el('p', endpoint.supported_parameters.map((name) => [el('code.tag', name), ' '])));

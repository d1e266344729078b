// Activity: tokens a day.
import { el } from '../../dom.js';
import { chart } from '../../charts.js';
import { integer, short } from '../../format.js';
import { empty, figures } from '../../parts.js';
import { missing } from '../../missing.js';

export function activity({ stats, error }) {
  const lead = el('p.lead', 'Total usage per day on this box, in UTC days. Reasoning is thinking before the answer; completion is the answer itself.');
  if (!stats) return [lead, missing(error)];
  const days = stats.days.map(split);
  if (!days.some(({ requests }) => requests > 0)) {
    return [lead, empty('Nothing was used yet', 'Each day with answers becomes a bar here.')];
  }
  const of = (name) => days.map((day) => day[name]);
  const sum = (name) => of(name).reduce((total, value) => total + value, 0);
  return [
    lead,
    figures([['Requests', integer(sum('requests'))], ['Prompt', short(sum('prompt'))], ['Reasoning', short(sum('reasoning'))], ['Completion', short(sum('answer'))], ['From the cache', short(sum('cached')), 'of the prompt']]),
    chart({
      title: 'Tokens a day',
      times: of('t'),
      write: short,
      stacked: true,
      utc: true,
      series: [
        { name: 'Prompt', token: '--chart-1', values: of('prompt') },
        { name: 'Reasoning', token: '--chart-2', values: of('reasoning') },
        { name: 'Completion', token: '--chart-3', values: of('answer') },
      ],
    }),
  ];
}

/** The API's completion tokens hold the reasoning; here they stand apart. */
const split = (day) => ({
  t: Date.parse(`${day.date}T00:00:00Z`) / 1000,
  requests: day.requests,
  prompt: day.prompt_tokens,
  reasoning: day.reasoning_tokens,
  answer: Math.max(day.completion_tokens - day.reasoning_tokens, 0),
  cached: day.cached_tokens,
});

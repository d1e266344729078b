// Tokens a day: prompt, reasoning, completion.
import { chart } from '../chart.js';
import { el } from '../dom.js';
import { date, integer, share, short } from '../format.js';
import { empty, figures } from '../parts.js';
import { missing } from './missing.js';

export function activity({ stats, trouble }) {
  const lead = el('p.lead', 'Total usage per day on this box, in UTC.');
  if (!stats) return [lead, missing(trouble)];
  const { days, tool_call_error_rate: wrongCalls } = stats;
  if (!days.some(({ requests }) => requests)) {
    return [lead, empty('No activity yet', 'Prompt, reasoning and completion tokens of each day appear here from the first request on.')];
  }
  const sum = (name) => days.reduce((total, day) => total + day[name], 0);
  const prompt = sum('prompt_tokens');
  return [
    lead,
    figures([
      ['Requests', integer(sum('requests')), `${days.length} days`],
      ['Prompt', short(prompt), 'tokens'],
      ['Reasoning', short(sum('reasoning_tokens')), 'before the answer'],
      ['Completion', short(sum('completion_tokens')), 'reasoning included'],
      ['From cache', prompt ? share(sum('cached_tokens') / prompt) : '–', 'of prompt tokens'],
      ['Wrong tool calls', share(wrongCalls), 'of answers with calls'],
    ]),
    el('div.card', chart({
      title: 'Tokens a day',
      times: days.map((day) => Date.parse(`${day.date}T00:00:00Z`) / 1000),
      series: [
        { name: 'Prompt', values: days.map((day) => day.prompt_tokens) },
        { name: 'Reasoning', values: days.map((day) => day.reasoning_tokens) },
        { name: 'Answer', values: days.map((day) => Math.max(0, day.completion_tokens - day.reasoning_tokens)) },
      ],
      format: short,
      when: date,
      stacked: true,
    })),
  ];
}

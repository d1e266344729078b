// The head of the model's page: what it is, in one look.
import { el } from '../dom.js';
import { date, integer, perMillion, short } from '../format.js';
import { copyButton, figures } from '../parts.js';
import { compare } from './compare.js';

/** The nodes of the header. */
export function header({ model, stats }) {
  const { input_modalities: input, output_modalities: output } = model.architecture;
  return [
    el('div.row.spread', el('h1', model.name), el('button', { type: 'button', onclick: () => compare(model, stats), disabled: !stats?.reference }, 'Compare')),
    el('div.slug', el('code', model.id), copyButton(model.id, 'Copy slug')),
    stats?.box.demo ? el('p.notice', 'This is the embedded demonstration model, not Nemotron 3 Nano: it thinks, calls tools and answers in the same format, and knows nothing of the world.') : null,
    el('p.about', model.description),
    figures([
      ['Modalities', `${input.join(', ')} → ${output.join(', ')}`],
      ['Price', price(model.pricing), isFree(model.pricing) ? 'on this box' : 'per million tokens, in / out'],
      ['Context', integer(model.context_length), 'tokens'],
      ['Weekly tokens', short(stats?.totals.weekly_tokens), 'on this box'],
      ['Released', date(model.created)],
    ]),
  ].filter(Boolean);
}

const isFree = ({ prompt, completion }) => Number(prompt) === 0 && Number(completion) === 0;

const price = (pricing) => (isFree(pricing) ? 'Free' : `${perMillion(pricing.prompt)} / ${perMillion(pricing.completion)}`);

// How turns of a conversation look. Texts of people and models are text nodes, always.
import { el } from '../dom.js';
import { duration, integer, NONE, rate, usd } from '../format.js';
import { fault } from '../parts.js';

/** What the user said. */
export const userTurn = (text) => el('article.turn.user', { 'aria-label': 'You' }, el('div.who', 'You'), el('div.text', text));

/** An answer on its way: `update` shows how far it is. */
export function answerTurn() {
  const thought = el('div.text');
  const folded = el('details.thought', { hidden: true }, el('summary', 'Reasoning'), thought);
  const content = el('div.text');
  const calls = el('div.stack-s');
  const measures = el('div.measures');
  const node = el('article.turn', { 'aria-label': 'Answer', 'aria-busy': 'true' }, el('div.who', 'Answer'), folded, content, calls, measures);

  function update(answer) {
    grow(thought, answer.reasoning);
    folded.hidden = !answer.reasoning;
    grow(content, answer.content);
    measures.replaceChildren(...measured(answer));
  }

  function finish(answer, { stopped }) {
    update(answer);
    node.setAttribute('aria-busy', 'false');
    if (stopped) content.after(el('p.muted.small', 'Stopped.'));
    if (answer.finish === 'length') content.after(el('p.muted.small', 'Cut at max_tokens.'));
    if (answer.error) content.after(fault({ message: answer.error.message, status: answer.error.code, body: { error: answer.error } }));
  }

  return { node, calls, update, finish };
}

/** Appends what is new, so that a selection in the text lives on. */
function grow(place, text) {
  const shown = place.textContent.length;
  if (text.length > shown) place.append(text.slice(shown));
}

function measured(answer) {
  const { usage } = answer;
  const about = usage ? '' : '≈ ';
  const items = [
    ['TTFT', duration(answer.ttftMs)],
    ['Speed', answer.tokensPerSecond === null ? NONE : about + rate(answer.tokensPerSecond)],
    ['Tokens', about + integer(answer.tokens)],
  ];
  if (usage) {
    items.push(['Reasoning', integer(usage.completion_tokens_details?.reasoning_tokens)]);
    items.push(['Prompt', integer(usage.prompt_tokens)]);
    items.push(['Cached', integer(usage.prompt_tokens_details?.cached_tokens)]);
    items.push(['Total', duration(answer.last === null ? null : answer.last - answer.started)]);
    items.push(['Cost', usd(usage.cost)]);
  }
  if (answer.finish) items.push(['Finish', answer.finish]);
  return items.map(([name, value]) => el('span', `${name} `, el('b', value)));
}

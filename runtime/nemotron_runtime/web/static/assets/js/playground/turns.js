// How turns of a conversation look.
import { el } from '../dom.js';
import { copyButton, fault, field } from '../parts.js';

/** What the user said. */
export const userTurn = (text) => el('article.turn.user', { 'aria-label': 'You' }, el('div.who', 'You'), el('div.text', text));

/** What a tool answered. */
export const resultTurn = (name, text) => el('article.turn.user', { 'aria-label': `Result of ${name}` },
  el('div.who', 'Result of ', el('code', name)), el('div.text', text));

/** An answer while it comes and after. */
export class AnswerTurn {
  #thought = new Text();
  #content = new Text();
  #summary = el('summary', 'Thinking …');
  #fold = el('details.thought', { hidden: true }, this.#summary, el('div.text', this.#thought));
  #text = el('div.text', this.#content);
  #calls = el('div.stack-s');
  #measures = el('div.measures');
  #foot = el('div.row');
  node = el('article.turn', { 'aria-label': 'Answer' }, el('div.who', 'Answer'), this.#fold, this.#text, this.#calls, this.#measures, this.#foot);

  /** Shows what a chunk brought. */
  add({ reasoning, content, calls }, answer) {
    if (reasoning) {
      this.#fold.hidden = false;
      this.#thought.appendData(reasoning);
    }
    if (content) this.#content.appendData(content);
    if (content || calls) this.#summary.textContent = 'Reasoning';
    if (calls) this.#calls.replaceChildren(...answer.calls.map((call) => callView(call)));
  }

  measure(figures) {
    this.#measures.replaceChildren(...figures.map(([name, value]) => el('span', `${name} `, el('b', value))));
  }

  /** The answer is over. `again` tries anew where it failed. */
  end(answer, error, again) {
    this.#summary.textContent = 'Reasoning';
    this.#text.hidden = !answer.content;
    if (error) this.#foot.before(fault(error));
    if (answer.content) this.#foot.append(copyButton(answer.content, 'Copy answer'));
    if (error && again) this.#foot.append(el('button.small', { type: 'button', onclick: again }, 'Try again'));
  }

  /** Asks for the results of the calls; gives them as texts, in order, to `send`. */
  askForResults(calls, send) {
    const areas = calls.map(() => el('textarea.mono', { rows: 2 }));
    const form = el('form.stack-s', { onsubmit: submit },
      calls.map((call, i) => el('div.call', ...described(call), field(`Result of ${call.name}`, areas[i], 'What your program would answer: text or JSON.'))),
      el('button.primary', { type: 'submit' }, 'Send results'));
    const views = calls.map((call) => callView(call));
    function submit(event) {
      event.preventDefault();
      form.replaceWith(...views);
      send(areas.map((area) => area.value));
    }
    this.#calls.replaceChildren(form);
    areas[0].focus();
  }
}

const callView = (call) => el('div.call', ...described(call));

const described = ({ name, arguments: text }) => [el('div', 'Calls ', el('code', name)), el('pre', text)];

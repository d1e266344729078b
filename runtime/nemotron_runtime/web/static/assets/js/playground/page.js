// The playground: a conversation with the model over the public API, streamed.
import { ApiError, ask, askJson } from '../api.js';
import { example, SNIPPETS } from '../code.js';
import { el, say } from '../dom.js';
import { askForKey } from '../key-dialog.js';
import { choices, code, empty, fault, openDialog } from '../parts.js';
import { chunks } from '../sse.js';
import { Answer } from './answer.js';
import { callForm } from './calls.js';
import { makeSettings } from './settings.js';
import { answerTurn, userTurn } from './turns.js';

/** Makes the page inside of a host. */
export function makePlayground(host) {
  host.replaceChildren(el('p.muted', 'Loading …'));
  askJson('/models')
    .then(({ data: [model] }) => new Playground(host, model))
    .catch((error) => host.replaceChildren(fault(error)));
  return { show() {} };
}

class Playground {
  #messages = [];
  #abort = null;
  #waiting = false; // for results of tool calls

  constructor(host, model) {
    this.model = model;
    this.settings = makeSettings(model);
    this.transcript = el('div.transcript', { role: 'log', 'aria-label': 'Conversation', 'aria-live': 'off' });
    this.input = el('textarea', { 'aria-label': 'Message', placeholder: 'Ask something. Enter sends, Shift+Enter makes a new line.', onkeydown: (event) => this.#typed(event) });
    this.sendButton = el('button.primary', { type: 'submit' }, 'Send');
    this.stopButton = el('button.danger', { type: 'button', disabled: true, onclick: () => this.#abort?.abort() }, 'Stop');
    const composer = el('form.composer', { 'aria-label': 'Composer', onsubmit: (event) => this.#submit(event) },
      this.input,
      el('div.row', this.sendButton, this.stopButton,
        el('button', { type: 'button', onclick: () => this.#copyAsCode() }, 'Copy as code'),
        el('button.quiet', { type: 'button', onclick: () => this.#clear() }, 'New conversation')));
    host.replaceChildren(
      el('div.stack-s', el('h1', 'Playground'), el('p.muted', model.name, ' over ', el('code', 'POST /api/v1/chat/completions'), ', as any program uses it.')),
      el('div.bench', el('div', this.transcript, composer), this.settings.node));
    this.#clear();
  }

  #typed(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.sendButton.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || this.#abort || this.#waiting) return;
    this.input.value = '';
    this.#push(userTurn(text));
    this.#messages.push({ role: 'user', content: text });
    this.#answer();
  }

  #clear() {
    this.#abort?.abort();
    this.#messages = [];
    this.#hold(false);
    this.transcript.replaceChildren(empty('Nothing said yet', 'The answer streams in here, with its reasoning folded above it, and its speed below.'));
  }

  #push(node) {
    this.transcript.querySelector('.empty')?.remove();
    this.transcript.append(node);
    node.scrollIntoView({ block: 'nearest' });
  }

  /** Nothing can be said before the tools have answered. */
  #hold(waiting) {
    this.#waiting = waiting;
    this.sendButton.disabled = waiting;
    this.input.placeholder = waiting ? 'The model waits for the results of its calls.' : 'Ask something. Enter sends, Shift+Enter makes a new line.';
  }

  #body() {
    const { body, system } = this.settings.read();
    const messages = system ? [{ role: 'system', content: system }, ...this.#messages] : [...this.#messages];
    return { model: this.model.id, messages, ...body };
  }

  async #answer() {
    const turn = answerTurn();
    const answer = new Answer();
    const abort = new AbortController();
    this.#abort = abort;
    this.#running(true);
    this.#push(turn.node);
    let failed = null;
    try {
      const response = await ask('/chat/completions', { method: 'POST', body: { ...this.#body(), stream: true }, signal: abort.signal });
      await this.#read(response, answer, turn);
    } catch (error) {
      if (!abort.signal.aborted) failed = error;
    }
    if (this.#abort === abort) {
      this.#abort = null;
      this.#running(false);
    }
    if (!turn.node.isConnected) return; // a new conversation has begun
    turn.finish(answer, { stopped: abort.signal.aborted });
    if (failed) this.#refused(turn, failed);
    this.#keep(answer, turn, failed !== null || abort.signal.aborted || answer.error !== null);
    say(failed || answer.error ? 'The answer failed.' : abort.signal.aborted ? 'Stopped.' : 'The answer is complete.');
  }

  async #read(response, answer, turn) {
    let due = false; // one update a frame, however fast the tokens come
    for await (const chunk of chunks(response.body)) {
      answer.add(chunk);
      if (due) continue;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        if (turn.node.getAttribute('aria-busy') === 'false') return;
        turn.update(answer);
        this.#follow();
      });
    }
  }

  /** Scrolls along with the answer while its end is in sight. */
  #follow() {
    const page = document.documentElement;
    if (page.scrollHeight - page.scrollTop - page.clientHeight < 160) page.scrollTop = page.scrollHeight;
  }

  #running(on) {
    this.stopButton.disabled = !on;
    this.sendButton.disabled = on || this.#waiting;
  }

  #refused(turn, error) {
    turn.calls.append(fault(error));
    if (error instanceof ApiError && error.status === 401) {
      turn.calls.append(el('button', { type: 'button', onclick: () => askForKey('user') }, 'Enter an API key'));
    }
  }

  /** An answer that broke off is kept as far as it came, without calls; one of nothing takes its question with it. */
  #keep(answer, turn, broken) {
    if (broken) answer.calls = [];
    if (!answer.isEmpty) this.#messages.push(answer.toMessage());
    else if (broken) this.#takeBack();
    if (!answer.calls.length) return;
    this.#hold(true);
    turn.calls.append(callForm(answer.calls, (results) => {
      this.#messages.push(...results);
      this.#hold(false);
      this.#answer();
    }));
  }

  #takeBack() {
    if (this.#messages.at(-1)?.role !== 'user') return;
    const { content } = this.#messages.pop();
    this.input.value ||= content;
  }

  #copyAsCode() {
    let body;
    try {
      body = this.#body();
    } catch (error) {
      this.#push(fault(error));
      return;
    }
    if (!body.messages.length) body.messages = example(body.model).messages;
    openDialog('This conversation as code', () => {
      const place = el('div');
      const show = (language) => place.replaceChildren(code(SNIPPETS[language]({ ...body, stream: true }), `Code in ${language}`));
      show('curl');
      return [choices('Language', Object.keys(SNIPPETS).map((name) => [name, name]), 'curl', show), place];
    });
  }
}

// The playground: the API's first client.
import { loadModel } from '../data.js';
import { el, say } from '../dom.js';
import { choices, code, fault, openDialog } from '../parts.js';
import { curl, pythonOpenai, typescriptOpenai } from '../snippets.js';
import { Answer } from './answer.js';
import { streamAnswer } from './conversation.js';
import { Meter } from './meter.js';
import { requestBody } from './request.js';
import { settingsPanel } from './settings.js';
import { AnswerTurn, resultTurn, userTurn } from './turns.js';

/** Fills the section. */
export function playgroundPage(section) {
  section.append(el('p.muted', 'Asking for the model …'));
  const load = async () => {
    try {
      const model = await loadModel();
      section.replaceChildren(...playground(model));
    } catch (error) {
      section.replaceChildren(fault(error));
    }
  };
  load();
  return { show() {} };
}

function playground(model) {
  const settings = settingsPanel(model);
  const transcript = el('div.transcript', { 'aria-label': 'Conversation', role: 'log', 'aria-live': 'off' });
  const input = el('textarea', { rows: 3, 'aria-label': 'Your message', placeholder: 'Ask something. Enter sends, Shift+Enter begins a line.' });
  const send = el('button.primary', { type: 'submit' }, 'Send');
  const stop = el('button', { type: 'button', disabled: true, onclick: () => leave?.abort() }, 'Stop');
  const fresh = el('button', { type: 'button', onclick: reset }, 'New chat');
  const asCode = el('button', { type: 'button', onclick: showCode }, 'As code');
  const hint = el('span.muted.small');
  const composer = el('form.composer', { onsubmit: submit }, input, el('div.row', send, stop, fresh, asCode, hint));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });

  let messages = [];
  let leave = null; // aborts the request that runs
  let owed = false; // whether tool calls wait for their results

  const body = (text = '') => requestBody(model.id, text ? [...messages, { role: 'user', content: text }] : messages, settings.values());

  function settle() {
    send.disabled = leave !== null || owed;
    stop.disabled = leave === null;
    hint.textContent = owed ? 'The model called tools: send their results.' : '';
  }

  function submit(event) {
    event.preventDefault();
    const text = input.value;
    if (!text.trim() || send.disabled) return;
    messages.push({ role: 'user', content: text });
    transcript.append(userTurn(text));
    input.value = '';
    run();
  }

  async function run() {
    const turn = new AnswerTurn();
    const answer = new Answer();
    const meter = new Meter();
    const mine = (leave = new AbortController());
    transcript.append(turn.node);
    toEnd();
    settle();
    const measure = () => turn.measure(meter.figures(answer.usage, answer.finish));
    const watch = (delta) => {
      if (delta.reasoning || delta.content || delta.calls) meter.piece();
      keepAtEnd(() => { turn.add(delta, answer); measure(); });
    };
    let error = null;
    try {
      await streamAnswer(body(), { signal: mine.signal, watch, answer });
    } catch (reason) {
      error = mine.signal.aborted ? null : reason;
      if (mine.signal.aborted) answer.finish ??= 'stopped here';
    }
    if (leave !== mine) return; // a new chat has begun meanwhile
    leave = null;
    finish(turn, answer, error, measure);
  }

  function finish(turn, answer, error, measure) {
    const again = () => {
      turn.node.remove();
      run();
    };
    keepAtEnd(() => { measure(); turn.end(answer, error, again); });
    if (!error && !answer.isEmpty) messages.push(answer.message());
    owed = !error && answer.finish === 'tool_calls';
    if (owed) keepAtEnd(() => turn.askForResults(answer.calls, (texts) => giveResults(answer.calls, texts)));
    say(error ? 'The request failed' : owed ? 'The model calls tools' : 'The answer is complete');
    settle();
    if (!owed) input.focus();
  }

  function giveResults(calls, texts) {
    calls.forEach(({ id, name }, i) => {
      messages.push({ role: 'tool', tool_call_id: id, content: texts[i] });
      transcript.append(resultTurn(name, texts[i]));
    });
    owed = false;
    run();
  }

  function reset() {
    leave?.abort();
    leave = null;
    owed = false;
    messages = [];
    transcript.replaceChildren();
    settle();
    input.focus();
  }

  function showCode() {
    openDialog('This request as code', () => {
      try {
        return codeView(body(input.value.trim() || (messages.length ? '' : 'Why is the sky blue?')));
      } catch (error) {
        return [fault(error)];
      }
    });
  }

  return [el('h1.visually-hidden', 'Playground'), el('div.bench', el('div.talk', welcome(model), transcript, composer), settings.node)];
}

const welcome = (model) => el('p.muted.small', 'Talking to ', el('code', model.id), '. Conversations stay in this page.');

/** Scrolls along with what is written, unless the reader has scrolled up. */
function keepAtEnd(write) {
  const page = document.scrollingElement;
  const atEnd = page.scrollHeight - page.scrollTop - page.clientHeight < 60;
  write();
  if (atEnd) toEnd();
}

const toEnd = () => { document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight; };

const LANGUAGES = [['curl', 'curl', curl], ['python', 'Python', pythonOpenai], ['typescript', 'TypeScript', typescriptOpenai]];

function codeView(body) {
  const place = el('div');
  const show = (id) => {
    const [, name, write] = LANGUAGES.find(([other]) => other === id);
    place.replaceChildren(code(write(body), `The request in ${name}`));
  };
  show('curl');
  return [choices('Language', LANGUAGES, 'curl', show), place];
}

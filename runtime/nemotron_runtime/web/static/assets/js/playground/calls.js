// Tool calls of an answer, and the form in which the user answers them.
import { el } from '../dom.js';
import { field } from '../parts.js';

/** Shows the calls; `send` gets a tool message for each of them once the user has answered. */
export function callForm(calls, send) {
  const areas = calls.map(() => el('textarea', { rows: '2', required: true, spellcheck: 'false', placeholder: '{"temperature_c": 21}' }));
  const submit = el('button.primary', { type: 'submit' }, calls.length === 1 ? 'Send the result' : 'Send the results');
  const form = el('form.stack-s', { 'aria-label': 'Tool results', onsubmit: answer },
    calls.map((call, i) => el('div.call',
      el('div', el('span.muted', 'calls '), el('strong.mono', call.name)),
      el('pre', pretty(call.arguments)),
      field(`Result of ${call.name}`, areas[i], 'What the tool would return: any text, mostly JSON.'))),
    el('div.row', submit));

  function answer(event) {
    event.preventDefault();
    submit.remove();
    for (const area of areas) area.readOnly = true;
    send(calls.map(({ id }, i) => ({ role: 'tool', tool_call_id: id, content: areas[i].value })));
  }

  return form;
}

/** Arguments as the model wrote them, laid out where they are JSON. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// API: key, first request, parameters.
import { BASE_URL } from '../../api.js';
import { el } from '../../dom.js';
import { askForKey } from '../../key_dialog.js';
import { PARAMETERS } from '../../parameters.js';
import { choices, code, copyButton, table } from '../../parts.js';
import { curl, pythonOpenai, pythonOpenrouter, typescriptOpenai, typescriptOpenrouter } from '../../snippets.js';

const CLIENTS = [
  ['curl', 'curl', curl],
  ['python-openai', 'Python, openai', pythonOpenai],
  ['python-openrouter', 'Python, openrouter', pythonOpenrouter],
  ['typescript-openai', 'TypeScript, openai', typescriptOpenai],
  ['typescript-openrouter', 'TypeScript, openrouter', typescriptOpenrouter],
];

let chosen = CLIENTS[0][0]; // the reader's language stays over a refresh

export function api({ model }) {
  return [
    el('p.lead', 'The chat-completions API as OpenRouter hosts it, at this base URL:'),
    el('p.row', el('code', BASE_URL), copyButton(BASE_URL, 'Copy base URL')),
    el('h2', '1. Get your API key'),
    el('p.row', 'A server without keys answers this machine alone; clients that insist on a key may send any. ',
      el('button', { type: 'button', onclick: askForKey }, 'Enter a key'), el('a', { href: '#keys' }, 'Create keys')),
    el('h2', '2. Make your first request'),
    samples({ model: model.id, messages: [{ role: 'user', content: 'Why is the sky blue?' }] }),
    el('h2', 'Parameters'),
    el('p.muted', `What this model honours here: ${model.supported_parameters.length} parameters.`),
    table('Parameters', [{ name: 'Name' }, { name: 'Values' }, { name: 'What it does' }, { name: 'Default here' }],
      model.supported_parameters.map((name) => [el('code', name), ...(PARAMETERS[name] ?? ['', '']), defaultOf(model, name)])),
  ];
}

function samples(body) {
  const place = el('div');
  const show = (id) => {
    chosen = id;
    const [, name, write] = CLIENTS.find(([other]) => other === id);
    place.replaceChildren(code(write(body), `Sample code: ${name}`));
  };
  show(chosen);
  return el('div.stack-s', choices('Client', CLIENTS, chosen, show), place);
}

const defaultOf = (model, name) => String(model.default_parameters?.[name] ?? '–');

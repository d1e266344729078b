// How a program uses this server: a key, a first request in the language at hand, the parameters.
import { BASE_URL } from '../api.js';
import { example, SNIPPETS } from '../code.js';
import { el } from '../dom.js';
import { askForKey } from '../key-dialog.js';
import { PARAMETERS, rangeOf } from '../parameters.js';
import { choices, code, table } from '../parts.js';

let language = 'curl';

export function api({ model }) {
  const place = el('div');
  const show = (chosen) => {
    language = chosen;
    place.replaceChildren(code(SNIPPETS[language](example(model.id)), `Example in ${language}`));
  };
  show(language);
  return [
    el('h2', '1. Get your API key'),
    el('p', 'Where this server asks for keys, make one on the ', el('a', { href: '#keys' }, 'Keys page'), ' or with ', el('code', 'nemotron keys create'),
      ', and put it into the variable ', el('code', 'OPENROUTER_API_KEY'), '. Where it asks for none, any text will do.'),
    el('button', { type: 'button', onclick: () => askForKey('user') }, 'Use a key on this page'),
    el('h2', '2. Make your first request'),
    el('p', 'Base URL'),
    code(BASE_URL, 'Base URL'),
    choices('Language', Object.keys(SNIPPETS).map((name) => [name, name]), language, show),
    place,
    el('h2', 'Parameters'),
    el('div.card', table('Parameters', [{ name: 'Name' }, { name: 'Values' }, { name: 'Default' }, { name: 'What it does' }],
      model.supported_parameters.map((name) => {
        const known = PARAMETERS[name];
        return [el('code', name), known ? rangeOf(known) : '', defaultOf(model, name), known?.about ?? ''];
      }))),
  ];
}

function defaultOf(model, name) {
  const value = model.default_parameters?.[name];
  return value === null || value === undefined ? '' : String(value);
}

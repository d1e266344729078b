// The parameters beside the conversation: those that /models lists, left out of the request where they are empty.
import { el } from '../dom.js';
import { PARAMETERS } from '../parameters.js';
import { field } from '../parts.js';

const TOOLS_EXAMPLE = [{
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}];

const WIDE = new Set(['json']);

/**
 * @param {object} model as /models lists it
 * @returns {{node: Element, read: () => object}} read throws an Error that names the field and says what is wrong.
 */
export function makeSettings(model) {
  const offered = model.supported_parameters.filter((name) => PARAMETERS[name] && PARAMETERS[name].kind !== 'hidden');
  const controls = new Map(offered.map((name) => [name, controlOf(PARAMETERS[name], model.default_parameters?.[name])]));
  const system = el('textarea', { rows: '3', placeholder: 'None' });
  const fields = (names) => el('div.fields', names.map((name) => {
    const place = field(name, controls.get(name), WIDE.has(PARAMETERS[name].kind) ? PARAMETERS[name].about : null);
    controls.get(name).title = PARAMETERS[name].about;
    if (WIDE.has(PARAMETERS[name].kind)) place.classList.add('wide');
    if (name === 'tools') place.append(exampleButton(controls.get(name)));
    return place;
  }));
  const structured = ['tools', 'tool_choice', 'parallel_tool_calls', 'response_format'];
  const node = el('aside.settings.card', { 'aria-label': 'Parameters' },
    el('details', { open: wideScreen() }, el('summary', 'Instructions and sampling'),
      el('div.stack', field('System prompt', system), fields(offered.filter((name) => !structured.includes(name))))),
    el('details', { open: wideScreen() }, el('summary', 'Tools and format'), fields(structured.filter((name) => controls.has(name)))));

  function read() {
    const body = {};
    for (const [name, control] of controls) {
      const value = valueOf(name, control.value.trim());
      if (value !== undefined) body[name] = value;
    }
    return { body, system: system.value.trim() };
  }

  return { node, read };
}

const wideScreen = () => matchMedia('(min-width: 56.01rem)').matches;

function controlOf({ kind, min, max, step, options }, fallback) {
  const hint = fallback === null || fallback === undefined ? 'default' : String(fallback);
  if (kind === 'choice') return el('select', el('option', { value: '' }, 'default'), options.map((option) => el('option', { value: option }, option)));
  if (kind === 'json') return el('textarea', { rows: '4', spellcheck: 'false', placeholder: 'None' });
  if (kind === 'text') return el('input', { type: 'text', placeholder: 'none' });
  return el('input', { type: 'number', min, max, step: kind === 'integer' ? step : 'any', placeholder: hint, inputmode: 'decimal' });
}

function exampleButton(area) {
  return el('button.small', { type: 'button', onclick: () => { area.value = JSON.stringify(TOOLS_EXAMPLE, null, 2); } }, 'Example');
}

/** The value that a control's text means; undefined where it is empty. */
function valueOf(name, text) {
  if (text === '') return undefined;
  const { kind } = PARAMETERS[name];
  if (name === 'reasoning') return { effort: text };
  if (name === 'parallel_tool_calls') return text === 'true';
  if (kind === 'json') return parsed(name, text);
  if (kind === 'number' || kind === 'integer') return Number(text);
  return text;
}

function parsed(name, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}. Correct it in the parameters, or empty the field.`, { cause: error });
  }
}

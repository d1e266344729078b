// The parameters that a reader can set: those that the catalogue lists as honoured.
import { el } from '../dom.js';
import { PARAMETERS } from '../parameters.js';
import { field } from '../parts.js';

const NUMBERS = ['max_tokens', 'temperature', 'top_p', 'top_k', 'min_p', 'frequency_penalty', 'presence_penalty', 'repetition_penalty', 'seed'];
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const TOOL_CHOICES = ['auto', 'required', 'none'];

const EXAMPLE_TOOLS = JSON.stringify([{
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}], null, 2);

/** The panel, and `values()`: what its controls hold, as text. */
export function settingsPanel(model) {
  const honoured = (name) => model.supported_parameters.includes(name);
  const controls = { system: el('textarea', { rows: 3, placeholder: 'You are …', 'aria-label': 'System prompt' }) };
  const numbers = NUMBERS.filter(honoured).map((name) => {
    controls[name] = el('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', placeholder: String(model.default_parameters?.[name] ?? ''), title: PARAMETERS[name][1] });
    return field(name, controls[name]);
  });
  const reasoning = honoured('reasoning') ? field('Reasoning effort', (controls.reasoning = select(EFFORTS))) : null;
  const stop = honoured('stop') ? el('div.wide', field('stop, one a line', (controls.stop = el('textarea', { rows: 2 })))) : null;
  const node = el('section.settings.card', { 'aria-label': 'Parameters' },
    el('details', { open: true }, el('summary', 'System prompt'), controls.system),
    el('details', { open: true }, el('summary', 'Parameters'), el('div.stack-s', reasoning, el('div.fields', numbers, stop))),
    honoured('tools') ? el('details', el('summary', 'Tools'), el('div.stack-s', ...tools(controls))) : null,
    honoured('response_format') ? el('details', el('summary', 'Structured output'), field('JSON schema', (controls.schema = jsonArea()), 'The answer follows it to the letter.')) : null);
  const values = () => Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
  return { node, values };
}

const select = (names) => el('select', el('option', { value: '' }, 'as the model says'), names.map((name) => el('option', { value: name }, name)));

const jsonArea = () => el('textarea.mono', { rows: 8, spellcheck: 'false' });

function tools(controls) {
  controls.tools = jsonArea();
  controls.tool_choice = select(TOOL_CHOICES);
  const example = () => { controls.tools.value = EXAMPLE_TOOLS; };
  return [
    field('Tools, as JSON', controls.tools, 'The model calls them; you answer in their place.'),
    el('button.small', { type: 'button', onclick: example }, 'Insert an example'),
    field('tool_choice', controls.tool_choice),
  ];
}

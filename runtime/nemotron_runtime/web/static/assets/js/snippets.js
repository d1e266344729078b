// Programs that make a request: the same body for curl and for four clients.
import { BASE_URL } from './api.js';
import { keyOf } from './session.js';

const VARIABLE = 'OPENROUTER_API_KEY'; // a key itself never stands in a program that is copied

/** What OpenAI's Python client knows as arguments; all else travels in `extra_body`. */
const OPENAI_ARGUMENTS = new Set([
  'model', 'messages', 'stream', 'temperature', 'top_p', 'max_tokens', 'max_completion_tokens', 'stop', 'seed', 'frequency_penalty',
  'presence_penalty', 'tools', 'tool_choice', 'parallel_tool_calls', 'response_format', 'reasoning_effort', 'logprobs', 'top_logprobs', 'logit_bias',
]);

/** A curl command for a shell. */
export function curl(body) {
  const key = keyOf('user') ? [`  -H "Authorization: Bearer $${VARIABLE}"`] : [];
  return [
    `curl ${body.stream ? '-N ' : ''}${BASE_URL}/chat/completions`,
    "  -H 'Content-Type: application/json'",
    ...key,
    `  -d '${JSON.stringify(body, null, 2).replaceAll("'", "'\\''")}'`,
  ].join(' \\\n');
}

/** For the `openai` package of Python. */
export function pythonOpenai(body) {
  const known = Object.entries(body).filter(([name]) => OPENAI_ARGUMENTS.has(name));
  const extra = Object.entries(body).filter(([name]) => !OPENAI_ARGUMENTS.has(name));
  const lines = known.map(([name, value]) => `    ${name}=${python(value, 4)},`);
  if (extra.length) lines.push(`    extra_body=${python(Object.fromEntries(extra), 4)},`);
  return [
    ...(keyOf('user') ? ['import os', ''] : []),
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${BASE_URL}", api_key=${pythonKey()})`,
    `${body.stream ? 'stream' : 'answer'} = client.chat.completions.create(`,
    ...lines,
    ')',
    ...(body.stream
      ? ['for chunk in stream:', '    if chunk.choices:', '        print(chunk.choices[0].delta.content or "", end="", flush=True)']
      : ['print(answer.choices[0].message.content)']),
  ].join('\n');
}

/** For the `openrouter` package of Python: a model and messages. */
export const pythonOpenrouter = ({ model, messages }) => [
  ...(keyOf('user') ? ['import os', ''] : []),
  'from openrouter import OpenRouter',
  '',
  `with OpenRouter(api_key=${pythonKey()}, server_url="${BASE_URL}") as client:`,
  '    answer = client.chat.send(',
  `        model=${python(model, 8)},`,
  `        messages=${python(messages, 8)},`,
  '    )',
  '    print(answer.choices[0].message.content)',
].join('\n');

/** For the `openai` package of TypeScript; fields that its types don't know are sent as they are. */
export function typescriptOpenai(body) {
  const foreign = Object.keys(body).some((name) => !OPENAI_ARGUMENTS.has(name));
  return [
    "import OpenAI from 'openai';",
    '',
    `const client = new OpenAI({ baseURL: '${BASE_URL}', apiKey: ${typescriptKey()} });`,
    ...(foreign ? ['// @ts-expect-error OpenRouter’s own fields'] : []),
    `const ${body.stream ? 'stream' : 'answer'} = await client.chat.completions.create(${JSON.stringify(body, null, 2)});`,
    ...(body.stream
      ? ['for await (const chunk of stream) {', "  process.stdout.write(chunk.choices[0]?.delta?.content ?? '');", '}']
      : ['console.log(answer.choices[0].message.content);']),
  ].join('\n');
}

/** For the `@openrouter/sdk` package of TypeScript: a model and messages. */
export const typescriptOpenrouter = ({ model, messages }) => [
  "import { OpenRouter } from '@openrouter/sdk';",
  '',
  `const client = new OpenRouter({ apiKey: ${typescriptKey()}, serverURL: '${BASE_URL}' });`,
  `const answer = await client.chat.send({ chatRequest: ${JSON.stringify({ model, messages }, null, 2)} });`,
  'console.log(answer.choices[0].message.content);',
].join('\n');

const pythonKey = () => (keyOf('user') ? `os.environ["${VARIABLE}"]` : '"none"');
const typescriptKey = () => (keyOf('user') ? `process.env.${VARIABLE}` : "'none'");

/** A value as Python writes it; `indent` is where its first line stands. */
function python(value, indent) {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const list = Array.isArray(value);
  const inner = ' '.repeat(indent + 4);
  const items = list
    ? value.map((item) => python(item, indent + 4))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python(item, indent + 4)}`);
  const [open, close] = list ? '[]' : '{}';
  if (!items.length) return open + close;
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${' '.repeat(indent)}${close}`;
}

// A request as a program, in several languages, with this server's address.
import { BASE_URL } from './api.js';

/** Languages by name; each makes the program of a request body. */
export const SNIPPETS = { curl, 'Python, openai': pythonOpenai, 'Python, openrouter': pythonOpenrouter, 'TypeScript, openai': typescriptOpenai, 'TypeScript, openrouter': typescriptOpenrouter, 'TypeScript, fetch': typescriptFetch };

/** The least request. */
export const example = (model) => ({ model, messages: [{ role: 'user', content: 'Why is the sky blue?' }] });

function curl(body) {
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return `curl ${BASE_URL}/chat/completions \\
  -H "Authorization: Bearer $OPENROUTER_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${quoted}'
`;
}

// What the OpenAI clients take by name; the rest goes into extra_body.
const OPENAI_NAMES = new Set(['model', 'messages', 'stream', 'temperature', 'top_p', 'max_tokens', 'max_completion_tokens',
  'frequency_penalty', 'presence_penalty', 'stop', 'seed', 'tools', 'tool_choice', 'parallel_tool_calls', 'response_format',
  'logprobs', 'top_logprobs', 'logit_bias', 'reasoning_effort']);

function pythonOpenai(body) {
  const named = Object.entries(body).filter(([name]) => OPENAI_NAMES.has(name));
  const extra = Object.entries(body).filter(([name]) => !OPENAI_NAMES.has(name));
  if (extra.length) named.push(['extra_body', Object.fromEntries(extra)]);
  return `import os

from openai import OpenAI

client = OpenAI(base_url="${BASE_URL}", api_key=os.environ.get("OPENROUTER_API_KEY", "none"))
answer = client.chat.completions.create(
${keywords(named)}
)
${pythonPrint(body)}
`;
}

function pythonOpenrouter(body) {
  return `import os

from openrouter import OpenRouter

with OpenRouter(api_key=os.environ.get("OPENROUTER_API_KEY", "none"), server_url="${BASE_URL}") as client:
    answer = client.chat.send(
${keywords(Object.entries(body), '        ')}
    )
${pythonPrint(body, '    ')}
`;
}

const keywords = (entries, indent = '    ') => entries.map(([name, value]) => `${indent}${name}=${python(value, indent)},`).join('\n');

const pythonPrint = (body, indent = '') => (body.stream
  ? [`for chunk in answer:`, `    if chunk.choices and chunk.choices[0].delta.content:`, `        print(chunk.choices[0].delta.content, end="", flush=True)`]
  : ['print(answer.choices[0].message.content)']).map((line) => indent + line).join('\n');

/** A JSON value in Python's spelling. */
export function python(value, indent = '') {
  const inner = `${indent}    `;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const array = Array.isArray(value);
  const items = array ? value.map((item) => python(item, inner)) : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${python(item, inner)}`);
  const [open, close] = array ? '[]' : '{}';
  if (!items.length) return open + close;
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}${close}`;
}

const literal = (value, indent) => JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`);

const typescriptPrint = (body) => (body.stream
  ? `for await (const chunk of answer) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '');
}`
  : 'console.log(answer.choices[0].message.content);');

function typescriptOpenai(body) {
  return `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${BASE_URL}', apiKey: process.env.OPENROUTER_API_KEY ?? 'none' });
const answer = await client.chat.completions.create(${literal(body, '')});
${typescriptPrint(body)}
`;
}

function typescriptOpenrouter(body) {
  return `import { OpenRouter } from '@openrouter/sdk';

const client = new OpenRouter({ apiKey: process.env.OPENROUTER_API_KEY ?? 'none', serverURL: '${BASE_URL}' });
const answer = await client.chat.send({ chatRequest: ${literal(camelCased(body), '')} });
${typescriptPrint(body)}
`;
}

// That SDK spells its own fields in camel case; what is inside of messages and schemas stays.
const camelCased = (body) => Object.fromEntries(Object.entries(body).map(([name, value]) => [name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]));

function typescriptFetch(body) {
  const then = body.stream
    ? `const decoder = new TextDecoder();
for await (const bytes of response.body!) process.stdout.write(decoder.decode(bytes, { stream: true })); // server-sent events`
    : `const answer = await response.json();
console.log(answer.choices[0].message.content);`;
  return `const response = await fetch('${BASE_URL}/chat/completions', {
  method: 'POST',
  headers: { Authorization: \`Bearer \${process.env.OPENROUTER_API_KEY ?? 'none'}\`, 'Content-Type': 'application/json' },
  body: JSON.stringify(${literal(body, '  ')}),
});
if (!response.ok) throw new Error(await response.text());
${then}
`;
}

// A client under test as a process: one task a line on stdin, one line of JSON on stdout with what was seen.
import { createInterface } from 'node:readline';

export const baseURL = process.env.BASE_URL;

export const nothing = () => ({ text: '', reasoning: '', calls: [], pieces: 0 });

export const resultOf = (args) => `Result for ${Object.values(args).join(', ')}`;

export function resultOfText(text) {
  try {
    return resultOf(JSON.parse(text));
  } catch {
    return 'Invalid arguments';
  }
}

export const usageOf = (prompt, completion, reasoning, cost) => ({ prompt, completion, reasoning, cost });

// The errors of the clients agree on nothing but a name and a message; `more` is what each knows besides.
export const errorOf = (error, more = {}) => ({ name: error.name, message: error.message, ...more });

export const question = (task) => [{ role: 'user', content: task.prompt }];

export const callOf = ({ id, function: { name, arguments: text } }) => ({ id, name, arguments: text });

export const toolCallOf = ({ id, name, arguments: text }) =>
  ({ id, type: 'function', function: { name, arguments: text } });

// Takes the delta of a call: the first one has the id and the name.
export function grow(calls, { index, id, function: { name, arguments: text } }) {
  if (id) calls[index] = { id, name, arguments: text };
  else calls[index].arguments += text;
}

export async function work(scenarios) {
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line);
    const seen = await scenarios[task.do](task);
    process.stdout.write(JSON.stringify(seen) + '\n');
  }
}

import OpenAI from 'openai';
import { baseURL, callOf, errorOf, grow, nothing, question, resultOfText, toolCallOf, usageOf, work } from './worker.mjs';

const clientOf = (task) => new OpenAI({ baseURL, apiKey: task.key, maxRetries: 0 });

async function whole(task, request, seen, options) {
  const body = await clientOf(task).chat.completions.create(request, options);
  const { message, finish_reason } = body.choices[0];
  Object.assign(seen, { text: message.content ?? '', reasoning: message.reasoning ?? '' });
  Object.assign(seen, { calls: (message.tool_calls ?? []).map(callOf), finish: finish_reason });
  Object.assign(seen, { usage: usage(body), model: body.model, message });
}

async function streamed(task, request, seen, options) {
  const stream = await clientOf(task).chat.completions.create({ ...request, stream: true }, options);
  const message = { role: 'assistant', content: '', reasoning_details: [] };
  for await (const chunk of stream) {
    seen.model = chunk.model;
    if (chunk.usage) seen.usage = usage(chunk);
    for (const { delta, finish_reason } of chunk.choices) {
      seen.pieces += 1;
      seen.text += delta.content ?? '';
      seen.reasoning += delta.reasoning ?? '';
      message.reasoning_details.push(...(delta.reasoning_details ?? []));
      for (const call of delta.tool_calls ?? []) grow(seen.calls, call);
      seen.finish = finish_reason ?? seen.finish;
    }
    if (task.do === 'cancel' && seen.text) return stream.controller.abort();
  }
  message.content = seen.text;
  if (seen.calls.length) message.tool_calls = seen.calls.map(toolCallOf);
  seen.message = message;
}

const usage = ({ usage }) =>
  usageOf(usage.prompt_tokens, usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens, usage.cost);

async function run(task, messages, options = {}) {
  const seen = nothing();
  try {
    await (task.stream ? streamed : whole)(task, { ...task.request, messages }, seen, options);
  } catch (error) {
    const { status, type, headers, error: body } = error;
    const more = { status, retry_after: headers?.get?.('retry-after'), code: body?.code };
    seen.error = errorOf(error, { ...more, name: error.constructor.name, kind: body?.metadata?.error_type ?? type });
  }
  return seen;
}

async function turns(task) {
  const first = await run(task, question(task));
  if (first.error) return [first];
  const results = first.calls.map(({ id, arguments: text }) => ({
    role: 'tool', tool_call_id: id, content: resultOfText(text),
  }));
  const next = results.length ? results : [{ role: 'user', content: task.then }];
  return [first, await run({ ...task, request: { ...task.request, ...task.later } }, [...question(task), first.message, ...next])];
}

await work({
  ask: (task) => run(task, question(task)),
  turns,
  structured: async (task) => {
    const seen = await run(task, question(task));
    return seen.error ? seen : { ...seen, value: JSON.parse(seen.text) };
  },
  cancel: (task) => run(task, question(task), task.stream ? {} : { signal: AbortSignal.timeout(400) }),
});

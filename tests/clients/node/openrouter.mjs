import { OpenRouter } from '@openrouter/sdk';
import { baseURL, callOf, errorOf, grow, nothing, question, resultOfText, toolCallOf, usageOf, work } from './worker.mjs';

const clientOf = (task) => new OpenRouter({ apiKey: task.key, serverURL: baseURL, retryConfig: { strategy: 'none' } });

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

// This client's own spelling of a request.
function requestOf({ request }, messages) {
  const chatRequest = Object.fromEntries(Object.entries(request).map(([name, value]) => [camel(name), value]));
  const format = chatRequest.responseFormat;
  if (format) chatRequest.responseFormat = { type: format.type, jsonSchema: format.json_schema };
  return { ...chatRequest, messages };
}

async function whole(task, chatRequest, seen, options) {
  const body = await clientOf(task).chat.send({ chatRequest }, options);
  const { message, finishReason } = body.choices[0];
  Object.assign(seen, { text: message.content ?? '', reasoning: message.reasoning ?? '' });
  Object.assign(seen, { calls: (message.toolCalls ?? []).map(callOf), finish: finishReason });
  Object.assign(seen, { usage: usage(body), model: body.model, message });
}

async function streamed(task, chatRequest, seen, options) {
  const stream = await clientOf(task).chat.send({ chatRequest: { ...chatRequest, stream: true } }, options);
  const message = { role: 'assistant', content: '', reasoningDetails: [] };
  for await (const chunk of stream) {
    seen.model = chunk.model;
    if (chunk.usage) seen.usage = usage(chunk);
    for (const { delta, finishReason } of chunk.choices) {
      seen.pieces += 1;
      seen.text += delta.content ?? '';
      seen.reasoning += delta.reasoning ?? '';
      message.reasoningDetails.push(...(delta.reasoningDetails ?? []));
      for (const call of delta.toolCalls ?? []) grow(seen.calls, call);
      seen.finish = finishReason ?? seen.finish;
    }
    if (chunk.error) {
      const { code, message: text, metadata } = chunk.error;
      seen.error = { name: 'chunk.error', message: text, code, kind: metadata?.errorType };
    }
    if (task.do === 'cancel' && seen.text) break;
  }
  message.content = seen.text;
  if (seen.calls.length) message.toolCalls = seen.calls.map(toolCallOf);
  seen.message = message;
}

const usage = ({ usage }) =>
  usageOf(usage.promptTokens, usage.completionTokens, usage.completionTokensDetails.reasoningTokens, usage.cost);

async function run(task, messages, options = {}) {
  const seen = nothing();
  try {
    await (task.stream ? streamed : whole)(task, requestOf(task, messages), seen, options);
  } catch (error) {
    const { statusCode: status, headers, error: body } = error;
    const more = { status, retry_after: headers?.get?.('retry-after'), code: body?.code };
    seen.error = errorOf(error, { ...more, kind: body?.metadata?.error_type });
  }
  return seen;
}

async function turns(task) {
  const first = await run(task, question(task));
  if (first.error) return [first];
  const results = first.calls.map(({ id, arguments: text }) => ({
    role: 'tool', toolCallId: id, content: resultOfText(text),
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
  cancel: (task) => run(task, question(task), task.stream ? {} : { timeoutMs: 400 }),
});

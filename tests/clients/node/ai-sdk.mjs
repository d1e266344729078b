import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { baseURL, errorOf, nothing, question, resultOf, usageOf, work } from './worker.mjs';

const STEPS = 2;

// What this client has names of its own for; the rest of a request goes into the body as it is.
function settingsOf(task, more = {}) {
  const { model, max_tokens, seed, temperature, tools, tool_choice, response_format, ...extraBody } = task.request;
  const provider = createOpenRouter({ apiKey: task.key, baseURL });
  return {
    model: provider.chat(model, { extraBody }),
    maxOutputTokens: max_tokens,
    maxRetries: 0,
    seed,
    temperature,
    ...(tools && { tools: toolsOf(tools), toolChoice: choiceOf(tool_choice), stopWhen: stepCountIs(STEPS) }),
    ...(tools && { prepareStep: ({ stepNumber }) => (stepNumber ? { toolChoice: task.later?.tool_choice } : {}) }),
    ...(response_format && { output: Output.object({ schema: jsonSchema(response_format.json_schema.schema) }) }),
    ...more,
  };
}

const toolsOf = (tools) => Object.fromEntries(tools.map(({ function: { name, description, parameters } }) =>
  [name, tool({ description, inputSchema: jsonSchema(parameters), execute: async (args) => resultOf(args) })]));

const choiceOf = (choice) => (choice?.function ? { type: 'tool', toolName: choice.function.name } : choice);

function seenOf(step) {
  const { usage } = step;
  const cost = step.providerMetadata?.openrouter?.usage?.cost;
  return {
    ...nothing(),
    text: step.text,
    reasoning: step.reasoningText ?? '',
    calls: step.toolCalls.map(({ toolCallId, toolName, input }) =>
      ({ id: toolCallId, name: toolName, arguments: JSON.stringify(input) })),
    finish: step.finishReason.replace('-', '_'),
    usage: usageOf(usage.inputTokens, usage.outputTokens, usage.outputTokenDetails.reasoningTokens, cost),
    model: step.response.modelId,
    messages: step.response.messages,
  };
}

async function whole(settings) {
  const result = await generateText(settings);
  return { steps: result.steps.map(seenOf), value: settings.output && result.output };
}

async function streamed(settings, leave) {
  const result = streamText({ ...settings, onError: () => {} });
  const partial = nothing();
  let failure;
  for await (const part of result.fullStream) {
    if (part.type === 'text-delta') partial.text += part.text;
    if (part.type === 'reasoning-delta') partial.reasoning += part.text;
    if (part.type.endsWith('-delta')) partial.pieces += 1;
    if (part.type === 'error') failure = errorFrom(part.error);
    if (leave && partial.text) leave.abort();
  }
  if (failure || leave) return { steps: [{ ...partial, error: failure }] };
  const steps = (await result.steps).map((step) => ({ ...seenOf(step), pieces: partial.pieces }));
  return { steps, value: settings.output && (await result.output) };
}

function errorFrom(error) {
  const { statusCode: status, responseHeaders, data } = error;
  const body = data?.error ?? data;
  const more = { status, retry_after: responseHeaders?.['retry-after'], code: body?.code };
  return errorOf(error, { ...more, kind: body?.metadata?.error_type });
}

async function run(task, messages, more, leave) {
  const settings = settingsOf(task, { messages, ...more });
  try {
    return await (task.stream ? streamed(settings, leave) : whole(settings));
  } catch (error) {
    return { steps: [{ ...nothing(), error: errorFrom(error) }] };
  }
}

async function turns(task) {
  const { steps: [first, second] } = await run(task, question(task));
  if (second || first.error) return [first, second];
  const messages = [...question(task), ...first.messages, { role: 'user', content: task.then }];
  return [first, (await run(task, messages)).steps[0]];
}

async function cancel(task) {
  const leave = new AbortController();
  if (!task.stream) setTimeout(() => leave.abort(), 400);
  return (await run(task, question(task), { abortSignal: leave.signal }, leave)).steps[0];
}

await work({
  ask: async (task) => (await run(task, question(task))).steps[0],
  turns,
  structured: async (task) => {
    const { steps: [seen], value } = await run(task, question(task));
    return { ...seen, value };
  },
  cancel,
});

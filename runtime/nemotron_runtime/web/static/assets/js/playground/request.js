// The body of a request, from the settings and the conversation.

/** A setting that can't be sent; its message names it. */
class SettingError extends Error {}

/** values: what the settings hold, as text. Empty ones are left to the server. */
export function requestBody(model, messages, values) {
  const body = { model, messages: withSystem(messages, values.system), stream: true };
  for (const [name, read] of Object.entries(READERS)) {
    const text = (values[name] ?? '').trim();
    if (text) body[name] = read(text, name);
  }
  if (values.schema?.trim()) body.response_format = schemaFormat(json(values.schema, 'The JSON schema'));
  if (!body.tools) delete body.tool_choice;
  return body;
}

const withSystem = (messages, system) => (system?.trim() ? [{ role: 'system', content: system }, ...messages] : messages);

const number = (text, name) => {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new SettingError(`${name} is not a number: ${text}`);
};

const READERS = {
  temperature: number,
  top_p: number,
  top_k: number,
  min_p: number,
  max_tokens: number,
  seed: number,
  frequency_penalty: number,
  presence_penalty: number,
  repetition_penalty: number,
  stop: (text) => text.split('\n').filter(Boolean),
  reasoning: (effort) => ({ effort }),
  tools: (text) => json(text, 'The list of tools'),
  tool_choice: (text) => text,
};

const schemaFormat = (schema) => ({ type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } });

function json(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SettingError(`${what} is not valid JSON: ${error.message}`);
  }
}

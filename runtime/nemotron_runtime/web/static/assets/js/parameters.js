// The request parameters as the playground offers and the API tab explains them, where /models lists them.

/** kind: number, integer, text, json, choice or hidden (explained, but not offered in the form). */
export const PARAMETERS = {
  temperature: { kind: 'number', min: 0, max: 2, step: 0.1, about: 'How freely tokens are drawn; 0 takes the likeliest.' },
  top_p: { kind: 'number', min: 0.01, max: 1, step: 0.01, about: 'Draws from the likeliest tokens that make up this share.' },
  top_k: { kind: 'integer', min: 0, step: 1, about: 'Draws from this many likeliest tokens; 0 is off.' },
  min_p: { kind: 'number', min: 0, max: 1, step: 0.01, about: "Leaves out what is less likely than this share of the likeliest token's." },
  max_tokens: { kind: 'integer', min: 1, step: 1, about: 'Longest answer, reasoning included.' },
  seed: { kind: 'integer', step: 1, about: 'The same seed and request draw alike.' },
  frequency_penalty: { kind: 'number', min: -2, max: 2, step: 0.1, about: 'Against tokens, by how often they came.' },
  presence_penalty: { kind: 'number', min: -2, max: 2, step: 0.1, about: 'Against tokens that came at all.' },
  repetition_penalty: { kind: 'number', min: 0.01, max: 2, step: 0.05, about: 'Against repetition; 1 is off.' },
  stop: { kind: 'text', about: 'Ends the answer before this text.' },
  reasoning: { kind: 'choice', options: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'], about: 'How much to think first: an effort, or max_tokens.' },
  tools: { kind: 'json', about: 'Functions that the model may call, as a JSON array.' },
  tool_choice: { kind: 'choice', options: ['auto', 'none', 'required'], about: 'Whether a tool may or must be called.' },
  parallel_tool_calls: { kind: 'choice', options: ['true', 'false'], about: 'Whether several tools may be called at once.' },
  response_format: { kind: 'json', about: 'JSON, or JSON by a schema: {"type": "json_object"}.' },
  structured_outputs: { kind: 'hidden', about: 'Schemas in response_format are held to.' },
  max_completion_tokens: { kind: 'hidden', about: 'The newer name of max_tokens.' },
  reasoning_effort: { kind: 'hidden', about: 'The short form of reasoning.effort.' },
  include_reasoning: { kind: 'hidden', about: 'false leaves the reasoning out of the answer.' },
  logit_bias: { kind: 'hidden', about: 'For or against single tokens, by id, from -100 to 100.' },
  logprobs: { kind: 'hidden', about: 'Log probabilities of the tokens of the answer.' },
  top_logprobs: { kind: 'hidden', about: 'And of this many others at each place, up to 20.' },
};

/** The range of a parameter in words. */
export function rangeOf({ kind, min, max, options }) {
  if (options) return options.join(', ');
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `from ${min}`;
  return { number: 'number', integer: 'integer', text: 'text', json: 'JSON' }[kind] ?? '';
}

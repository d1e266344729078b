// What each request parameter does, in a line. Which of them are honoured, the catalogue says.

/** name: [type, what it does]. */
export const PARAMETERS = {
  temperature: ['0 to 2', 'How freely a token is chosen; 0 takes the likeliest.'],
  top_p: ['0 to 1', 'Only the likeliest tokens that together have this probability.'],
  top_k: ['integer', 'Only so many of the likeliest tokens; 0 for all.'],
  min_p: ['0 to 1', 'Only tokens at least this likely, against the likeliest one.'],
  frequency_penalty: ['−2 to 2', 'Against tokens, by how often they were said.'],
  presence_penalty: ['−2 to 2', 'Against tokens that were said at all.'],
  repetition_penalty: ['0 to 2', 'Against tokens of prompt and answer; 1 is none.'],
  max_tokens: ['integer', 'The longest answer, reasoning included.'],
  max_completion_tokens: ['integer', 'The same, by its newer name.'],
  seed: ['integer', 'The same seed and request give the same draws.'],
  stop: ['text or up to 4', 'The answer ends before any of these.'],
  reasoning: ['object', 'effort or max_tokens of thinking, enabled, exclude.'],
  reasoning_effort: ['none to max', 'How much of the answer may be thinking.'],
  include_reasoning: ['boolean', 'false: think, but don’t show it.'],
  tools: ['list', 'Functions that the model may call, each with a JSON schema.'],
  tool_choice: ['text or object', 'auto, none, required, or one function by name.'],
  parallel_tool_calls: ['boolean', 'false: one call an answer.'],
  response_format: ['object', 'json_object, or json_schema with a schema that the answer follows.'],
  structured_outputs: ['boolean', 'Whether a JSON schema holds the output.'],
  logit_bias: ['object', 'Token ids with −100 to 100, added to their logits.'],
  logprobs: ['boolean', 'The log probability of each token.'],
  top_logprobs: ['0 to 20', 'And those of its likeliest rivals.'],
};

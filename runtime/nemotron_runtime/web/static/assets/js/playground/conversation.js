// The messages so far, and one request at a time for the next.
import { ApiError, ask } from '../api.js';
import { chunks } from '../sse.js';
import { Answer } from './answer.js';

/** Streams the answer to a body. `watch(delta, answer)` is called for each chunk. Returns the answer. */
export async function streamAnswer(body, { signal, watch, answer = new Answer() }) {
  const response = await ask('/chat/completions', { method: 'POST', body, signal });
  for await (const chunk of chunks(response.body)) watch(answer.add(chunk), answer);
  if (answer.error) throw new ApiError(answer.error.message, answer.error.code, { error: answer.error });
  if (!answer.finish) throw new ApiError('The stream broke off.', 0, null);
  return answer;
}

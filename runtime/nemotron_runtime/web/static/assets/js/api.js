// The public API of this server, and nothing else.
import { keyOf } from './session.js';

/** As programs name it: https://host/api/v1. */
export const BASE_URL = new URL('api/v1', location.origin + location.pathname).href;

/** What a request failed with: `status` is 0 where no answer came, `body` is what the server said, whole. */
export class ApiError extends Error {
  constructor(message, status, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** Asks a route, below the base URL. Returns the Response. Throws ApiError unless its status is a success. */
export async function ask(path, { method = 'GET', body, key = keyOf('user'), signal } = {}) {
  const headers = { Accept: 'application/json, text/event-stream' };
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const options = { method, headers, signal, cache: 'no-store', body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await reach(`${BASE_URL}${path}`, options);
  if (response.ok) return response;
  throw await refusal(response);
}

/** The same, for the JSON of the answer. */
export async function askJson(path, options) {
  const response = await ask(path, options);
  return await response.json();
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === 'AbortError' || error instanceof TypeError === false) throw error;
    throw new ApiError('The server cannot be reached. Is it running?', 0, null);
  }
}

async function refusal(response) {
  const text = await response.text();
  const body = parsed(text);
  const message = body?.error?.message ?? `The server answered ${response.status}.`;
  return new ApiError(message, response.status, body ?? (text || null));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// One streamed answer: what the chunks add up to, and how fast they came.

/** Grows with each chunk. Times are in milliseconds of performance.now(). */
export class Answer {
  constructor(started = performance.now()) {
    this.started = started;
    this.first = null;
    this.last = null;
    this.pieces = 0;
    this.reasoning = '';
    this.content = '';
    this.calls = [];
    this.finish = null;
    this.usage = null;
    this.error = null;
    this.id = null;
    this.model = null;
  }

  /** Takes a chunk in. */
  add(chunk, now = performance.now()) {
    this.id ??= chunk.id ?? null;
    this.model ??= chunk.model ?? null;
    if (chunk.usage) this.usage = chunk.usage;
    if (chunk.error) this.error = chunk.error;
    for (const { delta = {}, finish_reason: finish } of chunk.choices ?? []) {
      this.#grow(delta, now);
      if (finish) this.finish = finish;
    }
  }

  #grow({ reasoning, content, tool_calls: calls = [] }, now) {
    if (!reasoning && !content && !calls.length) return;
    this.first ??= now;
    this.last = now;
    this.pieces += 1;
    this.reasoning += reasoning ?? '';
    this.content += content ?? '';
    for (const { index = 0, id, function: part = {} } of calls) {
      this.calls[index] ??= { id: '', name: '', arguments: '' };
      this.calls[index].id ||= id ?? '';
      this.calls[index].name ||= part.name ?? '';
      this.calls[index].arguments += part.arguments ?? '';
    }
  }

  /** Tokens so far: exact once the usage came, before that a chunk counts as one. */
  get tokens() {
    return this.usage?.completion_tokens ?? this.pieces;
  }

  /** Milliseconds from sending to the first piece; null before it. */
  get ttftMs() {
    return this.first === null ? null : this.first - this.started;
  }

  /** Tokens a second after the first; null with less than two. */
  get tokensPerSecond() {
    return this.tokens < 2 || this.last === this.first ? null : ((this.tokens - 1) / (this.last - this.first)) * 1000;
  }

  /** As the next request carries it: with its reasoning, so that a tool loop goes on from it. */
  toMessage() {
    const message = { role: 'assistant', content: this.content || null };
    if (this.reasoning) message.reasoning = this.reasoning;
    if (this.calls.length) {
      message.tool_calls = this.calls.map(({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } }));
    }
    return message;
  }

  /** True where there is nothing to go on from. */
  get isEmpty() {
    return !this.content && !this.reasoning && !this.calls.length;
  }
}

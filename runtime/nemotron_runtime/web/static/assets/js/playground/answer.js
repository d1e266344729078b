// One answer, put together from the chunks of its stream.

/** Grows chunk by chunk. `error` is what the stream itself said, `finish` the reason of its end. */
export class Answer {
  reasoning = '';
  content = '';
  calls = [];
  finish = null;
  usage = null;
  error = null;
  id = null;
  model = null;

  /** Takes a chunk. Returns what is new in it: { reasoning, content, calls }. */
  add(chunk) {
    this.id ??= chunk.id ?? null;
    this.model ??= chunk.model ?? null;
    if (chunk.usage) this.usage = chunk.usage;
    if (chunk.error) this.error = chunk.error;
    const choice = chunk.choices?.[0];
    if (!choice) return {};
    if (choice.finish_reason) this.finish = choice.finish_reason;
    const { reasoning, content, tool_calls: calls } = choice.delta ?? {};
    if (reasoning) this.reasoning += reasoning;
    if (content) this.content += content;
    for (const delta of calls ?? []) this.#call(delta);
    return { reasoning, content, calls: calls?.length > 0 };
  }

  #call({ index = 0, id, function: named = {} }) {
    const call = (this.calls[index] ??= { id: '', name: '', arguments: '' });
    if (id) call.id = id;
    if (named.name) call.name = named.name;
    call.arguments += named.arguments ?? '';
  }

  /** Whether nothing was said. */
  get isEmpty() {
    return !this.reasoning && !this.content && !this.calls.length;
  }

  /** The message that the next request repeats. Calls of an answer that was cut off are no calls. */
  message() {
    const message = { role: 'assistant', content: this.content || null };
    if (this.reasoning) message.reasoning = this.reasoning;
    if (this.finish === 'tool_calls') {
      message.tool_calls = this.calls.map(({ id, name, arguments: text }) =>
        ({ id, type: 'function', function: { name, arguments: text } }));
    } else {
      message.content = this.content;
    }
    return message;
  }
}

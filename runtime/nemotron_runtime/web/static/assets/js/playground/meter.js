// Time to first token and tokens a second, while they come and after.
import { duration, integer, NONE, rate, usd } from '../format.js';

/** Begins to count when it is made. */
export class Meter {
  #began = performance.now();
  #first = null;
  #last = null;
  #pieces = 0;

  /** A chunk with content came. */
  piece() {
    this.#last = performance.now();
    this.#first ??= this.#last;
    this.#pieces += 1;
  }

  /** [name, value] pairs. Pieces stand for tokens until the usage tells their number. */
  figures(usage, finish) {
    const tokens = usage?.completion_tokens ?? this.#pieces;
    return [
      ['First token', this.#first === null ? NONE : duration(this.#first - this.#began)],
      ['Speed', this.#speed(tokens)],
      ['Tokens', usage ? `${integer(usage.prompt_tokens)} in, ${integer(usage.completion_tokens)} out` : `${integer(tokens)} so far`],
      ...(usage ? [
        ['Reasoning', integer(usage.completion_tokens_details?.reasoning_tokens)],
        ['From the cache', integer(usage.prompt_tokens_details?.cached_tokens)],
        ['Cost', usd(usage.cost)],
      ] : []),
      ...(finish ? [['Ended by', finish]] : []),
    ];
  }

  #speed(tokens) {
    const seconds = (this.#last - this.#first) / 1000;
    return tokens > 1 && seconds > 0 ? rate((tokens - 1) / seconds) : NONE;
  }
}

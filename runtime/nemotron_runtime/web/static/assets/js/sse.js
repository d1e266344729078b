// Server-sent events out of a byte stream, as the HTML standard reads them: any line end, any cut, comments.

/** Yields the data of each event of a ReadableStream of bytes. */
export async function* events(stream) {
  const decoder = new TextDecoder(); // keeps the first bytes of a character that is cut; drops a BOM
  const lines = new Lines();
  let data = [];
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // an event without its empty line was cut off, and doesn't count
      for (const line of lines.feed(decoder.decode(value, { stream: true }))) {
        if (line === '') {
          if (data.length) yield data.join('\n');
          data = [];
        } else {
          const text = dataOf(line);
          if (text !== null) data.push(text);
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // the consumer left, or the stream broke: nothing more to say
  }
}

/** Yields the chunks of a streamed answer: each event's JSON, up to [DONE]. */
export async function* chunks(stream) {
  for await (const data of events(stream)) {
    if (data === '[DONE]') return;
    yield JSON.parse(data);
  }
}

/** The value of a data line; null for comments and other fields. */
function dataOf(line) {
  const colon = line.indexOf(':');
  const field = colon < 0 ? line : line.slice(0, colon);
  if (field !== 'data') return null;
  const value = colon < 0 ? '' : line.slice(colon + 1);
  return value.startsWith(' ') ? value.slice(1) : value;
}

/** Cuts text into lines at LF, CR and CRLF, wherever the text itself was cut. */
class Lines {
  #rest = '';
  #afterCr = false;

  *feed(text) {
    if (text === '') return;
    if (this.#afterCr && text[0] === '\n') text = text.slice(1);
    this.#afterCr = text === '' ? false : text.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop();
    yield* lines;
  }
}

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** No expected answer has a line longer than this. */
const lineCharsMax = 1_048_576;

/** Parses the events of a `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html); skips comments. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? "";
    if (rest.length > lineCharsMax)
      throw new Error(`a line of the event stream is longer than ${lineCharsMax} characters`);
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n") };
        event = "message";
        data = [];
      } else if (line.startsWith("event:")) event = line.slice(6).trimStart();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
  }
}

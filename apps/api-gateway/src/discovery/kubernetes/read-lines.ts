/** Longest line that is read: an object of Kubernetes is at most 1.5 MiB. */
const lineBytesMax = 4 * 1024 * 1024;

/** The lines of an endless body. */
export async function* readLines(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lineBytesMax) throw new Error(`a line is longer than ${lineBytesMax} bytes`);
    for (const line of lines) if (line.trim() !== "") yield line;
  }
}

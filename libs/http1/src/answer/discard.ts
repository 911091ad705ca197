/** Nobody will read an answer: what it streams from shall not go on for that. */
export function discard(answer: { readonly body: unknown } | undefined): void {
  const body = answer?.body;
  if (!(body instanceof ReadableStream) || body.locked) return;
  // A stream that broke already has nothing left to give up.
  body.cancel().then(undefined, () => undefined);
}

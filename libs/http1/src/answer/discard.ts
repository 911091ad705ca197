/** Cancels the body of an answer that nobody will read: its source would go on producing otherwise. */
export function discard(answer: { readonly body: unknown } | undefined): void {
  const body = answer?.body;
  if (!(body instanceof ReadableStream) || body.locked) return;
  // a stream that has failed has nothing left to cancel
  body.cancel().then(undefined, () => undefined);
}

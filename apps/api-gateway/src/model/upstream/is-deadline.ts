/** Whether something was aborted because its time was up, and not because the client left. */
export function isDeadline({ signal }: { readonly signal: AbortSignal }): boolean {
  const reason: unknown = signal.reason;
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

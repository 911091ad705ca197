/** Code, public message and the rest of an error's envelope. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

/** The error in an answer's envelope; throws if there is none. */
export async function errorOf(response: Response): Promise<ShownError> {
  const body: unknown = await response.json();
  const error: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "error") : null;
  if (typeof error !== "object" || error === null) throw new Error(`no envelope: ${JSON.stringify(body)}`);
  const text = (name: string): string => String(Reflect.get(error, name));
  return { code: text("code"), message: text("message"), requestId: text("requestId") };
}

import type { Notice } from "../../model/identity/authentication.ts";

/** Converts a notice to a route's answer. */
export function toResponse({ status, fields, body }: Notice): Response {
  const headers = new Headers();
  for (let index = 0; index < fields.length; index += 2)
    headers.append(fields[index] ?? "", fields[index + 1] ?? "");
  return new Response(body.byteLength === 0 ? null : new Uint8Array(body), { status, headers });
}

/** Whether it only asks for credentials that the caller did not send: where they are optional, nothing is wrong then. */
export function asksForCredentials({ status, hadCredentials }: Notice): boolean {
  return !hadCredentials && status !== 403;
}

const schemes = /^(?:ntlm|negotiate) /i;

/**
 * Whether the credentials authenticate the connection that they come on (RFC 4559): whoever was sent on it next would act as this caller.
 * Such a request MUST be the last one on its connection.
 */
export function authenticatesConnection(authorization: string | null): boolean {
  return authorization !== null && schemes.test(authorization);
}

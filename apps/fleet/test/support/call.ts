import type { Caller } from "./start-fleet.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Callers of a service, each with its identity headers. */
export function createCaller(url: string): (identity: Readonly<Record<string, string>>) => Caller {
  return (identity) => {
    const call = async (
      method: string,
      path: string,
      body?: object,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer> => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...identity,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    };
    return {
      get: (path) => call("GET", path),
      post: (path, body, headers) => call("POST", path, body, headers),
    };
  };
}

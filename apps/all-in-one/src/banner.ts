interface FirstAdmin {
  readonly email: string;
  readonly password: string;
}

export interface BannerFacts {
  readonly url: string;
  readonly services: readonly { readonly name: string; readonly url: string }[];
  readonly directory: string;
  /** `null` where there is no admin port. */
  readonly admin: { readonly url: string | null; readonly tokenFile: string | null };
  readonly firstAdmin: FirstAdmin | null;
  readonly provider: string;
}

/** The text that `npm start` prints once it is ready. */
export function banner({ url, services, directory, admin, firstAdmin, provider }: BannerFacts): string {
  const socket = url.replace(/^http/, "ws");
  const event = JSON.stringify({
    type: "cart_event",
    id: "first-event",
    payload: {
      type: "view_page",
      sessionId: "my-first-session",
      page: { kind: "product", durationMs: 1200 },
    },
  });
  return `
Cartway is running.

  Demo shop     ${url}/demo
  Gateway       ${url}          health ${url}/health
  WebSocket     ${socket}/ws
  API docs      ${url}/swagger
  Metrics       ${url}/metrics
  Admin         ${admin.url === null ? "off" : `${admin.url}/swagger   token in ${admin.tokenFile}`}
${services.map(({ name, url: address }) => `  ${name.padEnd(13)} ${address}/swagger`).join("\n")}
  Messages by   ${provider}
  Data          ${directory}
${firstAdminText(firstAdmin)}
Devices in the field: apps/fleet/README.md tells the story. A token to begin with:

  bun run fleet:token --customer my-shop

Send the first cart event:

  npx --yes wscat -c ${socket}/ws -w 2 -x '${event}'

It is answered {"type":"ack","id":"first-event"} once it is on disk. Stop with Ctrl+C.
`;
}

/** Empty where none was created by this start. */
export function firstAdminText(admin: FirstAdmin | null): string {
  if (admin === null) return "";
  return `
  First administrator  ${admin.email}
  Password             ${admin.password}   (shown this once)
`;
}

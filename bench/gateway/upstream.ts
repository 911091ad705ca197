import { join } from "node:path";

/** The service behind every peer: one nginx worker that answers a small JSON from memory, far faster than any proxy. */
export async function upstreamCommand(port: number, directory: string): Promise<readonly string[]> {
  const file = join(directory, "upstream.conf");
  await Bun.write(
    file,
    `daemon off; worker_processes 1; pid ${directory}/upstream.pid;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen ${port} backlog=4096;
    allow 127.0.0.0/8; deny all;
    default_type application/json;
    location / { return 200 '{"id":"c-1","status":"active","valueMinor":1999,"currency":"EUR"}'; }
  }
}
`,
  );
  return ["nginx", "-c", file, "-p", directory, "-e", "stderr"];
}

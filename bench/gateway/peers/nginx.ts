import { join } from "node:path";
import { type Peer, type PeerJob, routePrefixes } from "../peer.ts";

/** As many workers as the gateway has; access log off, as everywhere here. */
export const nginx: Peer = {
  name: "nginx",
  missing: () => (Bun.which("nginx") === null ? "apt-get install nginx" : null),
  async prepare(job) {
    const file = join(job.directory, "nginx.conf");
    await Bun.write(file, nginxConfig(job));
    return ["nginx", "-c", file, "-p", job.directory, "-e", "stderr"];
  },
};

function nginxConfig({ upstreamPort, routes, port, directory, workers }: PeerJob): string {
  const locations = routePrefixes(routes).map(
    (prefix) => `location ${prefix}/ { proxy_pass http://upstream; }`,
  );
  return `daemon off; worker_processes ${workers}; pid ${directory}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  upstream upstream { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096${workers > 1 ? " reuseport" : ""};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr;
    ${locations.join("\n    ")}
  }
}
`;
}

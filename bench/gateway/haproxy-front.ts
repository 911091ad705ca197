/** The start of every HAProxy config: one thread by default, keep-alive both ways; the frontend's own lines follow. */
export function haproxyFront(port: number, threads = 1): string {
  return `global
  nbthread ${threads}
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend front
  bind 127.0.0.1:${port}`;
}

export { CidrSet, parseCidr } from "./cidr-set.ts";
export { ipKey } from "./ip-key.ts";
export { isLoopbackHost } from "./is-loopback-host.ts";
export { type IpWords, parseIp } from "./parse-ip.ts";

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The processes that a supervisor has started and that live, by their worker's number, as Linux's `/proc` has them (proc(5)). */
export function workersOf(supervisor: number): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const child of childrenOf(supervisor)) {
    const number = /(?:^|\0)CARTWAY_WORKER=(\d+):/.exec(readOrEmpty(`/proc/${child}/environ`))?.[1];
    if (number !== undefined) found.set(Number(number), child);
  }
  return found;
}

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      const stat = readOrEmpty(`/proc/${candidate}/stat`);
      // the command may contain spaces: state and parent follow its last bracket
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(parent) === pid && state !== "Z";
    });
}

export function isAlive(pid: number): boolean {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat !== "" && stat[stat.lastIndexOf(")") + 2] !== "Z";
}

/** The clients' ports of the connections to `port` that a process holds. */
export function clientPortsOf(pid: number, port: number): ReadonlySet<number> {
  const held = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  const own = socketsOf(port).filter(
    ({ state, inode }) => state === established && held.has(`socket:[${inode}]`),
  );
  return new Set(own.map(({ remotePort }) => remotePort));
}

/** Whether anybody listens on the port. */
export function isListening(port: number): boolean {
  return socketsOf(port).some(({ state }) => state === listening);
}

const established = "01";
const listening = "0A";

function socketsOf(port: number) {
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => {
      const [, local = "", remote = "", state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
      return { localPort: portOf(local), remotePort: portOf(remote), state, inode };
    })
    .filter(({ localPort }) => localPort === port);
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Empty for a process that has ended meanwhile. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

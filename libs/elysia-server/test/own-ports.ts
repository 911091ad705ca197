import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const [listening, established] = ["0A", "01"];

/** The ports that this process listens on, as the kernel reports them. Linux only. */
export function ownPorts(): readonly number[] {
  return ownSockets(listening);
}

/** The number of client connections to a port of this process. Linux only. */
export function ownConnections(port: number): number {
  return ownSockets(established).filter((own) => own === port).length;
}

function ownSockets(wanted: string): readonly number[] {
  const inodes = new Set(readdirSync("/proc/self/fd").flatMap(inodeOf));
  return readFileSync("/proc/self/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.split(":")[1] ?? "", 16);
      return state === wanted && inodes.has(inode) ? [port] : [];
    });
}

/** Empty for a descriptor that is not a socket, or was closed meanwhile. */
function inodeOf(fd: string): readonly string[] {
  try {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? [];
    return inode === undefined ? [] : [inode];
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

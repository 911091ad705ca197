import type { ProvisionedDevice } from "../../devices/provision-device.ts";

/** Codes for printing, one line per device (RFC 4180). */
export function activationCodesCsv(devices: readonly ProvisionedDevice[]): string {
  const rows = devices.map(({ device, activationCode, expiresAt }) => [
    device.id,
    device.name,
    device.kind,
    activationCode,
    expiresAt,
  ]);
  const lines = [["deviceId", "name", "kind", "activationCode", "expiresAt"], ...rows];
  return lines.map((fields) => `${fields.map(fieldOf).join(",")}\r\n`).join("");
}

/** Escapes text that a spreadsheet would run as a formula: device names are user input. */
function fieldOf(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Name of a file with records that may still be needed. @param number from 1, in the order of their records */
export function segmentName(number: number): string {
  return `${String(number).padStart(12, "0")}.journal`;
}

/** Name of a file that waits for reuse: its old records are no longer needed. */
export function retiredName(number: number): string {
  return `${String(number).padStart(12, "0")}.retired`;
}

/** `null` where it is not a file of records. */
export function segmentNumber(name: string): number | null {
  const digits = /^([0-9]{12})\.journal$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function isRetired(name: string): boolean {
  return /^[0-9]{12}\.retired$/.test(name);
}

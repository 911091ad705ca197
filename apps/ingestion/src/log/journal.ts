import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isRetired, segmentName, segmentNumber } from "./journal-names.ts";
import { decodeRecords, recordBytes } from "./journal-record.ts";
import { JournalSegment } from "./journal-segment.ts";

const segmentBytes = 8 * 1024 * 1024;
/** Files kept for reuse: as many as are full at once in a busy hour. */
const retiredMax = 4;

export interface JournalParts {
  readonly directory: string;
  /** Called with what an earlier process has left, one file's records at a time; each file is removed once it resolves. */
  readonly take: (texts: readonly string[]) => Promise<void>;
  /** A file whose records were all released could be neither kept for reuse nor removed: the next process reads it again. */
  readonly onLeft: (path: string, reason: unknown) => void;
}

/** A reference to one appended record. */
export interface JournalPlace {
  readonly segment: JournalSegment;
}

/**
 * Keeps texts on disk until they are stored elsewhere: each is appended with one synced write, in files that are reused once all their
 * records were released, because allocating a new file would compete with appends for the disk. The directory belongs to one
 * process: its owner's lock ensures that.
 */
export class Journal {
  readonly #parts: JournalParts;
  #number: number;
  #current: JournalSegment;
  /** Prepared while the current one is being filled. */
  #next: Promise<JournalSegment> | null = null;
  readonly #full = new Set<JournalSegment>();
  readonly #retired: JournalSegment[] = [];

  private constructor(parts: JournalParts, number: number, current: JournalSegment) {
    this.#parts = parts;
    this.#number = number;
    this.#current = current;
  }

  /** Rejects, naming the file, where an acknowledged record cannot be read. */
  static async open(parts: JournalParts): Promise<Journal> {
    const { directory, take } = parts;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const names = await readdir(directory);
    for (const name of names.filter(isRetired)) await rm(join(directory, name));
    const left = names
      .map(segmentNumber)
      .filter((number) => number !== null)
      .toSorted((a, b) => a - b);
    for (const number of left) {
      const path = join(directory, segmentName(number));
      const { texts, damagedAt } = decodeRecords(await readFile(path), number);
      if (damagedAt !== null) {
        throw new Error(
          `the journal of events is damaged: ${path} cannot be read from byte ${damagedAt}, and acknowledged events stand behind it`,
        );
      }
      if (texts.length > 0) await take(texts);
      await rm(path);
    }
    const number = (left.at(-1) ?? 0) + 1;
    return new Journal(parts, number, await JournalSegment.create(directory, number, segmentBytes));
  }

  /** Resolves when the text is on disk. MUST be called one at a time. */
  async append(text: string): Promise<JournalPlace> {
    const segment = await this.#segmentFor(recordBytes(text));
    await segment.append(text);
    return { segment };
  }

  /** The record is stored elsewhere: its file is released with the last of its records. Never rejects: appends continue. */
  async release({ segment }: JournalPlace): Promise<void> {
    segment.unreleased -= 1;
    if (segment.unreleased === 0 && this.#full.delete(segment)) await this.#letGo(segment);
  }

  /** Removes files without records; leaves the others to the next process. */
  async close(): Promise<void> {
    const next = await this.#next?.catch(() => null);
    const segments = [this.#current, ...this.#full, ...this.#retired.splice(0), ...(next ? [next] : [])];
    await Promise.all(segments.map((one) => (one.unreleased === 0 ? one.remove() : one.close())));
  }

  async #segmentFor(bytes: number): Promise<JournalSegment> {
    if (this.#current.hasRoom(bytes)) {
      this.#next ??= this.#make(segmentBytes);
      return this.#current;
    }
    const before = this.#current;
    this.#current = await (bytes > segmentBytes ? this.#make(bytes) : this.#takeNext());
    if (before.unreleased === 0) await this.#letGo(before);
    else this.#full.add(before);
    return this.#current;
  }

  /** Retries a file that could not be prepared in advance: the disk may have space by now. */
  async #takeNext(): Promise<JournalSegment> {
    const made = this.#next;
    this.#next = null;
    return (await made?.catch(() => null)) ?? (await this.#make(segmentBytes));
  }

  async #letGo(segment: JournalSegment): Promise<void> {
    const isWanted = segment.isSound && segment.bytes === segmentBytes && this.#retired.length < retiredMax;
    try {
      if (!isWanted) return await segment.remove();
      await segment.retire();
      this.#retired.push(segment);
    } catch (thrown) {
      this.#parts.onLeft(segment.path, thrown);
      // it may be closed already
      await segment.close().catch(() => undefined);
    }
  }

  #make(bytes: number): Promise<JournalSegment> {
    this.#number += 1;
    const made = this.#open(this.#number, bytes);
    // the error is reported to whoever needs the file, which may be later
    made.catch(() => undefined);
    return made;
  }

  async #open(number: number, bytes: number): Promise<JournalSegment> {
    const retired = bytes === segmentBytes ? this.#retired.pop() : undefined;
    if (retired === undefined) return await JournalSegment.create(this.#parts.directory, number, bytes);
    try {
      await retired.reuse(number);
    } catch (thrown) {
      await retired.close();
      throw thrown;
    }
    return retired;
  }
}

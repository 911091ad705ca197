import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeRecord } from "./journal-record.ts";
import { retiredName, segmentName } from "./journal-names.ts";

const { O_RDWR, O_CREAT, O_EXCL, O_DSYNC } = constants;

/**
 * One file of the journal. Its room is written beforehand, so that what is appended needs no change of the file's size, and
 * each write returns when it is on disk: one call where writing and syncing would be two.
 */
export class JournalSegment {
  readonly #directory: string;
  readonly #file: FileHandle;
  readonly #bytes: number;
  #path: string;
  #number: number;
  #end = 0;
  #isBroken = false;
  /** Records that ClickHouse does not have yet. */
  unreleased = 0;

  private constructor(directory: string, number: number, parts: { file: FileHandle; bytes: number }) {
    this.#directory = directory;
    this.#number = number;
    this.#path = join(directory, segmentName(number));
    this.#file = parts.file;
    this.#bytes = parts.bytes;
  }

  /**
   * Where the room cannot be had, as on a full disk, nothing stays of the file.
   *
   * @param directory must hold the file's name after a loss of power too: it is synced.
   */
  static async create(directory: string, number: number, bytes: number): Promise<JournalSegment> {
    const path = join(directory, segmentName(number));
    const file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_DSYNC, 0o600);
    try {
      await file.writeFile(Buffer.alloc(bytes));
      await file.sync();
      await syncDirectory(directory);
      return new JournalSegment(directory, number, { file, bytes });
    } catch (thrown) {
      // a handle that is left to the garbage collector ends the process
      await file.close();
      await rm(path, { force: true });
      throw thrown;
    }
  }

  get path(): string {
    return this.#path;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Where all of its writes succeeded. */
  get isSound(): boolean {
    return !this.#isBroken;
  }

  hasRoom(bytes: number): boolean {
    return !this.#isBroken && this.#end + bytes <= this.#bytes;
  }

  /** Resolves when the record is on disk. After a failure nothing is written behind it: what stands there is unknown. */
  async append(text: string): Promise<void> {
    const record = encodeRecord(text, this.#number);
    try {
      let written = 0;
      while (written < record.length) {
        const left = record.length - written;
        written += (await this.#file.write(record, written, left, this.#end + written)).bytesWritten;
      }
    } catch (thrown) {
      this.#isBroken = true;
      throw thrown;
    }
    this.#end += record.length;
    this.unreleased += 1;
  }

  /** All its records were released: nobody reads it again, under this name. */
  async retire(): Promise<void> {
    await this.#rename(join(this.#directory, retiredName(this.#number)));
  }

  /** Takes a retired file's room for new records: what it held is of another number, and so is none. */
  async reuse(number: number): Promise<void> {
    await this.#rename(join(this.#directory, segmentName(number)));
    await syncDirectory(this.#directory);
    this.#number = number;
    this.#end = 0;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #rename(path: string): Promise<void> {
    await rename(this.#path, path);
    this.#path = path;
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

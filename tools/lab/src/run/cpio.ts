/** A file, folder or link of an archive. */
export interface CpioEntry {
  /** Path without a leading slash. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** A folder has none. */
  readonly content?: Uint8Array;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

function header(inode: number, mode: number, size: number, nameSize: number): string {
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, nameSize, 0];
  return `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
}

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}

/**
 * An archive in the format the kernel unpacks as its first root file system ("newc", described in
 * the kernel's documentation as "initramfs buffer format"). All owners are root, all times 0, so
 * equal entries give equal bytes.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  const add = (inode: number, mode: number, name: string, content: Uint8Array) => {
    const bytes = Buffer.from(`${name}\0`, 'latin1');
    const head = Buffer.concat([
      Buffer.from(header(inode, mode, content.length, bytes.length), 'latin1'),
      bytes,
    ]);
    parts.push(head, padding(head.length), content, padding(content.length));
  };
  entries.forEach((entry, index) => {
    const kind = entry.content === undefined ? S_IFDIR : S_IFREG;
    add(index + 1, kind | entry.mode, entry.name, entry.content ?? new Uint8Array(0));
  });
  add(0, 0, 'TRAILER!!!', new Uint8Array(0));
  return Buffer.concat(parts);
}

/** Joins archives, compressed or not: the kernel finds each at the next multiple of four bytes. */
export function joinArchives(archives: readonly Uint8Array[]): Buffer {
  return Buffer.concat(archives.flatMap((archive) => [archive, padding(archive.length)]));
}

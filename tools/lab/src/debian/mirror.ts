import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's archives are fetched from. */
export interface Mirrors {
  readonly main: string;
  readonly security: string;
}

/** Debian's own content network. */
export const DEBIAN_MIRRORS: Mirrors = {
  main: 'http://deb.debian.org/debian',
  security: 'http://deb.debian.org/debian-security',
};

/** Every archive address in the text of an APT source file, of either format. */
export function archiveAddresses(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const oneLine = lines.flatMap(
    (line) => /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)/.exec(line)?.[1] ?? [],
  );
  const fields = lines.flatMap((line) => /^URIs:\s*(.*)$/i.exec(line)?.[1]?.split(/\s+/) ?? []);
  return [...oneLine, ...fields].filter((address) => address !== '');
}

/**
 * The mirrors this machine uses itself, where it is a Debian; Debian's content network else.
 * An archive is recognised by the end of its path, `/debian` or `/debian-security`.
 */
export function hostMirrors(aptFolder = '/etc/apt'): Mirrors {
  const parts = join(aptFolder, 'sources.list.d');
  const files = [
    join(aptFolder, 'sources.list'),
    ...(existsSync(parts)
      ? readdirSync(parts)
          .sort()
          .map((name) => join(parts, name))
      : []),
  ].filter((path) => /\.(list|sources)$/.test(path) && existsSync(path));
  const addresses = files
    .flatMap((path) => archiveAddresses(readFileSync(path, 'utf8')))
    .map((address) => address.replace(/\/+$/, ''));
  return {
    main: addresses.find((address) => address.endsWith('/debian')) ?? DEBIAN_MIRRORS.main,
    security:
      addresses.find((address) => address.endsWith('/debian-security')) ?? DEBIAN_MIRRORS.security,
  };
}

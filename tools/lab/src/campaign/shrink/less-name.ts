import { createHash } from 'node:crypto';

/** The name of a scenario that was made of another by leaving something out. */
export function lessName(name: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return name.replace(/(\.scn)?$/, `-${hash}.scn`);
}

/** Whether a name is one of those. */
export const isLess = (name: string): boolean => /-[0-9a-f]{12}\.scn$/.test(name);

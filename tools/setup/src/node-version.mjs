// @ts-check

/**
 * Compares dotted versions number by number.
 *
 * @param {string} version what is there, such as `v20.20.2`
 * @param {string} range a floor in the form `>=20.19`, the only form the manifests of this repository use
 * @returns {boolean} whether the version is at or above the floor
 */
export function satisfiesFloor(version, range) {
  const floor = /^>=(\d+(?:\.\d+)*)$/.exec(range.trim());
  if (!floor?.[1]) throw new TypeError(`engines.node is "${range}"; write it as ">=MAJOR.MINOR"`);
  const have = version.replace(/^v/, '').split('.').map(Number);
  const want = floor[1].split('.').map(Number);
  for (const [index, part] of want.entries()) {
    const own = have[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

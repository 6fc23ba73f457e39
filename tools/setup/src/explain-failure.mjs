// @ts-check

/**
 * Says in one sentence why an installation failed and what to do about it.
 *
 * @param {string} output everything the package manager printed
 * @param {string} command the command that was run
 * @returns {string}
 */
export function explainFailure(output, command) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET|META_FETCH_FAIL/.test(output)
  )
    return `the npm registry could not be reached. Check the network, a proxy (HTTPS_PROXY) or the registry in ~/.npmrc, then run \`${command}\` again.`;
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output))
    return 'pnpm-lock.yaml does not match the manifests. Run `npm run lock` and commit the lock file with them.';
  if (/ERR_PNPM_UNSUPPORTED_ENGINE/.test(output))
    return 'a dependency does not support this version of Node. Pin a version of it that does.';
  if (/ENOSPC/.test(output)) return 'the disk is full.';
  if (/EACCES|EPERM/.test(output))
    return 'a file could not be written. Check who owns node_modules/ and the npm cache.';
  return `the reason is in the lines above. Try \`${command}\` by hand.`;
}

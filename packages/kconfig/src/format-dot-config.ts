import type { KconfigModel } from './model.ts';
import type { Resolution } from './resolve.ts';

/**
 * Writes a result the way `conf` writes a `.config`: only symbols somebody could set or that are on.
 *
 * @returns one line a symbol in the order of the texts, each ended by a newline
 */
export function formatDotConfig(model: KconfigModel, resolution: Resolution): string {
  let text = '';
  for (const [name, { type }] of model.symbols) {
    if (!resolution.isWritten(name)) continue;
    const value = resolution.text(name);
    if (type === 'string') text += `CONFIG_${name}="${value.replace(/["\\]/g, '\\$&')}"\n`;
    else if (value === 'n') text += `# CONFIG_${name} is not set\n`;
    else text += `CONFIG_${name}=${value}\n`;
  }
  return text;
}

// @ts-check
import { prepareWorkspace } from './src/prepare-workspace.mjs';

process.exitCode = await prepareWorkspace(new URL('../../', import.meta.url));

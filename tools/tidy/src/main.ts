import { fileURLToPath } from 'node:url';
import { syncProjects } from './sync.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

for (const path of syncProjects(root)) console.log(`written: ${path}`);

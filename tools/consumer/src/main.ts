import { fileURLToPath } from 'node:url';
import { checkConsumer } from './check-consumer.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { members, problems } = await checkConsumer(root);

for (const problem of problems) console.error(problem);
console.log(
  `${members.length} tarballs packed, linted, installed outside the workspace and used; ${problems.length} problems`,
);
if (problems.length > 0) process.exitCode = 1;

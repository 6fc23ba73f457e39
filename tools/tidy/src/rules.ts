import type { Rule } from './rule.ts';
import * as exported from './rules/exports.ts';
import * as floors from './rules/floors.ts';
import * as genericCode from './rules/generic-code.ts';
import * as layout from './rules/layout.ts';
import * as manifests from './rules/manifests.ts';
import { readmeExamplesRun, readmesHaveOneShape, toolsExplainThemselves } from './rules/readme.ts';
import * as text from './rules/text.ts';

/** Every rule of the house. */
export const rules: readonly Rule[] = [
  ...Object.values(floors),
  ...Object.values(genericCode),
  ...Object.values(exported),
  ...Object.values(layout),
  ...Object.values(manifests),
  ...Object.values(text),
  readmesHaveOneShape,
  readmeExamplesRun,
  toolsExplainThemselves,
];

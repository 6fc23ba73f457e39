import type { Death, Finding, ShardResult } from '../shard.ts';

/** What a result has that nothing explains. A death that differs from the model's is told as a difference. */
export function unexplained({ findings, deaths }: ShardResult): {
  readonly findings: readonly Finding[];
  readonly deaths: readonly Death[];
} {
  return {
    findings: findings.filter(({ explanation }) => explanation === undefined),
    deaths: deaths.filter(({ explanation, agrees }) => explanation === undefined && agrees),
  };
}

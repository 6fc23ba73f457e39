export type { FailedShard, QueueCounts, QueuedShard, WorkOptions } from './campaign-queue.ts';
export { CampaignQueue } from './campaign-queue.ts';
export { QueueError } from './redis.ts';

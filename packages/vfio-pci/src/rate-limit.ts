/** printk's rate limit for debug lines: a burst per interval, then silence and a count. */
export interface RateLimit {
  /** 0 or more: the line may be printed, after so many that were not. -1: this one is not printed. */
  admit(): number;
}

/**
 * A rate limit as ___ratelimit() keeps it.
 *
 * @param now milliseconds of the machine's clock. Default limits: 10 lines in 5 s.
 */
export function createRateLimit(now: () => number, burst = 10, intervalMs = 5000): RateLimit {
  let begin = -1;
  let printed = 0;
  let missed = 0;
  return {
    admit() {
      const time = now();
      let suppressed = 0;
      if (begin < 0 || time > begin + intervalMs) {
        suppressed = missed;
        begin = time;
        printed = 0;
        missed = 0;
      }
      if (printed >= burst) {
        missed++;
        return -1;
      }
      printed++;
      return suppressed;
    },
  };
}

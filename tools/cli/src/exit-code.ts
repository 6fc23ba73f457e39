/** How a command ends. */
export const EXIT = {
  /** All that was asked for was done, and all that was compared agrees. */
  agree: 0,
  /** Something that was compared differs, or the model broke a rule of its own. */
  differ: 1,
  /** The command line or an input file is wrong. */
  badInput: 2,
  /** Something outside is missing: dependencies, captures that are not there. */
  environment: 3,
  /** A signal ended it; what was finished is kept. Shells report the same for SIGINT. */
  interrupted: 130,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

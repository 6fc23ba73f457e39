/** How many numbered scenarios the specification of the series has, by section: P01-S1 to P01-S4, and so on. */
export const SCENARIO_COUNTS: Readonly<Record<string, number>> = {
  K: 6,
  P01: 4,
  P02: 4,
  P03: 5,
  P04: 5,
  P05: 6,
  P06: 5,
  P07: 6,
  P08: 5,
  P09: 8,
  P10: 5,
  P11: 5,
  P12: 4,
  P13: 5,
  P14: 4,
  P15: 6,
  P16: 4,
  P17: 5,
  P18: 5,
  P19: 10,
  T: 5,
};

/** Scenarios that need what the model does not have, each with what that is. */
export const NOT_PLAYED: Readonly<Record<string, string>> = {
  'P03-S5': 'an architecture that deposits page tables, as powerpc with the hash MMU does',
  'P05-S5': 'pages of device memory that GUP counts',
  'P06-S5': 'the huge page of zeroes',
  'P08-S3': 's390',
  'P08-S4': 'sparc64',
  'P16-S4': 'lookups that ask which locks their caller holds',
  P11: 's390',
  P14: 'the ACRN service module',
};

export { createMmGup, type GupRequest, type MmGup } from './create-mm-gup.ts';

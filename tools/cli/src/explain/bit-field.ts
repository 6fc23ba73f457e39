/** What the bits of an entry mean depends on what the entry is. */
export type EntryForm = 'page' | 'huge' | 'table' | 'swap';

/** Some neighbouring bits of an entry and their meaning. The address is not among them; it is found by decoding. */
export interface BitField {
  readonly high: number;
  readonly low: number;
  /** As the manual or Linux calls it. */
  readonly name: string;
  /** What a value other than 0 means. */
  readonly meaning: string;
  /** Absent when it means the same in a page, a huge leaf and a table. */
  readonly forms?: readonly EntryForm[];
}

/** The meaning of an entry's bits on one architecture. Where two fields hold a bit, the first that fits counts. */
export type BitLayout = readonly BitField[];

const PRESENT_FORMS: readonly EntryForm[] = ['page', 'huge', 'table'];

/** The field that a bit belongs to in an entry of a form, or undefined. */
export function fieldOfBit(layout: BitLayout, form: EntryForm, bit: number): BitField | undefined {
  return layout.find(
    ({ high, low, forms = PRESENT_FORMS }) => bit <= high && bit >= low && forms.includes(form),
  );
}

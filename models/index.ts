/**
 * The bridge between the TLA+ specs and the code, for testing participants of your own against the same models.
 *
 * @module crossbound/testing
 */
export {};

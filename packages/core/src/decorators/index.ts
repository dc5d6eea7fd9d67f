/**
 * Class decorators for handlers. Everything they do can be said without them; they exist for those who like to
 * read it above the class. Importing this entry loads reflect-metadata, which the rest of Sluice does without.
 */
export { Sharable } from "./sharable.js";

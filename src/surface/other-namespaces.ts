/**
 * Stands for every namespace that neither side declares: only policies that select namespaces by label reach there, and those
 * labels are questions about the subject.
 */
export const OTHER_NAMESPACES = "*";

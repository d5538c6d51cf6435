/** The name that a branch rule requires; one for every verdict, so that a rule is written once. */
export const CHECK_NAME = "egress-review";

/** What an action button of the check sends back. */
export const RECHECK_ACTION = "recheck";

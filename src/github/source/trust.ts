/** Whose content something is: of the base branch; of a pull request of this repository; of a fork. */
export type Trust = "base" | "change" | "fork";

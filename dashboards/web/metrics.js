// Names of reports whose name is a decision of its own, in one place; all others are said where they are drawn.

/** What was budgeted, spent and is expected by the month's end. */
export const BUDGET = "budget";
/** Where the next four weeks' money is advised to go. */
export const BUDGET_ADVICE = "budget_advice";

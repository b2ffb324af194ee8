/* SPDX-License-Identifier: MIT
 *
 * ledger_rule: the rules that set tags, as tag_rule of the database reads them: "age >= 90", "incidents >= 3 in 30",
 * "living = alone" (health, mobility, gender alike), "category = veteran". Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_RULE_H
#define CURTAIN_RECORDS_LEDGER_RULE_H

/* ledger_rule_wrong gives what is wrong with a rule: that it cannot be read, is never true, or is true of everybody;
 * NULL: nothing. The text lives until the next call of the thread. */
const char *ledger_rule_wrong(const char *rule);

#endif

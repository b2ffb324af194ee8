/* SPDX-License-Identifier: MIT
 *
 * ledger_number: telephone and identity numbers as people write them, turned into the one form that is kept. Full width
 * is taken off before (ledger_plain). Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_NUMBER_H
#define CURTAIN_RECORDS_LEDGER_NUMBER_H

#include "message/message.h"

#define LEDGER_CARD_BYTES 19 /* 18 places and NUL */

/* ledger_phone takes blanks, dashes, dots and brackets off. NULL, or what is wrong with it (Chinese, then English):
 * what would ring nobody, or somebody else, is no number. */
const char *ledger_phone(const char *text, char out[PHONE_BYTES]);
/* ledger_card takes blanks and dashes off and makes the check digit "X" a capital one. NULL, or what is wrong with it:
 * a resident identity number (GB 11643-1999) has 18 places, of which the last checks the others. */
const char *ledger_card(const char *text, char out[LEDGER_CARD_BYTES]);

#endif

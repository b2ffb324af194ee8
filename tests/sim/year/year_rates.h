/* SPDX-License-Identifier: MIT
 *
 * The year's dice: how often what happens. Assumptions in the size of what such districts report, in one place so that
 * others can be put in; none of them decides whether a promise holds. Shares in percent where nothing else is said.
 */
#ifndef CURTAIN_SIM_YEAR_RATES_H
#define CURTAIN_SIM_YEAR_RATES_H

/* People. A page is heard or not; who hears it says yes, no, or (the rest) nothing. */
#define RATE_HEARS_ON_DUTY_DAY 88
#define RATE_HEARS_ON_DUTY_NIGHT 68 /* the others sleep through it */
#define RATE_HEARS_OFF_DAY 70       /* captain, neighbours, family, a second person */
#define RATE_HEARS_OFF_NIGHT 42
#define RATE_SAYS_YES 82
#define RATE_SAYS_NO 13
#define RATE_PHONE_OFF 2      /* of a person's days */
#define ANSWER_DAY_MS 19000   /* median; around it as the quantiles of RATE_SPREAD say */
#define ANSWER_NIGHT_MS 34000 /* woken, light, phone */
#define RATE_CANNOT_AFTER_ALL 3
#define RATE_HANDS_OVER 2
#define RATE_SAYS_MINUTES 40
#define RATE_SAYS_ARRIVED 90
#define RATE_FORGETS_DONE 4 /* then the desk is reminded */
#define RATE_WAY_MIN 8      /* median minutes to the door */
#define RATE_STAY_MIN 25    /* median minutes there */

/* A log-normal of sigma 0.8 by its quantiles at 0, 10 .. 100%, in percent of the median. */
#define RATE_SPREAD                                                                                                    \
	{                                                                                                              \
		20, 36, 51, 66, 82, 100, 122, 152, 196, 279, 600                                                       \
	}

/* Illness: episodes a person and year, 1 to 7 days; who does not tell is still on the roster and does not answer. */
#define RATE_ILL_PERMILLE_A_DAY 6
#define RATE_ILL_TELLS 85
/* Of those asked to take an open duty: who usually serves then, who usually does not, who is of another team. The rest
 * says no or nothing. */
#define RATE_COVER_YES 45
#define RATE_COVER_YES_OTHER_TIMES 15
#define RATE_COVER_YES_NEIGHBOUR 25
#define RATE_COVER_SAYS_NO 60
#define RATE_SILENT_AT_START 3                /* of those who begin a duty */
#define ANSWER_NOTICE_MS (15 * MS_PER_MINUTE) /* median until a notice is read and answered */

/* Swaps, of the whole district: in half of the teams the captain has a say. */
#define SWAPS_A_DAY 40         /* most of them a rule bars at once */
#define RATE_SWAP_ASKS_FOR 30  /* proposed by the one who is to have the duty */
#define RATE_SWAP_EXCHANGES 50 /* for a duty back */
#define RATE_SWAP_SAYS_NO 25
#define RATE_SWAP_SAYS_YES 80 /* of the rest; the others say nothing */
#define RATE_CAPTAIN_SAYS_NO 10
#define RATE_CAPTAIN_SAYS_YES 20 /* of the rest; without a word it is in force when the time is over */

/* The desk: two or three people, awake at all hours. */
#define DESK_ANSWER_MS 15000
#define DESK_CALL_MIN 12 /* median until it is sorted out on the telephone, or a car is there */
#define DESK_LOOKS_AGAIN_MIN 20
#define RATE_DESK_REPLACES 30 /* a responder who is late: another one is asked for */

/* Alerts. */
#define RATE_JOINS 15  /* a second alert of the home within 20 minutes */
#define RATE_CLEARS 30 /* a silence, leak or rule that ends by itself within an hour */
#define RATE_STRANGER 1
#define RATE_SAID_TWICE 2
#define RATE_NOTE 4
#define RATE_REOPEN_PERMILLE 5
#define STORM_HOMES 30
#define STORM_EVERY_DAYS 120

/* Visits. */
#define RATE_VISIT_YES 72 /* of those who are asked; the rest says nothing */
#define RATE_VISIT_NO 18
#define RATE_VISIT_OFF 3       /* cannot after all, some hours before */
#define RATE_VISIT_FORGOTTEN 2 /* does not go and says nothing */
#define RATE_VISIT_NO_END 2    /* goes and does not say how it ended */
#define RATE_NOT_MET 2
#define RATE_FINDING 8 /* of the items that can have one */
#define RATE_TASK_LATE 15
#define RATE_SERVICES_A_DAY 20

#endif

/* SPDX-License-Identifier: MIT
 *
 * instant: named points of the dispatcher's turn, at which `tests/fault.sh dispatch` kills it. INSTANT(name) is nothing
 * at all in the program that is installed: only the program `dispatcher_instants`, which is built of the same sources
 * for that test, defines CURTAIN_INSTANTS and has the hook (tests/fault/instant.c). No setting and no variable of the
 * environment can bring it into the other one.
 */
#ifndef CURTAIN_DISPATCHER_INSTANT_H
#define CURTAIN_DISPATCHER_INSTANT_H

#ifdef CURTAIN_INSTANTS
/* instant_pass dies here if the file that CURTAIN_INSTANT names says so. */
void instant_pass(const char *name);
#define INSTANT(name) instant_pass(name)
#else
#define INSTANT(name) ((void)0)
#endif

#endif

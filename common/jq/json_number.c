/* SPDX-License-Identifier: MIT
 *
 * Numbers of up to 15 significant digits with a power of ten of up to 22 are exact by one multiplication or division
 * (W. Clinger, "How to read floating point numbers accurately", 1990); devices hardly send others, which strtod takes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jq/json_tree.h"

#define NUMBER_BYTES_MAX 400 /* longer ones cannot be told from their first digits anyway */

struct digits {
	uint64_t mantissa;
	int count;    /* significant digits */
	int exponent; /* of ten, to be applied to the mantissa */
};

static size_t scan_digits(const char *p, const char *end, struct digits *d, bool fraction)
{
	const char *start = p;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (d->count || *p != '0')
			d->count++;
		if (d->count <= 18)
			d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
		d->exponent -= fraction;
	}
	return (size_t)(p - start);
}

/* scan_exponent reads e[+-]digits; 0 bytes if there is none, and a bad one is left for the caller to stumble over. */
static size_t scan_exponent(const char *p, const char *end, int *out)
{
	const char *start = p;
	int value = 0;

	if (p == end || (*p != 'e' && *p != 'E'))
		return 0;
	p++;
	bool negative = p < end && *p == '-';
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	const char *first = p;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		value = value < 100000 ? value * 10 + (*p - '0') : value;
	*out += negative ? -value : value;
	return p == first ? 0 : (size_t)(p - start);
}

static double exact_power(int exponent)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
		1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

	return powers[exponent];
}

static double slow_number(const char *text, size_t length)
{
	char copy[NUMBER_BYTES_MAX + 1];

	if (length > NUMBER_BYTES_MAX)
		return NAN;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return strtod(copy, NULL);
}

size_t json_number_read(const char *text, size_t length, double *out)
{
	const char *p = text, *end = text + length;
	struct digits d = {0};
	double value;

	bool negative = p < end && *p == '-';
	p += negative;
	size_t whole = scan_digits(p, end, &d, false);
	if (!whole || (whole > 1 && *p == '0'))
		return 0;
	p += whole;
	if (p < end && *p == '.') {
		size_t part = scan_digits(p + 1, end, &d, true);
		if (!part)
			return 0;
		p += part + 1;
	}
	p += scan_exponent(p, end, &d.exponent);
	if (d.count <= 15 && d.exponent >= -22 && d.exponent <= 22) {
		value = (double)d.mantissa;
		value = d.exponent < 0 ? value / exact_power(-d.exponent) : value * exact_power(d.exponent);
		value = negative ? -value : value;
	} else {
		value = slow_number(text, (size_t)(p - text));
	}
	if (!isfinite(value))
		return 0;
	*out = value;
	return (size_t)(p - text);
}

/* SPDX-License-Identifier: MIT
 *
 * quantity: the closed table of what a device can tell: name, canonical unit, kind and plausible range.
 * Adding a quantity is one line in quantity.c and one in schemas/json/reading.schema.json; a test holds the two
 * together.
 */
#ifndef CURTAIN_MESSAGE_QUANTITY_H
#define CURTAIN_MESSAGE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum quantity_kind {
	QUANTITY_COUNTER, /* grows for ever; differences carry the meaning */
	QUANTITY_GAUGE,   /* a measured value */
	QUANTITY_STATE,   /* 0 or 1 (or a small count) that holds until the next message */
	QUANTITY_EVENT    /* the message itself is the event; value says which */
};

enum quantity {
	/* counters */
	QUANTITY_WATER_TOTAL,  /* L */
	QUANTITY_GAS_TOTAL,    /* L (1 m3 = 1000 L, as metered) */
	QUANTITY_ENERGY_TOTAL, /* Wh */
	QUANTITY_HEAT_TOTAL,   /* Wh */
	QUANTITY_PULSE_TOTAL,  /* count */
	/* gauges */
	QUANTITY_WATER_FLOW,        /* L/h */
	QUANTITY_GAS_FLOW,          /* L/h */
	QUANTITY_POWER,             /* W */
	QUANTITY_VOLTAGE,           /* V */
	QUANTITY_CURRENT,           /* A */
	QUANTITY_TEMPERATURE,       /* Cel */
	QUANTITY_HUMIDITY,          /* %RH */
	QUANTITY_ILLUMINANCE,       /* lx */
	QUANTITY_PRESSURE,          /* hPa */
	QUANTITY_CO2,               /* ppm */
	QUANTITY_TVOC,              /* ppb */
	QUANTITY_PM2_5,             /* ug/m3 */
	QUANTITY_PM10,              /* ug/m3 */
	QUANTITY_GAS_CONCENTRATION, /* ppm */
	QUANTITY_NOISE,             /* dB */
	QUANTITY_DISTANCE,          /* m */
	QUANTITY_PEOPLE,            /* count */
	QUANTITY_HEART_RATE,        /* 1/min */
	QUANTITY_COVER_POSITION,    /* %, 100 = open */
	QUANTITY_BATTERY,           /* % */
	QUANTITY_SIGNAL,            /* dBm */
	QUANTITY_LINK_QUALITY,      /* 1 (vendor's own scale, e.g. 0..255) */
	QUANTITY_LEVEL,             /* 1: a number without a better name */
	/* states */
	QUANTITY_CONTACT,   /* 1 = open */
	QUANTITY_MOTION,    /* 1 = motion */
	QUANTITY_PRESENCE,  /* 1 = somebody there */
	QUANTITY_BED,       /* 1 = in bed */
	QUANTITY_SEAT,      /* 1 = seat taken */
	QUANTITY_SWITCH,    /* 1 = on */
	QUANTITY_VIBRATION, /* 1 = shaking */
	QUANTITY_TAMPER,    /* 1 = tampered with */
	QUANTITY_ONLINE,    /* 1 = reachable */
	QUANTITY_FAULT,     /* 1 = the device says that it is broken; text says how */
	QUANTITY_LEAK,      /* 1 = water where none should be */
	QUANTITY_SMOKE,     /* 1 = smoke */
	QUANTITY_GAS_ALARM, /* 1 = gas */
	QUANTITY_CO_ALARM,  /* 1 = carbon monoxide */
	/* events */
	QUANTITY_SOS,         /* a call for help */
	QUANTITY_FALL,        /* a fall was seen */
	QUANTITY_BUTTON,      /* press: 1 single, 2 double, 3 triple, 9 long; text = vendor's word */
	QUANTITY_PERSON_SEEN, /* a camera saw a person; value = score 0..1 or count */
	QUANTITY_DOOR_VIEWER, /* 1 went out, 2 came in, 3 bell; text = vendor's word */
	QUANTITY_CALL,        /* a telephone call: 1 answered, 2 missed, 3 made */
	QUANTITY_CODE,        /* a radio code; text = the code */
	QUANTITY_COUNT
};

struct quantity_info {
	const char *name; /* as on the wire, e.g. "water_total" */
	const char *unit; /* canonical, SenML spelling where it has one (RFC 8428 section 12.1) */
	enum quantity_kind kind;
	double min, max; /* plausible range in the canonical unit; outside = rejected with reason "range" */
	bool alarm;      /* a rising edge takes lane "alert" at once */
};

/* quantity_info gives the table row; q must be < QUANTITY_COUNT (asserted). */
const struct quantity_info *quantity_info(enum quantity q);
/* quantity_find looks a name up. ERR_NOT_FOUND for an unknown one. */
enum err quantity_find(const char *name, enum quantity *out) ERR_MUST_CHECK;
/* quantity_convert turns value in unit (UCUM or usual spellings: "m3", "L", "l", "kWh", "Wh", "Wmin", "kW", "degF",
 * "K", "cm", "mV", "%", "" ...) into q's canonical unit. An empty unit means canonical already.
 * ERR_NOT_FOUND if the unit cannot be q's. */
enum err quantity_convert(enum quantity q, const char *unit, double value, double *out) ERR_MUST_CHECK;

#endif
